/* page: the list of lines, and the one place where what records say is made harmless for every
 * encoder. */
#include "page/page.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "base/uri.h"
#include "base/utf8.h"

/* The text without control characters, on one line. */
static struct str
harmless(struct arena *a, struct str s)
{
	bool clean = str_find(s, '\n') == s.n;

	for (size_t at = utf8_find_special(s, 0); clean && at < s.n; at = utf8_find_special(s, at))
		clean = !utf8_is_control(utf8_next(s, &at));
	if (clean)
		return s;
	struct str copy = arena_str(a, s);

	for (size_t i = 0; i < copy.n;) {
		size_t from = i;

		if (utf8_is_control(utf8_next(copy, &i)))
			memset((char *)copy.p + from, ' ', i - from);
	}
	return copy;
}

static struct line *
add(struct page *p, enum line_kind kind, struct str text)
{
	struct line *line = vec_add(p->arena, p);

	line->kind = kind;
	line->text = harmless(p->arena, text);
	line->spaced = p->space_owed && p->n > 1;
	p->space_owed = false;
	return line;
}

void
page_add(struct page *p, enum line_kind kind, struct str text)
{
	if (text.n == 0 && kind != LINE_PRE)
		return;
	if (kind == LINE_HEAD || kind == LINE_SUBHEAD)
		page_space(p);
	add(p, kind, text);
	if (kind == LINE_TITLE)
		page_space(p);
}

/* Formats into the arena, then does what follows. */
#define FORMATTED(text, p, format) \
	struct str text; \
	do { \
		char formatted[4096]; \
		va_list args; \
		va_start(args, format); \
		vsnprintf(formatted, sizeof formatted, format, args); \
		va_end(args); \
		text = arena_str((p)->arena, str_of(formatted)); \
	} while (0)

void
page_addf(struct page *p, enum line_kind kind, const char *format, ...)
{
	FORMATTED(text, p, format);
	page_add(p, kind, text);
}

void
page_link(struct page *p, struct str target, struct str label)
{
	add(p, LINE_LINK, label)->target = harmless(p->arena, target);
}

void
page_linkf(struct page *p, struct str target, const char *format, ...)
{
	FORMATTED(label, p, format);
	page_link(p, target, label);
}

void
page_entry(struct page *p, struct str target, struct str date, struct str label)
{
	struct line *line = add(p, LINE_LINK, label);

	line->target = target;
	line->date = date;
}

void
page_ascii(struct page *p, struct str text)
{
	if (p->n)
		p->v[p->n - 1].ascii = harmless(p->arena, text);
}

void
page_paragraphs(struct page *p, struct str text)
{
	struct str paragraph;

	while (text.n && str_cut(&text, '\n', &paragraph)) {
		page_space(p);
		page_add(p, LINE_TEXT, paragraph);
	}
}

void
page_space(struct page *p)
{
	p->space_owed = true;
}

/* ---- gemtext in ---- */

/* A link of an own page: relative ones become paths of ours. */
static struct str
resolve(struct page *p, struct str reference)
{
	struct str joined, path = reference;
	struct uri u;

	if (!uri_parse(reference, &u))
		return STR("");
	if (u.scheme.n)
		return reference;
	if (u.has_authority)
		return arena_printf(p->arena, "gemini:%.*s", STR_ARG(reference));
	if (u.path.n == 0)
		path = p->path;
	else if (u.path.p[0] != '/')
		path = arena_printf(p->arena, "%.*s%.*s", (int)(str_find_last(p->path, '/') + 1),
			p->path.p, STR_ARG(u.path));
	else
		path = u.path;
	if (!uri_resolve_path(p->arena, path, &joined))
		return STR("");
	return u.has_query ? arena_printf(p->arena, "%.*s?%.*s", STR_ARG(joined), STR_ARG(u.query))
			   : joined;
}

static void
add_link_line(struct page *p, struct str rest)
{
	struct str reference, target;

	if (!str_word(&rest, &reference))
		return;
	target = resolve(p, reference);
	rest = str_trim(rest);
	if (target.n)
		page_link(p, target, rest.n ? rest : reference);
	else /* it leads nowhere, but its words are still there to be read */
		page_add(p, LINE_TEXT, rest.n ? rest : reference);
}

