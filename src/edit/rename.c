/* rename: the bytes of a file change only where the slug stands; everything else, layout and
 * comments included, stays as the editor wrote it. */
#include "edit/rename.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "edit/doc.h"

/* Bytes of the file that others take the place of; in order, none over another. */
struct patch {
	size_t from, to;
	struct str with;
};

struct patches {
	struct patch *v;
	size_t n, room;
};

struct renaming {
	struct arena *a;
	struct str from, to;
	struct err *e;
};

static struct str
slug_of(struct str path)
{
	size_t slash = str_find_last(path, '/'), begin = slash < path.n ? slash + 1 : 0;
	struct str name = str_sub(path, begin, path.n);

	return str_sub(name, 0, str_find_last(name, '.'));
}

static struct str
patched(struct arena *a, struct str bytes, const struct patches *patches)
{
	struct buf out = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < patches->n; i++) {
		buf_put(&out, str_sub(bytes, at, patches->v[i].from));
		buf_put(&out, patches->v[i].with);
		at = patches->v[i].to;
	}
	buf_put(&out, str_sub(bytes, at, bytes.n));
	struct str made = arena_str(a, buf_str(&out));

	buf_end(&out);
	return made;
}

/* The slug in a scalar that is it, or "it: why": quotes and why stay. */
static bool
patch_scalar(struct renaming *n, struct str bytes, const struct part *part, struct patches *patches)
{
	struct str text = text_line(n->a, part->text);
	struct str slug = str_trim(str_sub(text, 0, str_find(text, ':')));
	struct str raw = str_sub(bytes, part->from, part->to);
	size_t at = str_find_str(raw, n->from);

	if (part->kind != NODE_TEXT || !str_eq(slug, n->from) || at == raw.n)
		return false;
	*vec_add(n->a, patches) =
		(struct patch){ part->from + at, part->from + at + n->from.n, n->to };
	return true;
}

/* Every entry of related and unrelated that names the slug. */
static void
patch_pins(struct renaming *n, struct str bytes, const struct part *map, const char *key,
	struct patches *patches)
{
	const struct part *value = doc_value(map, key, NULL);

	for (const struct part *item = value && value->kind == NODE_LIST ? value->kids : value;
		item; item = value->kind == NODE_LIST ? item->next : NULL)
		patch_scalar(n, bytes, item->kind == NODE_MAP && item->kids ? item->kids : item,
			patches);
}

static void
sort_patches(struct patches *patches)
{
	for (size_t i = 1; i < patches->n; i++)
		for (size_t k = i; k > 0 && patches->v[k - 1].from > patches->v[k].from; k--) {
			struct patch swap = patches->v[k];

			patches->v[k] = patches->v[k - 1];
			patches->v[k - 1] = swap;
		}
}

static size_t
line_end(struct str s, size_t at)
{
	while (at < s.n && s.p[at] != '\n')
		at++;
	return at < s.n ? at + 1 : at;
}

/* Writes the list of former slugs anew: without the new slug, with the old one. */
static void
patch_former(struct renaming *n, const struct doc *doc, struct patches *patches)
{
	struct str bytes = doc->bytes;
	struct part *key = NULL, *value = doc_value(doc->root, "former_slugs", &key);
	const struct part *last = NULL, *back = NULL;
	size_t items = 0;
	bool flow = doc->root->flow;

	for (const struct part *kid = value && value->kind == NODE_LIST ? value->kids : NULL; kid;
		kid = kid->next) {
		items++;
		last = kid;
		if (kid->kind == NODE_TEXT && str_eq(text_line(n->a, kid->text), n->to))
			back = kid;
	}
	if (last && !value->flow && !flow) {
		if (back) { /* it had the new slug before: the old one takes its place */
			*vec_add(n->a, patches) = (struct patch){ back->from, back->to, n->from };
			return;
		}
		size_t indent = (size_t)(value->column - 1), at = line_end(bytes, last->to);
		bool open = at > 0 && bytes.p[at - 1] != '\n';

		*vec_add(n->a, patches) = (struct patch){ at, at,
			arena_printf(n->a, "%s%*s- %.*s\n", open ? "\n" : "", (int)indent, "",
				STR_ARG(n->from)) };
		return;
	}
	/* one slug, a list in [], or none: a list in [] says them all */
	struct buf list = { 0 };
	struct str text =
		value && value->kind == NODE_TEXT ? text_line(n->a, value->text) : STR("");

	buf_put(&list, STR("["));
	if (text.n && !str_eq(text, n->to))
		buf_printf(&list, "%.*s, ", STR_ARG(text));
	for (const struct part *kid = items ? value->kids : NULL; kid; kid = kid->next)
		if (kid != back && kid->kind == NODE_TEXT)
			buf_printf(&list, "%.*s, ", STR_ARG(text_line(n->a, kid->text)));
	buf_printf(&list, "%.*s]", STR_ARG(n->from));
	struct str all = arena_str(n->a, buf_str(&list));

	buf_end(&list);
	if (value && value->from < value->to)
		*vec_add(n->a, patches) = (struct patch){ value->from, value->to, all };
	else if (value) {
		size_t at = key->to + str_find(str_sub(bytes, key->to, bytes.n), ':') + 1;

		*vec_add(n->a, patches) =
			(struct patch){ at, at, arena_printf(n->a, " %.*s", STR_ARG(all)) };
	} else if (flow) {
		size_t at = doc->root->to - 1;

		*vec_add(n->a, patches) = (struct patch){ at, at,
			arena_printf(n->a, ", former_slugs: %.*s", STR_ARG(all)) };
	} else {
		/* in front of the first key that stands behind it in the table */
		const struct field *own = kind_field(&KIND_PERSON, STR("former_slugs"));
		size_t at = bytes.n;

		for (const struct part *k = doc->root->kids; k; k = k->next->next) {
			const struct field *field = kind_field(&KIND_PERSON, k->text);

			if ((!field || field > own) && k->before.n == 0) {
				at = doc_line_begin(bytes, k->from);
				break;
			}
		}
		bool open = at > 0 && bytes.p[at - 1] != '\n';

		*vec_add(n->a, patches) = (struct patch){ at, at,
			arena_printf(n->a, "%sformer_slugs:\n  - %.*s\n", open ? "\n" : "",
				STR_ARG(n->from)) };
	}
}

