/* subject: topics and organizations exist by being named. A label leads to the record whose slug,
 * name or alias it is, else to the item of its own slug. What a label means is worked out once. */
#include <stdlib.h>

#include "base/text.h"
#include "catalog/directory.h"

/* What the words of a label mean, for everybody. */
struct meaning {
	uint32_t item;
	bool strange;              /* the item's record does not have this name */
	struct spelling *spelling; /* NULL: it is but the slug */
};

/* The two kinds differ only in where things lie. */
struct subject_kind {
	const char *folder, *field;
	struct subject **records;
	size_t records_n;
	struct items *items;
	struct arena arena; /* of what follows, which ends with the step */
	struct map by_slug; /* label's slug to item */
	struct map
		claimed; /* a name's or alias's slug to the item that has it; NAME_SHARED: two do */
	struct map by_label; /* label to meaning */
	struct {
		struct meaning *v;
		size_t n, room;
	} meanings;
};

static size_t
new_item(struct directory *d, struct subject_kind *k, struct str slug, struct str name,
	const struct subject *record)
{
	struct item *item = vec_add(&d->arena, k->items);

	item->slug = slug;
	item->name = name;
	item->record = record;
	*map_at(&k->arena, &k->by_slug, slug) = k->items->n - 1;
	return k->items->n - 1;
}

static struct str
name_of(const struct subject *record)
{
	return record->name.text.n ? record->name.text : record->slug;
}

/* A name or alias of a record leads to it, unless another record says the same. */
static void
claim(struct directory *d, struct subject_kind *k, const struct subject *record,
	const struct value *name, size_t item)
{
	struct str slug = text_slug(&d->arena, name->text);
	size_t *at = map_at(&k->arena, &k->claimed, slug), live = map_find(&k->by_slug, slug);

	*vec_add(&d->arena, &d->claims) =
		(struct claim){ k->folder, slug, CLAIM_ALIAS, record->slug, STR("") };

	if (live != (size_t)MAP_NONE && live != item)
		problem_add(&d->problems, PROBLEM_WARNING, record->path, name->line, name->column,
			str_of(name == &record->name ? "name" : "aliases"),
			"\"%.*s\" leads to %.*s, whose slug it is; choose another",
			STR_ARG(name->text), STR_ARG(k->items->v[live].record->path));
	if (*at == (size_t)MAP_NONE || *at == item) {
		*at = item;
		return;
	}
	if (*at != (size_t)NAME_SHARED)
		problem_add(&d->problems, PROBLEM_WARNING, record->path, name->line, name->column,
			str_of(name == &record->name ? "name" : "aliases"),
			"\"%.*s\" is a name of %s/%.*s too; it leads to neither until one gives it "
			"up",
			STR_ARG(name->text), k->folder, STR_ARG(k->items->v[*at].slug));
	*at = (size_t)NAME_SHARED;
}

/* The item that a label means; made when nobody named it before. */
static size_t
find_item(struct directory *d, struct subject_kind *k, struct str label)
{
	struct str slug = text_slug(&k->arena, label);
	size_t at = map_find(&k->by_slug, slug);

	if (at != (size_t)MAP_NONE && k->items->v[at].record)
		return at;
	size_t claimed = map_find(&k->claimed, slug);

	if (claimed != (size_t)MAP_NONE && claimed != (size_t)NAME_SHARED)
		return claimed;
	return at != (size_t)MAP_NONE ? at
				      : new_item(d, k, arena_str(&d->arena, slug), label, NULL);
}

/* One more, at the end. */
static struct spelling *
new_spelling(struct arena *a, struct item *item, struct str label)
{
	struct spelling **at = &item->spellings;

	while (*at)
		at = &(*at)->next;
	*at = arena_new(a, struct spelling);
	(*at)->label = label;
	return *at;
}

bool
subject_label_is_slug(struct str slug, struct str label)
{
	return str_eq(label, slug) && str_find(label, '-') < label.n;
}

/* An item that no record names is called what most people's records call it, the first in byte
 * order of those; a slug with a '-' in it is no name. */
static void
count_spelling(struct item *item, struct spelling *spelling)
{
	const struct spelling *most = item->most;

	spelling->n++;
	if (item->record && item->record->name.text.n)
		return;
	if (most &&
		(spelling->n < most->n ||
			(spelling->n == most->n && str_cmp(spelling->label, most->label) > 0)))
		return;
	item->most = spelling;
	item->name = spelling->label;
}

/* Whether label is the slug, written with '-' or blanks. */
static bool
spells_slug(struct str slug, struct str label)
{
	if (slug.n != label.n)
		return false;
	for (size_t i = 0; i < slug.n; i++)
		if (!(slug.p[i] == '-' && label.p[i] == ' ') &&
			!str_eq_nocase(str_sub(slug, i, i + 1), str_sub(label, i, i + 1)))
			return false;
	return true;
}

