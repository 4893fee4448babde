/* related: who is close to whom, and why (DESIGN section 4). Integers only. One walk from a person
 * over what it shares gives its score with everybody; the best RELATED_MOST are kept. */
#include <stdlib.h>

#include "catalog/directory.h"

/* The signals, strongest first; reasons tie in this order. */
enum signal { SIGNAL_SOURCE, SIGNAL_COAUTHOR, SIGNAL_TOPIC, SIGNAL_ORGANIZATION, SIGNALS };

static const struct {
	unsigned base, most;
	enum reason reason;
} SIGNAL[SIGNALS] = {
	[SIGNAL_SOURCE] = { 4, 8, REASON_SOURCE },
	[SIGNAL_COAUTHOR] = { 3, 4, REASON_COAUTHOR },
	[SIGNAL_TOPIC] = { 2, 3, REASON_TOPIC },
	[SIGNAL_ORGANIZATION] = { 1, 2, REASON_ORGANIZATION },
};

enum { WIDEST = 256 };

/* 1000 div ceil(log2 df); 0 for what is not walked. */
static unsigned
weight(size_t df)
{
	unsigned log = 0;

	if (df < 2 || df > WIDEST)
		return 0;
	while (((size_t)1 << log) < df)
		log++;
	return 1000 / log;
}

/* What one walk gathers about another person. */
struct tally {
	uint32_t walk; /* the walk it belongs to, so that nothing needs clearing */
	unsigned parts[SIGNALS], counts[SIGNALS];
};

struct weighed {
	uint32_t item;
	unsigned weight;
};

struct walk {
	struct directory *d;
	struct {
		struct weighed *v;
		size_t n, room;
	} items;               /* of the signal being walked */
	struct tally *tallies; /* one a person */
	struct ids met;        /* who was met on this walk */
	uint32_t number;
	size_t person;
};

static const struct ids *
people_of(const struct directory *d, enum signal signal, uint32_t item)
{
	switch (signal) {
	case SIGNAL_SOURCE:
		return &d->works.v[item].people;
	case SIGNAL_COAUTHOR:
		return &d->works.v[item].authors;
	case SIGNAL_TOPIC:
		return &d->topics.v[item].people;
	default:
		return &d->organizations.v[item].people;
	}
}

static const struct ids *
items_of(const struct member *m, enum signal signal)
{
	switch (signal) {
	case SIGNAL_SOURCE:
		return &m->works;
	case SIGNAL_COAUTHOR:
		return &m->authored;
	case SIGNAL_TOPIC:
		return &m->topics;
	default:
		return &m->organizations;
	}
}

static struct tally *
meet(struct walk *walk, uint32_t person)
{
	struct tally *tally = &walk->tallies[person];

	if (tally->walk != walk->number) {
		*tally = (struct tally){ .walk = walk->number };
		*vec_add(&walk->d->arena, &walk->met) = person;
	}
	return tally;
}

static int
heaviest_first(const void *a, const void *b)
{
	const struct weighed *x = a, *y = b;

	return (x->weight < y->weight) - (x->weight > y->weight);
}

/* Adds the weights of what p shares by one signal, heaviest first, so that the first `most` are the
 * largest. */
static void
walk_signal(struct walk *walk, enum signal signal)
{
	const struct ids *ids = items_of(&walk->d->people.v[walk->person], signal);

	walk->items.n = 0;
	for (size_t i = 0; i < ids->n; i++) {
		unsigned w = weight(people_of(walk->d, signal, ids->v[i])->n);

		if (w)
			*vec_add(&walk->d->arena, &walk->items) = (struct weighed){ ids->v[i], w };
	}
	if (walk->items.n)
		qsort(walk->items.v, walk->items.n, sizeof *walk->items.v, heaviest_first);
	for (size_t i = 0; i < walk->items.n; i++) {
		const struct ids *people = people_of(walk->d, signal, walk->items.v[i].item);

		for (size_t k = 0; k < people->n; k++) {
			if (people->v[k] == walk->person)
				continue;
			struct tally *tally = meet(walk, people->v[k]);

			if (tally->counts[signal]++ < SIGNAL[signal].most)
				tally->parts[signal] +=
					SIGNAL[signal].base * walk->items.v[i].weight;
		}
	}
}

static bool
has(const struct ids *unordered, uint32_t id)
{
	for (size_t i = 0; i < unordered->n; i++)
		if (unordered->v[i] == id)
			return true;
	return false;
}

static size_t
shared_sources(const struct member *p, const struct member *q)
{
	size_t n = 0;

	for (size_t i = 0; i < p->works.n; i++)
		n += has(&q->works, p->works.v[i]);
	return n;
}

/* The place of q in the author list of the source shared with p that most people have (ties:
 * smallest key); not an author: last. */
