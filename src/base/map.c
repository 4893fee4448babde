/* map: open addressing with linear probing, never more than half full. */
#include "base/map.h"

#include "base/hash.h"

enum { ROOM_FIRST = 16 };

static struct map_slot *
probe(const struct map *m, struct str key, uint32_t hash)
{
	size_t i = hash & (m->room - 1);

	for (; m->slots[i].key; i = (i + 1) & (m->room - 1)) {
		const struct map_slot *slot = &m->slots[i];

		if (slot->hash == hash && str_eq((struct str){ slot->key, slot->length }, key))
			break;
	}
	return &m->slots[i];
}

size_t
map_find(const struct map *m, struct str key)
{
	if (m->n == 0)
		return (size_t)MAP_NONE;
	const struct map_slot *slot = probe(m, key, (uint32_t)hash_fast(key));

	return slot->key ? slot->value : (size_t)MAP_NONE;
}

static void
grow(struct arena *a, struct map *m, size_t room)
{
	struct map old = *m;

	m->room = room;
	m->slots = arena_array(a, struct map_slot, room);
	for (size_t i = 0; i < old.room; i++) {
		const struct map_slot *slot = &old.slots[i];

		if (slot->key)
			*probe(m, (struct str){ slot->key, slot->length }, slot->hash) = *slot;
	}
}

void
map_reserve(struct arena *a, struct map *m, size_t n)
{
	size_t room = m->room ? m->room : ROOM_FIRST;

	while (room / 2 < n)
		room *= 2;
	if (room > m->room)
		grow(a, m, room);
}

size_t *
map_at(struct arena *a, struct map *m, struct str key)
{
	map_reserve(a, m, m->n + 1);
	if (!key.p)
		key = STR("");
	uint32_t hash = (uint32_t)hash_fast(key);
	struct map_slot *slot = probe(m, key, hash);

	if (!slot->key) {
		*slot = (struct map_slot){ key.p, (uint32_t)key.n, hash, (size_t)MAP_NONE };
		m->n++;
	}
	return &slot->value;
}
