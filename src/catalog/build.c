/* build: a table after the other, each fed its rows in the order of its key, and its indexes; some
 * indexes when all stand there. The file is written without a journal beside the old one, synced,
 * and renamed over it. */
#include "catalog/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sort.h"
#include "base/text.h"
#include "base/uri.h"
#include "catalog/letters.h"
#include "catalog/pack.h"
#include "catalog/posting.h"
#include "catalog/shown.h"
#include "catalog/wording.h"

/* Anything with an id, to be put in its order. */
struct numbered {
	int64_t id;
	uint32_t at; /* among its kind */
	enum shared_kind kind;
};

struct build {
	struct rows rows;
	const struct directory *d;
	struct arena arena;
	int64_t *ids;            /* of people, beside d->people */
	struct str *slugs;       /* the same, of their slugs */
	struct str *cards;       /* beside d->people, of those whom profiles keep (shown.h) */
	struct numbered *people; /* the published, by id */
	size_t n;
	struct numbered *things; /* by id */
	size_t things_n;
	int64_t *ranks;          /* ids of sources, beside d->works */
	int64_t *placed;         /* the same, of their places */
	struct numbered *places; /* of sources, in their order */
	struct arena row;        /* of the row that is being fed, */
	struct buf packed[2];    /* and of it, too */
	size_t at, inner;        /* where the table being fed has come */
	load_progress *progress;
};

/* ---- ids ---- */

static int
by_id(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return x->id != y->id ? (x->id > y->id) - (x->id < y->id)
			      : (x->at > y->at) - (x->at < y->at);
}

static void
key_of_id(const void *numbered, char key[SORT_KEY])
{
	sort_key_number(key, 0, (uint64_t)((const struct numbered *)numbered)->id);
}

/* In order of id, each its own: the rare second holder of an id takes the next. */
static void
number(struct numbered *v, size_t n)
{
	sort_by_key(v, n, sizeof *v, key_of_id, by_id);
	for (size_t i = 1; i < n; i++)
		if (v[i].id <= v[i - 1].id)
			v[i].id = v[i - 1].id + 1;
}

static void
give_ids(struct build *b)
{
	const struct members *people = &b->d->people;

	b->ids = arena_array(&b->arena, int64_t, people->n + 1);
	b->people = arena_array(&b->arena, struct numbered, people->n + 1);
	for (size_t p = 0; p < people->n; p++)
		if (people->v[p].standing == STANDING_PUBLISHED)
			b->people[b->n++] =
				(struct numbered){ .id = people->v[p].id, .at = (uint32_t)p };
	number(b->people, b->n);
	for (size_t i = 0; i < b->n; i++)
		b->ids[b->people[i].at] = b->people[i].id;
	b->slugs = arena_array(&b->arena, struct str, people->n + 1);
	for (size_t p = 0; p < people->n; p++)
		b->slugs[p] = people->v[p].record->slug;
}

static void
number_thing(struct build *b, enum shared_kind kind, size_t at, int64_t place, size_t people)
{
	b->things[b->things_n++] =
		(struct numbered){ thing_id(kind, place, people), (uint32_t)at, kind };
}

static void
number_items(struct build *b, enum shared_kind kind, const struct items *items)
{
	for (size_t i = 0; i < items->n; i++)
		number_thing(b, kind, i, store_place(items->v[i].slug), items->v[i].people.n);
}

static void
number_things(struct build *b)
{
	const struct directory *d = b->d;
	size_t works = d->works.n;

	b->things = arena_array(
		&b->arena, struct numbered, works + d->topics.n + d->organizations.n + 1);
	b->places = arena_array(&b->arena, struct numbered, works + 1);
	b->ranks = arena_array(&b->arena, int64_t, works + 1);
	for (size_t i = 0; i < works; i++) {
		int64_t place = store_place(d->works.v[i].slug);

		b->places[i] = (struct numbered){ .id = place, .at = (uint32_t)i };
		number_thing(b, SHARED_SOURCE, i, place, d->works.v[i].people.n);
	}
	number_items(b, SHARED_TOPIC, &d->topics);
	number_items(b, SHARED_ORGANIZATION, &d->organizations);
	b->placed = arena_array(&b->arena, int64_t, works + 1);
	number(b->places, works);
	for (size_t i = 0; i < works; i++)
		b->placed[b->places[i].at] = b->places[i].id;
	number(b->things, b->things_n);
	for (size_t i = 0; i < b->things_n; i++)
		if (b->things[i].kind == SHARED_SOURCE)
			b->ranks[b->things[i].at] = b->things[i].id;
}

