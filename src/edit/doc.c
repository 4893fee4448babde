/* doc: first the tree with its marks, then the comments, which stand in the gaps between scalars.
 * A comment beside something belongs to it; one on a line of its own to what comes next, unless it
 * is indented deeper than that: then to the end of what came before. */
#include "edit/doc.h"

#include <stdlib.h>
#include <yaml.h>

/* A scalar that stands somewhere, in the order of the file. */
struct leaf {
	struct part *part;
	struct part *entry; /* the outermost item or key that begins with it */
};

struct leaves {
	struct leaf *v;
	size_t n, room;
};

struct making {
	struct reader *reader;
	struct doc *doc;
	yaml_parser_t parser;
	size_t *offsets; /* of each character in the bytes: libyaml counts characters */
	size_t characters;
	struct leaves leaves;
	struct part *pending; /* the outermost entry that has begun and shown no leaf yet */
};

static void
find_offsets(struct making *m)
{
	struct str s = m->doc->bytes;

	m->offsets = arena_array(m->reader->arena, size_t, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			m->offsets[m->characters++] = i;
	m->offsets[m->characters] = s.n;
}

static size_t
offset_of(const struct making *m, yaml_mark_t mark)
{
	return m->offsets[mark.index < m->characters ? mark.index : m->characters];
}

static struct part *
part_new(struct making *m, enum node_kind kind, const yaml_event_t *event, struct part *parent)
{
	struct part *part = arena_new(m->reader->arena, struct part);

	part->kind = kind;
	part->parent = parent;
	part->from = offset_of(m, event->start_mark);
	part->to = offset_of(m, event->end_mark);
	part->line = (int)event->start_mark.line + 1;
	part->column = (int)event->start_mark.column + 1;
	return part;
}

/* Stands for an entry that has begun until its part is made. */
static struct part BEGUN;

static struct part *collection(struct making *m, const yaml_event_t *begin, struct part *parent);

static struct part *
part_of(struct making *m, const yaml_event_t *event, struct part *parent)
{
	if (event->type != YAML_SCALAR_EVENT)
		return collection(m, event, parent);
	struct part *part = part_new(m, NODE_TEXT, event, parent);
	yaml_scalar_style_t style = event->data.scalar.style;

	part->text = arena_str(m->reader->arena,
		(struct str){ (const char *)event->data.scalar.value, event->data.scalar.length });
	part->literal = style == YAML_LITERAL_SCALAR_STYLE;
	part->quoted = style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
		style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	return part;
}

static void
note_leaf(struct making *m, struct part *part, struct part *entry)
{
	if (part->kind != NODE_TEXT || part->from == part->to)
		return;
	*vec_add(m->reader->arena, &m->leaves) =
		(struct leaf){ part, m->pending ? m->pending : entry };
	m->pending = NULL;
}

/* The file was parsed before: what comes is well formed, and has no aliases. */
static struct part *
collection(struct making *m, const yaml_event_t *begin, struct part *parent)
{
	bool is_map = begin->type == YAML_MAPPING_START_EVENT;
	struct part *part = part_new(m, is_map ? NODE_MAP : NODE_LIST, begin, parent);
	struct part **tail = &part->kids, *key = NULL;

	part->flow = is_map ? begin->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
			    : begin->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	for (;;) {
		yaml_event_t event;

		if (!yaml_parser_parse(&m->parser, &event))
			return part;
		if (event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT ||
			event.type == YAML_STREAM_END_EVENT) {
			part->to = offset_of(m, event.end_mark);
			yaml_event_delete(&event);
			return part;
		}
		bool is_value = is_map && key;

		/* whatever begins here begins with its first leaf; the part is not made yet */
		struct part *outer = m->pending;
		size_t leaves = m->leaves.n;

		if (!is_value && !outer)
			m->pending = &BEGUN;
		struct part *kid = part_of(m, &event, part);

		yaml_event_delete(&event);
		note_leaf(m, kid, is_value ? key : kid);
		if (!is_value && !outer) {
			if (leaves < m->leaves.n && m->leaves.v[leaves].entry == &BEGUN)
				m->leaves.v[leaves].entry = kid;
			if (m->pending == &BEGUN)
				m->pending = NULL;
		}
		*tail = kid;
		tail = &kid->next;
		key = is_map && !is_value ? kid : NULL;
	}
}

/* ---- comments ---- */

static bool
is_blank_line(struct str s, size_t from, size_t to)
{
	return str_trim(str_sub(s, from, to)).n == 0;
}

size_t
doc_line_begin(struct str s, size_t at)
{
	while (at > 0 && s.p[at - 1] != '\n')
		at--;
	return at;
}

/* Whether the line before the one that holds `at` is there and empty. */
static bool
is_spaced(struct str s, size_t at)
{
	at = doc_line_begin(s, at);
	return at > 0 && is_blank_line(s, doc_line_begin(s, at - 1), at - 1);
}

static void
add_remark(struct making *m, struct remarks *list, struct str text, bool spaced)
{
	*vec_add(m->reader->arena, list) = (struct remark){ text, spaced };
}

static bool
holds(const struct part *ancestor, const struct part *part)
{
	for (; part; part = part->parent)
		if (part == ancestor)
			return true;
	return false;
}

/* The deepest block that ended before `next` and is indented no deeper than the comment. */
static struct remarks *
tail_for(const struct leaf *before, const struct part *next, int column)
{
	for (struct part *p = before->part->parent; p; p = p->parent) {
		if (next && holds(p, next))
			return NULL;
		if (!p->flow && p->column <= column && (next || p->parent))
			return &p->tail;
	}
	return NULL;
}

static void
place_remark(struct making *m, size_t at, struct str text, size_t next_leaf)
{
	struct str s = m->doc->bytes;
	const struct leaf *before = next_leaf > 0 ? &m->leaves.v[next_leaf - 1] : NULL;
	const struct leaf *next = next_leaf < m->leaves.n ? &m->leaves.v[next_leaf] : NULL;
	size_t begin = doc_line_begin(s, at);
	bool alone = is_blank_line(s, begin, at);
	int column = (int)(at - begin) + 1; /* indentation is ASCII */

	if (!alone && before && before->part->to > begin && before->part->to <= at) {
		if (before->part->beside.n == 0)
			before->part->beside = text;
		else
			add_remark(m, &before->entry->before, text, false);
		return;
	}
	bool spaced = alone && is_spaced(s, at);
	struct remarks *list = NULL;

	if (next) {
		const struct part *holder = next->entry->parent;

		if (alone && before && !holder->flow && column > holder->column)
			list = tail_for(before, next->entry, column);
		add_remark(m, list ? list : &next->entry->before, text, spaced);
		return;
	}
	if (alone && before && column > m->doc->root->column)
		list = tail_for(before, NULL, column);
	add_remark(m, list ? list : &m->doc->root->tail, text, spaced);
}

/* The comments between two places, none of them inside a scalar. */
static void
find_remarks(struct making *m, size_t from, size_t to, size_t next_leaf)
{
	struct str s = m->doc->bytes;

	for (size_t i = from; i < to; i++) {
		if (s.p[i] != '#') /* libyaml wants no blank before it: 'a'#b, [#b */
			continue;
		size_t end = i;

		while (end < s.n && s.p[end] != '\n')
			end++;
		struct str text = arena_str(m->reader->arena, str_trim(str_sub(s, i, end)));

		add_remark(m, &m->doc->all, text, false);
		place_remark(m, i, text, next_leaf);
		i = end;
	}
}

/* The comment behind the '|' or '>' of a block. */
static void
find_header_remark(struct making *m, struct part *part)
{
	struct str s = m->doc->bytes, rest = str_sub(s, part->from, part->to);
	struct str header = str_sub(rest, 0, str_find(rest, '\n'));
	size_t hash = str_find(header, '#');

	if (header.n == 0 || (header.p[0] != '|' && header.p[0] != '>') || hash == header.n)
		return;
	part->beside = arena_str(m->reader->arena, str_trim(str_sub(header, hash, header.n)));
	add_remark(m, &m->doc->all, part->beside, false);
}

static void
find_all_remarks(struct making *m)
{
	size_t from = 0;

	for (size_t i = 0; i < m->leaves.n; i++) {
		struct part *part = m->leaves.v[i].part;

		find_remarks(m, from, part->from, i);
		m->leaves.v[i].entry->spaced =
			m->leaves.v[i].entry->spaced || is_spaced(m->doc->bytes, part->from);
		find_header_remark(m, part);
		from = part->to;
	}
	find_remarks(m, from, m->doc->bytes.n, m->leaves.n);
}

/* What stands at the top and apart from the first key is about the file, and so is the line that
 * names its schema. */
static void
find_head(struct making *m)
{
	struct doc *doc = m->doc;
	struct part *first = doc->root->kids;
	struct remarks *list = first ? &first->before : &doc->root->tail;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		bool apart = i + 1 < list->n ? list->v[i + 1].spaced : first && first->spaced;
		bool modeline = str_find_str(list->v[i].text, STR("yaml-language-server:")) <
			list->v[i].text.n;

		if (apart || modeline || !first) {
			n = i + 1;
			doc->head_apart = apart;
		}
	}
	for (size_t i = 0; i < n; i++)
		*vec_add(m->reader->arena, &doc->head) = list->v[i];
	if (n == 0)
		return;
	list->v += n;
	list->n -= n;
	list->room -= n;
	if (doc->head_apart && list->n)
		list->v[0].spaced = false;
	else if (doc->head_apart && first)
		first->spaced = false;
}