/* Whether a label is a record's slug, name or alias; without a name it has any that leads to it. */
static bool
is_named(const struct subject *record, struct str label)
{
	bool named = record->name.text.n == 0 || spells_slug(record->slug, label) ||
		str_eq_nocase(label, record->name.text);

	for (size_t i = 0; !named && i < record->aliases.n; i++)
		named = str_eq_nocase(label, record->aliases.v[i].name.text);
	return named;
}

/* The page of the name "index" is the list of all. */
static bool
is_reserved(struct directory *d, struct subject_kind *k, struct str path, const struct value *label,
	const char *field)
{
	if (!str_eq(text_slug(&k->arena, label->text), STR("index")))
		return false;
	problem_add(&d->problems, PROBLEM_ERROR, path, label->line, label->column, str_of(field),
		"the name \"index\" is reserved; choose another label");
	return true;
}

/* What a label of that record means; NULL, and a word, when it is reserved. */
static const struct meaning *
find_meaning(
	struct directory *d, struct subject_kind *k, struct str path, const struct value *label)
{
	size_t known = map_find(&k->by_label, label->text), at;
	struct meaning *meaning;
	struct item *item;

	if (known != (size_t)MAP_NONE)
		return &k->meanings.v[known];
	if (is_reserved(d, k, path, label, k->field))
		return NULL;
	at = find_item(d, k, label->text);
	item = &k->items->v[at];
	*map_at(&k->arena, &k->by_label, label->text) = k->meanings.n;
	meaning = vec_add(&k->arena, &k->meanings);
	meaning->item = (uint32_t)at;
	meaning->strange = item->record && !is_named(item->record, label->text);
	if (!subject_label_is_slug(item->slug, label->text))
		meaning->spelling = new_spelling(&d->arena, item, label->text);
	return meaning;
}

static bool
lists(const struct ids *ids, uint32_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->v[i] == id)
			return true;
	return false;
}

/* A member's label: the item is counted once more, and two spellings of one slug are worth a word.
 */
static void
name_item(struct directory *d, struct subject_kind *k, struct str path, const struct value *label,
	struct ids *ids)
{
	const struct meaning *meaning = find_meaning(d, k, path, label);
	struct item *item;

	if (!meaning)
		return;
	item = &k->items->v[meaning->item];
	if (meaning->strange)
		problem_add(&d->problems, PROBLEM_WARNING, path, label->line, label->column,
			str_of(k->field),
			"\"%.*s\" leads to %.*s, which does not have this name; add it under "
			"aliases, or choose words that differ in a letter",
			STR_ARG(label->text), STR_ARG(item->record->path));
	if (!item->record && !str_eq_nocase(item->name, label->text))
		problem_add(&d->problems, PROBLEM_WARNING, path, label->line, label->column,
			str_of(k->field),
			"\"%.*s\" and \"%.*s\" are one item with the slug %.*s; spell them alike, "
			"add %s/%.*s.yaml, or choose words that differ in a letter",
			STR_ARG(label->text), STR_ARG(item->name), STR_ARG(item->slug), k->folder,
			STR_ARG(item->slug));
	if (meaning->spelling)
		count_spelling(item, meaning->spelling);
	if (lists(ids, meaning->item)) {
		problem_add(&d->problems, PROBLEM_ERROR, path, label->line, label->column,
			str_of(k->field),
			"\"%.*s\" is listed twice, under two names of %s/%.*s; keep one",
			STR_ARG(label->text), k->folder, STR_ARG(item->slug));
		return;
	}
	item->people.n++;
	*vec_add(&d->arena, ids) = meaning->item;
}

/* An item and where it stood. */
struct sorted_item {
	struct str slug;
	size_t at;
};

static int
by_slug(const void *a, const void *b)
{
	return str_cmp(
		((const struct sorted_item *)a)->slug, ((const struct sorted_item *)b)->slug);
}

/* Items in byte order of slug; now[i] is where the i-th went. */
static void
sort_items(struct directory *d, struct subject_kind *k, uint32_t *now)
{
	size_t n = k->items->n;
	struct sorted_item *order = arena_array(&k->arena, struct sorted_item, n + 1);
	struct items sorted = { 0 };

	for (size_t i = 0; i < n; i++)
		order[i] = (struct sorted_item){ k->items->v[i].slug, i };
	qsort(order, n, sizeof *order, by_slug);
	vec_reserve(&d->arena, &sorted, n + 1);
	for (size_t i = 0; i < n; i++) {
		*vec_add(&d->arena, &sorted) = k->items->v[order[i].at];
		now[order[i].at] = (uint32_t)i;
	}
	*k->items = sorted;
}

static struct ids *
ids_of(struct member *m, enum shared_kind kind)
{
	return kind == SHARED_TOPIC ? &m->topics : &m->organizations;
}

