/* fmt: walks a doc by the table of its kind and writes it again. Whatever came out is read once
 * more and compared with the record that went in and its comments, so that no mistake here can
 * change a record. */
#include "edit/fmt.h"

#include <regex.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/utf8.h"
#include "edit/doc.h"

enum { KEY_MOST = 500 }; /* bytes; written with escapes it fits in what YAML takes for a key */

struct writing {
	struct buf *out;
	struct arena *arena;
	bool lost; /* something stands there that has no canonical form */
};

/* ---- scalars ---- */

/* What other readers of YAML (1.1 and 1.2) take for a number, a date, a truth or nothing. */
static bool
is_typed_elsewhere(struct str text)
{
	static const char PATTERN[] =
		"^(~|null|Null|NULL|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|"
		"off|Off|OFF|[yYnN]|=|<<|"
		"[-+]?[0-9][0-9_,]*|0[xX][0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+|"
		"[-+]?([0-9][0-9_]*)?\\.[0-9_]+([eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*\\.([eE][-+]?[0-"
		"9]+)?|"
		"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?|"
		"[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)|"
		"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?)$";
	static regex_t compiled;
	static bool made;
	char copy[64];

	if (text.n == 0 || text.n >= sizeof copy)
		return false;
	if (!made && regcomp(&compiled, PATTERN, REG_EXTENDED | REG_NOSUB) != 0)
		abort();
	made = true;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return regexec(&compiled, copy, 0, NULL, 0) == 0;
}

/* Whether the text may stand as it is, unquoted, behind "key: " or "- " (YAML 1.2 section 7.3.3).
 */
static bool
is_plain(struct str s)
{
	static const char NEVER_FIRST[] = "#,[]{}&*!|>'\"%@`";

	if (s.n == 0 || s.p[0] == ' ' || s.p[s.n - 1] == ' ' || s.p[s.n - 1] == ':' ||
		strchr(NEVER_FIRST, s.p[0]))
		return false;
	if ((s.p[0] == '-' || s.p[0] == '?' || s.p[0] == ':') && (s.n == 1 || s.p[1] == ' '))
		return false;
	if (str_starts(s, STR("---")) || str_starts(s, STR("...")))
		return false;
	for (size_t i = 0; i < s.n;) {
		size_t at = i;
		int32_t c = utf8_next(s, &i);

		if (utf8_is_control(c) || (c & 0xfffe) == 0xfffe)
			return false;
		if (c == ':' && i < s.n && s.p[i] == ' ')
			return false;
		if (c == '#' && at > 0 && s.p[at - 1] == ' ')
			return false;
	}
	return true;
}

/* A text that is written between single quotes as it is. */
static bool
is_literal_inside_quotes(struct str s)
{
	bool escaped = false;

	for (size_t i = 0; i < s.n;) {
		int32_t c = utf8_next(s, &i);

		if (c == '\'' || utf8_is_control(c) || (c & 0xfffe) == 0xfffe)
			return false;
		escaped = escaped || c == '"' || c == '\\';
	}
	return escaped && s.p[0] != ' ' && s.p[s.n - 1] != ' ';
}

static void
put_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t at = i;
		int32_t c = utf8_next(s, &i);

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_put(out, STR("\\n"));
		else if (c == '\t')
			buf_put(out, STR("\\t"));
		else if (utf8_is_control(c))
			buf_printf(out, "\\x%02X", (unsigned)c);
		else if ((c & 0xfffe) == 0xfffe)
			buf_printf(out, c > 0xffff ? "\\U%08X" : "\\u%04X", (unsigned)c);
		else
			buf_put(out, str_sub(s, at, i));
	}
}

/* Words with single blanks between, folded where a line would grow too long. A line may not begin
 * with what would then be a comment. */
