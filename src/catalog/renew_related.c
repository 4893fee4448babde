/* renew_related: relations after a change (DESIGN section 11). Whose own things are others than
 * before is walked from again; the score goes into the lists of those with whom it may be another,
 * and a list is made anew only where somebody in it fell out of reach. */
#include "catalog/query.h"
#include "catalog/renew_ground.h"

/* A relation as it stands on the other side's list. */
struct incoming {
	struct relation relation;
	uint32_t from;
};

/* What becomes of somebody's list. */
struct fate {
	bool touched; /* walked from by itself */
	bool stale;   /* one of the touched on the list may stand elsewhere, or nowhere */
	bool enters;  /* one of the touched may come into the list */
	/* of which of the touched, counted from 1, it was last said that */
	size_t near_turn;   /* the relation may be another than before, */
	size_t lists_turn;  /* they stood on the list, */
	size_t looked_turn; /* all that follows from the two was done */
	struct {
		struct incoming *v;
		size_t n, room;
	} incoming;
};

/* Whose own things are others than before. */
struct touched {
	struct str slug;
	int64_t before, now;    /* ids; 0: not published */
	size_t turn;            /* from 1 */
	struct ids near, lists; /* numbers, of those not touched themselves */
	bool all; /* a source more or less that no walk goes over: all whom it meets are near */
	bool reworded; /* so it is of anything: lists tell of what is shared, walked or not */
};

/* All that is under way. */
struct lists {
	struct renewal *r;
	struct catalog_ground g;
	struct ground ground;
	struct walk *walk;
	struct set touched; /* ids of before */
	struct ids pinners; /* to be walked from, after the touched */
	struct {
		struct fate **v;
		size_t n, room;
	} fates; /* by number */
};

static struct fate *
fate_of(struct lists *l, uint32_t q)
{
	while (l->fates.n <= q)
		*vec_add(&l->r->arena, &l->fates) = arena_new(&l->r->arena, struct fate);
	return l->fates.v[q];
}

static int64_t
id_of(const struct lists *l, uint32_t q)
{
	return l->g.people.v[q]->id;
}

/* ---- lists ---- */

static void
name_shared(const struct lists *l, struct related_line *line)
{
	const struct relation *relation = &line->relation;
	enum shared_kind kind = reason_shares(relation->reason);

	for (size_t i = 0; i < relation->shown; i++)
		line->shared[i] = l->g.items[kind].v[relation->shared[i]]->slug;
}

static void
add_id(struct renewal *r, struct set *ids, int64_t id)
{
	if (!set_has(ids, id_bytes(&id)))
		set_add(&r->arena, ids, arena_str(&r->arena, id_bytes(&id)));
}

/* Says on whose list somebody is, or no longer is. */
static void
change_listed(struct renewal *r, int64_t person, int64_t list,
	struct str change(struct arena *, struct str, int64_t))
{
	struct str lists = change(&r->arena, query_listed(r->now, &r->arena, person), list);

	add_id(r, &r->listed, person);
	rows_run(&r->rows, "DELETE FROM listed WHERE person = ?", "i", person);
	if (lists.n)
		rows_listed(&r->rows, person, lists);
}

static bool
is_listed(const struct related_line *lines, size_t n, int64_t other)
{
	for (size_t i = 0; i < n; i++)
		if (lines[i].other == other)
			return true;
	return false;
}

/* A person's list in place of the one that stands there; of none, nothing stands there. */
static void
put_list(struct renewal *r, int64_t id, const struct related_line *lines, size_t n)
{
	struct related_line were[RELATED_MOST];
	struct str packed = pack_related(&r->arena, lines, n),
		   stands = query_related_list(r->now, &r->arena, id);
	size_t were_n = unpack_related(stands, were);

	if (str_eq(packed, stands))
		return;
	add_id(r, &r->relisted, id);
	for (size_t i = 0; i < were_n; i++)
		if (!is_listed(lines, n, were[i].other))
			change_listed(r, were[i].other, id, pack_id_out);
	for (size_t i = 0; i < n; i++)
		if (!is_listed(were, were_n, lines[i].other))
			change_listed(r, lines[i].other, id, pack_id_in);
	rows_run(&r->rows, "DELETE FROM related WHERE person = ?", "i", id);
	if (n)
		rows_related(&r->rows, id, packed);
}

