/* list: each run is a statement of its own that begins behind the last row of the run before. */
#include "catalog/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "catalog/load.h"

static void
bind_text(sqlite3_stmt *st, int at, struct str s)
{
	sqlite3_bind_text64(st, at, s.n ? s.p : "", s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static struct str
text(struct arena *a, sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_text(st, at);

	return arena_str(a, (struct str){ p, p ? (size_t)sqlite3_column_bytes(st, at) : 0 });
}

void
list_people(struct store *s, struct arena *a, struct str after, struct listed *people)
{
	sqlite3_stmt *st = store_prepare(s,
		"SELECT slug, name, start_here <> '' FROM person WHERE slug > ?"
		" ORDER BY slug LIMIT ?");

	bind_text(st, 1, after);
	sqlite3_bind_int(st, 2, LIST_RUN);
	while (sqlite3_step(st) == SQLITE_ROW)
		*vec_add(a, people) = (struct listed_person){ text(a, st, 0), text(a, st, 1),
			sqlite3_column_int(st, 2) != 0 };
	sqlite3_finalize(st);
}

void
list_things(struct store *s, struct arena *a, enum shared_kind kind, struct str after,
	struct things *things)
{
	_Static_assert(SHARED_SOURCE == 0, "its kind in posting, below");
	static const char *const SQL[SHARED_KINDS] = {
		/* those that somebody has, as posting knows them, and the others */
		[SHARED_SOURCE] =
			"SELECT s.slug, s.title, s.people FROM (SELECT item FROM posting WHERE"
			" kind = 0 AND item > ?1 UNION SELECT slug FROM source WHERE people = 0 AND"
			" slug > ?1 ORDER BY 1 LIMIT ?2) CROSS JOIN source s WHERE s.place BETWEEN"
			" place_of(item) AND place_of(item) + 63 AND s.slug = item ORDER BY item",
		[SHARED_TOPIC] = "SELECT slug, name, people FROM topic WHERE slug > ?"
				 " ORDER BY slug LIMIT ?",
		[SHARED_ORGANIZATION] = "SELECT slug, name, people FROM organization WHERE slug > ?"
					" ORDER BY slug LIMIT ?",
	};
	sqlite3_stmt *st = store_prepare(s, SQL[kind]);

	bind_text(st, 1, after);
	sqlite3_bind_int(st, 2, LIST_RUN);
	while (sqlite3_step(st) == SQLITE_ROW)
		*vec_add(a, things) = (struct thing){ kind, text(a, st, 0), text(a, st, 1),
			(size_t)sqlite3_column_int64(st, 2) };
	sqlite3_finalize(st);
}

void
list_old(
	struct store *s, struct arena *a, struct str folder, struct str slug, struct old_rows *rows)
{
	sqlite3_stmt *st = store_prepare(s,
		/* the strongest claim, where one alone makes it and nothing lives there
		 * (query_old) */
		"SELECT folder, slug, CASE rank WHEN 1 THEN '' ELSE owner END, note FROM claim c"
		" WHERE (folder, slug) > (?, ?) AND rank = (SELECT min(rank) FROM claim d WHERE"
		" d.folder = c.folder AND d.slug = c.slug)"
		" AND NOT EXISTS (SELECT 1 FROM person WHERE c.folder = 'people' AND slug = c.slug)"
		" AND NOT EXISTS (SELECT 1 FROM topic WHERE c.folder = 'topics' AND slug = c.slug)"
		" AND NOT EXISTS (SELECT 1 FROM organization WHERE c.folder = 'organizations' AND "
		"slug = c.slug)"
		" AND NOT EXISTS (SELECT 1 FROM " SOURCE_NAMED(
			"c.slug") " AND c.folder = 'sources')"
				  " GROUP BY folder, slug HAVING count(DISTINCT owner) = 1"
				  " ORDER BY folder, slug LIMIT ?");

	bind_text(st, 1, folder);
	bind_text(st, 2, slug);
	sqlite3_bind_int(st, 3, LIST_RUN);
	while (sqlite3_step(st) == SQLITE_ROW)
		*vec_add(a, rows) = (struct old_row){ text(a, st, 0), text(a, st, 1),
			text(a, st, 2), text(a, st, 3) };
	sqlite3_finalize(st);
}

/* ---- files ---- */

/* "people/ab/ada-lovelace.yaml" is "ada-lovelace". */
static struct str
slug_of(struct str path)
{
	size_t slash = str_find_last(path, '/');
	struct str name = str_sub(path, slash < path.n ? slash + 1 : 0, path.n);

	return str_sub(name, 0, str_find_last(name, '.'));
}

/* Whether a record may be given to others: published, or withdrawn; then the copy must say so, too.
 */
static bool
is_public(struct store *s, struct arena *a, struct kept_file *file)
{
	struct str target, gone;
	bool published = false;

	if (!str_starts(file->path, STR("people/")))
		return true;
	sqlite3_stmt *st = store_statement(s, "SELECT 1 FROM person WHERE slug = ? AND path = ?");

	bind_text(st, 1, slug_of(file->path));
	bind_text(st, 2, file->path);
	published = sqlite3_step(st) == SQLITE_ROW;
	sqlite3_reset(st);
	if (published)
		return true;
	file->withdrawn =
		query_old(s, a, "people", slug_of(file->path), &target, &gone) && gone.n > 0;
	return file->withdrawn;
}

/* path, bytes, good, sum */
static void
file_row(struct arena *a, sqlite3_stmt *st, struct kept_file *file)
{
	struct str bytes = { sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1) };

	file->path = text(a, st, 0);
	file->size = bytes.n;
	/* the sum is of the file as it is now, which may not be what serves */
	file->sum = sqlite3_column_int(st, 2) ? text(a, st, 3) : STR("");
	if (file->sum.n != 2 * (size_t)HASH_SIZE)
		file->sum = hash_hex(a, bytes, 2 * (size_t)HASH_SIZE);
}

void
list_files(struct store *s, struct arena *a, struct str after, struct kept_files *files,
	struct str *last)
{
	sqlite3_stmt *st = store_prepare(s,
		"SELECT path, bytes, good, sum FROM file WHERE path > ? AND serves = 1"
		" ORDER BY path LIMIT ?");
	struct kept_files rows = { 0 };

	bind_text(st, 1, after);
	sqlite3_bind_int(st, 2, LIST_RUN);
	while (sqlite3_step(st) == SQLITE_ROW)
		file_row(a, st, vec_add(a, &rows));
	sqlite3_finalize(st);
	*last = rows.n ? rows.v[rows.n - 1].path : STR("");
	for (size_t i = 0; i < rows.n; i++)
		if (is_public(s, a, &rows.v[i]))
			*vec_add(a, files) = rows.v[i];
}

bool
list_file(struct store *s, struct arena *a, struct str path, struct kept_file *file,
	struct str *bytes)
{
	sqlite3_stmt *st = store_prepare(
		s, "SELECT path, bytes, good, sum FROM file WHERE path = ? AND serves = 1");
	bool found;

	*file = (struct kept_file){ 0 };
	bind_text(st, 1, path);
	if ((found = sqlite3_step(st) == SQLITE_ROW)) {
		file_row(a, st, file);
		*bytes = arena_str(a,
			(struct str){
				sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1) });
	}
	sqlite3_finalize(st);
	return found && is_public(s, a, file);
}