/* ---- feeding ---- */

static void
feed(struct build *b, enum row_table table, feed_next *next)
{
	b->at = b->inner = 0;
	rows_feed(&b->rows, table, next, b);
	arena_end(&b->row);
}

/* The next published person, in order of id, or NULL. */
static const struct member *
next_member(struct build *b, int64_t *id)
{
	arena_clear(&b->row);
	if (b->at == b->n)
		return NULL;
	const struct numbered *next = &b->people[b->at++];

	*id = next->id;
	return &b->d->people.v[next->at];
}

/* ---- people ---- */

enum { TOLD_EVERY = 4096 };

static bool
next_person(void *context, struct row *row)
{
	struct build *b = context;
	int64_t id;
	const struct member *m = next_member(b, &id);

	if (!m)
		return false;
	if (b->progress && b->at % TOLD_EVERY == 1)
		b->progress(b->at, b->n);
	row_person(row, &b->row, id, m->record);
	return true;
}

static bool
next_person_slug(void *context, struct row *row)
{
	struct build *b = context;
	const struct members *people = &b->d->people;

	while (b->at < people->n && people->v[b->at].standing != STANDING_PUBLISHED)
		b->at++;
	if (b->at == people->n)
		return false;
	row_text(row, b->slugs[b->at]);
	row_number(row, b->ids[b->at++]);
	return true;
}

/* Steps through a list within each person: false at the end, else *m has a place b->inner - 1 in
 * its list of n_of. */
static const struct member *
next_within(struct build *b, size_t n_of(const struct person *))
{
	while (b->at < b->n) {
		const struct member *m = &b->d->people.v[b->people[b->at].at];

		if (b->inner < n_of(m->record)) {
			b->inner++;
			return m;
		}
		b->inner = 0;
		b->at++;
	}
	return NULL;
}

static size_t
pins_of(const struct person *person)
{
	return person->related.n;
}

static size_t
aparts_of(const struct person *person)
{
	return person->unrelated.n;
}

static bool
next_pin(void *context, struct row *row)
{
	struct build *b = context;
	const struct member *m = next_within(b, pins_of);

	if (m)
		row_pin(row, m->record, b->inner - 1);
	return m != NULL;
}

static bool
next_apart(void *context, struct row *row)
{
	struct build *b = context;
	const struct member *m = next_within(b, aparts_of);

	if (m)
		row_apart(row, m->record, b->inner - 1);
	return m != NULL;
}

/* ---- what people share ---- */

static struct str
shared_slug(const struct directory *d, enum shared_kind kind, uint32_t id)
{
	return kind == SHARED_SOURCE   ? d->works.v[id].slug
		: kind == SHARED_TOPIC ? d->topics.v[id].slug
				       : d->organizations.v[id].slug;
}

static struct str
slugs_of(struct build *b, enum shared_kind kind, const struct ids *ids)
{
	struct str *slugs = arena_array(&b->row, struct str, ids->n + 1);

	for (size_t i = 0; i < ids->n; i++)
		slugs[i] = shared_slug(b->d, kind, ids->v[i]);
	return pack_texts(&b->row, slugs, ids->n);
}

static bool
next_shares(void *context, struct row *row)
{
	struct build *b = context;
	int64_t id;
	const struct member *m = next_member(b, &id);
	struct shares shares;

	if (!m)
		return false;
	for (enum shared_kind kind = 0; kind < SHARED_KINDS; kind++)
		shares.of[kind] = slugs_of(b, kind, member_shares(m, kind));
	shares.wrote = slugs_of(b, SHARED_SOURCE, &m->authored);
	row_shares(row, id, &shares);
	return true;
}

static void
lines_of(struct build *b, const struct member *m, struct related_line lines[RELATED_MOST])
{
	for (size_t i = 0; i < m->related_n; i++) {
		const struct relation *relation = &m->related[i];

		lines[i] = (struct related_line){ b->ids[relation->other],
			b->slugs[relation->other], .relation = *relation };
		for (size_t k = 0; k < relation->shown; k++)
			lines[i].shared[k] = shared_slug(
				b->d, reason_shares(relation->reason), relation->shared[k]);
	}
}