/* A person's list by a walk of its own. */
static void
walk_again(struct lists *l, uint32_t p)
{
	struct relation list[RELATED_MOST];
	struct related_line lines[RELATED_MOST];

	walk_from(l->walk, p);
	size_t n = walk_choose(l->walk, p, list);

	for (size_t i = 0; i < n; i++) {
		lines[i] = (struct related_line){ id_of(l, list[i].other),
			ground_slug(&l->g, list[i].other), .relation = list[i] };
		name_shared(l, &lines[i]);
	}
	put_list(l->r, id_of(l, p), lines, n);
}

/* A line of a list as it stands in the catalog, or comes in. */
struct list_row {
	struct related_line line;
	bool new;
};

struct list {
	struct list_row v[RELATED_MOST + 1];
	size_t n, pins;
	bool full;
	struct related_line last; /* of a full list: nobody outside it comes before */
};

static void
read_list(struct lists *l, int64_t id, struct list *list)
{
	struct arena *a = &l->r->arena;
	struct related_line lines[RELATED_MOST];
	size_t n = unpack_related(query_related_list(l->r->before, a, id), lines);

	*list = (struct list){ 0 };
	for (size_t i = 0; i < n; i++) {
		struct list_row *row = &list->v[list->n++];

		row->line = lines[i];
		list->pins += row->line.relation.reason == REASON_PICK;
	}
	list->full = list->n == RELATED_MOST;
	if (list->full)
		list->last = list->v[list->n - 1].line;
}

static bool
comes_before(const struct related_line *x, const struct related_line *y)
{
	return relation_before(&x->relation, x->slug, &y->relation, y->slug);
}

/* Puts a row behind the pins where it belongs; what is pushed out beyond the end is gone. */
static void
insert(struct list *list, const struct list_row *row)
{
	size_t at = list->n;

	while (at > list->pins && comes_before(&row->line, &list->v[at - 1].line))
		at--;
	if (at >= RELATED_MOST)
		return;
	if (list->n < RELATED_MOST)
		list->n++;
	for (size_t i = list->n - 1; i > at; i--)
		list->v[i] = list->v[i - 1];
	list->v[at] = *row;
}

/* Takes those away who are walked from by themselves; where a pin of one is not as before, the list
 * itself is walked again. */
static void
take_touched(const struct set *touched_ids, struct list *list)
{
	size_t kept = 0, n = list->n;

	for (size_t i = 0; i < n; i++)
		if (i < list->pins || !set_has(touched_ids, id_bytes(&list->v[i].line.other)))
			list->v[kept++] = list->v[i];
	list->n = kept;
}

static bool
is_pinned(const struct list *list, int64_t id)
{
	for (size_t i = 0; i < list->pins; i++)
		if (list->v[i].line.other == id)
			return true;
	return false;
}

/* Whether a list that was full holds all that is better than what it held last. */
static bool
complete(const struct list *list)
{
	const struct list_row *eighth = &list->v[RELATED_MOST - 1];

	return !list->full ||
		(list->n == RELATED_MOST && !comes_before(&list->last, &eighth->line));
}

static void
write_list(struct lists *l, uint32_t q, struct list *list)
{
	struct related_line lines[RELATED_MOST];

	for (size_t i = 0; i < list->n; i++) {
		struct list_row *row = &list->v[i];

		if (row->new) {
			relation_fill(&l->ground, q, &row->line.relation);
			name_shared(l, &row->line);
		}
		lines[i] = row->line;
	}
	put_list(l->r, id_of(l, q), lines, list->n);
}

/* Whether a list is full of people who score higher than all who come in. */
static bool
is_beyond_reach(const struct fate *fate, const struct list *list)
{
	uint32_t last = list->full ? list->last.relation.score : 0;

	for (size_t i = 0; i < fate->incoming.n; i++)
		if (fate->incoming.v[i].relation.score >= last)
			return false;
	return list->full && last > 0;
}

