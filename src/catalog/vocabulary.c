/* vocabulary: one table, two questions: which words begin so, which are spelt nearly so. */
#include "catalog/vocabulary.h"

#include "base/map.h"
#include "base/text.h"
#include "base/utf8.h"

/* ---- writing ---- */

static bool
failed(sqlite3 *db, struct err *e)
{
	return err_set(e, "the words of the catalog cannot be written: %s", sqlite3_errmsg(db));
}

/* By how much the counts of a word change. */
struct difference {
	struct str word;
	int people, named;
};

struct differences {
	struct difference *v;
	size_t n, room;
	struct map places;
};

/* Each word of a text counts once, however often it stands there. */
static void
count(struct arena *a, struct differences *d, struct str text, int by, bool named)
{
	struct map seen = { 0 };
	struct str word;

	while (str_word(&text, &word)) {
		size_t *first = map_at(a, &seen, word);

		if (*first != (size_t)MAP_NONE)
			continue;
		*first = 0;
		size_t *at = map_at(a, &d->places, word);

		if (*at == (size_t)MAP_NONE) {
			*at = d->n;
			vec_add(a, d)->word = word;
		}
		if (named)
			d->v[*at].named += by;
		else
			d->v[*at].people += by;
	}
}

static bool
apply(sqlite3_stmt *put, sqlite3_stmt *drop, const struct difference *d)
{
	sqlite3_bind_text64(put, 1, d->word.p, d->word.n, SQLITE_STATIC, SQLITE_UTF8);
	sqlite3_bind_int(put, 2, d->people);
	sqlite3_bind_int(put, 3, d->named);
	if (sqlite3_step(put) != SQLITE_DONE)
		return false;
	sqlite3_reset(put);
	if (d->people >= 0)
		return true;
	sqlite3_bind_text64(drop, 1, d->word.p, d->word.n, SQLITE_STATIC, SQLITE_UTF8);
	bool good = sqlite3_step(drop) == SQLITE_DONE;

	sqlite3_reset(drop);
	return good;
}