static void
put_folded(struct buf *out, struct str text, size_t column, size_t indent, bool fold)
{
	struct str word;
	bool first = true;

	while (str_cut(&text, ' ', &word)) {
		size_t width = utf8_width(word);

		if (!first && fold && word.n && text.n + word.n > 0 && word.p[0] != '#' &&
			column + 1 + width > FMT_COLUMNS) {
			buf_char(out, '\n');
			for (column = 0; column < indent; column++)
				buf_char(out, ' ');
		} else if (!first) {
			buf_char(out, ' ');
			column++;
		}
		buf_put(out, word);
		column += width;
		first = false;
	}
}

/* `typed`: the field has a grammar of its own, so that nobody mistakes its text for another type.
 */
static void
put_scalar(struct buf *out, struct str text, size_t column, size_t indent, bool typed)
{
	bool one_blank = str_find_str(text, STR("  ")) == text.n && text.n && text.p[0] != ' ' &&
		text.p[text.n - 1] != ' ';

	if (is_plain(text) && (typed || !is_typed_elsewhere(text)))
		put_folded(out, text, column, indent, one_blank);
	else if (is_literal_inside_quotes(text)) {
		buf_char(out, '\'');
		put_folded(out, text, column + 1, indent, one_blank);
		buf_char(out, '\'');
	} else {
		struct buf escaped = { 0 };

		put_escaped(&escaped, text);
		buf_char(out, '"');
		put_folded(out, buf_str(&escaped), column + 1, indent, one_blank);
		buf_char(out, '"');
		buf_end(&escaped);
	}
}

void
fmt_scalar(struct buf *out, struct str text, size_t column, size_t indent)
{
	put_scalar(out, text, column, indent, false);
}

/* ---- lines and comments ---- */

static void
put_indent(struct writing *w, size_t indent)
{
	for (size_t i = 0; i < indent; i++)
		buf_char(w->out, ' ');
}

static void
put_remarks(struct writing *w, const struct remarks *list, size_t indent, bool at_top)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].spaced && !(at_top && i == 0))
			buf_char(w->out, '\n');
		put_indent(w, indent);
		buf_put(w->out, list->v[i].text);
		buf_char(w->out, '\n');
	}
}

/* What stands above an item or a key. `first`: nothing of its collection stands above it. */
static void
put_above(struct writing *w, const struct part *entry, size_t indent, bool first)
{
	put_remarks(w, &entry->before, indent, first);
	if (entry->spaced && !(first && entry->before.n == 0))
		buf_char(w->out, '\n');
}

static void
end_line(struct writing *w, struct str beside)
{
	if (beside.n) {
		buf_char(w->out, ' ');
		buf_put(w->out, beside);
	}
	buf_char(w->out, '\n');
}

/* ---- values ---- */

static struct part *first_key(const struct part *map, const struct kind *kind);
static void put_pairs(struct writing *w, const struct part *map, const struct kind *kind,
	size_t indent, bool inlined);

static bool
is_typed(enum field_type type)
{
	return type == FIELD_DATE || type == FIELD_YEAR || type == FIELD_FLAG ||
		type == FIELD_NUMBER || type == FIELD_ARXIV || type == FIELD_KIND;
}

static bool
is_list(enum field_type type)
{
	return type == FIELD_LIST || type == FIELD_SLUGS || type == FIELD_PINS ||
		type == FIELD_CITATIONS;
}

/* Anything below a key of the editor's own: exactly the same values. */
static void
put_any(struct writing *w, const struct part *part, size_t indent, size_t column, struct str beside)
{
	if (part->kind == NODE_TEXT && part->text.n == 0 && !part->quoted) {
		end_line(w, part->beside.n ? part->beside : beside);
	} else if (part->kind == NODE_TEXT) {
		bool typed = !part->quoted && !part->literal;

		if (column)
			buf_char(w->out, ' ');
		if (str_find(part->text, '\n') < part->text.n) {
			buf_char(w->out, '"');
			put_escaped(w->out, part->text);
			buf_char(w->out, '"');
		} else
			/* what has runs of blanks cannot fold, and so needs no column */
			put_scalar(w->out, part->text, column + 1, indent + 2, typed);
		end_line(w, part->beside.n ? part->beside : beside);
	} else if (!part->kids) {
		buf_printf(
			w->out, "%s%s", column ? " " : "", part->kind == NODE_LIST ? "[]" : "{}");
		end_line(w, beside);
		put_remarks(w, &part->tail, indent + 2, false);
	} else if (part->kind == NODE_MAP) {
		if (column)
			end_line(w, beside);
		put_pairs(w, part, NULL, column ? indent + 2 : indent, !column);
	} else {
		if (column)
			end_line(w, beside);
		for (const struct part *kid = part->kids; kid; kid = kid->next) {
			size_t at = column ? indent + 2 : indent;

			if (column || kid != part->kids) {
				put_above(w, kid, at, kid == part->kids);
				put_indent(w, at);
			}
			buf_char(w->out, '-');
			if (kid->kind == NODE_TEXT || !kid->kids)
				put_any(w, kid, at, at + 1, STR(""));
			else {
				buf_char(w->out, ' ');
				put_any(w, kid, at + 2, 0, STR(""));
			}
		}
		put_remarks(w, &part->tail, column ? indent + 2 : indent, false);
	}
}

