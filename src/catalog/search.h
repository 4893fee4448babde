/* search: words of a reader into people and things, in tiers: whose name it is, whose name begins
 * so, things of that name, who is written about so. Any input is words: the index's own language
 * never shows. */
#ifndef CATALOG_SEARCH_H
#define CATALOG_SEARCH_H

#include "catalog/query.h"

enum { SEARCH_PAGE = 20, SEARCH_PAGES = 50, SEARCH_WORDS = 12 };

struct found {
	struct cards
		named; /* by name: exactly so first, then beginning so; best known first in each */
	struct things
		things; /* topics, organizations and sources called so; on the first page only */
	struct cards mentioned; /* found in all fields, without those named */
	bool more;              /* a next page would show more */
};

/* The results of page `page` (from 1). Words in quotes are a phrase; otherwise each word may be the
 * beginning of one, and all of them must be there. False when the query holds no letter or digit.
 */
bool search(struct store *s, struct arena *a, struct str words, size_t page, struct found *found);

/* People that a reader may mean by a name: an exact name or slug alone, else names that hold all
 * the words. */
void search_person(struct store *s, struct arena *a, struct str name, struct cards *cards);

#endif
