/* update: from files to changes of records. Which file of a slug serves, and which version of it,
 * is settled here; what follows from a changed record is renewed by renew_*.c. */
#include "catalog/update.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/system.h"
#include "base/text.h"
#include "catalog/load.h"
#include "catalog/query.h"
#include "catalog/record.h"
#include "catalog/renew.h"

struct updater {
	struct store *now, *before;
	const char *capsule;
	struct pulse *pulse;
};

struct updater *
updater_open(const char *folder, const char *capsule, struct pulse *pulse, struct err *e)
{
	struct updater *u = calloc(1, sizeof *u);

	if (!u)
		abort();
	u->capsule = capsule;
	u->pulse = pulse;
	u->now = store_open(folder, STORE_WRITE, e);
	u->before = u->now ? store_open(folder, STORE_BEFORE, e) : NULL;
	if (!u->before) {
		updater_close(u);
		return NULL;
	}
	pulse_end(pulse);
	return u;
}

void
updater_close(struct updater *u)
{
	if (!u)
		return;
	store_close(u->before);
	store_close(u->now);
	free(u);
}

size_t
updater_people(struct updater *u)
{
	return query_people_count(u->now);
}

size_t
updater_rejected(struct updater *u)
{
	return (size_t)ask_number(u->now, 0, "SELECT count(*) FROM file WHERE good = 0", "");
}

/* ---- which files changed ---- */

static bool
looks_as_before(struct store *s, const char *capsule, struct arena *a, struct str path)
{
	struct stat st;
	sqlite3_stmt *row =
		store_statement(s, "SELECT size, mtime, sum <> '' FROM file WHERE path = ?");
	struct str full = arena_printf(a, "%s/%.*s", capsule, STR_ARG(path));

	if (stat(full.p, &st) != 0)
		return false;
	sqlite3_bind_text64(row, 1, path.p, path.n, SQLITE_STATIC, SQLITE_UTF8);
	bool same = sqlite3_step(row) == SQLITE_ROW && sqlite3_column_int64(row, 0) == st.st_size &&
		sqlite3_column_int64(row, 1) == file_time(&st) &&
		/* what could not be read then is tried again: rights change no time */
		(sqlite3_column_int(row, 2) || access(full.p, R_OK) != 0);

	sqlite3_reset(row);
	return same;
}

static void
look_at(struct updater *u, struct arena *a, struct str path, struct set *seen,
	struct names *changed)
{
	struct arena scratch = { 0 };

	set_add(a, seen, path);
	if (!looks_as_before(u->now, u->capsule, &scratch, path))
		*vec_add(a, changed) = path;
	arena_end(&scratch);
}

/* Every file of the capsule that is not as it was: changed, new, or gone. */
static bool
find_changed(struct updater *u, struct arena *a, struct names *changed, size_t *all, struct err *e)
{
	struct set seen = { 0 };
	struct texts known = { 0 };

	if (file_exists(arena_printf(a, "%s/capsule.yaml", u->capsule).p))
		look_at(u, a, STR("capsule.yaml"), &seen, changed);
	for (size_t i = 0; i < FOLDERS_N; i++) {
		struct names names = { 0 };

		if (!file_tree(
			    a, arena_printf(a, "%s/%s", u->capsule, FOLDERS[i].name).p, &names, e))
			return false;
		for (size_t k = 0; k < names.n; k++)
			look_at(u, a,
				arena_printf(a, "%s/%.*s", FOLDERS[i].name, STR_ARG(names.v[k])),
				&seen, changed);
	}
	*all = seen.in.n;
	ask_texts(u->now, a, &known, "SELECT path FROM file ORDER BY path", "");
	/* a file whose name is none has a problem alone */
	ask_texts(u->now, a, &known, "SELECT DISTINCT path FROM problem ORDER BY path", "");
	for (size_t i = 0; i < known.n; i++)
		if (set_add(a, &seen, known.v[i]))
			*vec_add(a, changed) = known.v[i];
	return true;
}

/* The same in one transaction: one for each file would cost three locks. */
static bool
look_for_changes(
	struct updater *u, struct arena *a, struct names *changed, size_t *all, struct err *e)
{
	store_begin(u->now);
	bool good = find_changed(u, a, changed, all, e);

	if (!store_end(u->now))
		good = err_set(e, "something in it cannot be read");
	return good;
}

bool
updater_many(struct updater *u, struct arena *a, struct names *changed, struct err *e)
{
	enum { FEW = 1000 };
	size_t all = 0;

	return look_for_changes(u, a, changed, &all, e) && changed->n > FEW && changed->n > all / 4;
}

/* ---- one slug ---- */

/* All files that have a slug in a folder: one serves, at most. */
struct group {
	const struct folder *folder; /* NULL: capsule.yaml */
	struct str slug;
	struct set paths;
};

struct groups {
	struct group *v;
	size_t n, room;
	struct map map;
};