static bool
next_related(void *context, struct row *row)
{
	struct build *b = context;
	int64_t id;
	const struct member *m;
	struct related_line lines[RELATED_MOST];

	do
		m = next_member(b, &id);
	while (m && m->related_n == 0);
	if (!m)
		return false;
	lines_of(b, m, lines);
	row_number(row, id);
	row_text(row, pack_related(&b->row, lines, m->related_n));
	return true;
}

/* The card of everybody who is on a list, but of those on very many. */
static void
write_cards(struct build *b, struct arena *a)
{
	const struct members *people = &b->d->people;
	uint32_t *lists = arena_array(a, uint32_t, people->n + 1);

	for (size_t p = 0; p < people->n; p++)
		for (size_t i = 0; i < people->v[p].related_n; i++)
			lists[people->v[p].related[i].other]++;
	b->cards = arena_array(a, struct str, people->n + 1);
	for (size_t p = 0; p < people->n; p++) {
		const struct member *m = &people->v[p];
		struct shown_card card;

		if (lists[p] == 0 || lists[p] > SHOWN_LISTS)
			continue;
		card = shown_card(m->record);
		if (m->works.n) {
			const struct work *first = &b->d->works.v[m->works.v[0]];

			shown_settle(&b->row, &card, &first->facts, first->people.n);
		}
		b->cards[p] = shown_pack_card(a, &card);
		arena_clear(&b->row);
	}
}

static bool
next_shown(void *context, struct row *row)
{
	struct build *b = context;
	int64_t id;
	const struct member *m = next_member(b, &id);
	struct related_line lines[RELATED_MOST];
	struct buf *sources = &b->packed[0], *shown_lines = &b->packed[1];

	if (!m)
		return false;
	sources->n = shown_lines->n = 0;
	for (size_t i = 0; i < m->works.n; i++) {
		const struct work *work = &b->d->works.v[m->works.v[i]];

		shown_put_source(sources, &b->row, &work->facts, work->people.n);
	}
	lines_of(b, m, lines);
	for (size_t i = 0; i < m->related_n; i++) {
		const struct relation *relation = &m->related[i];

		for (size_t k = 0; shown_by_title(relation->reason) && k < relation->shown; k++)
			lines[i].shared[k] = b->d->works.v[relation->shared[k]].facts.title.text;
		shown_put_line(shown_lines, &lines[i], b->cards[relation->other]);
	}
	row_shown(row, id,
		&(struct shown_row){ slugs_of(b, SHARED_ORGANIZATION, &m->organizations),
			slugs_of(b, SHARED_TOPIC, &m->topics), buf_str(sources),
			buf_str(shown_lines) });
	return true;
}

static void
write_shown(struct build *b)
{
	struct arena a = { 0 };

	write_cards(b, &a);
	feed(b, TABLE_SHOWN, next_shown);
	b->cards = NULL;
	for (size_t i = 0; i < COUNT(b->packed); i++)
		buf_end(&b->packed[i]);
	arena_end(&a);
}

/* Who is on whose list: lists has each person's share, from begins[p] on, in order of id. */
struct listed {
	struct build *b;
	size_t *begins;
	int64_t *lists;
};

static bool
next_listed(void *context, struct row *row)
{
	struct listed *l = context;
	struct build *b = l->b;
	size_t p, n = 0;

	arena_clear(&b->row);
	while (b->at < b->n && n == 0) {
		p = b->people[b->at++].at;
		n = l->begins[p + 1] - l->begins[p];
	}
	if (n == 0)
		return false;
	row_number(row, b->ids[p]);
	row_blob(row, pack_ids(&b->row, l->lists + l->begins[p], n));
	return true;
}

static void
write_listed(struct build *b)
{
	const struct members *people = &b->d->people;
	struct arena a = { 0 };
	struct listed l = { .b = b, .begins = arena_array(&a, size_t, people->n + 1) };
	size_t all = 0;

	/* ends at first; filled from behind, they become beginnings */
	for (size_t p = 0; p < people->n; p++)
		for (size_t i = 0; i < people->v[p].related_n; i++)
			l.begins[people->v[p].related[i].other]++;
	for (size_t p = 0; p < people->n; p++)
		l.begins[p] = all += l.begins[p];
	l.begins[people->n] = all;
	l.lists = arena_array(&a, int64_t, all + 1);
	for (size_t i = b->n; i-- > 0;) {
		const struct member *m = &people->v[b->people[i].at];

		for (size_t k = 0; k < m->related_n; k++)
			l.lists[--l.begins[m->related[k].other]] = b->people[i].id;
	}
	b->at = 0;
	rows_feed(&b->rows, TABLE_LISTED, next_listed, &l);
	arena_end(&a);
}

