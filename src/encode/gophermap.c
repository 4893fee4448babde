/* gophermap: a menu for servers that know nothing but files. Every line has a TAB, so that none is
 * taken for a command or cut; links to the same server leave its name to it, and the closing dot,
 * too. */
#include "encode/encode.h"

/* A line of a menu (RFC 1436 section 3.8). */
struct item {
	char type;
	struct str name, selector, host, port;
};

static bool
next_item(struct str *menu, struct item *item)
{
	struct str line;

	if (menu->n == 0 || !str_cut(menu, '\n', &line))
		return false;
	if (str_ends(line, STR("\r")))
		line.n--;
	if (line.n == 0 || str_find(line, '\t') == line.n) /* the closing dot */
		return false;
	item->type = line.p[0];
	line = str_sub(line, 1, line.n);
	str_cut(&line, '\t', &item->name);
	str_cut(&line, '\t', &item->selector);
	str_cut(&line, '\t', &item->host);
	item->port = line;
	return true;
}

/* Whether the item is one of the files beside this menu. */
static bool
is_file(const struct place *place, const struct item *item)
{
	unsigned long port;
	struct str selector = item->selector;

	if (str_starts(selector, place->base))
		selector = str_sub(selector, place->base.n, selector.n);
	return str_eq(item->host, place->gopher_host) && str_number(item->port, 65535, &port) &&
		port == place->gopher_port && item->type != '7' &&
		!str_eq(selector, STR("/random"));
}

void
encode_gophermap(struct str menu, const struct place *place, struct buf *out)
{
	struct item item;

	while (next_item(&menu, &item))
		if (item.type == 'i')
			buf_printf(out, "i%.*s\t/\tnull.host\t1\n", STR_ARG(item.name));
		else if (is_file(place, &item))
			buf_printf(out, "%c%.*s\t%.*s\n", item.type, STR_ARG(item.name),
				STR_ARG(item.selector.n ? item.selector : STR("/")));
		else
			buf_printf(out, "%c%.*s\t%.*s\t%.*s\t%.*s\n", item.type, STR_ARG(item.name),
				STR_ARG(item.selector), STR_ARG(item.host), STR_ARG(item.port));
}

/* geomyidae's marks: '|' parts the pieces of a link. */
static void
put_gph(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '|')
			buf_char(out, '\\');
		buf_char(out, s.p[i]);
	}
}

void
encode_gph(struct str menu, const struct place *place, struct buf *out)
{
	struct item item;

	while (next_item(&menu, &item)) {
		if (item.type == 'i') {
			/* a 't' in front keeps a text that begins like a mark from being one */
			if (item.name.n && strchr("t[", item.name.p[0]))
				buf_char(out, 't');
			buf_printf(out, "%.*s\n", STR_ARG(item.name));
			continue;
		}
		bool file = is_file(place, &item);

		buf_printf(out, "[%c|", item.type);
		put_gph(out, item.name);
		buf_char(out, '|');
		put_gph(out, item.selector.n ? item.selector : STR("/"));
		buf_printf(out, "|%.*s|%.*s]\n", STR_ARG(file ? STR("server") : item.host),
			STR_ARG(file ? STR("port") : item.port));
	}
}
