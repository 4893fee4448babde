/* related: integers only. One walk from a person over what it shares gives its score with
 * everybody; the best RELATED_MOST are kept. */
#include "catalog/related.h"

#include <stdlib.h>

static const struct {
	unsigned base, most;
	enum reason reason;
} SIGNAL[SIGNALS] = {
	[SIGNAL_SOURCE] = { 4, 8, REASON_SOURCE },
	[SIGNAL_COAUTHOR] = { 3, 4, REASON_COAUTHOR },
	[SIGNAL_TOPIC] = { 2, 3, REASON_TOPIC },
	[SIGNAL_ORGANIZATION] = { 1, 2, REASON_ORGANIZATION },
};

/* Whose items a reason shows. */
static const enum signal SIGNAL_OF[REASONS] = { [REASON_PICK] = SIGNAL_SOURCE,
	[REASON_SOURCE] = SIGNAL_SOURCE,
	[REASON_COAUTHOR] = SIGNAL_COAUTHOR,
	[REASON_TOPIC] = SIGNAL_TOPIC,
	[REASON_ORGANIZATION] = SIGNAL_ORGANIZATION };

unsigned
related_weight(size_t count)
{
	unsigned log = 0;

	if (count < 2 || count > RELATED_WIDEST)
		return 0;
	while (((size_t)1 << log) < count)
		log++;
	return 1000 / log;
}

/* What one walk gathers about another person. */
struct tally {
	uint32_t walk; /* the walk it belongs to, so that nothing needs clearing */
	uint16_t parts[SIGNALS], counts[SIGNALS]; /* small, as walks jump among many */
};

struct weighed {
	uint32_t item;
	unsigned weight;
};

struct walk {
	const struct ground *ground;
	struct arena arena;
	struct {
		struct weighed *v;
		size_t n, room;
	} items; /* of the signal being walked */
	struct {
		struct tally *v;
		size_t n, room;
	} tallies;      /* one a person */
	struct ids met; /* who was met on this walk */
	struct relations found;
	uint32_t number;
};

struct walk *
walk_open(const struct ground *ground)
{
	struct walk *walk = calloc(1, sizeof *walk);

	if (!walk)
		abort();
	walk->ground = ground;
	return walk;
}

void
walk_close(struct walk *walk)
{
	arena_end(&walk->arena);
	free(walk);
}

