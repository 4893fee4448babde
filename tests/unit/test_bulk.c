/* Tables written as pages are tables to SQLite: sound to its own check, with every row as it was
 * given, whatever their number and size, and good for its updates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "catalog/bulk.h"
#include "folder.h"

/* Rows of a size; each row is a function of its number. */
struct made {
	int64_t at, n;
	size_t size;
	bool by_key;
	char text[40000];
};

static const int64_t NUMBERS[] = { 0, 1, -1, 2, 127, 128, -128, -129, 32767, 32768, -32769, 8388607,
	8388608, INT32_MAX, INT64_C(1) << 31, (INT64_C(1) << 47) - 1, INT64_C(1) << 47,
	-(INT64_C(1) << 47) - 1, INT64_MAX, INT64_MIN };

/* The key in order, then a number, nothing or bytes, then text. */
static bool
next(void *context, struct row *row)
{
	struct made *made = context;
	int64_t i = made->at++;

	if (i == made->n)
		return false;
	if (made->by_key) {
		memset(made->text, 'k', made->size);
		snprintf(made->text, 12, "%011lld", (long long)i);
		row_text(row, (struct str){ made->text, made->size + 11 });
	} else
		row_number(row, i * i * 1000 - 5000);
	if (i % 7 == 3)
		row_null(row);
	else
		row_number(row, NUMBERS[i % (int64_t)COUNT(NUMBERS)]);
	if (i % 3)
		row_text(row, (struct str){ made->text, made->by_key ? 3 : made->size });
	else
		row_blob(row, (struct str){ made->text, (size_t)i % 20 });
	return true;
}

static sqlite3 *
open_database(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void
run(sqlite3 *db, const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static uint32_t
root_of(sqlite3 *db, const char *table)
{
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = ?",
				 -1, &st, NULL),
		SQLITE_OK);
	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	uint32_t root = (uint32_t)sqlite3_column_int(st, 0);

	sqlite3_finalize(st);
	return root;
}

static void
assert_sound(sqlite3 *db)
{
	sqlite3_stmt *st;

	sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
}

static void
assert_cell(sqlite3_stmt *st, int at, const struct cell *cell)
{
	static const int TYPES[] = { [CELL_NUMBER] = SQLITE_INTEGER,
		[CELL_TEXT] = SQLITE_TEXT,
		[CELL_BLOB] = SQLITE_BLOB,
		[CELL_NULL] = SQLITE_NULL };

	assert_int_equal(sqlite3_column_type(st, at), TYPES[cell->type]);
	if (cell->type == CELL_NUMBER)
		assert_true(sqlite3_column_int64(st, at) == cell->number);
	else if (cell->type != CELL_NULL) {
		assert_int_equal(sqlite3_column_bytes(st, at), cell->text.n);
		if (cell->text.n)
			assert_memory_equal(
				sqlite3_column_blob(st, at), cell->text.p, cell->text.n);
	}
}

static void
assert_rows(sqlite3 *db, const char *sql, struct made made)
{
	struct row row = { .n = 0 };
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	for (; next(&made, &row); row.n = 0) {
		assert_int_equal(sqlite3_step(st), SQLITE_ROW);
		for (size_t i = 0; i < row.n; i++)
			assert_cell(st, (int)i, &row.v[i]);
	}
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	sqlite3_finalize(st);
}

