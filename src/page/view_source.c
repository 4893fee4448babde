/* view_source: one source: what it is, who wrote it, where to read it, and everyone who starts with
 * it. */
#include "base/uri.h"
#include "page/view.h"

/* The name people use, and the other ones. */
static void
names(const struct view *v, struct page *p, const struct source_file *source)
{
	struct buf all = { 0 };

	buf_put(&all, source->name.text);
	for (size_t i = 0; i < source->aliases.n; i++)
		buf_printf(
			&all, "%s%.*s", all.n ? ", " : "", STR_ARG(source->aliases.v[i].name.text));
	if (all.n)
		page_add(p, LINE_TEXT, view_say(v, WORD_ALSO_KNOWN_AS, buf_str(&all)));
	buf_end(&all);
}

static void
facts(const struct view *v, struct page *p, const struct source_file *source)
{
	const struct citation *c = &source->source;

	page_addf(p, LINE_TEXT, "%.*s%s%.*s", STR_ARG(view_source_facts(v, c, STR(""))),
		c->venue.text.n ? ", " : "", STR_ARG(c->venue.text));
	names(v, p, source);
	page_paragraphs(p, source->summary.text);
}

/* Every author in order: those who have a profile as links. */
static void
authors(const struct view *v, struct page *p, const struct source_file *source)
{
	const struct entries *names = &source->source.authors;
	struct cards cards = { 0 };
	struct ids positions = { 0 };
	size_t next = 0;

	if (names->n == 0)
		return;
	query_authors(v->store, v->arena, source->slug, &cards, &positions);
	page_add(p, LINE_HEAD, view_word(v, WORD_AUTHORS));
	for (size_t i = 0; i < names->n; i++)
		if (next < cards.n && positions.v[next] == i)
			view_link_person(v, p, &cards.v[next++]);
		else
			page_add(p, LINE_ITEM, names->v[i].name.text);
	if (str_eq(source->source.et_al.text, STR("true")))
		page_add(p, LINE_ITEM, view_word(v, WORD_AND_OTHERS));
}

static void
link_to(struct page *p, struct str url, const char *what)
{
	page_linkf(
		p, url, "%s%s%.*s", what, *what ? ": " : "", STR_ARG(*what ? uri_host(url) : url));
}

static void
addresses(const struct view *v, struct page *p, const struct citation *c)
{
	struct citation only = { 0 };

	if (!c->url.text.n && !c->arxiv.text.n && !c->doi.text.n)
		return;
	page_add(p, LINE_HEAD, view_word(v, WORD_READ_IT));
	if (c->url.text.n)
		link_to(p, c->url.text, "");
	only.arxiv = c->arxiv;
	if (only.arxiv.text.n)
		page_linkf(p, source_url(v->arena, &only), "arXiv %.*s", STR_ARG(c->arxiv.text));
	only = (struct citation){ .doi = c->doi };
	if (only.doi.text.n)
		page_linkf(p, source_url(v->arena, &only), "DOI %.*s", STR_ARG(c->doi.text));
}

/* Who has it in Start Here, and why they are told to read it. */
static void
readers(const struct view *v, struct page *p, const struct source_file *source, size_t people)
{
	struct cards cards = { 0 };

	page_addf(p, LINE_HEAD, "%.*s (%.*s)", STR_ARG(view_word(v, WORD_IN_START_HERE_OF)),
		STR_ARG(view_count(v, people, WORD_ONE_PERSON, WORD_MANY_PEOPLE)));
	query_people_of(v->store, v->arena, SHARED_SOURCE, source->slug, view_range(v), &cards);
	for (size_t i = 0; i < cards.n; i++) {
		struct person *person = query_introduction(v->store, v->arena, cards.v[i].id);

		if (i)
			page_space(p);
		view_link_person(v, p, &cards.v[i]);
		for (size_t k = 0; person && k < person->start_here.n; k++)
			if (str_eq(person->start_here.v[k].id.text, source->slug))
				page_add(p, LINE_TEXT, person->start_here.v[k].why.text);
	}
	if (cards.n == 0)
		page_add(p, LINE_TEXT, view_word(v, WORD_NOBODY_YET));
	view_parts(v, p, people);
}

void
view_source(const struct view *v, struct answer *answer)
{
	size_t people;
	struct source_file *source = query_source(v->store, v->arena, v->name, &people);

	if (!source) {
		view_old(v, answer, "sources", ".gmi");
		return;
	}
	if (v->part > 1 && people <= (v->part - 1) * LIST_MOST)
		return;
	struct page *p = view_page(v, answer);

	page_add(p, LINE_TITLE, source->source.title.text);
	facts(v, p, source);
	addresses(v, p, &source->source);
	authors(v, p, source);
	readers(v, p, source, people);
	page_space(p);
	page_link(p, STR("/sources/index.gmi"), view_word(v, WORD_ALL_SOURCES));
	view_foot(v, p);
}
