/* connect: breadth first from both ends, from people to what they read (or wrote) and from there to
 * people, until the ends meet. They mostly meet at a source that many have: nobody needs to know
 * who they all are. */
#include "catalog/connect.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/text.h"
#include "catalog/ask.h"

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
				"SELECT people FROM source WHERE slug = ?", "t", stop.source);
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

static sqlite3_stmt *
statement_of(struct search *s, const struct stop *from, bool written)
{
	sqlite3_stmt *st;

	if (!from->source.n) {
		st = written ? store_statement(s->store,
				       "SELECT source FROM author WHERE person = ? ORDER BY source")
			     : store_statement(s->store,
				       "SELECT item FROM shares WHERE person = ? AND kind = 0"
				       " ORDER BY place");
		sqlite3_bind_int64(st, 1, from->person);
		return st;
	}
	st = written ? store_statement(s->store,
			       "SELECT person FROM author WHERE source = ? ORDER BY position")
		     : store_statement(s->store,
			       "SELECT person FROM posting WHERE kind = 0 AND item = ?"
			       " ORDER BY person");
	sqlite3_bind_text64(st, 1, from->source.p, from->source.n, SQLITE_STATIC, SQLITE_UTF8);
	return st;
}

/* All that one stop leads to. False when there is nothing more to look for. */
static bool
leave(struct search *s, size_t which, size_t place, bool written)
{
	const struct stop from = s->sides[which].stops.v[place];
	sqlite3_stmt *st = statement_of(s, &from, written);
	bool more = true;

	while (more && match_step(st, s->limit)) {
		struct stop to = { .before = place };

		if (from.source.n)
			to.person = sqlite3_column_int64(st, 0);
		else {
			to.source = (struct str){ (const char *)sqlite3_column_text(st, 0),
				(size_t)sqlite3_column_bytes(st, 0) };
			to.written = written;
		}
		more = see(s, which, to);
	}
	sqlite3_reset(st);
	return more && !s->limit->cut;
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
