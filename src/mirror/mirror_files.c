/* mirror_files: which files are missing, and how they are fetched one by one. What is known of the
 * last generation saves reading it: a file that had the SHA-256 then, and its size now, is there.
 */
#include "mirror/mirror_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/uri.h"

enum {
	IN_MEMORY = 1 << 20, /* bytes of a file that is fetched into memory */
	BATCH = 256,         /* requests handed to the client at once */
	OPEN_MOST = 16       /* of these, whose body goes into a file */
};

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

	if (m->placed == 0 ||
		!mirror_read(&k->arena, m->state, "manifest.txt", MANIFEST_ROOT_MOST, &bytes) ||
		!manifest_read(bytes, &before, &unheard))
		return;
	if (before.parts == 0)
		know_rows(k, before.rows);
	else if (before.parts == m->manifest.parts && manifest_next(&rows, &row, &unheard) &&
		mirror_read(&k->arena, m->state,
			manifest_part_name(&k->arena, manifest_part(row.path, before.parts)).p,
			MANIFEST_ROOT_MOST, &part))
		know_rows(k, part);
}

static bool
is_in_place(struct mirror *m, const struct known *k, const struct row *row)
{
	size_t at = map_find(&k->at, row->path);

	return mirror_has(m, row, at != (size_t)MAP_NONE && str_eq(k->sums.v[at], row->sum));
}

/* Notes that a file is to be placed; whether it has to be fetched for that. What an earlier run has
 * left of it is read once: it may have been cut. */
static bool
want(struct mirror *m, const struct row *row)
{
	struct arena a = { 0 };
	struct str name = mirror_waiting_name(&a, row->path, row->sum);
	bool missing = !mirror_is_waiting(m, row, true);

	*vec_add(&m->arena, &m->wanted) = hash_fast(name);
	if (missing)
		unlinkat(m->incoming, name.p, 0);
	arena_end(&a);
	return missing;
}

static bool
count_missing(struct mirror *m, struct str rows, void *context)
{
	uint64_t *missing = context;
	struct known k = { 0 };
	struct row row;

	know_part(m, &k, rows);
	while (manifest_next(&rows, &row, m->e))
		if (!is_in_place(m, &k, &row))
			*missing += want(m, &row);
	arena_end(&k.arena);
	return true;
}

bool
mirror_count_missing(struct mirror *m, uint64_t *missing)
{
	*missing = 0;
	m->wanted.n = 0;
	if (!mirror_each_part(m, count_missing, missing))
		return false;
	hashes_sort(&m->wanted);
	mirror_empty(m->incoming, &m->wanted);
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
	size_t n, open;
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
	good = mirror_is_good(m, fetch, &gone);
	if (gone || fetch->end == FETCH_TOO_LARGE) {
		/* or the record has changed since the manifest was made */
		m->refused = false;
		f->stale = true;
	}
	if (good && fetch->fd >= 0)
		good = lseek(fetch->fd, 0, SEEK_SET) == 0 && mirror_sum(fetch->fd, hex) &&
			fsync(fetch->fd) == 0;
	else if (good)
		snprintf(hex, sizeof hex, "%s", hash_hex(&a, buf_str(&fetch->body), SUM).p);
	if (good && (fetch->size != row->size || !str_eq(str_of(hex), row->sum))) {
		f->stale = true;
		good = err_set(m->e, "%.*s: is not what the manifest says", STR_ARG(fetch->path));
	}
	if (good && fetch->fd >= 0)
		good = renameat(m->incoming, beside, m->incoming, f->rows[i].name) == 0 ||
			mirror_write_failed(m, "incoming");
	else if (good)
		good = mirror_write(m, m->incoming, f->rows[i].name, buf_str(&fetch->body));
	arena_end(&a);
	return good;
}

/* Each is kept as it comes, so that it is there for the next run when this one is ended; what came
 * whole is kept even when another did not. */
static void
end_file(struct fetch *fetch)
{
	struct fetching *f = fetch->context;

	if (keep_file(f->m, f, (size_t)(fetch - f->fetches)))
		f->done++;
	else
		f->failed = true;
	if (fetch->fd >= 0)
		close(fetch->fd);
	buf_end(&fetch->body);
	if (f->m->wish->progress)
		f->m->wish->progress(f->m->wish->context, f->done, f->all);
}

static bool
begin_file(struct mirror *m, struct fetching *f, const struct row *row)
{
	struct wanted_row *wanted = &f->rows[f->n];
	struct fetch *fetch = &f->fetches[f->n++];
	char beside[SUM + 8];

	wanted->row = (struct row){ .path = arena_str(&f->arena, row->path),
		.size = row->size,
		.sum = arena_str(&f->arena, row->sum) };
	snprintf(wanted->name, sizeof wanted->name, "%s",
		mirror_waiting_name(&f->arena, row->path, row->sum).p);
	*fetch = (struct fetch){ .path = row->url.n
			? arena_str(&f->arena, row->url)
			: arena_printf(&f->arena, "/%.*s",
				  STR_ARG(uri_encode_path(&f->arena, row->path))),
		.most = row->size,
		.deadline_ms = mirror_deadline(m, row->size),
		.fd = -1,
		.done = end_file,
		.context = f };
	snprintf(beside, sizeof beside, ".new-%s", wanted->name);
	fetch->body.most = (size_t)row->size + 1;
	if (row->size <= IN_MEMORY)
		return true;
	fetch->fd = openat(
		m->incoming, beside, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fetch->fd < 0) {
		f->n--;
		f->failed = true;
		return mirror_write_failed(m, "incoming");
	}
	f->open++;
	return true;
}

static bool
end_batch(struct mirror *m, struct fetching *f)
{
	if (f->n)
		client_fetch(m->client, f->fetches, f->n);
	f->n = f->open = 0;
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
		if (is_in_place(m, &k, &row) || mirror_is_waiting(m, &row, false))
			continue;
		good = begin_file(m, f, &row);
		if (f->n == BATCH || f->open == OPEN_MOST)
			good = end_batch(m, f) && good;
	}
	good = end_batch(m, f) && good;
	arena_end(&k.arena);
	return good;
}

bool
mirror_fetch_missing(struct mirror *m, uint64_t missing, bool *stale)
{
	struct fetching *f = calloc(1, sizeof *f);
	bool good;

	if (!f)
		abort();
	f->m = m;
	f->all = missing;
	good = mirror_each_part(m, fetch_missing, f);
	*stale = *stale || f->stale;
	free(f);
	return good;
}
