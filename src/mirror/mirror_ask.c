/* mirror_ask: one request, and what its answer means for the mirror; the key that is pinned at the
 * first one. */
#include "mirror/mirror_internal.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	DAY_S = 86400,
	SLOW_REQUESTS = 10 /* as many may take all the time they have */
};

bool
mirror_refuse(struct mirror *m, const char *why, struct str what)
{
	struct buf shown = { 0 };

	log_escape(&shown, str_sub(what, 0, 100));
	err_set(m->e, "%.*s%s%s", (int)shown.n, shown.n ? shown.p : "", shown.n ? ": " : "", why);
	buf_end(&shown);
	m->refused = true;
	return false;
}

/* For who has to decide. */
static void
note_keys(struct mirror *m)
{
	struct arena a = { 0 };
	struct str known = m->wish->accept;
	struct mirror_report *r = m->report;

	mirror_read(&a, m->state, "key", 256, &known);
	snprintf(r->known, sizeof r->known, "%.*s", STR_ARG(str_trim(known)));
	snprintf(r->now, sizeof r->now, "%.*s", STR_ARG(client_key(m->client)));
	arena_end(&a);
}

bool
mirror_is_good(struct mirror *m, const struct fetch *f, bool *gone)
{
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
		mirror_refuse(m, "is larger than it may be", f->path);
		break;
	case FETCH_ELSEWHERE:
		mirror_refuse(m, "is redirected to another server, or too often", f->path);
		break;
	case FETCH_KEY:
		note_keys(m);
		mirror_refuse(m, "the server's key has changed, and may be another's", STR(""));
		break;
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
		(mirror_read(&a, m->state, "key", 256, &known) && str_eq(str_trim(known), key)) ||
		mirror_write(m, m->state, "key", arena_printf(&a, "%.*s\n", STR_ARG(key)));

	arena_end(&a);
	return good;
}

bool
mirror_get(struct mirror *m, struct arena *a, struct str path, size_t most, struct str *bytes,
	bool *gone)
{
	struct fetch f = {
		.path = path, .most = most, .deadline_ms = mirror_deadline(m, 0), .fd = -1
	};
	bool good;

	f.body.most = most + 1;
	client_fetch(m->client, &f, 1);
	good = mirror_is_good(m, &f, gone) && keep_key(m);
	if (good)
		*bytes = arena_str(a, buf_str(&f.body));
	buf_end(&f.body);
	return good;
}

/* No more than a day. */
static int
milliseconds(uint64_t seconds)
{
	return (int)(seconds > DAY_S ? DAY_S : seconds) * 1000;
}

int
mirror_deadline(const struct mirror *m, uint64_t bytes)
{
	return m->wish->deadline_ms + milliseconds(bytes / BYTES_A_SECOND);
}

void
mirror_give_time(struct mirror *m, uint64_t files, uint64_t bytes)
{
	int64_t until = m->began + (int64_t)SLOW_REQUESTS * m->wish->deadline_ms +
		milliseconds(files + bytes / BYTES_A_SECOND);

	/* what an earlier round was given stays: it may have used it all */
	if (until > m->until)
		m->until = until;
	client_until(m->client, m->until);
}
