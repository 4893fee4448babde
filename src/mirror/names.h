/* names: which paths a mirror takes from a manifest, and what bundles are called. What comes from
 * the network names files below the folders of a capsule, and nothing else: no dot names, no links,
 * no way out. */
#ifndef MIRROR_NAMES_H
#define MIRROR_NAMES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/map.h"

/* The folders that a mirror owns; ends with NULL. */
extern const char *const NAMES_FOLDERS[];

/* NULL when a mirror may have a file of that path, else what is wrong with it. */
const char *names_wrong(struct str path);

/* Whether a line of a manifest can hold a path and a request ask for it; what has another is in no
 * manifest. */
bool names_fit(struct str path);

/* Names that were met so far, folded; all in the arena. */
struct names_met {
	struct arena arena;
	struct map at; /* index into v, of files and of the folders that they lie in */
	struct {
		struct name_met {
			struct str path; /* a file that has it */
			bool folder;
		} * v;
		size_t n, room;
	} all;
};

/* Notes a path. A file noted before that is the same file where case is not told apart, or of which
 * one is the other's folder there; .p is NULL when there is none. */
struct str names_meet(struct names_met *met, struct str path);

/* A bundle is BUNDLE_NAME and an ending; one of a part has '-' and the part's name between. */
#define BUNDLE_NAME "directory"
#define BUNDLE_TAR ".tar.gz"
#define BUNDLE_TOP "directory" /* the folder that all lies in */

enum { BUNDLE_PARTS = 28 };

/* "index" for what has no letter, "0-9", "a" to "z". */
struct str names_bundle_part(struct arena *a, size_t part);

#endif
