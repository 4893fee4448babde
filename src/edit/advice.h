/* advice: what would make the directory better though nothing in it is wrong. */
#ifndef EDIT_ADVICE_H
#define EDIT_ADVICE_H

#include "catalog/query.h"

/* Adds a note for each piece of advice; paths are within the capsule. */
void advice_add(struct problems *ps, const char *capsule, struct store *store);

#endif
