/* connect: the shortest chain between two people through what they share. */
#ifndef CATALOG_CONNECT_H
#define CATALOG_CONNECT_H

#include "catalog/query.h"

/* A step of a chain: to this person, by this source (none for the first). */
struct step {
	int64_t person;
	struct str source; /* slug */
	bool coauthors;    /* they wrote it; otherwise both have it in Start Here */
};

struct chain {
	struct step *v;
	size_t n, room;
	bool cut; /* the search ended at its ceiling without an answer */
};

enum { CONNECT_VISITS = 20000 };

/* From one person to the other, through shared canonical sources; only if there is no such chain,
 * through co-authors too. Empty when there is none. The same files always give the same chain. */
void
connect_people(struct store *s, struct arena *a, int64_t from, int64_t to, struct chain *chain);

#endif
