/* shelf: a key in `tally` is the number of people, counted down from the most there can be, so that
 * most come first in byte order, and then the letters; each length of letters is a kind of its own.
 */
#include "catalog/shelf.h"

#include "base/utf8.h"
#include "catalog/ask.h"

#define PEOPLE_MOST INT64_C(9999999999)
enum { DIGITS = 10 };

int64_t shelf_most = 200;

#define END "\xff" /* comes after all that is UTF-8 */

static int
kind_of(enum shared_kind kind, size_t letters)
{
	return TALLY_SHELVES + (int)letters * SHARED_KINDS + (int)kind;
}

/* The first letters of a text, or all there are. */
static struct str
beginning(struct str sort, size_t letters)
{
	size_t at = 0;

	while (letters-- > 0 && at < sort.n)
		utf8_next(sort, &at);
	return str_sub(sort, 0, at);
}

static struct str
key_of(struct arena *a, size_t people, struct str begin)
{
	return arena_printf(a, "%0*lld%.*s", DIGITS, (long long)(PEOPLE_MOST - (int64_t)people),
		STR_ARG(begin));
}

/* The last text of those on one shelf: `text` begins them all, and is all there is of them where it
 * has fewer letters than the shelf goes by. */
static struct str
last_of(struct arena *a, struct str text, size_t letters, size_t shelf_letters)
{
	return letters < shelf_letters ? text : arena_printf(a, "%.*s%s", STR_ARG(text), END);
}

/* ---- writing ---- */

/* Those with so many people, in order: a shelf for each beginning, and shelves below the long ones.
 */
static void
put_shelves(struct rows *r, enum shared_kind kind, size_t people, const struct str *sorts,
	size_t all, size_t letters)
{
	for (size_t i = 0, n; i < all; i += n) {
		struct str begin = beginning(sorts[i], letters);

		for (n = 1; i + n < all && str_eq(beginning(sorts[i + n], letters), begin);)
			n++;
		rows_tally(
			r, kind_of(kind, letters), key_of(&r->scratch, people, begin), (int64_t)n);
		if ((int64_t)n > shelf_most && letters < SHELF_LETTERS)
			put_shelves(r, kind, people, sorts + i, n, letters + 1);
	}
}

/* The texts on one shelf, as far as letters go. */
static void
texts_of(struct rows *r, struct arena *a, enum shared_kind kind, size_t people, struct str begin,
	struct str last, struct texts *sorts)
{
	static const char *const SQL[SHARED_KINDS] = {
		[SHARED_SOURCE] = "SELECT substr(sort, 1, ?) FROM source WHERE people = ? AND sort "
				  "BETWEEN ? AND ? ORDER BY sort",
		[SHARED_TOPIC] = "SELECT substr(sort, 1, ?) FROM topic WHERE people = ? AND sort "
				 "BETWEEN ? AND ? ORDER BY sort",
		[SHARED_ORGANIZATION] = "SELECT substr(sort, 1, ?) FROM organization WHERE people "
					"= ? AND sort BETWEEN ? AND ? ORDER BY sort"
	};

	ask_texts(r->store, a, sorts, SQL[kind], "iitt", (int64_t)SHELF_LETTERS, (int64_t)people,
		begin, last);
}

void
shelf_fill(struct rows *r, enum shared_kind kind)
{
	static const char *const SQL[SHARED_KINDS] = { [SHARED_SOURCE] =
							       "SELECT DISTINCT people FROM source",
		[SHARED_TOPIC] = "SELECT DISTINCT people FROM topic",
		[SHARED_ORGANIZATION] = "SELECT DISTINCT people FROM organization" };
	struct arena a = { 0 };
	struct numbers people = { 0 };

	if (!r->good)
		return;
	ask_numbers(r->store, &a, &people, SQL[kind], "");
	for (size_t i = 0; i < people.n; i++) {
		struct arena row = { 0 };
		struct texts sorts = { 0 };
		size_t n = (size_t)people.v[i];

		texts_of(r, &row, kind, n, STR(""), STR(END), &sorts);
		put_shelves(r, kind, n, sorts.v, sorts.n, 0);
		arena_end(&row);
		arena_clear(&r->scratch);
	}
	arena_end(&a);
}