/* Paragraphs as the record has them: a block as the editor broke it, where its lines fit. */
static void
put_prose(
	struct writing *w, const struct part *part, size_t indent, size_t column, struct str beside)
{
	struct str rest = part->text, line, only = STR("");
	size_t paragraphs = 0;
	bool parted = true;

	for (struct str all = rest; str_cut(&all, '\n', &line);)
		if ((line = text_line(w->arena, line)).n) {
			paragraphs++;
			only = line;
		}
	struct str shown = part->beside.n ? part->beside : beside;

	if (paragraphs == 0) {
		end_line(w, shown);
		return;
	}
	if (paragraphs == 1 && !part->literal) {
		struct buf one = { 0 };

		put_scalar(&one, only, 0, 0, false);
		bool fits = str_find(buf_str(&one), '\n') == one.n &&
			column + 1 + utf8_width(buf_str(&one)) <= FMT_COLUMNS;

		if (fits) {
			buf_char(w->out, ' ');
			buf_put(w->out, buf_str(&one));
			end_line(w, shown);
		}
		buf_end(&one);
		if (fits)
			return;
	}
	buf_put(w->out, STR(" |"));
	end_line(w, shown);
	for (bool first = true; str_cut(&rest, '\n', &line);) {
		line = text_line(w->arena, line);
		if (line.n == 0) {
			parted = true;
			continue;
		}
		if (!first && (parted || !part->literal))
			buf_char(w->out, '\n');
		put_indent(w, indent + 2);
		struct str word;
		size_t at = indent + 2;

		for (bool begun = false; str_cut(&line, ' ', &word); begun = true) {
			size_t width = utf8_width(word);

			if (begun && at + 1 + width > FMT_COLUMNS) {
				buf_char(w->out, '\n');
				put_indent(w, indent + 2);
				at = indent + 2;
			} else if (begun) {
				buf_char(w->out, ' ');
				at++;
			}
			buf_put(w->out, word);
			at += width;
		}
		buf_char(w->out, '\n');
		first = parted = false;
	}
}

static void
put_text(struct writing *w, const struct field *field, const struct part *part, size_t indent,
	size_t column, struct str beside)
{
	struct str text = text_line(w->arena, part->text);

	if (text.n) {
		buf_char(w->out, ' ');
		put_scalar(w->out, text, column + 1, indent + 2, is_typed(field->type));
	}
	end_line(w, part->beside.n ? part->beside : beside);
}

/* "slug: why" in one text is what the map of one pair says, too. */
static bool
put_pin_text(struct writing *w, const struct part *part, size_t indent)
{
	struct str text = text_line(w->arena, part->text);
	size_t colon = str_find(text, ':');
	struct str why = str_trim(str_sub(text, colon + 1, text.n));

	if (colon == text.n || why.n == 0)
		return false;
	struct str slug = str_trim(str_sub(text, 0, colon));

	buf_printf(w->out, " %.*s: ", STR_ARG(slug));
	put_scalar(w->out, why, indent + 4 + slug.n, indent + 4, false);
	end_line(w, part->beside);
	return true;
}

