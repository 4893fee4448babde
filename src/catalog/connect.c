/* connect: breadth first from both ends, always from the smaller edge, until they meet or the
 * ceiling is reached. */
#include "catalog/connect.h"

#include "base/map.h"

struct visited {
	struct step step; /* how it was reached, */
	size_t before;    /* from which entry of its own side */
};

/* One end's search. */
struct side {
	struct {
		struct visited *v;
		size_t n, room;
	} seen;
	struct map places; /* id (its bytes) to place in seen */
	size_t edge;       /* the first entry whose neighbours were not looked at */
};

struct search {
	struct arena *a;
	struct side sides[2];
	struct side *growing, *other;
	size_t from; /* the entry being looked at */
	bool coauthors, met;
	size_t meeting[2]; /* places of the person met, on each side */
	size_t visits;
};

static struct str
id_key(struct arena *a, int64_t id)
{
	return arena_str(a, (struct str){ (const char *)&id, sizeof id });
}

static void
see(struct search *s, struct side *side, struct step step, size_t before)
{
	*map_at(s->a, &side->places, id_key(s->a, step.person)) = side->seen.n;
	*vec_add(s->a, &side->seen) = (struct visited){ step, before };
}

static bool
visit(void *context, int64_t other, struct str source)
{
	struct search *s = context;

	if (map_find(&s->growing->places, id_key(s->a, other)) != (size_t)MAP_NONE)
		return ++s->visits < CONNECT_VISITS;
	see(s, s->growing, (struct step){ other, source, s->coauthors }, s->from);
	size_t there = map_find(&s->other->places, id_key(s->a, other));

	if (there != (size_t)MAP_NONE) {
		s->met = true;
		s->meeting[s->growing != &s->sides[0]] = s->growing->seen.n - 1;
		s->meeting[s->growing == &s->sides[0]] = there;
	}
	return !s->met && ++s->visits < CONNECT_VISITS;
}

/* Looks at all neighbours of one side's edge. */
static void
grow(struct search *s, struct store *store, bool with_coauthors)
{
	size_t end = s->growing->seen.n;

	for (; s->growing->edge < end && !s->met && s->visits < CONNECT_VISITS;
		s->growing->edge++) {
		int64_t person = s->growing->seen.v[s->growing->edge].step.person;

		s->from = s->growing->edge;
		s->coauthors = false;
		query_neighbours(store, s->a, person, false, visit, s);
		s->coauthors = true;
		if (with_coauthors && !s->met)
			query_neighbours(store, s->a, person, true, visit, s);
	}
}

/* From the first end to the meeting, then on to the second: there each step's source leads back the
 * other way. */
static void
join(struct search *s, struct chain *chain)
{
	struct {
		size_t *v;
		size_t n, room;
	} back = { 0 };

	for (size_t at = s->meeting[0]; at != (size_t)MAP_NONE; at = s->sides[0].seen.v[at].before)
		*vec_add(s->a, &back) = at;
	for (size_t i = back.n; i-- > 0;)
		*vec_add(s->a, chain) = s->sides[0].seen.v[back.v[i]].step;
	for (size_t at = s->meeting[1];;) {
		const struct visited *here = &s->sides[1].seen.v[at];

		if (here->before == (size_t)MAP_NONE)
			break;
		at = here->before;
		*vec_add(s->a, chain) = (struct step){ s->sides[1].seen.v[at].step.person,
			here->step.source, here->step.coauthors };
	}
}

static bool
find(struct store *store, struct arena *a, int64_t from, int64_t to, bool with_coauthors,
	struct chain *chain)
{
	struct search s = { .a = a };

	see(&s, &s.sides[0], (struct step){ .person = from }, (size_t)MAP_NONE);
	see(&s, &s.sides[1], (struct step){ .person = to }, (size_t)MAP_NONE);
	while (!s.met && s.visits < CONNECT_VISITS) {
		size_t left = s.sides[0].seen.n - s.sides[0].edge,
		       right = s.sides[1].seen.n - s.sides[1].edge;

		if (left == 0 || right == 0)
			break;
		s.growing = &s.sides[left > right];
		s.other = &s.sides[left <= right];
		grow(&s, store, with_coauthors);
	}
	if (s.met)
		join(&s, chain);
	chain->cut = !s.met && s.visits >= CONNECT_VISITS;
	return s.met;
}

void
connect_people(struct store *s, struct arena *a, int64_t from, int64_t to, struct chain *chain)
{
	if (from == to)
		vec_add(a, chain)->person = from;
	else if (!find(s, a, from, to, false, chain))
		find(s, a, from, to, true, chain);
}
