/* search: folding makes every query letters, digits and blanks; each word becomes a quoted FTS5
 * string. No tier sorts its hits: ids are prominence (store_person_id), and the index yields them
 * in that order. */
#include "catalog/search.h"

#include "base/text.h"
#include "base/utf8.h"
#include "catalog/match.h"
#include "catalog/vocabulary.h"

enum {
	INDEXED = 3,       /* letters of a beginning that two of the indexes find by themselves */
	SPREAD = 48,       /* whole words that a longer beginning is asked for as at first */
	SPREAD_MOST = 256, /* and where those do not fill a page */
	COMMON = 20000,    /* people have a word that says little */
	SLIPS = 6,         /* words tried for one that is misspelt */
	LIKELY = 50        /* people looked at for the nearest names */
};

int64_t search_us = 40000;

/* A word, which may be the beginning of one, or words that stand together. */
struct term {
	struct str text;
	size_t letters;
	bool whole;
};

struct terms {
	struct term *v;
	size_t n, room;
};

/* A search under way. */
struct asked {
	struct store *store;
	struct arena *arena;
	struct terms terms;
	struct limit *limit;
};

/* ---- the reader's words ---- */

static void
add_term(struct asked *q, struct str text, bool whole)
{
	for (size_t i = 0; i < q->terms.n; i++)
		if (str_eq(q->terms.v[i].text, text) && q->terms.v[i].whole == whole)
			return;
	if (text.n && q->terms.n < SEARCH_WORDS)
		*vec_add(q->arena, &q->terms) = (struct term){ text, utf8_count(text), whole };
}

/* A run without blanks: its words, signs that follow one another (何恺明) together. */
static void
add_run(struct asked *q, struct str run)
{
	struct str folded = text_fold(q->arena, run), word, signs = STR("");

	while (str_word(&folded, &word)) {
		if (text_is_sign(word)) {
			if (signs.n == 0)
				signs = word;
			signs.n = (size_t)(word.p + word.n - signs.p);
			continue;
		}
		add_term(q, signs, true);
		signs = STR("");
		add_term(q, word, false);
	}
	add_term(q, signs, true);
}

/* Quotation marks of every kind are '"', the wide blank is one. */
static struct str
plain_marks(struct arena *a, struct str words)
{
	static const struct {
		struct str from;
		char to;
	} MARKS[] = { { STR_INIT("“"), '"' }, { STR_INIT("”"), '"' }, { STR_INIT("„"), '"' },
		{ STR_INIT("«"), '"' }, { STR_INIT("»"), '"' }, { STR_INIT("＂"), '"' },
		{ STR_INIT("　"), ' ' } };
	char *p = arena_alloc(a, words.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < words.n;) {
		struct str rest = str_sub(words, i, words.n);
		size_t m = 0;

		while (m < COUNT(MARKS) && !str_starts(rest, MARKS[m].from))
			m++;
		p[n++] = m < COUNT(MARKS) ? MARKS[m].to : words.p[i];
		i += m < COUNT(MARKS) ? MARKS[m].from.n : 1;
	}
	return (struct str){ p, n };
}

static void
find_terms(struct asked *q, struct str words)
{
	struct str rest = plain_marks(q->arena, words), piece, run;

	for (bool quoted = false; str_cut(&rest, '"', &piece); quoted = !quoted) {
		/* a mark that nothing closes is no quotation */
		if (quoted && rest.p)
			add_term(q, text_fold(q->arena, piece), true);
		else
			while (str_word(&piece, &run))
				add_run(q, run);
	}
}

/* ---- words into the index's language ---- */

/* How far a beginning reaches. */
enum reach {
	REACH_LIKELY, /* the words that most people have */
	REACH_ALL     /* every word of a name; among all fields SPREAD_MOST of them */
};

/* Whether an index finds beginnings of so many letters by itself. That of all fields finds none: a
 * list for each would make it half as large again, and the vocabulary knows the words. */
static bool
finds_beginning(enum match_in in, size_t letters)
{
	return in != MATCH_ALL && letters <= INDEXED;
}

