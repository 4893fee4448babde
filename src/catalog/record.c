/* record: one row per field type says how it is read, packed and unpacked; everything else is a
 * walk over a kind's fields. */
#include "catalog/record.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/text.h"
#include "base/uri.h"
#include "base/utf8.h"
#include "catalog/ident.h"

#define wrong_at(r, at, field, ...) \
	reader_problem( \
		r, PROBLEM_ERROR, (at)->line, (at)->column, str_of((field)->key), __VA_ARGS__)

static const char *
kind_name(enum node_kind kind)
{
	return kind == NODE_LIST ? "a list" : kind == NODE_MAP ? "a map" : "a text";
}

/* ---- texts ---- */

static bool
is_short_enough(
	struct reader *r, const struct field *field, const struct node *node, struct str text)
{
	size_t n;

	/* no text has more characters than bytes */
	if (field->longest == 0 || text.n <= field->longest ||
		(n = utf8_count(text)) <= field->longest)
		return true;
	wrong_at(r, node, field, "%zu characters, %zu over the limit of %zu; shorten it", n,
		n - field->longest, field->longest);
	return false;
}

/* Paragraphs, one a line. In a literal block a newline folds and a blank line parts; elsewhere YAML
 * has folded already. */
static struct str
paragraphs(struct arena *a, struct str text, bool literal)
{
	char *p = arena_alloc(a, text.n + 1);
	size_t n = 0;
	struct str line;
	bool parted = false;

	while (str_cut(&text, '\n', &line)) {
		line = text_line(a, line);
		if (line.n == 0 || (n && !literal))
			parted = n > 0;
		if (line.n == 0)
			continue;
		if (n)
			p[n++] = parted ? '\n' : ' ';
		memcpy(p + n, line.p, line.n);
		n += line.n;
		parted = false;
	}
	return (struct str){ p, n };
}

/* The text of a scalar, NFC, of at most field->longest characters; false (and said) otherwise. */
static bool
scalar(struct reader *r, const struct field *field, const struct node *node, bool prose,
	struct value *v)
{
	struct arena *a = r->arena;
	struct str text = node->text;

	if (node->kind != NODE_TEXT) {
		wrong_at(r, node, field, "%s stands here; expected a text%s%s",
			kind_name(node->kind), field->most == 1 ? "" : " for each item",
			node->kind == NODE_MAP ? ", in double quotes if it holds ': '" : "");
		return false;
	}
	text = text_nfc(a, text);
	text = prose ? paragraphs(a, text, node->literal) : text_line(a, text);
	*v = (struct value){ text, node->line, node->column };
	return is_short_enough(r, field, node, text);
}

/* What is wrong with a value of a type that has a grammar, or NULL and its canonical form. */
static const char *
is_date(struct arena *a, struct str s, struct str *out)
{
	(void)a;
	*out = s;
	return clock_is_date(s) ? NULL : "not a date; expected YYYY-MM-DD, such as 2026-05-04";
}

static const char *
is_flag(struct arena *a, struct str s, struct str *out)
{
	(void)a;
	*out = s;
	return str_eq(s, STR("true")) || str_eq(s, STR("false")) ? NULL : "expected true or false";
}

static const char *
is_year(struct arena *a, struct str s, struct str *out)
{
	unsigned long year;

	(void)a;
	*out = s;
	return s.n == 4 && str_number(s, 9999, &year)
		? NULL
		: "not a year; expected four digits, such as 2023";
}

static const char *
is_kind(struct arena *a, struct str s, struct str *out)
{
	(void)a;
	*out = s;
	for (const char *const *kind = SOURCE_KINDS; *kind; kind++)
		if (str_eq(s, str_of(*kind)))
			return NULL;
	return "expected one of paper, project, repository, book, course, talk, dataset, page";
}

static const char *
is_slug(struct arena *a, struct str s, struct str *out)
{
	(void)a;
	*out = s;
	return text_is_slug(s)
		? NULL
		: "not a slug; expected lower-case letters, digits and single '-', such as tri-dao";
}