static uint32_t
author_position(
	const struct directory *d, const struct member *p, const struct member *q, uint32_t q_id)
{
	const struct work *widest = NULL;

	for (size_t i = 0; i < p->works.n; i++) {
		const struct work *work = &d->works.v[p->works.v[i]];

		if (has(&q->works, p->works.v[i]) &&
			(!widest || work->people.n > widest->people.n ||
				(work->people.n == widest->people.n &&
					str_cmp(work->key, widest->key) < 0)))
			widest = work;
	}
	for (size_t i = 0; widest && i < widest->authors.n; i++)
		if (widest->authors.v[i] == q_id)
			return widest->positions.v[i];
	return UINT32_MAX;
}

/* Whether a comes before b on p's page. */
static bool
before(const struct directory *d, const struct member *p, const struct relation *a,
	const struct relation *b)
{
	const struct member *x = &d->people.v[a->other], *y = &d->people.v[b->other];

	if (a->score != b->score)
		return a->score > b->score;
	size_t shared_x = shared_sources(p, x), shared_y = shared_sources(p, y);

	if (shared_x != shared_y)
		return shared_x > shared_y;
	uint32_t place_x = author_position(d, p, x, a->other),
		 place_y = author_position(d, p, y, b->other);

	return place_x != place_y ? place_x < place_y
				  : a->other < b->other; /* people are in order of slug */
}

/* Puts a relation into p's list behind the first `pinned`, if it is good enough. */
static void
keep(const struct directory *d, struct member *p, size_t pinned, struct relation relation)
{
	size_t at = p->related_n;

	if (at == RELATED_MOST && (at == pinned || !before(d, p, &relation, &p->related[at - 1])))
		return;
	if (at == RELATED_MOST)
		at--;
	else
		p->related_n++;
	for (; at > pinned && before(d, p, &relation, &p->related[at - 1]); at--)
		p->related[at] = p->related[at - 1];
	p->related[at] = relation;
}

static enum signal
strongest(const struct tally *tally)
{
	enum signal best = SIGNAL_SOURCE;

	for (enum signal s = SIGNAL_COAUTHOR; s < SIGNALS; s++)
		if (tally->parts[s] > tally->parts[best])
			best = s;
	return best;
}

/* What p and the other share of the reason's kind, in p's own order. */
static void
fill_shared(const struct directory *d, const struct member *p, struct relation *relation)
{
	static const enum signal OF[REASONS] = { [REASON_PICK] = SIGNAL_SOURCE,
		[REASON_SOURCE] = SIGNAL_SOURCE,
		[REASON_COAUTHOR] = SIGNAL_COAUTHOR,
		[REASON_TOPIC] = SIGNAL_TOPIC,
		[REASON_ORGANIZATION] = SIGNAL_ORGANIZATION };
	const struct ids *ours = items_of(p, OF[relation->reason]);
	const struct ids *theirs = items_of(&d->people.v[relation->other], OF[relation->reason]);

	for (size_t i = 0; i < ours->n; i++) {
		if (!has(theirs, ours->v[i]))
			continue;
		if (relation->shown < SHARED_SHOWN)
			relation->shared[relation->shown++] = ours->v[i];
		relation->count++;
	}
}

static bool
kept_apart(const struct directory *d, size_t p, size_t q)
{
	return ids_has(&d->people.v[p].unrelated, (uint32_t)q) ||
		ids_has(&d->people.v[q].unrelated, (uint32_t)p);
}

static void
relate(struct walk *walk)
{
	struct directory *d = walk->d;
	struct member *p = &d->people.v[walk->person];

	for (size_t i = 0; i < p->pins.n; i++)
		if (!kept_apart(d, walk->person, p->pins.v[i]))
			p->related[p->related_n++] = (struct relation){ .other = p->pins.v[i],
				.reason = REASON_PICK,
				.why = p->record->related.v[i].note.text };
	size_t pinned = p->related_n;

	walk->met.n = 0;
	walk->number++;
	for (enum signal s = 0; s < SIGNALS; s++)
		walk_signal(walk, s);
	for (size_t i = 0; i < walk->met.n; i++) {
		struct tally *tally = &walk->tallies[walk->met.v[i]];
		struct relation relation = { .other = walk->met.v[i] };

		if (has(&p->pins, walk->met.v[i]) || kept_apart(d, walk->person, walk->met.v[i]))
			continue;
		if (shared_sources(p, &d->people.v[walk->met.v[i]])) /* co-authorship counts only
									without one */
			tally->parts[SIGNAL_COAUTHOR] = 0;
		for (enum signal s = 0; s < SIGNALS; s++)
			relation.score += tally->parts[s];
		relation.reason = SIGNAL[strongest(tally)].reason;
		if (relation.score)
			keep(d, p, pinned, relation);
	}
	for (size_t i = 0; i < p->related_n; i++)
		fill_shared(d, p, &p->related[i]);
}

void
directory_relate(struct directory *d)
{
	struct walk walk = { .d = d,
		.tallies = arena_array(&d->arena, struct tally, d->people.n + 1) };

	for (walk.person = 0; walk.person < d->people.n; walk.person++)
		if (d->people.v[walk.person].standing == STANDING_PUBLISHED)
			relate(&walk);
}
