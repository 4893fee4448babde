/* related: who is close to whom, and why (DESIGN section 4). The rules stand here once; whoever
 * holds a directory, in memory or in the catalog, answers a few questions about it. */
#ifndef CATALOG_RELATED_H
#define CATALOG_RELATED_H

#include "catalog/directory.h"

/* The signals, strongest first; reasons tie in this order. */
enum signal { SIGNAL_SOURCE, SIGNAL_COAUTHOR, SIGNAL_TOPIC, SIGNAL_ORGANIZATION, SIGNALS };

/* An item that more people have is not walked; tests, whose directories are small, make it less. */
enum { RELATED_WIDEST = 256 };
extern size_t related_widest;

/* What relatedness asks. People and items are numbers that the holder of the directory gives; an
 * item's number is one of its kind, so that SIGNAL_SOURCE and SIGNAL_COAUTHOR share them. Lists
 * stay good until the walk ends. */
struct ground {
	void *context;
	/* how many people have the item; of COAUTHOR: how many of the directory wrote it */
	size_t (*count)(void *context, enum signal signal, uint32_t item);
	/* who they are, in any order; asked only where they are at most related_widest */
	const struct ids *(*people)(void *context, enum signal signal, uint32_t item);
	/* what a person has, in the record's order */
	const struct ids *(*items)(void *context, enum signal signal, uint32_t person);
	struct str (*key)(void *context, uint32_t work);
	/* in the work's author list, from 0; UINT32_MAX: not an author */
	uint32_t (*position)(void *context, uint32_t work, uint32_t person);
	/* whether p's slug stands before q's */
	bool (*earlier)(void *context, uint32_t p, uint32_t q);
	/* one of the two has the other under unrelated */
	bool (*apart)(void *context, uint32_t p, uint32_t q);
	/* a person's own, in order: published, and not under its own unrelated */
	const struct pins *(*pins)(void *context, uint32_t person);
};

/* 1000 div ceil(log2 count); 0 for what is not walked. */
unsigned related_weight(size_t count);

/* One holder's walks, one after the other. */
struct walk;

struct walk *walk_open(const struct ground *ground);
void walk_close(struct walk *walk);

/* A walk from p over all it has; what follows tells of the last one. */
void walk_from(struct walk *walk, uint32_t p);

/* p's relation with somebody, pins aside: other, reason, score and common are set. False: none. */
bool walk_relation(const struct walk *walk, uint32_t p, uint32_t other, struct relation *relation);

/* p's list: its pins, then the best whom the walk met. How many. */
size_t walk_choose(struct walk *walk, uint32_t p, struct relation list[RELATED_MOST]);

/* For a relation of p that came from another's walk: where the other stands in author lists, and
 * what the two share, as p's page shows it. */
void relation_place(const struct ground *ground, uint32_t p, struct relation *relation);
void relation_fill(const struct ground *ground, uint32_t p, struct relation *relation);

/* Whether a comes before b on a page, both placed and not pins. `a_slug` is of the other person of
 * a. */
bool relation_before(
	const struct relation *a, struct str a_slug, const struct relation *b, struct str b_slug);

#endif