static const char *
is_language(struct arena *a, struct str s, struct str *out)
{
	(void)a;
	*out = s;
	bool good = s.n >= 2 && s.p[0] != '-' && s.p[s.n - 1] != '-';

	for (size_t i = 0; i < s.n && good; i++)
		good = (s.p[i] >= '0' && s.p[i] <= '9') ||
			((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') || s.p[i] == '-';
	return good ? NULL : "not a language tag; expected BCP 47, such as en or pt-BR";
}

static void
parse_text(struct reader *r, const struct field *field, const struct node *node, void *at)
{
	struct value v;

	if (scalar(r, field, node, field->type == FIELD_PROSE, &v))
		*(struct value *)at = v;
}

static void
parse_number(struct reader *r, const struct field *field, const struct node *node, void *at)
{
	struct field any = *field;
	struct value v;
	unsigned long number;

	any.longest = 20;
	if (!scalar(r, &any, node, false, &v) || v.text.n == 0)
		return;
	if (!str_number(v.text, field->longest, &number) || number == 0)
		wrong_at(r, node, field, "\"%.*s\": expected a whole number from 1 to %zu",
			STR_ARG(v.text), field->longest);
	else
		*(struct value *)at = v;
}

/* One of the words that the field's example lists. */
static void
parse_choice(struct reader *r, const struct field *field, const struct node *node, void *at)
{
	struct str rest = str_of(field->example), choice;
	struct value v;

	if (!scalar(r, field, node, false, &v) || v.text.n == 0)
		return;
	while (str_cut(&rest, '|', &choice))
		if (str_eq(choice, v.text)) {
			*(struct value *)at = v;
			return;
		}
	struct buf all = { 0 };

	for (rest = str_of(field->example); str_cut(&rest, '|', &choice);)
		buf_printf(&all, "%s%.*s", all.n ? ", " : "", STR_ARG(choice));
	wrong_at(r, node, field, "\"%.*s\": expected one of %.*s",
		STR_ARG(text_short(r->arena, v.text, 60)), STR_ARG(buf_str(&all)));
	buf_end(&all);
}

static const char *(*const GRAMMARS[])(struct arena *, struct str, struct str *) = {
	[FIELD_DATE] = is_date,
	[FIELD_YEAR] = is_year,
	[FIELD_FLAG] = is_flag,
	[FIELD_KIND] = is_kind,
	[FIELD_SLUG] = is_slug,
	[FIELD_URL] = ident_url,
	[FIELD_DOI] = ident_doi,
	[FIELD_ARXIV] = ident_arxiv,
	[FIELD_ROR] = ident_ror,
	[FIELD_LANGUAGE] = is_language,
};

/* From 1000 to the year after this one (a paper may be out before its year). */
static bool
in_range(struct str year, struct str today, unsigned long *last)
{
	unsigned long number;

	str_number(str_sub(today, 0, 4), 9999, last);
	++*last;
	return str_number(year, *last, &number) && number >= 1000;
}

/* A text of a type that has a grammar, which says more than a limit does and so comes first. */
static void
parse_ident(struct reader *r, const struct field *field, const struct node *node, void *at)
{
	struct field any = *field;
	struct value v;
	struct str canonical;
	unsigned long last;

	any.longest = 0;
	if (!scalar(r, &any, node, false, &v) || v.text.n == 0)
		return;
	const char *wrong = GRAMMARS[field->type](r->arena, v.text, &canonical);

	if (wrong) {
		wrong_at(r, node, field, "\"%.*s\": %s", STR_ARG(text_short(r->arena, v.text, 60)),
			wrong);
		return;
	}
	if (!is_short_enough(r, field, node, v.text))
		return;
	v.text = canonical;
	if (field->type == FIELD_DATE && str_cmp(v.text, r->tomorrow) > 0)
		wrong_at(r, node, field, "%.*s lies in the future; give the day it was done",
			STR_ARG(v.text));
	else if (field->type == FIELD_YEAR && !in_range(v.text, r->tomorrow, &last))
		wrong_at(r, node, field, "year %.*s is out of range; expected 1000 to %lu",
			STR_ARG(v.text), last);
	else
		*(struct value *)at = v;
}

/* ---- lists ---- */

static bool
is_empty(const struct node *node)
{
	return node->kind == NODE_TEXT && node->text.n == 0;
}

/* Tells of the first item over the limit of a list, or of a map (whose items are pairs). */
static void
count_items(struct reader *r, const struct field *field, const struct node *list)
{
	const struct node *over = NULL;
	size_t n = 0;

	for (const struct node *kid = list->kids; kid; kid = kid->next) {
		const struct node *item = kid;

		if (list->kind == NODE_MAP)
			kid = kid->next;
		if (!is_empty(kid) && n++ == field->most)
			over = item;
	}
	if (over)
		wrong_at(r, over, field,
			"%zu items, %zu over the limit of %zu; keep the most important ones", n,
			n - field->most, field->most);
}

static void
add_entry(struct reader *r, const struct field *field, const struct node *node,
	struct entries *list, struct entry entry)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i].name.text, entry.name.text)) {
			wrong_at(r, node, field, "\"%.*s\" is listed twice; keep one",
				STR_ARG(text_short(r->arena, entry.name.text, 60)));
			return;
		}
	*vec_add(r->arena, list) = entry;
}

