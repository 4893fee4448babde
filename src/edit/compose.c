/* compose: a record as an editor would begin it, from the table of fields: what is known stands
 * there, the rest is a comment that says what to write. */
#include "base/text.h"
#include "base/uri.h"
#include "base/utf8.h"
#include "catalog/ident.h"
#include "edit/doc.h"
#include "edit/fmt.h"
#include "edit/import.h"

struct composing {
	struct buf *out;
	struct arena *a;
	const struct imported *im;
	const struct known *known;
};

static bool
is_block(const struct field *field)
{
	return field->type == FIELD_LIST || field->type == FIELD_SLUGS ||
		field->type == FIELD_PINS || field->type == FIELD_CITATIONS ||
		field->type == FIELD_LINKS;
}

/* A field that nobody knows yet, to be filled in. */
static void
put_blank(struct composing *c, const struct field *field)
{
	bool block = is_block(field);

	buf_printf(c->out, "# %s:%s%s%s\n", field->key, block ? "\n#   " : " ",
		block && field->type != FIELD_LINKS ? "- " : "", field->example);
}

static void
put_pair(struct composing *c, size_t indent, const char *key, struct str text)
{
	buf_printf(c->out, "%*s%s: ", (int)indent, "", key);
	fmt_scalar(c->out, text, indent + strlen(key) + 2, indent + 2);
	buf_char(c->out, '\n');
}

static void
put_list(struct composing *c, const char *key, const struct texts *list, size_t indent)
{
	buf_printf(c->out, "%*s%s:\n", (int)indent, "", key);
	for (size_t i = 0; i < list->n; i++) {
		buf_printf(c->out, "%*s- ", (int)indent + 2, "");
		fmt_scalar(c->out, list->v[i], indent + 4, indent + 4);
		buf_char(c->out, '\n');
	}
}

/* An item of start_here; its keys stand at `indent` + 2. */
static void
put_work(struct composing *c, const struct reference *work, size_t indent)
{
	struct str slug = known_slug(c->a, c->known, work);
	size_t begin = c->out->n;
	const struct {
		const char *key;
		struct str text;
	} parts[] = { { "title", work->title }, { "kind", work->kind }, { "url", work->url },
		{ "year", work->year }, { "authors", { 0 } },
		{ "et_al", work->et_al && work->authors.n ? STR("true") : STR("") },
		{ "doi", work->doi }, { "arxiv", work->arxiv }, { "venue", work->venue } };

	if (slug.n) {
		buf_printf(c->out, "%*s- id: %.*s # %.*s\n", (int)indent, "", STR_ARG(slug),
			STR_ARG(work->title));
		return;
	}
	for (size_t i = 0; i < COUNT(parts); i++) {
		const struct field *field = kind_field(&KIND_CITATION, str_of(parts[i].key));

		if (strcmp(parts[i].key, "authors") == 0 && work->authors.n)
			put_list(c, "authors", &work->authors, indent + 2);
		else if (parts[i].text.n &&
			(field->type == FIELD_TEXT || field->type == FIELD_URL ||
				field->type == FIELD_DOI))
			put_pair(c, indent + 2, parts[i].key, parts[i].text);
		else if (parts[i].text.n)
			buf_printf(c->out, "%*s%s: %.*s\n", (int)indent + 2, "", parts[i].key,
				STR_ARG(parts[i].text));
	}
	/* the first of its lines begins the item */
	if (c->out->n > begin)
		c->out->p[begin + indent] = '-';
}

static size_t
sources_most(void)
{
	return kind_field(&KIND_PERSON, STR("start_here"))->most;
}

static void
put_works(struct composing *c)
{
	size_t n = c->im->works.n, most = sources_most();

	buf_put(c->out, STR("start_here:\n"));
	for (size_t i = 0; i < n && i < most; i++) {
		put_work(c, &c->im->works.v[i], 2);
		if (i == 0)
			buf_put(c->out,
				STR("    # why: what makes it worth reading, for this person's "
				    "readers\n"));
	}
	if (n > most)
		buf_printf(c->out, "  # %zu more were left out: at most %zu can be named\n",
			n - most, most);
}

/* A line of a map, when the value is one that a record may hold. */
static bool
put_link(struct composing *c, const struct entry *link, const struct entries *links, size_t i)
{
	struct str label = link->name.text, value = link->note.text, url;

	for (size_t k = 0; k < i; k++)
		if (str_eq(links->v[k].name.text, label))
			return false;
	if (label.n == 0 || value.n == 0 || value.n > URL_MOST ||
		ident_link(c->a, label, value, &url))
		return false;
	buf_put(c->out, STR("  "));
	fmt_scalar(c->out, label, 2, 4);
	buf_put(c->out, STR(": "));
	fmt_scalar(c->out, value, 0, 4);
	buf_char(c->out, '\n');
	return true;
}

