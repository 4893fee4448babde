/* match: the full-text indexes asked for ids, within a time. SQLite calls back while it reads, also
 * inside FTS5, so that whatever a stranger asks ends on time; what was found until then stays. */
#ifndef CATALOG_MATCH_H
#define CATALOG_MATCH_H

#include "catalog/query.h"

struct limit {
	int64_t until; /* of clock_us() */
	bool cut;      /* the time is over */
	bool was_cut;  /* and something was left undone, now or before match_more() */
	bool refused;  /* the index did not understand; never so (the fuzzer watches it) */
};

/* Between these two no statement outlives `us` microseconds from now. */
void match_begin(struct store *s, struct limit *limit, int64_t us);
void match_end(struct store *s);

/* What is left of the time, and so much more. */
void match_more(struct limit *limit, int64_t us);

/* Whether the time is over. */
bool match_late(struct limit *limit);

/* The next row of a statement; at its end, or when the time is over, it is reset. */
bool match_step(sqlite3_stmt *st, struct limit *limit);

struct found_ids {
	int64_t *v;
	size_t n, room;
};

/* Where words are looked for. */
enum match_in { MATCH_NAMES, MATCH_ALL, MATCH_THINGS };

/* Appends people that the query finds and the list does not hold, best known first, until the list
 * has `most`. `match` is FTS5's language, made by search.c. */
void match_people(struct store *s, struct arena *a, enum match_in in, struct str match, size_t most,
	struct limit *limit, struct found_ids *ids);
void match_things(struct store *s, struct arena *a, struct str match, size_t most,
	struct limit *limit, struct things *things);

#endif
