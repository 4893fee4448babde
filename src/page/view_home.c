/* view_home: the first page, one screen at any size of directory. */
#include "base/text.h"
#include "base/uri.h"
#include "page/view.h"

enum {
	HOME_TOPICS = 7,
	HOME_ORGANIZATIONS = 4,
	HOME_SOURCES = 4,
	HOME_CHANGES = 4,
	HOME_PAGES = 8,
	HOME_NAME = 48
};

/* What an editor sees before the first record is written. */
static void
empty(const struct view *v, struct page *p)
{
	static const char *const RECORD[] = { "name: Ada Lovelace",
		"tagline: Wrote the first program for a machine that was never built", "summary: |",
		"  Saw that a machine which works on numbers can work on anything that",
		"  numbers can stand for.", "topics:", "  - history of computing",
		"known_for:", "  - The notes on the Analytical Engine, with a program",
		"start_here:",
		"  - title: Sketch of the Analytical Engine, with notes by the translator",
		"    year: 1843" };

	page_space(p);
	page_add(p, LINE_TEXT, view_word(v, WORD_EMPTY));
	page_space(p);
	page_add(p, LINE_TEXT, view_word(v, WORD_EMPTY_HOW));
	page_space(p);
	for (size_t i = 0; i < COUNT(RECORD); i++)
		page_add(p, LINE_PRE, str_of(RECORD[i]));
}

/* The most shared things of a kind, and a link to all. */
static void
things(const struct view *v, struct page *p, enum shared_kind kind, enum word heading,
	struct str index, enum word all, enum word one, enum word many, size_t most)
{
	struct things list = { 0 };
	size_t total = query_things_count(v->store, kind);

	query_best_known(v->store, v->arena, kind, most, &list);
	if (list.n < most)
		query_less_known(v->store, v->arena, kind, most - list.n, &list);
	if (list.n)
		page_add(p, LINE_HEAD, view_word(v, heading));
	for (size_t i = 0; i < list.n; i++) {
		/* one line each, in every form: the page behind the link has the whole name */
		list.v[i].name = text_short(v->arena, list.v[i].name, HOME_NAME);
		view_link_thing(v, p, &list.v[i]);
	}
	if (list.n)
		page_linkf(p, index, "%.*s (%.*s)", STR_ARG(view_word(v, all)),
			STR_ARG(view_count(v, total, one, many)));
}

static void
changes(const struct view *v, struct page *p)
{
	struct cards cards = { 0 };

	query_newest(v->store, v->arena, (struct range){ 0, HOME_CHANGES }, &cards);
	if (cards.n)
		page_add(p, LINE_HEAD, view_word(v, WORD_CHANGES));
	for (size_t i = 0; i < cards.n; i++)
		page_linkf(p, view_person_path(v, cards.v[i].slug), "%.*s (%.*s)",
			STR_ARG(cards.v[i].name), STR_ARG(cards.v[i].day));
	if (cards.n)
		page_link(p, STR("/changes.gmi"), view_word(v, WORD_ALL_CHANGES));
}

/* The first heading of an own page, else its name. */
static struct str
title_of(struct str slug, struct str bytes)
{
	struct str line;

	while (str_cut(&bytes, '\n', &line))
		if (str_starts(line, STR("# ")))
			return str_trim(str_sub(line, 2, line.n));
	return slug;
}

static void
more(const struct view *v, struct page *p)
{
	struct entries pages = { 0 };

	query_pages(v->store, v->arena, &pages);
	page_add(p, LINE_HEAD, view_word(v, WORD_MORE));
	page_link(p, STR("/random.gmi"), view_word(v, WORD_RANDOM));
	page_link(p, STR("/connect.gmi"), view_word(v, WORD_CONNECT));
	for (size_t i = 0; i < pages.n && i < HOME_PAGES; i++)
		page_link(p, arena_printf(v->arena, "/%.*s.gmi", STR_ARG(pages.v[i].name.text)),
			text_short(v->arena, title_of(pages.v[i].name.text, pages.v[i].note.text),
				HOME_NAME));
	page_link(p, STR("/atom.xml"), view_word(v, WORD_ATOM));
	page_link(p, STR("/mirror/index.gmi"), view_word(v, WORD_OFFLINE));
	page_space(p);
	if (v->settings.contact.text.n && uri_is_link(v->settings.contact.text))
		page_link(p, v->settings.contact.text,
			view_say(v, WORD_CONTACT, v->settings.contact.text));
	else if (v->settings.contact.text.n)
		page_add(p, LINE_TEXT, view_say(v, WORD_CONTACT, v->settings.contact.text));
	if (v->settings.licence.text.n)
		page_add(p, LINE_TEXT, view_say(v, WORD_LICENCE, v->settings.licence.text));
}

void
view_home(const struct view *v, struct answer *answer)
{
	struct page *p = view_page(v, answer);
	size_t people = query_people_count(v->store);

	page_add(p, LINE_TITLE,
		v->settings.title.text.n ? v->settings.title.text : view_word(v, WORD_DIRECTORY));
	page_paragraphs(p, v->settings.intro.text);
	if (people == 0) {
		empty(v, p);
		return;
	}
	page_space(p);
	page_link(p, STR("/search.gmi"), view_word(v, WORD_SEARCH));
	page_linkf(p, STR("/people/index.gmi"), "%.*s (%.*s)", STR_ARG(view_word(v, WORD_EVERYONE)),
		STR_ARG(view_count(v, people, WORD_ONE_PERSON, WORD_MANY_PEOPLE)));
	things(v, p, SHARED_TOPIC, WORD_TOPICS, STR("/topics/index.gmi"), WORD_ALL_TOPICS,
		WORD_ONE_TOPIC, WORD_MANY_TOPICS, HOME_TOPICS);
	things(v, p, SHARED_ORGANIZATION, WORD_ORGANIZATIONS, STR("/organizations/index.gmi"),
		WORD_ALL_ORGANIZATIONS, WORD_ONE_ORGANIZATION, WORD_MANY_ORGANIZATIONS,
		HOME_ORGANIZATIONS);
	things(v, p, SHARED_SOURCE, WORD_SOURCES, STR("/sources/index.gmi"), WORD_ALL_SOURCES,
		WORD_ONE_SOURCE, WORD_MANY_SOURCES, HOME_SOURCES);
	changes(v, p);
	more(v, p);
}
