/* store: the catalog on disk: one SQLite file that is a function of the capsule's files, deletable
 * at any time. A build writes a new file, syncs it and renames it over the old one; readers open it
 * read-only. */
#ifndef CATALOG_STORE_H
#define CATALOG_STORE_H

#include <sqlite3.h>

#include "catalog/directory.h"

#define STORE_FILE "catalog.db"
enum { STORE_FORMAT = 1 }; /* a catalog of another format is rebuilt */

/* Writes the directory to FOLDER/catalog.db, whole or not at all. */
bool store_build(const char *folder, const struct directory *d, struct err *e);

/* An open catalog for one reader; every text that a query returns lies in the arena given to it. */
struct store;

/* NULL and *e when there is none, or it is not one of this format. */
struct store *store_open(const char *folder, struct err *e);
/* The same from a directory in memory. */
struct store *store_open_memory(const struct directory *d, struct err *e);
void store_close(struct store *s);

/* For directory_load(): last good versions from the catalog in `folder`; .context is NULL when it
 * cannot be opened. */
struct last_good store_last_good(const char *folder);
void store_last_good_end(struct last_good *last_good);

/* The prominence that orders people where nothing else does, as an id: smaller is better known. A
 * function of the record alone: how much there is to start with, then bits of the SHA-256 of the
 * slug. */
int64_t store_person_id(const struct person *person);

sqlite3 *store_db(struct store *s);

/* The prepared statement of an SQL text, which must be a literal: it is kept, and found again by
 * its address. Never NULL: a text that SQLite refuses is a mistake of ours, and ends the process.
 */
sqlite3_stmt *store_statement(struct store *s, const char *sql);

#endif
