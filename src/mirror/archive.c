/* archive: zip and tar.gz by libarchive, streamed to the disk. Times, owners and modes are the same
 * on every machine. */
#include "mirror/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mirror/libarchive.h"
#include "mirror/names.h"

enum { MODE = 0644, PIECE = 65536 };

/* 1980-01-01 00:00:00 UTC, the first moment that a zip file can name. */
static const time_t MOMENT = 315532800;

struct whole {
	struct tree tree;
	const struct libarchive *lib;
	struct archive *archive;
	enum archive_form form;
	const char *path;
	uint64_t most;
	bool *too_large;
};

static bool
failed(struct whole *w, struct err *e)
{
	int code = w->archive ? w->lib->archive_errno(w->archive) : errno;

	/* the library has codes of its own below 0 */
	return err_set(e, "%s: cannot be written: %s", w->path,
		code > 0 || !w->lib->archive_error_string(w->archive)
			? strerror(code)
			: w->lib->archive_error_string(w->archive));
}

static bool
fits(struct whole *w, struct err *e)
{
	int64_t bytes = w->lib->archive_filter_bytes(w->archive, -1);

	if (w->most == 0 || bytes < 0 || (uint64_t)bytes <= w->most)
		return true;
	if (w->too_large)
		*w->too_large = true;
	return err_set(e, "%s: is larger than %llu bytes", w->path, (unsigned long long)w->most);
}

static bool
begin_entry(struct whole *w, struct str path, uint64_t size, struct err *e)
{
	struct archive_entry *entry = w->lib->archive_entry_new();
	struct arena a = { 0 };
	bool good;

	if (!entry)
		abort();
	w->lib->archive_entry_copy_pathname(entry,
		arena_printf(
			&a, "%s%.*s", w->form == ARCHIVE_TAR ? BUNDLE_TOP "/" : "", STR_ARG(path))
			.p);
	w->lib->archive_entry_set_filetype(entry, AE_IFREG);
	w->lib->archive_entry_set_perm(entry, MODE);
	w->lib->archive_entry_set_size(entry, (la_int64_t)size);
	w->lib->archive_entry_set_mtime(entry, MOMENT, 0);
	w->tree.files++;
	/* a name beyond ASCII is a warning where the locale is C: it is written as it is */
	good = w->lib->archive_write_header(w->archive, entry) >= ARCHIVE_WARN || failed(w, e);
	w->lib->archive_entry_free(entry);
	arena_end(&a);
	return good;
}

static bool
put_bytes(struct whole *w, struct str bytes, struct err *e)
{
	return w->lib->archive_write_data(w->archive, bytes.p, bytes.n) == (la_ssize_t)bytes.n ||
		failed(w, e);
}

static bool
put(struct tree *t, struct str path, struct str bytes, struct err *e)
{
	struct whole *w = (struct whole *)t;

	return begin_entry(w, path, bytes.n, e) && (bytes.n == 0 || put_bytes(w, bytes, e)) &&
		fits(w, e);
}

static bool
put_fd(struct tree *t, struct str path, int fd, uint64_t size, struct err *e)
{
	struct whole *w = (struct whole *)t;
	char piece[PIECE];
	bool good = begin_entry(w, path, size, e);

	for (uint64_t at = 0; good && at < size;) {
		size_t most = size - at < sizeof piece ? (size_t)(size - at) : sizeof piece;
		ssize_t n = pread(fd, piece, most, (off_t)at);

		if (n <= 0)
			return err_set(e, "%.*s: changed while it was read", STR_ARG(path));
		good = put_bytes(w, (struct str){ piece, (size_t)n }, e);
		at += (uint64_t)n;
	}
	return good && fits(w, e);
}

static bool
set_up(struct whole *w)
{
	if (w->form == ARCHIVE_GPUB)
		return w->lib->archive_write_set_format_zip(w->archive) == ARCHIVE_OK;
	/* names as they are, which every tar unpacks without a word, whatever the locale */
	return w->lib->archive_write_set_format_gnutar(w->archive) == ARCHIVE_OK &&
		w->lib->archive_write_add_filter_gzip(w->archive) == ARCHIVE_OK &&
		w->lib->archive_write_set_options(w->archive, "gzip:!timestamp") == ARCHIVE_OK;
}

struct tree *
archive_open(
	const char *path, enum archive_form form, uint64_t most, bool *too_large, struct err *e)
{
	const struct libarchive *lib = libarchive(e);
	struct whole *w = lib ? calloc(1, sizeof *w) : NULL;

	if (!lib)
		return NULL;
	if (!w)
		abort();
	/* zip writes times as clocks on the wall show them */
	setenv("TZ", "UTC0", 1);
	tzset();
	*w = (struct whole){ .tree = { .put = put, .put_fd = put_fd },
		.lib = lib,
		.archive = lib->archive_write_new(),
		.form = form,
		.path = path,
		.most = most,
		.too_large = too_large };
	if (!w->archive)
		abort();
	unlink(path);
	if (set_up(w) && w->lib->archive_write_open_filename(w->archive, path) == ARCHIVE_OK)
		return &w->tree;
	failed(w, e);
	archive_close(&w->tree);
	return NULL;
}

bool
archive_commit(struct tree *t, struct err *e)
{
	struct whole *w = (struct whole *)t;

	return (w->lib->archive_write_close(w->archive) == ARCHIVE_OK || failed(w, e)) &&
		fits(w, e);
}

void
archive_close(struct tree *t)
{
	struct whole *w = (struct whole *)t;

	if (!w)
		return;
	w->lib->archive_write_free(w->archive);
	free(w);
}
