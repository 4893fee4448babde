/* map: from a text to a number (usually an index into an array), in an arena. Keys are borrowed,
 * and shorter than 4 GiB. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdint.h>

#include "base/arena.h"

struct map {
	struct map_slot {
		const char *key; /* NULL: free */
		uint32_t length, hash;
		size_t value;
	} * slots;
	size_t n, room;
};

enum { MAP_NONE = -1 };

/* The value of key, or (size_t)MAP_NONE. */
size_t map_find(const struct map *m, struct str key);

/* The place of key's value, made with (size_t)MAP_NONE when new; good until the next map_at(). */
size_t *map_at(struct arena *a, struct map *m, struct str key);

/* Room for n keys: what is known to become large need not grow step by step. */
void map_reserve(struct arena *a, struct map *m, size_t n);

#endif