/* Both kinds of table with so many rows of a size. */
static void
check(const char *path, int64_t n, size_t size)
{
	struct made rows = { .n = n, .size = size },
		    keys = { .n = n, .size = size, .by_key = true };
	struct err e = { 0 };
	sqlite3 *db;
	uint32_t by_row, by_key;

	unlink(path);
	memset(rows.text, 'r', sizeof rows.text);
	db = open_database(path);
	run(db,
		"PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
		"CREATE TABLE rows(id INTEGER PRIMARY KEY, number INT, bytes BLOB);"
		"CREATE TABLE keys(key TEXT PRIMARY KEY, number INT, bytes BLOB) WITHOUT ROWID;");
	by_row = root_of(db, "rows");
	by_key = root_of(db, "keys");
	sqlite3_close(db);

	struct bulk *b = bulk_open(path, &e);

	assert_non_null(b);
	bulk_feed(b, by_row, BULK_BY_ID, next, &rows);
	bulk_feed(b, by_key, BULK_BY_KEY, next, &keys);
	assert_true(bulk_close(b, &e));

	db = open_database(path);
	assert_sound(db);
	rows.at = keys.at = 0;
	assert_rows(db, "SELECT * FROM rows ORDER BY id", rows);
	assert_rows(db, "SELECT * FROM keys ORDER BY key", keys);
	run(db,
		"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;"
		"CREATE INDEX numbers ON rows(number);"
		"DELETE FROM rows WHERE id % 3 = 0; DELETE FROM keys WHERE number < 100;"
		"INSERT INTO rows SELECT id + 7, number, bytes FROM rows WHERE id % 3 = 1 ON "
		"CONFLICT "
		"DO NOTHING;"
		"INSERT OR REPLACE INTO keys SELECT 'x' || key, 1, bytes FROM keys; COMMIT;");
	assert_sound(db);
	sqlite3_close(db);
}

static void
every_number_of_rows_makes_a_sound_table(void **state)
{
	char folder[] = "/tmp/almagest-bulk-XXXXXX", path[64];
	static const struct {
		size_t size; /* bytes of a row, some */
		int64_t most, step;
	} ROWS[] = { { 1880, 90, 1 }, { 1880, 330, 23 }, { 2025, 12, 1 }, { 2500, 40, 3 },
		{ 8100, 9, 1 }, { 8130, 12, 1 }, { 30000, 5, 1 }, { 10, 12000, 1997 } };

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/db", folder);
	for (size_t i = 0; i < COUNT(ROWS); i++)
		for (int64_t n = 0; n <= ROWS[i].most; n += ROWS[i].step)
			check(path, n, ROWS[i].size);
	unlink(path);
	rmdir(folder);
}

/* ---- the page that nothing stands in ---- */

enum { PAGE = 8192 };

/* Page n of a file; 0: where it is. False when this SQLite leaves it there. */
static bool
lock_page(uint32_t n)
{
	static int usual;
	int byte = n ? (int)(n - 1) * PAGE : usual;

	if (!usual)
		usual = sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, 0);
	sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, byte);
	bulk_locked_byte = (uint32_t)byte;
	return sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, 0) == byte;
}

static int
lock_usual(void **state)
{
	(void)state;
	lock_page(0);
	return 0;
}

static void
the_page_that_sqlite_locks_is_left_out(void **state)
{
	char folder[] = "/tmp/almagest-bulk-XXXXXX", path[64];

	(void)state;
	assert_int_equal(bulk_locked_byte, sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, 0));
	if (!lock_page(4))
		skip(); /* SQLite without its tests */
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/db", folder);
	/* among pages of rows, among those that hold the rest of one, and behind the last */
	for (uint32_t n = 4; n < 32; n++) {
		lock_page(n);
		check(path, 40, 1880);
		check(path, 3, 30000);
	}
	unlink(path);
	rmdir(folder);
}

/* Of all that stands in a catalog, and in how many pages. */
static void
read_catalog(const char *folder, struct buf *out, uint32_t *pages)
{
	struct arena a = { 0 };
	sqlite3 *db = open_database(arena_printf(&a, "%s/catalog.db", folder).p);
	sqlite3_stmt *tables, *st;

	assert_sound(db);
	sqlite3_prepare_v2(db, "PRAGMA page_count", -1, &st, NULL);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	*pages = (uint32_t)sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_prepare_v2(db,
		"SELECT format('SELECT * FROM %Q', name) FROM sqlite_schema WHERE rootpage > 0 AND "
		"type = 'table' ORDER BY name",
		-1, &tables, NULL);
	while (sqlite3_step(tables) == SQLITE_ROW) {
		buf_printf(out, "%s\n", (const char *)sqlite3_column_text(tables, 0));
		sqlite3_prepare_v2(db, (const char *)sqlite3_column_text(tables, 0), -1, &st, NULL);
		while (sqlite3_step(st) == SQLITE_ROW)
			for (int i = 0; i < sqlite3_column_count(st); i++) {
				const void *p = sqlite3_column_blob(st, i);
				size_t n = (size_t)sqlite3_column_bytes(st, i);

				buf_printf(out, "%zu ", n);
				buf_put(out, (struct str){ n ? p : "", n });
			}
		sqlite3_finalize(st);
	}
	sqlite3_finalize(tables);
	sqlite3_close(db);
	arena_end(&a);
}