/* The list of somebody who is not touched. */
static void
renew_list(struct lists *l, uint32_t q)
{
	struct fate *fate = fate_of(l, q);
	struct list list;

	read_list(l, id_of(l, q), &list);
	if (list.pins == RELATED_MOST || (!fate->stale && is_beyond_reach(fate, &list)))
		return;
	take_touched(&l->touched, &list);
	for (size_t i = 0; i < fate->incoming.n; i++) {
		const struct incoming *in = &fate->incoming.v[i];
		struct list_row row = { .line = { id_of(l, in->from), ground_slug(&l->g, in->from),
						.relation = in->relation },
			.new = true };

		if (is_pinned(&list, row.line.other) ||
			(list.n == RELATED_MOST &&
				row.line.relation.score < list.v[list.n - 1].line.relation.score))
			continue;
		relation_place(&l->ground, q, &row.line.relation);
		insert(&list, &row);
	}
	if (complete(&list))
		write_list(l, q, &list);
	else
		walk_again(l, q);
}

/* ---- with whom a relation may be another ---- */

static void
add_near(struct lists *l, struct touched *t, uint32_t q)
{
	struct fate *fate = fate_of(l, q);

	if (fate->touched || fate->near_turn == t->turn)
		return;
	fate->near_turn = t->turn;
	*vec_add(&l->r->arena, &t->near) = q;
}

/* Those that have the thing. Whoever had it before has it now: the others are touched themselves,
 * as all are who have a thing whose weight is another. */
static void
add_people(struct lists *l, struct touched *t, enum signal signal, struct str slug)
{
	uint32_t number = ground_item(&l->g, signal_kind(signal), slug);

	if (l->ground.count(&l->g, signal, number) > related_widest) {
		/* it is not walked, but which sources two share decides between equals, and of all
		 * that is shared lists tell */
		t->all = t->all || signal == SIGNAL_SOURCE;
		t->reworded = true;
		return;
	}
	const struct ids *having = l->ground.people(&l->g, signal, number);

	for (size_t i = 0; i < having->n; i++)
		add_near(l, t, having->v[i]);
}

/* What somebody has of a signal. */
static void
read_items(struct store *s, struct arena *a, int64_t id, enum signal signal, struct texts *items)
{
	struct str slugs = id ? ground_slugs(s, a, id, signal) : STR(""), item;

	while (unpack_slug(&slugs, &item))
		*vec_add(a, items) = item;
}

/* Whom somebody is kept from by their own record. */
static void
read_apart(struct store *s, struct arena *a, struct str slug, struct texts *others)
{
	ask_texts(s, a, others, "SELECT other FROM apart WHERE slug = ?", "t", slug);
}

/* What stands in one of the two alone. */
static struct texts
differing(struct arena *a, const struct texts *before, const struct texts *now)
{
	const struct texts *const lists[] = { before, now };
	struct texts differ = { 0 };

	for (size_t i = 0; i < COUNT(lists); i++) {
		const struct texts *other = lists[1 - i];
		struct set theirs = { 0 };

		for (size_t k = 0; k < other->n; k++)
			set_add(a, &theirs, other->v[k]);
		for (size_t k = 0; k < lists[i]->n; k++)
			if (!set_has(&theirs, lists[i]->v[k]))
				*vec_add(a, &differ) = lists[i]->v[k];
	}
	return differ;
}

static void
find_near(struct lists *l, struct touched *t)
{
	struct renewal *r = l->r;
	struct arena *a = &r->arena;
	struct texts before = { 0 }, now = { 0 }, differ;

	read_apart(r->before, a, t->slug, &before);
	read_apart(r->now, a, t->slug, &now);
	differ = differing(a, &before, &now);
	for (size_t i = 0; i < differ.n; i++) {
		int64_t id = person_id(r->now, differ.v[i]);

		if (id)
			add_near(l, t, ground_person(&l->g, id));
	}
	for (enum signal s = 0; s < SIGNALS; s++) {
		before.n = now.n = 0;
		read_items(r->before, a, t->before, s, &before);
		read_items(r->now, a, t->now, s, &now);
		differ = differing(a, &before, &now);
		for (size_t i = 0; i < differ.n; i++)
			add_people(l, t, s, differ.v[i]);
	}
}

