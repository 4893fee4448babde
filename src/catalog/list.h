/* list: all that the catalog holds, in byte order and in runs of a bounded size, for who takes the
 * whole directory away: exports, bundles, manifests. Nothing is kept open between two runs. */
#ifndef CATALOG_LIST_H
#define CATALOG_LIST_H

#include "catalog/query.h"

enum { LIST_RUN = 500 }; /* rows at once, at most */

/* Published people behind the one with slug `after` (empty: from the first). */
struct listed {
	struct listed_person {
		struct str slug, name;
		bool cites; /* there is something to start with */
	} * v;
	size_t n, room;
};
void list_people(struct store *s, struct arena *a, struct str after, struct listed *people);

/* Topics, organizations or sources: slug, name, and how many people have them. */
void list_things(struct store *s, struct arena *a, enum shared_kind kind, struct str after,
	struct things *things);

/* Former addresses and withdrawn profiles behind (folder, slug). */
struct old_rows {
	struct old_row {
		struct str folder, slug;
		struct str target; /* a slug; empty: gone */
		struct str gone;   /* why, of a withdrawn profile */
	} * v;
	size_t n, room;
};
void list_old(struct store *s, struct arena *a, struct str folder, struct str slug,
	struct old_rows *rows);

/* A file of the capsule that others need to build the directory again: all that serve but drafts.
 * What stands in files/ is not among them. */
struct kept_file {
	struct str path; /* in the capsule: "people/tri-dao.yaml" */
	uint64_t size;   /* of the bytes in service */
	struct str sum;  /* SHA-256 of them, 64 hex digits */
	bool withdrawn;  /* its own address answers that it is gone */
};
struct kept_files {
	struct kept_file *v;
	size_t n, room;
};

/* A run behind `after`; *last is the path that the next run begins behind, empty at the end. */
void list_files(struct store *s, struct arena *a, struct str after, struct kept_files *files,
	struct str *last);

/* The one at that path and its bytes in service; false when there is none for others. */
bool list_file(struct store *s, struct arena *a, struct str path, struct kept_file *file,
	struct str *bytes);

/* The newest day that a record names, YYYY-MM-DD; empty when none does. */
struct str list_newest_day(struct store *s, struct arena *a);

/* Whether the catalog is of the files as they are: none came, went or changed, by size and time. */
bool list_is_current(struct store *s, const char *capsule);

/* Whether there is a record of that slug whose person is not published. */
bool list_holds_back(struct store *s, struct str slug);

#endif