static void
a_catalog_across_that_page_is_the_same(void **state)
{
	enum { PEOPLE = 200, PLACES = 8 };
	char folder[] = "/tmp/almagest-bulk-XXXXXX";
	struct directory d = { 0 };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct buf usual = { 0 };
	uint32_t pages, n;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_true(file_make_dirs(arena_printf(&a, "%s/people", folder).p, 0755, &e));
	for (size_t i = 0; i < PEOPLE; i++)
		assert_true(file_write(arena_printf(&a, "%s/people/p%zu.yaml", folder, i).p,
			arena_printf(&a,
				"name: Person %zu\ntagline: Does work %zu\ntopics: [t%zu, all]\n"
				"start_here: [{title: Work %zu, id: w%zu}]\n",
				i, i, i % 7, i / 2, i / 2),
			0644, &e));
	assert_true(directory_load(&d, folder, NULL, NULL, &e));
	assert_true(build_catalog(folder, &d, NULL, &e));
	read_catalog(folder, &usual, &pages);
	for (uint32_t i = 1; i < PLACES && lock_page(pages * i / PLACES); i++) {
		struct buf across = { 0 };

		assert_true(build_catalog(folder, &d, NULL, &e));
		read_catalog(folder, &across, &n);
		assert_int_equal(n, pages + 1);
		assert_true(str_eq(buf_str(&across), buf_str(&usual)));
		buf_end(&across);
	}
	buf_end(&usual);
	directory_end(&d);
	remove_folder(folder);
	arena_end(&a);
}

static const struct {
	const char *how, *says;
} REFUSED[] = {
	{ "PRAGMA page_size=4096; CREATE TABLE t(x)", "its pages are not of 8192 bytes" },
	{ "PRAGMA page_size=8192; PRAGMA auto_vacuum=FULL; CREATE TABLE t(x)",
		"it is set to shrink by itself" },
	{ "PRAGMA page_size=8192; PRAGMA encoding='UTF-16le'; CREATE TABLE t(x)",
		"its texts are not in UTF-8" },
	{ "PRAGMA page_size=8192; CREATE TABLE t(x)", NULL },
};

static void
a_file_of_another_form_is_refused_with_what_is_wrong(void **state)
{
	char path[] = "/tmp/almagest-bulk-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	for (size_t i = 0; i < COUNT(REFUSED); i++) {
		struct err e = { 0 };
		struct bulk *bulk;

		unlink(path);
		sqlite3 *db = open_database(path);

		assert_int_equal(sqlite3_exec(db, REFUSED[i].how, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		bulk = bulk_open(path, &e);
		if (REFUSED[i].says) {
			assert_null(bulk);
			assert_non_null(strstr(e.text, REFUSED[i].says));
		} else
			assert_true(bulk && bulk_close(bulk, &e));
	}
	unlink(path);
}

static void
what_is_no_database_is_refused(void **state)
{
	struct err e = { 0 }, gone = { 0 };

	(void)state;
	assert_null(bulk_open("/dev/null", &e));
	assert_string_equal(e.text, "/dev/null: cannot be written: it is no database");
	assert_null(bulk_open("/nowhere/at/all", &gone));
	assert_string_equal(
		gone.text, "/nowhere/at/all: cannot be written: No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_of_rows_makes_a_sound_table),
		cmocka_unit_test_teardown(the_page_that_sqlite_locks_is_left_out, lock_usual),
		cmocka_unit_test_teardown(a_catalog_across_that_page_is_the_same, lock_usual),
		cmocka_unit_test(a_file_of_another_form_is_refused_with_what_is_wrong),
		cmocka_unit_test(what_is_no_database_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
