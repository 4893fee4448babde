/* search: words of a reader into people and things, in tiers: things of that name, whose name it
 * is, whose name begins so, who is written about so. Any input is words: the index's own language
 * never shows. */
#ifndef CATALOG_SEARCH_H
#define CATALOG_SEARCH_H

#include "catalog/match.h"

enum {
	SEARCH_PAGE = 20, /* people on a page */
	SEARCH_PAGES = 50,
	SEARCH_THINGS = 8,       /* on top of the people, where nobody is called so */
	SEARCH_THINGS_ABOVE = 3, /* where somebody is */
	SEARCH_NEAREST = 8,      /* people offered when nothing was found */
	SEARCH_WORDS = 64        /* of a query; further ones are not looked at */
};

/* Microseconds for finding: a worker has 50 ms for the whole page. Tests make it less. */
extern int64_t search_us;

struct found {
	struct things
		things; /* topics, organizations and sources called so; on the first page only */
	struct cards
		named; /* by name: exactly so first, then beginning so; best known first in each */
	struct cards mentioned;       /* found in all fields, without those named */
	struct cards nearest;         /* where nothing was found: names spelt nearly so, */
	struct things nearest_things; /* or else of things */
	bool more;                    /* a next page would show more */
	bool cut;                     /* the time was over: there may be others */
	bool refused;                 /* the index did not understand us, a mistake of ours */
};

/* The results of page `page` (from 1). Words in quotes are a phrase; otherwise each word may be the
 * beginning of one, and all of them must be there. False when the query holds no letter or digit.
 */
bool search(struct store *s, struct arena *a, struct str words, size_t page, struct found *found);
/* The same in `us` microseconds. */
bool search_within(struct store *s, struct arena *a, struct str words, size_t page, int64_t us,
	struct found *found);

/* Whom a reader may mean by a name: an exact name or slug alone, else names that hold all the
 * words, at most SEARCH_PAGE of them; only where there are none, names spelt nearly so. */
struct meant {
	struct cards people, nearest;
	bool more; /* people than these */
};
void search_person(struct store *s, struct arena *a, struct str name, struct limit *limit,
	struct meant *meant);

#endif
