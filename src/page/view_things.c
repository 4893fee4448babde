/* view_things: the page of one topic or organization. */
#include "page/view.h"

static void
aliases(const struct view *v, struct page *p, const struct subject *subject)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < subject->aliases.n; i++)
		buf_printf(
			&names, "%s%.*s", i ? ", " : "", STR_ARG(subject->aliases.v[i].name.text));
	if (names.n) {
		page_space(p);
		page_add(p, LINE_TEXT, view_say(v, WORD_ALSO_KNOWN_AS, buf_str(&names)));
	}
	buf_end(&names);
}

static void
subject_links(const struct view *v, struct page *p, const struct subject *subject)
{
	if (!subject->url.text.n && !subject->ror.text.n)
		return;
	page_add(p, LINE_HEAD, view_word(v, WORD_LINKS));
	if (subject->url.text.n)
		page_link(p, subject->url.text, subject->url.text);
	if (subject->ror.text.n)
		page_link(p,
			arena_printf(v->arena, "https://ror.org/%.*s", STR_ARG(subject->ror.text)),
			STR("Research Organization Registry"));
}

static void
neighbours(const struct view *v, struct page *p, const struct subject *subject)
{
	struct things narrower = { 0 };
	struct thing broader;

	if (subject->broader.text.n &&
		query_thing(v->store, v->arena, SHARED_TOPIC, subject->broader.text, &broader)) {
		page_add(p, LINE_HEAD, view_word(v, WORD_PART_OF));
		view_link_thing(v, p, &broader);
	}
	query_narrower(v->store, v->arena, subject->slug, &narrower);
	if (narrower.n)
		page_add(p, LINE_HEAD, view_word(v, WORD_NARROWER));
	for (size_t i = 0; i < narrower.n; i++)
		view_link_thing(v, p, &narrower.v[i]);
}

static void
subject_page(const struct view *v, struct answer *answer, enum shared_kind kind, const char *folder,
	struct str index, enum word all)
{
	struct cards cards = { 0 };
	size_t people;
	struct subject *subject = query_subject(v->store, v->arena, kind, v->name, &people);

	if (!subject) {
		view_old(v, answer, folder, ".gmi");
		return;
	}
	if (v->part > 1 && people <= (v->part - 1) * LIST_MOST)
		return;
	struct page *p = view_page(v, answer);

	page_add(p, LINE_TITLE, subject->name.text);
	page_paragraphs(p, subject->summary.text);
	aliases(v, p, subject);
	page_add(p, LINE_HEAD, view_count(v, people, WORD_ONE_PERSON, WORD_MANY_PEOPLE));
	query_people_of(v->store, v->arena, kind, subject->slug, view_range(v), &cards);
	for (size_t i = 0; i < cards.n; i++)
		view_link_person(v, p, &cards.v[i]);
	if (cards.n == 0)
		page_add(p, LINE_TEXT, view_word(v, WORD_NOBODY_YET));
	view_parts(v, p, people);
	if (kind == SHARED_TOPIC)
		neighbours(v, p, subject);
	subject_links(v, p, subject);
	page_space(p);
	page_link(p, index, view_word(v, all));
	view_foot(v, p);
}

void
view_topic(const struct view *v, struct answer *answer)
{
	subject_page(v, answer, SHARED_TOPIC, "topics", STR("/topics/index.gmi"), WORD_ALL_TOPICS);
}

void
view_organization(const struct view *v, struct answer *answer)
{
	subject_page(v, answer, SHARED_ORGANIZATION, "organizations",
		STR("/organizations/index.gmi"), WORD_ALL_ORGANIZATIONS);
}
