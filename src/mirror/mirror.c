/* mirror: plan, fetch, place. A plan is the remote manifest, part by part; a file whose bytes are
 *in place is left alone. What is missing is fetched into .mirror/incoming under a name made of
 *hashes, so no name from the network is used before every byte of the generation is there and
 *verified. Then files are renamed into place, what is no longer in the directory goes, and the
 *generation mark is written last. Ended at any moment, the next run goes on from what lies there.
 *
 *	.mirror/origin        the address
 *	.mirror/key           SHA-256 of the server's public key
 *	.mirror/manifest.txt  of what is in place, with its parts beside it
 *	.mirror/next/         the manifest that is being worked on
 *	.mirror/incoming/     files by SHA-256 of path and content
 *	.mirror/placing       there while files are being placed
 *	.mirror/generation    the mark: what a server on the folder waits for */
#include "mirror/mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/text.h"
#include "base/uri.h"
#include "catalog/whole.h"
#include "mirror/manifest.h"
#include "mirror/names.h"
#include "net/client.h"

enum {
	ROUNDS = 5,                 /* manifests looked at in one run */
	FILES_MOST = 4000000,       /* of a directory */
	OWN_FILES_MOST = 200000,    /* in files/ */
	IN_MEMORY = 1 << 20,        /* bytes of a file that is fetched into memory */
	BATCH = 256,                /* requests handed to the client at once */
	BUNDLE_FILES = 24,          /* a directory smaller than this is fetched file by file */
	BYTES_A_SECOND = 64 * 1024, /* what a server must reach to be waited for */
	SUM = 2 * HASH_SIZE
};

struct mirror {
	const struct mirror_wish *wish;
	struct mirror_report *report;
	struct err *e;
	struct arena arena; /* of the whole run */
	struct client *client;
	int dir, state, next, incoming; /* folders, open */
	int lock;
	struct manifest manifest; /* the remote one */
	struct str root;          /* its bytes */
	bool refused;
	bool whole;     /* everything of the last generation was placed */
	struct map own; /* folded names of files/, to find two that are one on some disks */
	size_t own_n;
};

static bool
refuse(struct mirror *m, const char *why, struct str what)
{
	struct buf shown = { 0 };

	log_escape(&shown, str_sub(what, 0, 100));
	err_set(m->e, "%.*s%s%s", (int)shown.n, shown.n ? shown.p : "", shown.n ? ": " : "", why);
	buf_end(&shown);
	m->refused = true;
	return false;
}

/* ---- files below a folder ---- */

/* Opens the folder that a checked path lies in, made where it is not there; links are not followed.
 * *name is its last step. */
static int
open_place(struct mirror *m, struct str path, bool make, const char **name)
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

static bool
sum_fd(int fd, char hex[SUM + 1])
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

/* Whether the file of a row is in place; its bytes are read unless `trusted`. */
static bool
in_place(struct mirror *m, const struct row *row, bool trusted)
{
	struct arena a = { 0 };
	const char *name;
	struct stat st;
	char hex[SUM + 1];
	int at = open_place(m, arena_str(&a, row->path), false, &name);
	bool good = at >= 0 && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode) && (uint64_t)st.st_size == row->size;

	if (good && !trusted) {
		int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		good = fd >= 0 && sum_fd(fd, hex) && str_eq(str_of(hex), row->sum);
		if (fd >= 0)
			close(fd);
	}
	if (at >= 0)
		close(at);
	arena_end(&a);
	return good;
}

/* Where the bytes of a row wait to be placed: no part of the name is of the network. */
static struct str
waiting_name(struct arena *a, struct str path, struct str sum)
{
	return hash_hex(a, arena_printf(a, "%.*s\n%.*s", STR_ARG(path), STR_ARG(sum)), SUM);
}

static bool
is_waiting(struct mirror *m, const struct row *row)
{
	struct arena a = { 0 };
	struct stat st;
	bool good = fstatat(m->incoming, waiting_name(&a, row->path, row->sum).p, &st,
			    AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode) && (uint64_t)st.st_size == row->size;

	arena_end(&a);
	return good;
}

static bool
write_failed(struct mirror *m, const char *what)
{
	return err_set(m->e, "%s: %s cannot be written: %s", m->wish->dir, what, strerror(errno));
}

/* Writes a file of ours below `folder`, synced and whole. */
static bool
write_at(struct mirror *m, int folder, const char *name, struct str bytes)
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
	return (good && renameat(folder, beside, folder, name) == 0) || write_failed(m, name);
}

