/* letters: in `tally` beginnings of each length are a kind of their own, so that those one letter
 * longer than another stand side by side. */
#include "catalog/letters.h"

#include "base/utf8.h"
#include "catalog/ask.h"
#include "catalog/rows.h"

size_t letters_most = LIST_MOST;

#define LAST "\xff" /* comes after all that is UTF-8 */

static int64_t
kind_of(enum lettered of, size_t letters)
{
	return TALLY_LETTERS + (int64_t)letters * LETTERED_KINDS + (int64_t)of;
}

bool
letters_end(struct str begin)
{
	return begin.n && begin.p[begin.n - 1] == LETTERS_END[0];
}

/* ---- the rows that begin so ---- */

struct span {
	struct str letters, slug, last_letters, last_slug;
};

static struct span
span_of(struct arena *a, struct str begin)
{
	/* what is beyond a to z has its mark in front */
	size_t end = begin.n ? 1 + str_find(str_sub(begin, 1, begin.n), LETTERS_END[0]) : 0;
	struct str letters = str_sub(begin, 0, end), slug = str_sub(begin, end + 1, begin.n);

	if (end == begin.n)
		return (struct span){ letters, STR(""), arena_concat(a, letters, STR(LAST)),
			STR("") };
	return (struct span){ letters, slug, letters, arena_concat(a, slug, STR(LAST)) };
}

/* A statement for each kind. */
#define EACH(before, after) \
	{ \
		[LETTERED_SOURCE] = before "source" after, \
		[LETTERED_TOPIC] = before "topic" after, \
		[LETTERED_ORGANIZATION] = before "organization" after, \
		[LETTERED_PERSON] = before "person" after \
	}
#define WITHIN " WHERE (letters, slug) >= (?, ?) AND (letters, slug) <= (?, ?)"
#define WHOLE "SELECT letters || '" LETTERS_END "' || slug FROM "

/* ---- writing ---- */

static void
put(struct rows *r, enum lettered of, size_t letters, struct str begin, int64_t n)
{
	rows_tally(r, (int)kind_of(of, letters), begin, n);
}

/* As much of the text as has one letter more than its first `at` bytes. */
static struct str
longer(struct str text, size_t at)
{
	if (at < text.n)
		utf8_next(text, &at);
	return str_sub(text, 0, at);
}

/* Those that begin with the same `at` bytes, so many letters, in order: a row for each next letter,
 * and rows below the long ones. */
static void
put_next(struct rows *r, enum lettered of, const struct str *v, size_t all, size_t at,
	size_t letters)
{
	for (size_t i = 0, n; i < all; i += n) {
		struct str begin = longer(v[i], at);

		for (n = 1; i + n < all && str_starts(v[i + n], begin);)
			n++;
		put(r, of, letters + 1, begin, (int64_t)n);
		if (n > letters_most && begin.n > at)
			put_next(r, of, v + i, n, begin.n, letters + 1);
	}
}

/* The texts that begin so. */
static void
texts_within(struct rows *r, struct arena *a, enum lettered of, const struct span *span,
	struct texts *texts)
{
	static const char *const SQL[LETTERED_KINDS] =
		EACH(WHOLE, WITHIN " ORDER BY letters, slug");

	ask_texts(r->store, a, texts, SQL[of], "tttt", span->letters, span->slug,
		span->last_letters, span->last_slug);
}

/* Letter by letter: the texts of all might be too many to be at hand at once. */
void
letters_fill(struct rows *r, enum lettered of, size_t all)
{
	static const char *const NEXT[LETTERED_KINDS] =
		EACH(WHOLE, " WHERE letters > ? ORDER BY letters LIMIT 1");
	struct arena a = { 0 }, some = { 0 };
	struct span span = { .last_letters = STR("") };

	put(r, of, 0, STR(""), (int64_t)all);
	while (r->good && all > letters_most) {
		struct str first = ask_text(r->store, &a, NEXT[of], "t", span.last_letters);
		struct texts texts = { 0 };

		if (first.n == 0)
			break;
		span = span_of(&a, longer(first, 0));
		texts_within(r, &some, of, &span, &texts);
		put_next(r, of, texts.v, texts.n, 0, 0);
		arena_end(&some);
	}
	arena_end(&a);
}

/* More begin so than a page lists: rows for their next letters. */
static void
part(struct rows *r, enum lettered of, struct str begin, size_t letters)
{
	struct span span = span_of(&r->scratch, begin);
	struct texts texts = { 0 };

	texts_within(r, &r->scratch, of, &span, &texts);
	put_next(r, of, texts.v, texts.n, begin.n, letters);
}

