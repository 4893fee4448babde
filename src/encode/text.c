/* text: a page for reading as it is: headings underlined, paragraphs wrapped, links numbered. */
#include "encode/encode.h"

#include "base/utf8.h"
#include "encode/wrap.h"

enum { COLUMNS = 70 };

void
encode_address(const struct place *place, struct str path, struct buf *out)
{
	bool literal = str_find(place->host, ':') < place->host.n;

	buf_printf(out, "gemini://%s%.*s%s", literal ? "[" : "", STR_ARG(place->host),
		literal ? "]" : "");
	if (place->port != 1965)
		buf_printf(out, ":%u", place->port);
	buf_put(out, place->base);
	buf_put(out, path);
}

/* Wrapped text: the first line begins with `first`, the others with as many blanks. */
static void
put_wrapped(struct arena *a, struct buf *out, size_t columns, struct str first, struct str text)
{
	size_t indent = utf8_width(first);
	struct str line;
	bool begun = false;

	while (wrap_line(a, &text, columns - indent, &line)) {
		if (!begun)
			buf_put(out, first);
		for (size_t i = 0; begun && i < indent; i++)
			buf_char(out, ' ');
		begun = true;
		buf_put(out, line);
		buf_char(out, '\n');
	}
}

static void
put_heading(struct arena *a, struct buf *out, size_t columns, const struct line *line)
{
	size_t width = utf8_width(line->text);

	put_wrapped(a, out, columns, STR(""), line->text);
	for (size_t i = 0; i < (width < columns ? width : columns); i++)
		buf_char(out, line->kind == LINE_TITLE ? '=' : '-');
	buf_char(out, '\n');
}

static void
put_line(struct arena *a, struct buf *out, size_t columns, const struct line *line, size_t number)
{
	switch (line->kind) {
	case LINE_TITLE:
	case LINE_HEAD:
		put_heading(a, out, columns, line);
		break;
	case LINE_ITEM:
		put_wrapped(a, out, columns, STR("* "), line->text);
		break;
	case LINE_QUOTE:
		put_wrapped(a, out, columns, STR("> "), line->text);
		break;
	case LINE_PRE:
		buf_put(out, line->text);
		buf_char(out, '\n');
		break;
	case LINE_LINK:
		put_wrapped(a, out, columns, arena_printf(a, "[%zu] ", number),
			line->date.n ? arena_printf(a, "%.*s %.*s", STR_ARG(line->date),
					       STR_ARG(line->text))
				     : line->text);
		break;
	default:
		put_wrapped(a, out, columns, STR(""), line->text);
	}
}

void
encode_text(const struct page *page, const struct place *place, struct buf *out)
{
	struct arena *a = page->arena;
	size_t links = 0, columns = place->columns ? place->columns : COLUMNS;

	for (size_t i = 0; i < page->n; i++) {
		if (page->v[i].spaced)
			buf_char(out, '\n');
		links += page->v[i].kind == LINE_LINK;
		put_line(a, out, columns, &page->v[i], links);
	}
	links = 0;
	for (size_t i = 0; i < page->n; i++) {
		const struct line *line = &page->v[i];

		if (line->kind != LINE_LINK)
			continue;
		buf_printf(out, "%s[%zu] ", links ? "" : "\n", links + 1);
		links++;
		if (line->target.n && line->target.p[0] == '/')
			encode_address(place, line->target, out);
		else
			buf_put(out, line->target);
		buf_char(out, '\n');
	}
}
