/* renew_subjects: topics and organizations after a change. Labels lead to other items where a
 * record came, went or took another name; people who wrote such a label, and people whose records
 * changed, are labelled again; every item that they had or have is written again. */
#include "base/text.h"
#include "catalog/posting.h"
#include "catalog/query.h"
#include "catalog/record.h"
#include "catalog/related.h"
#include "catalog/renew.h"

static const char *
folder_of_kind(enum shared_kind kind)
{
	return kind == SHARED_TOPIC ? "topics" : "organizations";
}

/* The item that a label leads to (subject.c); empty when it leads nowhere. */
static struct str
item_of_slug(struct renewal *r, struct store *s, enum shared_kind kind, struct str slug)
{
	struct str folder = str_of(folder_of_kind(kind));
	struct texts owners = { 0 };

	if (str_eq(slug, STR("index")))
		return STR("");
	if (ask_number(s, 0, "SELECT 1 FROM file WHERE folder = ? AND slug = ? AND serves = 1",
		    "tt", folder, slug))
		return slug;
	ask_texts(s, &r->arena, &owners,
		"SELECT DISTINCT owner FROM claim WHERE folder = ? AND slug = ? LIMIT 2", "tt",
		folder, slug);
	return owners.n == 1 ? owners.v[0] : slug;
}

static struct str
item_of(struct renewal *r, struct store *s, enum shared_kind kind, struct str label)
{
	return item_of_slug(r, s, kind, text_slug(&r->arena, label));
}

/* ---- records ---- */

static void
claim_names(struct renewal *r, enum shared_kind kind, const struct change *c)
{
	const struct subject *sides[] = { c->before, c->now };
	struct claim claim = { folder_of_kind(kind), STR(""), CLAIM_ALIAS, c->slug, STR("") };

	for (size_t k = 0; k < COUNT(sides); k++) {
		const struct subject *subject = sides[k];
		void (*row)(struct rows *, const struct claim *) =
			subject == c->now ? rows_claim : rows_claim_drop;

		if (subject && subject->name.text.n) {
			claim.slug = text_slug(&r->arena, subject->name.text);
			row(&r->rows, &claim);
		}
		for (size_t i = 0; subject && i < subject->aliases.n; i++) {
			claim.slug = text_slug(&r->arena, subject->aliases.v[i].name.text);
			row(&r->rows, &claim);
		}
	}
}

static void
add_names(struct renewal *r, struct set *slugs, const struct subject *subject)
{
	if (!subject)
		return;
	set_add(&r->arena, slugs, text_slug(&r->arena, subject->name.text));
	for (size_t i = 0; i < subject->aliases.n; i++)
		set_add(&r->arena, slugs, text_slug(&r->arena, subject->aliases.v[i].name.text));
}

static bool
same_words(const struct subject *a, const struct subject *b)
{
	bool same = a && b && str_eq(a->name.text, b->name.text) && a->aliases.n == b->aliases.n;

	for (size_t i = 0; same && i < a->aliases.n; i++)
		same = str_eq(a->aliases.v[i].name.text, b->aliases.v[i].name.text);
	return same;
}

/* Who wrote a label that led to an item, or is a topic below it, looks where it leads now. */
static void
leads_elsewhere(struct renewal *r, enum shared_kind kind, struct str item)
{
	struct texts narrower = { 0 };

	renew_people_of(r, kind, item, &r->relabelled);
	set_add(&r->arena, &r->items[kind], item);
	if (kind != SHARED_TOPIC)
		return;
	ask_texts(r->before, &r->arena, &narrower,
		"SELECT slug FROM topic WHERE broader = ? AND broader <> ''", "t", item);
	for (size_t i = 0; i < narrower.n; i++)
		set_add(&r->arena, &r->items[kind], narrower.v[i]);
}

static void
renew_records(struct renewal *r, enum shared_kind kind)
{
	struct set slugs = { 0 };

	for (size_t i = 0; i < r->subjects[kind].n; i++) {
		struct change *c = &r->subjects[kind].v[i];

		claim_names(r, kind, c);
		set_add(&r->arena, &slugs, c->slug);
		set_add(&r->arena, &r->items[kind], c->slug);
		add_names(r, &slugs, c->before);
		add_names(r, &slugs, c->now);
	}
	for (size_t i = 0; i < slugs.in.n; i++) {
		struct str was = item_of_slug(r, r->before, kind, slugs.in.v[i]);
		struct str is = item_of_slug(r, r->now, kind, slugs.in.v[i]);

		if (was.n && !str_eq(was, is)) {
			leads_elsewhere(r, kind, was);
			set_add(&r->arena, &r->items[kind], is);
		}
	}
}

