/* view_bibtex: a person's sources for a reference manager. */
#include "page/view.h"

/* BibTeX reads braces and a few marks as its own; UTF-8 letters stay. */
static void
put_escaped(struct buf *out, struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == '\\')
			buf_put(out, STR("{\\textbackslash}"));
		else if (c == '^' || c == '~')
			buf_printf(out, "\\%c{}", c);
		else if (strchr("&%$#_", c))
			buf_printf(out, "\\%c", c);
		else if (c != '{' && c != '}')
			buf_char(out, c);
	}
}

static void
put_value(struct buf *out, const char *field, struct str value)
{
	if (value.n == 0)
		return;
	buf_printf(out, ",\n  %s = {", field);
	put_escaped(out, value);
	buf_char(out, '}');
}

/* What BibTeX calls it, and where it calls the venue. A venue with a year in it is a conference,
 * else a journal. */
static const struct entry_type {
	const char *name, *venue;
} BOOK = { "book", "publisher" }, PAPER = { "inproceedings", "booktitle" },
  ARTICLE = { "article", "journal" }, OTHER = { "misc", "howpublished" };

static const struct entry_type *
entry_type(const struct citation *c)
{
	if (str_eq(c->kind.text, STR("book")))
		return &BOOK;
	if (!str_eq(c->kind.text, STR("paper")) || c->venue.text.n == 0)
		return &OTHER;
	for (size_t i = 0; i < c->venue.text.n; i++)
		if (c->venue.text.p[i] >= '0' && c->venue.text.p[i] <= '9')
			return &PAPER;
	return &ARTICLE;
}

static void
put_source(const struct view *v, struct buf *out, const struct source_file *source)
{
	const struct citation *c = &source->source;
	const struct entry_type *type = entry_type(c);
	struct buf authors = { 0 };

	buf_printf(out, "@%s{%.*s", type->name, STR_ARG(source->slug));
	for (size_t i = 0; i < c->authors.n; i++)
		buf_printf(
			&authors, "%s%.*s", i ? " and " : "", STR_ARG(c->authors.v[i].name.text));
	if (str_eq(c->et_al.text, STR("true")))
		buf_put(&authors, STR(" and others"));
	put_value(out, "author", buf_str(&authors));
	buf_end(&authors);
	/* a second pair of braces keeps the capitals of the title */
	buf_put(out, STR(",\n  title = {{"));
	put_escaped(out, c->title.text);
	buf_put(out, STR("}}"));
	put_value(out, "year", c->year.text);
	put_value(out, type->venue, c->venue.text);
	if (c->doi.text.n)
		buf_printf(out, ",\n  doi = {%.*s}", STR_ARG(c->doi.text));
	if (c->arxiv.text.n)
		buf_printf(out, ",\n  eprint = {%.*s},\n  archiveprefix = {arXiv}",
			STR_ARG(c->arxiv.text));
	struct str url = source_url(v->arena, c);

	if (url.n)
		buf_printf(out, ",\n  url = {%.*s}", STR_ARG(url));
	buf_put(out, STR("\n}\n"));
}

void
view_person_bibtex(const struct view *v, struct answer *answer)
{
	int64_t id;
	struct person *person = query_person(v->store, v->arena, v->name, &id);
	struct buf out = { 0 };

	if (!person) {
		view_old(v, answer, "people", ".bib");
		return;
	}
	for (size_t i = 0; i < person->start_here.n; i++) {
		size_t people;
		struct source_file *source =
			query_source(v->store, v->arena, person->start_here.v[i].id.text, &people);

		if (source && i)
			buf_char(&out, '\n');
		if (source)
			put_source(v, &out, source);
	}
	answer->kind = ANSWER_BYTES;
	answer->mime = "text/plain";
	answer->bytes = arena_str(v->arena, buf_str(&out));
	buf_end(&out);
}