static void
put_item(struct writing *w, const struct field *field, const struct part *item, size_t indent)
{
	put_indent(w, indent);
	buf_char(w->out, '-');
	if (item->kind == NODE_MAP && item->kids) {
		buf_char(w->out, ' ');
		put_pairs(w, item, field->type == FIELD_CITATIONS ? &KIND_CITATION : NULL,
			indent + 2, true);
	} else if (item->kind != NODE_TEXT)
		put_any(w, item, indent, indent + 1, STR(""));
	else if (field->type != FIELD_PINS || !put_pin_text(w, item, indent))
		put_text(w, field, item, indent, indent + 1, STR(""));
}

static void
put_list(struct writing *w, const struct field *field, const struct part *value, size_t indent,
	struct str beside)
{
	bool one = value->kind != NODE_LIST;

	if (one && value->kind == NODE_TEXT && text_line(w->arena, value->text).n == 0) {
		end_line(w, value->beside.n ? value->beside : beside);
		return;
	}
	if (!one && !value->kids) {
		buf_put(w->out, STR(" []"));
		end_line(w, beside);
		put_remarks(w, &value->tail, indent, false);
		return;
	}
	end_line(w, beside);
	if (one) {
		const struct part *first =
			first_key(value, field->type == FIELD_CITATIONS ? &KIND_CITATION : NULL);

		if (first)
			put_above(w, first, indent, true);
		put_item(w, field, value, indent);
		return;
	}
	for (const struct part *item = value->kids; item; item = item->next) {
		put_above(w, item, indent, item == value->kids);
		put_item(w, field, item, indent);
	}
	put_remarks(w, &value->tail, indent, false);
}

static void
put_value(struct writing *w, const struct field *field, const struct part *key,
	const struct part *value, size_t indent, size_t column)
{
	if (field && is_list(field->type))
		put_list(w, field, value, indent + 2, key->beside);
	else if (!field || value->kind != NODE_TEXT)
		put_any(w, value, indent, column, key->beside);
	else if (field->type == FIELD_PROSE)
		put_prose(w, value, indent, column, key->beside);
	else
		put_text(w, field, value, indent, column, key->beside);
}

/* ---- maps ---- */

struct pair {
	const struct part *key, *value;
	size_t rank, place;
};

/* In an item of start_here the id, its name, comes first. */
static size_t
rank_of(const struct kind *kind, const struct part *key)
{
	const struct field *field = kind ? kind_field(kind, key->text) : NULL;

	if (!field)
		return kind ? kind->n + 1 : 0;
	if (kind == &KIND_CITATION && strcmp(field->key, "id") == 0)
		return 0;
	return (size_t)(field - kind->fields) + 1;
}

static int
by_rank(const void *a, const void *b)
{
	const struct pair *p = a, *q = b;

	if (p->rank != q->rank)
		return p->rank < q->rank ? -1 : 1;
	return p->place < q->place ? -1 : p->place > q->place;
}

/* The key that will stand first. */
static struct part *
first_key(const struct part *map, const struct kind *kind)
{
	struct part *first = map->kind == NODE_MAP ? map->kids : NULL;

	for (struct part *key = first; key && key->next; key = key->next->next)
		if (key->kind == NODE_TEXT && first->kind == NODE_TEXT &&
			rank_of(kind, key) < rank_of(kind, first))
			first = key;
	return first;
}