static bool
read_at(struct arena *a, int folder, const char *name, size_t most, struct str *bytes)
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

/* Removes all files of one of our own folders. */
static void
empty_folder(int folder)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		unlinkat(folder, entry->d_name, 0); /* "." and ".." are refused */
	if (d)
		closedir(d);
}

/* ---- requests ---- */

/* What one request has come to; false and *e when it is no answer with a body. *gone: 51 or 52. */
static bool
is_good(struct mirror *m, const struct fetch *f, bool *gone)
{
	struct arena a = { 0 };
	struct buf meta = { 0 };

	*gone = false;
	switch (f->end) {
	case FETCH_DONE:
		if (f->status == 20)
			return true;
		*gone = f->status == 51 || f->status == 52;
		log_escape(&meta, str_sub(str_of(f->meta), 0, 100));
		err_set(m->e, "%.*s: the server answers %u %.*s", STR_ARG(f->path), f->status,
			(int)meta.n, meta.n ? meta.p : "");
		buf_end(&meta);
		break;
	case FETCH_BROKEN:
		err_set(m->e, "%.*s: %s", STR_ARG(f->path), f->why);
		break;
	case FETCH_TOO_LARGE:
		refuse(m, "is larger than it may be", f->path);
		break;
	case FETCH_ELSEWHERE:
		refuse(m, "is redirected to another server, or too often", f->path);
		break;
	case FETCH_KEY: {
		struct str known = STR("");

		read_at(&a, m->state, "key", 256, &known);
		refuse(m, "", STR(""));
		m->e->text[0] = '\0';
		err_set(m->e,
			"the server's key has changed, and may be another's.\n  known: %.*s\n  "
			"now:  "
			" %.*s\nIf whoever runs it says that this is right: --accept-key %.*s",
			STR_ARG(str_trim(known)), STR_ARG(client_key(m->client)),
			STR_ARG(client_key(m->client)));
		arena_end(&a);
		break;
	}
	}
	return false;
}

/* The pin of a first visit. */
static bool
keep_key(struct mirror *m)
{
	struct str key = client_key(m->client), known = STR("");
	struct arena a = { 0 };
	bool good = key.n == 0 ||
		(read_at(&a, m->state, "key", 256, &known) && str_eq(str_trim(known), key)) ||
		write_at(m, m->state, "key", arena_printf(&a, "%.*s\n", STR_ARG(key)));

	arena_end(&a);
	return good;
}

/* One request whose body is small; the bytes are the arena's. */
static bool
get(struct mirror *m, struct arena *a, struct str path, size_t most, struct str *bytes, bool *gone)
{
	struct fetch f = { .path = path, .most = most, .fd = -1 };
	bool good;

	f.body.most = most + 1;
	client_fetch(m->client, &f, 1);
	good = is_good(m, &f, gone) && keep_key(m);
	if (good)
		*bytes = arena_str(a, buf_str(&f.body));
	buf_end(&f.body);
	return good;
}

/* ---- the manifest ---- */

/* Fetches the root; *same: it is the one that was worked on before. */
static bool
fetch_root(struct mirror *m, bool *same)
{
	struct str bytes;
	bool gone;

	if (!get(m, &m->arena, STR("/mirror/manifest.txt"), MANIFEST_ROOT_MOST, &bytes, &gone)) {
		if (gone) {
			m->e->text[0] = '\0';
			err_set(m->e,
				"there is no manifest at this server; is it one of "
				"almagest, and has it been up for a minute?");
		}
		return false;
	}
	*same = m->root.p && str_eq(bytes, m->root);
	if (*same)
		return true;
	m->root = bytes;
	if (!manifest_read(bytes, &m->manifest, m->e)) {
		m->refused = true;
		return err_in(m->e, "/mirror/manifest.txt");
	}
	if (m->manifest.files > FILES_MOST)
		return refuse(m, "the directory has more files than a mirror takes", STR(""));
	if (m->manifest.bytes > m->wish->most)
		return refuse(m, "the directory is larger than --max-size allows", STR(""));
	return true;
}

/* A row whose path and address are such as a mirror takes. */
static bool
check_row(struct mirror *m, const struct row *row)
{
	const char *wrong = names_wrong(row->path);

	if (wrong)
		return refuse(m, wrong, row->path);
	if (row->url.n && (row->url.p[0] != '/' || row->url.n > 800))
		return refuse(m, "has an address that is none of this server", row->path);
	if (row->size > m->wish->most)
		return refuse(m, "is larger than --max-size allows", row->path);
	return true;
}

