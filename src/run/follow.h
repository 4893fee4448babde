/* follow: which files of a capsule changed, as the kernel tells it (inotify); where it does not, a
 * look at all of them now and then must do. */
#ifndef RUN_FOLLOW_H
#define RUN_FOLLOW_H

#include "base/file.h"

struct follow;

/* How often all files are looked at where changes, or those in some folder, are not told. */
enum { FOLLOW_LOOK_S = 5 };

/* Watches the capsule's own folder and those that the directory is made of, with all below. NULL
 * where the kernel cannot, with the reason in *e. */
struct follow *follow_open(const char *capsule, struct err *e);
void follow_close(struct follow *w);

/* Waits for a change, or a signal, and until a burst of changes is over; of a mirror, until a
 * generation is whole. The paths within the capsule go to *paths; false: so much changed, or so
 * little is known of it, that all is to be looked at. */
bool follow_wait(struct follow *w, struct arena *a, struct names *paths);

/* The same for what has come meanwhile, without waiting: *paths are those of before, too. */
bool follow_rest(struct follow *w, struct arena *a, struct names *paths);

#endif
