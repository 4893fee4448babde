/* yaml: libyaml's events into nodes. Two passes: the first looks at the characters (and blanks out
 * the forbidden ones, so that the second finds what else is wrong), the second at the structure. A
 * file without mistakes and of the plain form never comes to libyaml. */
#include "catalog/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unictype.h>
#include <yaml.h>

#include "base/map.h"
#include "base/utf8.h"
#include "catalog/plain.h"

void
reader_problem(struct reader *r, enum severity severity, int line, int column, struct str field,
	const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	problem_add(r->problems, severity, r->path, line, column, field, "%s", text);
}

#define error_at(r, line, column, field, ...) \
	reader_problem(r, PROBLEM_ERROR, line, column, field, __VA_ARGS__)

/* ---- characters ---- */

enum { JOINERS_FROM = 0x200c, JOINERS_TO = 0x200d };

/* A letter, a mark, or a part of an emoji: what a joiner may stand between. */
static bool
may_be_joined(int32_t c)
{
	return c > 0 &&
		uc_is_general_category_withtable((ucs4_t)c,
			UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_So |
				UC_CATEGORY_MASK_Sk);
}

static const char *
wrong_character(int32_t before, int32_t c, int32_t after)
{
	if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && !(c == '\r' && after == '\n')) ||
		(c >= 0x80 && c < 0xa0))
		return "control character";
	if (c == 0xfeff)
		return "byte order mark or zero-width character";
	if (c == 0x2028 || c == 0x2029)
		return "line separator";
	if (c >= JOINERS_FROM && c <= JOINERS_TO && may_be_joined(before) && may_be_joined(after))
		return NULL;
	if ((c >= 0x200b && c <= 0x200d) || c == 0x2060)
		return "zero-width character";
	if (utf8_is_hidden(c))
		return "bidi or invisible control character";
	return NULL;
}

/* Where the walk over a text has come to, for telling where something stands. */
struct place {
	size_t at;
	int line, column;
	bool begun; /* whether anything but blanks stands before it in its line */
};

static const struct place TOP = { .line = 1, .column = 1 };

static void
go_to(struct place *place, struct str s, size_t at)
{
	for (; place->at < at; place->at++) {
		unsigned char c = (unsigned char)s.p[place->at];

		if (c == '\n') {
			place->line++;
			place->column = 1;
		} else if ((c & 0xc0) != 0x80)
			place->column++;
		place->begun = c != '\n' && (place->begun || c != ' ');
	}
}

/* Reports every forbidden character of s, which begins at `place`. The text without them: blanks
 * stand in their places, in `blanked` if there is any. */
static struct str
look_at_characters(
	struct reader *r, struct str s, struct place place, bool as_written, struct buf *blanked)
{
	int32_t before = 0, c = 0;
	size_t kept = 0; /* before it, all has gone to `blanked` */

	for (size_t from = 0, at; (from = utf8_find_special(s, from)) < s.n;
		from = at, before = c) {
		size_t peek = at = from;

		if (from && (unsigned char)s.p[from - 1] < 0x80)
			before = (unsigned char)s.p[from - 1];
		c = utf8_next(s, &at);
		peek = at;
		const char *wrong = wrong_character(before, c, at < s.n ? utf8_next(s, &peek) : 0);

		if (!wrong)
			continue;
		if (as_written)
			go_to(&place, s, from);
		error_at(r, place.line, place.column, STR(""), "U+%04X is a %s%s; remove it",
			(unsigned)c, wrong, as_written ? "" : " (written as an escape)");
		buf_put(blanked, str_sub(s, kept, from));
		/* before the first word of a line a blank would be indentation */
		if (!as_written || place.begun)
			buf_char(blanked, ' ');
		kept = at;
		if (as_written) {
			place.at = at;
			place.column++;
		}
	}
	if (kept == 0)
		return s;
	buf_put(blanked, str_sub(s, kept, s.n));
	return buf_str(blanked);
}

/* Whether the bytes are UTF-8; else says where they are not. */
static bool
is_utf8(struct reader *r, struct str s)
{
	struct place place = TOP;
	size_t bad = utf8_bad(s);

	if (bad == s.n)
		return true;
	go_to(&place, s, bad);
	error_at(r, place.line, place.column, STR(""),
		"byte 0x%02X is not UTF-8; save the file as UTF-8",
		(unsigned)(unsigned char)s.p[bad]);
	return false;
}