/* ---- people ---- */

static const struct entries *
labels_of(const struct person *person, enum shared_kind kind)
{
	return kind == SHARED_TOPIC ? &person->topics : &person->organizations;
}

/* The published record of a person, before or now. */
static const struct person *
published(struct renewal *r, struct store *s, struct str slug, int64_t *id)
{
	return query_person(s, &r->arena, slug, id);
}

/* An item to be looked at, which so many more people have. */
static void
add_item(struct renewal *r, enum shared_kind kind, struct str slug, int64_t more)
{
	set_add(&r->arena, &r->items[kind], slug);
	while (r->more[kind].n < r->items[kind].in.n)
		*vec_add(&r->arena, &r->more[kind]) = 0;
	r->more[kind].v[map_find(&r->items[kind].map, slug)] += more;
}

static void
unlabel(struct renewal *r, enum shared_kind kind, const struct person *person, int64_t id)
{
	const struct entries *labels = labels_of(person, kind);
	struct str items = query_shares(r->before, &r->arena, id, kind), item;

	while (unpack_slug(&items, &item)) {
		posting_remove(&r->rows, kind, item, id);
		add_item(r, kind, item, -1);
	}
	for (size_t i = 0; i < labels->n; i++) {
		struct str label = labels->v[i].name.text;

		item = item_of(r, r->before, kind, label);
		if (item.n)
			rows_spelling(&r->rows, kind, item, label, -1);
	}
}

static void
label(struct renewal *r, enum shared_kind kind, const struct person *person, int64_t id)
{
	const struct entries *labels = labels_of(person, kind);
	struct set has = { 0 };

	for (size_t i = 0; i < labels->n; i++) {
		struct str label = labels->v[i].name.text;
		struct str item = item_of(r, r->now, kind, label);

		if (!item.n)
			continue;
		rows_spelling(&r->rows, kind, item, label, 1);
		if (!set_add(&r->arena, &has, item)) {
			add_item(r, kind, item, 0);
			continue; /* listed twice, under two names */
		}
		add_item(r, kind, item, 1);
		posting_add(&r->rows, kind, item, id);
	}
	rows_share(&r->rows, id, kind, pack_texts(&r->arena, has.in.v, has.in.n));
}

static void
renew_labels(struct renewal *r, enum shared_kind kind)
{
	for (size_t i = 0; i < r->relabelled.in.n; i++) {
		struct str slug = r->relabelled.in.v[i];
		int64_t id;
		const struct person *person = published(r, r->before, slug, &id);

		if (person)
			unlabel(r, kind, person, id);
		if ((person = published(r, r->now, slug, &id)))
			label(r, kind, person, id);
	}
}

/* ---- items ---- */

/* What an item without a name of its own is called. */
static struct str
spelt(struct renewal *r, enum shared_kind kind, struct str slug, bool has_record)
{
	struct str name = ask_text(r->now, &r->arena,
		"SELECT label FROM spelling WHERE kind = ? AND item = ? ORDER BY n DESC, label "
		"LIMIT 1",
		"it", (int64_t)kind, slug);
	struct str narrower = name.n || has_record || kind != SHARED_TOPIC
		? STR("")
		: ask_text(r->now, &r->arena,
			  "SELECT slug FROM topic WHERE broader = ? AND broader <> '' ORDER BY "
			  "+slug LIMIT 1",
			  "t", slug);
	const struct subject *below =
		narrower.n ? renew_record(r, r->now, "topics", narrower) : NULL;

	return name.n ? name : below ? below->broader.text : slug;
}

/* Where a topic's `broader` leads. */
static struct str
broader_of(struct renewal *r, struct str slug, struct str label)
{
	struct str broader = label.n ? item_of(r, r->now, SHARED_TOPIC, label) : STR("");

	return str_eq(broader, slug) ? STR("") : broader;
}

static bool
exists(struct renewal *r, enum shared_kind kind, struct str slug, size_t people)
{
	return people ||
		(kind == SHARED_TOPIC &&
			ask_number(r->now, 0,
				"SELECT 1 FROM topic WHERE broader = ? AND broader <> ''", "t",
				slug));
}

