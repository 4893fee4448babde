/* search: folding makes every query letters, digits and blanks; each word becomes a quoted FTS5
 * string. No tier sorts its hits: ids are prominence, and the index yields them in that order. */
#include "catalog/search.h"

#include "base/text.h"

/* Appends the words of a folded text: as one phrase, or each as a prefix. */
static void
put_match(struct buf *out, struct str folded, bool phrase, size_t *left)
{
	struct str word;

	if (folded.n == 0 || *left == 0)
		return;
	if (phrase) {
		buf_printf(out, "\"%.*s\" ", STR_ARG(folded));
		(*left)--;
		return;
	}
	while (*left && str_word(&folded, &word)) {
		buf_printf(out, "\"%.*s\"* ", STR_ARG(word));
		(*left)--;
	}
}

static struct str
match_of(struct arena *a, struct str words)
{
	struct buf out = { 0 };
	struct str piece;
	size_t left = SEARCH_WORDS;

	for (bool quoted = false; str_cut(&words, '"', &piece); quoted = !quoted)
		put_match(&out, text_fold(a, piece), quoted && words.p, &left);
	struct str match = arena_str(a, str_trim(buf_str(&out)));

	buf_end(&out);
	return match;
}

static bool
holds(const struct cards *cards, int64_t id)
{
	for (size_t i = 0; i < cards->n; i++)
		if (cards->v[i].id == id)
			return true;
	return false;
}

/* Appends those of `more` that are in neither list. */
static void
append(struct arena *a, struct cards *to, const struct cards *other, const struct cards *more)
{
	for (size_t i = 0; i < more->n; i++)
		if (!holds(to, more->v[i].id) && !holds(other, more->v[i].id))
			*vec_add(a, to) = more->v[i];
}

/* Cuts a list to what falls on the page, given how many people came before it; says how many it
 * had. */
static size_t
cut(struct cards *cards, size_t before, size_t from, size_t to)
{
	size_t n = cards->n, first = from > before ? from - before : 0,
	       last = to > before ? to - before : 0;

	if (last > n)
		last = n;
	if (first > last)
		first = last;
	if (first)
		cards->v += first;
	cards->n = last - first;
	return n;
}

bool
search(struct store *s, struct arena *a, struct str words, size_t page, struct found *found)
{
	struct str match = match_of(a, words);
	struct cards none = { 0 }, begun = { 0 }, all = { 0 };
	size_t from = (page - 1) * SEARCH_PAGE, to = from + SEARCH_PAGE;
	struct range enough = { 0, to + 1 };

	*found = (struct found){ 0 };
	if (match.n == 0)
		return false;
	query_by_name(s, a, text_fold(a, words), &found->named);
	query_match_people(s, a, SEARCH_NAMES, match, enough, &begun);
	append(a, &found->named, &none, &begun);
	if (found->named.n <= to) {
		/* the named are among all hits, so that many more must be asked for */
		query_match_people(s, a, SEARCH_ALL, match,
			(struct range){ 0, to + 1 + found->named.n }, &all);
		append(a, &found->mentioned, &found->named, &all);
	}
	size_t named = cut(&found->named, 0, from, to),
	       mentioned = cut(&found->mentioned, named, from, to);

	found->more = named + mentioned > to;
	if (page == 1)
		query_match_things(s, a, match, (struct range){ 0, SEARCH_PAGE }, &found->things);
	return true;
}

void
search_person(struct store *s, struct arena *a, struct str name, struct cards *cards)
{
	int64_t id;
	struct person *person = query_person(s, a, name, &id);
	struct card card;

	if (person && query_card(s, a, id, &card)) {
		*vec_add(a, cards) = card;
		return;
	}
	query_by_name(s, a, text_fold(a, name), cards);
	struct str match = match_of(a, name);

	if (cards->n == 0 && match.n)
		query_match_people(
			s, a, SEARCH_NAMES, match, (struct range){ 0, SEARCH_PAGE }, cards);
}