/* How many whole words a term is asked for as. Each is a list to be opened in every part of the
 * index, before the first hit: the beginnings of a query share them. */
static size_t
spread_of(const struct asked *q, enum reach reach)
{
	size_t begin = 0;

	for (size_t i = 0; i < q->terms.n; i++)
		begin += !q->terms.v[i].whole && q->terms.v[i].letters > 1;
	return (reach == REACH_LIKELY ? SPREAD : SPREAD_MOST) / (begin ? begin : 1);
}

/* A term as the index is asked for it. False when REACH_ALL would find more. */
static bool
put_term(struct asked *q, struct buf *out, const struct term *t, enum match_in in, enum reach reach)
{
	struct strs words = { 0 };
	bool all = true;

	/* a single letter is an initial; among all fields it would begin a word of everybody */
	if (t->whole || (t->letters == 1 && in != MATCH_NAMES)) {
		buf_printf(out, "\"%.*s\"", STR_ARG(t->text));
		return true;
	}
	if (!finds_beginning(in, t->letters))
		all = vocabulary_begin(
			q->store, q->arena, in, t->text, spread_of(q, reach), q->limit, &words);
	if (words.n == 0 || (reach == REACH_ALL && !all && t->letters > INDEXED)) {
		buf_printf(out, "\"%.*s\"*", STR_ARG(t->text));
		return true;
	}
	/* the word itself, however few have it */
	buf_printf(out, "(\"%.*s\"", STR_ARG(t->text));
	for (size_t i = 0; i < words.n; i++)
		if (!str_eq(words.v[i], t->text))
			buf_printf(out, " OR \"%.*s\"", STR_ARG(words.v[i]));
	buf_char(out, ')');
	return all;
}

/* All terms but the one at `without`. */
static struct str
match_of(struct asked *q, size_t without, enum match_in in, enum reach reach, bool *all)
{
	struct buf out = { 0 };

	*all = true;
	for (size_t i = 0; i < q->terms.n; i++) {
		if (i == without)
			continue;
		if (out.n)
			buf_put(&out, STR(" AND "));
		if (!put_term(q, &out, &q->terms.v[i], in, reach))
			*all = false;
	}
	struct str match = arena_str(q->arena, buf_str(&out));

	buf_end(&out);
	return match;
}

/* Appends people of a tier, until the list has `most`. Likely words come first: their lists are
 * read only as far as needed; the others only where those do not fill the page. */
static void
find_people(struct asked *q, enum match_in in, size_t most, struct found_ids *ids)
{
	bool all;

	if (ids->n >= most)
		return;
	struct str match = match_of(q, SIZE_MAX, in, REACH_LIKELY, &all);

	match_people(q->store, q->arena, in, match, most, q->limit, ids);
	if (all || ids->n >= most || q->limit->cut)
		return;
	match = match_of(q, SIZE_MAX, in, REACH_ALL, &all);
	match_people(q->store, q->arena, in, match, most, q->limit, ids);
}

/* ---- things ---- */

static void
add_thing(struct asked *q, struct things *things, size_t most, const struct thing *thing)
{
	for (size_t i = 0; i < things->n; i++)
		if (things->v[i].kind == thing->kind && str_eq(things->v[i].slug, thing->slug))
			return;
	if (things->n < most)
		*vec_add(q->arena, things) = *thing;
}

static void
add_named(
	struct asked *q, struct things *things, size_t most, enum shared_kind kind, struct str slug)
{
	struct thing thing;

	if (query_thing(q->store, q->arena, kind, slug, &thing))
		add_thing(q, things, most, &thing);
}

/* Whether very many people have each of the words: what begins so is no better known then, and
 * where few titles hold them all, to know that takes a walk over all titles. */
static bool
are_common(struct asked *q)
{
	for (size_t i = 0; i < q->terms.n; i++)
		if (vocabulary_people(q->store, q->terms.v[i].text, q->limit) < COMMON)
			return false;
	return true;
}