/* A map without a kind of its own: links, headings, a pin, what x- keys hold. */
static void
put_pairs(struct writing *w, const struct part *map, const struct kind *kind, size_t indent,
	bool inlined)
{
	struct {
		struct pair *v;
		size_t n, room;
	} pairs = { 0 };

	for (const struct part *key = map->kids; key && key->next; key = key->next->next) {
		struct pair *pair = vec_add(w->arena, &pairs);

		*pair = (struct pair){ key, key->next, rank_of(kind, key), pairs.n };
		w->lost = w->lost || key->kind != NODE_TEXT || key->text.n > KEY_MOST ||
			str_find(key->text, '\n') < key->text.n;
	}
	if (w->lost)
		return;
	if (pairs.n)
		qsort(pairs.v, pairs.n, sizeof *pairs.v, by_rank);
	for (size_t i = 0; i < pairs.n; i++) {
		const struct part *key = pairs.v[i].key, *value = pairs.v[i].value;
		const struct field *field = kind ? kind_field(kind, key->text) : NULL;
		struct str text = key->text;
		struct buf name = { 0 };

		if (inlined && i == 0) /* the "- " stands; what was above stands above it */
			;
		else {
			put_above(w, key, indent, i == 0);
			put_indent(w, indent);
		}
		if (text.n && is_plain(text) && (!key->quoted || !is_typed_elsewhere(text)))
			buf_put(&name, text);
		else {
			buf_char(&name, '"');
			put_escaped(&name, text);
			buf_char(&name, '"');
		}
		buf_put(w->out, buf_str(&name));
		buf_char(w->out, ':');
		put_value(w, field, key, value, indent, indent + utf8_width(buf_str(&name)) + 1);
		buf_end(&name);
	}
	put_remarks(w, &map->tail, indent, false);
}

/* What stood above the key that is now first in an item moves above the item, before it is written;
 * what a key and its one value both have beside them cannot stand in one line. */
static void
settle(struct arena *a, struct part *part, const struct kind *kind)
{
	for (struct part *kid = part->kids; kid; kid = kid->next) {
		if (part->kind == NODE_MAP && kid->next) {
			struct part *key = kid, *value = kid->next;
			const struct field *field =
				kind && key->kind == NODE_TEXT ? kind_field(kind, key->text) : NULL;

			if (key->beside.n && value->beside.n && value->kind == NODE_TEXT) {
				*vec_add(a, &key->before) = (struct remark){ key->beside, false };
				key->beside = STR("");
			}
			settle(a, value,
				field && field->type == FIELD_CITATIONS ? &KIND_CITATION : NULL);
			kid = value;
			continue;
		}
		settle(a, kid, kind);
	}
	for (struct part *item = part->kind == NODE_LIST ? part->kids : NULL; item;
		item = item->next) {
		struct part *first = first_key(item, kind);

		for (size_t i = 0; first && i < first->before.n; i++)
			*vec_add(a, &item->before) = first->before.v[i];
		if (first)
			first->before.n = 0;
	}
}

static void
put_doc(struct writing *w, struct doc *doc, const struct kind *kind)
{
	put_remarks(w, &doc->head, 0, true);
	if (doc->head.n && doc->head_apart && (doc->root->kids || doc->root->tail.n))
		buf_char(w->out, '\n');
	put_pairs(w, doc->root, kind, 0, false);
}

/* ---- the proof ---- */

static bool
same_entries(const struct entries *a, const struct entries *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = str_eq(a->v[i].name.text, b->v[i].name.text) &&
			str_eq(a->v[i].note.text, b->v[i].note.text);
	return same;
}

static bool
same_record(const struct kind *kind, const void *a, const void *b)
{
	for (size_t i = 0; i < kind->n; i++) {
		const struct field *field = &kind->fields[i];
		const void *x = field_at(field, a), *y = field_at(field, b);

		if (field->type == FIELD_CITATIONS) {
			const struct citations *p = x, *q = y;

			if (p->n != q->n)
				return false;
			for (size_t c = 0; c < p->n; c++)
				if (!same_record(&KIND_CITATION, &p->v[c], &q->v[c]) ||
					!str_eq(p->v[c].ref.text, q->v[c].ref.text))
					return false;
		} else if (is_list(field->type) || field->type == FIELD_LINKS ||
			field->type == FIELD_WORDS) {
			if (!same_entries(x, y))
				return false;
		} else if (!str_eq(((const struct value *)x)->text,
				   ((const struct value *)y)->text))
			return false;
	}
	return true;
}

static bool
same_tree(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || !str_eq(a->text, b->text))
		return false;
	const struct node *x = a->kids, *y = b->kids;

	for (; x && y; x = x->next, y = y->next)
		if (!same_tree(x, y))
			return false;
	return !x && !y;
}