static bool
parse_doc(struct renaming *n, struct str path, struct str bytes, struct doc *doc,
	struct person *person)
{
	struct problems ps = { .arena = n->a };
	struct reader r = { n->a, &ps, path, clock_day(n->a, 24) };

	if (doc_parse(&r, bytes, doc)) {
		const struct node *node = yaml_parse(&r, bytes);

		if (node->kind == NODE_MAP)
			record_parse(&r, &KIND_PERSON, node, person);
	}
	if (ps.errors == 0)
		return true;
	problem_sort(&ps);
	return err_set(n->e, "%.*s:%d:%d: %.*s%s%.*s; mend this first", STR_ARG(path), ps.v[0].line,
		ps.v[0].column, STR_ARG(ps.v[0].field), ps.v[0].field.n ? ": " : "",
		STR_ARG(ps.v[0].text));
}

static bool
has_entry(const struct entries *list, struct str slug)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i].name.text, slug))
			return true;
	return false;
}

/* The record itself: it moves, and remembers its old slug. */
static bool
plan_record(struct renaming *n, struct str path, struct str bytes, struct change *change)
{
	struct person person = { 0 };
	struct patches patches = { 0 };
	struct doc doc;
	struct problems ps = { .arena = n->a };
	struct reader r = { n->a, &ps, path, clock_day(n->a, 24) };

	if (!parse_doc(n, path, bytes, &doc, &person))
		return false;
	bool listed = has_entry(&person.former_slugs, n->from); /* a renaming was cut off here */

	if (!listed)
		patch_former(n, &doc, &patches);
	size_t slash = str_find_last(path, '/');

	*change = (struct change){ .path = path,
		.moved = arena_printf(n->a, "%.*s/%.*s.yaml", (int)slash, path.p, STR_ARG(n->to)),
		.before = bytes,
		.after = patched(n->a, bytes, &patches) };
	struct person again = { 0 };
	const struct node *node = yaml_parse(&r, change->after);

	if (!node || !record_parse(&r, &KIND_PERSON, node, &again) ||
		!has_entry(&again.former_slugs, n->from) || has_entry(&again.former_slugs, n->to) ||
		again.former_slugs.n !=
			person.former_slugs.n +
				(!listed && !has_entry(&person.former_slugs, n->to)))
		return err_set(n->e,
			"%.*s: its former_slugs cannot be added to as they stand (%s); run "
			"almagest fmt on it first",
			STR_ARG(path), ps.n ? ps.v[0].text.p : "an unusual form");
	return true;
}

static bool
plan_other(struct renaming *n, struct str path, struct str bytes, struct changes *changes)
{
	struct person person = { 0 };
	struct patches patches = { 0 };
	struct doc doc;

	if (str_find_str(bytes, n->from) == bytes.n && str_find_str(bytes, n->to) == bytes.n)
		return true; /* most files: not a word of either */
	if (!parse_doc(n, path, bytes, &doc, &person))
		return false;
	if (has_entry(&person.former_slugs, n->to))
		return err_set(n->e,
			"%.*s: its address was %.*s before, and still leads to it; choose another "
			"slug, or take it from former_slugs there",
			STR_ARG(path), STR_ARG(n->to));
	patch_pins(n, bytes, doc.root, "related", &patches);
	patch_pins(n, bytes, doc.root, "unrelated", &patches);
	size_t named = has_entry(&person.related, n->from) + has_entry(&person.unrelated, n->from);

	if (patches.n != named)
		return err_set(n->e,
			"%.*s names %.*s in an unusual form; run almagest fmt on it first",
			STR_ARG(path), STR_ARG(n->from));
	if (named == 0)
		return true;
	sort_patches(&patches);
	*vec_add(n->a, changes) = (struct change){ .path = path,
		.before = bytes,
		.after = patched(n->a, bytes, &patches),
		.entries = named };
	return true;
}

