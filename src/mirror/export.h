/* export: the directory as a folder that static servers serve, rsync and git see small changes in,
 * and clients open from the disk. */
#ifndef MIRROR_EXPORT_H
#define MIRROR_EXPORT_H

#include "mirror/bundle.h"
#include "mirror/copy.h"

struct exported {
	size_t files, changed, removed;
};

/* Makes DIR, or brings it up to date. Of *copy the forms, view and place are the caller's choice;
 * with copy->gemini or copy->gopher, /mirror/ is in it, as `bundle` says (its folder aside). */
bool export_make(const char *dir, struct copy *copy, const struct bundle *bundle,
	struct exported *exported, struct err *e);

#endif
