/* renew_related: relations after a change (DESIGN section 11). Whose own things are others than
 * before is walked from again; the score goes into the lists of those with whom it may be another,
 * and a list is made anew only where somebody in it fell out of reach. */
#include "catalog/posting.h"
#include "catalog/query.h"
#include "catalog/related.h"
#include "catalog/renew.h"

/* ---- the catalog as a ground to walk on ---- */

/* A relation as it stands on the other side's list. */
struct incoming {
	struct relation relation;
	uint32_t from;
};

struct walker {
	int64_t id;
	struct str slug; /* empty: not asked yet */
	struct ids items[SIGNALS];
	bool has_items[SIGNALS], has_pins;
	struct pins pins;
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

struct walked_item {
	struct str slug, key;
	struct ids people[2]; /* who has it; of a work: who wrote it */
	size_t counts[2];
	bool counted[2], has_people[2];
	struct str writers; /* as its row has them */
	bool has_writers;
};

struct catalog_ground {
	struct renewal *r;
	struct map by_id;
	struct {
		struct walker **v;
		size_t n, room;
	} people;
	struct map by_slug[SHARED_KINDS];
	struct {
		struct walked_item **v;
		size_t n, room;
	} items[SHARED_KINDS];
	struct set apart; /* whom the person walked from is kept from */
	uint32_t apart_of;
	struct walk *walk;
};

static const enum shared_kind KIND_OF[SIGNALS] = { [SIGNAL_SOURCE] = SHARED_SOURCE,
	[SIGNAL_COAUTHOR] = SHARED_SOURCE,
	[SIGNAL_TOPIC] = SHARED_TOPIC,
	[SIGNAL_ORGANIZATION] = SHARED_ORGANIZATION };

/* A person's number, given when met first. */
static uint32_t
person_number(struct catalog_ground *g, int64_t id)
{
	struct arena *a = &g->r->arena;
	struct str bytes = id_bytes(&id);
	size_t at = map_find(&g->by_id, bytes);

	if (at != (size_t)MAP_NONE)
		return (uint32_t)at;
	at = g->people.n;
	*map_at(a, &g->by_id, arena_str(a, bytes)) = at;
	struct walker *walker = arena_new(a, struct walker);

	walker->id = id;
	*vec_add(a, &g->people) = walker;
	return (uint32_t)at;
}

static uint32_t
item_number(struct catalog_ground *g, enum shared_kind kind, struct str slug)
{
	struct arena *a = &g->r->arena;
	size_t *at = map_at(a, &g->by_slug[kind], slug);

	if (*at == (size_t)MAP_NONE) {
		*at = g->items[kind].n;
		struct walked_item *item = arena_new(a, struct walked_item);

		item->slug = slug;
		*vec_add(a, &g->items[kind]) = item;
	}
	return (uint32_t)*at;
}

static struct str
writers(struct catalog_ground *g, struct walked_item *item)
{
	if (!item->has_writers)
		item->writers = query_writers(g->r->now, &g->r->arena, item->slug);
	item->has_writers = true;
	return item->writers;
}

static size_t
count(void *context, enum signal signal, uint32_t number)
{
	struct catalog_ground *g = context;
	struct walked_item *item = g->items[KIND_OF[signal]].v[number];
	bool authors = signal == SIGNAL_COAUTHOR;

	if (!item->counted[authors])
		item->counts[authors] = authors
			? unpack_count(writers(g, item)) / 2
			: (size_t)ask_number(g->r->now, 0,
				  signal == SIGNAL_SOURCE ? "SELECT people FROM " SOURCE_NAMED("?1")
					  : signal == SIGNAL_TOPIC
					  ? "SELECT people FROM topic WHERE slug = ?"
					  : "SELECT people FROM organization WHERE slug = ?",
				  "t", item->slug);
	item->counted[authors] = true;
	return item->counts[authors];
}

static const struct ids *
people(void *context, enum signal signal, uint32_t number)
{
	struct catalog_ground *g = context;
	struct arena *a = &g->r->arena;
	enum shared_kind kind = KIND_OF[signal];
	struct walked_item *item = g->items[kind].v[number];
	bool authors = signal == SIGNAL_COAUTHOR;
	struct numbers ids = { 0 };

	if (item->has_people[authors])
		return &item->people[authors];
	item->has_people[authors] = true;
	if (authors)
		for (size_t i = 0; i + 1 < unpack_count(writers(g, item)); i += 2)
			*vec_add(a, &ids) = unpack_id(writers(g, item), i + 1);
	else
		posting_read(g->r->now, a, kind, item->slug, 0, SIZE_MAX, &ids);
	for (size_t i = 0; i < ids.n; i++)
		*vec_add(a, &item->people[authors]) = person_number(g, ids.v[i]);
	return &item->people[authors];
}

static const struct ids *
items(void *context, enum signal signal, uint32_t number)
{
	struct catalog_ground *g = context;
	struct arena *a = &g->r->arena;
	struct walker *walker = g->people.v[number];
	enum shared_kind kind = KIND_OF[signal];
	struct str slugs, item;

	if (walker->has_items[signal])
		return &walker->items[signal];
	walker->has_items[signal] = true;
	slugs = signal == SIGNAL_COAUTHOR ? query_wrote(g->r->now, a, walker->id)
					  : query_shares(g->r->now, a, walker->id, kind);
	while (unpack_slug(&slugs, &item))
		*vec_add(a, &walker->items[signal]) = item_number(g, kind, item);
	return &walker->items[signal];
}

static struct str
key(void *context, uint32_t number)
{
	struct catalog_ground *g = context;
	struct walked_item *item = g->items[SHARED_SOURCE].v[number];

	if (!item->key.n)
		item->key = ask_text(g->r->now, &g->r->arena, "SELECT key FROM " SOURCE_NAMED("?1"),
			"t", item->slug);
	return item->key;
}

static uint32_t
position(void *context, uint32_t work, uint32_t person)
{
	struct catalog_ground *g = context;

	struct str by = writers(g, g->items[SHARED_SOURCE].v[work]);

	for (size_t i = 0; i + 1 < unpack_count(by); i += 2)
		if (unpack_id(by, i + 1) == g->people.v[person]->id)
			return (uint32_t)unpack_id(by, i);
	return UINT32_MAX;
}

static struct str
slug(void *context, uint32_t number)
{
	struct catalog_ground *g = context;
	struct walker *walker = g->people.v[number];

	if (!walker->slug.n)
		walker->slug = person_slug(g->r->now, &g->r->arena, walker->id);
	return walker->slug;
}

static bool
earlier(void *context, uint32_t p, uint32_t q)
{
	return str_cmp(slug(context, p), slug(context, q)) < 0;
}

static bool
apart(void *context, uint32_t p, uint32_t q)
{
	struct catalog_ground *g = context;
	struct arena *a = &g->r->arena;

	if (g->apart_of != p) {
		struct texts others = { 0 };

		g->apart = (struct set){ 0 };
		g->apart_of = p;
		ask_texts(g->r->now, a, &others, "SELECT other FROM apart WHERE slug = ?", "t",
			slug(g, p));
		ask_texts(g->r->now, a, &others, "SELECT slug FROM apart WHERE other = ?", "t",
			slug(g, p));
		for (size_t i = 0; i < others.n; i++)
			set_add(a, &g->apart, others.v[i]);
	}
	return g->apart.in.n && set_has(&g->apart, slug(g, q));
}

static const struct pins *
pins(void *context, uint32_t number)
{
	struct catalog_ground *g = context;
	struct arena *a = &g->r->arena;
	struct walker *walker = g->people.v[number];
	struct str own = slug(g, number);
	struct texts others = { 0 };

	if (walker->has_pins)
		return &walker->pins;
	walker->has_pins = true;
	ask_texts(g->r->now, a, &others, "SELECT other FROM pin WHERE slug = ? ORDER BY place", "t",
		own);
	for (size_t i = 0; i < others.n; i++) {
		struct str other = others.v[i];
		int64_t id = person_id(g->r->now, other);
		struct entry *entry;

		if (!id || str_eq(other, own) ||
			ask_number(g->r->now, 0, "SELECT 1 FROM apart WHERE slug = ? AND other = ?",
				"tt", own, other))
			continue;
		entry = arena_new(a, struct entry);
		entry->note.text = ask_text(g->r->now, a,
			"SELECT why FROM pin WHERE slug = ? AND other = ?", "tt", own, other);
		*vec_add(a, &walker->pins) = (struct pin){ person_number(g, id), entry };
	}
	return &walker->pins;
}

/* ---- who is touched ---- */

/* All of a person that a walk looks at, in one text. */
static struct str
things_of(struct store *s, struct arena *a, struct str slug)
{
	int64_t id = person_id(s, slug);
	struct texts all = { 0 };
	struct buf out = { 0 };

	buf_printf(&out, "%lld", (long long)id);
	for (enum shared_kind kind = 0; kind < SHARED_KINDS; kind++)
		*vec_add(a, &all) = query_shares(s, a, id, kind);
	*vec_add(a, &all) = query_wrote(s, a, id);
	ask_texts(s, a, &all,
		"SELECT 'pin ' || other || ' ' || why FROM pin WHERE slug = ? ORDER BY place", "t",
		slug);
	ask_texts(s, a, &all, "SELECT 'apart ' || other FROM apart WHERE slug = ? ORDER BY other",
		"t", slug);
	for (size_t i = 0; i < all.n; i++) {
		buf_char(&out, '\n');
		buf_put(&out, all.v[i]);
	}
	struct str text = arena_str(a, buf_str(&out));

	buf_end(&out);
	return text;
}

static void
add_if_changed(struct renewal *r, const struct set *slugs)
{
	struct arena a = { 0 };

	for (size_t i = 0; i < slugs->in.n; i++) {
		struct str slug = slugs->in.v[i];

		if (!set_has(&r->related, slug) &&
			!str_eq(things_of(r->before, &a, slug), things_of(r->now, &a, slug)))
			set_add(&r->arena, &r->related, slug);
		arena_end(&a);
	}
}

static int64_t
people_of(struct store *s, struct str work)
{
	return ask_number(s, 0, "SELECT people FROM " SOURCE_NAMED("?1"), "t", work);
}

static void
add_related(struct renewal *r, int64_t id)
{
	set_add(&r->arena, &r->related, person_slug(r->now, &r->arena, id));
}

static bool
is_between(int64_t people, int64_t least, int64_t most)
{
	return people >= least && people <= most;
}

/* Whether one of a person's sources but this has so many people, or had. */
static bool
has_between(struct renewal *r, int64_t id, struct str work, int64_t least, int64_t most)
{
	struct str works = query_shares(r->now, &r->arena, id, SHARED_SOURCE), other;

	while (unpack_slug(&works, &other)) {
		if (!str_eq(other, work) &&
			(is_between(people_of(r->now, other), least, most) ||
				(set_has(&r->works, other) &&
					is_between(people_of(r->before, other), least, most))))
			return true;
	}
	return false;
}

static bool
stands_in(const struct numbers *ascending, int64_t id)
{
	size_t from = 0, to = ascending->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (ascending->v[middle] < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < ascending->n && ascending->v[from] == id;
}

/* Where a work has got more or fewer people than another that somebody has, too, the two change
 * places in finding the work that decides between equals. */
static void
add_overtaken(struct renewal *r, struct str work, int64_t before, int64_t now)
{
	/* of large works there are few, of small ones few people: begin with the few */
	static const int64_t LARGE = 64;
	int64_t least = before < now ? before : now, most = before < now ? now : before;
	struct store *const stores[] = { r->before, r->now };
	struct numbers ids = { 0 };
	struct texts others = { 0 };

	posting_read(r->now, &r->arena, SHARED_SOURCE, work, 0, SIZE_MAX, &ids);
	for (size_t i = 0; least <= LARGE && i < ids.n; i++)
		if (has_between(r, ids.v[i], work, least, most))
			add_related(r, ids.v[i]);
	for (size_t i = 0; least > LARGE && i < COUNT(stores); i++)
		ask_texts(stores[i], &r->arena, &others,
			"SELECT slug FROM source WHERE people > 1 AND people BETWEEN ? AND ? AND "
			"slug <> ?",
			"iit", least, most, work);
	for (size_t i = 0; i < others.n; i++) {
		struct numbers theirs = { 0 };

		posting_read(r->now, &r->arena, SHARED_SOURCE, others.v[i], 0, SIZE_MAX, &theirs);
		for (size_t k = 0; k < theirs.n; k++)
			if (stands_in(&ids, theirs.v[k]))
				add_related(r, theirs.v[k]);
	}
}

/* Who wrote a work, and where they stand, as texts that can be compared. */
static struct str
author_places(struct store *s, struct arena *a, struct str work)
{
	struct str writers = query_writers(s, a, work);
	struct buf out = { 0 };

	for (size_t i = 0; i + 1 < unpack_count(writers); i += 2)
		buf_printf(&out, "%lld %.*s,", (long long)unpack_id(writers, i),
			STR_ARG(person_slug(s, a, unpack_id(writers, i + 1))));
	struct str places = arena_str(a, buf_str(&out));

	buf_end(&out);
	return places;
}

static void
look_at_work(struct renewal *r, struct str work, struct set *candidates)
{
	static const char KEY[] = "SELECT key FROM " SOURCE_NAMED("?1");
	struct arena *a = &r->arena;
	int64_t before = people_of(r->before, work), now = people_of(r->now, work);
	bool reweighed = related_weight(unpack_count(query_writers(r->before, a, work)) / 2) !=
		related_weight(unpack_count(query_writers(r->now, a, work)) / 2);

	renew_writers_of(r, r->before, work, reweighed ? &r->related : candidates);
	renew_writers_of(r, r->now, work, reweighed ? &r->related : candidates);
	if (related_weight((size_t)before) != related_weight((size_t)now) ||
		!str_eq(ask_text(r->before, a, KEY, "t", work),
			ask_text(r->now, a, KEY, "t", work)) ||
		!str_eq(author_places(r->before, a, work), author_places(r->now, a, work)))
		renew_people_of(r, SHARED_SOURCE, work, &r->related);
	else if (before != now)
		add_overtaken(r, work, before, now);
}

static void
find_touched(struct renewal *r)
{
	struct set candidates = { 0 };

	for (size_t i = 0; i < r->works.in.n; i++)
		look_at_work(r, r->works.in.v[i], &candidates);
	add_if_changed(r, &candidates);
	add_if_changed(r, &r->changed);
	add_if_changed(r, &r->relabelled);
	add_if_changed(r, &r->people_of_works);
}

/* ---- lists ---- */

static void
name_shared(struct catalog_ground *g, struct related_line *line)
{
	const struct relation *relation = &line->relation;
	enum shared_kind kind = reason_shares(relation->reason);

	for (size_t i = 0; i < relation->shown; i++)
		line->shared[i] = g->items[kind].v[relation->shared[i]]->slug;
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
walk_again(struct catalog_ground *g, uint32_t p)
{
	struct relation list[RELATED_MOST];
	struct related_line lines[RELATED_MOST];

	walk_from(g->walk, p);
	size_t n = walk_choose(g->walk, p, list);

	for (size_t i = 0; i < n; i++) {
		lines[i] = (struct related_line){ g->people.v[list[i].other]->id,
			slug(g, list[i].other), .relation = list[i] };
		name_shared(g, &lines[i]);
	}
	put_list(g->r, g->people.v[p]->id, lines, n);
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
read_list(struct catalog_ground *g, int64_t id, struct list *list)
{
	struct arena *a = &g->r->arena;
	struct related_line lines[RELATED_MOST];
	size_t n = unpack_related(query_related_list(g->r->before, a, id), lines);

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
write_list(struct catalog_ground *g, const struct ground *ground, uint32_t q, struct list *list)
{
	struct related_line lines[RELATED_MOST];

	for (size_t i = 0; i < list->n; i++) {
		struct list_row *row = &list->v[i];

		if (row->new) {
			relation_fill(ground, q, &row->line.relation);
			name_shared(g, &row->line);
		}
		lines[i] = row->line;
	}
	put_list(g->r, g->people.v[q]->id, lines, list->n);
}

/* Whether a list is full of people who score higher than all who come in. */
static bool
is_beyond_reach(const struct walker *walker, const struct list *list)
{
	uint32_t last = list->full ? list->last.relation.score : 0;

	for (size_t i = 0; i < walker->incoming.n; i++)
		if (walker->incoming.v[i].relation.score >= last)
			return false;
	return list->full && last > 0;
}

/* The list of somebody who is not touched. */
static void
renew_list(struct catalog_ground *g, const struct ground *ground, uint32_t q,
	const struct set *touched_ids)
{
	struct walker *walker = g->people.v[q];
	struct list list;

	read_list(g, walker->id, &list);
	if (list.pins == RELATED_MOST || (!walker->stale && is_beyond_reach(walker, &list)))
		return;
	take_touched(touched_ids, &list);
	for (size_t i = 0; i < walker->incoming.n; i++) {
		const struct incoming *in = &walker->incoming.v[i];
		struct list_row row = { .line = { g->people.v[in->from]->id, slug(g, in->from),
						.relation = in->relation },
			.new = true };

		if (is_pinned(&list, row.line.other) ||
			(list.n == RELATED_MOST &&
				row.line.relation.score < list.v[list.n - 1].line.relation.score))
			continue;
		relation_place(ground, q, &row.line.relation);
		insert(&list, &row);
	}
	if (complete(&list))
		write_list(g, ground, q, &list);
	else
		walk_again(g, q);
}

/* ---- with whom a relation may be another ---- */

static void
add_near(struct catalog_ground *g, struct touched *t, uint32_t q)
{
	struct walker *walker = g->people.v[q];

	if (walker->touched || walker->near_turn == t->turn)
		return;
	walker->near_turn = t->turn;
	*vec_add(&g->r->arena, &t->near) = q;
}

/* What somebody has of a signal, as slugs. */
static struct str
slugs_of(struct store *s, struct arena *a, int64_t id, enum signal signal)
{
	return !id                          ? STR("")
		: signal == SIGNAL_COAUTHOR ? query_wrote(s, a, id)
					    : query_shares(s, a, id, KIND_OF[signal]);
}

/* Those who have what the one list has and the other has not. Whoever has it before has it now: the
 * others are touched themselves, as all are who have a thing whose weight is another. */
static void
add_difference(struct catalog_ground *g, struct touched *t, enum signal signal, struct str list,
	struct str other)
{
	struct arena *a = &g->r->arena;
	struct set theirs = { 0 };
	struct str item;

	while (unpack_slug(&other, &item))
		set_add(a, &theirs, item);
	while (unpack_slug(&list, &item)) {
		if (set_has(&theirs, item))
			continue;
		uint32_t number = item_number(g, KIND_OF[signal], item);

		if (count(g, signal, number) > related_widest) {
			/* it is not walked, but which sources two share decides between equals, and
			 * of all that is shared lists tell */
			t->all = t->all || signal == SIGNAL_SOURCE;
			t->reworded = true;
			continue;
		}
		const struct ids *having = people(g, signal, number);

		for (size_t i = 0; i < having->n; i++)
			add_near(g, t, having->v[i]);
	}
}

/* Whom somebody is kept from by their own record. */
static void
apart_by(struct store *s, struct arena *a, struct str slug, struct texts *others)
{
	ask_texts(s, a, others, "SELECT other FROM apart WHERE slug = ?", "t", slug);
}

/* Those whom only the one list names. */
static void
add_named(struct catalog_ground *g, struct touched *t, const struct texts *list,
	const struct texts *other)
{
	struct set theirs = { 0 };

	for (size_t i = 0; i < other->n; i++)
		set_add(&g->r->arena, &theirs, other->v[i]);
	for (size_t i = 0; i < list->n; i++) {
		int64_t id = set_has(&theirs, list->v[i]) ? 0 : person_id(g->r->now, list->v[i]);

		if (id)
			add_near(g, t, person_number(g, id));
	}
}

static void
find_near(struct catalog_ground *g, struct touched *t)
{
	struct renewal *r = g->r;
	struct arena *a = &r->arena;
	struct texts apart_before = { 0 }, apart_now = { 0 };

	apart_by(r->before, a, t->slug, &apart_before);
	apart_by(r->now, a, t->slug, &apart_now);
	add_named(g, t, &apart_before, &apart_now);
	add_named(g, t, &apart_now, &apart_before);
	for (enum signal s = 0; s < SIGNALS; s++) {
		struct str before = slugs_of(r->before, a, t->before, s),
			   now = slugs_of(r->now, a, t->now, s);

		if (str_eq(before, now))
			continue;
		add_difference(g, t, s, before, now);
		add_difference(g, t, s, now, before);
	}
}

/* Whose lists hold them; of people who are not touched the ids are as before. */
static void
find_lists(struct catalog_ground *g, struct touched *t, const struct set *touched_ids)
{
	struct arena *a = &g->r->arena;
	struct str had = query_listed(g->r->before, a, t->before);

	for (size_t i = 0; i < unpack_count(had); i++) {
		int64_t id = unpack_id(had, i);

		if (set_has(touched_ids, id_bytes(&id)))
			continue;
		uint32_t q = person_number(g, id);

		g->people.v[q]->lists_turn = t->turn;
		*vec_add(a, &t->lists) = q;
	}
}

/* What follows from the walk just made for the list of somebody who is not touched. */
static void
look_at(struct catalog_ground *g, const struct touched *t, uint32_t q)
{
	struct walker *walker = g->people.v[q];
	bool moved = t->before != t->now, near = t->all || walker->near_turn == t->turn,
	     stood = walker->lists_turn == t->turn;
	struct relation relation;

	if (walker->touched || walker->looked_turn == t->turn)
		return;
	walker->looked_turn = t->turn;
	walker->stale = walker->stale || (stood && (moved || near || t->reworded));
	if (!t->now)
		return;
	uint32_t p = person_number(g, t->now);

	if (!walk_relation(g->walk, p, q, &relation))
		return;
	relation.other = p;
	*vec_add(&g->r->arena, &walker->incoming) = (struct incoming){ relation, p };
	walker->enters = walker->enters || (near && !stood);
}

/* Those who pin somebody: their lists are walked again where that may stand there otherwise. */
static void
find_pinners(struct catalog_ground *g, const struct touched *t, struct ids *pinners)
{
	struct arena *a = &g->r->arena;
	struct texts pinning = { 0 };

	ask_texts(g->r->now, a, &pinning, "SELECT slug FROM pin WHERE other = ?", "t", t->slug);
	for (size_t i = 0; i < pinning.n; i++) {
		int64_t id = person_id(g->r->now, pinning.v[i]);
		uint32_t q = id ? person_number(g, id) : 0;

		if (id && !g->people.v[q]->touched &&
			(t->before != t->now || t->all || g->people.v[q]->near_turn == t->turn))
			*vec_add(a, pinners) = q;
	}
}

/* ---- the whole ---- */

static void
renew_touched(struct catalog_ground *g, struct touched *t, const struct set *touched_ids,
	struct ids *pinners)
{
	find_near(g, t);
	find_lists(g, t, touched_ids);
	if (t->now)
		walk_again(g, person_number(g, t->now));
	for (size_t i = 0; i < t->lists.n; i++)
		look_at(g, t, t->lists.v[i]);
	for (size_t i = 0; i < t->near.n; i++)
		look_at(g, t, t->near.v[i]);
	/* the walk has given a number to everybody whom it met */
	for (size_t q = 0; t->all && q < g->people.n; q++)
		look_at(g, t, (uint32_t)q);
	find_pinners(g, t, pinners);
}

/* Says who is touched, and takes lists away that stand under ids of nobody now. */
static void
begin_touched(struct catalog_ground *g, struct touched *touched, struct set *touched_ids)
{
	struct renewal *r = g->r;

	for (size_t i = 0; i < r->related.in.n; i++) {
		struct str slug = r->related.in.v[i];
		int64_t before = person_id(r->before, slug), now = person_id(r->now, slug);

		touched[i] = (struct touched){ slug, before, now, .turn = i + 1 };
		if (before)
			add_id(r, touched_ids, before);
		if (before && before != now)
			put_list(r, before, NULL, 0);
		if (now) {
			uint32_t p = person_number(g, now);

			g->people.v[p]->touched = true;
		}
	}
}

void
renew_related(struct renewal *r)
{
	struct catalog_ground g = { .r = r, .apart_of = UINT32_MAX };
	const struct ground ground = { &g, count, people, items, key, position, earlier, apart,
		pins };
	struct set touched_ids = { 0 };
	struct ids pinners = { 0 };

	find_touched(r);
	struct touched *touched = arena_array(&r->arena, struct touched, r->related.in.n + 1);

	g.walk = walk_open(&ground);
	begin_touched(&g, touched, &touched_ids);
	for (size_t i = 0; i < r->related.in.n; i++)
		renew_touched(&g, &touched[i], &touched_ids, &pinners);
	for (size_t i = 0; i < pinners.n; i++) {
		struct walker *walker = g.people.v[pinners.v[i]];

		if (!walker->touched)
			walk_again(&g, pinners.v[i]);
		walker->touched = true;
	}
	for (size_t q = 0; q < g.people.n; q++) {
		const struct walker *walker = g.people.v[q];

		if (!walker->touched && (walker->stale || walker->enters))
			renew_list(&g, &ground, (uint32_t)q, &touched_ids);
	}
	walk_close(g.walk);
}
