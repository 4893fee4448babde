/* An index that a full build writes is the one that FTS5 makes of the same texts: the same words at
 * the same places, found by the same searches, sound to FTS5's own check, and good for its updates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "catalog/gather.h"
#include "catalog/segment.h"

/* The same texts in an index of each kind. */
struct both {
	struct rows fed, written; /* by FTS5, by us */
	struct err e;
	enum row_table index;
	struct lexicon lexicon;
	struct gather gather;
};

static void
open_store(struct rows *r, struct err *e)
{
	*r = (struct rows){ .store = store_open_new(":memory:", e), .e = e, .good = true };
	assert_non_null(r->store);
	assert_true(store_make(store_db(r->store), STORE_TABLES, e));
	rows_run(r, "BEGIN", "");
}

static void
begin(struct both *b, enum row_table index)
{
	*b = (struct both){ .index = index };
	open_store(&b->fed, &b->e);
	open_store(&b->written, &b->e);
	b->gather.lexicon = &b->lexicon;
	if (index == TABLE_NAME_TEXT)
		memcpy(b->gather.prefixes, "\1\2\3", 3);
	else if (index == TABLE_THING_TEXT)
		memcpy(b->gather.prefixes, "\2\3", 2);
}

static void
add(struct both *b, int64_t id, struct str text)
{
	struct arena a = { 0 };
	struct ids words = { 0 };

	rows_words(&b->fed, b->index, id, text);
	lexicon_read(&b->lexicon, &a, text, &words);
	gather_begin(&b->gather, id);
	gather_add(&b->gather, &words);
	gather_end(&b->gather);
	arena_end(&a);
}

static void
run(struct rows *r, const char *sql)
{
	assert_int_equal(sqlite3_exec(store_db(r->store), sql, NULL, NULL, NULL), SQLITE_OK);
}

/* Every row that a statement gives of the one is what it gives of the other. How many. */
static size_t
assert_same(struct both *b, const char *sql)
{
	sqlite3_stmt *x = store_prepare(b->fed.store, sql);
	sqlite3_stmt *y = store_prepare(b->written.store, sql);
	size_t n = 0;
	int status;

	while ((status = sqlite3_step(x)) == sqlite3_step(y) && status == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(x); i++) {
			int bytes = sqlite3_column_bytes(x, i);

			assert_int_equal(bytes, sqlite3_column_bytes(y, i));
			if (bytes)
				assert_memory_equal(sqlite3_column_blob(x, i),
					sqlite3_column_blob(y, i), bytes);
		}
		n++;
	}
	assert_int_equal(status, SQLITE_DONE);
	sqlite3_finalize(x);
	sqlite3_finalize(y);
	return n;
}

/* Words, places, totals, and FTS5's own check. */
static size_t
assert_equal(struct both *b)
{
	static const struct {
		const char *places, *totals, *check;
	} SQL[ROW_TABLES] = {
		[TABLE_NAME_TEXT] = { "CREATE VIRTUAL TABLE temp.places USING fts5vocab(main, "
				      "name_text, instance)",
			"SELECT block FROM name_text_data WHERE id = 1",
			"INSERT INTO name_text(name_text) VALUES('integrity-check')" },
		[TABLE_FULL_TEXT] = { "CREATE VIRTUAL TABLE temp.places USING fts5vocab(main, "
				      "full_text, instance)",
			"SELECT block FROM full_text_data WHERE id = 1",
			"INSERT INTO full_text(full_text) VALUES('integrity-check')" },
		[TABLE_THING_TEXT] = { "CREATE VIRTUAL TABLE temp.places USING fts5vocab(main, "
				       "thing_text, instance)",
			"SELECT block FROM thing_text_data WHERE id = 1",
			"INSERT INTO thing_text(thing_text) VALUES('integrity-check')" },
	};
	struct rows *both[] = { &b->fed, &b->written };
	size_t n;

	for (size_t i = 0; i < COUNT(both); i++) {
		run(both[i], SQL[b->index].check);
		run(both[i], SQL[b->index].places);
	}
	n = assert_same(b, "SELECT * FROM temp.places");
	for (size_t i = 0; i < COUNT(both); i++)
		run(both[i], "DROP TABLE temp.places");
	assert_same(b, SQL[b->index].totals);
	return n;
}

static size_t
written(struct both *b)
{
	gather_write(&b->gather, &b->written, b->index, NULL, NULL);
	rows_run(&b->fed, "COMMIT", "");
	rows_run(&b->written, "COMMIT", "");
	assert_true(b->fed.good && b->written.good);
	return assert_equal(b);
}

