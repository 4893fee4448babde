/* tally: beginnings of up to DEEPEST letters are kept; longer ones are few enough to be counted. */
#include "catalog/tally.h"

#include <stdio.h>

enum { DEEPEST = 3, KEY_MOST = 16 };

static const char *const KINDS[SHARED_KINDS] = { [SHARED_SOURCE] = "sources",
	[SHARED_TOPIC] = "topics",
	[SHARED_ORGANIZATION] = "organizations" };

/* ---- writing ---- */

static bool
failed(sqlite3 *db, struct err *e)
{
	return err_set(e, "the numbers of the catalog cannot be written: %s", sqlite3_errmsg(db));
}

/* A number of all of something; what is none has no row. */
#define NUMBER(what, from) \
	"INSERT INTO tally SELECT * FROM (SELECT '" what "', count(*) AS n FROM " from \
	") WHERE n > 0;"

bool
tally_fill(sqlite3 *db, struct err *e)
{
	return sqlite3_exec(db,
		       "DELETE FROM tally;" NUMBER("0", "person") NUMBER(
			       "other", "person WHERE letters = ''") NUMBER("topics", "topic")
			       NUMBER("organizations", "organization") NUMBER("sources",
				       "source") "INSERT INTO tally SELECT depth || "
						 "substr(letters, 1, depth), count(*)"
						 " FROM (SELECT 1 AS depth UNION SELECT 2 UNION "
						 "SELECT 3), person"
						 " WHERE length(letters) >= depth GROUP BY 1",
		       NULL, NULL, NULL) == SQLITE_OK ||
		failed(db, e);
}

static bool
add(sqlite3_stmt *st, const char *what, int by)
{
	sqlite3_bind_text(st, 1, what, -1, SQLITE_TRANSIENT);
	if (by)
		sqlite3_bind_int(st, 2, by);
	bool good = sqlite3_step(st) == SQLITE_DONE;

	sqlite3_reset(st);
	return good;
}

/* Adds to n numbers; those that become none go. */
static bool
change(sqlite3 *db, char (*keys)[KEY_MOST], size_t n, int by, struct err *e)
{
	sqlite3_stmt *put = NULL, *drop = NULL;
	bool good = sqlite3_prepare_v2(db,
			    "INSERT INTO tally VALUES(?1, ?2)"
			    " ON CONFLICT(what) DO UPDATE SET n = n + excluded.n",
			    -1, &put, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(db, "DELETE FROM tally WHERE what = ? AND n <= 0", -1, &drop,
			NULL) == SQLITE_OK;

	for (size_t i = 0; i < n && good; i++)
		good = add(put, keys[i], by) && (by > 0 || add(drop, keys[i], 0));
	if (!good)
		failed(db, e);
	sqlite3_finalize(put);
	sqlite3_finalize(drop);
	return good;
}

bool
tally_person(sqlite3 *db, struct str letters, int by, struct err *e)
{
	char keys[DEEPEST + 1][KEY_MOST] = { "0", "other" };
	size_t n = letters.n ? 1 : 2;

	for (size_t depth = 1; depth <= DEEPEST && depth <= letters.n; depth++)
		snprintf(keys[n++], KEY_MOST, "%zu%.*s", depth, (int)depth, letters.p);
	return change(db, keys, n, by, e);
}

bool
tally_thing(sqlite3 *db, enum shared_kind kind, int by, struct err *e)
{
	char key[1][KEY_MOST];

	snprintf(key[0], KEY_MOST, "%s", KINDS[kind]);
	return change(db, key, 1, by, e);
}

/* ---- reading ---- */

bool
tally_has(struct store *s)
{
	return sqlite3_table_column_metadata(store_db(s), "main", "tally", "n", NULL, NULL, NULL,
		       NULL, NULL) == SQLITE_OK;
}

static size_t
number_of(struct store *s, struct str what)
{
	sqlite3_stmt *st = store_statement(s, "SELECT n FROM tally WHERE what = ?");

	sqlite3_bind_text64(st, 1, what.p, what.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	size_t n = sqlite3_step(st) == SQLITE_ROW ? (size_t)sqlite3_column_int64(st, 0) : 0;

	sqlite3_reset(st);
	return n;
}

size_t
tally_people(struct store *s, struct arena *a, struct str letters)
{
	if (str_eq(letters, STR("other")) && tally_has(s))
		return number_of(s, letters);
	if (letters.n > DEEPEST || !tally_has(s))
		return query_people_count(s, letters);
	return number_of(s, arena_printf(a, "%zu%.*s", letters.n, STR_ARG(letters)));
}

void
tally_letters(struct store *s, struct arena *a, struct str letters, struct things *things)
{
	if (letters.n >= DEEPEST || !tally_has(s)) {
		query_letters(s, a, letters, things);
		return;
	}
	sqlite3_stmt *st = store_statement(
		s, "SELECT what, n FROM tally WHERE what >= ? AND what < ? ORDER BY what");
	struct str from = arena_printf(a, "%zu%.*s", letters.n + 1, STR_ARG(letters));
	struct str to = arena_printf(a, "%.*s\xff", STR_ARG(from));
	struct thing *whole = vec_add(a, things); /* whose whole name this is, or without letters */
	size_t first = things->n, below = 0;

	*whole = (struct thing){ .slug = letters.n ? letters : STR("other"), .name = letters };
	sqlite3_bind_text64(st, 1, from.p, from.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	sqlite3_bind_text64(st, 2, to.p, to.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	while (sqlite3_step(st) == SQLITE_ROW) {
		struct str begin = arena_str(a,
			(struct str){ (const char *)sqlite3_column_text(st, 0) + 1,
				(size_t)sqlite3_column_bytes(st, 0) - 1 });
		struct thing thing = {
			.slug = begin, .name = begin, .people = (size_t)sqlite3_column_int64(st, 1)
		};

		*vec_add(a, things) = thing;
		below += thing.people;
	}
	sqlite3_reset(st);
	things->v[first - 1].people = tally_people(s, a, letters) - below;
	if (things->v[first - 1].people == 0) {
		memmove(&things->v[first - 1], &things->v[first],
			(things->n - first) * sizeof *things->v);
		things->n--;
	}
}

size_t
tally_things(struct store *s, enum shared_kind kind)
{
	return tally_has(s) ? number_of(s, str_of(KINDS[kind])) : query_things_count(s, kind);
}