bool
vocabulary_change(
	sqlite3 *db, struct vocabulary_words before, struct vocabulary_words after, struct err *e)
{
	struct arena a = { 0 };
	struct differences d = { 0 };
	sqlite3_stmt *put = NULL, *drop = NULL;

	count(&a, &d, before.all, -1, false);
	count(&a, &d, after.all, 1, false);
	count(&a, &d, before.names, -1, true);
	count(&a, &d, after.names, 1, true);
	bool good = sqlite3_prepare_v2(db,
			    "INSERT INTO word VALUES(?1, ?2, ?3) ON CONFLICT(word) DO UPDATE SET"
			    " people = people + excluded.people, named = named + excluded.named",
			    -1, &put, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(db, "DELETE FROM word WHERE word = ? AND people <= 0", -1, &drop,
			NULL) == SQLITE_OK;

	for (size_t i = 0; i < d.n && good; i++)
		if (d.v[i].people || d.v[i].named)
			good = apply(put, drop, &d.v[i]);
	if (!good)
		failed(db, e);
	sqlite3_finalize(put);
	sqlite3_finalize(drop);
	arena_end(&a);
	return good;
}

/* ---- reading ---- */

/* Binds the words from `begin` up to those that no longer begin so: 0xff is in no UTF-8. */
static void
bind_beginning(struct arena *a, sqlite3_stmt *st, struct str begin, size_t most)
{
	struct str end = arena_printf(a, "%.*s\xff", STR_ARG(begin));

	sqlite3_bind_text64(st, 1, begin.n ? begin.p : "", begin.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	sqlite3_bind_text64(st, 2, end.p, end.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	sqlite3_bind_int64(st, 3, (int64_t)most);
}

static struct str
word_of(struct arena *a, sqlite3_stmt *st)
{
	const char *p = (const char *)sqlite3_column_text(st, 0);

	return arena_str(a, (struct str){ p, (size_t)sqlite3_column_bytes(st, 0) });
}

bool
vocabulary_begin(struct store *s, struct arena *a, enum match_in in, struct str begin, size_t most,
	struct limit *limit, struct strs *words)
{
	sqlite3_stmt *st = in == MATCH_NAMES
		? store_statement(s,
			  "SELECT word FROM word WHERE word >= ? AND word < ? AND named > 0"
			  " ORDER BY named DESC, word LIMIT ?")
		: store_statement(s,
			  "SELECT word FROM word WHERE word >= ? AND word < ?"
			  " ORDER BY people DESC, word LIMIT ?");
	bool all = true;

	bind_beginning(a, st, begin, most + 1);
	while (match_step(st, limit))
		if (words->n < most)
			*vec_add(a, words) = word_of(a, st);
		else
			all = false;
	return all && !limit->cut;
}

int64_t
vocabulary_people(struct store *s, struct str words, struct limit *limit)
{
	sqlite3_stmt *st = store_statement(s, "SELECT people FROM word WHERE word = ?");
	int64_t fewest = INT64_MAX;
	struct str word;

	while (fewest && str_word(&words, &word)) {
		sqlite3_bind_text64(st, 1, word.p, word.n, SQLITE_TRANSIENT, SQLITE_UTF8);
		int64_t people = match_step(st, limit) ? sqlite3_column_int64(st, 0) : 0;

		sqlite3_reset(st);
		if (people < fewest)
			fewest = people;
	}
	return fewest;
}

/* The nearest words so far, in order. */
struct near_words {
	struct near_word {
		struct str word;
		size_t distance;
		int64_t people;
	} v[16];
	size_t n, most, farthest;
};

static bool
is_nearer(const struct near_word *x, const struct near_word *y)
{
	return x->distance != y->distance ? x->distance < y->distance
		: x->people != y->people  ? x->people > y->people
					  : str_cmp(x->word, y->word) < 0;
}

static void
keep_near(struct arena *a, struct near_words *near, struct near_word word)
{
	size_t at = near->n;

	while (at > 0 && is_nearer(&word, &near->v[at - 1]))
		at--;
	if (at == near->most)
		return;
	if (near->n < near->most)
		near->n++;
	for (size_t i = near->n - 1; i > at; i--)
		near->v[i] = near->v[i - 1];
	word.word = arena_str(a, word.word);
	near->v[at] = word;
}

bool
vocabulary_names(struct store *s, struct str word, struct limit *limit)
{
	sqlite3_stmt *st = store_statement(s, "SELECT 1 FROM word WHERE word = ? AND named > 0");

	sqlite3_bind_text64(st, 1, word.p, word.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	bool is = match_step(st, limit);

	sqlite3_reset(st);
	return is;
}

/* Looks through the words that begin so, at most *left of them. */
static void
look_near(struct store *s, struct arena *a, enum match_in in, struct str word, struct str begin,
	size_t *left, struct limit *limit, struct near_words *near)
{
	sqlite3_stmt *st = in == MATCH_NAMES
		? store_statement(s,
			  "SELECT word, named FROM word WHERE word >= ? AND word < ? AND named > 0"
			  " LIMIT ?")
		: store_statement(
			  s, "SELECT word, people FROM word WHERE word >= ? AND word < ? LIMIT ?");
	struct text_letters letters;

	text_letters(word, &letters);
	bind_beginning(a, st, begin, *left);
	while (match_step(st, limit)) {
		struct near_word other = { .word = { (const char *)sqlite3_column_text(st, 0),
						   (size_t)sqlite3_column_bytes(st, 0) } };
		struct text_letters others;

		(*left)--;
		text_letters(other.word, &others);
		other.distance = text_distance(&letters, &others, near->farthest);
		other.people = sqlite3_column_int64(st, 1);
		if (other.distance <= near->farthest)
			keep_near(a, near, other);
	}
}

void
vocabulary_near(struct store *s, struct arena *a, enum match_in in, struct str word, size_t most,
	struct limit *limit, struct strs *words)
{
	enum { LOOKED_AT = 30000 }; /* some 5 ms */
	struct near_words near = { .most = most < COUNT(near.v) ? most : COUNT(near.v) };
	struct text_letters letters;
	size_t left = LOOKED_AT, first = 0, second;

	text_letters(word, &letters);
	near.farthest = letters.n < 5 ? 1 : letters.n < 9 ? 2 : 3;
	utf8_next(word, &first);
	second = first;
	utf8_next(word, &second);
	struct str begin = str_sub(word, 0, first), next = str_sub(word, first, second);

	/* most slips spare the first letter; then it was left out or swapped; then any */
	look_near(s, a, in, word, begin, &left, limit, &near);
	if (next.n && !str_eq(begin, next))
		look_near(s, a, in, word, next, &left, limit, &near);
	if (near.n == 0)
		look_near(s, a, in, word, STR(""), &left, limit, &near);
	for (size_t i = 0; i < near.n; i++)
		*vec_add(a, words) = near.v[i].word;
}
