/* bench_browse CATALOG: walks every page of the lists of a directory (A to Z, topics,
 * organizations, sources, and the pages of the topics, organizations and sources that most people
 * share, with all their continuations) and tells, for each kind, how many there are, the largest in
 * bytes of gemtext, and what one costs. The status is 1 when a page has more than 64 KiB, or the
 * home page more than a screen. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/map.h"
#include "base/uri.h"
#include "encode/encode.h"
#include "page/route.h"

enum { BYTES_MOST = 64 * 1024, SCREEN = 50, LISTED_MOST = 400 };

static struct store *store;
static struct arena keep;
static struct map seen;

static struct {
	struct str *v;
	size_t n, room;
} paths;

static struct kind_row {
	const char *begin;
	bool follow; /* all such links, not only continuations and the first LISTED_MOST */
	size_t n, bytes, people;
	double ms, most_ms;
	struct str largest;
} KINDS_OF_PAGE[] = {
	{ .begin = "/index.gmi", .follow = true },
	{ .begin = "/people/index", .follow = true },
	{ .begin = "/names/", .follow = true },
	{ .begin = "/topics/index", .follow = true },
	{ .begin = "/organizations/index", .follow = true },
	{ .begin = "/sources/index", .follow = true },
	{ .begin = "/changes.gmi", .follow = true },
	{ .begin = "/topics/" },
	{ .begin = "/organizations/" },
	{ .begin = "/sources/" },
};

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct kind_row *
row_of(struct str path)
{
	for (size_t i = 0; i < COUNT(KINDS_OF_PAGE); i++)
		if (str_starts(path, str_of(KINDS_OF_PAGE[i].begin)))
			return &KINDS_OF_PAGE[i];
	return NULL;
}

static void
follow(struct str path)
{
	struct kind_row *row = row_of(path);
	bool further = str_find_str(path, STR("--")) < path.n;

	if (!row || map_find(&seen, path) != (size_t)MAP_NONE ||
		(!row->follow && !further && row->people >= LISTED_MOST))
		return;
	path = arena_str(&keep, path);
	*map_at(&keep, &seen, path) = 1;
	*vec_add(&keep, &paths) = path;
	if (!row->follow && !further)
		row->people++;
}

static bool
look(struct str path)
{
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct view v = {
		.store = store, .arena = &a, .path = path, .base = { STR("localhost"), 1965 }
	};
	struct answer answer;
	struct kind_row *row = row_of(path);
	double began = cpu_ms(), ms;

	query_settings(store, &a, &v.settings);
	route_answer(&v, &answer);
	bool good = answer.kind == ANSWER_PAGE;

	if (good)
		encode_gemtext(&answer.page, NULL, &out);
	else
		printf("%.*s: no page\n", STR_ARG(path));
	ms = cpu_ms() - began;
	row->n++;
	row->ms += ms;
	if (ms > row->most_ms)
		row->most_ms = ms;
	if (out.n > row->bytes) {
		row->bytes = out.n;
		row->largest = path;
	}
	for (size_t i = 0; good && i < answer.page.n; i++)
		if (answer.page.v[i].kind == LINE_LINK)
			follow(answer.page.v[i].target);
	if (str_eq(path, STR("/index.gmi"))) {
		size_t lines = 0;

		for (size_t i = 0; i < out.n; i++)
			lines += out.p[i] == '\n';
		printf("the home page has %zu lines\n", lines);
		good = good && lines <= SCREEN;
	}
	good = good && out.n < BYTES_MOST;
	buf_end(&out);
	arena_end(&a);
	return good;
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	bool good = true;

	if (argc != 2 || !(store = store_open(argv[1], STORE_ALONE, &e))) {
		fprintf(stderr, "bench_browse: %s\n", argc == 2 ? e.text : "name a catalog");
		return 2;
	}
	follow(STR("/index.gmi"));
	for (size_t i = 0; i < paths.n; i++)
		good = look(paths.v[i]) && good;
	printf("%-22s %7s %7s %9s %9s\n", "", "pages", "bytes", "CPU ms", "most");
	for (size_t i = 0; i < COUNT(KINDS_OF_PAGE); i++) {
		const struct kind_row *row = &KINDS_OF_PAGE[i];

		if (row->n)
			printf("%-22s %7zu %7zu %9.3f %9.3f  %.*s\n", row->begin, row->n,
				row->bytes, row->ms / (double)row->n, row->most_ms,
				STR_ARG(row->largest));
	}
	puts(good ? "every page is as small as it should be" : "a page is too large");
	store_close(store);
	arena_end(&keep);
	return !good;
}
