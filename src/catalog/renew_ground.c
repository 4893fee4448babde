/* renew_ground: each answer is one row, read when it is first asked for. */
#include "catalog/renew_ground.h"

#include "catalog/posting.h"
#include "catalog/query.h"

static const enum shared_kind KIND_OF[SIGNALS] = { [SIGNAL_SOURCE] = SHARED_SOURCE,
	[SIGNAL_COAUTHOR] = SHARED_SOURCE,
	[SIGNAL_TOPIC] = SHARED_TOPIC,
	[SIGNAL_ORGANIZATION] = SHARED_ORGANIZATION };

enum shared_kind
signal_kind(enum signal signal)
{
	return KIND_OF[signal];
}

uint32_t
ground_person(struct catalog_ground *g, int64_t id)
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

uint32_t
ground_item(struct catalog_ground *g, enum shared_kind kind, struct str slug)
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
	struct walked_item *item = g->items[signal_kind(signal)].v[number];
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
	enum shared_kind kind = signal_kind(signal);
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
		*vec_add(a, &item->people[authors]) = ground_person(g, ids.v[i]);
	return &item->people[authors];
}

struct str
ground_slugs(struct store *s, struct arena *a, int64_t id, enum signal signal)
{
	return signal == SIGNAL_COAUTHOR ? query_wrote(s, a, id)
					 : query_shares(s, a, id, signal_kind(signal));
}

static const struct ids *
items(void *context, enum signal signal, uint32_t number)
{
	struct catalog_ground *g = context;
	struct arena *a = &g->r->arena;
	struct walker *walker = g->people.v[number];
	struct str slugs, item;

	if (walker->has_items[signal])
		return &walker->items[signal];
	walker->has_items[signal] = true;
	slugs = ground_slugs(g->r->now, a, walker->id, signal);
	while (unpack_slug(&slugs, &item))
		*vec_add(a, &walker->items[signal]) = ground_item(g, signal_kind(signal), item);
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

struct str
ground_slug(struct catalog_ground *g, uint32_t person)
{
	struct walker *walker = g->people.v[person];

	if (!walker->slug.n)
		walker->slug = person_slug(g->r->now, &g->r->arena, walker->id);
	return walker->slug;
}

static bool
earlier(void *context, uint32_t p, uint32_t q)
{
	return str_cmp(ground_slug(context, p), ground_slug(context, q)) < 0;
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
			ground_slug(g, p));
		ask_texts(g->r->now, a, &others, "SELECT slug FROM apart WHERE other = ?", "t",
			ground_slug(g, p));
		for (size_t i = 0; i < others.n; i++)
			set_add(a, &g->apart, others.v[i]);
	}
	return g->apart.in.n && set_has(&g->apart, ground_slug(g, q));
}

static const struct pins *
pins(void *context, uint32_t number)
{
	struct catalog_ground *g = context;
	struct arena *a = &g->r->arena;
	struct walker *walker = g->people.v[number];
	struct str own = ground_slug(g, number);
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
		*vec_add(a, &walker->pins) = (struct pin){ ground_person(g, id), entry };
	}
	return &walker->pins;
}

void
ground_begin(struct catalog_ground *g, struct renewal *r, struct ground *ground)
{
	*g = (struct catalog_ground){ .r = r, .apart_of = UINT32_MAX };
	*ground = (struct ground){ g, count, people, items, key, position, earlier, apart, pins };
}