static void
drop_item(struct renewal *r, enum shared_kind kind, struct str slug)
{
	size_t people;
	const struct subject *subject = query_subject(r->now, &r->arena, kind, slug, &people);
	int64_t id = ask_number(r->now, 0,
		kind == SHARED_TOPIC ? "SELECT rank FROM topic WHERE slug = ?"
				     : "SELECT rank FROM organization WHERE slug = ?",
		"t", slug);

	if (!subject)
		return;
	rows_item_drop(&r->rows, id, kind, slug, subject);
}

static void
put_item(struct renewal *r, enum shared_kind kind, struct str slug, struct subject *subject,
	size_t people)
{
	rows_item(&r->rows, free_thing_id(r->now, thing_id(kind, store_place(slug), people)), kind,
		slug, people, subject);
}

static size_t
people_before(struct renewal *r, enum shared_kind kind, struct str slug)
{
	return (size_t)ask_number(r->before, 0,
		kind == SHARED_TOPIC ? "SELECT people FROM topic WHERE slug = ?"
				     : "SELECT people FROM organization WHERE slug = ?",
		"t", slug);
}

static void
renew_item(struct renewal *r, enum shared_kind kind, struct str slug, const struct subject *record)
{
	struct subject subject = record ? *record : (struct subject){ 0 };
	size_t had = people_before(r, kind, slug), at = map_find(&r->items[kind].map, slug);
	size_t people = had + (at < r->more[kind].n ? (size_t)r->more[kind].v[at] : 0);

	if (kind == SHARED_TOPIC)
		subject.broader.text = broader_of(r, slug, subject.broader.text);
	if (!subject.name.text.n)
		subject.name.text = spelt(r, kind, slug, record != NULL);
	if (record || exists(r, kind, slug, people))
		put_item(r, kind, slug, &subject, people);
	/* whoever has it is found by its name, and by an organization's aliases */
	const struct subject *before = query_subject(r->before, &r->arena, kind, slug, &had);

	if (!same_words(before, &subject))
		renew_people_of(r, kind, slug, &r->reworded);
	if (related_weight(had) != related_weight(people))
		renew_people_of(r, kind, slug, &r->related);
}

/* What is or was broader than a topic is there because of it. */
static void
look_at_broader(struct renewal *r, struct str slug, const struct subject *record)
{
	struct str before = ask_text(
		r->before, &r->arena, "SELECT broader FROM topic WHERE slug = ?", "t", slug);
	struct str now = record ? broader_of(r, slug, record->broader.text) : STR("");

	if (before.n)
		set_add(&r->arena, &r->items[SHARED_TOPIC], before);
	if (now.n)
		set_add(&r->arena, &r->items[SHARED_TOPIC], now);
}

/* All rows go before any comes, records first: they say what is broader, and with it what is there.
 */
static void
renew_items(struct renewal *r, enum shared_kind kind)
{
	const struct set *items = &r->items[kind];
	struct {
		const struct subject **v;
		size_t n, room;
	} records = { 0 };

	for (size_t i = 0; i < items->in.n; i++) { /* the list may grow as we go */
		const struct subject *record =
			renew_record(r, r->now, folder_of_kind(kind), items->in.v[i]);

		*vec_add(&r->arena, &records) = record;
		if (kind == SHARED_TOPIC)
			look_at_broader(r, items->in.v[i], record);
		drop_item(r, kind, items->in.v[i]);
	}
	for (size_t i = 0; i < items->in.n; i++)
		if (records.v[i])
			renew_item(r, kind, items->in.v[i], records.v[i]);
	for (size_t i = 0; i < items->in.n; i++)
		if (!records.v[i])
			renew_item(r, kind, items->in.v[i], NULL);
}

void
renew_subjects(struct renewal *r)
{
	static const enum shared_kind KINDS[] = { SHARED_TOPIC, SHARED_ORGANIZATION };

	for (size_t i = 0; i < COUNT(KINDS); i++)
		renew_records(r, KINDS[i]);
	for (size_t i = 0; i < COUNT(KINDS); i++)
		renew_labels(r, KINDS[i]);
	for (size_t i = 0; i < COUNT(KINDS); i++)
		renew_items(r, KINDS[i]);
	for (size_t i = 0; i < r->relabelled.in.n; i++)
		set_add(&r->arena, &r->reworded, r->relabelled.in.v[i]);
}