/* ---- tallies ---- */

static void
write_tallies(struct build *b)
{
	size_t classes[256] = { 0 };

	for (size_t i = 0; i < b->n; i++)
		classes[store_class(b->people[i].id)]++;
	for (size_t i = 0; i < COUNT(classes); i++)
		if (classes[i])
			rows_tally(&b->rows, TALLY_CLASS, arena_printf(&b->arena, "%03zu", i),
				(int64_t)classes[i]);
	letters_fill(&b->rows, LETTERED_PERSON, b->n);
	letters_fill(&b->rows, LETTERED_SOURCE, b->d->works.n);
	letters_fill(&b->rows, LETTERED_TOPIC, b->d->topics.n);
	letters_fill(&b->rows, LETTERED_ORGANIZATION, b->d->organizations.n);
}

/* ---- things ---- */

/* The next thing, of that kind alone or (SHARED_KINDS) any, or NULL. */
static const struct numbered *
next_thing(struct build *b, enum shared_kind kind)
{
	arena_clear(&b->row);
	while (b->at < b->things_n) {
		const struct numbered *thing = &b->things[b->at++];

		if (kind == SHARED_KINDS || thing->kind == kind)
			return thing;
	}
	return NULL;
}

/* Position and id of each directory person among a work's authors. */
static struct str
pack_writers(struct build *b, const struct work *work)
{
	size_t n = work->authors.n;
	int64_t *writers = arena_array(&b->row, int64_t, 2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		writers[2 * i] = work->positions.v[i];
		writers[2 * i + 1] = b->ids[work->authors.v[i]];
	}
	/* by position, which comes first in each pair */
	if (n > 1)
		qsort(writers, n, 2 * sizeof *writers, sort_by_number);
	return pack_ids(&b->row, writers, 2 * n);
}

static bool
next_source(void *context, struct row *row)
{
	struct build *b = context;

	arena_clear(&b->row);
	if (b->at == b->d->works.n)
		return false;
	const struct numbered *place = &b->places[b->at++];
	const struct work *work = &b->d->works.v[place->at];

	row_source(row, &b->row, place->id, b->ranks[place->at], work, pack_writers(b, work));
	return true;
}

static bool
next_source_rank(void *context, struct row *row)
{
	struct build *b = context;
	const struct numbered *thing = next_thing(b, SHARED_SOURCE);

	if (!thing)
		return false;
	row_number(row, thing->id);
	row_number(row, b->placed[thing->at]);
	return true;
}

static const struct item *
item_of(struct build *b, const struct numbered *thing)
{
	return thing->kind == SHARED_TOPIC ? &b->d->topics.v[thing->at]
					   : &b->d->organizations.v[thing->at];
}

/* What its row shows: its record, or a name alone. */
static struct subject
subject_of(const struct item *item)
{
	struct subject subject = item->record ? *item->record : (struct subject){ 0 };

	subject.name.text = item->name;
	return subject;
}

static bool
next_item(struct build *b, enum shared_kind kind, struct row *row)
{
	const struct numbered *thing = next_thing(b, kind);

	if (!thing)
		return false;
	const struct item *item = item_of(b, thing);
	struct subject subject = subject_of(item);

	row_item(row, &b->row, thing->id, kind, item->slug, item->people.n, &subject);
	return true;
}

static bool
next_topic(void *context, struct row *row)
{
	return next_item(context, SHARED_TOPIC, row);
}

static bool
next_organization(void *context, struct row *row)
{
	return next_item(context, SHARED_ORGANIZATION, row);
}

/* ---- words ---- */

static struct wording *
write_words(struct build *b)
{
	struct wording *w = wording_begin(&b->rows, b->d);
	const struct numbered *thing;
	const struct member *m;
	int64_t id;

	for (b->at = 0; (thing = next_thing(b, SHARED_KINDS));)
		wording_thing(w, thing->id, thing->kind, thing->at);
	for (b->at = 0; (m = next_member(b, &id));)
		wording_person(w, id, m);
	wording_write(w);
	return w;
}