/* ---- what libyaml says, in words for an editor ---- */

static const char AFTER_QUOTE[] =
	"the text goes on behind its closing quote; inside single quotes write '' for an "
	"apostrophe, inside double quotes \\\" for a quote";

/* Where a mistake stands: where libyaml says; where the context began; where libyaml says, and the
 * row is for a place behind other text of its line alone. */
enum where { HERE, AT_CONTEXT, MID_LINE };

static const struct saying {
	const char *context, *problem; /* prefixes of libyaml's words; NULL: any */
	const char *ours;
	enum where where;
} SAYINGS[] = {
	// clang-format off
	{ "while scanning a quoted scalar", "found unexpected end of stream", "the quote that opens here is never closed; close it with the same quote", AT_CONTEXT },
	{ "while scanning a quoted scalar", "found unexpected document indicator", "the quote that opens here is not closed before a line '---' or '...'", AT_CONTEXT },
	{ NULL, "found unknown escape character", "unknown escape after '\\'; inside double quotes write \\\\ for a backslash, or use single quotes", HERE },
	{ NULL, "mapping values are not allowed", "': ' in the middle of a text, or a key indented too far; put the text in double quotes or mend the indentation", HERE },
	{ NULL, "found character that cannot start any token", "a text cannot begin with this character; put the text in double quotes", HERE },
	{ NULL, "could not find expected ':'", "this line is neither 'key: value' nor '- item'; add what it lacks, or indent it further to go on with the text before it", AT_CONTEXT },
	{ "while parsing a block mapping", "did not find expected key", AFTER_QUOTE, MID_LINE },
	{ "while parsing a block mapping", "did not find expected key", "no 'key: value' stands here; check the indentation of this line and the quotes of the one before", HERE },
	{ "while parsing a block collection", NULL, AFTER_QUOTE, MID_LINE },
	{ "while parsing a block collection", NULL, "no '- item' stands here; check the indentation", HERE },
	{ "while parsing a flow sequence", NULL, "the list that opens with '[' needs ',' between items and ']' at its end", AT_CONTEXT },
	{ "while parsing a flow mapping", NULL, "the map that opens with '{' needs ',' between pairs and '}' at its end", AT_CONTEXT },
	{ "while scanning a block scalar", NULL, "the text block after '|' or '>' is not well indented; indent all its lines alike, with blanks", HERE },
	{ "while parsing a tag", NULL, "tags ('!') are not allowed; remove it", AT_CONTEXT },
	{ "while scanning a tag", NULL, "tags ('!') are not allowed; remove it", AT_CONTEXT },
	{ "while scanning a directive", NULL, "directives ('%') are not allowed; put the text in quotes", AT_CONTEXT },
	{ "while scanning an anchor", NULL, "anchors ('&') are not allowed; put the text in quotes", AT_CONTEXT },
	{ "while scanning an alias", NULL, "aliases ('*') are not allowed; put the text in quotes", AT_CONTEXT },
	{ NULL, "found undefined tag handle", "tags ('!') are not allowed; remove it", HERE },
	{ NULL, "did not find expected <document start>", "this line stands left of the first key, or behind the end of the record; indent all keys alike and remove any '...' line", HERE },
	{ NULL, "found duplicate %", "directives ('%') are not allowed; remove it", HERE },
	// clang-format on
};

static bool
begins(const char *said, const char *prefix)
{
	return !prefix || (said && strncmp(said, prefix, strlen(prefix)) == 0);
}

/* Whether the line (from 1) begins with blanks among which is a TAB; *column is then the TAB's. */
static bool
tab_indented(struct str bytes, int line, int *column)
{
	struct str text = { NULL, 0 };

	for (int i = 0; i < line; i++)
		if (!str_cut(&bytes, '\n', &text))
			return false;
	for (size_t i = 0; i < text.n && (text.p[i] == ' ' || text.p[i] == '\t'); i++)
		if (text.p[i] == '\t') {
			*column = (int)i + 1;
			return true;
		}
	return false;
}

/* Whether anything but blanks, '-' and '?' stands before that place in its line. */
static bool
is_mid_line(struct str bytes, int line, int column)
{
	struct str text = { NULL, 0 };

	for (int i = 0; i < line; i++)
		if (!str_cut(&bytes, '\n', &text))
			return false;
	for (size_t at = 0; at < text.n && column > 1; column--) {
		int32_t c = utf8_next(text, &at);

		if (c != ' ' && c != '-' && c != '?')
			return true;
	}
	return false;
}

