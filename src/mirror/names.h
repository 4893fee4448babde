/* names: which paths a mirror takes from a manifest. What comes from the network names files below
 * the folders of a capsule, and nothing else: no dot names, no links, no way out. */
#ifndef MIRROR_NAMES_H
#define MIRROR_NAMES_H

#include "base/str.h"

/* The folders that a mirror owns; ends with NULL. */
extern const char *const NAMES_FOLDERS[];

/* NULL when a mirror may have a file of that path, else what is wrong with it. */
const char *names_wrong(struct str path);

#endif
