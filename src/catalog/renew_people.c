/* renew_people: what a person's record says by itself: its row, names, claims, pins. */
#include "base/text.h"
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
	while (ask_number(s, 0, "SELECT 1 FROM thing WHERE id = ?", "i", id))
		id++;
	return id;
}

void
renew_people_of(struct renewal *r, enum shared_kind kind, struct str item, struct set *slugs)
{
	struct store *const stores[] = { r->before, r->now };
	struct texts found = { 0 };

	for (size_t i = 0; i < COUNT(stores); i++)
		ask_texts(stores[i], &r->arena, &found,
			"SELECT slug FROM posting JOIN person ON person.id = posting.person"
			" WHERE kind = ? AND item = ?",
			"it", (int64_t)kind, item);
	for (size_t i = 0; i < found.n; i++)
		set_add(&r->arena, slugs, found.v[i]);
}

static void
tally(struct renewal *r, const struct person *person, int64_t id, int64_t more)
{
	struct str sort, letters = rows_letters(&r->arena, person, &sort);

	for (size_t n = 0; n <= TALLY_LETTERS && n <= letters.n; n++)
		rows_tally(&r->rows, (int)n, str_sub(letters, 0, n), more);
	rows_tally(&r->rows, TALLY_CLASS, arena_printf(&r->arena, "%03u", store_class(id)), more);
}

static void
drop(struct renewal *r, const struct change *c)
{
	rows_run(&r->rows, "DELETE FROM person WHERE id = ?", "i", c->id_before);
	rows_run(&r->rows, "DELETE FROM exact WHERE person = ?", "i", c->id_before);
	rows_run(&r->rows, "DELETE FROM pin WHERE slug = ?", "t", c->slug);
	rows_run(&r->rows, "DELETE FROM apart WHERE slug = ?", "t", c->slug);
	tally(r, c->before, c->id_before, -1);
}

/* The row is written with no sources; renew_works() says which are in service. */
static void
put(struct renewal *r, struct change *c)
{
	struct person person = *(const struct person *)c->now;
	int64_t wanted = store_person_id(&person);

	c->id = c->id_before && store_class(wanted) == store_class(c->id_before)
		? c->id_before
		: free_person_id(r->now, wanted);
	person.start_here.n = 0;
	rows_person(&r->rows, c->id, &person);
	rows_person_sayings(&r->rows, c->id, &person);
	tally(r, &person, c->id, 1);
}

static void
cite(struct renewal *r, const struct change *c)
{
	struct str who = arena_printf(&r->arena, "people/%.*s", STR_ARG(c->slug));
	const struct person *person = c->now;

	rows_run(&r->rows, "DELETE FROM citing WHERE who = ?", "t", who);
	for (size_t i = 0; person && i < person->start_here.n; i++) {
		struct str keys[SOURCE_KEYS];
		size_t n = source_keys(&r->arena, &person->start_here.v[i], keys);

		for (size_t k = 0; k < n; k++)
			rows_citing(&r->rows, keys[k], who);
	}
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
stays(const struct change *c)
{
	return c->before && c->now && c->id == c->id_before;
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
		rows_run(&r->rows, "DELETE FROM claim WHERE owner = ? AND folder = 'people'", "t",
			c->slug);
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

void
renew_words(struct renewal *r)
{
	struct arena a = { 0 };

	for (size_t i = 0; r->rows.good && i < r->reworded.in.n; i++) {
		struct str slug = r->reworded.in.v[i];
		struct person_words words;
		struct vocabulary_words before = { 0 }, now = { 0 };
		int64_t id_before, id;
		bool was = words_of(r->before, &a, slug, &id_before, &words);

		if (was)
			before = rows_texts(&a, &words);
		bool is = words_of(r->now, &a, slug, &id, &words);

		if (is)
			now = rows_texts(&a, &words);
		bool same = str_eq(before.names, now.names) && str_eq(before.all, now.all);

		if (!same || was != is || (was && id != id_before)) {
			if (was)
				rows_words_drop(&r->rows, id_before, &before);
			if (is)
				rows_words(&r->rows, id, &now);
			if (!same)
				r->rows.good = r->rows.good &&
					vocabulary_change(store_db(r->now), before, now, r->rows.e);
		}
		arena_end(&a);
	}
}