static void
say_syntax(struct reader *r, struct str bytes, const yaml_parser_t *parser)
{
	int line = (int)parser->problem_mark.line + 1,
	    column = (int)parser->problem_mark.column + 1;
	int tab;

	if (tab_indented(bytes, line, &tab)) {
		error_at(r, line, tab, STR(""), "TAB used for indentation; indent with spaces");
		return;
	}
	for (size_t i = 0; i < COUNT(SAYINGS); i++) {
		const struct saying *s = &SAYINGS[i];

		if (!begins(parser->context, s->context) || !begins(parser->problem, s->problem) ||
			(s->where == MID_LINE && !is_mid_line(bytes, line, column)))
			continue;
		if (s->where == AT_CONTEXT && parser->context) {
			line = (int)parser->context_mark.line + 1;
			column = (int)parser->context_mark.column + 1;
		}
		error_at(r, line, column, STR(""), "%s", s->ours);
		return;
	}
	error_at(r, line, column, STR(""), "not YAML: %s; check indentation and quotes",
		parser->problem ? parser->problem : "unreadable");
}

/* ---- structure ---- */

struct tree {
	struct reader *reader;
	yaml_parser_t parser;
	struct str bytes;
	bool broken; /* libyaml gave up */
};

static bool
next_event(struct tree *t, yaml_event_t *event)
{
	if (yaml_parser_parse(&t->parser, event))
		return true;
	say_syntax(t->reader, t->bytes, &t->parser);
	t->broken = true;
	return false;
}

static struct node *
node_new(struct tree *t, enum node_kind kind, const yaml_event_t *event)
{
	struct node *node = arena_new(t->reader->arena, struct node);

	node->kind = kind;
	node->line = (int)event->start_mark.line + 1;
	node->column = (int)event->start_mark.column + 1;
	return node;
}

/* What libyaml makes of '!!'. */
static const char YAML_TAG[] = "tag:yaml.org,2002:";

static void
refuse_decoration(
	struct tree *t, const struct node *node, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		error_at(t->reader, node->line, node->column, STR(""),
			"anchors ('&%.40s') are not allowed; write the value where it is needed",
			(const char *)anchor);
	if (tag && begins((const char *)tag, YAML_TAG))
		error_at(t->reader, node->line, node->column, STR(""),
			"tags ('!!%.40s') are not allowed; every value is text, remove the tag",
			(const char *)tag + sizeof YAML_TAG - 1);
	else if (tag)
		error_at(t->reader, node->line, node->column, STR(""),
			"tags ('%.40s') are not allowed; every value is text, remove the tag",
			(const char *)tag);
}

static struct node *
text_node(struct tree *t, const yaml_event_t *event)
{
	struct reader *r = t->reader;
	struct node *node = node_new(t, NODE_TEXT, event);
	struct str text = { (const char *)event->data.scalar.value, event->data.scalar.length };

	refuse_decoration(t, node, event->data.scalar.anchor, event->data.scalar.tag);
	node->literal = event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE;
	if (event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE) {
		struct buf blanked = { 0 };

		text = look_at_characters(r, text,
			(struct place){ .line = node->line, .column = node->column }, false,
			&blanked);
		node->text = arena_str(r->arena, text);
		buf_end(&blanked);
	} else
		node->text = arena_str(r->arena, text);
	return node;
}

static struct node *branch(struct tree *t, const yaml_event_t *event, int depth);

/* The node that begins with the event; NULL when the file broke off. */
static struct node *
node_of(struct tree *t, const yaml_event_t *event, int depth)
{
	if (event->type == YAML_SCALAR_EVENT)
		return text_node(t, event);
	if (event->type != YAML_ALIAS_EVENT)
		return branch(t, event, depth + 1);
	struct node *node = node_new(t, NODE_TEXT, event);

	error_at(t->reader, node->line, node->column, STR(""),
		"aliases ('*%.40s') are not allowed; write the value out",
		(const char *)event->data.alias.anchor);
	return node;
}