/* Exactly so called first, then those that hold the words, then their beginnings. */
static void
find_things(struct asked *q, struct str words, bool exactly_somebody, size_t most,
	struct things *things)
{
	static const struct {
		enum shared_kind kind;
		const char *folder;
	} CALLED[] = { { SHARED_TOPIC, "topics" }, { SHARED_ORGANIZATION, "organizations" },
		{ SHARED_SOURCE, "sources" } };
	struct str slug = text_slug(q->arena, words), target, gone;
	struct terms terms = { 0 };
	struct things found = { 0 };
	size_t longest = 0;
	bool all;

	for (size_t i = 0; i < COUNT(CALLED); i++) {
		add_named(q, things, most, CALLED[i].kind, slug);
		if (query_old(q->store, q->arena, CALLED[i].folder, slug, &target, &gone))
			add_named(q, things, most, CALLED[i].kind, target);
	}
	for (size_t i = 0; i < q->terms.n; i++) {
		struct term whole = q->terms.v[i];

		if (whole.letters > longest)
			longest = whole.letters;
		whole.whole = true;
		*vec_add(q->arena, &terms) = whole;
	}
	struct asked exactly = *q;

	exactly.terms = terms;
	match_things(q->store, q->arena,
		match_of(&exactly, SIZE_MAX, MATCH_THINGS, REACH_LIKELY, &all), most, q->limit,
		&found);
	/* one or two letters begin too much, and a whole name begins nothing */
	if (found.n < most && longest >= INDEXED && !exactly_somebody && !are_common(q))
		match_things(q->store, q->arena,
			match_of(q, SIZE_MAX, MATCH_THINGS, REACH_LIKELY, &all), most, q->limit,
			&found);
	for (size_t i = 0; i < found.n; i++)
		add_thing(q, things, most, &found.v[i]);
}

/* ---- nothing found: names spelt nearly so ---- */

/* Each word as it is where one begins so, else as the words that are spelt nearly so. */
static struct str
match_near(struct asked *q, enum match_in in)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < q->terms.n; i++) {
		const struct term *t = &q->terms.v[i];
		struct strs words = { 0 };

		if (i)
			buf_put(&out, STR(" AND "));
		if (!t->whole && t->letters > 2) {
			vocabulary_begin(q->store, q->arena, in, t->text, 1, q->limit, &words);
			if (words.n == 0)
				vocabulary_near(
					q->store, q->arena, in, t->text, SLIPS, q->limit, &words);
			else
				words.n = 0;
		}
		for (size_t k = 0; k < words.n; k++)
			buf_printf(&out, "%s\"%.*s\"%s", k ? " OR " : "(", STR_ARG(words.v[k]),
				k + 1 == words.n ? ")" : "");
		if (words.n == 0)
			put_term(q, &out, t, in, REACH_LIKELY);
	}
	struct str match = arena_str(q->arena, buf_str(&out));

	buf_end(&out);
	return match;
}

/* People in whose names all words are once the one at `at` is two instead: these. */
static bool
find_instead(struct asked *q, size_t at, size_t n, struct term first, struct term second,
	struct found_ids *ids)
{
	struct asked instead = *q;
	bool all;

	instead.terms = (struct terms){ 0 };
	for (size_t i = 0; i < q->terms.n; i++)
		if (i < at || i >= at + n)
			*vec_add(q->arena, &instead.terms) = q->terms.v[i];
	*vec_add(q->arena, &instead.terms) = first;
	if (second.text.n)
		*vec_add(q->arena, &instead.terms) = second;
	match_people(q->store, q->arena, MATCH_NAMES,
		match_of(&instead, SIZE_MAX, MATCH_NAMES, REACH_LIKELY, &all), SEARCH_NEAREST,
		q->limit, ids);
	return ids->n > 0;
}

