/* view_people: everyone, A to Z. Up to LIST_MOST people stand on one page; past that letters, then
 * longer and longer beginnings of names, lead to pages that hold them. */
#include "page/view.h"

enum { LETTERS_MOST = 40 };

static struct str
capitals(struct arena *a, struct str letters)
{
	struct str copy = arena_str(a, letters);

	for (size_t i = 0; i < copy.n; i++)
		if (copy.p[i] >= 'a' && copy.p[i] <= 'z')
			((char *)copy.p)[i] = (char)(copy.p[i] - 'a' + 'A');
	return copy;
}

/* People under a heading for each first letter, where the list spans several. */
static void
list(const struct view *v, struct page *p, struct str letters, bool headed)
{
	struct cards cards = { 0 };
	struct things begins = { 0 };
	size_t next = 0, at = 0;

	query_people(v->store, v->arena, letters, view_range(v), &cards);
	if (headed)
		query_letters(v->store, v->arena, letters, &begins);
	for (size_t i = 0; i < cards.n; i++) {
		if (next < begins.n && at == i) {
			char letter = begins.v[next].name.n
				? (char)(begins.v[next].name.p[0] - 'a' + 'A')
				: '\0';

			page_add(p, LINE_HEAD,
				letter ? (struct str){ &letter, 1 }
				       : view_word(v, WORD_OTHER_LETTERS));
			if (letter) /* the heading outlives this block */
				p->v[p->n - 1].text =
					arena_str(v->arena, (struct str){ &letter, 1 });
			at += begins.v[next++].people;
		}
		view_link_person(v, p, &cards.v[i]);
	}
}

/* One link for each next letter, behind those whose whole name this is; says how many these are. */
static size_t
letters_below(const struct view *v, struct page *p, struct str letters)
{
	struct things begins = { 0 };
	struct cards cards = { 0 };
	size_t whole = 0;

	query_letters(v->store, v->arena, letters, &begins);
	for (size_t i = 0; i < begins.n; i++)
		if (begins.v[i].slug.n == letters.n && letters.n)
			whole = begins.v[i].people;
	/* in the order of letters they come first */
	struct range range = view_range(v);

	if (range.from + range.most > whole)
		range.most = whole > range.from ? whole - range.from : 0;
	if (range.most)
		query_people(v->store, v->arena, letters, range, &cards);
	for (size_t i = 0; i < cards.n; i++)
		view_link_person(v, p, &cards.v[i]);
	if (whole)
		page_space(p);
	for (size_t i = 0; i < begins.n; i++) {
		const struct thing *begin = &begins.v[i];

		if (begin->slug.n == letters.n && letters.n)
			continue;
		page_linkf(p, arena_printf(v->arena, "/names/%.*s.gmi", STR_ARG(begin->slug)),
			"%.*s (%.*s)",
			STR_ARG(begin->name.n ? capitals(v->arena, begin->name)
					      : view_word(v, WORD_OTHER_LETTERS)),
			STR_ARG(view_count(v, begin->people, WORD_ONE_PERSON, WORD_MANY_PEOPLE)));
	}
	return whole;
}

static bool
may_split(const struct view *v, struct str letters)
{
	struct things begins = { 0 };

	if (str_eq(letters, STR("other")) || letters.n >= LETTERS_MOST)
		return false;
	query_letters(v->store, v->arena, letters, &begins);
	return begins.n > 1 || (begins.n == 1 && begins.v[0].slug.n > letters.n);
}

bool
view_splits(const struct view *v, struct str letters, size_t total)
{
	return total > LIST_MOST && may_split(v, letters);
}

static void
people(const struct view *v, struct answer *answer, struct str letters, size_t total)
{
	struct page *p = view_page(v, answer);
	bool splits = view_splits(v, letters, total);

	struct str name = str_eq(letters, STR("other")) ? view_word(v, WORD_OTHER_LETTERS)
							: capitals(v->arena, letters);

	page_add(p, LINE_TITLE,
		letters.n ? view_say_two(v, WORD_LABEL, view_word(v, WORD_EVERYONE), name)
			  : view_word(v, WORD_EVERYONE));
	page_add(p, LINE_TEXT, view_count(v, total, WORD_ONE_PERSON, WORD_MANY_PEOPLE));
	page_space(p);
	if (splits)
		view_parts(v, p, letters_below(v, p, letters));
	else {
		list(v, p, letters, letters.n == 0);
		view_parts(v, p, total);
	}
	view_foot(v, p);
}

void
view_people(const struct view *v, struct answer *answer)
{
	size_t total = query_people_count(v->store, STR(""));

	if (v->part == 1)
		people(v, answer, STR(""), total);
}

void
view_names(const struct view *v, struct answer *answer)
{
	size_t total;

	for (size_t i = 0; i < v->name.n; i++)
		if (!((v->name.p[i] >= 'a' && v->name.p[i] <= 'z') ||
			    (i && v->name.p[i] >= '0' && v->name.p[i] <= '9')))
			return;
	total = query_people_count(v->store, v->name);
	if (total > (v->part - 1) * LIST_MOST)
		people(v, answer, v->name, total);
}
