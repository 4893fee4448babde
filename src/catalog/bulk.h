/* bulk: tables of a new catalog written as pages of the file, in the form that SQLite describes and
 * keeps (sqlite.org/fileformat2.html), while no SQLite has it open. A full build has the rows of a
 * table in the order of its key: one page after the other is filled, and none is looked at again.
 */
#ifndef CATALOG_BULK_H
#define CATALOG_BULK_H

#include "catalog/feed.h"

struct bulk;

/* Of the page that SQLite locks and nothing stands in: 1 GiB from the beginning, where it has it
 * (SQLITE_TESTCTRL_PENDING_BYTE). Tests, whose tables are small, make both less. */
extern uint32_t bulk_locked_byte;

/* The database at path, in which the tables are already, empty. NULL and *e when it cannot be
 * written. */
struct bulk *bulk_open(const char *path, struct err *e);

/* How rows are known, and so in what order they come. */
enum bulk_way {
	BULK_BY_ID,  /* by their first column, INTEGER PRIMARY KEY */
	BULK_BY_KEY, /* by their first columns: a table WITHOUT ROWID, or an index, whose last
			column is what the row is known by in its table */
	BULK_COUNTED /* by their number, from 1 on */
};

/* All rows that `next` gives, ascending. Cells have the types of their columns. `root` is where the
 * table or index begins (sqlite_schema). */
void bulk_feed(struct bulk *b, uint32_t root, enum bulk_way way, feed_next *next, void *context);

/* Ends it: SQLite may open the file again. False and *e when something could not be written. */
bool bulk_close(struct bulk *b, struct err *e);

#endif
