/* mirror_internal: one run of a mirror, as its files see it: mirror.c has the order of things,
 * mirror_rows.c what the manifest says, mirror_files.c and mirror_bundle.c get what is missing,
 * mirror_place.c puts it into place; mirror_ask.c and mirror_disk.c are beneath all of them. */
#ifndef MIRROR_MIRROR_INTERNAL_H
#define MIRROR_MIRROR_INTERNAL_H

#include "base/hash.h"
#include "base/map.h"
#include "mirror/libarchive.h"
#include "mirror/manifest.h"
#include "mirror/mirror.h"
#include "net/client.h"

enum {
	BYTES_A_SECOND = 64 * 1024, /* what a server must reach to be waited for */
	SUM = 2 * HASH_SIZE         /* hex digits */
};

/* A set of names as hash_fast() has them, sorted once it is full. */
struct hashes {
	uint64_t *v;
	size_t n, room;
};

struct mirror {
	const struct mirror_wish *wish;
	struct mirror_report *report;
	struct err *e;
	struct arena arena; /* of the whole run */
	struct client *client;
	const struct libarchive *lib;   /* NULL: bundles cannot be read */
	int dir, state, next, incoming; /* folders, open */
	int lock;
	struct manifest manifest; /* the remote one */
	struct str root;          /* its bytes */
	struct hashes wanted;     /* names in incoming of what is not in place */
	int64_t began, until;     /* ms */
	int64_t placed; /* when the last generation was, ns; 0: it is not in place as a whole */
	bool refused;
};

/* ---- mirror_ask.c ---- */

/* False and m->e: what was asked for needs a decision, another try does not help. */
bool mirror_refuse(struct mirror *m, const char *why, struct str what);

/* What one request has come to; false and m->e when it is no answer with a body. *gone: 51 or 52.
 */
bool mirror_is_good(struct mirror *m, const struct fetch *f, bool *gone);

/* One request whose body is small; the bytes are the arena's. */
bool mirror_get(struct mirror *m, struct arena *a, struct str path, size_t most, struct str *bytes,
	bool *gone);

/* From now on nothing is waited for longer than so many files and bytes may take in all. */
void mirror_give_time(struct mirror *m, uint64_t files, uint64_t bytes);

/* How long a body of so many bytes is waited for, ms. */
int mirror_deadline(const struct mirror *m, uint64_t bytes);

/* ---- mirror_disk.c ---- */

/* Opens the folder that a checked path lies in, made where it is not there; links are not followed.
 * *name is its last step. -1 when it cannot be. */
int mirror_open_place(struct mirror *m, struct str path, bool make, const char **name);

/* Whether the file of a row is in place. Its bytes are read unless it is known to have been placed
 * and nobody has written to it since. */
bool mirror_has(struct mirror *m, const struct row *row, bool known);

/* Where the bytes of a row wait to be placed: no part of the name is of the network. */
struct str mirror_waiting_name(struct arena *a, struct str path, struct str sum);

/* Whether they do; `read`: and are the right ones, which an earlier run may have left cut. */
bool mirror_is_waiting(struct mirror *m, const struct row *row, bool read);

void hashes_sort(struct hashes *h);
bool hashes_have(const struct hashes *h, struct str name);

bool mirror_sum(int fd, char hex[SUM + 1]);

/* Writes a file below one of our own folders, synced and whole. */
bool mirror_write(struct mirror *m, int folder, const char *name, struct str bytes);
bool mirror_write_failed(struct mirror *m, const char *what);
bool mirror_read(struct arena *a, int folder, const char *name, size_t most, struct str *bytes);

/* Removes the files of one of our own folders but for those named; NULL: all. */
void mirror_empty(int folder, const struct hashes *but);

/* ---- mirror_rows.c ---- */

/* Fetches the root. */
bool mirror_fetch_root(struct mirror *m);

/* Makes sure that all parts are in .mirror/next, and that what they say is such as is taken.
 * *stale: a part is not what the root says. */
bool mirror_fetch_parts(struct mirror *m, bool *stale);

/* Calls visit with the rows of each part, checked; a manifest in one piece is one part. */
typedef bool part_visit(struct mirror *m, struct str rows, void *context);
bool mirror_each_part(struct mirror *m, part_visit *visit, void *context);

/* ---- mirror_files.c, mirror_bundle.c ---- */

/* Fills m->wanted; *missing: how many files are neither in place nor waiting. What else waits goes.
 */
bool mirror_count_missing(struct mirror *m, uint64_t *missing);

/* Fetches them one by one. *stale: something is not what the manifest says. */
bool mirror_fetch_missing(struct mirror *m, uint64_t missing, bool *stale);

/* Takes what the bundle has of them, if there is one; false when the key has changed. */
bool mirror_fetch_bundle(struct mirror *m);

/* ---- mirror_place.c ---- */

bool mirror_place(struct mirror *m);

/* Whether there are more files in place than the directory has. */
bool mirror_has_others(struct mirror *m);

#endif
