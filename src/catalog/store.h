/* store: the catalog on disk: one SQLite file that is a function of the capsule's files, deletable
 * at any time. A build writes a new file and renames it over the old one (build.h); updates are
 * transactions on it (update.h); readers see one or the other whole. */
#ifndef CATALOG_STORE_H
#define CATALOG_STORE_H

#include <sqlite3.h>

#include "catalog/directory.h"

#define STORE_FILE "catalog.db"
enum { STORE_FORMAT = 14 }; /* a catalog of another format is rebuilt */

/* An open catalog; every text that a query returns lies in the arena given to it. */
struct store;

enum store_use {
	STORE_ALONE,  /* read, by a command beside a server or without one */
	STORE_LIVE,   /* read, while a writer has it open: sees its updates */
	STORE_BEFORE, /* the same by the writer itself */
	STORE_WRITE   /* read and changed: one process at a time (build.h has the lock) */
};

/* NULL and *e when there is none, or it is not one of this format, or it is damaged. */
struct store *store_open(const char *folder, enum store_use use, struct err *e);
/* Writes a long log of updates into the file, as far as no reader stands before its end. It costs
 * tens of ms where there are a million records: readers are told of an update before. */
void store_shorten_log(struct store *s);
/* A new, empty database at path (":memory:": in memory), to be filled by build.c. */
struct store *store_open_new(const char *path, struct err *e);
/* Makes the catalog in the folder one file, without a log beside it, ready to be replaced. What
 * cannot be opened is left for store_set_aside(). False and *e where the log cannot be written. */
bool store_settle(const char *folder, struct err *e);
void store_close(struct store *s);
/* Somebody else writes the file of a new store for a while: what it has is in the file, and nothing
 * is begun. False and *e when it cannot be opened again. */
void store_leave(struct store *s);
bool store_return(struct store *s, const char *path, struct err *e);

/* What is read between the two is of one moment; a pair within a pair is of the outer one's.
 * store_end() says whether all of it could be read: false when the file turned out damaged, as that
 * leaves no other trace in what queries gave. While they last, a server's log of updates grows. */
void store_begin(struct store *s);
bool store_end(struct store *s);
/* What is asked for again and again (common.h): found by a key, and good until the next outer
 * store_begin(). It is kept from one moment to the next as long as the catalog stays the same, and
 * there is not too much of it. store_kept() gives NULL for what is not kept, store_keeper() the
 * arena to make it in, or NULL where nothing is kept: outside of store_begin() and store_end(), and
 * once it is much. */
const void *store_kept(struct store *s, struct str key);
struct arena *store_keeper(struct store *s);
void store_keep(struct store *s, struct str key, const void *value, size_t bytes);

/* Whether this process has met damage since the last outer store_begin(). */
bool store_damaged(void);

/* For directory_load(): last good versions from the catalog in `folder`; .context is NULL when it
 * cannot be opened. */
struct last_good store_last_good(const char *folder);
void store_last_good_end(struct last_good *last_good);

/* The prominence that orders people where nothing else does, as an id: smaller is better known. A
 * function of the record alone: how much there is to start with, then bits of the SHA-256 of the
 * slug. */
int64_t store_person_id(const struct person *person);

/* The class of prominence within an id, from 0: its bits from STORE_CLASS_BITS on. */
enum { STORE_CLASS_BITS = 56 };
unsigned store_class(int64_t id);

/* The kind of thing within an id of rows.h's thing_id(). */
enum shared_kind store_thing_kind(int64_t id);

/* Where the row of a source would like to stand: bits of the SHA-256 of its slug, so that one
 * search leads from the slug to the row. Where two would stand on one place, one takes the next
 * that is free. */
enum { STORE_PLACE_BITS = 62 };
int64_t store_place(struct str slug);

/* SELECT ... FROM the row of the source with that slug (a place of the statement, or a column);
 * every open catalog knows place_of(). */
#define SOURCE_NAMED(slug) \
	"source WHERE slug = " slug " AND place BETWEEN place_of(" slug ") AND place_of(" slug \
	") + 63"

sqlite3 *store_db(struct store *s);

/* The prepared statement of an SQL text, which must be a literal: it is kept, and found again by
 * its address. Never NULL: where a table is not as it should be, the catalog counts as damaged, and
 * the statement gives no rows and writes none. */
sqlite3_stmt *store_statement(struct store *s, const char *sql);
/* The same of any text, not kept: the caller finalizes it. */
sqlite3_stmt *store_prepare(struct store *s, const char *sql);

/* Makes the tables of an empty database, and the indexes when topics and organizations, people, or
 * sources stand there. */
enum store_part { STORE_TABLES, STORE_SUBJECT_INDEXES, STORE_INDEXES, STORE_SOURCE_INDEXES };
bool store_make(sqlite3 *db, enum store_part part, struct err *e);

/* What the table `tally` counts: people by class of prominence, and from TALLY_LETTERS on people
 * and things by their first letters (letters.h). */
enum { TALLY_CLASS = 16, TALLY_LETTERS = 64 };

#endif
