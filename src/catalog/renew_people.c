/* renew_people: what a person's record says by itself: its row, names, claims, pins. */
#include "base/text.h"
#include "catalog/posting.h"
#include "catalog/query.h"
#include "catalog/record.h"
#include "catalog/renew.h"

int64_t
person_id(struct store *s, struct str slug)
{
	return ask_number(s, 0, "SELECT id FROM person WHERE slug = ?", "t", slug);
}

struct str
person_slug(struct store *s, struct arena *a, int64_t id)
{
	return ask_text(s, a, "SELECT slug FROM person WHERE id = ?", "i", id);
}

int64_t
free_person_id(struct store *s, int64_t id)
{
	while (ask_number(s, 0, "SELECT 1 FROM person WHERE id = ?", "i", id))
		id++;
	return id;
}

int64_t
free_thing_id(struct store *s, int64_t id)
{
	struct arena a = { 0 };
	struct thing thing;

	while (query_thing_by_id(s, &a, id, &thing))
		id++;
	arena_end(&a);
	return id;
}

static void
add_person(struct renewal *r, struct store *s, int64_t id, struct set *slugs)
{
	struct str slug = person_slug(s, &r->arena, id);

	if (slug.n)
		set_add(&r->arena, slugs, slug);
}

void
renew_writers_of(struct renewal *r, struct store *s, struct str work, struct set *slugs)
{
	struct str writers = query_writers(s, &r->arena, work);

	for (size_t i = 0; i + 1 < unpack_count(writers); i += 2)
		add_person(r, s, unpack_id(writers, i + 1), slugs);
}

void
renew_people_of(struct renewal *r, enum shared_kind kind, struct str item, struct set *slugs)
{
	struct store *const stores[] = { r->before, r->now };

	for (size_t i = 0; i < COUNT(stores); i++) {
		struct numbers ids = { 0 };

		posting_read(stores[i], &r->arena, kind, item, 0, SIZE_MAX, &ids);
		for (size_t k = 0; k < ids.n; k++)
			add_person(r, stores[i], ids.v[k], slugs);
	}
}

static void
tally(struct renewal *r, const struct person *person, int64_t id, int64_t more)
{
	letters_change(
		&r->rows, LETTERED_PERSON, person_letters(&r->arena, person), person->slug, more);
	rows_tally(&r->rows, TALLY_CLASS, arena_printf(&r->arena, "%03u", store_class(id)), more);
}

static void
change_claims(struct renewal *r, const struct person *person,
	void row(struct rows *, const struct claim *))
{
	struct claims claims = { 0 };

	person_claims(&r->arena, person, &claims);
	rows_claims(&r->rows, &claims, row);
}

static void
change_names(struct renewal *r, int64_t id, const struct person *person,
	void row(struct rows *, const struct exact_name *))
{
	struct exact_names names = { 0 };

	person_names(&r->arena, id, person, &names);
	for (size_t i = 0; i < names.n; i++)
		row(&r->rows, &names.v[i]);
}

static void
drop(struct renewal *r, const struct change *c)
{
	rows_person_drop(&r->rows, c->id_before, c->before);
	change_names(r, c->id_before, c->before, rows_name_drop);
	change_claims(r, c->before, rows_claim_drop);
	tally(r, c->before, c->id_before, -1);
}

static bool
stays(const struct change *c)
{
	return c->before && c->now && c->id == c->id_before;
}

static struct shares
shares_before(struct renewal *r, int64_t id)
{
	struct shares shares = { .wrote = query_wrote(r->before, &r->arena, id) };

	for (enum shared_kind kind = 0; kind < SHARED_KINDS; kind++)
		shares.of[kind] = query_shares(r->before, &r->arena, id, kind);
	return shares;
}

/* The row is written with no sources; renew_works() says which are in service. What somebody has
 * and wrote stays with the id until the other steps find it changed. */
static void
put(struct renewal *r, struct change *c)
{
	struct person person = *(const struct person *)c->now;
	struct shares shares = { 0 };
	int64_t wanted = store_person_id(&person);

	c->id = c->id_before && store_class(wanted) == store_class(c->id_before)
		? c->id_before
		: free_person_id(r->now, wanted);
	if (stays(c))
		shares = shares_before(r, c->id);
	person.start_here.n = 0;
	rows_person(&r->rows, c->id, &person);
	rows_shares(&r->rows, c->id, &shares);
	change_names(r, c->id, &person, rows_name);
	change_claims(r, &person, rows_claim);
	tally(r, &person, c->id, 1);
}