static void
refuse_duplicates(struct tree *t, const struct node *map)
{
	struct map seen = { 0 };

	for (const struct node *key = map->kids; key; key = key->next->next) {
		if (key->kind != NODE_TEXT)
			continue;
		size_t *line = map_at(t->reader->arena, &seen, key->text);

		if (*line == (size_t)MAP_NONE)
			*line = (size_t)key->line;
		else
			error_at(t->reader, key->line, key->column, key->text,
				"this key stands in line %zu already; keep one of the two", *line);
	}
}

/* A list or map with all beneath it. Deeper than YAML_DEPTH its children are read and dropped. */
static struct node *
branch(struct tree *t, const yaml_event_t *begin, int depth)
{
	bool is_map = begin->type == YAML_MAPPING_START_EVENT;
	struct node *node = node_new(t, is_map ? NODE_MAP : NODE_LIST, begin), **tail = &node->kids;

	if (is_map)
		refuse_decoration(
			t, node, begin->data.mapping_start.anchor, begin->data.mapping_start.tag);
	else
		refuse_decoration(
			t, node, begin->data.sequence_start.anchor, begin->data.sequence_start.tag);
	if (depth == YAML_DEPTH + 1)
		error_at(t->reader, node->line, node->column, STR(""),
			"nested too deep; a record has at most %d levels", YAML_DEPTH);
	for (;;) {
		yaml_event_t event;

		if (!next_event(t, &event))
			return NULL;
		bool end = event.type == YAML_MAPPING_END_EVENT ||
			event.type == YAML_SEQUENCE_END_EVENT;
		struct node *kid = end ? NULL : node_of(t, &event, depth);

		yaml_event_delete(&event);
		if (!kid)
			break;
		if (depth <= YAML_DEPTH) {
			*tail = kid;
			tail = &kid->next;
		}
	}
	if (t->broken)
		return NULL;
	if (is_map)
		refuse_duplicates(t, node);
	return node;
}

/* The one document of the stream. */
static struct node *
document(struct tree *t)
{
	struct node *root = NULL;
	yaml_event_t event;
	int documents = 0;

	while (next_event(t, &event)) {
		bool end = event.type == YAML_STREAM_END_EVENT;

		if (event.type == YAML_DOCUMENT_START_EVENT && ++documents == 2) {
			error_at(t->reader, (int)event.start_mark.line + 1,
				(int)event.start_mark.column + 1, STR(""),
				"a second document begins here; one file holds one record, remove "
				"the '---'");
			end = true;
		} else if (event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT ||
			event.type == YAML_SEQUENCE_START_EVENT ||
			event.type == YAML_MAPPING_START_EVENT)
			root = node_of(t, &event, 0);
		yaml_event_delete(&event);
		if (end || t->broken)
			break;
	}
	return t->broken ? NULL : root;
}

bool
reader_characters(struct reader *r, struct str bytes)
{
	size_t errors = r->problems->errors;
	struct buf blanked = { 0 };

	if (is_utf8(r, bytes))
		look_at_characters(r, bytes, TOP, true, &blanked);
	buf_end(&blanked);
	return r->problems->errors == errors;
}

static struct node *
parse(struct reader *r, struct str bytes, bool in_place)
{
	struct tree t = { .reader = r };
	struct buf blanked = { 0 };
	struct node *root = NULL;

	if (bytes.n > YAML_MOST) {
		error_at(r, 1, 1, STR(""), "the file has %zu bytes; a record has at most %d",
			bytes.n, YAML_MOST);
		return NULL;
	}
	if (!is_utf8(r, bytes))
		return NULL;
	t.bytes = look_at_characters(r, bytes, TOP, true, &blanked);
	if (t.bytes.p == bytes.p && (root = plain_parse(r->arena, bytes, in_place)))
		return root;
	if (!yaml_parser_initialize(&t.parser))
		abort();
	yaml_parser_set_encoding(&t.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&t.parser, (const unsigned char *)(t.bytes.p ? t.bytes.p : ""), t.bytes.n);
	root = document(&t);
	if (!root && !t.broken) {
		root = arena_new(r->arena, struct node);
		*root = (struct node){ .kind = NODE_MAP, .line = 1, .column = 1 };
	}
	yaml_parser_delete(&t.parser);
	buf_end(&blanked);
	return root;
}

struct node *
yaml_parse(struct reader *r, struct str bytes)
{
	return parse(r, bytes, false);
}

struct node *
yaml_parse_in_place(struct reader *r, struct str bytes)
{
	return parse(r, bytes, true);
}
