/* whole: a capsule that is a mirror is read between two changes of it, never during one. The mirror
 * holds a lock while it puts files into place, and leaves a mark when a generation is whole;
 * whoever reads holds the same lock, shared with other readers. */
#ifndef CATALOG_WHOLE_H
#define CATALOG_WHOLE_H

#include <stdbool.h>

#define WHOLE_FOLDER ".mirror"        /* in the capsule: there, and it is a mirror */
#define WHOLE_GENERATION "generation" /* in that: written last */
#define WHOLE_PLACING "placing"       /* there while files are put into place */
#define WHOLE_LOCK "reading"

/* Waits until no mirror is at work, and keeps it waiting until whole_leave(). False: a generation
 * is in place in part, or a signal came; then nothing is held. */
bool whole_enter(const char *capsule, int *held);
void whole_leave(int held);

/* For the mirror, whose own folder is given: waits until nobody reads, and keeps others waiting.
 * -1 with errno when there can be no lock. */
int whole_change(int folder);

#endif
