/* fit: names of a capsule's files that readers cannot ask for, or mirrors cannot have. */
#ifndef MIRROR_FIT_H
#define MIRROR_FIT_H

#include "catalog/problem.h"
#include "encode/encode.h"

/* Adds a warning for each, with the remedy; paths are within the capsule, in ps->arena. place is
 * where the directory is served. */
void fit_add(struct problems *ps, const char *capsule, const struct place *place);

#endif