/* ---- posting lists ---- */

/* Kind by kind, thing by thing in order of slug; the ids of the thing that is at hand. */
struct postings {
	struct build *b;
	enum shared_kind kind;
	int64_t *ids;
	size_t n;
};

static const struct ids *
people_of(const struct directory *d, enum shared_kind kind, size_t at)
{
	return kind == SHARED_SOURCE   ? &d->works.v[at].people
		: kind == SHARED_TOPIC ? &d->topics.v[at].people
				       : &d->organizations.v[at].people;
}

static void
open_list(struct postings *p, const struct ids *people)
{
	p->ids = arena_array(&p->b->row, int64_t, people->n + 1);
	p->n = people->n;
	for (size_t i = 0; i < people->n; i++)
		p->ids[i] = p->b->ids[people->v[i]];
	if (p->n > 1)
		qsort(p->ids, p->n, sizeof *p->ids, sort_by_number);
}

static size_t
things_of(const struct directory *d, enum shared_kind kind)
{
	return kind == SHARED_SOURCE   ? d->works.n
		: kind == SHARED_TOPIC ? d->topics.n
				       : d->organizations.n;
}

static bool
next_posting(void *context, struct row *row)
{
	struct postings *p = context;
	struct build *b = p->b;

	while (b->inner >= p->n) {
		arena_clear(&b->row);
		for (; b->at == things_of(b->d, p->kind); b->at = 0)
			if (++p->kind == SHARED_KINDS)
				return false;
		b->inner = 0;
		open_list(p, people_of(b->d, p->kind, b->at++));
	}
	size_t n = p->n - b->inner < POSTING_CHUNK ? p->n - b->inner : POSTING_CHUNK;

	row_posting(row, &b->row, p->kind, shared_slug(b->d, p->kind, (uint32_t)b->at - 1),
		p->ids + b->inner, n);
	b->inner += n;
	return true;
}

static void
write_postings(struct build *b)
{
	struct postings p = { .b = b };

	b->at = b->inner = 0;
	rows_feed(&b->rows, TABLE_POSTING, next_posting, &p);
	arena_end(&b->row);
}

static void
write_spellings(struct build *b, enum shared_kind kind, const struct items *items)
{
	for (size_t i = 0; b->rows.good && i < items->n; i++)
		for (const struct spelling *s = items->v[i].spellings; s; s = s->next)
			rows_spelling(&b->rows, kind, items->v[i].slug, s->label, (int64_t)s->n);
}

/* ---- what is said, sorted by the keys of the tables ---- */

/* An array that gives a row for each element, one for those that are the same. */
struct elements {
	const char *v;
	size_t n, size;
	int (*compare)(const void *, const void *);
	void (*put)(struct row *row, const void *element);
};

static bool
next_element(void *context, struct row *row)
{
	struct elements *elements = context;

	if (elements->n == 0)
		return false;
	const char *element = elements->v;

	elements->put(row, element);
	do
		elements->v += elements->size;
	while (--elements->n && elements->compare(element, elements->v) == 0);
	return true;
}

static void
feed_sorted(struct build *b, enum row_table table, void *v, size_t n, size_t size, sort_key *key,
	int compare(const void *, const void *), void put(struct row *, const void *))
{
	sort_by_key(v, n, size, key, compare);
	rows_feed(&b->rows, table, next_element, &(struct elements){ v, n, size, compare, put });
}

/* Who says an identifier, or which source it means. */
static int
by_key(const void *a, const void *b)
{
	const struct saying *x = a, *y = b;
	int order = str_cmp(x->key, y->key);

	return order ? order : str_cmp(x->who, y->who);
}

static void
key_of_saying(const void *saying, char key[SORT_KEY])
{
	sort_key_text(key, 0, ((const struct saying *)saying)->key);
}

static void
put_saying(struct row *row, const void *saying)
{
	row_text(row, ((const struct saying *)saying)->key);
	row_text(row, ((const struct saying *)saying)->who);
}

static void
feed_sayings(struct build *b, enum row_table table, struct saying *v, size_t n)
{
	feed_sorted(b, table, v, n, sizeof *v, key_of_saying, by_key, put_saying);
}

