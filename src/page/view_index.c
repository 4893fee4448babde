/* view_index: everyone, all topics, organizations and sources, A to Z. Up to LIST_MOST stand on one
 * page; past that letters, then longer and longer beginnings of names, lead to pages that hold
 * them. What people share is looked for by how many have it, too: the best known come first. */
#include "page/view.h"

enum { BEST_KNOWN = 20 }; /* the letters below them begin on the first screen or the second */

static const struct index {
	enum word title, one, many;
	struct str page, before; /* its path, and what stands before the letters in those below */
} INDEXES[LETTERED_KINDS] = {
	[LETTERED_PERSON] = { WORD_EVERYONE, WORD_ONE_PERSON, WORD_MANY_PEOPLE,
		STR_INIT("/people/index.gmi"), STR_INIT("/names/") },
	[LETTERED_TOPIC] = { WORD_TOPICS, WORD_ONE_TOPIC, WORD_MANY_TOPICS,
		STR_INIT("/topics/index.gmi"), STR_INIT("/topics/index--") },
	[LETTERED_ORGANIZATION] = { WORD_ORGANIZATIONS, WORD_ONE_ORGANIZATION,
		WORD_MANY_ORGANIZATIONS, STR_INIT("/organizations/index.gmi"),
		STR_INIT("/organizations/index--") },
	[LETTERED_SOURCE] = { WORD_SOURCES, WORD_ONE_SOURCE, WORD_MANY_SOURCES,
		STR_INIT("/sources/index.gmi"), STR_INIT("/sources/index--") },
};

/* Names in paths that are not the letters themselves: for what is beyond a to z, and for the
 * letters that this name is made of. */
#define PATH_OTHER STR("other")
#define PATH_OTHER_LETTERS STR("other_")

/* ---- letters ---- */

struct str
view_letters_path(const struct view *v, enum lettered of, struct str begin)
{
	const struct index *index = &INDEXES[of];
	struct str name = str_eq(begin, STR(LETTERS_END)) ? PATH_OTHER
		: str_eq(begin, PATH_OTHER)               ? PATH_OTHER_LETTERS
							  : begin;

	return begin.n ? arena_concat(v->arena, index->before, name, STR(".gmi")) : index->page;
}

/* The letters that a name in a path means; empty: it is none. */
static struct str
begin_of(struct str name)
{
	if (str_eq(name, PATH_OTHER))
		return STR(LETTERS_END);
	if (str_eq(name, PATH_OTHER_LETTERS))
		return PATH_OTHER;
	for (size_t i = 0; i < name.n; i++)
		if (!((name.p[i] >= 'a' && name.p[i] <= 'z') ||
			    (i && name.p[i] >= '0' && name.p[i] <= '9')))
			return STR("");
	return name;
}

/* As readers see them. */
static struct str
shown(const struct view *v, struct str begin)
{
	struct str copy = arena_str(v->arena, begin);

	if (letters_end(begin))
		return view_word(v, WORD_OTHER_LETTERS);
	for (size_t i = 0; i < copy.n; i++)
		if (copy.p[i] >= 'a' && copy.p[i] <= 'z')
			((char *)copy.p)[i] = (char)(copy.p[i] - 'a' + 'A');
	return copy;
}

size_t
view_letters(
	const struct view *v, enum lettered of, struct str begin, size_t total, struct begins *next)
{
	if (total <= letters_most || letters_end(begin) || begin.n >= LETTERS_DEEPEST)
		return total;
	letters_next(v->store, v->arena, of, begin, next);
	if (begin.n == 0 || next->n == 0 || !letters_end(next->v[0].begin))
		return next->n ? 0 : total;
	/* whose whole name it is come first, as they do from A to Z */
	size_t whole = next->v[0].n;

	next->v++;
	next->n--;
	return next->n ? whole : total;
}

/* ---- lists ---- */

