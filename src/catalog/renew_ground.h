/* renew_ground: the catalog that an update writes, as a ground to walk on (related.h). What was
 * asked once is kept until the update ends: people and items have numbers in the order in which
 * they are met. */
#ifndef CATALOG_RENEW_GROUND_H
#define CATALOG_RENEW_GROUND_H

#include "catalog/related.h"
#include "catalog/renew.h"

struct walker {
	int64_t id;
	struct str slug; /* empty: not asked yet */
	struct ids items[SIGNALS];
	bool has_items[SIGNALS], has_pins;
	struct pins pins;
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
};

/* In the arena of the renewal; `ground` is what walks ask, and stands as long as `g`. */
void ground_begin(struct catalog_ground *g, struct renewal *r, struct ground *ground);

/* The number of somebody, or of a thing of that kind, given when met first. */
uint32_t ground_person(struct catalog_ground *g, int64_t id);
uint32_t ground_item(struct catalog_ground *g, enum shared_kind kind, struct str slug);

struct str ground_slug(struct catalog_ground *g, uint32_t person);

/* What somebody of a catalog has of a signal, as slugs (unpack_slug). */
struct str ground_slugs(struct store *s, struct arena *a, int64_t id, enum signal signal);

/* Of what kind are the things that a signal goes by. */
enum shared_kind signal_kind(enum signal signal);

#endif