static void
end(struct both *b)
{
	arena_end(&b->fed.scratch);
	arena_end(&b->written.scratch);
	store_close(b->fed.store);
	store_close(b->written.store);
	lexicon_end(&b->lexicon);
}

static void
no_text_or_no_word_makes_an_empty_index(void **state)
{
	struct both b;

	(void)state;
	begin(&b, TABLE_FULL_TEXT);
	assert_int_equal(written(&b), 0);
	end(&b);
	begin(&b, TABLE_FULL_TEXT);
	add(&b, 1, STR(""));
	assert_int_equal(written(&b), 0);
	end(&b);
}

static void
words_and_their_beginnings_are_found(void **state)
{
	static const struct {
		int64_t id;
		struct str text;
	} TEXTS[] = { { 1, STR_INIT("ada king ada lovelace") }, { 2, STR_INIT("ada") },
		{ INT64_C(1) << 61, STR_INIT("何 恺 明 kaiming he") },
		{ (INT64_C(1) << 61) + 1, STR_INIT("") },
		{ INT64_C(3) << 61, STR_INIT("łódź é adam ad a") } };
	struct both b;

	(void)state;
	for (enum row_table index = TABLE_NAME_TEXT; index <= TABLE_THING_TEXT; index++) {
		begin(&b, index);
		for (size_t i = 0; i < COUNT(TEXTS); i++)
			add(&b, TEXTS[i].id, TEXTS[i].text);
		assert_int_equal(written(&b), 15);
		end(&b);
	}
	begin(&b, TABLE_NAME_TEXT);
	for (size_t i = 0; i < COUNT(TEXTS); i++)
		add(&b, TEXTS[i].id, TEXTS[i].text);
	written(&b);
	assert_int_equal(assert_same(&b, "SELECT rowid FROM name_text('ada*')"), 3);
	assert_int_equal(assert_same(&b, "SELECT rowid FROM name_text('a*')"), 3);
	assert_int_equal(assert_same(&b, "SELECT rowid FROM name_text('\"何 恺\"')"), 1);
	assert_int_equal(assert_same(&b, "SELECT rowid FROM name_text('\"ada lovelace\"')"), 1);
	end(&b);
}

/* A word so often in one text that its places fill pages, and words longer than a page. */
static void
long_lists_and_words_go_over_pages(void **state)
{
	struct arena a = { 0 };
	struct buf text = { 0 };
	struct both b;

	(void)state;
	begin(&b, TABLE_NAME_TEXT);
	for (int i = 0; i < 20000; i++)
		buf_put(&text, i % 300 ? STR("so ") : STR("but "));
	add(&b, 1, str_sub(buf_str(&text), 0, text.n - 1));
	add(&b, 2, STR("so"));
	for (int64_t id = 3; id < 6; id++) {
		char *word = arena_alloc(&a, 9000);

		memset(word, 'a', 9000);
		word[8999] = (char)('a' + id);
		add(&b, id, (struct str){ word, 9000 });
		add(&b, 10 * id, (struct str){ word, (size_t)(4030 + id) });
	}
	written(&b);
	assert_int_equal(assert_same(&b, "SELECT rowid FROM name_text('so')"), 2);
	assert_int_equal(assert_same(&b, "SELECT rowid FROM name_text('\"but so so so\"')"), 1);
	buf_end(&text);
	arena_end(&a);
	end(&b);
}

enum { PEOPLE = 300000 };

/* The list of a word that all have is so long that the index of its pages has two levels. */
static void
the_commonest_word_is_searched_with_a_rare_one(void **state)
{
	struct both b;

	(void)state;
	begin(&b, TABLE_FULL_TEXT);
	for (int64_t i = 0; i < PEOPLE; i++) {
		struct arena a = { 0 };

		add(&b, i << 44,
			i % 50000 == 7 ? STR("all rare")
				: i % 100
				? STR("all")
				: arena_printf(&a, "all some w%lld", (long long)(i % 1700)));
		arena_end(&a);
	}
	rows_run(&b.fed, "INSERT INTO full_text(full_text) VALUES('optimize')", "");
	assert_true(written(&b) > PEOPLE);
	assert_int_equal(assert_same(&b, "SELECT rowid FROM full_text('all rare')"), 6);
	assert_int_equal(assert_same(&b, "SELECT rowid FROM full_text('rare all some')"), 0);
	assert_int_equal(assert_same(&b,
				 "SELECT rowid FROM full_text('all w1600') WHERE rowid > 1 << 60"
				 " ORDER BY rowid DESC"),
		138);
	assert_int_equal(
		assert_same(&b, "SELECT rowid FROM full_text('all') LIMIT 10 OFFSET 90000"), 10);
	/* pages above leaves: FTS5 has as many */
	assert_int_equal(assert_same(&b,
				 "SELECT count(*) FROM full_text_data WHERE id % (1 << 37) >= (1 "
				 "<< 36) + (1 << 31)"),
		1);
	end(&b);
}