static void
list_item(struct reader *r, const struct field *field, const struct node *node, void *at)
{
	struct entry entry = { 0 };
	const char *wrong;

	if (!scalar(r, field, node, false, &entry.name) || entry.name.text.n == 0)
		return;
	if (field->type == FIELD_SLUGS &&
		(wrong = is_slug(r->arena, entry.name.text, &entry.name.text)))
		wrong_at(r, node, field, "\"%.*s\": %s",
			STR_ARG(text_short(r->arena, entry.name.text, 60)), wrong);
	else
		add_entry(r, field, node, at, entry);
}

/* slug, or "slug: why" as a text, or slug: why as a map of one pair. */
static void
pin_item(struct reader *r, const struct field *field, const struct node *node, void *at)
{
	const struct node *key = node, *why = NULL;
	struct entry entry = { 0 };
	const char *wrong;

	if (node->kind == NODE_MAP && node->kids && !node->kids->next->next) {
		key = node->kids;
		why = key->next;
	} else if (node->kind != NODE_TEXT) {
		wrong_at(r, node, field,
			"%s stands here; expected one slug, or one 'slug: why', after each '- '",
			kind_name(node->kind));
		return;
	}
	if (!scalar(r, field, key, false, &entry.name) ||
		(why && !scalar(r, field, why, false, &entry.note)) || entry.name.text.n == 0)
		return;
	size_t colon = str_find(entry.name.text, ':');

	if (!why && colon < entry.name.text.n) {
		entry.note = entry.name;
		entry.note.text = str_trim(str_sub(entry.name.text, colon + 1, entry.name.text.n));
		entry.name.text = str_trim(str_sub(entry.name.text, 0, colon));
	}
	if ((wrong = is_slug(r->arena, entry.name.text, &entry.name.text)))
		wrong_at(r, key, field, "\"%.*s\": %s",
			STR_ARG(text_short(r->arena, entry.name.text, 60)), wrong);
	else
		add_entry(r, field, key, at, entry);
}

static void
citation_item(struct reader *r, const struct field *field, const struct node *node, void *at)
{
	static const struct field REF = { "start_here", FIELD_TEXT, false, URL_MOST, 1, 0, "", "" };
	struct citations *list = at;
	struct citation citation = { 0 };
	size_t errors = r->problems->errors;

	if (node->kind == NODE_LIST) {
		wrong_at(r, node, field,
			"a list stands here; expected a reference, or a map with title or id");
		return;
	}
	if (node->kind == NODE_MAP)
		record_parse(r, &KIND_CITATION, node, &citation);
	else if (!scalar(r, &REF, node, false, &citation.ref) || citation.ref.text.n == 0)
		return;
	citation.ref.line = node->line;
	citation.ref.column = node->column;
	if (node->kind == NODE_MAP && citation.title.text.n == 0 && citation.id.text.n == 0 &&
		citation.doi.text.n == 0 && citation.arxiv.text.n == 0 &&
		citation.url.text.n == 0 && r->problems->errors == errors)
		wrong_at(r, node, field,
			"this source says neither what it is nor where; add a title, or an id, "
			"doi, arxiv or url");
	else
		*vec_add(r->arena, list) = citation;
}

/* A list of items, or one item that stands for a list of one. */
static void
parse_list(struct reader *r, const struct field *field, const struct node *node, void *at)
{
	void (*item)(struct reader *, const struct field *, const struct node *, void *) =
		field->type == FIELD_PINS        ? pin_item
		: field->type == FIELD_CITATIONS ? citation_item
						 : list_item;
	bool one_map = node->kind == NODE_MAP &&
		(field->type == FIELD_LIST || field->type == FIELD_SLUGS ||
			(field->type == FIELD_PINS && node->kids && node->kids->next->next));

	if (one_map)
		wrong_at(r, node, field,
			"a map stands here; expected a list, each item on a line of its own after "
			"'- '");
	else if (node->kind != NODE_LIST)
		item(r, field, node, at);
	else {
		count_items(r, field, node);
		for (const struct node *kid = node->kids; kid; kid = kid->next)
			item(r, field, kid, at);
	}
}

