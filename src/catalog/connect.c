/* connect: breadth first from both ends, from people to what they read (or wrote) and from there to
 * people, until the ends meet. They mostly meet at a source that many have: nobody needs to know
 * who they all are. */
#include "catalog/connect.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/text.h"
#include "catalog/posting.h"
#include "catalog/query.h"

/* A person, or a source that leads from one to another. */
struct stop {
	int64_t person;
	struct str source; /* of a source: its slug */
	bool written;      /* and whether it leads to who wrote it, or who has it */
	size_t people;     /* how many have it */
	size_t before;     /* the place of the one that led here; MAP_NONE for the end itself */
};

/* One end's search: levels of people and of sources by turns. */
struct side {
	struct {
		struct stop *v;
		size_t n, room;
	} stops;
	struct map places; /* key_of() to place in stops */
	size_t edge;       /* the first stop of the last level */
};

struct search {
	struct store *store;
	struct arena *a;
	struct limit *limit;
	struct side sides[2];
	bool coauthors, met;
	size_t meeting[2]; /* places of the stop met, on each side */
	size_t visits;
};

/* What a stop is known by: 'p' and an id, 'r' or 'w' and a slug. */
struct key {
	char bytes[1 + SLUG_MOST];
};

static struct str
key_of(struct key *key, const struct stop *stop)
{
	size_t n = stop->source.n ? stop->source.n : sizeof stop->person;

	key->bytes[0] = !stop->source.n ? 'p' : stop->written ? 'w' : 'r';
	memcpy(key->bytes + 1, stop->source.n ? stop->source.p : (const char *)&stop->person, n);
	return (struct str){ key->bytes, n + 1 };
}

/* False when there is nothing more to look for. */
static bool
see(struct search *s, size_t which, struct stop stop)
{
	struct side *side = &s->sides[which], *other = &s->sides[!which];
	struct key bytes;
	struct str key = key_of(&bytes, &stop);

	s->visits++;
	if (map_find(&side->places, key) == (size_t)MAP_NONE) {
		size_t there = map_find(&other->places, key);

		*map_at(s->a, &side->places, arena_str(s->a, key)) = side->stops.n;
		stop.source = arena_str(s->a, stop.source);
		if (stop.source.n && !stop.written)
			stop.people = (size_t)ask_number(s->store, 0,
				"SELECT people FROM " SOURCE_NAMED("?1"), "t", stop.source);
		*vec_add(s->a, &side->stops) = stop;
		if (there != (size_t)MAP_NONE) {
			s->met = true;
			s->meeting[which] = side->stops.n - 1;
			s->meeting[!which] = there;
		}
	}
	return !s->met && s->visits < CONNECT_VISITS;
}

/* ---- from people to sources and back ---- */

/* What a person read, or wrote. */
static bool
leave_person(struct search *s, size_t which, size_t place, bool written)
{
	int64_t person = s->sides[which].stops.v[place].person;
	struct str sources = written ? query_wrote(s->store, s->a, person)
				     : query_shares(s->store, s->a, person, SHARED_SOURCE);
	struct stop to = { .before = place, .written = written };
	bool more = true;

	while (more && unpack_slug(&sources, &to.source))
		more = see(s, which, to);
	return more;
}

/* Who wrote a source, or has it; no more than may be visited. */
static bool
leave_source(struct search *s, size_t which, size_t place, bool written)
{
	struct str source = s->sides[which].stops.v[place].source;
	struct numbers people = { 0 };
	bool more = true;

	if (written) {
		struct str writers = query_writers(s->store, s->a, source);

		for (size_t i = 0; i + 1 < unpack_count(writers); i += 2)
			*vec_add(s->a, &people) = unpack_id(writers, i + 1);
	} else
		posting_read(s->store, s->a, SHARED_SOURCE, source, 0, CONNECT_VISITS - s->visits,
			&people);
	for (size_t i = 0; more && i < people.n; i++)
		more = see(s, which, (struct stop){ .person = people.v[i], .before = place });
	return more;
}