static void
write_citing(struct build *b)
{
	struct arena a = { 0 };
	size_t n = b->d->sayings.n;
	struct saying *sayings = arena_array(&a, struct saying, n + 1);

	if (n)
		memcpy(sayings, b->d->sayings.v, n * sizeof *sayings);
	feed_sayings(b, TABLE_CITING, sayings, n);
	arena_end(&a);
}

static void
write_identifiers(struct build *b)
{
	const struct works *works = &b->d->works;
	struct arena a = { 0 };
	struct saying *meanings;
	size_t n = 0, put = 0;

	for (size_t w = 0; w < works->n; w++)
		n += works->v[w].keys.n;
	meanings = arena_array(&a, struct saying, n + 1);
	for (size_t w = 0; w < works->n; w++)
		for (size_t i = 0; i < works->v[w].keys.n; i++)
			meanings[put++] =
				(struct saying){ works->v[w].keys.v[i], works->v[w].slug };
	feed_sayings(b, TABLE_IDENT, meanings, n);
	arena_end(&a);
}

static int
by_address(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = strcmp(x->folder, y->folder);

	if (order == 0)
		order = str_cmp(x->slug, y->slug);
	if (order == 0)
		order = (x->rank > y->rank) - (x->rank < y->rank);
	return order ? order : str_cmp(x->owner, y->owner);
}

/* The folders begin with letters of their own. */
static void
key_of_claim(const void *claim, char key[SORT_KEY])
{
	key[0] = ((const struct claim *)claim)->folder[0];
	sort_key_text(key, 1, ((const struct claim *)claim)->slug);
}

static void
put_claim(struct row *row, const void *claim)
{
	row_claim(row, claim);
}

static void
write_claims(struct build *b)
{
	struct arena a = { 0 };
	struct claims all = { 0 };

	for (size_t i = 0; i < b->d->claims.n; i++)
		*vec_add(&a, &all) = b->d->claims.v[i];
	for (size_t i = 0; i < b->n; i++)
		person_claims(&a, b->d->people.v[b->people[i].at].record, &all);
	for (size_t w = 0; w < b->d->works.n; w++)
		work_claims(&a, &b->d->works.v[w], &all);
	feed_sorted(
		b, TABLE_CLAIM, all.v, all.n, sizeof *all.v, key_of_claim, by_address, put_claim);
	arena_end(&a);
}

static int
by_name(const void *a, const void *b)
{
	const struct exact_name *x = a, *y = b;
	int order = str_cmp(x->folded, y->folded);

	if (order == 0)
		order = (x->person > y->person) - (x->person < y->person);
	return order ? order : x->author - y->author;
}

static void
key_of_name(const void *name, char key[SORT_KEY])
{
	sort_key_text(key, 0, ((const struct exact_name *)name)->folded);
}

static void
put_name(struct row *row, const void *name)
{
	row_exact(row, name);
}

static void
write_names(struct build *b)
{
	struct arena a = { 0 };
	struct exact_names all = { 0 };

	for (size_t i = 0; i < b->n; i++)
		person_names(&a, b->people[i].id, b->d->people.v[b->people[i].at].record, &all);
	feed_sorted(b, TABLE_EXACT, all.v, all.n, sizeof *all.v, key_of_name, by_name, put_name);
	arena_end(&a);
}

/* The names of authors, by number, and the works that each is in. */
struct authored {
	struct build *b;
	struct {
		struct author_in {
			int64_t name;
			uint32_t work;
		} * v;
		size_t n, room;
	} all;
};

static int
by_author(const void *a, const void *b)
{
	const struct author_in *x = a, *y = b;

	return x->name != y->name ? (x->name > y->name) - (x->name < y->name)
				  : (x->work > y->work) - (x->work < y->work);
}

static void
key_of_author(const void *author_in, char key[SORT_KEY])
{
	const struct author_in *in = author_in;

	sort_key_number(key, 0, (uint64_t)in->name);
	sort_key_number(key, 8, in->work);
}

static bool
next_authored(void *context, struct row *row)
{
	struct authored *authored = context;
	struct build *b = authored->b;
	struct ids works = { 0 };
	size_t from = b->at;

	arena_clear(&b->row);
	if (from == authored->all.n)
		return false;
	for (const struct author_in *in = authored->all.v;
		b->at < authored->all.n && in[b->at].name == in[from].name; b->at++)
		if (b->at == from || in[b->at].work != in[b->at - 1].work)
			*vec_add(&b->row, &works) = in[b->at].work;
	row_number(row, authored->all.v[from].name);
	row_text(row, slugs_of(b, SHARED_SOURCE, &works));
	return true;
}

