/* mirror_disk: files below the folders of a mirror. No name is followed out of them, no link is
 * followed at all, and what is written is synced before it has its name. */
#include "mirror/mirror_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/system.h"

/* Opens the folder that a checked path lies in, made where it is not there; links are not followed.
 * *name is its last step. */
int
mirror_open_place(struct mirror *m, struct str path, bool make, const char **name)
{
	char step[256];
	struct str rest = path, piece;
	int at = dup(m->dir);

	*name = "";
	while (at >= 0 && str_cut(&rest, '/', &piece)) {
		if (!rest.p) {
			*name = path.p + (path.n - piece.n);
			break;
		}
		memcpy(step, piece.p, piece.n);
		step[piece.n] = '\0';
		if (make && mkdirat(at, step, 0755) != 0 && errno != EEXIST) {
			close(at);
			return -1;
		}
		int next = openat(at, step, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		close(at);
		at = next;
	}
	return at;
}

bool
mirror_sum(int fd, char hex[SUM + 1])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char sum[HASH_SIZE];
	char piece[65536];
	ssize_t n = 0;
	bool good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	while (good && (n = read(fd, piece, sizeof piece)) > 0)
		good = EVP_DigestUpdate(md, piece, (size_t)n) == 1;
	good = good && n == 0 && EVP_DigestFinal_ex(md, sum, NULL) == 1;
	EVP_MD_CTX_free(md);
	for (size_t i = 0; good && i < sizeof sum; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return good;
}

/* Whether a file is there and has the size of a row. */
static bool
has_size(int at, const char *name, const struct row *row, struct stat *st)
{
	return fstatat(at, name, st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st->st_mode) &&
		(uint64_t)st->st_size == row->size;
}

static bool
has_sum(int at, const char *name, struct str sum)
{
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char hex[SUM + 1];
	bool good = fd >= 0 && mirror_sum(fd, hex) && str_eq(str_of(hex), sum);

	if (fd >= 0)
		close(fd);
	return good;
}

bool
mirror_has(struct mirror *m, const struct row *row, bool known)
{
	struct arena a = { 0 };
	const char *name;
	struct stat st;
	int at = mirror_open_place(m, arena_str(&a, row->path), false, &name);
	bool good = at >= 0 && has_size(at, name, row, &st) &&
		((known && file_time(&st) <= m->placed) || has_sum(at, name, row->sum));

	if (at >= 0)
		close(at);
	arena_end(&a);
	return good;
}

/* Where the bytes of a row wait to be placed: no part of the name is of the network. */
struct str
mirror_waiting_name(struct arena *a, struct str path, struct str sum)
{
	return hash_hex(a, arena_printf(a, "%.*s\n%.*s", STR_ARG(path), STR_ARG(sum)), SUM);
}

bool
mirror_is_waiting(struct mirror *m, const struct row *row, bool read)
{
	struct arena a = { 0 };
	const char *name = mirror_waiting_name(&a, row->path, row->sum).p;
	struct stat st;
	bool good = has_size(m->incoming, name, row, &st) &&
		(!read || has_sum(m->incoming, name, row->sum));

	arena_end(&a);
	return good;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void
hashes_sort(struct hashes *h)
{
	if (h->n)
		qsort(h->v, h->n, sizeof *h->v, by_value);
}

bool
hashes_have(const struct hashes *h, struct str name)
{
	uint64_t hash = hash_fast(name);

	return h->n && bsearch(&hash, h->v, h->n, sizeof hash, by_value);
}

bool
mirror_write_failed(struct mirror *m, const char *what)
{
	return err_set(m->e, "%s: cannot be written: %s", what, strerror(errno));
}

/* Writes a file of ours below `folder`, synced and whole. */
bool
mirror_write(struct mirror *m, int folder, const char *name, struct str bytes)
{
	char beside[80];
	bool good;

	snprintf(beside, sizeof beside, ".new-%.64s", name);
	int fd =
		openat(folder, beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	good = fd >= 0;
	while (good && bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		good = n > 0 || (n < 0 && errno == EINTR);
		bytes = str_sub(bytes, n > 0 ? (size_t)n : 0, bytes.n);
	}
	good = good && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	return (good && renameat(folder, beside, folder, name) == 0) ||
		mirror_write_failed(m, name);
}

bool
mirror_read(struct arena *a, int folder, const char *name, size_t most, struct str *bytes)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		(uint64_t)st.st_size <= most;

	if (good) {
		char *p = arena_alloc(a, (size_t)st.st_size + 1);
		size_t n = 0;
		ssize_t got;

		while (n < (size_t)st.st_size &&
			(got = read(fd, p + n, (size_t)st.st_size - n)) > 0)
			n += (size_t)got;
		*bytes = (struct str){ p, n };
	}
	if (fd >= 0)
		close(fd);
	return good;
}

void
mirror_empty(int folder, const struct hashes *but)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (!but || !hashes_have(but, str_of(entry->d_name)))
			unlinkat(folder, entry->d_name, 0); /* "." and ".." are refused */
	if (d)
		closedir(d);
}
