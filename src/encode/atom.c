/* atom: the dated links of a page as a feed, in the form that Gemini clients accept: absolute
 * gemini:// links, a title and a time in every entry. */
#include "encode/encode.h"

static void
put_xml(struct buf *out, struct str s)
{
	static const struct {
		char c;
		const char *entity;
	} ENTITIES[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" } };

	for (size_t i = 0; i < s.n; i++) {
		const char *entity = NULL;

		for (size_t k = 0; k < COUNT(ENTITIES); k++)
			if (s.p[i] == ENTITIES[k].c)
				entity = ENTITIES[k].entity;
		if (entity)
			buf_put(out, str_of(entity));
		else
			buf_char(out, s.p[i]);
	}
}

static void
put_element(struct buf *out, const char *name, struct str text)
{
	buf_printf(out, "<%s>", name);
	put_xml(out, text);
	buf_printf(out, "</%s>\n", name);
}

static void
put_entry(const struct place *place, const struct line *line, struct buf *out)
{
	struct buf address = { 0 };

	encode_address(place, line->target, &address);
	buf_put(out, STR("<entry>\n"));
	put_element(out, "title", line->text);
	put_element(out, "id", buf_str(&address));
	buf_put(out, STR("<link rel=\"alternate\" href=\""));
	put_xml(out, buf_str(&address));
	buf_printf(out, "\"/>\n<updated>%.*sT00:00:00Z</updated>\n</entry>\n", STR_ARG(line->date));
	buf_end(&address);
}

void
encode_atom(const struct page *page, const struct place *place, struct buf *out)
{
	struct str newest = STR("1970-01-01"), title = STR("almagest");
	struct buf self = { 0 };

	for (size_t i = 0; i < page->n; i++) {
		if (page->v[i].kind == LINE_TITLE)
			title = page->v[i].text;
		if (str_cmp(page->v[i].date, newest) > 0)
			newest = page->v[i].date;
	}
	encode_address(place, page->path, &self);
	buf_put(out,
		STR("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed "
		    "xmlns=\"http://www.w3.org/2005/Atom\">\n"));
	put_element(out, "title", title);
	put_element(out, "id", buf_str(&self));
	buf_put(out, STR("<link rel=\"self\" href=\""));
	put_xml(out, buf_str(&self));
	buf_printf(out, "\"/>\n<updated>%.*sT00:00:00Z</updated>\n<author><name>", STR_ARG(newest));
	put_xml(out, page->directory);
	buf_put(out, STR("</name></author>\n"));
	for (size_t i = 0; i < page->n; i++)
		if (page->v[i].date.n)
			put_entry(place, &page->v[i], out);
	buf_put(out, STR("</feed>\n"));
	buf_end(&self);
}
