/* view_connect: how two people connect, each step with the title of what they share. */
#include "catalog/connect.h"
#include "catalog/search.h"
#include "base/uri.h"
#include "page/view.h"

/* One link for each person a name may mean, the other name kept. */
static void
offer(const struct view *v, struct page *p, const struct cards *choices, struct str other,
	bool first)
{
	page_add(p, LINE_HEAD, view_word(v, WORD_CONNECT_WHICH));
	for (size_t i = 0; i < choices->n; i++) {
		struct str one = choices->v[i].slug;
		struct str query = first
			? arena_printf(v->arena, "%.*s,%.*s", STR_ARG(one), STR_ARG(other))
			: arena_printf(v->arena, "%.*s,%.*s", STR_ARG(other), STR_ARG(one));

		page_link(p,
			arena_printf(v->arena, "/connect.gmi?%.*s",
				STR_ARG(uri_encode_query(v->arena, query))),
			view_say_two(v, WORD_LABEL, choices->v[i].name, choices->v[i].tagline));
	}
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
connect_page(const struct view *v, struct page *p, struct str names[2])
{
	struct cards meant[2] = { 0 };
	struct chain chain = { 0 };
	bool clear = true;

	for (int i = 0; i < 2; i++) {
		search_person(v->store, v->arena, names[i], &meant[i]);
		clear = clear && meant[i].n == 1;
		if (meant[i].n == 0)
			page_add(p, LINE_TEXT, view_say(v, WORD_CONNECT_NOBODY, names[i]));
		if (meant[i].n > 1)
			offer(v, p, &meant[i], meant[!i].n == 1 ? meant[!i].v[0].slug : names[!i],
				i == 0);
	}
	if (!clear)
		return;
	connect_people(v->store, v->arena, meant[0].v[0].id, meant[1].v[0].id, &chain);
	if (chain.n == 1)
		page_add(p, LINE_TEXT, view_word(v, WORD_CONNECT_SAME));
	if (chain.n == 0)
		page_add(p, LINE_TEXT,
			view_word(v, chain.cut ? WORD_CONNECT_CUT : WORD_CONNECT_NONE));
	page_space(p);
	show_chain(v, p, &chain);
}

void
view_connect(const struct view *v, struct answer *answer)
{
	struct str rest = v->query, names[2] = { { 0 } };
	size_t n = 0;

	for (struct str piece; n < 2 && str_cut(&rest, ',', &piece);)
		if (str_trim(piece).n)
			names[n++] = str_trim(piece);
	if (!v->has_query || n < 2) {
		answer->kind = ANSWER_INPUT;
		answer->words = view_word(v, WORD_CONNECT_PROMPT);
		return;
	}
	struct page *p = view_page(v, answer);

	page_add(p, LINE_TITLE,
		view_say_two(v, WORD_LABEL, view_word(v, WORD_CONNECT),
			arena_printf(
				v->arena, "%.*s, %.*s", STR_ARG(names[0]), STR_ARG(names[1]))));
	connect_page(v, p, names);
	page_space(p);
	page_link(p, STR("/connect.gmi"), view_word(v, WORD_CONNECT_AGAIN));
	view_foot(v, p);
}