/* People, under a heading for each first letter where the list spans several. */
static void
people(const struct view *v, struct page *p, struct str begin, struct range range)
{
	struct cards cards = { 0 };
	struct str letter = STR("");

	query_people(v->store, v->arena, begin, range, &cards);
	for (size_t i = 0; i < cards.n; i++) {
		if (begin.n == 0 && !str_eq(cards.v[i].letter, letter)) {
			letter = cards.v[i].letter;
			page_add(p, LINE_HEAD, shown(v, letter));
		}
		view_link_person(v, p, &cards.v[i]);
	}
}

static void
things(const struct view *v, struct page *p, const struct things *list)
{
	for (size_t i = 0; i < list->n; i++)
		view_link_thing(v, p, &list->v[i]);
}

/* The part of those that begin so, of so many. */
static void
list(const struct view *v, struct page *p, enum lettered of, struct str begin, size_t all)
{
	struct range range = view_range(v);
	struct things some = { 0 };

	if (range.from >= all)
		return;
	if (range.most > all - range.from)
		range.most = all - range.from;
	if (of == LETTERED_PERSON) {
		people(v, p, begin, range);
		return;
	}
	query_things(v->store, v->arena, (enum shared_kind)of, begin, range, &some);
	things(v, p, &some);
}

static void
best_known(const struct view *v, struct page *p, enum lettered of)
{
	struct things best = { 0 };

	if (of != LETTERED_PERSON)
		query_best_known(v->store, v->arena, (enum shared_kind)of, BEST_KNOWN, &best);
	if (best.n == 0)
		return;
	page_add(p, LINE_HEAD, view_word(v, WORD_BEST_KNOWN));
	things(v, p, &best);
	page_add(p, LINE_HEAD, view_word(v, WORD_A_TO_Z));
}

/* ---- pages ---- */

static void
show(const struct view *v, struct answer *answer, enum lettered of, struct str begin)
{
	const struct index *index = &INDEXES[of];
	struct begins next = { 0 };
	size_t total = letters_count(v->store, of, begin),
	       listed = view_letters(v, of, begin, total, &next);

	if ((begin.n && total == 0) || (v->part > 1 && listed <= (v->part - 1) * LIST_MOST))
		return;
	struct page *p = view_page(v, answer);

	page_add(p, LINE_TITLE,
		begin.n ? view_say_two(v, WORD_LABEL, view_word(v, index->title), shown(v, begin))
			: view_word(v, index->title));
	page_add(p, LINE_TEXT, view_count(v, total, index->one, index->many));
	page_space(p);
	list(v, p, of, begin, listed);
	if (next.n && begin.n == 0)
		best_known(v, p, of);
	if (next.n && listed)
		page_space(p);
	for (size_t i = 0; i < next.n; i++)
		page_linkf(p, view_letters_path(v, of, next.v[i].begin), "%.*s (%.*s)",
			STR_ARG(shown(v, next.v[i].begin)),
			STR_ARG(view_count(v, next.v[i].n, index->one, index->many)));
	view_parts(v, p, listed);
	view_foot(v, p);
}

/* Those whose names begin as the path says. */
static void
show_named(const struct view *v, struct answer *answer, enum lettered of)
{
	struct str begin = begin_of(v->name);

	if (begin.n)
		show(v, answer, of, begin);
}

void
view_people(const struct view *v, struct answer *answer)
{
	show(v, answer, LETTERED_PERSON, STR(""));
}

void
view_names(const struct view *v, struct answer *answer)
{
	show_named(v, answer, LETTERED_PERSON);
}

void
view_topics(const struct view *v, struct answer *answer)
{
	show(v, answer, LETTERED_TOPIC, STR(""));
}

void
view_topic_names(const struct view *v, struct answer *answer)
{
	show_named(v, answer, LETTERED_TOPIC);
}

void
view_organizations(const struct view *v, struct answer *answer)
{
	show(v, answer, LETTERED_ORGANIZATION, STR(""));
}

void
view_organization_names(const struct view *v, struct answer *answer)
{
	show_named(v, answer, LETTERED_ORGANIZATION);
}

void
view_sources(const struct view *v, struct answer *answer)
{
	show(v, answer, LETTERED_SOURCE, STR(""));
}

void
view_source_names(const struct view *v, struct answer *answer)
{
	show_named(v, answer, LETTERED_SOURCE);
}
