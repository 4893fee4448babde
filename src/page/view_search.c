/* view_search: words in, people and things out, grouped by how they were found. */
#include "base/uri.h"
#include "catalog/search.h"
#include "page/view.h"

static void
cards(const struct view *v, struct page *p, enum word heading, const struct cards *list)
{
	if (list->n)
		page_add(p, LINE_HEAD, view_word(v, heading));
	for (size_t i = 0; i < list->n; i++)
		view_link_person(v, p, &list->v[i]);
}

static void
things(const struct view *v, struct page *p, enum shared_kind kind, enum word heading,
	const struct things *list)
{
	bool headed = false;

	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].kind != kind)
			continue;
		if (!headed)
			page_add(p, LINE_HEAD, view_word(v, heading));
		headed = true;
		view_link_thing(v, p, &list->v[i]);
	}
}

static void
all_things(const struct view *v, struct page *p, const struct things *list)
{
	things(v, p, SHARED_TOPIC, WORD_TOPICS, list);
	things(v, p, SHARED_ORGANIZATION, WORD_ORGANIZATIONS, list);
	things(v, p, SHARED_SOURCE, WORD_SOURCES, list);
}

static void
link_part(const struct view *v, struct page *p, size_t part, enum word label)
{
	struct str query = uri_encode_query(v->arena, v->query);
	struct str path =
		part == 1 ? STR("/search.gmi") : arena_printf(v->arena, "/search--%zu.gmi", part);

	page_link(p, arena_printf(v->arena, "%.*s?%.*s", STR_ARG(path), STR_ARG(query)),
		view_word(v, label));
}

/* Nothing was found: what to do, or whom it may have meant. */
static void
nothing(const struct view *v, struct page *p, const struct found *found)
{
	if (found->cut)
		return;
	page_add(p, LINE_TEXT,
		view_word(v,
			found->nearest.n + found->nearest_things.n ? WORD_NEAREST_FOUND
								   : WORD_NOTHING_FOUND));
	cards(v, p, WORD_NEAREST_NAMES, &found->nearest);
	all_things(v, p, &found->nearest_things);
}

void
view_search(const struct view *v, struct answer *answer)
{
	struct found found;

	if (v->part > SEARCH_PAGES)
		return;
	if (!v->has_query || !search(v->store, v->arena, v->query, v->part, &found)) {
		answer->kind = ANSWER_INPUT;
		answer->words = view_word(v, WORD_SEARCH_PROMPT);
		return;
	}
	struct page *p = view_page(v, answer);

	page_add(p, LINE_TITLE, view_say(v, WORD_RESULTS_FOR, v->query));
	if (found.cut)
		page_add(p, LINE_TEXT, view_word(v, WORD_SEARCH_CUT));
	if (found.named.n + found.things.n + found.mentioned.n == 0)
		nothing(v, p, &found);
	all_things(v, p, &found.things);
	cards(v, p, WORD_BY_NAME, &found.named);
	cards(v, p, WORD_IN_PROFILES, &found.mentioned);
	page_space(p);
	if (found.more && v->part < SEARCH_PAGES)
		link_part(v, p, v->part + 1, WORD_NEXT);
	if (v->part > 1)
		link_part(v, p, v->part - 1, WORD_PREVIOUS);
	page_link(p, STR("/search.gmi"), view_word(v, WORD_SEARCH_AGAIN));
	view_foot(v, p);
}
