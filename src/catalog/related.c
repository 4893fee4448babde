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

size_t related_widest = RELATED_WIDEST;

/* ceil(log2 count) of what is walked: the smaller, the heavier. 0: not walked. */
enum { LEVELS = 9 }; /* up to RELATED_WIDEST */

static unsigned
level_of(size_t count)
{
	unsigned log = 0;

	if (count < 2 || count > related_widest)
		return 0;
	while (((size_t)1 << log) < count)
		log++;
	return log;
}

unsigned
related_weight(size_t count)
{
	unsigned level = level_of(count);

	return level ? 1000 / level : 0;
}

/* What one walk gathers about another person. */
struct meeting {
	uint32_t other;
	uint32_t score;          /* 0: nothing, or the two are kept apart */
	uint16_t parts[SIGNALS]; /* at most base * 1000 * most */
	uint16_t counts[SIGNALS];
	uint16_t widest; /* which of p's sources, among those that both have and walks go over */
};

/* What a person has by one signal. */
struct having {
	struct levelled {
		uint32_t item;
		uint16_t count, level;
	} * v;
	size_t n, room;
	size_t at[LEVELS]; /* how many of each level */
};

enum { SIEVE = 64 }; /* words */

struct walk {
	const struct ground *ground;
	struct arena arena;
	struct having having[SIGNALS];
	struct {
		struct meeting *v;
		size_t n, room;
	} met; /* on this walk: few, so they stay near */
	struct {
		uint32_t *v;
		size_t n, room;
	} places;              /* of each person among the met; of one who was not met, anything */
	bool wide;             /* p has a source that no walk goes over */
	uint64_t sieve[SIEVE]; /* who may have been met, by the last bits of the number */
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

/* The one with that person, or NULL. */
static struct meeting *
find_meeting(const struct walk *walk, uint32_t person)
{
	uint32_t at = person < walk->places.n ? walk->places.v[person] : UINT32_MAX;

	return at < walk->met.n && walk->met.v[at].other == person ? &walk->met.v[at] : NULL;
}

static struct meeting *
new_meeting(struct walk *walk, uint32_t person)
{
	struct meeting *m = vec_add(&walk->arena, &walk->met);

	*m = (struct meeting){ .other = person };
	walk->places.v[person] = (uint32_t)(walk->met.n - 1);
	walk->sieve[person / 64 % SIEVE] |= (uint64_t)1 << person % 64;
	return m;
}

/* Most people of a long list have not been met, and the sieve knows it without a look far away. */
static bool
may_have_met(const struct walk *walk, uint32_t person)
{
	return walk->sieve[person / 64 % SIEVE] >> person % 64 & 1;
}

/* What p has by a signal, as far as walks go over it. */
static void
look_through(struct walk *walk, uint32_t p, enum signal signal)
{
	const struct ground *g = walk->ground;
	const struct ids *ids = g->items(g->context, signal, p);
	struct having *having = &walk->having[signal];

	having->n = 0;
	memset(having->at, 0, sizeof having->at);
	for (size_t i = 0; i < ids->n; i++) {
		size_t count = g->count(g->context, signal, ids->v[i]);
		unsigned level = level_of(count);

		if (level)
			*vec_add(&walk->arena, having) =
				(struct levelled){ ids->v[i], (uint16_t)count, (uint16_t)level };
		having->at[level] += level > 0;
	}
}

/* The largest part that another can have by what p has of a signal from a level on. */
static uint32_t
largest_part(const struct walk *walk, enum signal signal, unsigned level)
{
	size_t left = SIGNAL[signal].most;
	uint32_t sum = 0;

	for (; level < LEVELS; level++) {
		size_t n = walk->having[signal].at[level];

		n = n < left ? n : left;
		sum += (uint32_t)n * SIGNAL[signal].base * (1000 / level);
		left -= n;
	}
	return sum;
}

/* One shared item more; after `most` heavier ones it only counts. */
static void
add_part(struct meeting *m, enum signal signal, uint16_t part)
{
	/* co-authorship counts only without a shared source */
	if (m->counts[signal] >= SIGNAL[signal].most ||
		(signal == SIGNAL_COAUTHOR && m->counts[SIGNAL_SOURCE]))
		part = 0;
	m->parts[signal] += part;
	m->score += part;
	m->counts[signal] += m->counts[signal] < UINT16_MAX;
}

/* Whether, of two sources of p, the i-th is the one whose author list places people. */
static bool
is_wider(const struct walk *walk, size_t i, size_t than)
{
	const struct ground *g = walk->ground;
	const struct levelled *a = &walk->having[SIGNAL_SOURCE].v[i],
			      *b = &walk->having[SIGNAL_SOURCE].v[than];

	if (a->count != b->count)
		return a->count > b->count;
	return str_cmp(g->key(g->context, a->item), g->key(g->context, b->item)) < 0;
}

/* Adds the weight of the i-th that p has to all who have it; when `closed`, only to whom was met
 * before. */
static void
walk_item(struct walk *walk, uint32_t p, enum signal signal, size_t i, bool closed)
{
	const struct ground *g = walk->ground;
	const struct levelled *item = &walk->having[signal].v[i];
	const struct ids *people = g->people(g->context, signal, item->item);
	uint16_t part = (uint16_t)(SIGNAL[signal].base * (1000 / item->level));

	for (size_t k = 0; k < people->n; k++) {
		uint32_t q = people->v[k];

		if (q == p || (closed && !may_have_met(walk, q)))
			continue;
		while (walk->places.n <= q)
			vec_add(&walk->arena, &walk->places);
		struct meeting *m = find_meeting(walk, q);

		if (!m && closed)
			continue;
		if (!m)
			m = new_meeting(walk, q);
		if (signal == SIGNAL_SOURCE &&
			(m->counts[signal] == 0 || is_wider(walk, i, m->widest)))
			m->widest = (uint16_t)i;
		add_part(m, signal, part);
	}
}

static void
walk_level(struct walk *walk, uint32_t p, enum signal signal, unsigned level, bool closed)
{
	const struct having *having = &walk->having[signal];

	for (size_t i = 0; having->at[level] && i < having->n; i++)
		if (having->v[i].level == level)
			walk_item(walk, p, signal, i, closed);
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

/* Whether a person may stand behind the pins in p's list. */
static bool
choosable(const struct walk *walk, uint32_t p, const struct pins *pins, uint32_t person)
{
	return !pinned(pins, person) && !walk->ground->apart(walk->ground->context, p, person);
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
		if (g->count(g->context, SIGNAL_SOURCE, ours->v[i]) > related_widest)
			return true;
	return false;
}

/* The score that `most` of the met reach, pins and who is kept apart aside; 1 where fewer than that
 * score at all. */
static uint32_t
least_score(const struct walk *walk, uint32_t p, const struct pins *pins, size_t most)
{
	uint32_t best[RELATED_MOST] = { 0 }; /* descending */

	for (size_t i = 0; i < walk->met.n; i++) {
		uint32_t score = walk->met.v[i].score;
		size_t at = most - 1;

		if (score <= best[at] || !choosable(walk, p, pins, walk->met.v[i].other))
			continue;
		for (; at > 0 && best[at - 1] < score; at--)
			best[at] = best[at - 1];
		best[at] = score;
	}
	return best[most - 1] ? best[most - 1] : 1;
}

/* How many sources the two share, those that no walk goes over too. */
static uint32_t
common_of(const struct walk *walk, uint32_t p, const struct meeting *m)
{
	return walk->wide ? shared_sources(walk->ground, p, m->other) : m->counts[SIGNAL_SOURCE];
}

/* Co-authorship counts only without a shared source: add_part() could not know of all. */
static void
drop_coauthors(struct walk *walk, uint32_t p)
{
	for (size_t i = 0; i < walk->met.n; i++) {
		struct meeting *m = &walk->met.v[i];

		if (m->parts[SIGNAL_COAUTHOR] && common_of(walk, p, m)) {
			m->score -= m->parts[SIGNAL_COAUTHOR];
			m->parts[SIGNAL_COAUTHOR] = 0;
		}
	}
}

/* Meets all whom p scores with; or, given the pins of a list and how many more it takes, all who
 * may come into it: when so many have scored already, what is left may be too light to lead
 * further. Each signal heaviest first, so that the first `most` that another has are the largest.
 */
static void
walk_all(struct walk *walk, uint32_t p, const struct pins *pins, size_t most)
{
	uint32_t least = 0;

	walk->met.n = 0;
	walk->wide = has_wide_source(walk->ground, p);
	memset(walk->sieve, 0, sizeof walk->sieve);
	for (enum signal s = 0; s < SIGNALS; s++)
		look_through(walk, p, s);
	for (unsigned level = 1; level < LEVELS; level++)
		walk_level(walk, p, SIGNAL_SOURCE, level, false);
	for (unsigned level = 1; level < LEVELS; level++)
		walk_level(walk, p, SIGNAL_COAUTHOR, level, false);
	if (walk->wide)
		drop_coauthors(walk, p);
	if (most)
		least = least_score(walk, p, pins, most);
	for (unsigned level = 1; level < LEVELS; level++) {
		bool closed = largest_part(walk, SIGNAL_TOPIC, level) +
				largest_part(walk, SIGNAL_ORGANIZATION, level) <
			least;

		walk_level(walk, p, SIGNAL_TOPIC, level, closed);
		walk_level(walk, p, SIGNAL_ORGANIZATION, level, closed);
	}
}

static struct relation
relation_of(const struct walk *walk, uint32_t p, const struct meeting *m)
{
	enum signal best = SIGNAL_SOURCE;

	for (enum signal s = SIGNAL_COAUTHOR; s < SIGNALS; s++)
		if (m->parts[s] > m->parts[best])
			best = s;
	return (struct relation){ .other = m->other,
		.reason = SIGNAL[best].reason,
		.score = m->score,
		.common = (uint16_t)common_of(walk, p, m) };
}

void
walk_from(struct walk *walk, uint32_t p)
{
	walk_all(walk, p, NULL, 0);
}

bool
walk_relation(const struct walk *walk, uint32_t p, uint32_t other, struct relation *relation)
{
	const struct meeting *m = find_meeting(walk, other);

	if (!m || !m->score || walk->ground->apart(walk->ground->context, p, other))
		return false;
	*relation = relation_of(walk, p, m);
	return true;
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

/* The same of one whom the walk met, and what the two share where it is known already: it spares a
 * look at what the other has. */
static void
place_met(const struct walk *walk, uint32_t p, const struct meeting *m, struct relation *relation)
{
	const struct ground *g = walk->ground;
	uint32_t work;

	if (walk->wide || relation->common == 0) {
		relation_place(g, p, relation);
		return;
	}
	work = walk->having[SIGNAL_SOURCE].v[m->widest].item;
	relation->position = g->position(g->context, work, m->other);
	if (relation->common == 1 && relation->reason == REASON_SOURCE) {
		relation->shared[0] = work;
		relation->shown = 1;
		relation->count = 1;
	}
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

/* Begins p's list with its pins. How many. */
static size_t
list_pins(const struct ground *g, uint32_t p, const struct pins *pins, struct relation *list)
{
	size_t n = 0;

	for (size_t i = 0; i < pins->n && n < RELATED_MOST; i++)
		if (!g->apart(g->context, p, pins->v[i].person))
			list[n++] = (struct relation){ .other = pins->v[i].person,
				.reason = REASON_PICK,
				.why = pins->v[i].entry->note.text };
	return n;
}

/* False of one whom a full list has no place for, as far as the walk alone can tell. */
static bool
may_enter(const struct walk *walk, const struct relation *list, size_t n, const struct meeting *m)
{
	const struct relation *last = &list[RELATED_MOST - 1];
	uint16_t common = m->counts[SIGNAL_SOURCE];

	if (n < RELATED_MOST || m->score != last->score)
		return n < RELATED_MOST || m->score > last->score;
	if (walk->wide || (common && common == last->common))
		return true;
	/* who shares no source stands in no author list of one */
	return common != last->common
		? common > last->common
		: walk->ground->earlier(walk->ground->context, m->other, last->other);
}

/* Behind the first n of p's list, its pins, puts the best of whom the walk met. How many there are
 * then. */
static size_t
list_met(const struct walk *walk, uint32_t p, const struct pins *pins, struct relation *list,
	size_t n)
{
	const size_t pins_n = n;
	uint32_t least;

	if (n == RELATED_MOST)
		return n;
	least = least_score(walk, p, pins, RELATED_MOST - n);
	for (size_t i = 0; i < walk->met.n; i++) {
		const struct meeting *m = &walk->met.v[i];

		if (m->score < least || !may_enter(walk, list, n, m) ||
			!choosable(walk, p, pins, m->other))
			continue;
		struct relation relation = relation_of(walk, p, m);

		place_met(walk, p, m, &relation);
		n = keep(walk->ground, list, n, pins_n, &relation);
	}
	return n;
}

static void
fill_list(const struct ground *g, uint32_t p, struct relation *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].shown == 0)
			relation_fill(g, p, &list[i]);
}

size_t
walk_choose(struct walk *walk, uint32_t p, struct relation list[RELATED_MOST])
{
	const struct ground *g = walk->ground;
	const struct pins *pins = g->pins(g->context, p);
	size_t n = list_met(walk, p, pins, list, list_pins(g, p, pins, list));

	fill_list(g, p, list, n);
	return n;
}

/* The list alone, with less of a walk. */
static size_t
list_of(struct walk *walk, uint32_t p, struct relation list[RELATED_MOST])
{
	const struct ground *g = walk->ground;
	const struct pins *pins = g->pins(g->context, p);
	size_t n = list_pins(g, p, pins, list);

	if (n < RELATED_MOST) {
		walk_all(walk, p, pins, RELATED_MOST - n);
		n = list_met(walk, p, pins, list, n);
	}
	fill_list(g, p, list, n);
	return n;
}

/* ---- a directory in memory ---- */

/* Who has what and what who has, side by side: in the structs of people and works they lie far
 * apart, and walks jump among them. */
struct memory {
	const struct directory *d;
	struct arena arena;
	struct ids *people[SIGNALS], *items[SIGNALS];
};

static void
remember(struct memory *m, const struct directory *d)
{
	struct arena *a = &m->arena;

	m->d = d;
	for (enum signal s = 0; s < SIGNALS; s++)
		m->items[s] = arena_array(a, struct ids, d->people.n + 1);
	for (size_t p = 0; p < d->people.n; p++) {
		const struct member *member = &d->people.v[p];

		m->items[SIGNAL_SOURCE][p] = member->works;
		m->items[SIGNAL_COAUTHOR][p] = member->authored;
		m->items[SIGNAL_TOPIC][p] = member->topics;
		m->items[SIGNAL_ORGANIZATION][p] = member->organizations;
	}
	m->people[SIGNAL_SOURCE] = arena_array(a, struct ids, d->works.n + 1);
	m->people[SIGNAL_COAUTHOR] = arena_array(a, struct ids, d->works.n + 1);
	for (size_t i = 0; i < d->works.n; i++) {
		m->people[SIGNAL_SOURCE][i] = d->works.v[i].people;
		m->people[SIGNAL_COAUTHOR][i] = d->works.v[i].authors;
	}
	m->people[SIGNAL_TOPIC] = arena_array(a, struct ids, d->topics.n + 1);
	for (size_t i = 0; i < d->topics.n; i++)
		m->people[SIGNAL_TOPIC][i] = d->topics.v[i].people;
	m->people[SIGNAL_ORGANIZATION] = arena_array(a, struct ids, d->organizations.n + 1);
	for (size_t i = 0; i < d->organizations.n; i++)
		m->people[SIGNAL_ORGANIZATION][i] = d->organizations.v[i].people;
}

static const struct work *
work_of(void *context, uint32_t item)
{
	return &((struct memory *)context)->d->works.v[item];
}

static const struct member *
member_of(void *context, uint32_t person)
{
	return &((struct memory *)context)->d->people.v[person];
}

static const struct ids *
people(void *context, enum signal signal, uint32_t item)
{
	return &((struct memory *)context)->people[signal][item];
}

static size_t
count(void *context, enum signal signal, uint32_t item)
{
	return people(context, signal, item)->n;
}

static const struct ids *
items(void *context, enum signal signal, uint32_t person)
{
	return &((struct memory *)context)->items[signal][person];
}

static struct str
key(void *context, uint32_t work)
{
	return work_of(context, work)->key;
}

static uint32_t
position(void *context, uint32_t work, uint32_t person)
{
	const struct ids *authors = people(context, SIGNAL_COAUTHOR, work);

	for (size_t i = 0; i < authors->n; i++)
		if (authors->v[i] == person)
			return work_of(context, work)->positions.v[i];
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
	struct memory memory = { 0 };
	const struct ground ground = { &memory, count, people, items, key, position, earlier, apart,
		pins };
	struct walk *walk = walk_open(&ground);
	struct relation list[RELATED_MOST];

	set_apart(d);
	remember(&memory, d);
	for (size_t p = 0; p < d->people.n; p++) {
		struct member *m = &d->people.v[p];

		if (m->standing != STANDING_PUBLISHED)
			continue;
		m->related_n = list_of(walk, (uint32_t)p, list);
		m->related = arena_array(&d->arena, struct relation, m->related_n);
		for (size_t i = 0; i < m->related_n; i++)
			m->related[i] = list[i];
	}
	walk_close(walk);
	arena_end(&memory.arena);
}
