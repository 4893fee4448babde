/* every: first the pages that every directory has, then lists, people, things, files, and old
 * addresses. */
#include "page/every.h"

#include <unistd.h>

#include "base/file.h"
#include "catalog/list.h"
#include "page/route.h"

struct walk {
	struct view v;
	struct arena arena; /* of one run */
	every_visit *visit;
	void *context;
	bool going;
};

static void
visit(struct walk *w, struct str path, enum every_kind kind)
{
	w->going = w->going && w->visit(w->context, path, kind);
}

/* All parts of a list of so many rows whose first page is BEFORE.gmi. */
static void
visit_parts(struct walk *w, struct str before, size_t rows)
{
	visit(w, arena_printf(&w->arena, "%.*s.gmi", STR_ARG(before)), EVERY_PAGE);
	for (size_t part = 2; w->going && (part - 1) * LIST_MOST < rows; part++)
		visit(w, arena_printf(&w->arena, "%.*s--%zu.gmi", STR_ARG(before), part),
			EVERY_PAGE);
}

/* A copy of where a run ended, for the next one. */
static void
keep(struct buf *last, struct str s)
{
	buf_drop(last, last->n);
	buf_put(last, s);
}

static void
visit_fixed(void *context, struct str path)
{
	static const struct str LIVE[] = { STR_INIT("/search.gmi"), STR_INIT("/connect.gmi"),
		STR_INIT("/random.gmi") };
	struct walk *w = context;
	enum every_kind kind = EVERY_PAGE;

	if (str_starts(path, STR("/mirror/")))
		return;
	for (size_t i = 0; i < COUNT(LIVE); i++)
		if (str_eq(path, LIVE[i]))
			kind = EVERY_LIVE;
	visit(w, path, kind);
}

/* Of an index the page of what begins so, and those below it where that is too much for one. */
static void
visit_letters(struct walk *w, enum lettered of, struct str begin, size_t total)
{
	struct arena a = { 0 };
	struct view v = w->v;
	struct begins next = { 0 };

	v.arena = &a;
	size_t listed = view_letters(&v, of, begin, total, &next);
	struct str path = view_letters_path(&v, of, begin);

	/* the first page of all is among those that every directory has */
	if (begin.n)
		visit_parts(w, str_sub(path, 0, path.n - STR(".gmi").n), listed);
	for (size_t i = 0; w->going && i < next.n; i++)
		visit_letters(w, of, next.v[i].begin, next.v[i].n);
	arena_end(&a);
}

static void
visit_index(struct walk *w, enum lettered of)
{
	visit_letters(w, of, STR(""), letters_count(w->v.store, of, STR("")));
}

static void
visit_own_pages(struct walk *w)
{
	struct entries pages = { 0 };

	query_pages(w->v.store, &w->arena, &pages);
	for (size_t i = 0; i < pages.n; i++)
		visit(w, arena_printf(&w->arena, "/%.*s.gmi", STR_ARG(pages.v[i].name.text)),
			EVERY_PAGE);
	arena_end(&w->arena);
}

static void
visit_people(struct walk *w)
{
	static const char *const FORMS[] = { "gmi", "txt", "yaml",
		"bib" /* last: only who has sources has it */ };
	struct buf last = { 0 };
	struct listed people;

	do {
		people = (struct listed){ 0 };
		list_people(w->v.store, &w->arena, buf_str(&last), &people);
		for (size_t i = 0; i < people.n; i++)
			for (size_t f = 0; w->going && f < COUNT(FORMS) - !people.v[i].cites; f++)
				visit(w,
					arena_printf(&w->arena, "/people/%.*s.%s",
						STR_ARG(people.v[i].slug), FORMS[f]),
					EVERY_PAGE);
		if (people.n)
			keep(&last, people.v[people.n - 1].slug);
		arena_end(&w->arena);
	} while (w->going && people.n);
	buf_end(&last);
}

static void
visit_things(struct walk *w, enum shared_kind kind, struct str folder)
{
	struct buf last = { 0 };
	struct things things;

	visit_index(w, (enum lettered)kind);
	do {
		things = (struct things){ 0 };
		list_things(w->v.store, &w->arena, kind, buf_str(&last), &things);
		for (size_t i = 0; w->going && i < things.n; i++)
			visit_parts(w,
				arena_printf(&w->arena, "/%.*s/%.*s", STR_ARG(folder),
					STR_ARG(things.v[i].slug)),
				things.v[i].people);
		if (things.n)
			keep(&last, things.v[things.n - 1].slug);
		arena_end(&w->arena);
	} while (w->going && things.n);
	buf_end(&last);
}

static void
visit_old(struct walk *w)
{
	struct buf folder = { 0 }, slug = { 0 };
	struct old_rows rows;

	do {
		rows = (struct old_rows){ 0 };
		list_old(w->v.store, &w->arena, buf_str(&folder), buf_str(&slug), &rows);
		for (size_t i = 0; w->going && i < rows.n; i++)
			visit(w,
				arena_printf(&w->arena, "/%.*s/%.*s.gmi", STR_ARG(rows.v[i].folder),
					STR_ARG(rows.v[i].slug)),
				EVERY_OLD);
		if (rows.n) {
			keep(&folder, rows.v[rows.n - 1].folder);
			keep(&slug, rows.v[rows.n - 1].slug);
		}
		arena_end(&w->arena);
	} while (w->going && rows.n);
	buf_end(&folder);
	buf_end(&slug);
}

/* Files with a name that an address can hold. */
static bool
visit_files(struct walk *w, struct err *e)
{
	struct arena a = { 0 };
	struct names names = { 0 };
	bool good = file_tree(&a, arena_printf(&a, "%s/files", w->v.capsule).p, &names, e);

	for (size_t i = 0; good && w->going && i < names.n; i++) {
		struct view v = w->v;
		struct answer answer;

		/* asked for as a reader would: what is no file of its own is not there */
		v.arena = &w->arena;
		v.path = arena_printf(&a, "/files/%.*s", STR_ARG(names.v[i]));
		route_answer(&v, &answer);
		if (answer.kind == ANSWER_FILE) {
			close(answer.fd);
			visit(w, v.path, EVERY_FILE);
		}
		arena_end(&w->arena);
	}
	arena_end(&a);
	return good;
}

bool
every_file(const struct view *v, every_visit *each, void *context, struct err *e)
{
	struct walk w = { .v = *v, .visit = each, .context = context, .going = true };
	bool good = visit_files(&w, e);

	arena_end(&w.arena);
	return good && w.going;
}

bool
every_path(const struct view *v, every_visit *each, void *context, struct err *e)
{
	struct walk w = { .v = *v, .visit = each, .context = context, .going = true };
	bool good;

	route_each_fixed(visit_fixed, &w);
	visit_own_pages(&w);
	visit_index(&w, LETTERED_PERSON);
	visit_people(&w);
	visit_things(&w, SHARED_TOPIC, STR("topics"));
	visit_things(&w, SHARED_ORGANIZATION, STR("organizations"));
	visit_things(&w, SHARED_SOURCE, STR("sources"));
	good = visit_files(&w, e);
	visit_old(&w);
	arena_end(&w.arena);
	return good && w.going;
}
