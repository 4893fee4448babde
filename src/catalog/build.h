/* build: a whole directory into a new catalog. */
#ifndef CATALOG_BUILD_H
#define CATALOG_BUILD_H

#include "catalog/store.h"

/* Writes the directory to FOLDER/catalog.db, whole or not at all. What was there is replaced; who
 * has it open keeps reading it as it was. */
bool build_catalog(
	const char *folder, const struct directory *d, load_progress *progress, struct err *e);

/* The same into memory; NULL and *e when that fails. */
struct store *build_in_memory(const struct directory *d, struct err *e);

#endif