/* Two names that differ in case alone, or of which one is the other's folder, are one file on some
 * disks. Records are in lower case: this is about files/. */
static bool
note_own(struct mirror *m, struct str path)
{
	enum { IS_FILE, IS_FOLDER };
	struct str folded = arena_str(&m->arena, text_nfc(&m->arena, path));

	if (!str_starts(path, STR("files/")))
		return true;
	if (m->own_n++ > OWN_FILES_MOST)
		return refuse(m, "there are too many files beside this one", path);
	for (size_t i = 0; i < folded.n; i++)
		if (folded.p[i] >= 'A' && folded.p[i] <= 'Z')
			((char *)folded.p)[i] |= 32;
	for (size_t i = 6; i <= folded.n; i++)
		if (i == folded.n || folded.p[i] == '/') {
			size_t kind = i == folded.n ? IS_FILE : IS_FOLDER;
			size_t *at = map_at(&m->arena, &m->own, str_sub(folded, 0, i));

			if (*at != (size_t)MAP_NONE && (*at != IS_FOLDER || kind != IS_FOLDER))
				return refuse(
					m, "is the name of another file, too, but for case", path);
			*at = kind;
		}
	return true;
}

/* The rows of a part, when they are here already: fetched in this run, or as they were before. */
static bool
read_part(struct mirror *m, struct arena *a, const struct row *part, struct str *rows)
{
	const int folders[] = { m->next, m->state };

	for (size_t i = 0; i < COUNT(folders); i++)
		if (read_at(a, folders[i], part->path.p, MANIFEST_ROOT_MOST, rows) &&
			str_eq(hash_hex(a, *rows, SUM), part->sum))
			return true;
	return false;
}

/* Where a part of the remote manifest is: of before, or fetched. */
static bool
need_part(struct mirror *m, struct arena *a, const struct row *part, struct str *rows, bool *stale)
{
	bool gone, good;

	if (read_part(m, a, part, rows))
		return true;
	good = get(m, a, arena_printf(a, "/mirror/%.*s", STR_ARG(part->path)), (size_t)part->size,
		rows, &gone);
	if (!good && gone)
		*stale = true;
	if (good && !str_eq(hash_hex(a, *rows, SUM), part->sum)) {
		*stale = true;
		good = err_set(m->e, "%.*s: is not what the manifest says", STR_ARG(part->path));
	}
	return good && write_at(m, m->next, part->path.p, *rows);
}

/* Calls visit with the rows of each part, checked; a manifest in one piece is one part. */
typedef bool part_visit(struct mirror *m, struct str rows, void *context);

static bool
check_part(struct mirror *m, struct str rows, size_t part, uint64_t *files, uint64_t *bytes)
{
	struct str last = STR("");
	struct row row;

	while (manifest_next(&rows, &row, m->e)) {
		if (!check_row(m, &row) || !note_own(m, row.path))
			return false;
		if (str_cmp(last, row.path) >= 0 && last.n)
			return refuse(m, "stands in the manifest out of order", row.path);
		if (m->manifest.parts && manifest_part(row.path, m->manifest.parts) != part)
			return refuse(
				m, "stands in another part of the manifest than its own", row.path);
		last = row.path;
		(*files)++;
		*bytes += row.size;
		if (*files > m->manifest.files || *bytes > m->manifest.bytes)
			return refuse(m, "the manifest holds more than its head says", STR(""));
	}
	if (m->e->text[0])
		m->refused = true;
	return m->e->text[0] == '\0';
}

static bool
part_row(struct mirror *m, struct arena *a, struct str *roots, size_t i, struct row *row)
{
	if (!manifest_next(roots, row, m->e) || !str_eq(row->path, manifest_part_name(a, i)) ||
		row->size > MANIFEST_ROOT_MOST / 4) {
		m->refused = true;
		return err_set(m->e, "/mirror/manifest.txt: names a part that is none");
	}
	row->path = arena_str(a, row->path);
	return true;
}

