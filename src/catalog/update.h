/* update: brings a catalog up to date with some changed files, at the cost of what they touch: the
 * same rows that a full build would have written, in one transaction. */
#ifndef CATALOG_UPDATE_H
#define CATALOG_UPDATE_H

#include "base/file.h"
#include "catalog/pulse.h"
#include "catalog/store.h"

/* An open catalog that is kept up to date by one process. */
struct updater;

/* Opens the catalog in the folder for writing; NULL and *e when it cannot be. The pulse beats with
 * each change; it may be NULL. */
struct updater *
updater_open(const char *folder, const char *capsule, struct pulse *pulse, struct err *e);
void updater_close(struct updater *u);

struct update_told {
	size_t files;             /* that were new, changed or gone */
	struct problems problems; /* within them; in the arena given */
	struct texts_kept {
		struct str path;
		bool serves; /* its last good version */
	} * bad;             /* those that hold errors */
	size_t bad_n;
};

/* Looks at these paths (within the capsule; of files that may be gone, too), or, where paths is
 * NULL, at every file of the capsule whose size or time is not as it was. What changed is written
 * and committed; false and *e when that failed: the catalog is as it was. `told` and what it names
 * lie in the arena. */
bool updater_update(struct updater *u, struct arena *a, const struct names *paths,
	struct update_told *told, struct err *e);

/* What can wait until readers have been told of an update. */
void updater_rest(struct updater *u);

/* How many files of the capsule an update would look at; more than a quarter of all, and a full
 * build is the cheaper way. */
bool updater_many(struct updater *u, struct arena *a, struct names *changed, struct err *e);

/* How many people are in service, how many files hold errors. */
size_t updater_people(struct updater *u);
size_t updater_rejected(struct updater *u);

#endif