/* A page lists them again: no rows for what they go on with, a letter longer and longer. */
static void
join(struct rows *r, enum lettered of, struct str begin, size_t letters)
{
	struct str last = arena_concat(&r->scratch, begin, STR(LAST));

	while (ask_number(r->store, 0,
		"SELECT 1 FROM tally WHERE kind = ? AND key > ? AND key < ? LIMIT 1", "itt",
		kind_of(of, ++letters), begin, last))
		rows_run(r, "DELETE FROM tally WHERE kind = ? AND key > ? AND key < ?", "itt",
			kind_of(of, letters), begin, last);
}

void
letters_change(struct rows *r, enum lettered of, struct str letters, struct str slug, int64_t more)
{
	struct str whole = arena_concat(&r->scratch, letters, STR(LETTERS_END), slug),
		   begin = STR("");

	for (size_t n = 0;; n++) {
		put(r, of, n, begin, more);
		size_t now = (size_t)ask_number(r->store, 0,
			"SELECT n FROM tally WHERE kind = ? AND key = ?", "it", kind_of(of, n),
			begin);
		bool is_parted = now > letters_most,
		     was_parted = (size_t)((int64_t)now - more) > letters_most;

		if (is_parted && !was_parted)
			part(r, of, begin, n);
		if (was_parted && !is_parted)
			join(r, of, begin, n);
		if (!is_parted || !was_parted || begin.n == whole.n)
			return;
		begin = longer(whole, begin.n);
	}
}

/* ---- reading ---- */

size_t
letters_count(struct store *s, enum lettered of, struct str begin)
{
	static const char *const SQL[LETTERED_KINDS] = EACH("SELECT count(*) FROM ", WITHIN);
	struct arena a = { 0 };
	struct span span = span_of(&a, begin);
	int64_t n = ask_number(s, -1, "SELECT n FROM tally WHERE kind = ? AND key = ?", "it",
		kind_of(of, utf8_count(begin)), begin);

	if (n < 0 && begin.n) /* so few that they are not counted for themselves */
		n = ask_number(s, 0, SQL[of], "tttt", span.letters, span.slug, span.last_letters,
			span.last_slug);
	arena_end(&a);
	return n > 0 ? (size_t)n : 0;
}

static void
next_rows(struct store *s, struct arena *a, enum lettered of, struct str begin, size_t most,
	struct begins *next)
{
	sqlite3_stmt *st = store_statement(s,
		"SELECT key, n FROM tally WHERE kind = ? AND key > ? AND key < ? ORDER BY key "
		"LIMIT ?");
	struct str last = arena_concat(a, begin, STR(LAST));

	sqlite3_bind_int64(st, 1, kind_of(of, utf8_count(begin) + 1));
	sqlite3_bind_text64(st, 2, begin.n ? begin.p : "", begin.n, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_text64(st, 3, last.p, last.n, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_int64(st, 4, (int64_t)most);
	while (sqlite3_step(st) == SQLITE_ROW)
		*vec_add(a, next) = (struct begin){
			arena_str(a,
				(struct str){ (const char *)sqlite3_column_blob(st, 0),
					(size_t)sqlite3_column_bytes(st, 0) }),
			(size_t)sqlite3_column_int64(st, 1)
		};
	sqlite3_reset(st);
}

/* What all that begin so begin with, as far as LETTERS_DEEPEST. */
static struct str
shared_by_all(struct store *s, struct arena *a, enum lettered of, struct str begin)
{
	while (begin.n < LETTERS_DEEPEST) {
		struct begins next = { 0 };

		next_rows(s, a, of, begin, 2, &next);
		if (next.n != 1 || letters_end(next.v[0].begin))
			break;
		begin = next.v[0].begin;
	}
	return begin;
}

void
letters_next(
	struct store *s, struct arena *a, enum lettered of, struct str begin, struct begins *next)
{
	if (begin.n)
		begin = shared_by_all(s, a, of, begin);
	next_rows(s, a, of, begin, INT32_MAX, next);
}

struct letters_place
letters_find(struct store *s, struct arena *a, enum lettered of, struct str begin, size_t from)
{
	struct begins next;
	size_t i;

	do {
		next = (struct begins){ 0 };
		next_rows(s, a, of, begin, INT32_MAX, &next);
		for (i = 0; i < next.n && from >= next.v[i].n; i++)
			from -= next.v[i].n;
		if (i < next.n)
			begin = next.v[i].begin;
	} while (i < next.n);
	struct span span = span_of(a, begin);

	return (struct letters_place){ span.letters, span.slug, from };
}
