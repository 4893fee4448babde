/* watch: waiting until an editor has changed something in a folder. */
#ifndef EDIT_WATCH_H
#define EDIT_WATCH_H

#include <stdint.h>

#include "base/arena.h"

struct watch {
	const char *folder;
	int fd;             /* inotify, or -1: the files are looked at twice a second */
	uint64_t signature; /* of names, sizes and times */
};

void watch_open(struct watch *w, const char *folder);

/* Returns true when something below the folder has changed, and has been quiet for a moment: a
 * burst of writes is one change. Names that begin with a dot do not count. Returns false as soon as
 * `input` can be read, unless that is -1. */
bool watch_wait(struct watch *w, int input);

void watch_close(struct watch *w);

#endif