static const struct mark {
	struct str mark;
	enum line_kind kind;
} MARKS[] = {
	{ STR_INIT("###"), LINE_SUBHEAD },
	{ STR_INIT("##"), LINE_HEAD },
	{ STR_INIT("#"), LINE_TITLE },
	{ STR_INIT("* "), LINE_ITEM },
	{ STR_INIT(">"), LINE_QUOTE },
};

/* TABs as blanks up to the next eighth column. */
static struct str
without_tabs(struct arena *a, struct str s)
{
	struct buf out = { 0 };

	if (str_find(s, '\t') == s.n)
		return s;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\t')
			buf_char(&out, s.p[i]);
		else
			do
				buf_char(&out, ' ');
			while (utf8_width(buf_str(&out)) % 8);
	struct str plain = arena_str(a, buf_str(&out));

	buf_end(&out);
	return plain;
}

static void
add_line(struct page *p, struct str line)
{
	if (str_trim(line).n == 0) {
		page_space(p);
		return;
	}
	if (str_starts(line, STR("=>"))) {
		add_link_line(p, str_sub(line, 2, line.n));
		return;
	}
	for (size_t i = 0; i < COUNT(MARKS); i++)
		if (str_starts(line, MARKS[i].mark)) {
			page_add(
				p, MARKS[i].kind, str_trim(str_sub(line, MARKS[i].mark.n, line.n)));
			return;
		}
	page_add(p, LINE_TEXT, str_trim(line));
}

void
page_gemtext(struct page *p, struct str bytes)
{
	struct str line, about = STR("");
	bool preformatted = false;

	while (str_cut(&bytes, '\n', &line)) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (str_starts(line, STR("```"))) {
			preformatted = !preformatted;
			about = str_trim(str_sub(line, 3, line.n));
		} else if (!preformatted)
			add_line(p, line);
		else if (line.n || bytes.p) {
			page_add(p, LINE_PRE, without_tabs(p->arena, line));
			p->v[p->n - 1].target = about;
			about = STR("");
		}
	}
}

/* ---- fitting ---- */

/* s in at most `most` bytes, cut between words where it can. */
static struct str
cut_bytes(struct arena *a, struct str s, size_t most)
{
	static const struct str ELLIPSIS = STR_INIT("…");
	size_t cut = 0, word = 0, at = 0;

	if (s.n <= most)
		return s;
	while (at + ELLIPSIS.n <= most) {
		cut = at;
		if (s.p[at] == ' ')
			word = at;
		utf8_next(s, &at);
	}
	if (word > cut / 2)
		cut = word;
	return arena_printf(a, "%.*s%s", (int)cut, s.p, ELLIPSIS.p);
}

/* Bytes of the page as gemtext, never less, were no line of these kinds longer than `longest`. */
static size_t
size_with(const struct page *p, bool links, size_t longest)
{
	enum { EXTRA = 8 }; /* "=> ", the blank, "..", ends of lines */
	size_t size = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct line *line = &p->v[i];
		bool cut = (line->kind == LINE_LINK) == links && line->text.n > longest;

		size += line->target.n + line->date.n + (cut ? longest : line->text.n) + EXTRA;
	}
	return size;
}

static void
shorten(struct page *p, bool links, size_t most)
{
	enum { LONGEST = 4096, SHORTEST = 48 };
	size_t longest = LONGEST;

	while (longest > SHORTEST && size_with(p, links, longest) > most)
		longest -= longest / 16;
	for (size_t i = 0; i < p->n; i++)
		if ((p->v[i].kind == LINE_LINK) == links && p->v[i].kind != LINE_PRE)
			p->v[i].text = cut_bytes(p->arena, p->v[i].text, longest);
}

/* Links with long addresses become text, from the last on: the record has them all. */
static void
drop_addresses(struct page *p, size_t most)
{
	enum { LONG = 200 };
	size_t size = size_with(p, true, SIZE_MAX);

	for (size_t i = p->n; i-- > 0 && size > most;)
		if (p->v[i].kind == LINE_LINK && p->v[i].target.n > LONG) {
			size -= p->v[i].target.n;
			p->v[i].kind = LINE_TEXT;
			p->v[i].target = STR("");
		}
}

void
page_fit(struct page *p, size_t most)
{
	if (size_with(p, true, SIZE_MAX) <= most)
		return;
	shorten(p, true, most);
	if (size_with(p, true, SIZE_MAX) > most)
		shorten(p, false, most);
	if (size_with(p, true, SIZE_MAX) > most)
		drop_addresses(p, most);
}