/* Makes sure that all parts are in .mirror/next, and that what they say is such as is taken. */
static bool
fetch_parts(struct mirror *m, bool *stale)
{
	struct str roots = m->manifest.rows;
	uint64_t files = 0, bytes = 0;
	bool good = true;

	m->own = (struct map){ 0 };
	m->own_n = 0;
	if (m->manifest.parts == 0)
		good = check_part(m, roots, 0, &files, &bytes);
	for (size_t i = 0; good && i < m->manifest.parts; i++) {
		struct arena a = { 0 };
		struct row part;
		struct str rows;

		good = part_row(m, &a, &roots, i, &part) && need_part(m, &a, &part, &rows, stale) &&
			check_part(m, rows, i, &files, &bytes);
		arena_end(&a);
	}
	if (good && (files != m->manifest.files || bytes != m->manifest.bytes))
		good = refuse(m, "the manifest holds less than its head says", STR(""));
	return good;
}

static bool
each_part(struct mirror *m, part_visit *visit, void *context)
{
	struct str roots = m->manifest.rows;
	bool good = true;

	if (m->manifest.parts == 0)
		return visit(m, roots, context);
	for (size_t i = 0; good && i < m->manifest.parts; i++) {
		struct arena a = { 0 };
		struct row part;
		struct str rows;

		good = part_row(m, &a, &roots, i, &part) &&
			(read_part(m, &a, &part, &rows) ||
				err_set(m->e, "%s: .mirror/next/%s has changed", m->wish->dir,
					part.path.p)) &&
			visit(m, rows, context);
		arena_end(&a);
	}
	return good;
}

/* ---- what is missing ---- */

/* The sums that the last generation had, by path, of one part. */
struct known {
	struct arena arena;
	struct map at;
	struct {
		struct str *v;
		size_t n, room;
	} sums;
};

static void
know_rows(struct known *k, struct str rows)
{
	struct err unheard = { 0 };
	struct row row;

	while (manifest_next(&rows, &row, &unheard)) {
		*map_at(&k->arena, &k->at, row.path) = k->sums.n;
		*vec_add(&k->arena, &k->sums) = row.sum;
	}
}

/* What is known of the rows of the part that holds this one. */
static void
know_part(struct mirror *m, struct known *k, struct str rows)
{
	struct err unheard = { 0 };
	struct manifest before;
	struct str bytes, part;
	struct row row;

	if (!m->whole ||
		!read_at(&k->arena, m->state, "manifest.txt", MANIFEST_ROOT_MOST, &bytes) ||
		!manifest_read(bytes, &before, &unheard))
		return;
	if (before.parts == 0)
		know_rows(k, before.rows);
	else if (before.parts == m->manifest.parts && manifest_next(&rows, &row, &unheard) &&
		read_at(&k->arena, m->state,
			manifest_part_name(&k->arena, manifest_part(row.path, before.parts)).p,
			MANIFEST_ROOT_MOST, &part))
		know_rows(k, part);
}

static bool
is_missing(struct mirror *m, const struct known *k, const struct row *row)
{
	size_t at = map_find(&k->at, row->path);
	bool trusted = at != (size_t)MAP_NONE && str_eq(k->sums.v[at], row->sum);

	return !in_place(m, row, trusted) && !is_waiting(m, row);
}

static bool
count_missing(struct mirror *m, struct str rows, void *context)
{
	uint64_t *missing = context;
	struct known k = { 0 };
	struct row row;

	know_part(m, &k, rows);
	while (manifest_next(&rows, &row, m->e))
		*missing += is_missing(m, &k, &row);
	arena_end(&k.arena);
	return true;
}

/* ---- single files ---- */

struct wanted_row {
	struct row row;
	char name[SUM + 1]; /* of its file in incoming */
};

struct fetching {
	struct mirror *m;
	uint64_t done, all;
	bool stale;  /* something is not what the manifest says */
	bool failed; /* something did not come */
	struct arena arena;
	struct wanted_row rows[BATCH];
	struct fetch fetches[BATCH];
	size_t n;
};

/* A body that is what the manifest says waits to be placed. */
static bool
keep_file(struct mirror *m, struct fetching *f, size_t i)
{
	struct fetch *fetch = &f->fetches[i];
	const struct row *row = &f->rows[i].row;
	char hex[SUM + 1] = "", beside[SUM + 8];
	struct arena a = { 0 };
	bool gone, good;

	snprintf(beside, sizeof beside, ".new-%s", f->rows[i].name);
	good = is_good(m, fetch, &gone);
	if (gone || fetch->end == FETCH_TOO_LARGE) {
		/* or the record has changed since the manifest was made */
		m->refused = false;
		f->stale = true;
	}
	if (good && fetch->fd >= 0)
		good = lseek(fetch->fd, 0, SEEK_SET) == 0 && sum_fd(fetch->fd, hex) &&
			fsync(fetch->fd) == 0;
	else if (good)
		snprintf(hex, sizeof hex, "%s", hash_hex(&a, buf_str(&fetch->body), SUM).p);
	if (good && (fetch->size != row->size || !str_eq(str_of(hex), row->sum))) {
		f->stale = true;
		good = err_set(m->e, "%.*s: is not what the manifest says", STR_ARG(fetch->path));
	}
	if (good && fetch->fd >= 0)
		good = renameat(m->incoming, beside, m->incoming, f->rows[i].name) == 0 ||
			write_failed(m, "incoming");
	else if (good)
		good = write_at(m, m->incoming, f->rows[i].name, buf_str(&fetch->body));
	arena_end(&a);
	return good;
}

