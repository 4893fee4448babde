/* mirror_bundle: the bundle, or one for each letter, in place of many single files. Whatever it
 * holds, only what the manifest asks for is kept of it. */
#include "mirror/mirror_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "mirror/names.h"

/* What a bundle may come to beside the records it is made of: pages of each in several forms. */
enum {
	TAKEN_EACH = 4096,       /* bytes for each file, compressed */
	UNPACKED_EACH = 65536,   /* and unpacked */
	TAKEN_TIMES = 8,         /* the bytes of all files, compressed */
	UNPACKED_TIMES = 64,     /* and unpacked */
	TAKEN_LEAST = 1 << 20,   /* whatever the directory has */
	UNPACKED_LEAST = 1 << 24 /* and unpacked */
};

/* What the archives of one run may still cost. */
struct allowance {
	uint64_t bytes, unpacked; /* of archives */
	uint64_t data;            /* of what lies in them: less may stand for more, in holes */
	size_t files;             /* kept */
};

static const char ENTRY[] = ".new-entry", ARCHIVE[] = ".new-bundle";

static int
open_beside(struct mirror *m, const char *name)
{
	return openat(m->incoming, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
}

/* Writes what an entry holds to a file of its own; false when the archive is wrong or the disk is
 * full. */
static bool
write_entry(struct mirror *m, struct archive *from, char hex[SUM + 1])
{
	char piece[65536];
	la_ssize_t n = 0;
	int fd = open_beside(m, ENTRY);
	bool good = fd >= 0;

	while (good && (n = m->lib->archive_read_data(from, piece, sizeof piece)) > 0)
		good = write(fd, piece, (size_t)n) == n;
	good = good && n == 0 && lseek(fd, 0, SEEK_SET) == 0 && mirror_sum(fd, hex);
	if (fd >= 0)
		close(fd);
	return good;
}

/* Keeps an entry whose path and sum are those of a file that is wanted. */
static bool
keep_entry(struct mirror *m, struct archive *from, struct str path, struct allowance *left)
{
	struct arena a = { 0 };
	char hex[SUM + 1];
	bool good = write_entry(m, from, hex);
	struct str name = good ? mirror_waiting_name(&a, path, str_of(hex)) : STR("");

	if (good && left->files && hashes_have(&m->wanted, name)) {
		left->files--;
		good = renameat(m->incoming, ENTRY, m->incoming, name.p) == 0;
	}
	arena_end(&a);
	return good;
}

/* Takes what it can from the archive; what is wrong or missing in it is fetched singly later. */
static void
unpack(struct mirror *m, int fd, struct allowance *left)
{
	static const struct str TOP = STR_INIT(BUNDLE_TOP "/");
	struct archive *from = m->lib->archive_read_new();
	struct archive_entry *entry;
	bool good = true;

	if (!from)
		abort();
	if (m->lib->archive_read_support_format_tar(from) != ARCHIVE_OK ||
		m->lib->archive_read_support_filter_gzip(from) != ARCHIVE_OK ||
		m->lib->archive_read_open_fd(from, fd, 65536) != ARCHIVE_OK)
		goto out;
	/* an archive that goes on and on is left when it has given more than any real one */
	while (good && m->lib->archive_read_next_header(from, &entry) == ARCHIVE_OK &&
		(uint64_t)m->lib->archive_filter_bytes(from, 0) <= left->unpacked) {
		struct str path = str_of(m->lib->archive_entry_pathname(entry));
		la_int64_t size = m->lib->archive_entry_size(entry);

		if (size < 0 || (uint64_t)size > left->unpacked)
			break;
		if (!path.p || !str_starts(path, TOP) ||
			m->lib->archive_entry_filetype(entry) != AE_IFREG)
			continue;
		path = str_sub(path, TOP.n, path.n);
		if (!names_wrong(path) && (uint64_t)size <= left->data) {
			left->data -= (uint64_t)size;
			good = keep_entry(m, from, path, left);
		}
	}
	uint64_t unpacked = (uint64_t)m->lib->archive_filter_bytes(from, 0);

	left->unpacked -= unpacked < left->unpacked ? unpacked : left->unpacked;
out:
	m->lib->archive_read_free(from);
}

/* False: there is none of that name, or it cannot be had; *key: because the server's has changed.
 */
static bool
take(struct mirror *m, struct str path, struct allowance *left, bool *key)
{
	struct err before = *m->e;
	struct fetch f = { .path = path,
		.most = left->bytes,
		.deadline_ms = mirror_deadline(m, m->manifest.bytes),
		.fd = open_beside(m, ARCHIVE) };
	bool gone, good = f.fd >= 0;

	if (!good)
		return false;
	client_fetch(m->client, &f, 1);
	good = mirror_is_good(m, &f, &gone) && lseek(f.fd, 0, SEEK_SET) == 0;
	*key = f.end == FETCH_KEY;
	if (good) {
		left->bytes -= f.size;
		unpack(m, f.fd, left);
		m->report->bundle = true;
	} else if (!*key) {
		/* single files do as well */
		*m->e = before;
		m->refused = false;
	}
	close(f.fd);
	unlinkat(m->incoming, ARCHIVE, 0);
	unlinkat(m->incoming, ENTRY, 0);
	return good;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool
mirror_fetch_bundle(struct mirror *m)
{
	uint64_t files = m->manifest.files, bytes = m->manifest.bytes;
	struct allowance left = { .bytes = least(m->wish->most,
					  TAKEN_LEAST + files * TAKEN_EACH + bytes * TAKEN_TIMES),
		.unpacked = UNPACKED_LEAST + files * UNPACKED_EACH + bytes * UNPACKED_TIMES,
		/* a record may be there twice: as its person's page, and where its folder has it */
		.data = 2 * bytes,
		.files = m->wanted.n };
	struct err why = { 0 };
	struct arena a = { 0 };

	m->lib = libarchive(&why);
	if (!m->lib) {
		log_line("%s; files are fetched one by one", why.text);
		return true;
	}
	bool key = false, good = take(m, STR("/mirror/" BUNDLE_NAME BUNDLE_TAR), &left, &key);

	if (!good)
		/* one for each letter, perhaps: then the first of them is there */
		for (size_t i = 0; !key && i < BUNDLE_PARTS; i++) {
			good = take(m,
				arena_printf(&a, "/mirror/" BUNDLE_NAME "-%.*s" BUNDLE_TAR,
					STR_ARG(names_bundle_part(&a, i))),
				&left, &key);
			if (!good && i == 0)
				break;
		}
	arena_end(&a);
	return !key;
}
