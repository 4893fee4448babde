/* rename: what a record's new slug changes in the files of a capsule, worked out before anything is
 * written. */
#ifndef EDIT_RENAME_H
#define EDIT_RENAME_H

#include "base/err.h"
#include "catalog/record.h"

/* A file that would change. */
struct change {
	struct str path;  /* within the capsule */
	struct str moved; /* where it goes, or empty */
	struct str before, after;
	size_t entries; /* of other records: how many name the slug */
};

struct changes {
	struct change *v;
	size_t n, room;
};

/* The record itself is the first. False, with the reason, when the new slug is taken or spoken for,
 * or a file that would have to change cannot be read as a record. */
bool rename_plan(struct arena *a, const char *capsule, struct str from, struct str to,
	struct changes *changes, struct err *e);

/* Writes all changes, the record last. A disk that is full leaves everything as it was; what was
 * cut off midway is completed by the same renaming once more. */
bool
rename_write(struct arena *a, const char *capsule, const struct changes *changes, struct err *e);

/* The record ("people/ada-king.yaml") that this slug led to before; empty when there is none. */
struct str rename_claimed(struct arena *a, const char *capsule, struct str slug);

#endif
