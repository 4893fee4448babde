/* feed: many rows for one table through one statement, "INSERT INTO t SELECT c0, c1 FROM feed",
 * where feed is a virtual table whose rows the program makes as they are asked for: a statement for
 * each row would cost more than the row. */
#ifndef CATALOG_FEED_H
#define CATALOG_FEED_H

#include "catalog/row.h"

/* Fills the (empty) row with the next one; false when there is none. */
typedef bool feed_next(void *context, struct row *row);

/* Runs INTO ("INSERT INTO t") with `columns` columns of all rows that `next` gives. False and *e
 * when the database refuses. */
bool feed_run(sqlite3 *db, const char *into, size_t columns, feed_next *next, void *context,
	struct err *e);

#endif