static void
parse_links(struct reader *r, const struct field *field, const struct node *node, void *at)
{
	bool urls = field->type == FIELD_LINKS;
	/* words stand for others that are as long */
	const struct field label = { field->key, FIELD_TEXT, false, urls ? 80 : field->longest, 1,
		0, "", "" };

	if (node->kind == NODE_TEXT && node->text.n == 0)
		return;
	if (node->kind != NODE_MAP) {
		wrong_at(r, node, field, "%s stands here; expected a map, each line 'label: %s'",
			kind_name(node->kind), urls ? "URL" : "word");
		return;
	}
	count_items(r, field, node);
	for (const struct node *key = node->kids; key; key = key->next->next) {
		struct entry entry = { 0 };
		const char *wrong;

		if (!scalar(r, &label, key, false, &entry.name) ||
			!scalar(r, field, key->next, false, &entry.note) || entry.note.text.n == 0)
			continue;
		if (urls &&
			(wrong = ident_link(
				 r->arena, entry.name.text, entry.note.text, &entry.note.text)))
			wrong_at(r, key->next, field, "%.*s: \"%.*s\": %s",
				STR_ARG(entry.name.text),
				STR_ARG(text_short(r->arena, key->next->text, 60)), wrong);
		else
			add_entry(r, field, key, at, entry);
	}
}

/* ---- packing ---- */

static struct str
pack_text(struct arena *a, const void *at)
{
	(void)a;
	return ((const struct value *)at)->text;
}

static char *
put_text(char *to, struct str text)
{
	if (text.n)
		memcpy(to, text.p, text.n);
	return to + text.n;
}

/* An item of a list, the at-th; `parted`: also where it has no second part. */
static char *
put_item(char *to, size_t at, struct str first, struct str second, bool parted)
{
	if (at)
		*to++ = ITEM_END;
	to = put_text(to, first);
	if (parted || second.n) {
		*to++ = PART_END;
		to = put_text(to, second);
	}
	return to;
}

static struct str
pack_entries(struct arena *a, const void *at)
{
	const struct entries *list = at;
	size_t most = 0;

	if (list->n == 0)
		return STR("");
	for (size_t i = 0; i < list->n; i++)
		most += list->v[i].name.text.n + list->v[i].note.text.n + 2;
	char *p = arena_alloc(a, most), *to = p;

	for (size_t i = 0; i < list->n; i++)
		to = put_item(to, i, list->v[i].name.text, list->v[i].note.text, false);
	return (struct str){ p, (size_t)(to - p) };
}

static struct str
pack_citations(struct arena *a, const void *at)
{
	const struct citations *list = at;
	size_t most = 0;

	if (list->n == 0)
		return STR("");
	for (size_t i = 0; i < list->n; i++)
		most += list->v[i].id.text.n + list->v[i].why.text.n + 2;
	char *p = arena_alloc(a, most), *to = p;

	for (size_t i = 0; i < list->n; i++)
		to = put_item(to, i, list->v[i].id.text, list->v[i].why.text, true);
	return (struct str){ p, (size_t)(to - p) };
}

static void
unpack_text(struct arena *a, struct str packed, void *at)
{
	(void)a;
	((struct value *)at)->text = packed;
}

static bool
next_item(struct str *packed, struct str *name, struct str *note)
{
	struct str item;

	if (packed->n == 0 || !str_cut(packed, ITEM_END, &item))
		return false;
	str_cut(&item, PART_END, name);
	*note = item.p ? item : STR("");
	return true;
}

static void
unpack_entries(struct arena *a, struct str packed, void *at)
{
	struct entry entry = { 0 };

	while (next_item(&packed, &entry.name.text, &entry.note.text))
		*vec_add(a, (struct entries *)at) = entry;
}

static void
unpack_citations(struct arena *a, struct str packed, void *at)
{
	struct citations *list = at;
	struct str id, why;
	size_t n = packed.n > 0;

	for (size_t i = 0; i < packed.n; i++)
		n += packed.p[i] == ITEM_END;
	vec_reserve(a, list, n); /* each is large */
	while (next_item(&packed, &id, &why)) {
		struct citation *citation = vec_add(a, list);

		citation->id.text = id;
		citation->why.text = why;
	}
}

/* ---- moving ---- */

static void
move_value(struct arena *a, struct str lasting, struct value *value)
{
	const char *p = value->text.p;

	if (value->text.n && !(lasting.n && p >= lasting.p && p < lasting.p + lasting.n))
		value->text = arena_str(a, value->text);
}

