/* menu: a page as a Gopher menu (RFC 1436 section 3.8). Texts are info lines that every client
 * shows whole on 80 columns; a link whose name is too wide is shortened, and its full name stands
 * beneath. */
#include "base/uri.h"
#include "base/utf8.h"
#include "encode/encode.h"
#include "encode/wrap.h"
#include "page/route.h"

enum { INFO_COLUMNS = 67, NAME_COLUMNS = 66 };

void
encode_info(struct buf *out, struct str text)
{
	buf_printf(out, "i%.*s\t\tnull.host\t1\r\n", STR_ARG(text));
}

void
encode_menu_end(struct buf *out)
{
	buf_put(out, STR(".\r\n"));
}

/* Info lines: the first begins with `first`, the others with as many blanks. */
static void
put_info(struct arena *a, struct buf *out, struct str first, struct str text)
{
	size_t indent = utf8_width(first);
	struct str line, lead = first;
	char *blanks = arena_alloc(a, indent + 1);

	memset(blanks, ' ', indent);
	while (wrap_line(a, &text, INFO_COLUMNS - indent, &line)) {
		encode_info(out, arena_printf(a, "%.*s%.*s", STR_ARG(lead), STR_ARG(line)));
		lead = (struct str){ blanks, indent };
	}
}

static void
put_title(struct arena *a, struct buf *out, struct str text)
{
	size_t width = utf8_width(text) < INFO_COLUMNS ? utf8_width(text) : INFO_COLUMNS;
	char *rule = arena_alloc(a, width + 1);

	memset(rule, '=', width);
	put_info(a, out, STR(""), text);
	encode_info(out, (struct str){ rule, width });
}

static void
put_pre(struct arena *a, struct buf *out, struct str text)
{
	struct str line;

	if (text.n == 0)
		encode_info(out, text);
	while (wrap_cut(&text, INFO_COLUMNS, &line))
		encode_info(out, line);
	(void)a;
}

/* ---- links ---- */

/* Where a link leads, as Gopher says it. */
struct way {
	char type;
	struct str selector, host;
	unsigned port;
};

struct str
encode_selector(struct arena *a, struct str path)
{
	size_t question = str_find(path, '?');
	struct str file = str_sub(path, 0, question), query = str_sub(path, question, path.n);

	if (!str_ends(file, STR(".gmi")))
		return path;
	file.n -= 4;
	if (str_ends(file, STR("/index")))
		file.n -= 6;
	return arena_printf(a, "%.*s%.*s", STR_ARG(file), STR_ARG(query));
}

/* A selector that a menu can hold. */
static bool
fits_selector(struct str s, bool ascii)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f || (ascii && c >= 0x80))
			return false;
	}
	return true;
}

/* A gopher:// URL (RFC 4266): /, an item type, the selector, whose '?' is part of it. */
static bool
gopher_way(struct arena *a, const struct place *place, const struct uri *u, struct way *way)
{
	unsigned long port = 70;
	struct str path = u->path;

	if (u->has_query)
		path = arena_printf(a, "%.*s?%.*s", STR_ARG(u->path), STR_ARG(u->query));
	if (!str_eq_nocase(u->scheme, STR("gopher")) || !uri_decode(a, path, &path) ||
		(u->port.n && !str_number(u->port, 65535, &port)))
		return false;
	char type = path.n > 1 ? path.p[1] : '1';

	/* a line of type 3 or i would not be a link */
	if (!strchr("012456789TgIhdsp;:", type) || !fits_selector(path, place->ascii))
		return false;
	*way = (struct way){ type, str_sub(path, 2, path.n), u->host, (unsigned)port };
	return true;
}

static struct way
way_to(struct arena *a, const struct place *place, struct str target)
{
	struct way way = { 'h', STR(""), place->gopher_host, place->gopher_port };
	struct uri u;

	if (target.n && target.p[0] == '/') {
		way.type = route_type(target);
		way.selector = encode_selector(a, target);
		if (place->base.n)
			way.selector = arena_printf(
				a, "%.*s%.*s", STR_ARG(place->base), STR_ARG(way.selector));
		if (way.type == '7' && str_find(target, '?') < target.n)
			way.type = '1'; /* the words are there already */
		return way;
	}
	if (uri_parse(target, &u) && gopher_way(a, place, &u, &way))
		return way;
	way.selector = arena_printf(a, "URL:%.*s", STR_ARG(target));
	return way;
}

static struct str
link_name(struct arena *a, const struct line *line)
{
	return line->date.n ? arena_printf(a, "%.*s %.*s", STR_ARG(line->date), STR_ARG(line->text))
			    : line->text;
}

static void
put_link(struct arena *a, const struct place *place, struct buf *out, const struct line *line)
{
	struct way way = way_to(a, place, line->target);
	struct str name = link_name(a, line), rest = name, shown;
	bool whole = utf8_width(name) <= NAME_COLUMNS;

	if (!whole && wrap_line(a, &rest, NAME_COLUMNS - 3, &shown))
		shown = arena_printf(a, "%.*s%s", STR_ARG(shown), place->ascii ? "..." : "…");
	buf_printf(out, "%c%.*s\t%.*s\t%.*s\t%u\r\n", way.type, STR_ARG(whole ? name : shown),
		STR_ARG(way.selector), STR_ARG(way.host), way.port);
	if (!whole)
		put_info(a, out, STR("    "), name);
}

static void
put_line(struct arena *a, const struct place *place, struct buf *out, const struct line *line)
{
	switch (line->kind) {
	case LINE_TITLE:
		put_title(a, out, line->text);
		break;
	case LINE_HEAD:
		put_info(a, out, STR("--- "), line->text);
		break;
	case LINE_SUBHEAD:
		put_info(a, out, STR("-- "), line->text);
		break;
	case LINE_ITEM:
		put_info(a, out, STR("* "), line->text);
		break;
	case LINE_QUOTE:
		put_info(a, out, STR("> "), line->text);
		break;
	case LINE_PRE:
		put_pre(a, out, line->text);
		break;
	case LINE_LINK:
		put_link(a, place, out, line);
		break;
	default:
		put_info(a, out, STR(""), line->text);
	}
}

void
encode_menu(const struct page *page, const struct place *place, struct buf *out)
{
	for (size_t i = 0; i < page->n; i++) {
		if (page->v[i].spaced)
			encode_info(out, STR(""));
		put_line(page->arena, place, out, &page->v[i]);
	}
	encode_menu_end(out);
}
