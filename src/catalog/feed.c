/* feed: an eponymous virtual table (sqlite.org/vtab.html) whose module is made anew for each run,
 * so that its rows are those of the one statement that reads it. */
#include "catalog/feed.h"

#include <stdlib.h>

struct feed {
	sqlite3_vtab base;
	feed_next *next;
	void *context;
};

struct feed_cursor {
	sqlite3_vtab_cursor base;
	struct feed *feed;
	struct row row;
	int64_t at;
	bool end;
};

struct source {
	feed_next *next;
	void *context;
};

static int
feed_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **table,
	char **error)
{
	const struct source *source = aux;
	struct feed *feed = sqlite3_malloc(sizeof *feed);
	struct buf sql = { 0 };
	int status;

	(void)argc;
	(void)argv;
	(void)error;
	for (size_t i = 0; i < ROW_MOST; i++)
		buf_printf(&sql, "%s c%zu", i ? "," : "CREATE TABLE feed(", i);
	buf_put(&sql, STR(")"));
	buf_char(&sql, '\0');
	status = sqlite3_declare_vtab(db, sql.p);
	buf_end(&sql);
	if (!feed || status != SQLITE_OK) {
		sqlite3_free(feed);
		return feed ? status : SQLITE_NOMEM;
	}
	*feed = (struct feed){ .next = source->next, .context = source->context };
	*table = &feed->base;
	return SQLITE_OK;
}

static int
feed_disconnect(sqlite3_vtab *table)
{
	sqlite3_free(table);
	return SQLITE_OK;
}

static int
feed_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	(void)info;
	return SQLITE_OK;
}

static int
feed_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
	struct feed_cursor *c = sqlite3_malloc(sizeof *c);

	if (!c)
		return SQLITE_NOMEM;
	*c = (struct feed_cursor){ .feed = (struct feed *)table };
	*cursor = &c->base;
	return SQLITE_OK;
}

static int
feed_close(sqlite3_vtab_cursor *cursor)
{
	sqlite3_free(cursor);
	return SQLITE_OK;
}

static int
feed_step(sqlite3_vtab_cursor *cursor)
{
	struct feed_cursor *c = (struct feed_cursor *)cursor;

	c->at++;
	c->row.n = 0;
	c->end = !c->feed->next(c->feed->context, &c->row);
	return SQLITE_OK;
}

static int
feed_filter(sqlite3_vtab_cursor *cursor, int plan, const char *text, int argc, sqlite3_value **argv)
{
	(void)plan;
	(void)text;
	(void)argc;
	(void)argv;
	return feed_step(cursor);
}

static int
feed_eof(sqlite3_vtab_cursor *cursor)
{
	return ((struct feed_cursor *)cursor)->end;
}

static int
feed_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int at)
{
	const struct cell *cell = &((struct feed_cursor *)cursor)->row.v[at];
	const char *p = cell->text.n ? cell->text.p : "";

	switch (cell->type) {
	case CELL_NUMBER:
		sqlite3_result_int64(context, cell->number);
		break;
	case CELL_TEXT:
		sqlite3_result_text64(context, p, cell->text.n, SQLITE_STATIC, SQLITE_UTF8);
		break;
	case CELL_BLOB:
		sqlite3_result_blob64(context, p, cell->text.n, SQLITE_STATIC);
		break;
	case CELL_NULL:
		sqlite3_result_null(context);
	}
	return SQLITE_OK;
}

static int
feed_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
	*rowid = ((struct feed_cursor *)cursor)->at;
	return SQLITE_OK;
}

static const sqlite3_module MODULE = {
	.xConnect = feed_connect,
	.xBestIndex = feed_plan,
	.xDisconnect = feed_disconnect,
	.xOpen = feed_open,
	.xClose = feed_close,
	.xFilter = feed_filter,
	.xNext = feed_step,
	.xEof = feed_eof,
	.xColumn = feed_column,
	.xRowid = feed_rowid,
};

bool
feed_run(sqlite3 *db, const char *into, size_t columns, feed_next *next, void *context,
	struct err *e)
{
	struct source source = { next, context };
	struct buf sql = { 0 };
	bool good;

	buf_printf(&sql, "%s SELECT ", into);
	for (size_t i = 0; i < columns; i++)
		buf_printf(&sql, "%sc%zu", i ? ", " : "", i);
	buf_put(&sql, STR(" FROM feed"));
	buf_char(&sql, '\0');
	good = sqlite3_create_module(db, "feed", &MODULE, &source) == SQLITE_OK &&
		sqlite3_exec(db, sql.p, NULL, NULL, NULL) == SQLITE_OK;
	if (!good)
		err_set(e, "the catalog cannot be written: %s", sqlite3_errmsg(db));
	sqlite3_create_module(db, "feed", NULL, NULL);
	buf_end(&sql);
	return good;
}
