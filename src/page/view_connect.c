/* view_connect: how two people connect, each step with the title of what they share. */
#include "catalog/connect.h"
#include "catalog/search.h"
#include "base/uri.h"
#include "page/view.h"

/* ---- two names ---- */

struct pair {
	struct str names[2];
	struct meant meant[2];
};

/* The query with the commas of every script as ','. */
static struct str
plain_commas(struct arena *a, struct str s)
{
	static const struct str COMMAS[] = { STR_INIT("，"), STR_INIT("、"), STR_INIT("،"),
		STR_INIT(";"), STR_INIT("；") };
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0, step; i < s.n; i += step) {
		p[n] = s.p[i];
		step = 1;
		for (size_t k = 0; k < COUNT(COMMAS); k++)
			if (str_starts(str_sub(s, i, s.n), COMMAS[k])) {
				p[n] = ',';
				step = COMMAS[k].n;
			}
		n++;
	}
	return (struct str){ p, n };
}

static struct str
trim_commas(struct str s)
{
	while (s.n && (s.p[s.n - 1] == ',' || s.p[s.n - 1] == ' '))
		s.n--;
	while (s.n && (s.p[0] == ',' || s.p[0] == ' '))
		s = str_sub(s, 1, s.n);
	return s;
}

/* One person for each name is best, then several for one. */
enum { ONE = 3, CLEAR = 2 * ONE };

static bool
is_one(const struct meant *meant)
{
	return meant->people.n == 1 && !meant->more;
}

static int
clearness(const struct pair *pair)
{
	int sum = 0;

	for (int i = 0; i < 2; i++)
		sum += is_one(&pair->meant[i]) ? ONE : pair->meant[i].people.n > 0;
	return sum;
}

/* A name may hold a comma of its own ("Lovelace, Ada"): of the commas that one counts which parts
 * the words into two people most clearly. False when there are not two names. */
static bool
read_pair(const struct view *v, struct limit *limit, struct pair *best)
{
	enum { COMMAS = 5 };
	struct str words = trim_commas(plain_commas(v->arena, v->query));
	size_t at = 0;
	int clearest = -1;

	for (size_t i = 0; i < COMMAS && clearest < CLEAR && (!i || !match_late(limit));
		i++, at++) {
		struct pair pair = { 0 };

		at += str_find(str_sub(words, at, words.n), ',');
		if (at >= words.n)
			break;
		pair.names[0] = trim_commas(str_sub(words, 0, at));
		pair.names[1] = trim_commas(str_sub(words, at, words.n));
		for (int k = 0; k < 2; k++)
			search_person(v->store, v->arena, pair.names[k], limit, &pair.meant[k]);
		if (clearness(&pair) > clearest) {
			clearest = clearness(&pair);
			*best = pair;
		}
	}
	return clearest >= 0;
}

/* ---- the page ---- */

/* What a name may mean where it is not one person: a link for each, the other name kept. */
static void
offer(const struct view *v, struct page *p, const struct pair *pair, int which, bool cut)
{
	const struct meant *meant = &pair->meant[which], *other = &pair->meant[!which];
	const struct cards *choices = meant->people.n ? &meant->people : &meant->nearest;
	struct str name = pair->names[which], ends[2];

	if (is_one(meant))
		return;
	if (meant->people.n)
		page_add(p, LINE_HEAD, view_word(v, WORD_CONNECT_WHICH));
	page_add(p, LINE_TEXT,
		meant->people.n ? name
			: cut   ? view_word(v, WORD_SEARCH_CUT)
				: view_say(v, WORD_CONNECT_NOBODY, name));
	if (meant->nearest.n)
		page_add(p, LINE_HEAD, view_word(v, WORD_NEAREST_NAMES));
	ends[!which] = is_one(other) ? other->people.v[0].slug : pair->names[!which];
	for (size_t i = 0; i < choices->n; i++) {
		ends[which] = choices->v[i].slug;
		struct str query =
			arena_printf(v->arena, "%.*s,%.*s", STR_ARG(ends[0]), STR_ARG(ends[1]));

		page_link(p,
			arena_printf(v->arena, "/connect.gmi?%.*s",
				STR_ARG(uri_encode_query(v->arena, query))),
			view_say_two(v, WORD_LABEL, choices->v[i].name, choices->v[i].tagline));
	}
	if (meant->more)
		page_link(p,
			arena_printf(v->arena, "/search.gmi?%.*s",
				STR_ARG(uri_encode_query(v->arena, name))),
			view_say_two(v, WORD_LABEL, view_word(v, WORD_SEARCH), name));
}

static void
show_chain(const struct view *v, struct page *p, const struct chain *chain)
{
	for (size_t i = 0; i < chain->n; i++) {
		const struct step *step = &chain->v[i];
		struct thing source;
		struct card card;

		if (i && query_thing(v->store, v->arena, SHARED_SOURCE, step->source, &source)) {
			page_add(p, LINE_TEXT,
				view_word(v,
					step->coauthors ? WORD_CONNECT_WROTE
							: WORD_CONNECT_SHARED));
			page_link(p, view_thing_path(v, SHARED_SOURCE, source.slug), source.name);
			page_space(p);
		}
		if (query_card(v->store, v->arena, step->person, &card))
			view_link_person(v, p, &card);
	}
}

static void
connect_page(const struct view *v, struct page *p, struct limit *limit, const struct pair *pair)
{
	struct chain chain = { 0 };

	if (clearness(pair) < CLEAR) {
		for (int i = 0; i < 2; i++)
			offer(v, p, pair, i, limit->cut);
		return;
	}
	connect_people(v->store, v->arena, pair->meant[0].people.v[0].id,
		pair->meant[1].people.v[0].id, limit, &chain);
	if (chain.n == 1)
		page_add(p, LINE_TEXT, view_word(v, WORD_CONNECT_SAME));
	if (chain.n == 0)
		page_add(p, LINE_TEXT,
			view_word(v, chain.cut ? WORD_CONNECT_CUT : WORD_CONNECT_NONE));
	page_space(p);
	match_end(v->store); /* what was found is shown whole */
	show_chain(v, p, &chain);
}

void
view_connect(const struct view *v, struct answer *answer)
{
	struct limit limit;
	struct pair pair;

	match_begin(v->store, &limit, search_us);
	if (!v->has_query || !read_pair(v, &limit, &pair)) {
		match_end(v->store);
		answer->kind = ANSWER_INPUT;
		answer->words = view_word(v, WORD_CONNECT_PROMPT);
		return;
	}
	struct page *p = view_page(v, answer);

	page_add(p, LINE_TITLE,
		view_say_two(v, WORD_LABEL, view_word(v, WORD_CONNECT),
			arena_printf(v->arena, "%.*s, %.*s", STR_ARG(pair.names[0]),
				STR_ARG(pair.names[1]))));
	connect_page(v, p, &limit, &pair);
	match_end(v->store);
	page_space(p);
	page_link(p, STR("/connect.gmi"), view_word(v, WORD_CONNECT_AGAIN));
	view_foot(v, p);
}
