/* shelf: where a thing stands in the order of how many people have it. The list of all sources is
 * millions long, and whoever asks for a page far down shall not wait for what is before it to be
 * counted. So it stands on shelves, each with its count in the table `tally`: one for each number
 * of people, parted by the next letter of `sort` wherever more than shelf_most things would stand
 * on one. Which shelves there are is a function of the things alone. */
#ifndef CATALOG_SHELF_H
#define CATALOG_SHELF_H

#include "catalog/rows.h"

enum { SHELF_LETTERS = 24 }; /* past so many, a shelf may be longer */

/* 200; tests, whose directories are small, make it less. */
extern int64_t shelf_most;

/* Counts the things of a kind, whose rows and index stand there; nothing is counted yet. */
void shelf_fill(struct rows *r, enum shared_kind kind);

/* A thing came (more: 1) or went (-1), and its row with it: so many people, that `sort`. */
void
shelf_change(struct rows *r, enum shared_kind kind, size_t people, struct str sort, int64_t more);

/* The shelf that holds the place *from: so many people, `sort` from *begin on; *from becomes the
 * place on it. False when there is no such place. */
bool shelf_find(struct store *s, struct arena *a, enum shared_kind kind, size_t *from,
	int64_t *people, struct str *begin);

#endif
