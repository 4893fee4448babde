/* gemtext: each line with its mark. A text that begins like a mark is guarded by a blank, so that
 * data never becomes a link or a heading. */
#include "encode/encode.h"

#include "base/clock.h"
#include "base/uri.h"

static const struct str MARKS[] = {
	[LINE_TITLE] = STR_INIT("# "),
	[LINE_HEAD] = STR_INIT("## "),
	[LINE_SUBHEAD] = STR_INIT("### "),
	[LINE_TEXT] = STR_INIT(""),
	[LINE_ITEM] = STR_INIT("* "),
	[LINE_QUOTE] = STR_INIT("> "),
	[LINE_PRE] = STR_INIT(""),
	[LINE_LINK] = STR_INIT("=> "),
};

static bool
looks_like_mark(struct str text)
{
	static const struct str BEGINS[] = { STR_INIT("=>"), STR_INIT("#"), STR_INIT("* "),
		STR_INIT(">"), STR_INIT("```") };

	for (size_t i = 0; text.n && i < COUNT(BEGINS); i++)
		if (text.p[0] == BEGINS[i].p[0] && str_starts(text, BEGINS[i]))
			return true;
	return false;
}

static void
put_link(const struct page *page, const struct line *line, struct buf *out)
{
	struct str target = line->target;

	if (target.n && target.p[0] == '/')
		target = uri_relative(page->arena, page->path, target);
	buf_put(out, target);
	buf_char(out, ' ');
	if (line->date.n)
		buf_printf(out, "%.*s ", STR_ARG(line->date));
	else if (clock_is_date(str_sub(line->text, 0, 10)))
		buf_put(out, STR("› ")); /* a label that begins with a date would be taken for a
					    feed's entry */
	buf_put(out, line->text);
}

void
encode_gemtext(const struct page *page, const struct place *place, struct buf *out)
{
	bool preformatted = false;

	(void)place;
	for (size_t i = 0; i < page->n; i++) {
		const struct line *line = &page->v[i];

		if (preformatted != (line->kind == LINE_PRE) && preformatted)
			buf_put(out, STR("```\n"));
		if (line->spaced)
			buf_char(out, '\n');
		if (preformatted != (line->kind == LINE_PRE) && !preformatted)
			buf_printf(out, "```%.*s\n", STR_ARG(line->target));
		preformatted = line->kind == LINE_PRE;
		buf_put(out, MARKS[line->kind]);
		if (line->kind == LINE_LINK)
			put_link(page, line, out);
		else {
			bool guard = preformatted
				? str_starts(line->text, STR("```"))
				: line->kind == LINE_TEXT && looks_like_mark(line->text);

			if (guard)
				buf_char(out, ' ');
			buf_put(out, line->text);
		}
		buf_char(out, '\n');
	}
	if (preformatted)
		buf_put(out, STR("```\n"));
}