/* A word that is two in the name ("lecun", Le Cun), or two that are one. */
static bool
find_apart(struct asked *q, struct found_ids *ids)
{
	for (size_t i = 0; i < q->terms.n; i++) {
		const struct term *t = &q->terms.v[i];
		size_t letters = 0;

		for (size_t at = 0; !t->whole && at < t->text.n && !q->limit->cut;) {
			utf8_next(t->text, &at);
			letters++;

			struct term first = { str_sub(t->text, 0, at), letters, true },
				    second = { str_sub(t->text, at, t->text.n),
					    t->letters - letters, false };

			if (letters > 1 && second.letters > 1 &&
				vocabulary_names(q->store, first.text, q->limit) &&
				find_instead(q, i, 1, first, second, ids))
				return true;
		}
	}
	for (size_t i = 0; i + 1 < q->terms.n && !q->limit->cut; i++) {
		const struct term *t = &q->terms.v[i];
		struct term one = { arena_printf(q->arena, "%.*s%.*s", STR_ARG(t[0].text),
					    STR_ARG(t[1].text)),
			t[0].letters + t[1].letters, false };

		if (!t[0].whole && !t[1].whole &&
			find_instead(q, i, 2, one, (struct term){ 0 }, ids))
			return true;
	}
	return false;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The fewest edits that make each of the reader's words a word of the name. */
static size_t
distance_to_name(struct asked *q, struct str name)
{
	struct text_letters words[SEARCH_WORDS], word;
	struct str folded = text_fold(q->arena, name), part;
	size_t n = 0, sum = 0;

	while (n < COUNT(words) && str_word(&folded, &part))
		text_letters(part, &words[n++]);
	for (size_t i = 0; i < q->terms.n && n; i++) {
		size_t fewest = TEXT_LETTERS;

		text_letters(q->terms.v[i].text, &word);
		for (size_t k = 0; k < n; k++)
			fewest = least(fewest, text_distance(&word, &words[k], fewest));
		sum += fewest;
	}
	return n ? sum : SIZE_MAX;
}

static size_t
distance_to(struct asked *q, const struct person *person)
{
	size_t fewest = least(distance_to_name(q, person->name.text),
		distance_to_name(q, person->native_name.text));

	for (size_t i = 0; i < person->aliases.n; i++)
		fewest = least(fewest, distance_to_name(q, person->aliases.v[i].name.text));
	return fewest;
}

/* Of the likely people those whose names are nearest, in that order. */
static void
keep_nearest(struct asked *q, const struct found_ids *likely, struct cards *cards)
{
	size_t distances[SEARCH_NEAREST] = { 0 }, letters = 0;

	for (size_t i = 0; i < q->terms.n; i++)
		letters += q->terms.v[i].letters;
	cards->v = arena_array(q->arena, struct card, SEARCH_NEAREST + 1);
	for (size_t i = 0; i < likely->n && !match_late(q->limit); i++) {
		struct person *person = query_person_by_id(q->store, q->arena, likely->v[i]);
		struct card card;

		if (!person || !query_card(q->store, q->arena, likely->v[i], &card))
			continue;
		size_t distance = distance_to(q, person), at = cards->n;

		if (distance > letters / 2)
			continue;
		while (at > 0 && distances[at - 1] > distance)
			at--;
		if (at == SEARCH_NEAREST)
			continue;
		if (cards->n < SEARCH_NEAREST)
			cards->n++;
		for (size_t k = cards->n - 1; k > at; k--) {
			cards->v[k] = cards->v[k - 1];
			distances[k] = distances[k - 1];
		}
		cards->v[at] = card;
		distances[at] = distance;
	}
}

static void
cards_of(struct asked *q, const struct found_ids *ids, size_t from, size_t to, struct cards *cards)
{
	for (size_t i = from; i < to && i < ids->n; i++) {
		struct card card;

		if (query_card(q->store, q->arena, ids->v[i], &card))
			*vec_add(q->arena, cards) = card;
	}
}

/* In quotes or not, each word is one; signs are looked for one by one. */
static void
part_terms(struct asked *q)
{
	struct terms parted = { 0 };

	for (size_t i = 0; i < q->terms.n; i++) {
		struct str rest = q->terms.v[i].text, word;

		while (str_word(&rest, &word) && parted.n < SEARCH_WORDS)
			*vec_add(q->arena, &parted) =
				(struct term){ word, utf8_count(word), text_is_sign(word) };
	}
	q->terms = parted;
}

static void
find_nearest(struct asked *q, struct cards *cards)
{
	struct found_ids ids = { 0 };

	part_terms(q);
	if (find_apart(q, &ids)) {
		cards_of(q, &ids, 0, SEARCH_NEAREST, cards);
		return;
	}
	match_people(q->store, q->arena, MATCH_NAMES, match_near(q, MATCH_NAMES), LIKELY, q->limit,
		&ids);
	/* still nobody: all words but one */
	for (size_t i = 0; ids.n == 0 && q->terms.n > 1 && i < q->terms.n; i++) {
		bool all;

		match_people(q->store, q->arena, MATCH_NAMES,
			match_of(q, i, MATCH_NAMES, REACH_LIKELY, &all), LIKELY, q->limit, &ids);
	}
	keep_nearest(q, &ids, cards);
}

static void
find_nearest_things(struct asked *q, struct things *things)
{
	struct things found = { 0 };

	part_terms(q);
	match_things(
		q->store, q->arena, match_near(q, MATCH_ALL), SEARCH_NEAREST, q->limit, &found);
	for (size_t i = 0; i < found.n; i++)
		add_thing(q, things, SEARCH_NEAREST, &found.v[i]);
}

/* ---- the whole ---- */

bool
search_within(struct store *s, struct arena *a, struct str words, size_t page, int64_t us,
	struct found *found)
{
	struct limit limit;
	struct asked q = { .store = s, .arena = a, .limit = &limit };
	size_t from = (page - 1) * SEARCH_PAGE, to = from + SEARCH_PAGE, named;
	struct cards exact = { 0 };
	struct found_ids ids = { 0 };

	*found = (struct found){ 0 };
	find_terms(&q, words);
	if (q.terms.n == 0)
		return false;
	query_by_name(s, a, text_fold(a, words), &exact);
	for (size_t i = 0; i < exact.n; i++)
		*vec_add(a, &ids) = exact.v[i].id;
	/* none takes the time of the others: half for names, a quarter for things */
	match_begin(s, &limit, us / 2);
	find_people(&q, MATCH_NAMES, to + 1, &ids);
	named = ids.n;
	if (page == 1) {
		match_more(&limit, us / 4);
		find_things(&q, words, exact.n > 0, named ? SEARCH_THINGS_ABOVE : SEARCH_THINGS,
			&found->things);
	}
	match_more(&limit, us - us / 2 - us / 4);
	find_people(&q, MATCH_ALL, to + 1, &ids);
	if (page == 1 && ids.n + found->things.n == 0 && !limit.was_cut) {
		find_nearest(&q, &found->nearest);
		if (found->nearest.n == 0)
			find_nearest_things(&q, &found->nearest_things);
	}
	match_end(s);
	cards_of(&q, &ids, from, to < named ? to : named, &found->named);
	cards_of(&q, &ids, from > named ? from : named, to, &found->mentioned);
	found->more = ids.n > to;
	found->cut = limit.was_cut;
	found->refused = limit.refused;
	return true;
}

bool
search(struct store *s, struct arena *a, struct str words, size_t page, struct found *found)
{
	return search_within(s, a, words, page, search_us, found);
}

void
search_person(
	struct store *s, struct arena *a, struct str name, struct limit *limit, struct meant *meant)
{
	struct asked q = { .store = s, .arena = a, .limit = limit };
	struct found_ids ids = { 0 };
	int64_t id;
	struct person *person = query_person(s, a, name, &id);
	struct card card;

	*meant = (struct meant){ 0 };
	if (person && query_card(s, a, id, &card)) {
		*vec_add(a, &meant->people) = card;
		return;
	}
	query_by_name(s, a, text_fold(a, name), &meant->people);
	find_terms(&q, name);
	if (meant->people.n || q.terms.n == 0)
		return;
	find_people(&q, MATCH_NAMES, SEARCH_PAGE + 1, &ids);
	cards_of(&q, &ids, 0, SEARCH_PAGE, &meant->people);
	meant->more = ids.n > meant->people.n; /* no room, or no time */
	if (ids.n == 0 && !limit->cut)
		find_nearest(&q, &meant->nearest);
}