/* The identifiers that a record's citations say, as they are said now and no longer before. */
static void
cite(struct renewal *r, const struct change *c)
{
	struct str who = arena_printf(&r->arena, "people/%.*s", STR_ARG(c->slug));
	const struct person *before = c->before, *now = c->now;

	for (size_t i = 0; before && i < before->start_here.n; i++)
		renew_citing(r, &before->start_here.v[i], who, false);
	for (size_t i = 0; now && i < now->start_here.n; i++)
		renew_citing(r, &now->start_here.v[i], who, true);
}

static bool
same_texts(const struct entries *a, const struct entries *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = str_eq(a->v[i].name.text, b->v[i].name.text);
	return same;
}

static bool
same_labels(const struct change *c)
{
	const struct person *before = c->before, *now = c->now;

	return stays(c) && same_texts(&before->topics, &now->topics) &&
		same_texts(&before->organizations, &now->organizations);
}

bool
same_author(const struct change *c)
{
	const struct person *before = c->before, *now = c->now;

	return stays(c) && str_eq(before->name.text, now->name.text) &&
		same_texts(&before->aliases, &now->aliases);
}

void
renew_people(struct renewal *r)
{
	for (size_t i = 0; i < r->people.n; i++) {
		struct change *c = &r->people.v[i];

		c->id_before = person_id(r->before, c->slug);
		rows_claim_drop(&r->rows,
			&(struct claim){ "people", c->slug, CLAIM_WITHDRAWN, c->slug, STR("") });
		if (c->before)
			drop(r, c);
	}
	/* all who go have gone before anybody takes an id */
	for (size_t i = 0; i < r->people.n; i++) {
		struct change *c = &r->people.v[i];

		if (c->now)
			put(r, c);
		else if (c->withdrawn.n)
			rows_claim(&r->rows,
				&(struct claim){ "people", c->slug, CLAIM_WITHDRAWN, c->slug,
					c->withdrawn });
		cite(r, c);
		set_add(&r->arena, &r->changed, c->slug);
		set_add(&r->arena, &r->reworded, c->slug);
		if (!same_labels(c))
			set_add(&r->arena, &r->relabelled, c->slug);
	}
}

/* ---- words ---- */

static void
things_of(struct store *s, struct arena *a, int64_t id, enum shared_kind kind,
	struct named_things *names)
{
	struct things things = { 0 };
	size_t people;

	query_things_of(s, a, id, kind, &things);
	for (size_t i = 0; i < things.n; i++) {
		*vec_add(a, names) = things.v[i].name;
		struct subject *subject = kind == SHARED_ORGANIZATION
			? query_subject(s, a, kind, things.v[i].slug, &people)
			: NULL;

		for (size_t k = 0; subject && k < subject->aliases.n; k++)
			*vec_add(a, names) = subject->aliases.v[k].name.text;
	}
}

static bool
words_of(struct store *s, struct arena *a, struct str slug, int64_t *id, struct person_words *words)
{
	*words = (struct person_words){ .person = query_person(s, a, slug, id) };
	if (!words->person)
		return false;
	things_of(s, a, *id, SHARED_TOPIC, &words->topics);
	things_of(s, a, *id, SHARED_ORGANIZATION, &words->organizations);
	things_of(s, a, *id, SHARED_SOURCE, &words->works);
	return true;
}

static struct vocabulary_words
texts_of(struct arena *a, const struct person_words *words)
{
	return (struct vocabulary_words){ person_name_text(a, words->person),
		person_full_text(a, words) };
}

/* One of the indexes, where its text or the id is another than before; an id of 0: nobody. */
static void
renew_text(struct renewal *r, enum row_table index, int64_t id_before, struct str before,
	int64_t id, struct str now)
{
	if (id == id_before && str_eq(before, now))
		return;
	if (id_before)
		rows_words_drop(&r->rows, index, id_before, before);
	if (id)
		rows_words(&r->rows, index, id, now);
}

void
renew_words(struct renewal *r)
{
	struct arena a = { 0 };

	for (size_t i = 0; r->rows.good && i < r->reworded.in.n; i++) {
		struct str slug = r->reworded.in.v[i];
		struct person_words words;
		struct vocabulary_words before = { 0 }, now = { 0 };
		int64_t id_before = 0, id = 0;

		if (words_of(r->before, &a, slug, &id_before, &words))
			before = texts_of(&a, &words);
		if (words_of(r->now, &a, slug, &id, &words))
			now = texts_of(&a, &words);
		renew_text(r, TABLE_NAME_TEXT, id_before, before.names, id, now.names);
		renew_text(r, TABLE_FULL_TEXT, id_before, before.all, id, now.all);
		if (!str_eq(before.names, now.names) || !str_eq(before.all, now.all))
			r->rows.good = r->rows.good &&
				vocabulary_change(store_db(r->now), before, now, r->rows.e);
		arena_end(&a);
	}
	rows_merge_words(&r->rows);
}
