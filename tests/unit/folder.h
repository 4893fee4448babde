/* folder: a made directory on disk, and the catalog of it. */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include <stdlib.h>

#include "base/arena.h"
#include "catalog/build.h"
#include "catalog/directory.h"
#include "rows.h"

static inline void
remove_folder(const char *folder)
{
	struct arena a = { 0 };

	assert_int_equal(system(arena_printf(&a, "rm -rf %s", folder).p), 0);
	arena_end(&a);
}

/* The catalog of a capsule without mistakes, in memory; the folder is gone afterwards. Yours to
 * close. */
static inline struct store *
open_folder(const char *folder)
{
	struct directory d = { 0 };
	struct err e = { 0 };

	assert_true(directory_load(&d, folder, NULL, NULL, &e));
	assert_int_equal(d.problems.errors, 0);
	struct store *s = build_in_memory(&d, &e);

	assert_non_null(s);
	directory_end(&d);
	remove_folder(folder);
	return s;
}

#endif
