/* watch: which files of a capsule changed, as the kernel tells it (inotify); where it does not, a
 * look at all of them now and then must do. */
#ifndef RUN_WATCH_H
#define RUN_WATCH_H

#include "base/file.h"

struct watch;

/* Watches the capsule's own folder and those that the directory is made of, with all below. NULL
 * where the kernel cannot, with the reason in *e. */
struct watch *watch_open(const char *capsule, struct err *e);
void watch_close(struct watch *w);

/* Waits for a change, or a signal, and until a burst of changes is over. The paths within the
 * capsule go to *paths; false: so much changed, or so little is known of it, that all is to be
 * looked at. */
bool watch_wait(struct watch *w, struct arena *a, struct names *paths);

#endif