static bool
put_links(struct composing *c)
{
	size_t begin = c->out->n;
	bool any = false;

	buf_put(c->out, STR("links:\n"));
	for (size_t i = 0; i < c->im->links.n && i < 16; i++)
		any = put_link(c, &c->im->links.v[i], &c->im->links, i) || any;
	if (!any)
		c->out->n = begin;
	return any;
}

/* Writes what is known of the field; false when that is nothing. */
static bool
put_known(struct composing *c, const struct field *field)
{
	const struct imported *im = c->im;
	const struct {
		const char *key;
		struct str text;
		const struct texts *list;
	} facts[] = { { "name", im->name, NULL }, { "role", im->role, NULL },
		{ "summary", im->summary, NULL }, { "native_name", im->native_name, NULL },
		{ "organizations", { 0 }, &im->organizations }, { "topics", { 0 }, &im->topics },
		{ "aliases", { 0 }, &im->aliases } };

	if (field->type == FIELD_CITATIONS) {
		if (im->works.n)
			put_works(c);
		return im->works.n > 0;
	}
	if (field->type == FIELD_LINKS)
		return im->links.n > 0 && put_links(c);
	for (size_t i = 0; i < COUNT(facts); i++) {
		if (strcmp(field->key, facts[i].key) != 0)
			continue;
		if (facts[i].list && facts[i].list->n)
			put_list(c, field->key, facts[i].list, 0);
		else if (facts[i].text.n)
			put_pair(c, 0, field->key, facts[i].text);
		else
			return false;
		return true;
	}
	return false;
}

void
compose_record(struct buf *out, struct arena *a, const struct imported *im,
	const struct known *known, const char *schema, const char *remark)
{
	struct composing c = { out, a, im, known };

	if (schema)
		buf_printf(out, "# yaml-language-server: $schema=%s\n\n", schema);
	buf_put(out,
		STR("# A profile. name and tagline are needed; take away the '# ' of what you "
		    "know.\n"
		    "# The file is served as it is, comments and x- keys included.\n"));
	if (remark)
		buf_printf(out, "# %s\n", remark);
	for (size_t i = 0; i < KIND_PERSON.n; i++) {
		const struct field *field = &KIND_PERSON.fields[i];

		if (i)
			buf_printf(out, "\n# %s\n", field->help);
		if (put_known(&c, field))
			continue;
		if (field->required)
			buf_printf(out, "%s: To be written\n", field->key);
		else
			put_blank(&c, field);
	}
}

/* ---- into a record that is there ---- */

/* Whether the record has the work already, under any of its identifiers. */
static bool
has_work(struct arena *a, const struct person *person, const struct known *known,
	const struct reference *work)
{
	struct str slug = known_slug(a, known, work), normal = STR("");

	if (work->url.n && !uri_normal(a, work->url, &normal))
		normal = STR("");
	for (size_t i = 0; i < person->start_here.n; i++) {
		const struct citation *has = &person->start_here.v[i];
		struct reference as = { .title = has->title.text,
			.doi = has->doi.text,
			.arxiv = has->arxiv.text,
			.url = has->url.text };
		struct str ref = has->ref.text, key, url;

		if (str_starts(ref, STR("arxiv:")))
			ident_arxiv(a, ref, &as.arxiv);
		else if (str_starts(ref, STR("doi:")))
			ident_doi(a, ref, &as.doi);
		else if (ident_of_url(a, ref, &key))
			*(str_starts(key, STR("arxiv:")) ? &as.arxiv : &as.doi) =
				str_sub(key, str_find(key, ':') + 1, key.n);
		else if (str_find(ref, ':') < ref.n)
			as.url = ref;
		struct str own = has->id.text.n      ? has->id.text
			: ref.n && text_is_slug(ref) ? ref
						     : known_slug(a, known, &as);

		if ((slug.n && str_eq(own, slug)) || (as.doi.n && str_eq(as.doi, work->doi)) ||
			(as.arxiv.n && str_eq(as.arxiv, work->arxiv)) ||
			(normal.n && uri_normal(a, as.url, &url) && str_eq(url, normal)) ||
			(as.title.n && work->title.n &&
				str_eq(text_fold(a, as.title), text_fold(a, work->title))))
			return true;
	}
	return false;
}