struct str
list_newest_day(struct store *s, struct arena *a)
{
	sqlite3_stmt *st =
		store_prepare(s, /* in the words of query_newest(), whose index it reads */
			"SELECT day FROM person WHERE day <> '' ORDER BY day DESC, slug LIMIT 1");
	struct str day = sqlite3_step(st) == SQLITE_ROW ? text(a, st, 0) : STR("");

	sqlite3_finalize(st);
	return day;
}

/* ---- whether it is of now ---- */

/* path, size, mtime, and whether it could be read. */
static bool
is_as_listed(sqlite3_stmt *st, const char *capsule, struct str path)
{
	struct arena a = { 0 };
	struct stat now;
	bool same = str_eq(path, text(&a, st, 0)) && sqlite3_column_int(st, 3) &&
		stat(arena_printf(&a, "%s/%.*s", capsule, STR_ARG(path)).p, &now) == 0 &&
		sqlite3_column_int64(st, 1) == now.st_size &&
		sqlite3_column_int64(st, 2) == file_time(&now);

	arena_end(&a);
	return same;
}

/* A file whose name is not one that is read has no row. */
static bool
has_row(const struct folder *folder, struct str path)
{
	struct arena a = { 0 };
	struct reading reading = { .folder = folder, .path = path, .slug = slug_of_path(path) };
	bool named = reading_named(&reading, &a);

	arena_end(&a);
	return named;
}

/* Files and rows go side by side: both are in byte order. */
static bool
folder_is_current(struct store *s, const char *capsule, const struct folder *whose)
{
	struct arena a = { 0 };
	struct str folder = arena_printf(&a, "%s/", whose->name);
	struct names names = { 0 };
	struct err unheard = { 0 };
	sqlite3_stmt *st = store_prepare(s,
		"SELECT path, size, mtime, sum <> '' FROM file WHERE path >= ? AND path < ?"
		" ORDER BY path");
	struct str end = arena_printf(&a, "%.*s0", (int)folder.n - 1, folder.p); /* '/' + 1 */
	bool same = file_tree(
		&a, arena_printf(&a, "%s/%.*s", capsule, STR_ARG(folder)).p, &names, &unheard);

	bind_text(st, 1, folder);
	bind_text(st, 2, end);
	for (size_t i = 0; same && i < names.n; i++) {
		struct arena one = { 0 };
		struct str path =
			arena_printf(&one, "%.*s%.*s", STR_ARG(folder), STR_ARG(names.v[i]));

		if (has_row(whose, path))
			same = sqlite3_step(st) == SQLITE_ROW && is_as_listed(st, capsule, path);
		arena_end(&one);
	}
	same = same && sqlite3_step(st) == SQLITE_DONE;
	sqlite3_finalize(st);
	arena_end(&a);
	return same;
}

bool
list_is_current(struct store *s, const char *capsule)
{
	struct arena a = { 0 };
	struct str path = STR("capsule.yaml");
	sqlite3_stmt *st =
		store_prepare(s, "SELECT path, size, mtime, sum <> '' FROM file WHERE path = ?");
	bool same;

	bind_text(st, 1, path);
	same = sqlite3_step(st) == SQLITE_ROW
		? is_as_listed(st, capsule, path)
		: !file_exists(arena_printf(&a, "%s/%.*s", capsule, STR_ARG(path)).p);
	sqlite3_finalize(st);
	for (size_t i = 0; same && i < FOLDERS_N; i++)
		same = folder_is_current(s, capsule, &FOLDERS[i]);
	arena_end(&a);
	return same;
}

bool
list_holds_back(struct store *s, struct str slug)
{
	sqlite3_stmt *st = store_prepare(s,
		"SELECT 1 FROM file WHERE folder = 'people' AND slug = ?1 AND NOT EXISTS"
		" (SELECT 1 FROM person WHERE slug = ?1)");
	bool held;

	bind_text(st, 1, slug);
	held = sqlite3_step(st) == SQLITE_ROW;
	sqlite3_finalize(st);
	return held;
}