/* What has been counted gets its room, and then its people. */
static void
list_people(struct directory *d, struct subject_kind *k, enum shared_kind kind)
{
	uint32_t *now = arena_array(&k->arena, uint32_t, k->items->n + 1);

	sort_items(d, k, now);
	for (size_t i = 0; i < k->items->n; i++) {
		struct ids *people = &k->items->v[i].people;

		vec_reserve(&d->arena, people, people->n);
		people->n = 0;
	}
	for (size_t p = 0; p < d->people.n; p++) {
		struct ids *ids = ids_of(&d->people.v[p], kind);

		for (size_t i = 0; i < ids->n; i++) {
			ids->v[i] = now[ids->v[i]];
			*vec_add(&d->arena, &k->items->v[ids->v[i]].people) = (uint32_t)p;
		}
	}
}

/* A topic exists by being called broader, too. */
static void
find_broader(struct directory *d, struct subject_kind *k, size_t i)
{
	struct subject *record = k->records[i];
	size_t at;

	if (is_reserved(d, k, record->path, &record->broader, "broader")) {
		record->broader.text = STR("");
		return;
	}
	at = find_item(d, k, record->broader.text);

	if (at == i) {
		problem_add(&d->problems, PROBLEM_ERROR, record->path, record->broader.line,
			record->broader.column, STR("broader"),
			"\"%.*s\" names this record itself; remove it",
			STR_ARG(record->broader.text));
		record->broader.text = STR("");
		return;
	}
	struct item *item = &k->items->v[at];

	if (!item->record && !item->spellings && !item->named_broader) {
		item->name = record->broader.text;
		item->named_broader = true;
	}
	record->broader.text = item->slug;
}

/* The record of what is broader than a record's topic, or NULL. */
static const struct subject *
broader_of(const struct subject_kind *k, const struct subject *record)
{
	size_t at = record->broader.text.n ? map_find(&k->by_slug, record->broader.text)
					   : (size_t)MAP_NONE;

	return at == (size_t)MAP_NONE ? NULL : k->items->v[at].record;
}

/* A way up that comes back is told where its first slug is. */
static void
tell_circle(struct directory *d, const struct subject_kind *k, const struct subject *first)
{
	struct buf way = { 0 };
	const struct subject *at = broader_of(k, first);

	for (size_t i = 0; at && i < k->records_n && str_cmp(at->slug, first->slug) > 0; i++) {
		buf_printf(&way, "%.*s, ", STR_ARG(at->slug));
		at = broader_of(k, at);
	}
	if (at == first)
		problem_add(&d->problems, PROBLEM_WARNING, first->path, first->broader.line,
			first->broader.column, STR("broader"),
			"leads back here: %.*s%.*s; remove it from one of these topics",
			STR_ARG(buf_str(&way)), STR_ARG(first->slug));
	buf_end(&way);
}

static void
find_kind(struct directory *d, struct subject_kind *k, enum shared_kind kind)
{
	for (size_t i = 0; i < k->records_n; i++)
		new_item(d, k, k->records[i]->slug, name_of(k->records[i]), k->records[i]);
	for (size_t i = 0; i < k->records_n; i++) {
		const struct subject *record = k->records[i];

		if (record->name.text.n)
			claim(d, k, record, &record->name, i);
		for (size_t a = 0; a < record->aliases.n; a++)
			claim(d, k, record, &record->aliases.v[a].name, i);
	}
	for (size_t p = 0; p < d->people.n; p++) {
		struct member *m = &d->people.v[p];
		const struct entries *labels =
			kind == SHARED_TOPIC ? &m->record->topics : &m->record->organizations;

		if (m->standing != STANDING_PUBLISHED)
			continue;
		if (labels->n)
			vec_reserve(&d->arena, ids_of(m, kind), labels->n);
		for (size_t i = 0; i < labels->n; i++)
			name_item(d, k, m->record->path, &labels->v[i].name, ids_of(m, kind));
	}
	for (size_t i = 0; i < k->records_n; i++)
		if (k->records[i]->broader.text.n)
			find_broader(d, k, i);
	for (size_t i = 0; i < k->records_n; i++)
		tell_circle(d, k, k->records[i]);
	list_people(d, k, kind);
	arena_end(&k->arena);
}

void
directory_find_subjects(struct directory *d)
{
	struct subject_kind topics = { .folder = "topics",
		.field = "topics",
		.records = d->topic_records.v,
		.records_n = d->topic_records.n,
		.items = &d->topics };
	struct subject_kind organizations = { .folder = "organizations",
		.field = "organizations",
		.records = d->organization_records.v,
		.records_n = d->organization_records.n,
		.items = &d->organizations };

	find_kind(d, &topics, SHARED_TOPIC);
	find_kind(d, &organizations, SHARED_ORGANIZATION);
}