/* Whose lists hold them; of people who are not touched the ids are as before. */
static void
find_lists(struct lists *l, struct touched *t)
{
	struct arena *a = &l->r->arena;
	struct str had = query_listed(l->r->before, a, t->before);

	for (size_t i = 0; i < unpack_count(had); i++) {
		int64_t id = unpack_id(had, i);

		if (set_has(&l->touched, id_bytes(&id)))
			continue;
		uint32_t q = ground_person(&l->g, id);

		fate_of(l, q)->lists_turn = t->turn;
		*vec_add(a, &t->lists) = q;
	}
}

/* What follows from the walk just made for the list of somebody who is not touched. */
static void
look_at(struct lists *l, const struct touched *t, uint32_t q)
{
	struct fate *fate = fate_of(l, q);
	bool moved = t->before != t->now, near = t->all || fate->near_turn == t->turn,
	     stood = fate->lists_turn == t->turn;
	struct relation relation;

	if (fate->touched || fate->looked_turn == t->turn)
		return;
	fate->looked_turn = t->turn;
	fate->stale = fate->stale || (stood && (moved || near || t->reworded));
	if (!t->now)
		return;
	uint32_t p = ground_person(&l->g, t->now);

	if (!walk_relation(l->walk, p, q, &relation))
		return;
	relation.other = p;
	*vec_add(&l->r->arena, &fate->incoming) = (struct incoming){ relation, p };
	fate->enters = fate->enters || (near && !stood);
}

/* Those who pin somebody: their lists are walked again where that may stand there otherwise. */
static void
find_pinners(struct lists *l, const struct touched *t)
{
	struct arena *a = &l->r->arena;
	struct texts pinning = { 0 };

	ask_texts(l->r->now, a, &pinning, "SELECT slug FROM pin WHERE other = ?", "t", t->slug);
	for (size_t i = 0; i < pinning.n; i++) {
		int64_t id = person_id(l->r->now, pinning.v[i]);
		uint32_t q = id ? ground_person(&l->g, id) : 0;

		if (id && !fate_of(l, q)->touched &&
			(t->before != t->now || t->all || fate_of(l, q)->near_turn == t->turn))
			*vec_add(a, &l->pinners) = q;
	}
}

/* ---- the whole ---- */

static void
renew_lists_around(struct lists *l, struct touched *t)
{
	find_near(l, t);
	find_lists(l, t);
	if (t->now)
		walk_again(l, ground_person(&l->g, t->now));
	for (size_t i = 0; i < t->lists.n; i++)
		look_at(l, t, t->lists.v[i]);
	for (size_t i = 0; i < t->near.n; i++)
		look_at(l, t, t->near.v[i]);
	/* the walk has given a number to everybody whom it met */
	for (size_t q = 0; t->all && q < l->g.people.n; q++)
		look_at(l, t, (uint32_t)q);
	find_pinners(l, t);
}

/* Says who is touched, and takes lists away that stand under ids of nobody now. */
static void
begin_touched(struct lists *l, struct touched *touched)
{
	struct renewal *r = l->r;

	for (size_t i = 0; i < r->related.in.n; i++) {
		struct str slug = r->related.in.v[i];
		int64_t before = person_id(r->before, slug), now = person_id(r->now, slug);

		touched[i] = (struct touched){ slug, before, now, .turn = i + 1 };
		if (before)
			add_id(r, &l->touched, before);
		if (before && before != now)
			put_list(r, before, NULL, 0);
		if (now)
			fate_of(l, ground_person(&l->g, now))->touched = true;
	}
}

void
renew_related(struct renewal *r)
{
	struct lists l = { .r = r };
	struct touched *touched = arena_array(&r->arena, struct touched, r->related.in.n + 1);

	ground_begin(&l.g, r, &l.ground);
	l.walk = walk_open(&l.ground);
	begin_touched(&l, touched);
	for (size_t i = 0; i < r->related.in.n; i++)
		renew_lists_around(&l, &touched[i]);
	for (size_t i = 0; i < l.pinners.n; i++) {
		struct fate *fate = fate_of(&l, l.pinners.v[i]);

		if (!fate->touched)
			walk_again(&l, l.pinners.v[i]);
		fate->touched = true;
	}
	for (uint32_t q = 0; q < l.g.people.n; q++) {
		const struct fate *fate = fate_of(&l, q);

		if (!fate->touched && (fate->stale || fate->enters))
			renew_list(&l, q);
	}
	walk_close(l.walk);
}
