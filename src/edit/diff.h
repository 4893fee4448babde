/* diff: what changes between two texts, in the unified form that patch and git read. */
#ifndef EDIT_DIFF_H
#define EDIT_DIFF_H

#include "base/arena.h"
#include "base/buf.h"

/* Nothing when they are equal. `colour`: for a terminal. */
void diff_put(struct buf *out, struct str path, struct str before, struct str after, bool colour);

#endif
