/* tree: where the files of a copy go: a folder, or an archive. Paths are relative, with '/' between
 * names, and come from this program or from names that were looked at before. */
#ifndef MIRROR_TREE_H
#define MIRROR_TREE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct tree {
	/* Puts a whole file, and one of `size` bytes that fd gives from where it stands. */
	bool (*put)(struct tree *t, struct str path, struct str bytes, struct err *e);
	bool (*put_fd)(struct tree *t, struct str path, int fd, uint64_t size, struct err *e);
	size_t files;   /* how many were put */
	size_t changed; /* of a folder: how many were not there, or other */
};

/* ---- a folder (folder.c) ---- */

struct folder;

/* An export in DIR. Where there is none yet, it is made beside DIR and takes its name at the end;
 * one that is there is brought up to date file by file. A DIR that holds anything else is refused.
 * What a run that was killed has left is removed. */
struct tree *folder_open(const char *dir, struct err *e);

/* An empty folder for what is made on the way, on the same disk: within the export, under a dot
 * name that no export of another run keeps. .p is NULL when it cannot be made. */
struct str folder_workshop(struct tree *t, struct err *e);

/* The end: what was not put is removed, *removed says how many files. */
bool folder_commit(struct tree *t, size_t *removed, struct err *e);

/* Lets go, and removes what was not committed of a new export. */
void folder_close(struct tree *t);

/* ---- an archive (archive.c) ---- */

enum archive_form {
	ARCHIVE_GPUB, /* zip */
	ARCHIVE_TAR   /* tar.gz; all in one folder, "directory" */
};

/* Writes to the file at path, which must not matter to anybody yet. The bytes are a function of
 * what is put, in its order. Past `most` bytes (0: no bound) it fails, and then *too_large. */
struct tree *archive_open(
	const char *path, enum archive_form form, uint64_t most, bool *too_large, struct err *e);
bool archive_commit(struct tree *t, struct err *e);
void archive_close(struct tree *t);

#endif