/* All that one stop leads to. False when there is nothing more to look for. */
static bool
leave(struct search *s, size_t which, size_t place, bool written)
{
	bool from_source = s->sides[which].stops.v[place].source.n > 0;

	return !match_late(s->limit) &&
		(from_source ? leave_source(s, which, place, written)
			     : leave_person(s, which, place, written));
}

/* What few have first: it says more, and leaves what many have for last. */
static int
by_people(const void *a, const void *b)
{
	const struct stop *x = a, *y = b;

	if (x->people != y->people)
		return x->people < y->people ? -1 : 1;
	if (x->written != y->written)
		return x->written ? 1 : -1;
	return str_cmp(x->source, y->source);
}

/* The next level. False when there is nothing more to look for. */
static bool
grow(struct search *s, size_t which)
{
	struct side *side = &s->sides[which];
	size_t from = side->edge, end = side->stops.n;
	bool people = !side->stops.v[from].source.n, more = true;
	struct key key; /* of those that are there already, and keep theirs */

	for (size_t i = from; i < end && more; i++)
		if (!people)
			more = leave(s, which, i, side->stops.v[i].written);
		else {
			more = leave(s, which, i, false);
			if (more && s->coauthors)
				more = leave(s, which, i, true);
		}
	side->edge = end;
	if (!more || side->stops.n == end)
		return false;
	if (people) {
		qsort(side->stops.v + end, side->stops.n - end, sizeof *side->stops.v, by_people);
		for (size_t i = end; i < side->stops.n; i++)
			*map_at(s->a, &side->places, key_of(&key, &side->stops.v[i])) = i;
	}
	return true;
}

/* About how many rows the next level of a side takes. */
static size_t
cost(const struct side *side)
{
	enum { HAS = 8 }; /* sources of a person, people of a source that is known by its authors */
	size_t sum = 0;

	for (size_t i = side->edge; i < side->stops.n; i++)
		sum += side->stops.v[i].people ? side->stops.v[i].people : HAS;
	return sum;
}

/* ---- the chain ---- */

/* From the first end to the meeting, then on to the second: there each source leads back the other
 * way. */
static void
join(struct search *s, struct chain *chain)
{
	struct {
		const struct stop **v;
		size_t n, room;
	} way = { 0 };
	const struct stop *source = NULL;

	for (size_t at = s->meeting[0]; at != (size_t)MAP_NONE; at = way.v[way.n - 1]->before)
		*vec_add(s->a, &way) = &s->sides[0].stops.v[at];
	for (size_t i = 0; i < way.n / 2; i++) {
		const struct stop *swapped = way.v[i];

		way.v[i] = way.v[way.n - 1 - i];
		way.v[way.n - 1 - i] = swapped;
	}
	for (size_t at = s->sides[1].stops.v[s->meeting[1]].before; at != (size_t)MAP_NONE;
		at = way.v[way.n - 1]->before)
		*vec_add(s->a, &way) = &s->sides[1].stops.v[at];
	for (size_t i = 0; i < way.n; i++) {
		if (way.v[i]->source.n) {
			source = way.v[i];
			continue;
		}
		*vec_add(s->a, chain) = (struct step){ way.v[i]->person,
			source ? source->source : STR(""), source && source->written };
	}
}

static bool
find(struct search *s, int64_t from, int64_t to, struct chain *chain)
{
	see(s, 0, (struct stop){ .person = from, .before = (size_t)MAP_NONE });
	see(s, 1, (struct stop){ .person = to, .before = (size_t)MAP_NONE });
	while (grow(s, cost(&s->sides[0]) > cost(&s->sides[1])))
		;
	if (s->met)
		join(s, chain);
	chain->cut = !s->met && (s->limit->cut || s->visits >= CONNECT_VISITS);
	return s->met;
}

void
connect_people(struct store *s, struct arena *a, int64_t from, int64_t to, struct limit *limit,
	struct chain *chain)
{
	struct search shared = { .store = s, .a = a, .limit = limit }, any = shared;

	any.coauthors = true;
	if (from == to)
		vec_add(a, chain)->person = from;
	else if (!find(&shared, from, to, chain))
		find(&any, from, to, chain);
}