/* The keys of the editor's own, in their order. */
static bool
same_own_keys(const struct node *a, const struct node *b)
{
	const struct node *x = a->kids, *y = b->kids;

	for (;;) {
		while (x && !str_starts(x->text, STR("x-")))
			x = x->next->next;
		while (y && !str_starts(y->text, STR("x-")))
			y = y->next->next;
		if (!x || !y)
			return !x && !y;
		if (!str_eq(x->text, y->text) || !same_tree(x->next, y->next))
			return false;
		x = x->next->next;
		y = y->next->next;
	}
}

static int
by_text(const void *a, const void *b)
{
	return str_cmp(((const struct remark *)a)->text, ((const struct remark *)b)->text);
}

/* Every comment is there once, wherever it stands now. */
static bool
same_comments(struct doc *a, struct doc *b)
{
	if (a->all.n != b->all.n)
		return false;
	if (a->all.n) {
		qsort(a->all.v, a->all.n, sizeof *a->all.v, by_text);
		qsort(b->all.v, b->all.n, sizeof *b->all.v, by_text);
	}
	for (size_t i = 0; i < a->all.n; i++)
		if (!str_eq(a->all.v[i].text, b->all.v[i].text))
			return false;
	return true;
}

static bool
says_the_same(const struct reader *r, const struct kind *kind, const struct node *node,
	const void *record, struct doc *doc, struct str bytes)
{
	struct problems ps = { .arena = r->arena };
	struct reader again = { r->arena, &ps, r->path, r->tomorrow };
	struct doc written;

	if (!doc_parse(&again, bytes, &written) || !same_comments(doc, &written))
		return false;
	const struct node *other = yaml_parse(&again, bytes);
	void *read = arena_alloc(r->arena, kind->size);

	if (node->kids || kind->folder)
		record_parse(&again, kind, other, read);
	return ps.errors == 0 && same_record(kind, record, read) && same_own_keys(node, other);
}

bool
fmt_record(struct reader *r, const struct kind *kind, struct str bytes, struct buf *out)
{
	struct writing w = { .out = out, .arena = r->arena };
	size_t errors = r->problems->errors;
	struct doc doc;

	if (!doc_parse(r, bytes, &doc))
		return false;
	struct problems unheard = { .arena = r->arena };
	struct reader quiet = { r->arena, &unheard, r->path, r->tomorrow };
	const struct node *node = yaml_parse(&quiet, bytes);
	void *record = arena_alloc(r->arena, kind->size);

	if (node->kind != NODE_MAP) { /* settings that are a comment alone */
		struct node *none = arena_new(r->arena, struct node);

		*none = (struct node){ .kind = NODE_MAP, .line = 1, .column = 1 };
		node = none;
	}
	if (node->kids || kind->folder)
		record_parse(r, kind, node, record);
	if (r->problems->errors > errors)
		return false;
	settle(r->arena, doc.root, kind);
	put_doc(&w, &doc, kind);
	if (!w.lost && buf_ok(out) && says_the_same(r, kind, node, record, &doc, buf_str(out)))
		return true;
	reader_problem(r, PROBLEM_ERROR, 1, 1, STR(""), "%s; the file stays as it is",
		w.lost ? "a key that is a list, a map, several lines or very long has no canonical "
			 "form"
		       : "its canonical form would not say the same, which is a mistake of fmt");
	return false;
}

const struct kind *
fmt_kind(struct str path)
{
	static const struct kind *const KINDS[] = { &KIND_PERSON, &KIND_ORGANIZATION, &KIND_TOPIC,
		&KIND_SOURCE };

	if (!str_ends(path, STR(".yaml")))
		return NULL;
	for (size_t i = 0; i < COUNT(KINDS); i++)
		if (str_eq(str_sub(path, 0, str_find(path, '/')), str_of(KINDS[i]->folder)))
			return KINDS[i];
	return str_eq(path, STR("capsule.yaml"))  ? &KIND_CAPSULE
		: str_eq(path, STR("local.yaml")) ? &KIND_LOCAL
						  : NULL;
}
