/* manifest: what a mirror needs to know: SHA-256, size and path of each file of a directory. Past
 * MANIFEST_PART files it is a tree of two steps: a root that has the SHA-256 of each part, and
 *parts that files belong to by the SHA-256 of their path, so that one changed file changes one
 *part.
 *
 *	almagest-manifest 1
 *	files 52
 *	bytes 73311
 *	parts 0
 *
 *	SHA-256 SIZE people/tri-dao.yaml
 *
 * A file is at its path, from the root of the server; one that is not has its address behind a TAB.
 * Lines of a root with parts name these, which lie beside it: "manifest-3ff.txt". */
#ifndef MIRROR_MANIFEST_H
#define MIRROR_MANIFEST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

enum {
	MANIFEST_PART = 1024, /* files in a part, on average at most */
	MANIFEST_PARTS_MOST = 65536,
	MANIFEST_ROOT_MOST = 4 << 20, /* bytes of a root or part that is read */
	MANIFEST_PATH_MOST = 400      /* bytes of a path, so that its address fits a request */
};

struct row {
	struct str path; /* "people/tri-dao.yaml" */
	struct str url;  /* where it is served, from the root; empty: "/" and the path, encoded */
	uint64_t size;
	struct str sum; /* 64 hex digits */
};

/* How many parts a manifest of so many files has: 0, or a power of two. */
size_t manifest_parts(uint64_t files);

/* The part of that many that a path belongs to, and the name of its file. */
size_t manifest_part(struct str path, size_t parts);
struct str manifest_part_name(struct arena *a, size_t part);

/* Appends a row's line. */
void manifest_put(struct buf *out, const struct row *row);

struct manifest {
	uint64_t files, bytes;
	size_t parts;
	struct str rows; /* their lines */
};

/* Appends what stands above the rows of a root. */
void manifest_put_head(struct buf *out, const struct manifest *m);

/* Reads a root: its head, and where its rows begin. False when it is none. */
bool manifest_read(struct str bytes, struct manifest *m, struct err *e);

/* Takes the next row off *rows; false at the end, and for a line that is none (then *e). */
bool manifest_next(struct str *rows, struct row *row, struct err *e);

#endif