/* By whom a new person may be found to have written a work; of works that somebody has. */
static void
write_authored(struct build *b)
{
	const struct works *works = &b->d->works;
	struct arena a = { 0 };
	struct authored authored = { .b = b };

	for (uint32_t w = 0; w < works->n; w++) {
		const struct entries *authors = &works->v[w].facts.authors;

		for (size_t i = 0; works->v[w].people.n && i < authors->n; i++)
			*vec_add(&a, &authored.all) = (struct author_in){
				author_hash(text_fold(&b->row, authors->v[i].name.text)), w
			};
		arena_clear(&b->row);
	}
	sort_by_key(
		authored.all.v, authored.all.n, sizeof *authored.all.v, key_of_author, by_author);
	b->at = 0;
	rows_feed(&b->rows, TABLE_AUTHORED, next_authored, &authored);
	arena_end(&a);
}

/* ---- files ---- */

static bool
next_file(void *context, struct row *row)
{
	struct build *b = context;

	if (b->at == b->d->texts.n)
		return false;
	row_file(row, &b->d->texts.v[b->at++]);
	return true;
}

/* Files by something: pointers to their texts, and the indexes that hold the places of those. */
struct files {
	const struct source_text *texts, **v;
	size_t n, at;
};

static int
by_file_slug(const void *a, const void *b)
{
	const struct source_text *x = *(const struct source_text *const *)a,
				 *y = *(const struct source_text *const *)b;
	int order = str_cmp(x->folder, y->folder);

	if (order == 0)
		order = str_cmp(x->slug, y->slug);
	if (order == 0)
		order = x->serves - y->serves;
	return order ? order : str_cmp(x->path, y->path);
}

/* Two letters tell folders apart. */
static void
key_of_file(const void *file, char key[SORT_KEY])
{
	const struct source_text *text = *(const struct source_text *const *)file;

	sort_key_text(key, 0, str_sub(text->folder, 0, 2));
	sort_key_text(key, 2, text->slug);
}

static bool
next_file_slug(void *context, struct row *row)
{
	struct files *files = context;

	if (files->at == files->n)
		return false;
	const struct source_text *text = files->v[files->at++];

	row_text(row, text->folder);
	row_text(row, text->slug);
	row_number(row, text->serves);
	row_text(row, text->path);
	row_number(row, text - files->texts + 1);
	return true;
}

static bool
next_path(struct files *files, struct row *row)
{
	if (files->at == files->n)
		return false;
	row_text(row, files->texts[files->at].path);
	row_number(row, (int64_t)++files->at);
	return true;
}

static bool
next_file_path(void *context, struct row *row)
{
	return next_path(context, row);
}

static bool
next_file_bad(void *context, struct row *row)
{
	struct files *files = context;

	while (files->at < files->n && files->texts[files->at].good)
		files->at++;
	return next_path(files, row);
}

static void
write_files(struct build *b)
{
	struct arena a = { 0 };
	struct files files = { .texts = b->d->texts.v, .n = b->d->texts.n };

	feed(b, TABLE_FILE, next_file);
	rows_feed(&b->rows, INDEX_FILE_PATH, next_file_path, &files);
	files.at = 0;
	rows_feed(&b->rows, INDEX_FILE_BAD, next_file_bad, &files);
	files.at = 0;
	files.v = arena_array(&a, const struct source_text *, files.n + 1);
	for (size_t i = 0; i < files.n; i++)
		files.v[i] = &files.texts[i];
	sort_by_key(files.v, files.n, sizeof *files.v, key_of_file, by_file_slug);
	rows_feed(&b->rows, INDEX_FILE_SLUG, next_file_slug, &files);
	arena_end(&a);
}

static void
write_problems(struct build *b)
{
	for (size_t i = 0; i < b->d->problems.n; i++)
		if (b->d->problems.v[i].within)
			rows_problem(&b->rows, &b->d->problems.v[i]);
}

/* ---- all ---- */

static void
make(struct rows *rows, enum store_part part)
{
	rows->good = rows->good && store_make(store_db(rows->store), part, rows->e);
}

