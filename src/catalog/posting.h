/* posting: who has a thing, as a posting list in the catalog: ids in order of prominence, cut into
 * chunks of a few hundred bytes, so that a person more costs one of them and a page of a long list
 * reads one or two. */
#ifndef CATALOG_POSTING_H
#define CATALOG_POSTING_H

#include "catalog/ask.h"
#include "catalog/rows.h"

enum { POSTING_CHUNK = 128 }; /* ids in a chunk, at most */

/* Appends those from the place `from` on, at most `most`, best known first. */
void posting_read(struct store *s, struct arena *a, enum shared_kind kind, struct str item,
	size_t from, size_t most, struct numbers *ids);

/* A chunk of a list as a row: ascending ids, POSTING_CHUNK of them or, at the end, fewer. */
void row_posting(struct row *row, struct arena *a, enum shared_kind kind, struct str item,
	const int64_t *ids, size_t n);
/* A list that is not there yet, of ascending ids. */
void
posting_put(struct rows *r, enum shared_kind kind, struct str item, const int64_t *ids, size_t n);
/* One more or one less; nothing where it is there, or not there. */
void posting_add(struct rows *r, enum shared_kind kind, struct str item, int64_t id);
void posting_remove(struct rows *r, enum shared_kind kind, struct str item, int64_t id);
void posting_drop(struct rows *r, enum shared_kind kind, struct str item);

#endif