static void
move_text(struct arena *a, struct str lasting, void *at)
{
	move_value(a, lasting, at);
}

static void
move_entries(struct arena *a, struct str lasting, void *at)
{
	struct entries *list = at;
	struct entry *v = list->n ? arena_array(a, struct entry, list->n) : NULL;

	for (size_t i = 0; i < list->n; i++) {
		v[i] = list->v[i];
		move_value(a, lasting, &v[i].name);
		move_value(a, lasting, &v[i].note);
	}
	*list = (struct entries){ v, list->n, list->n };
}

static void
move_citations(struct arena *a, struct str lasting, void *at)
{
	struct citations *list = at;
	struct citation *v = list->n ? arena_array(a, struct citation, list->n) : NULL;

	for (size_t i = 0; i < list->n; i++) {
		v[i] = list->v[i];
		record_move(a, lasting, &KIND_CITATION, &v[i]);
		move_value(a, lasting, &v[i].ref);
	}
	*list = (struct citations){ v, list->n, list->n };
}

/* ---- types and walks ---- */

struct type {
	void (*parse)(struct reader *, const struct field *, const struct node *, void *at);
	struct str (*pack)(struct arena *, const void *at);
	void (*unpack)(struct arena *, struct str, void *at);
	void (*move)(struct arena *, struct str lasting, void *at);
};

#define TEXT_TYPE(parser) \
	{ \
		parser, pack_text, unpack_text, move_text \
	}
#define LIST_TYPE(parser) \
	{ \
		parser, pack_entries, unpack_entries, move_entries \
	}

static const struct type TYPES[] = {
	[FIELD_TEXT] = TEXT_TYPE(parse_text),
	[FIELD_PROSE] = TEXT_TYPE(parse_text),
	[FIELD_NUMBER] = TEXT_TYPE(parse_number),
	[FIELD_DATE] = TEXT_TYPE(parse_ident),
	[FIELD_YEAR] = TEXT_TYPE(parse_ident),
	[FIELD_FLAG] = TEXT_TYPE(parse_ident),
	[FIELD_KIND] = TEXT_TYPE(parse_ident),
	[FIELD_SLUG] = TEXT_TYPE(parse_ident),
	[FIELD_URL] = TEXT_TYPE(parse_ident),
	[FIELD_DOI] = TEXT_TYPE(parse_ident),
	[FIELD_ARXIV] = TEXT_TYPE(parse_ident),
	[FIELD_ROR] = TEXT_TYPE(parse_ident),
	[FIELD_LANGUAGE] = TEXT_TYPE(parse_ident),
	[FIELD_CHOICE] = TEXT_TYPE(parse_choice),
	[FIELD_LIST] = LIST_TYPE(parse_list),
	[FIELD_SLUGS] = LIST_TYPE(parse_list),
	[FIELD_PINS] = LIST_TYPE(parse_list),
	[FIELD_LINKS] = LIST_TYPE(parse_links),
	[FIELD_WORDS] = LIST_TYPE(parse_links),
	[FIELD_CITATIONS] = { parse_list, pack_citations, unpack_citations, move_citations },
};

static void
say_unknown(struct reader *r, const struct kind *kind, const struct node *key)
{
	const char *keys[64];
	struct str shown = text_short(r->arena, key->text, 60);

	for (size_t i = 0; i < kind->n; i++)
		keys[i] = kind->fields[i].key;
	const char *nearest = str_nearest(key->text, keys, kind->n);

	if (shown.n == 0)
		reader_problem(r, PROBLEM_ERROR, key->line, key->column, STR(""),
			"%s stands in place of a key; expected lines of 'key: value'",
			key->kind == NODE_TEXT ? "nothing" : kind_name(key->kind));
	else if (kind == &KIND_CAPSULE && kind_field(&KIND_LOCAL, key->text))
		reader_problem(r, PROBLEM_ERROR, key->line, key->column, shown,
			"a setting of the machine, not of the directory; write it in local.yaml");
	else if (kind == &KIND_LOCAL && kind_field(&KIND_CAPSULE, key->text))
		reader_problem(r, PROBLEM_ERROR, key->line, key->column, shown,
			"a setting of the directory, not of the machine; write it in capsule.yaml");
	else if (nearest)
		reader_problem(r, PROBLEM_ERROR, key->line, key->column, shown,
			"unknown key; did you mean \"%s\"? (your own keys begin with x-)", nearest);
	else
		reader_problem(r, PROBLEM_ERROR, key->line, key->column, shown,
			"unknown key; remove it, or write \"x-%.*s\" if it is your own",
			STR_ARG(shown));
}

