/* ask: binding and stepping, once for all. */
#include "catalog/ask.h"

static sqlite3_stmt *
begin(struct store *s, const char *sql, const char *form, va_list args)
{
	sqlite3_stmt *st = store_statement(s, sql);

	for (int at = 1; form[at - 1]; at++)
		if (form[at - 1] == 'i')
			sqlite3_bind_int64(st, at, va_arg(args, int64_t));
		else {
			struct str text = va_arg(args, struct str);

			sqlite3_bind_text64(
				st, at, text.n ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8);
		}
	return st;
}

static struct str
column(struct arena *a, sqlite3_stmt *st)
{
	const void *p = sqlite3_column_blob(st, 0);

	return arena_str(a, (struct str){ p, p ? (size_t)sqlite3_column_bytes(st, 0) : 0 });
}

void
ask_texts(
	struct store *s, struct arena *a, struct texts *out, const char *sql, const char *form, ...)
{
	va_list args;

	va_start(args, form);
	sqlite3_stmt *st = begin(s, sql, form, args);

	va_end(args);
	while (sqlite3_step(st) == SQLITE_ROW)
		*vec_add(a, out) = column(a, st);
	sqlite3_reset(st);
}

void
ask_numbers(struct store *s, struct arena *a, struct numbers *out, const char *sql,
	const char *form, ...)
{
	va_list args;

	va_start(args, form);
	sqlite3_stmt *st = begin(s, sql, form, args);

	va_end(args);
	while (sqlite3_step(st) == SQLITE_ROW)
		*vec_add(a, out) = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
}

int64_t
ask_number(struct store *s, int64_t none, const char *sql, const char *form, ...)
{
	va_list args;
	int64_t number = none;

	va_start(args, form);
	sqlite3_stmt *st = begin(s, sql, form, args);

	va_end(args);
	if (sqlite3_step(st) == SQLITE_ROW)
		number = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return number;
}

struct str
ask_text(struct store *s, struct arena *a, const char *sql, const char *form, ...)
{
	va_list args;
	struct str text = STR("");

	va_start(args, form);
	sqlite3_stmt *st = begin(s, sql, form, args);

	va_end(args);
	if (sqlite3_step(st) == SQLITE_ROW)
		text = column(a, st);
	sqlite3_reset(st);
	return text;
}

bool
set_add(struct arena *a, struct set *set, struct str text)
{
	size_t *at = map_at(a, &set->map, text);

	if (*at != (size_t)MAP_NONE)
		return false;
	*at = set->in.n;
	*vec_add(a, &set->in) = text;
	return true;
}

bool
set_has(const struct set *set, struct str text)
{
	return map_find(&set->map, text) != (size_t)MAP_NONE;
}