static bool
is_same_file(const char *path, const char *other)
{
	struct stat a, b;

	return lstat(path, &a) == 0 && lstat(other, &b) == 0 && a.st_dev == b.st_dev &&
		a.st_ino == b.st_ino;
}

static const char *
path_in(struct arena *a, const char *capsule, struct str path)
{
	return arena_printf(a, "%s/%.*s", capsule, STR_ARG(path)).p;
}

/* The record's own file among the names. False when it is not there, or its new place is taken. */
static bool
find_own(struct renaming *n, const char *capsule, const struct names *names, struct str *own)
{
	struct str taken = { 0 };

	*own = (struct str){ 0 };
	for (size_t i = 0; i < names->n; i++) {
		struct str path = arena_printf(n->a, "people/%.*s", STR_ARG(names->v[i]));

		if (!str_ends(path, STR(".yaml")))
			continue;
		if (str_eq(slug_of(path), n->from))
			*own = path;
		else if (str_eq(slug_of(path), n->to))
			taken = path;
	}
	if (!own->p)
		return err_set(n->e, "people/%.*s.yaml: no such record", STR_ARG(n->from));
	if (taken.p && !is_same_file(path_in(n->a, capsule, *own), path_in(n->a, capsule, taken)))
		return err_set(n->e, "%.*s is there already; choose another slug", STR_ARG(taken));
	return true;
}

bool
rename_plan(struct arena *a, const char *capsule, struct str from, struct str to,
	struct changes *changes, struct err *e)
{
	struct renaming n = { a, from, to, e };
	struct names names = { 0 };
	struct str own;

	if (!file_tree(a, path_in(a, capsule, STR("people")), &names, e) ||
		!find_own(&n, capsule, &names, &own))
		return false;
	vec_add(a, changes);
	for (size_t i = 0; i < names.n; i++) {
		struct str path = arena_printf(a, "people/%.*s", STR_ARG(names.v[i])), bytes;

		if (!str_ends(path, STR(".yaml")) || str_eq(slug_of(path), to))
			continue;
		if (!file_read(a, path_in(a, capsule, path), YAML_MOST, &bytes, NULL, e))
			return err_in(e, "%.*s", STR_ARG(path));
		if (str_eq(path, own) ? !plan_record(&n, path, bytes, &changes->v[0])
				      : !plan_other(&n, path, bytes, changes))
			return false;
	}
	return true;
}

/* Where rename() would overwrite, link() fails; where it was cut off, both names are of one file.
 */
static bool
move(const char *from, const char *to, struct err *e)
{
	if ((link(from, to) == 0 || is_same_file(from, to)) && unlink(from) == 0)
		return true;
	return err_set(e, "%s: %s", to, strerror(errno));
}

bool
rename_write(struct arena *a, const char *capsule, const struct changes *changes, struct err *e)
{
	struct fresh *files = arena_array(a, struct fresh, changes->n);
	size_t n = 0;

	for (size_t i = changes->n; i-- > 0;) {
		const struct change *change = &changes->v[i];

		if (!str_eq(change->before, change->after))
			files[n++] =
				file_again(a, path_in(a, capsule, change->path), change->after);
	}
	return file_write_all(files, n, e) &&
		move(path_in(a, capsule, changes->v[0].path),
			path_in(a, capsule, changes->v[0].moved), e);
}

/* `one` is of this file alone: all records are read. */
static bool
claims(struct arena *one, const char *capsule, struct str path, struct str slug)
{
	struct err unheard = { 0 };
	struct renaming n = { one, slug, slug, &unheard };
	struct person person = { 0 };
	struct doc doc;
	struct str bytes;

	return str_ends(path, STR(".yaml")) &&
		file_read(one, path_in(one, capsule, path), YAML_MOST, &bytes, NULL, n.e) &&
		str_find_str(bytes, slug) < bytes.n && parse_doc(&n, path, bytes, &doc, &person) &&
		has_entry(&person.former_slugs, slug);
}

struct str
rename_claimed(struct arena *a, const char *capsule, struct str slug)
{
	struct arena all = { 0 };
	struct names names = { 0 };
	struct err unheard = { 0 };
	struct str found = { 0 };

	file_tree(&all, path_in(&all, capsule, STR("people")), &names, &unheard);
	for (size_t i = 0; !found.n && i < names.n; i++) {
		struct arena one = { 0 };
		struct str path = arena_printf(&one, "people/%.*s", STR_ARG(names.v[i]));

		if (claims(&one, capsule, path, slug))
			found = arena_str(a, path);
		arena_end(&one);
	}
	arena_end(&all);
	return found;
}
