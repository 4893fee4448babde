/* connect: the shortest chain between two people through what they share. */
#ifndef CATALOG_CONNECT_H
#define CATALOG_CONNECT_H

#include "catalog/match.h"

/* A step of a chain: to this person, by this source (none for the first). */
struct step {
	int64_t person;
	struct str source; /* slug */
	bool coauthors;    /* they wrote it; otherwise both have it in Start Here */
};

struct chain {
	struct step *v;
	size_t n, room;
	bool cut; /* the search ended at a ceiling without an answer */
};

/* Rows of people and sources that a search looks at. */
enum { CONNECT_VISITS = 20000 };

/* From one person to the other, through shared canonical sources; only if there is no such chain,
 * through co-authors too. Empty when there is none. The same files always give the same chain,
 * unless the time is over before. */
void connect_people(struct store *s, struct arena *a, int64_t from, int64_t to, struct limit *limit,
	struct chain *chain);

#endif