static const struct part *
last_leaf(const struct part *part)
{
	const struct part *last = part->kind == NODE_TEXT && part->from < part->to ? part : NULL;

	for (const struct part *kid = part->kids; kid; kid = kid->next) {
		const struct part *deeper = last_leaf(kid);

		last = deeper ? deeper : last;
	}
	return last;
}

/* Behind the line on which the value ends, and the comments that belong to its end. */
static size_t
end_of(const struct doc *doc, const struct part *value, int column)
{
	struct str s = doc->bytes;
	const struct part *last = last_leaf(value);
	size_t at = last ? last->to : value->to;

	while (at > 0 && (s.p[at - 1] == '\n' || s.p[at - 1] == ' '))
		at--;
	at += str_find(str_sub(s, at, s.n), '\n');
	at += at < s.n;
	for (;;) {
		size_t blank = at;

		while (blank < s.n && s.p[blank] == ' ')
			blank++;
		if (blank == s.n || s.p[blank] != '#' || (int)(blank - at) + 1 <= column)
			return at;
		at += str_find(str_sub(s, at, s.n), '\n');
		at += at < s.n;
	}
}

/* Where the key belongs by the table: in front of the first one that stands behind it there. */
static size_t
place_of(const struct doc *doc)
{
	const struct field *own = kind_field(&KIND_PERSON, STR("start_here"));

	for (const struct part *k = doc->root->kids; k; k = k->next->next) {
		const struct field *field = kind_field(&KIND_PERSON, k->text);
		size_t at = k->from;

		if (field && field < own)
			continue;
		if (k->before.n)
			break;
		while (at > 0 && doc->bytes.p[at - 1] != '\n')
			at--;
		return at;
	}
	return doc->bytes.n;
}

bool
compose_merged(struct reader *r, struct str before, const struct imported *im,
	const struct known *known, struct str *after, size_t *added)
{
	struct arena *a = r->arena;
	struct person person = { 0 };
	struct doc doc;
	struct part *key = NULL, *value;
	struct buf items = { 0 }, out = { 0 };
	struct composing c = { &items, a, im, known };
	size_t errors = r->problems->errors;
	const struct node *node;

	*added = 0;
	*after = before;
	if (!(node = yaml_parse(r, before)) || !record_parse(r, &KIND_PERSON, node, &person) ||
		!doc_parse(r, before, &doc))
		return false;
	value = doc_value(doc.root, "start_here", &key);
	bool block = value && value->kind == NODE_LIST && !value->flow && value->kids;

	if ((value && !block) || doc.root->flow) {
		/* one source, or a list in []: in lines first */
		struct buf lines = { 0 };

		if (!fmt_record(r, &KIND_PERSON, before, &lines))
			return false;
		before = arena_str(a, buf_str(&lines));
		buf_end(&lines);
		if (!doc_parse(r, before, &doc))
			return false;
		value = doc_value(doc.root, "start_here", &key);
		block = value && value->kind == NODE_LIST && !value->flow && value->kids;
	}
	if (value && !block && value->from < value->to) { /* an empty list */
		before = arena_printf(a, "%.*s%.*s", (int)value->from, before.p,
			STR_ARG(str_sub(before, value->to, before.n)));
		if (!doc_parse(r, before, &doc))
			return false;
		value = doc_value(doc.root, "start_here", &key);
	}
	size_t room = sources_most() -
		(person.start_here.n < sources_most() ? person.start_here.n : sources_most());

	for (size_t i = 0; i < im->works.n && *added < room; i++)
		if (!has_work(a, &person, known, &im->works.v[i])) {
			put_work(&c, &im->works.v[i], block ? (size_t)value->column - 1 : 2);
			++*added;
		}
	if (*added == 0) {
		buf_end(&items);
		return true;
	}
	size_t at = place_of(&doc);

	if (value && key)
		at = end_of(&doc, block ? value : key, key->column);

	buf_put(&out, str_sub(before, 0, at));
	if (at > 0 && before.p[at - 1] != '\n')
		buf_char(&out, '\n');
	if (!value)
		buf_put(&out, STR("start_here:\n"));
	buf_put(&out, buf_str(&items));
	buf_put(&out, str_sub(before, at, before.n));
	*after = arena_str(a, buf_str(&out));
	buf_end(&items);
	buf_end(&out);

	/* it must be a record, with so many sources more */
	struct person merged = { 0 };

	if (!(node = yaml_parse(r, *after)) || !record_parse(r, &KIND_PERSON, node, &merged) ||
		merged.start_here.n != person.start_here.n + *added) {
		if (r->problems->errors == errors)
			reader_problem(r, PROBLEM_ERROR, 1, 1, STR("start_here"),
				"cannot be added to as it stands; run almagest fmt on it first");
		return false;
	}
	return true;
}