bool
doc_parse(struct reader *r, struct str bytes, struct doc *doc)
{
	struct making m = { .reader = r, .doc = doc };
	size_t errors = r->problems->errors;
	yaml_event_t event;

	*doc = (struct doc){ .bytes = bytes };
	if (!yaml_parse(r, bytes) || r->problems->errors > errors)
		return false;
	find_offsets(&m);
	if (!yaml_parser_initialize(&m.parser))
		abort();
	yaml_parser_set_encoding(&m.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&m.parser, (const unsigned char *)(bytes.p ? bytes.p : ""), bytes.n);
	while (yaml_parser_parse(&m.parser, &event)) {
		bool end = event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT;

		if (!doc->root &&
			(event.type == YAML_SCALAR_EVENT ||
				event.type == YAML_SEQUENCE_START_EVENT ||
				event.type == YAML_MAPPING_START_EVENT))
			doc->root = part_of(&m, &event, NULL);
		yaml_event_delete(&event);
		if (end)
			break;
	}
	yaml_parser_delete(&m.parser);
	if (doc->root && doc->root->kind != NODE_MAP &&
		!(doc->root->kind == NODE_TEXT && doc->root->text.n == 0 && !doc->root->quoted)) {
		reader_problem(r, PROBLEM_ERROR, doc->root->line, doc->root->column, STR(""),
			"%s stands here; a record is lines of 'key: value'",
			doc->root->kind == NODE_LIST ? "a list" : "a text");
		return false;
	}
	if (!doc->root || doc->root->kind != NODE_MAP) {
		doc->root = arena_new(r->arena, struct part);
		*doc->root = (struct part){ .kind = NODE_MAP, .line = 1, .column = 1 };
	}
	find_all_remarks(&m);
	find_head(&m);
	return true;
}

struct part *
doc_value(const struct part *map, const char *name, struct part **key)
{
	for (struct part *k = map->kids; k && k->next; k = k->next->next)
		if (k->kind == NODE_TEXT && str_eq(k->text, str_of(name))) {
			if (key)
				*key = k;
			return k->next;
		}
	return NULL;
}
