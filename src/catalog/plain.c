/* plain: a cursor that stands at the first word of a line, or behind "key: " or "- " in it.
 * Whatever is not surely of the plain form makes the walk give up; it reports nothing. */
#include "catalog/plain.h"

#include "base/utf8.h"

/* A map of more keys is left to libyaml, as keys are compared one by one. */
enum { KEYS_MOST = 64, KEY_LONGEST = 128 };

struct walk {
	struct arena *arena;
	bool in_place;
	const char *p, *end;
	const char *line_begin;
	int line;   /* from 1 */
	int indent; /* blanks before the first word of the line; -1: no lines are left */
	int depth;
};

static int
column(const struct walk *w)
{
	return (int)(w->p - w->line_begin) + 1;
}

/* From the begin of a line to the first word of it, or of one that follows. */
static void
find_word(struct walk *w)
{
	while (w->p < w->end) {
		w->line_begin = w->p;
		while (w->p < w->end && *w->p == ' ')
			w->p++;
		if (w->p < w->end && *w->p != '\n' && *w->p != '#') {
			w->indent = column(w) - 1;
			return;
		}
		w->p += str_find((struct str){ w->p, (size_t)(w->end - w->p) }, '\n');
		if (w->p < w->end)
			w->p++;
		w->line++;
	}
	w->indent = -1;
}

static const char *
line_end(const struct walk *w)
{
	const char *end = memchr(w->p, '\n', (size_t)(w->end - w->p));

	return end ? end : w->end;
}

/* Over the end of the line, where w->p stands, to the next word. */
static void
next_line(struct walk *w)
{
	if (w->p < w->end)
		w->p++;
	w->line++;
	find_word(w);
}

static struct node *
node_at(const struct walk *w, enum node_kind kind)
{
	struct node *node = arena_new(w->arena, struct node);

	node->kind = kind;
	node->line = w->line;
	node->column = column(w);
	return node;
}

static void
keep_text(const struct walk *w, struct node *node, struct str text)
{
	node->text = w->in_place ? text : arena_str(w->arena, text);
}

static bool
is_key_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_';
}

/* The length of the key that stands here; 0 when none does. */
static size_t
key_length(const struct walk *w)
{
	size_t n = 0, most = (size_t)(w->end - w->p);

	if (most > KEY_LONGEST)
		most = KEY_LONGEST;
	while (n < most && (is_key_letter(w->p[n]) || (n && (w->p[n] == '-' || w->p[n] == ' '))))
		n++;
	if (n == most || n == 0 || w->p[n] != ':' || w->p[n - 1] == ' ' ||
		(w->p + n + 1 < w->end && w->p[n + 1] != ' ' && w->p[n + 1] != '\n'))
		return 0;
	return n;
}

static bool
is_list_item(const struct walk *w)
{
	return w->end - w->p > 1 && w->p[0] == '-' && w->p[1] == ' ';
}

/* ---- texts ---- */

/* Lines without an empty one as one: a newline and the blanks around it become a blank. */
static void
fold_text(const struct walk *w, struct node *node, struct str text)
{
	if (str_find(text, '\n') == text.n) {
		keep_text(w, node, text);
		return;
	}
	char *p = arena_alloc(w->arena, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\n') {
			while (p[n - 1] == ' ')
				n--;
			p[n++] = ' ';
			while (text.p[i + 1] == ' ')
				i++;
		} else
			p[n++] = text.p[i];
	node->text = (struct str){ p, n };
}

static bool
is_blank(struct str s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] == ' ')
		i++;
	return i == s.n;
}

/* Between quotes without any escape, and nothing behind them. Further lines are indented. */
static bool
quoted(struct walk *w, struct node *node)
{
	char quote = *w->p++;
	struct str rest = { w->p, (size_t)(w->end - w->p) },
		   text = str_sub(rest, 0, str_find(rest, quote)), lines = text, line;

	if (text.n == rest.n || (quote == '"' && str_find(text, '\\') < text.n))
		return false;
	if (str_find(text, '\n') < text.n)
		while (str_cut(&lines, '\n', &line)) {
			if (is_blank(line) || (line.p != text.p && *line.p != ' '))
				return false;
			if (line.p != text.p)
				w->line++;
		}
	fold_text(w, node, text);
	w->p = text.p + text.n + 1;
	rest = (struct str){ w->p, (size_t)(line_end(w) - w->p) };
	w->p += rest.n;
	return is_blank(rest);
}

/* How much of the line from here to `end` is text without quotes; 0 when it may be something else.
 */
static size_t
unquoted_length(const char *p, const char *end)
{
	if (memchr("-?:,[]{}#&*!|>'\"%@`", *p, 19))
		return 0;
	while (end[-1] == ' ')
		end--;
	if (end[-1] == ':')
		return 0;
	for (const char *at = p; (at = memchr(at, ':', (size_t)(end - at))); at++)
		if (at[1] == ' ')
			return 0;
	for (const char *at = p; (at = memchr(at, '#', (size_t)(end - at))); at++)
		if (at[-1] == ' ')
			return 0;
	return (size_t)(end - p);
}

/* A text without quotes and the deeper lines that go on with it. */
static bool
unquoted(struct walk *w, int indent, struct node *node)
{
	struct str text = { w->p, 0 };

	for (;;) {
		const char *end = line_end(w), *next = end;
		size_t n = unquoted_length(w->p, end);

		if (n == 0)
			return false;
		text.n = (size_t)(w->p + n - text.p);
		if (next < w->end)
			next++;
		while (next < w->end && *next == ' ')
			next++;
		if (next == w->end || *next == '\n' || *next == '#' || next - end - 1 <= indent) {
			w->p = end;
			break;
		}
		w->p = next;
		w->line++;
	}
	fold_text(w, node, text);
	return true;
}

