/* view_changes: what is new, as a page that clients subscribe to and as an Atom feed, from the same
 * lines. */
#include "page/view.h"

enum { CHANGES_MOST = 50 };

static struct page *
changes(const struct view *v, struct answer *answer)
{
	struct cards cards = { 0 };
	struct page *p = view_page(v, answer);
	struct str title =
		v->settings.title.text.n ? v->settings.title.text : view_word(v, WORD_DIRECTORY);

	query_newest(v->store, v->arena, (struct range){ 0, CHANGES_MOST }, &cards);
	page_add(p, LINE_TITLE, view_say_two(v, WORD_LABEL, title, view_word(v, WORD_CHANGES)));
	if (cards.n == 0)
		page_add(p, LINE_TEXT, view_word(v, WORD_NO_CHANGES));
	for (size_t i = 0; i < cards.n; i++)
		page_entry(p, view_person_path(v, cards.v[i].slug), cards.v[i].day,
			view_say_two(v, WORD_LABEL, cards.v[i].name, cards.v[i].tagline));
	return p;
}

void
view_changes(const struct view *v, struct answer *answer)
{
	struct page *p = changes(v, answer);

	page_space(p);
	page_link(p, STR("/atom.xml"), view_word(v, WORD_ATOM));
	view_foot(v, p);
}

/* The entries alone; whoever serves Atom encodes them (ANSWER_PAGE with that type). */
void
view_atom(const struct view *v, struct answer *answer)
{
	changes(v, answer);
	answer->mime = "application/atom+xml";
}
