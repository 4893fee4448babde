/* mirror_bundle: the bundle in place of many single files. Whatever it holds, only what the
 * manifest asks for is looked for among it. */
#include "mirror/mirror_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <archive.h>
#include <archive_entry.h>

#include "mirror/names.h"

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
	good = good && n == 0 && lseek(fd, 0, SEEK_SET) == 0 && mirror_sum(fd, hex);
	if (fd >= 0)
		close(fd);
	if (good) {
		struct arena a = { 0 };

		good = renameat(m->incoming, BESIDE, m->incoming,
			       mirror_waiting_name(&a, path, str_of(hex)).p) == 0;
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

bool
mirror_fetch_bundle(struct mirror *m)
{
	static const char NAME[] = ".new-bundle";
	struct err before = *m->e;
	struct fetch f = { .path = STR("/mirror/directory.tar.gz"),
		.most = m->wish->most,
		.deadline_ms = mirror_deadline(m, m->manifest.bytes),
		.fd = openat(m->incoming, NAME, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0644) };
	bool gone, good;

	if (f.fd < 0)
		return mirror_write_failed(m, "incoming");
	client_fetch(m->client, &f, 1);
	good = mirror_is_good(m, &f, &gone) && lseek(f.fd, 0, SEEK_SET) == 0;
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