static void
updates_go_on_with_what_was_written(void **state)
{
	struct both b;

	(void)state;
	begin(&b, TABLE_THING_TEXT);
	for (int64_t i = 0; i < 3000; i++) {
		struct arena a = { 0 };

		add(&b, i,
			arena_printf(&a, "thing number w%lld w%lld", (long long)(i % 13),
				(long long)(i % 700)));
		arena_end(&a);
	}
	written(&b);
	for (int round = 0; round < 30; round++) {
		struct rows *both[] = { &b.fed, &b.written };

		for (size_t i = 0; i < COUNT(both); i++) {
			rows_run(both[i], "BEGIN", "");
			rows_words_drop(both[i], TABLE_THING_TEXT, 1400 + round,
				arena_printf(&both[i]->scratch, "thing number w%d w%d",
					(1400 + round) % 13, (1400 + round) % 700));
			rows_words(both[i], TABLE_THING_TEXT, 4000 + round,
				STR("another thing w7 added"));
			rows_run(both[i],
				"INSERT INTO thing_text(thing_text, rank) VALUES('merge', 64)", "");
			rows_run(both[i], "COMMIT", "");
			assert_true(both[i]->good);
		}
	}
	assert_equal(&b);
	assert_int_equal(assert_same(&b, "SELECT rowid FROM thing_text('thing w7')"), 262);
	rows_run(&b.written, "INSERT INTO thing_text(thing_text) VALUES('optimize')", "");
	assert_equal(&b);
	end(&b);
}

static int64_t
ask(struct both *b, const char *sql)
{
	sqlite3_stmt *st = store_prepare(b->written.store, sql);

	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(st, 0);

	sqlite3_finalize(st);
	return n;
}

static struct str
many_words(struct arena *a, int64_t of)
{
	struct buf out = { 0 };

	for (int i = 0; i < 400; i++)
		buf_printf(&out, "%sw%dx%lld", i ? " " : "", i, (long long)of);
	struct str text = arena_str(a, buf_str(&out));

	buf_end(&out);
	return text;
}

/* An edit writes a small segment; those are merged among themselves, and few at any time. The
 * number of a segment stands from bit 37 on in the ids of its pages. */
static void
edits_do_not_have_all_that_was_written_merged_again(void **state)
{
	static const char OLD[] = "SELECT count(*) FROM thing_text_data WHERE id >> 37 = 1",
			  SEGMENTS[] = "SELECT count(DISTINCT id >> 37) FROM thing_text_data"
				       " WHERE id >> 37";
	struct both b;
	int64_t pages;

	(void)state;
	begin(&b, TABLE_THING_TEXT);
	for (int64_t i = 0; i < 3000; i++) {
		struct arena a = { 0 };

		add(&b, i, arena_printf(&a, "thing number w%lld", (long long)i));
		arena_end(&a);
	}
	written(&b);
	rows_settle_words(&b.written);
	pages = ask(&b, OLD);
	assert_true(pages > 8);
	for (int64_t i = 0; i < 200; i++) {
		rows_run(&b.written, "BEGIN", "");
		rows_words(
			&b.written, TABLE_THING_TEXT, 4000 + i, many_words(&b.written.scratch, i));
		rows_merge_words(&b.written);
		rows_run(&b.written, "COMMIT", "");
		assert_int_equal(ask(&b, OLD), pages);
		assert_true(ask(&b, SEGMENTS) <= 24);
	}
	assert_true(b.written.good);
	end(&b);
}

/* Numbers as SQLite writes them, at the ends of each length. */
static void
numbers_come_back(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits <= 64; bits++)
		for (int by = -1; by <= 1; by++) {
			uint64_t v = (bits == 64 ? 0 : (uint64_t)1 << bits) + (uint64_t)(int64_t)by;
			char bytes[SEGMENT_VARINT];
			const char *p = bytes;
			size_t n = segment_put_varint(bytes, v);

			assert_int_equal(n, segment_varint(v));
			assert_true(segment_take_varint(&p) == v);
			assert_ptr_equal(p, bytes + n);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_text_or_no_word_makes_an_empty_index),
		cmocka_unit_test(words_and_their_beginnings_are_found),
		cmocka_unit_test(long_lists_and_words_go_over_pages),
		cmocka_unit_test(the_commonest_word_is_searched_with_a_rare_one),
		cmocka_unit_test(updates_go_on_with_what_was_written),
		cmocka_unit_test(edits_do_not_have_all_that_was_written_merged_again),
		cmocka_unit_test(numbers_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
