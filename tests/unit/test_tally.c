/* The kept numbers are those one gets by counting, before and after people come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/file.h"
#include "catalog/tally.h"
#include "rows.h"

static struct store *store, *counted; /* one with the table, one that counts */

static const char *const SORTED[] = { "Gu, Albert", "Gupta, A", "Gupta, B", "Gu", "G", "Dao, Tri",
	"何恺明", "7even", "De Sa, Christopher", "de Sade", "Łukasz", "Z" };

static struct store *
open_people(bool with_table)
{
	char folder[] = "/tmp/almagest-tally-XXXXXX";
	struct directory d = { 0 };
	struct arena a = { 0 };
	struct err e = { 0 };

	assert_non_null(mkdtemp(folder));
	assert_true(file_make_dirs(arena_printf(&a, "%s/people", folder).p, 0755, &e));
	for (size_t i = 0; i < COUNT(SORTED); i++)
		assert_true(file_write(arena_printf(&a, "%s/people/p%zu.yaml", folder, i).p,
			arena_printf(&a,
				"name: P %zu\nsort_name: %s\ntagline: x\ntopics: [t%zu, u]\n"
				"start_here: [{title: s, id: s}]\n",
				i, SORTED[i], i),
			0644, &e));
	assert_true(directory_load(&d, folder, NULL, &e));
	struct store *s = store_open_memory(&d, &e);

	assert_non_null(s);
	if (with_table && !tally_has(s))
		assert_int_equal(
			sqlite3_exec(store_db(s), TALLY_SCHEMA, NULL, NULL, NULL), SQLITE_OK);
	if (with_table)
		assert_true(tally_fill(store_db(s), &e));
	directory_end(&d);
	arena_end(&a);
	return s;
}

static int
open_both(void **state)
{
	(void)state;
	store = open_people(true);
	counted = open_people(false);
	return 0;
}

static int
close_both(void **state)
{
	(void)state;
	store_close(store);
	store_close(counted);
	return 0;
}

static const struct letters_row {
	const char *what;
	struct str letters;
	size_t people;
} LETTERS[] = {
	{ "everybody", STR_INIT(""), COUNT(SORTED) },
	{ "without letters", STR_INIT("other"), 2 },
	{ "one letter", STR_INIT("g"), 5 },
	{ "two letters", STR_INIT("gu"), 4 },
	{ "three letters", STR_INIT("gup"), 2 },
	{ "four letters are counted", STR_INIT("gupt"), 2 },
	{ "nobody", STR_INIT("x"), 0 },
	{ "a name over a blank", STR_INIT("des"), 2 },
};

static void
numbers_are_those_one_counts(void **state)
{
	const struct letters_row *row = *state;
	struct arena a = { 0 };
	struct things kept = { 0 }, by_hand = { 0 };

	assert_int_equal(tally_people(store, &a, row->letters), row->people);
	assert_int_equal(query_people_count(counted, row->letters), row->people);
	if (!str_eq(row->letters, STR("other"))) {
		tally_letters(store, &a, row->letters, &kept);
		query_letters(counted, &a, row->letters, &by_hand);
	}
	assert_int_equal(kept.n, by_hand.n);
	for (size_t i = 0; i < kept.n; i++) {
		assert_true(str_eq(kept.v[i].slug, by_hand.v[i].slug));
		assert_true(str_eq(kept.v[i].name, by_hand.v[i].name));
		assert_int_equal(kept.v[i].people, by_hand.v[i].people);
	}
	arena_end(&a);
}

static void
things_are_counted(void **state)
{
	(void)state;
	assert_int_equal(tally_things(store, SHARED_TOPIC), COUNT(SORTED) + 1);
	assert_int_equal(tally_things(store, SHARED_ORGANIZATION), 0);
	assert_int_equal(tally_things(store, SHARED_SOURCE), 1);
}

/* The whole table as text. */
static struct str
dump(struct arena *a)
{
	sqlite3_stmt *st = NULL;
	struct buf out = { 0 };

	assert_int_equal(
		sqlite3_prepare_v2(store_db(store), "SELECT what, n FROM tally", -1, &st, NULL),
		SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		buf_printf(&out, "%s %d;", (const char *)sqlite3_column_text(st, 0),
			sqlite3_column_int(st, 1));
	sqlite3_finalize(st);
	struct str text = arena_str(a, buf_str(&out));

	buf_end(&out);
	return text;
}

static void
who_comes_and_goes_leaves_no_trace(void **state)
{
	static const struct str COMERS[] = { STR_INIT(""), STR_INIT("g"), STR_INIT("xyz"),
		STR_INIT("guptac") };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct str before = dump(&a);

	(void)state;
	for (size_t i = 0; i < COUNT(COMERS); i++)
		assert_true(tally_person(store_db(store), COMERS[i], 1, &e));
	assert_true(tally_thing(store_db(store), SHARED_ORGANIZATION, 1, &e));
	assert_int_equal(tally_people(store, &a, STR("")), COUNT(SORTED) + COUNT(COMERS));
	assert_int_equal(tally_people(store, &a, STR("xy")), 1);
	assert_int_equal(tally_people(store, &a, STR("gup")), 3);
	assert_int_equal(tally_people(store, &a, STR("other")), 3);
	assert_int_equal(tally_things(store, SHARED_ORGANIZATION), 1);
	for (size_t i = 0; i < COUNT(COMERS); i++)
		assert_true(tally_person(store_db(store), COMERS[i], -1, &e));
	assert_true(tally_thing(store_db(store), SHARED_ORGANIZATION, -1, &e));
	assert_string_equal(dump(&a).p, before.p);
	assert_true(tally_fill(store_db(store), &e));
	assert_string_equal(dump(&a).p, before.p);
	arena_end(&a);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, LETTERS, numbers_are_those_one_counts);
	add_row(&s, "things are counted", things_are_counted);
	add_row(&s, "who comes and goes leaves no trace", who_comes_and_goes_leaves_no_trace);
	return run_suite(&s, "tally", open_both, close_both);
}