static bool
write_all(struct build *b)
{
	struct rows *rows = &b->rows;

	give_ids(b);
	number_things(b);
	rows_run(rows, "BEGIN", "");
	make(rows, STORE_TABLES);
	rows_settings(rows, &b->d->settings);
	/* what profiles read comes first, and lies close together */
	feed(b, TABLE_TOPIC, next_topic);
	feed(b, TABLE_ORGANIZATION, next_organization);
	make(rows, STORE_SUBJECT_INDEXES);
	feed(b, TABLE_PIN, next_pin);
	feed(b, TABLE_APART, next_apart);
	rows_pages_begin(rows);
	feed(b, TABLE_PERSON, next_person);
	feed(b, INDEX_PERSON_SLUG, next_person_slug);
	rows_pages_end(rows);
	make(rows, STORE_INDEXES);
	rows_pages_begin(rows);
	write_shown(b);
	feed(b, TABLE_SOURCE, next_source);
	feed(b, INDEX_SOURCE_RANK, next_source_rank);
	rows_pages_end(rows);
	make(rows, STORE_SOURCE_INDEXES);
	rows_pages_begin(rows);
	feed(b, TABLE_SHARES, next_shares);
	feed(b, TABLE_RELATED, next_related);
	write_postings(b);
	write_names(b);
	write_claims(b);
	write_listed(b);
	write_citing(b);
	write_identifiers(b);
	write_authored(b);
	rows_pages_end(rows);
	write_tallies(b);
	struct wording *words = write_words(b);

	rows_settle_words(&b->rows);
	write_spellings(b, SHARED_TOPIC, &b->d->topics);
	write_spellings(b, SHARED_ORGANIZATION, &b->d->organizations);
	write_problems(b);
	rows_pages_begin(rows);
	wording_end(words);
	write_files(b);
	rows_pages_end(rows);
	rows_run(rows, "COMMIT", "");
	arena_end(&rows->scratch);
	arena_end(&b->arena);
	return rows->good;
}

/* ---- the file ---- */

static bool
sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* What SQLite holds at once while that many files are written. */
static void
expect_much(size_t files)
{
	enum { BYTES_A_FILE = 12 << 10, FEW = 1000, BYTES_MOST = 256 << 20 };

	if (files > FEW)
		arena_expect(files < BYTES_MOST / BYTES_A_FILE ? files * BYTES_A_FILE : BYTES_MOST);
}

bool
build_catalog(const char *folder, const struct directory *d, load_progress *progress, struct err *e)
{
	struct arena a = { 0 };
	struct str path = arena_printf(&a, "%s/" STORE_FILE, folder);
	struct str beside = arena_printf(&a, "%s/" STORE_FILE ".new", folder);
	struct build b = { .rows = { .e = e, .good = true }, .d = d, .progress = progress };
	struct store *store = NULL;
	bool good = false;

	if (!file_make_dirs(folder, 0755, e))
		goto out;
	unlink(beside.p);
	store = store_open_new(beside.p, e);
	if (!store)
		goto out;
	b.rows.store = store;
	expect_much(d->texts.n);
	if (!write_all(&b))
		goto out;
	if (sqlite3_exec(store_db(store), "PRAGMA journal_mode=WAL", NULL, NULL, NULL) !=
		SQLITE_OK) {
		err_set(e, "%s: %s", beside.p, sqlite3_errmsg(store_db(store)));
		goto out;
	}
	store_close(store);
	store = NULL;
	/* the log of the file that goes must not be taken for the new one's: store_settle() has
	 * emptied it, or there was none that could be used */
	if (!store_settle(folder, e))
		goto out;
	good = sync_path(beside.p, O_RDWR) && rename(beside.p, path.p) == 0 &&
		sync_path(folder, O_RDONLY);
	if (!good)
		err_set(e, "%s: cannot be written: %s", path.p, strerror(errno));
out:
	store_close(store);
	if (!good)
		unlink(beside.p);
	arena_end(&a);
	return good;
}

struct store *
build_in_memory(const struct directory *d, struct err *e)
{
	struct store *store = store_open_new(":memory:", e);
	struct build b = { .rows = { .store = store, .e = e, .good = true }, .d = d };

	if (store && !write_all(&b)) {
		store_close(store);
		store = NULL;
	}
	return store;
}
