/* check: what stands between records: names that two people have, pins that name nobody, addresses
 * that are taken. An error here leaves out the entry, never the record. */
#include <stdlib.h>

#include "base/text.h"
#include "catalog/directory.h"

void
ids_insert(struct arena *a, struct ids *ids, uint32_t id)
{
	size_t i = ids->n;

	vec_add(a, ids);
	for (; i > 0 && ids->v[i - 1] > id; i--)
		ids->v[i] = ids->v[i - 1];
	ids->v[i] = id;
}

bool
ids_has(const struct ids *ids, uint32_t id)
{
	size_t from = 0, to = ids->n;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (ids->v[middle] < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < ids->n && ids->v[from] == id;
}

size_t
directory_author(const struct directory *d, struct arena *a, struct str name)
{
	size_t p = map_find(&d->people_by_name, text_fold(a, name));

	return p == (size_t)NAME_SHARED ? (size_t)MAP_NONE : p;
}

static bool
published(const struct directory *d, size_t p)
{
	return p != (size_t)MAP_NONE && d->people.v[p].standing == STANDING_PUBLISHED;
}

/* ---- names ---- */

static void
name_person(struct directory *d, size_t p, const struct value *name, const char *field)
{
	struct str folded = text_fold(&d->arena, name->text);
	const struct person *person = d->people.v[p].record;

	if (folded.n == 0)
		return;
	size_t *at = map_at(&d->arena, &d->people_by_name, folded);

	if (*at == (size_t)MAP_NONE || *at == p) {
		*at = p;
		return;
	}
	if (*at != (size_t)NAME_SHARED)
		problem_add(&d->problems, PROBLEM_WARNING, person->path, name->line, name->column,
			str_of(field),
			"\"%.*s\" is a name of %.*s too; papers under it are matched to neither",
			STR_ARG(name->text), STR_ARG(d->people.v[*at].record->path));
	*at = (size_t)NAME_SHARED;
}

static size_t
count_names(const struct directory *d)
{
	size_t n = 0;

	for (size_t p = 0; p < d->people.n; p++)
		if (published(d, p))
			n += 1 + d->people.v[p].record->aliases.n;
	return n;
}

static void
find_names(struct directory *d)
{
	map_reserve(&d->arena, &d->people_by_name, count_names(d));
	/* names first, so that the warning stands at the alias */
	for (size_t p = 0; p < d->people.n; p++)
		if (published(d, p))
			name_person(d, p, &d->people.v[p].record->name, "name");
	for (size_t p = 0; p < d->people.n; p++) {
		const struct person *person = d->people.v[p].record;

		for (size_t i = 0; published(d, p) && i < person->aliases.n; i++)
			name_person(d, p, &person->aliases.v[i].name, "aliases");
	}
}

/* ---- pins ---- */

/* "people/ab/ada-lovelace.yaml" is known as "people/ada-lovelace". */
static struct str
short_path(struct arena *a, struct str path)
{
	size_t slash = str_find(path, '/'), last = str_find_last(path, '/');
	struct str slug = str_sub(path, last + 1, str_find_last(path, '.'));

	return arena_printf(a, "%.*s/%.*s", (int)slash, path.p, STR_ARG(slug));
}

struct str
directory_rejected(struct directory *d, const char *folder, struct str slug)
{
	struct map *rejected = &d->rejected_paths;

	/* made when first asked for: most directories hold no mistake */
	if (d->rejected && rejected->n == 0)
		for (size_t i = 0; i < d->texts.n; i++)
			if (!d->texts.v[i].serves)
				*map_at(&d->arena, rejected,
					short_path(&d->arena, d->texts.v[i].path)) = i;
	size_t at = map_find(rejected, arena_printf(&d->arena, "%s/%.*s", folder, STR_ARG(slug)));

	return at == (size_t)MAP_NONE ? STR("") : d->texts.v[at].path;
}

static const char *
mend_first(struct arena *a, struct str path)
{
	struct str text =
		arena_printf(a, "is not in service; first mend the errors in %.*s", STR_ARG(path));

	return text.p;
}

/* The published person that an entry of p's list names; otherwise says why not. */
static size_t
named_person(struct directory *d, size_t p, const struct entry *entry, const char *field)
{
	size_t q = map_find(&d->people_by_slug, entry->name.text);
	const struct person *person = d->people.v[p].record;
	struct str rejected;
	const char *wrong = NULL;

	if ((q == (size_t)MAP_NONE || d->people.v[q].standing == STANDING_REJECTED) && q != p &&
		(rejected = directory_rejected(d, "people", entry->name.text)).n)
		wrong = mend_first(&d->arena, rejected);
	else if (q == (size_t)MAP_NONE)
		wrong = "names nobody; expected the slug (file name without .yaml) of a record in "
			"people/";
	else if (q == p)
		wrong = "names this record itself; remove it";
	else if (d->people.v[q].standing == STANDING_DRAFT && published(d, p))
		wrong = "names a draft; publish it first, or remove this entry";
	else if (d->people.v[q].standing == STANDING_WITHDRAWN)
		wrong = "names a withdrawn profile; remove this entry";
	if (!wrong)
		return q;
	problem_add(&d->problems, PROBLEM_ERROR, person->path, entry->name.line, entry->name.column,
		str_of(field), "\"%.*s\" %s", STR_ARG(entry->name.text), wrong);
	return (size_t)MAP_NONE;
}

/* unrelated beats a pin, in both directions; whoever pinned should know. */
static void
find_beaten_pins(struct directory *d, size_t p)
{
	const struct member *m = &d->people.v[p];

	for (size_t i = 0; i < m->pins.n; i++) {
		const struct member *other = &d->people.v[m->pins.v[i].person];
		const struct value *pin = &m->pins.v[i].entry->name;

		if (ids_has(&other->unrelated, (uint32_t)p))
			problem_add(&d->problems, PROBLEM_WARNING, m->record->path, pin->line,
				pin->column, STR("related"),
				"\"%.*s\" is not shown: %.*s has this record under unrelated; "
				"remove one of the two",
				STR_ARG(pin->text), STR_ARG(other->record->path));
	}
}

static void
find_pins(struct directory *d, size_t p)
{
	struct member *m = &d->people.v[p];
	const struct entries *pins = &m->record->related, *against = &m->record->unrelated;

	for (size_t i = 0; i < against->n; i++) {
		size_t q = named_person(d, p, &against->v[i], "unrelated");

		if (q != (size_t)MAP_NONE)
			ids_insert(&d->arena, &m->unrelated, (uint32_t)q);
	}
	for (size_t i = 0; i < pins->n; i++) {
		size_t q = named_person(d, p, &pins->v[i], "related");

		if (q == (size_t)MAP_NONE)
			continue;
		if (ids_has(&m->unrelated, (uint32_t)q)) {
			problem_add(&d->problems, PROBLEM_ERROR, m->record->path,
				pins->v[i].name.line, pins->v[i].name.column, STR("related"),
				"\"%.*s\" stands under unrelated too; keep one of the two",
				STR_ARG(pins->v[i].name.text));
			continue;
		}
		*vec_add(&d->arena, &m->pins) = (struct pin){ (uint32_t)q, &pins->v[i] };
	}
}

/* ---- former addresses ---- */

/* A claim that somebody else makes too leads nowhere, and is worth a word. */
static void
claim(struct directory *d, struct arena *a, struct map *claims, size_t p, const struct value *at,
	struct str slug, const char *field)
{
	size_t *claim = map_at(a, claims, slug);

	if (*claim == (size_t)MAP_NONE || *claim == p) {
		*claim = p;
		return;
	}
	if (*claim != (size_t)NAME_SHARED)
		problem_add(&d->problems, PROBLEM_WARNING, d->people.v[p].record->path, at->line,
			at->column, str_of(field),
			"the address %.*s is claimed by %.*s too; it redirects nowhere",
			STR_ARG(slug), STR_ARG(d->people.v[*claim].record->path));
	*claim = (size_t)NAME_SHARED;
}

void
person_claims(struct arena *a, const struct person *person, struct claims *claims)
{
	for (size_t i = 0; i < person->former_slugs.n; i++)
		*vec_add(a, claims) = (struct claim){ "people", person->former_slugs.v[i].name.text,
			CLAIM_FORMER, person->slug, STR("") };
	for (size_t i = 0; i < person->aliases.n; i++)
		*vec_add(a, claims) =
			(struct claim){ "people", text_slug(a, person->aliases.v[i].name.text),
				CLAIM_ALIAS, person->slug, STR("") };
}

/* In order of precedence: live slug, former slugs, withdrawn, alias. */
static void
find_claims(struct directory *d)
{
	struct map former = { 0 }, aliases = { 0 };
	struct arena kept = { 0 }; /* of the two */

	for (size_t p = 0; p < d->people.n; p++) {
		const struct person *person = d->people.v[p].record;

		if (d->people.v[p].standing == STANDING_WITHDRAWN)
			*vec_add(&d->arena, &d->claims) = (struct claim){ "people", person->slug,
				CLAIM_WITHDRAWN, person->slug, person->withdrawn.text };
		if (!published(d, p))
			continue;
		for (size_t i = 0; i < person->former_slugs.n; i++) {
			const struct value *slug = &person->former_slugs.v[i].name;

			if (published(d, map_find(&d->people_by_slug, slug->text)))
				problem_add(&d->problems, PROBLEM_ERROR, person->path, slug->line,
					slug->column, STR("former_slugs"),
					"\"%.*s\" is the slug of a record in service; remove it",
					STR_ARG(slug->text));
			else
				claim(d, &kept, &former, p, slug, slug->text, "former_slugs");
		}
		for (size_t i = 0; i < person->aliases.n; i++) {
			const struct value *alias = &person->aliases.v[i].name;
			struct str slug = text_slug(&kept, alias->text);

			/* an alias that is somebody's address was told of as a name */
			if (!published(d, map_find(&d->people_by_slug, slug)))
				claim(d, &kept, &aliases, p, alias, slug, "aliases");
		}
	}
	arena_end(&kept);
}

/* Pages show who reviewed a record beside the day. */
static void
look_at_review(struct directory *d, const struct person *person)
{
	if (person->reviewed_by.text.n && !person->reviewed.text.n)
		problem_add(&d->problems, PROBLEM_WARNING, person->path, person->reviewed_by.line,
			person->reviewed_by.column, STR("reviewed_by"),
			"is shown beside the day of the review; write it, too: "
			"\"reviewed: YYYY-MM-DD\"");
}

void
directory_check(struct directory *d)
{
	find_names(d);
	for (size_t p = 0; p < d->people.n; p++)
		look_at_review(d, d->people.v[p].record);
	for (size_t p = 0; p < d->people.n; p++)
		if (d->people.v[p].standing != STANDING_WITHDRAWN)
			find_pins(d, p);
	for (size_t p = 0; p < d->people.n; p++)
		find_beaten_pins(d, p);
	find_claims(d);
}