/* A setting by the name that it had before; where its new name is in the map too, that one counts.
 * False when the key is none. */
static bool
take_former(struct reader *r, const struct kind *kind, const struct node *map,
	const struct node *key, void *into)
{
	const struct field *field = key->kind == NODE_TEXT ? kind_former(kind, key->text) : NULL;
	bool both = false;

	if (!field)
		return false;
	for (const struct node *other = map->kids; other; other = other->next->next)
		both = both ||
			(other->kind == NODE_TEXT && str_eq(other->text, str_of(field->key)));
	reader_problem(r, PROBLEM_WARNING, key->line, key->column, key->text,
		both ? "is \"%s\" now, which stands here, too; remove the old one"
		     : "is \"%s\" now, and understood; write the new name",
		field->key);
	if (!both)
		TYPES[field->type].parse(r, field, key->next, (char *)into + field->offset);
	return true;
}

/* A required field that is not there, or is empty. */
static void
say_missing(struct reader *r, const struct field *field, const struct node *map)
{
	for (const struct node *key = map->kids; key; key = key->next->next)
		if (key->kind == NODE_TEXT && str_eq(key->text, str_of(field->key))) {
			if (key->next->kind == NODE_TEXT && str_trim(key->next->text).n == 0)
				wrong_at(r, key, field, "empty; write %s", field->help);
			return;
		}
	wrong_at(r, map, field, "missing; add \"%s: %s\"", field->key, field->help);
}

/* An empty file of records; settings may be empty. */
static bool
say_nothing_there(struct reader *r, const struct kind *kind, const struct node *node)
{
	struct buf needed = { 0 };

	if (node->kids || !kind->folder)
		return false;
	for (size_t i = 0; i < kind->n; i++)
		if (kind->fields[i].required)
			buf_printf(&needed, "%s%s", needed.n ? " and " : " at least ",
				kind->fields[i].key);
	if (needed.n == 0)
		buf_put(&needed, STR(" a line of 'key: value'"));
	reader_problem(r, PROBLEM_ERROR, node->line, node->column, STR(""),
		"the file is empty; write%.*s, or delete it", STR_ARG(buf_str(&needed)));
	buf_end(&needed);
	return true;
}

bool
record_parse(struct reader *r, const struct kind *kind, const struct node *node, void *into)
{
	size_t errors = r->problems->errors;

	if (node->kind != NODE_MAP) {
		reader_problem(r, PROBLEM_ERROR, node->line, node->column, STR(""),
			"%s stands here; a %s is lines of 'key: value'", kind_name(node->kind),
			kind->name);
		return false;
	}
	if (say_nothing_there(r, kind, node))
		return false;
	for (const struct node *key = node->kids; key; key = key->next->next) {
		const struct field *field =
			key->kind == NODE_TEXT ? kind_field(kind, key->text) : NULL;

		if (field)
			TYPES[field->type].parse(r, field, key->next, (char *)into + field->offset);
		else if (!take_former(r, kind, node, key, into) &&
			!str_starts(key->text, STR("x-")))
			say_unknown(r, kind, key);
	}
	for (size_t i = 0; i < kind->n; i++)
		if (kind->fields[i].required)
			say_missing(r, &kind->fields[i], node);
	return r->problems->errors == errors;
}

bool
record_parse_one(struct reader *r, const struct field *field, struct str text, void *into)
{
	size_t errors = r->problems->errors;
	const struct node node = { .kind = NODE_TEXT, .text = text, .line = 1, .column = 1 };

	TYPES[field->type].parse(r, field, &node, (char *)into + field->offset);
	if (TYPES[field->type].pack == pack_entries &&
		((const struct entries *)field_at(field, into))->n > field->most)
		wrong_at(r, &node, field, "more than %zu items; leave some out", field->most);
	return r->problems->errors == errors;
}

struct str
record_pack(struct arena *a, const struct field *field, const void *record)
{
	return TYPES[field->type].pack(a, field_at(field, record));
}

void
record_unpack(struct arena *a, const struct field *field, struct str packed, void *record)
{
	TYPES[field->type].unpack(a, packed, (char *)record + field->offset);
}

void
record_move(struct arena *a, struct str lasting, const struct kind *kind, void *record)
{
	for (size_t i = 0; i < kind->n; i++)
		TYPES[kind->fields[i].type].move(
			a, lasting, (char *)record + kind->fields[i].offset);
}