/* Each is kept as it comes, so that it is there for the next run when this one is ended; what came
 * whole is kept even when another did not. */
static void
end_file(struct fetch *fetch)
{
	struct fetching *f = fetch->context;
	struct err first = *f->m->e;

	if (keep_file(f->m, f, (size_t)(fetch - f->fetches)))
		f->done++;
	else if (f->failed)
		*f->m->e = first;
	else
		f->failed = true;
	if (fetch->fd >= 0)
		close(fetch->fd);
	buf_end(&fetch->body);
	if (f->m->wish->progress)
		f->m->wish->progress(f->m->wish->context, f->done, f->all);
}

static void
begin_file(struct mirror *m, struct fetching *f, const struct row *row)
{
	struct wanted_row *wanted = &f->rows[f->n];
	struct fetch *fetch = &f->fetches[f->n++];
	char beside[SUM + 8];

	wanted->row = (struct row){ .path = arena_str(&f->arena, row->path),
		.size = row->size,
		.sum = arena_str(&f->arena, row->sum) };
	snprintf(wanted->name, sizeof wanted->name, "%s",
		waiting_name(&f->arena, row->path, row->sum).p);
	*fetch = (struct fetch){ .path = row->url.n
			? arena_str(&f->arena, row->url)
			: arena_printf(&f->arena, "/%.*s",
				  STR_ARG(uri_encode_path(&f->arena, row->path))),
		.most = row->size,
		.deadline_ms = 30000 +
			(int)(row->size / BYTES_A_SECOND > 86400
					? 86400 * 1000
					: row->size * 1000 / BYTES_A_SECOND),
		.fd = -1,
		.done = end_file,
		.context = f };
	snprintf(beside, sizeof beside, ".new-%s", wanted->name);
	if (row->size > IN_MEMORY)
		fetch->fd = openat(m->incoming, beside,
			O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	fetch->body.most = (size_t)row->size + 1;
}

static bool
end_batch(struct mirror *m, struct fetching *f)
{
	if (f->n)
		client_fetch(m->client, f->fetches, f->n);
	f->n = 0;
	arena_end(&f->arena);
	return !f->failed;
}

static bool
fetch_missing(struct mirror *m, struct str rows, void *context)
{
	struct fetching *f = context;
	struct known k = { 0 };
	struct row row;
	bool good = true;

	know_part(m, &k, rows);
	while (good && manifest_next(&rows, &row, m->e)) {
		if (!is_missing(m, &k, &row))
			continue;
		begin_file(m, f, &row);
		if (f->n == BATCH)
			good = end_batch(m, f);
	}
	good = end_batch(m, f) && good;
	arena_end(&k.arena);
	return good;
}

/* ---- the bundle ---- */

/* Keeps an entry of the archive under its path and what it holds: only what the manifest asks for
 * is ever looked for. */
static bool
keep_entry(struct mirror *m, struct archive *from, struct str path, uint64_t size)
{
	static const char BESIDE[] = ".new-entry";
	char piece[65536], hex[SUM + 1];
	int fd = openat(
		m->incoming, BESIDE, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	uint64_t put = 0;
	la_ssize_t n = 0;
	bool good = fd >= 0;

	while (good && (n = archive_read_data(from, piece, sizeof piece)) > 0) {
		put += (uint64_t)n;
		good = put <= size && write(fd, piece, (size_t)n) == n;
	}
	good = good && n == 0 && lseek(fd, 0, SEEK_SET) == 0 && sum_fd(fd, hex);
	if (fd >= 0)
		close(fd);
	if (good) {
		struct arena a = { 0 };

		good = renameat(m->incoming, BESIDE, m->incoming,
			       waiting_name(&a, path, str_of(hex)).p) == 0;
		arena_end(&a);
	}
	return good;
}

/* Takes what it can from the archive; what is wrong or missing in it is fetched singly later. */
static void
unpack(struct mirror *m, int fd)
{
	struct archive *from = archive_read_new();
	struct archive_entry *entry;
	struct str top = STR("directory/");
	/* a record may be there twice: as its person's page, and where its folder has it */
	uint64_t left = 2 * m->manifest.bytes;

	if (!from)
		abort();
	if (archive_read_support_format_tar(from) != ARCHIVE_OK ||
		archive_read_support_filter_gzip(from) != ARCHIVE_OK ||
		archive_read_open_fd(from, fd, 65536) != ARCHIVE_OK)
		goto out;
	/* an archive that goes on and on is left when it has given more than any real one */
	while (archive_read_next_header(from, &entry) == ARCHIVE_OK &&
		(uint64_t)archive_filter_bytes(from, 0) <= 16 * m->wish->most) {
		struct str path = str_of(archive_entry_pathname(entry));
		la_int64_t size = archive_entry_size(entry);

		if (!path.p || !str_starts(path, top) || size < 0 ||
			archive_entry_filetype(entry) != AE_IFREG)
			continue;
		path = str_sub(path, top.n, path.n);
		if (names_wrong(path) || (uint64_t)size > left)
			continue;
		left -= (uint64_t)size;
		if (!keep_entry(m, from, path, (uint64_t)size))
			break;
	}
out:
	archive_read_free(from);
}

static bool
fetch_bundle(struct mirror *m)
{
	static const char NAME[] = ".new-bundle";
	struct err before = *m->e;
	struct fetch f = { .path = STR("/mirror/directory.tar.gz"),
		.most = m->wish->most,
		.deadline_ms = 60000 +
			(int)(m->manifest.bytes / BYTES_A_SECOND > 86400
					? 86400 * 1000
					: m->manifest.bytes * 1000 / BYTES_A_SECOND),
		.fd = openat(m->incoming, NAME, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0644) };
	bool gone, good;

	if (f.fd < 0)
		return write_failed(m, "incoming");
	client_fetch(m->client, &f, 1);
	good = is_good(m, &f, &gone) && lseek(f.fd, 0, SEEK_SET) == 0;
	if (good)
		unpack(m, f.fd);
	else if (f.end != FETCH_KEY) {
		/* single files do as well */
		*m->e = before;
		m->refused = false;
	}
	close(f.fd);
	unlinkat(m->incoming, NAME, 0);
	m->report->bundle = good;
	return good || f.end != FETCH_KEY;
}

/* ---- placing ---- */

struct placing {
	struct {
		uint64_t *v;
		size_t n, room;
	} paths; /* hashes of all that belong */
};

static bool
place_rows(struct mirror *m, struct str rows, void *context)
{
	struct placing *p = context;
	struct row row;
	bool good = true;

	while (good && manifest_next(&rows, &row, m->e)) {
		struct arena a = { 0 };
		const char *name;

		*vec_add(&m->arena, &p->paths) = hash_fast(row.path);
		if (is_waiting(m, &row)) {
			int at = open_place(m, arena_str(&a, row.path), true, &name);

			good = at >= 0 &&
				renameat(m->incoming, waiting_name(&a, row.path, row.sum).p, at,
					name) == 0;
			if (!good)
				err_set(m->e, "%.*s: cannot be placed: %s", STR_ARG(row.path),
					strerror(errno));
			m->report->written += good;
			if (at >= 0)
				close(at);
		}
		arena_end(&a);
	}
	return good;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Removes what is not of the directory below one of its folders. */
static void
sweep(struct mirror *m, const struct placing *p, int at, struct str path)
{
	int copy = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		struct arena a = { 0 };
		struct str below = arena_printf(&a, "%.*s/%s", STR_ARG(path), entry->d_name);
		uint64_t hash = hash_fast(below);
		struct stat st;

		if (entry->d_name[0] != '.' &&
			fstatat(at, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (S_ISDIR(st.st_mode)) {
				int in = openat(at, entry->d_name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

				if (in >= 0) {
					sweep(m, p, in, below);
					close(in);
				}
				unlinkat(at, entry->d_name, AT_REMOVEDIR); /* when empty */
			} else if (!p->paths.n ||
				!bsearch(&hash, p->paths.v, p->paths.n, sizeof hash, by_value))
				m->report->removed += unlinkat(at, entry->d_name, 0) == 0;
		}
		arena_end(&a);
	}
	if (d)
		closedir(d);
}

static void
sweep_all(struct mirror *m, struct placing *p)
{
	uint64_t settings = hash_fast(STR("capsule.yaml"));

	if (p->paths.n)
		qsort(p->paths.v, p->paths.n, sizeof *p->paths.v, by_value);
	for (size_t i = 0; NAMES_FOLDERS[i]; i++) {
		int at = openat(
			m->dir, NAMES_FOLDERS[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (at >= 0) {
			sweep(m, p, at, str_of(NAMES_FOLDERS[i]));
			close(at);
			unlinkat(m->dir, NAMES_FOLDERS[i], AT_REMOVEDIR);
		}
	}
	if (!p->paths.n || !bsearch(&settings, p->paths.v, p->paths.n, sizeof settings, by_value))
		m->report->removed += unlinkat(m->dir, "capsule.yaml", 0) == 0;
}

/* The parts of the manifest in place become the new ones. */
static bool
keep_manifest(struct mirror *m)
{
	bool good = true;

	for (size_t i = 0; good && i < m->manifest.parts; i++) {
		struct arena a = { 0 };
		const char *name = manifest_part_name(&a, i).p;

		good = renameat(m->next, name, m->state, name) == 0 || errno == ENOENT ||
			write_failed(m, name);
		arena_end(&a);
	}
	return good && write_at(m, m->state, "manifest.txt", m->root);
}

static void
sync_all(const struct mirror *m)
{
#ifdef __linux__
	syncfs(m->dir);
#else
	(void)m;
	sync();
#endif
}

static bool
place_all(struct mirror *m)
{
	struct placing p = { 0 };
	struct arena a = { 0 };
	int alone;
	bool good;

	sync_all(m); /* what waits is on the disk before anything is placed */
	alone = whole_change(m->state);
	good = (alone >= 0 || write_failed(m, WHOLE_LOCK)) &&
		write_at(m, m->state, WHOLE_PLACING, STR("")) && each_part(m, place_rows, &p);
	if (good) {
		sweep_all(m, &p);
		sync_all(m);
		good = keep_manifest(m) &&
			write_at(m, m->state, WHOLE_GENERATION,
				arena_printf(&a, "%s\n", m->report->generation)) &&
			unlinkat(m->state, WHOLE_PLACING, 0) == 0;
	}
	whole_leave(alone);
	if (good) {
		empty_folder(m->incoming);
		empty_folder(m->next);
	}
	arena_end(&a);
	return good;
}

/* ---- one run ---- */

static bool
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	bool empty = true;

	while (d && empty && (entry = readdir(d)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (d)
		closedir(d);
	return empty;
}

static int
open_folder(int at, const char *name)
{
	if (mkdirat(at, name, 0755) != 0 && errno != EEXIST)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The folder, ours alone while this runs. */
static bool
open_all(struct mirror *m, struct str address)
{
	struct stat st;
	struct str origin = STR("");
	const char *dir = m->wish->dir;
	char *marks = (char *)arena_printf(&m->arena, "%s/" WHOLE_FOLDER, dir).p;

	if (lstat(marks, &st) != 0 && !is_empty(dir))
		return refuse(m,
			"is no mirror; name a new or empty folder (what is not of the directory "
			"would be removed from it)",
			str_of(dir));
	if (!file_make_dirs(dir, 0755, m->e))
		return false;
	m->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir < 0 || (m->state = open_folder(m->dir, WHOLE_FOLDER)) < 0 ||
		(m->next = open_folder(m->state, "next")) < 0 ||
		(m->incoming = open_folder(m->state, "incoming")) < 0)
		return write_failed(m, WHOLE_FOLDER);
	m->lock = openat(m->state, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (m->lock < 0 || flock(m->lock, LOCK_EX | LOCK_NB) != 0)
		return err_set(m->e, "%s: another almagest mirror is at work here", dir);
	if (!read_at(&m->arena, m->state, "origin", 4096, &origin))
		return write_at(
			m, m->state, "origin", arena_printf(&m->arena, "%.*s\n", STR_ARG(address)));
	if (!str_eq(str_trim(origin), address))
		return refuse(
			m, "is what this folder mirrors; name another folder", str_trim(origin));
	m->whole = fstatat(m->state, WHOLE_PLACING, &st, AT_SYMLINK_NOFOLLOW) != 0;
	return true;
}

/* gemini://host[:port]/ */
static bool
parse_address(struct mirror *m, struct str *host, unsigned *port, struct str *address)
{
	unsigned long number = 1965;
	struct uri u;

	if (!uri_parse(m->wish->url, &u) || !str_eq_nocase(u.scheme, STR("gemini")) ||
		u.host.n == 0 || u.has_user || u.has_query || u.has_fragment || u.path.n > 1 ||
		(u.port.n && (!str_number(u.port, 65535, &number) || number == 0)))
		return refuse(m, "expected an address such as gemini://directory.example.org/",
			m->wish->url);
	*host = arena_str(&m->arena, u.host);
	for (size_t i = 0; i < host->n; i++)
		if (host->p[i] >= 'A' && host->p[i] <= 'Z')
			((char *)host->p)[i] |= 32;
	*port = (unsigned)number;
	*address = arena_printf(&m->arena, "gemini://%s%.*s%s:%u/", u.is_literal ? "[" : "",
		STR_ARG(*host), u.is_literal ? "]" : "", *port);
	return true;
}

/* Gets everything of the remote generation into place or into incoming. *stale: the remote has
 * moved on, or says one thing and sends another. */
static bool
fetch_all(struct mirror *m, bool *stale, uint64_t *missing)
{
	struct fetching *f;
	bool good;

	*missing = 0;
	if (!fetch_parts(m, stale) || !each_part(m, count_missing, missing))
		return false;
	if (*missing == 0)
		return true;
	if (m->manifest.files >= BUNDLE_FILES && *missing > m->manifest.files / 3 &&
		!m->report->bundle && !fetch_bundle(m))
		return false;
	f = calloc(1, sizeof *f);
	if (!f)
		abort();
	f->m = m;
	f->all = *missing;
	good = each_part(m, fetch_missing, f);
	*stale = *stale || f->stale;
	free(f);
	return good;
}

static bool
is_changed(struct mirror *m)
{
	struct arena a = { 0 };
	struct str before;
	bool changed = !m->whole ||
		!read_at(&a, m->state, "manifest.txt", MANIFEST_ROOT_MOST, &before) ||
		!str_eq(before, m->root);

	arena_end(&a);
	return changed;
}

static enum mirror_end
work(struct mirror *m)
{
	uint64_t missing = 0;
	bool same, stale = false;

	for (int round = 0; round < ROUNDS; round++) {
		stale = false;
		if (round) {
			/* a change is being published: look again, after a while */
			poll(NULL, 0, 250 << round);
			*m->e = (struct err){ 0 };
		}
		if (!fetch_root(m, &same))
			return MIRROR_FAILED;
		if (fetch_all(m, &stale, &missing))
			break;
		if (!stale || m->refused || round + 1 == ROUNDS)
			return MIRROR_FAILED;
	}
	m->report->files = m->manifest.files;
	m->report->bytes = m->manifest.bytes;
	snprintf(m->report->generation, sizeof m->report->generation, "%s",
		hash_hex(&m->arena, m->root, SUM).p);
	if (missing == 0 && !is_changed(m))
		return MIRROR_UNCHANGED;
	return place_all(m) ? MIRROR_CHANGED : MIRROR_FAILED;
}

enum mirror_end
mirror_run(const struct mirror_wish *wish, struct mirror_report *report, struct err *e)
{
	struct mirror m = { .wish = wish,
		.report = report,
		.e = e,
		.dir = -1,
		.state = -1,
		.next = -1,
		.incoming = -1,
		.lock = -1 };
	enum mirror_end end = MIRROR_FAILED;
	struct str host, address, pin = STR("");
	unsigned port = 0;

	*report = (struct mirror_report){ 0 };
	if (!parse_address(&m, &host, &port, &address) || !open_all(&m, address))
		goto out;
	if (wish->accept.n)
		pin = wish->accept;
	else if (read_at(&m.arena, m.state, "key", 256, &pin))
		pin = str_trim(pin);
	m.client = client_open(host, port, pin, wish->connections, e);
	if (m.client)
		end = work(&m);
out:
	if (m.client) {
		report->requests = client_requests(m.client);
		report->received = client_bytes(m.client);
		report->resumed = client_resumed(m.client);
	}
	client_close(m.client);
	int *const folders[] = { &m.dir, &m.state, &m.next, &m.incoming, &m.lock };

	for (size_t i = 0; i < COUNT(folders); i++)
		if (*folders[i] >= 0)
			close(*folders[i]);
	arena_end(&m.arena);
	return end == MIRROR_FAILED && m.refused ? MIRROR_REFUSED : end;
}