static struct group *
group_of(struct arena *a, struct groups *groups, const struct folder *folder, struct str slug)
{
	size_t *at = map_at(a, &groups->map,
		arena_printf(a, "%s/%.*s", folder ? folder->name : "", STR_ARG(slug)));

	if (*at == (size_t)MAP_NONE) {
		*at = groups->n;
		*vec_add(a, groups) = (struct group){ .folder = folder, .slug = slug };
	}
	return &groups->v[*at];
}

static void
tell(struct renewal *r, struct arena *a, struct update_told *told, const struct reading *reading)
{
	rows_run(&r->rows, "DELETE FROM problem WHERE path = ?", "t", reading->path);
	for (size_t i = 0; i < reading->problems.n; i++) {
		struct problem p = reading->problems.v[i];

		rows_problem(&r->rows, &p);
		problem_add(&told->problems, p.severity, arena_str(a, p.path), p.line, p.column,
			arena_str(a, p.field), "%.*s", STR_ARG(p.text));
	}
}

static void
tell_bad(struct arena *a, struct update_told *told, struct str path, bool serves)
{
	if (told->bad_n % 16 == 0) {
		struct texts_kept *more = arena_array(a, struct texts_kept, told->bad_n + 16);

		if (told->bad_n)
			memcpy(more, told->bad, told->bad_n * sizeof *more);
		told->bad = more;
	}
	told->bad[told->bad_n++] = (struct texts_kept){ arena_str(a, path), serves };
}

/* What serves for a slug: bytes and the file they came from; path is empty when nothing does. */
struct serving {
	struct str path, bytes;
};

static struct serving
serving_of(struct store *s, struct arena *a, const struct folder *folder, struct str slug)
{
	struct str name = str_of(folder ? folder->name : "");
	struct str path =
		ask_text(s, a, "SELECT path FROM file WHERE folder = ? AND slug = ? AND serves = 1",
			"tt", name, slug);

	return (struct serving){ path,
		path.n ? ask_text(s, a, "SELECT bytes FROM file WHERE path = ?", "t", path)
		       : STR("") };
}

/* Reads one of a group's files and writes its row; false when it is gone. */
static bool
renew_file(struct updater *u, struct renewal *r, struct arena *a, struct update_told *told,
	const struct group *group, struct str path, struct str first)
{
	struct reading *reading = arena_new(&r->arena, struct reading);
	struct str good_bytes = STR("");
	struct arena scratch = { 0 };

	*reading = (struct reading){ .folder = group->folder, .path = path, .slug = group->slug };
	reading->problems.arena = &r->arena;
	struct str sum =
		ask_text(r->before, &r->arena, "SELECT sum FROM file WHERE path = ?", "t", path);

	if (!file_exists(arena_printf(&r->arena, "%s/%.*s", u->capsule, STR_ARG(path)).p)) {
		told->files += sum.n > 0;
		rows_run(&r->rows, "DELETE FROM file WHERE path = ?", "t", path);
		rows_run(&r->rows, "DELETE FROM problem WHERE path = ?", "t", path);
		return false;
	}
	if (first.n)
		reading_shadowed(reading, &r->arena, first);
	reading_read(reading, &r->arena, &scratch, u->capsule, -1, r->tomorrow);
	arena_end(&scratch);
	if (!reading->record && !first.n) {
		/* its last good version, where it has one that still is good */
		struct reading before = {
			.folder = group->folder, .path = path, .slug = group->slug
		};

		good_bytes = ask_text(r->before, &r->arena,
			"SELECT bytes FROM file WHERE path = ? AND serves = 1", "t", path);
		before.text.bytes = good_bytes;
		if (good_bytes.n)
			reading_parse(&before, &r->arena, r->tomorrow);
		if (before.record) {
			reading->text.bytes = good_bytes;
			reading->text.serves = true;
		}
	}
	told->files += !str_eq(sum, reading->text.sum);
	if (!reading->record)
		tell_bad(a, told, path, reading->text.serves);
	rows_file(&r->rows, &reading->text);
	tell(r, a, told, reading);
	return true;
}

static int
by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void *
parse(struct renewal *r, const struct folder *folder, struct str slug, const struct serving *from)
{
	struct reading *reading = arena_new(&r->arena, struct reading);

	if (!from->path.n)
		return NULL;
	*reading = (struct reading){ .folder = folder, .path = from->path, .slug = slug };
	reading->text.bytes = from->bytes;
	reading_parse(reading, &r->arena, r->tomorrow);
	return reading->record;
}

void *
renew_record(struct renewal *r, struct store *s, const char *folder, struct str slug)
{
	const struct folder *of = folder_of(arena_printf(&r->arena, "%s/", folder));
	struct serving serving = serving_of(s, &r->arena, of, slug);

	return parse(r, of, slug, &serving);
}

static void
change_person(struct renewal *r, struct str slug, struct person *before, struct person *now)
{
	struct change change = { .slug = slug };

	if (before && standing_of(before) == STANDING_PUBLISHED)
		change.before = before;
	if (now && standing_of(now) == STANDING_PUBLISHED)
		change.now = now;
	if (now && standing_of(now) == STANDING_WITHDRAWN)
		change.withdrawn = now->withdrawn.text;
	*vec_add(&r->arena, &r->people) = change;
}

