/* load: one file of a capsule read, hashed and parsed: a function of its bytes alone, so that many
 * can be read at once, and one by itself when it changes. */
#ifndef CATALOG_LOAD_H
#define CATALOG_LOAD_H

#include "catalog/directory.h"

/* A folder of the capsule whose files the directory is made of. */
struct folder {
	const char *name; /* "people" */
	struct str ending;
	size_t most;             /* bytes of a file */
	const struct kind *kind; /* of its records; NULL: gemtext pages */
};

extern const struct folder FOLDERS[];
extern const size_t FOLDERS_N;

/* The folder that a path within the capsule lies in; NULL when the directory is not made of it. */
const struct folder *folder_of(struct str path);

struct reading {
	const struct folder *folder; /* NULL: capsule.yaml */
	struct str path;             /* within the capsule */
	struct str slug;
	bool shadowed; /* another file has the slug: known, not parsed */
	struct source_text text;
	void *record; /* of the folder's kind (a page has its bytes); NULL: the file holds an error
		       */
	void *broken; /* what could be read of it */
	struct problems problems;
};

/* "people/ab/ada-lovelace.yaml" is "ada-lovelace". */
struct str slug_of_path(struct str path);

/* Whether the file's name is one that is read; otherwise says why not. */
bool reading_named(struct reading *r, struct arena *a);

/* Opens the file r->path of the capsule (r->folder is set) and has the system bring it
 * (file_fetch). What it gives is for reading_read(), which closes it; -1: that opens the file.
 * `scratch` is empty and is left so (arena_clear). */
int reading_fetch(const struct reading *r, struct arena *scratch, const char *capsule);

/* Reads the file r->path of the capsule (r->folder and r->slug are set) and parses it. `fd` is what
 * reading_fetch() gave, or -1. `scratch` as above. */
void reading_read(struct reading *r, struct arena *a, struct arena *scratch, const char *capsule,
	int fd, struct str tomorrow);

/* Parses the bytes of r->text, as reading_read() does after reading them. */
void reading_parse(struct reading *r, struct arena *a, struct str tomorrow);

/* The problem of a file whose slug another has. */
void reading_shadowed(struct reading *r, struct arena *a, struct str first);

enum standing standing_of(const struct person *person);

#endif
