/* match: ids come in the order of the index, which is that of prominence: nothing is sorted. */
#include "catalog/match.h"

#include "base/clock.h"

/* A call costs a look at the clock; between two calls FTS5 reads some 20 pages. */
enum { STEPS_BETWEEN = 100 };

bool
match_late(struct limit *limit)
{
	if (clock_us() >= limit->until)
		limit->cut = limit->was_cut = true;
	return limit->cut;
}

static int
is_late(void *context)
{
	return match_late(context);
}

void
match_begin(struct store *s, struct limit *limit, int64_t us)
{
	*limit = (struct limit){ .until = clock_us() + us };
	sqlite3_progress_handler(store_db(s), STEPS_BETWEEN, is_late, limit);
}

void
match_more(struct limit *limit, int64_t us)
{
	int64_t now = clock_us();

	limit->until = (limit->until > now ? limit->until : now) + us;
	limit->cut = false;
}

void
match_end(struct store *s)
{
	sqlite3_progress_handler(store_db(s), 0, NULL, NULL);
}

bool
match_step(sqlite3_stmt *st, struct limit *limit)
{
	if (!match_late(limit)) {
		int status = sqlite3_step(st);

		if (status == SQLITE_ROW)
			return true;
		if (status != SQLITE_DONE && status != SQLITE_INTERRUPT)
			limit->refused = true;
	}
	sqlite3_reset(st);
	return false;
}

static void
bind_match(sqlite3_stmt *st, struct str match, size_t most)
{
	sqlite3_bind_text64(st, 1, match.n ? match.p : "", match.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	sqlite3_bind_int64(st, 2, (int64_t)most);
}

static bool
holds(const struct found_ids *ids, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (ids->v[i] == id)
			return true;
	return false;
}

void
match_people(struct store *s, struct arena *a, enum match_in in, struct str match, size_t most,
	struct limit *limit, struct found_ids *ids)
{
	sqlite3_stmt *st = in == MATCH_NAMES
		? store_statement(s,
			  "SELECT rowid FROM name_text WHERE name_text MATCH ?"
			  " ORDER BY rowid LIMIT ?")
		: store_statement(s,
			  "SELECT rowid FROM full_text WHERE full_text MATCH ?"
			  " ORDER BY rowid LIMIT ?");
	size_t before = ids->n;

	/* at worst it begins with all that are there already; nobody is named twice by one answer
	 */
	bind_match(st, match, most + before);
	while (ids->n < most && match_step(st, limit)) {
		int64_t id = sqlite3_column_int64(st, 0);

		if (!holds(ids, before, id))
			*vec_add(a, ids) = id;
	}
	sqlite3_reset(st);
}

void
match_things(struct store *s, struct arena *a, struct str match, size_t most, struct limit *limit,
	struct things *things)
{
	sqlite3_stmt *st = store_statement(
		s, "SELECT rowid FROM thing_text WHERE thing_text MATCH ? ORDER BY rowid LIMIT ?");
	struct found_ids ids = { 0 };

	bind_match(st, match, most);
	while (match_step(st, limit))
		*vec_add(a, &ids) = sqlite3_column_int64(st, 0);
	for (size_t i = 0; i < ids.n; i++) {
		struct thing thing;

		if (query_thing_by_id(s, a, ids.v[i], &thing))
			*vec_add(a, things) = thing;
	}
}