/* What serves for the slug now, and what did; where the two differ, a change. */
static void
renew_group(struct updater *u, struct renewal *r, struct arena *a, struct update_told *told,
	struct group *group)
{
	struct str name = str_of(group->folder ? group->folder->name : "");
	struct serving before = serving_of(r->before, &r->arena, group->folder, group->slug), now;
	struct texts known = { 0 };
	struct str first = STR("");

	ask_texts(r->now, &r->arena, &known, "SELECT path FROM file WHERE folder = ? AND slug = ?",
		"tt", name, group->slug);
	for (size_t i = 0; i < known.n; i++)
		set_add(&r->arena, &group->paths, known.v[i]);
	qsort(group->paths.in.v, group->paths.in.n, sizeof(struct str), by_bytes);
	for (size_t i = 0; i < group->paths.in.n; i++)
		if (renew_file(u, r, a, told, group, group->paths.in.v[i], first) && !first.n)
			first = group->paths.in.v[i];
	now = serving_of(r->now, &r->arena, group->folder, group->slug);
	if (str_eq(before.path, now.path) && str_eq(before.bytes, now.bytes))
		return;
	if (group->folder && !group->folder->kind)
		return; /* a page is its file */
	void *was = parse(r, group->folder, group->slug, &before);
	void *is = parse(r, group->folder, group->slug, &now);
	struct change change = { .slug = group->slug, .before = was, .now = is };

	if (!group->folder)
		rows_settings(&r->rows, is ? is : &(struct settings){ 0 });
	else if (group->folder->kind == &KIND_PERSON)
		change_person(r, group->slug, was, is);
	else if (group->folder->kind == &KIND_SOURCE)
		*vec_add(&r->arena, &r->sources) = change;
	else
		*vec_add(&r->arena,
			&r->subjects[group->folder->kind == &KIND_TOPIC ? SHARED_TOPIC
									: SHARED_ORGANIZATION]) =
			change;
}

/* A file whose name is none, or a folder that may not be listed: its problem is all there is of it.
 */
static void
renew_misnamed(struct updater *u, struct renewal *r, struct arena *a, struct update_told *told,
	struct reading *reading)
{
	struct str full = arena_printf(&r->arena, "%s/%.*s", u->capsule, STR_ARG(reading->path));

	if (!file_exists(full.p) || (str_ends(full, STR("/")) && access(full.p, R_OK | X_OK) == 0))
		reading->problems.n = 0;
	tell(r, a, told, reading);
}

static void
renew_files(struct updater *u, struct renewal *r, struct arena *a, const struct names *paths,
	struct update_told *told)
{
	struct groups groups = { 0 };

	for (size_t i = 0; i < paths->n; i++) {
		struct reading reading = { .folder = folder_of(paths->v[i]), .path = paths->v[i] };

		if (!reading.folder && !str_eq(reading.path, STR("capsule.yaml")))
			continue;
		if (reading.folder)
			reading.slug = slug_of_path(reading.path);
		if (reading.folder && !reading_named(&reading, &r->arena))
			renew_misnamed(u, r, a, told, &reading);
		else
			set_add(&r->arena,
				&group_of(&r->arena, &groups, reading.folder, reading.slug)->paths,
				reading.path);
	}
	for (size_t i = 0; i < groups.n; i++)
		renew_group(u, r, a, told, &groups.v[i]);
}

/* ---- the whole ---- */

static void
renew(struct renewal *r)
{
	renew_people(r);
	renew_subjects(r);
	renew_works(r);
	renew_authors(r);
	renew_touched(r);
	renew_related(r);
	renew_shown(r);
	renew_words(r);
}

bool
updater_update(struct updater *u, struct arena *a, const struct names *paths,
	struct update_told *told, struct err *e)
{
	struct renewal r = { .rows = { .store = u->now, .e = e, .good = true },
		.now = u->now,
		.before = u->before };
	struct names changed = { 0 };
	size_t all = 0;
	bool good;

	*told = (struct update_told){ .problems = { .arena = a } };
	r.tomorrow = clock_day(&r.arena, 24);
	if (!paths && !look_for_changes(u, &r.arena, &changed, &all, e)) {
		arena_end(&r.arena);
		return false;
	}
	if (!paths)
		paths = &changed;
	if (paths->n == 0) {
		arena_end(&r.arena);
		return true;
	}
	store_begin(u->before);
	rows_run(&r.rows, "BEGIN IMMEDIATE", "");
	renew_files(u, &r, a, paths, told);
	renew(&r);
	/* what could not be read may be missing from what was written */
	if (r.rows.good && store_damaged())
		r.rows.good = err_set(e, "something in it cannot be read");
	pulse_begin(u->pulse);
	rows_run(&r.rows, "COMMIT", "");
	pulse_end(u->pulse);
	good = r.rows.good;
	if (!good)
		sqlite3_exec(store_db(u->now), "ROLLBACK", NULL, NULL, NULL);
	store_end(u->before);
	arena_end(&r.rows.scratch);
	arena_end(&r.arena);
	return good;
}

void
updater_rest(struct updater *u)
{
	store_shorten_log(u->now);
}