/* Takes the next line of a block off *rest, without the `deep` blanks that it begins with, which an
 * empty one need not have all; false when the block ends before it. */
static bool
block_line(struct str *rest, size_t deep, struct str *line)
{
	size_t n = str_find(*rest, '\n'), blanks = 0;

	while (blanks < deep && blanks < n && rest->p[blanks] == ' ')
		blanks++;
	if (rest->n == 0 || (blanks < deep && blanks < n))
		return false;
	*line = str_sub(*rest, blanks, n);
	*rest = str_sub(*rest, n + 1, rest->n);
	return true;
}

/* A block after '|', deeper than `indent`. Its first line says how deep; empty lines at its end do
 * not count. */
static bool
block(struct walk *w, int indent, struct node *node)
{
	struct str all = { w->p, (size_t)(w->end - w->p) }, rest, line;
	size_t deep = 0, n = 0, kept = 0;

	if (!str_starts(all, STR("|\n")))
		return false;
	all = rest = str_sub(all, 2, all.n);
	while (deep < all.n && all.p[deep] == ' ')
		deep++;
	if (deep == all.n || all.p[deep] == '\n' || deep <= (size_t)indent)
		return false;
	while (block_line(&rest, deep, &line))
		w->line++;
	all = str_sub(all, 0, all.n - rest.n);
	w->p = all.p + all.n - str_ends(all, STR("\n"));

	char *p = arena_alloc(w->arena, all.n + 1);

	while (block_line(&all, deep, &line)) {
		if (line.n)
			memcpy(p + n, line.p, line.n);
		n += line.n;
		if (line.p + line.n < w->end)
			p[n++] = '\n';
		if (line.n)
			kept = n;
	}
	node->literal = true;
	node->text = (struct str){ p, kept };
	return true;
}

/* The text that stands here, in a list or map `indent` deep; then the next line. */
static struct node *
text(struct walk *w, int indent)
{
	struct node *node = node_at(w, NODE_TEXT);
	bool good = *w->p == '|'                ? block(w, indent, node)
		: *w->p == '"' || *w->p == '\'' ? quoted(w, node)
						: unquoted(w, indent, node);

	if (good)
		next_line(w);
	/* a deeper line would go on with it */
	return good && w->indent <= indent ? node : NULL;
}

/* ---- lists and maps ---- */

static struct node *map(struct walk *w, int indent);

/* The list whose first item stands here, `indent` deep in its line. */
static struct node *
list(struct walk *w, int indent)
{
	struct node *node = node_at(w, NODE_LIST), **tail = &node->kids;

	if (++w->depth > YAML_DEPTH)
		return NULL;
	while (w->indent == indent && is_list_item(w)) {
		do
			w->p++;
		while (w->p < w->end && *w->p == ' ');
		if (w->p == w->end || *w->p == '\n')
			return NULL;
		*tail = key_length(w) ? map(w, column(w) - 1) : text(w, indent);
		if (!*tail)
			return NULL;
		tail = &(*tail)->next;
	}
	w->depth--;
	return node;
}

/* What stands behind "key:" in a map `indent` deep. */
static struct node *
value(struct walk *w, int indent)
{
	struct node *node;

	while (w->p < w->end && *w->p == ' ')
		w->p++;
	if (w->p < w->end && *w->p != '\n')
		return text(w, indent);
	while (w->p[-1] == ' ')
		w->p--;
	node = node_at(w, NODE_TEXT);
	node->text = STR("");
	w->p = line_end(w);
	next_line(w);
	if (w->indent >= indent && is_list_item(w))
		return list(w, w->indent);
	if (w->indent > indent)
		return key_length(w) ? map(w, w->indent) : NULL;
	return node;
}

/* Whether the key is among those of the map, or those are too many. */
static bool
is_among(const struct node *map, struct str text)
{
	size_t n = 0;

	for (const struct node *key = map->kids; key; key = key->next->next)
		if (++n == KEYS_MOST || (key->text.p[0] == text.p[0] && str_eq(key->text, text)))
			return true;
	return false;
}

/* The map whose first key stands here, `indent` deep. */
static struct node *
map(struct walk *w, int indent)
{
	struct node *node = node_at(w, NODE_MAP), **tail = &node->kids;
	size_t n;

	if (++w->depth > YAML_DEPTH)
		return NULL;
	w->indent = indent; /* behind "- " it stands where a line of its own would begin */
	while (w->indent == indent) {
		if (!(n = key_length(w)) || is_among(node, (struct str){ w->p, n }))
			return NULL;
		struct node *key = node_at(w, NODE_TEXT);

		keep_text(w, key, (struct str){ w->p, n });
		w->p += n + 1;
		key->next = value(w, indent);
		if (!key->next)
			return NULL;
		*tail = key;
		tail = &key->next->next;
	}
	w->depth--;
	return node;
}

struct node *
plain_parse(struct arena *a, struct str bytes, bool in_place)
{
	struct walk w = { .arena = a, .in_place = in_place, .p = bytes.p, .line = 1 };

	if (bytes.n == 0)
		return NULL;
	w.end = bytes.p + bytes.n;
	/* libyaml refuses some characters that begin with 0xef */
	for (size_t i = 0; (i = utf8_find_special(bytes, i)) < bytes.n; i++)
		if ((unsigned char)bytes.p[i] < 0x80 || (unsigned char)bytes.p[i] == 0xef)
			return NULL;
	find_word(&w);
	if (w.indent != 0 || !key_length(&w))
		return NULL;
	struct node *root = map(&w, 0);

	return root && w.indent == -1 ? root : NULL;
}