static struct tally *
meet(struct walk *walk, uint32_t person)
{
	while (walk->tallies.n <= person)
		vec_add(&walk->arena, &walk->tallies);
	struct tally *tally = &walk->tallies.v[person];

	if (tally->walk != walk->number) {
		*tally = (struct tally){ .walk = walk->number };
		*vec_add(&walk->arena, &walk->met) = person;
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
walk_signal(struct walk *walk, uint32_t p, enum signal signal)
{
	const struct ground *g = walk->ground;
	const struct ids *ids = g->items(g->context, signal, p);

	walk->items.n = 0;
	for (size_t i = 0; i < ids->n; i++) {
		unsigned w = related_weight(g->count(g->context, signal, ids->v[i]));

		if (w)
			*vec_add(&walk->arena, &walk->items) = (struct weighed){ ids->v[i], w };
	}
	if (walk->items.n)
		qsort(walk->items.v, walk->items.n, sizeof *walk->items.v, heaviest_first);
	for (size_t i = 0; i < walk->items.n; i++) {
		const struct ids *people = g->people(g->context, signal, walk->items.v[i].item);

		for (size_t k = 0; k < people->n; k++) {
			if (people->v[k] == p)
				continue;
			struct tally *tally = meet(walk, people->v[k]);

			if (tally->counts[signal] < SIGNAL[signal].most)
				tally->parts[signal] +=
					(uint16_t)(SIGNAL[signal].base * walk->items.v[i].weight);
			tally->counts[signal] += tally->counts[signal] < UINT16_MAX;
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

static bool
pinned(const struct pins *pins, uint32_t person)
{
	for (size_t i = 0; i < pins->n; i++)
		if (pins->v[i].person == person)
			return true;
	return false;
}

static uint32_t
shared_sources(const struct ground *g, uint32_t p, uint32_t q)
{
	const struct ids *ours = g->items(g->context, SIGNAL_SOURCE, p);
	const struct ids *theirs = g->items(g->context, SIGNAL_SOURCE, q);
	uint32_t n = 0;

	for (size_t i = 0; i < ours->n; i++)
		n += has(theirs, ours->v[i]);
	return n;
}

/* Whether p has a source that no walk goes over. */
static bool
has_wide_source(const struct ground *g, uint32_t p)
{
	const struct ids *ours = g->items(g->context, SIGNAL_SOURCE, p);

	for (size_t i = 0; i < ours->n; i++)
		if (g->count(g->context, SIGNAL_SOURCE, ours->v[i]) > RELATED_WIDEST)
			return true;
	return false;
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

const struct relations *
walk_from(struct walk *walk, uint32_t p)
{
	const struct ground *g = walk->ground;
	bool wide = has_wide_source(g, p);

	walk->met.n = walk->found.n = 0;
	walk->number++;
	for (enum signal s = 0; s < SIGNALS; s++)
		walk_signal(walk, p, s);
	for (size_t i = 0; i < walk->met.n; i++) {
		uint32_t q = walk->met.v[i];
		struct tally *tally = &walk->tallies.v[q];
		struct relation relation = { .other = q };

		if (g->apart(g->context, p, q))
			continue;
		relation.common =
			wide ? shared_sources(g, p, q) : (uint32_t)tally->counts[SIGNAL_SOURCE];
		if (relation.common) /* co-authorship counts only without a shared source */
			tally->parts[SIGNAL_COAUTHOR] = 0;
		for (enum signal s = 0; s < SIGNALS; s++)
			relation.score += tally->parts[s];
		relation.reason = SIGNAL[strongest(tally)].reason;
		if (relation.score)
			*vec_add(&walk->arena, &walk->found) = relation;
	}
	return &walk->found;
}

/* The place of the other in the author list of the source shared with p that most people have
 * (ties: smallest key); not an author: last. */
void
relation_place(const struct ground *g, uint32_t p, struct relation *relation)
{
	const struct ids *ours, *theirs;
	uint32_t widest = UINT32_MAX;
	size_t most = 0;

	relation->position = UINT32_MAX;
	if (relation->common == 0)
		return;
	ours = g->items(g->context, SIGNAL_SOURCE, p);
	theirs = g->items(g->context, SIGNAL_SOURCE, relation->other);
	for (size_t i = 0; i < ours->n; i++) {
		uint32_t work = ours->v[i];

		if (!has(theirs, work))
			continue;
		size_t n = g->count(g->context, SIGNAL_SOURCE, work);

		if (n > most ||
			(n == most &&
				str_cmp(g->key(g->context, work), g->key(g->context, widest)) <
					0)) {
			widest = work;
			most = n;
		}
	}
	if (widest != UINT32_MAX)
		relation->position = g->position(g->context, widest, relation->other);
}

/* Below 0: a comes first, above: b; 0: their slugs decide. */
static int
by_numbers(const struct relation *a, const struct relation *b)
{
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	if (a->common != b->common)
		return a->common > b->common ? -1 : 1;
	return (a->position > b->position) - (a->position < b->position);
}

bool
relation_before(
	const struct relation *a, struct str a_slug, const struct relation *b, struct str b_slug)
{
	int order = by_numbers(a, b);

	return order ? order < 0 : str_cmp(a_slug, b_slug) < 0;
}

static bool
comes_before(const struct ground *g, const struct relation *a, const struct relation *b)
{
	int order = by_numbers(a, b);

	return order ? order < 0 : g->earlier(g->context, a->other, b->other);
}

/* Puts a relation into a list behind the first `pins`, if it is good enough. How many there are. */
static size_t
keep(const struct ground *g, struct relation *list, size_t n, size_t pins,
	const struct relation *relation)
{
	size_t at = n;

	while (at > pins && comes_before(g, relation, &list[at - 1]))
		at--;
	if (at == RELATED_MOST)
		return n;
	if (n < RELATED_MOST)
		n++;
	for (size_t i = n - 1; i > at; i--)
		list[i] = list[i - 1];
	list[at] = *relation;
	return n;
}

void
relation_fill(const struct ground *g, uint32_t p, struct relation *relation)
{
	enum signal signal = SIGNAL_OF[relation->reason];
	const struct ids *ours = g->items(g->context, signal, p);
	const struct ids *theirs = g->items(g->context, signal, relation->other);

	relation->shown = relation->count = 0;
	for (size_t i = 0; i < ours->n; i++) {
		if (!has(theirs, ours->v[i]))
			continue;
		if (relation->shown < SHARED_SHOWN)
			relation->shared[relation->shown++] = ours->v[i];
		relation->count++;
	}
}

size_t
walk_choose(struct walk *walk, uint32_t p, struct relation list[RELATED_MOST])
{
	const struct ground *g = walk->ground;
	const struct pins *pins = g->pins(g->context, p);
	size_t n = 0;

	for (size_t i = 0; i < pins->n && n < RELATED_MOST; i++)
		if (!g->apart(g->context, p, pins->v[i].person))
			list[n++] = (struct relation){ .other = pins->v[i].person,
				.reason = REASON_PICK,
				.why = pins->v[i].entry->note.text };
	size_t pins_n = n;

	for (size_t i = 0; i < walk->found.n; i++) {
		struct relation *found = &walk->found.v[i];

		if (pinned(pins, found->other) ||
			(n == RELATED_MOST && (n == pins_n || found->score < list[n - 1].score)))
			continue;
		relation_place(g, p, found);
		n = keep(g, list, n, pins_n, found);
	}
	for (size_t i = 0; i < n; i++)
		relation_fill(g, p, &list[i]);
	return n;
}

/* ---- a directory in memory ---- */

static const struct work *
work_of(void *context, uint32_t item)
{
	return &((struct directory *)context)->works.v[item];
}

static const struct member *
member_of(void *context, uint32_t person)
{
	return &((struct directory *)context)->people.v[person];
}

static const struct ids *
people(void *context, enum signal signal, uint32_t item)
{
	const struct directory *d = context;

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

static size_t
count(void *context, enum signal signal, uint32_t item)
{
	return people(context, signal, item)->n;
}

static const struct ids *
items(void *context, enum signal signal, uint32_t person)
{
	const struct member *m = member_of(context, person);

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

static struct str
key(void *context, uint32_t work)
{
	return work_of(context, work)->key;
}

static uint32_t
position(void *context, uint32_t work, uint32_t person)
{
	const struct work *w = work_of(context, work);

	for (size_t i = 0; i < w->authors.n; i++)
		if (w->authors.v[i] == person)
			return w->positions.v[i];
	return UINT32_MAX;
}

/* People are numbered in the order of their slugs. */
static bool
earlier(void *context, uint32_t p, uint32_t q)
{
	(void)context;
	return p < q;
}

static bool
apart(void *context, uint32_t p, uint32_t q)
{
	return ids_has(&member_of(context, p)->apart, q);
}

static const struct pins *
pins(void *context, uint32_t person)
{
	return &member_of(context, person)->pins;
}

/* `unrelated` in both directions. */
static void
set_apart(struct directory *d)
{
	for (size_t p = 0; p < d->people.n; p++) {
		const struct ids *unrelated = &d->people.v[p].unrelated;

		for (size_t i = 0; i < unrelated->n; i++) {
			ids_insert(&d->arena, &d->people.v[p].apart, unrelated->v[i]);
			ids_insert(&d->arena, &d->people.v[unrelated->v[i]].apart, (uint32_t)p);
		}
	}
}

void
directory_relate(struct directory *d)
{
	const struct ground ground = { d, count, people, items, key, position, earlier, apart,
		pins };
	struct walk *walk = walk_open(&ground);

	set_apart(d);
	for (size_t p = 0; p < d->people.n; p++) {
		struct member *m = &d->people.v[p];

		if (m->standing != STANDING_PUBLISHED)
			continue;
		walk_from(walk, (uint32_t)p);
		m->related_n = walk_choose(walk, (uint32_t)p, m->related);
	}
	walk_close(walk);
}