/* A shelf became too long: those below it. */
static void
part(struct rows *r, enum shared_kind kind, size_t people, struct str sort, size_t letters)
{
	struct str begin = beginning(sort, letters);
	struct texts sorts = { 0 };

	texts_of(r, &r->scratch, kind, people, begin,
		last_of(&r->scratch, begin, utf8_count(begin), letters), &sorts);
	put_shelves(r, kind, people, sorts.v, sorts.n, letters + 1);
}

/* A shelf is short enough again: none are below it. */
static void
join(struct rows *r, enum shared_kind kind, size_t people, struct str sort, size_t letters)
{
	struct str begin = beginning(sort, letters), key = key_of(&r->scratch, people, begin);
	struct str last = last_of(&r->scratch, key, utf8_count(begin), letters);

	while (++letters <= SHELF_LETTERS)
		rows_run(r, "DELETE FROM tally WHERE kind = ? AND key BETWEEN ? AND ?", "itt",
			(int64_t)kind_of(kind, letters), key, last);
}

void
shelf_change(struct rows *r, enum shared_kind kind, size_t people, struct str sort, int64_t more)
{
	for (size_t letters = 0; letters <= SHELF_LETTERS; letters++) {
		struct str key = key_of(&r->scratch, people, beginning(sort, letters));

		rows_tally(r, kind_of(kind, letters), key, more);
		int64_t n =
			ask_number(r->store, 0, "SELECT n FROM tally WHERE kind = ? AND key = ?",
				"it", (int64_t)kind_of(kind, letters), key);
		bool was_parted = n - more > shelf_most, is_parted = n > shelf_most;

		if (letters < SHELF_LETTERS && is_parted && !was_parted)
			part(r, kind, people, sort, letters);
		if (was_parted && !is_parted)
			join(r, kind, people, sort, letters);
		if (!was_parted || !is_parted)
			return;
	}
}

/* ---- reading ---- */

/* Walks the shelves of one length from `first` to `last` up to the place *from; how many are on the
 * one that holds it, 0 when none does. */
static int64_t
walk(struct store *s, struct arena *a, int kind, struct str first, struct str last, size_t *from,
	struct str *key)
{
	sqlite3_stmt *st = store_statement(
		s, "SELECT key, n FROM tally WHERE kind = ? AND key BETWEEN ? AND ? ORDER BY key");
	int64_t n = 0;

	sqlite3_bind_int(st, 1, kind);
	sqlite3_bind_text64(st, 2, first.p, first.n, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_text64(st, 3, last.p, last.n, SQLITE_STATIC, SQLITE_UTF8);
	while (n == 0 && sqlite3_step(st) == SQLITE_ROW) {
		n = sqlite3_column_int64(st, 1);
		if ((int64_t)*from >= n) {
			*from -= (size_t)n;
			n = 0;
		} else
			*key = arena_str(a,
				(struct str){ (const char *)sqlite3_column_text(st, 0),
					(size_t)sqlite3_column_bytes(st, 0) });
	}
	sqlite3_reset(st);
	return n;
}

bool
shelf_find(struct store *s, struct arena *a, enum shared_kind kind, size_t *from, int64_t *people,
	struct str *begin)
{
	struct str key = STR(""), last = STR(END);
	int64_t n = INT64_MAX;

	for (size_t letters = 0; n > shelf_most && letters <= SHELF_LETTERS; letters++) {
		n = walk(s, a, kind_of(kind, letters), key, last, from, &key);
		if (n == 0)
			return false;
		last = last_of(a, key, utf8_count(key), DIGITS + letters);
	}
	uint64_t digits = 0;

	str_count(str_sub(key, 0, DIGITS), UINT64_MAX, &digits);
	*people = PEOPLE_MOST - (int64_t)digits;
	*begin = str_sub(key, DIGITS, key.n);
	return true;
}
