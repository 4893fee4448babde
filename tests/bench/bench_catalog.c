/* What a catalog costs: building it, following edits, rendering pages from it, beside reading the
 * files and libyaml's events alone. usage: bench_catalog CAPSULE CATALOG [EDITS]; the catalog is
 * built anew, and the capsule's records are edited (and put back). CPU time of the process. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <yaml.h>

#include "base/file.h"
#include "catalog/build.h"
#include "catalog/query.h"
#include "catalog/update.h"
#include "proto/cache.h"
#include "proto/site.h"

enum { SAMPLE = 20000, RUN = 500, PAGES = 3000, TIMES_MOST = 100000 };

static struct arena keep;
static struct names files; /* of people, within the capsule */

static double
clock_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double
cpu_ms(void)
{
	return clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

/* What of it was spent in the system: reading, writing, and memory that is touched first. */
static double
system_ms(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)used.ru_stime.tv_sec * 1e3 + (double)used.ru_stime.tv_usec / 1e3;
}

static uint64_t state = 7;

static size_t
any(size_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)((state >> 33) % n);
}

/* ---- the yardstick ---- */

static void
events_of(struct str bytes)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;

	yaml_parser_initialize(&parser);
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes.p, bytes.n);
	while (more && yaml_parser_parse(&parser, &event)) {
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
}

/* Milliseconds of CPU a record for reading it and libyaml's events. Runs of files are read in their
 * order, as a build does, and others each time: a file costs three times as much when it is not in
 * the page cache, and what an earlier bench left there says nothing of the rest. One is read after
 * the other, as by whoever reads files. */
static double
measure_events(const char *capsule)
{
	size_t runs = files.n > SAMPLE ? SAMPLE / RUN : files.n / RUN + 1, n = 0,
	       from = (size_t)clock_of(CLOCK_REALTIME) % files.n;
	double began = cpu_ms();

	for (size_t i = 0; i < runs * RUN && i < files.n; i++) {
		struct arena a = { 0 };
		struct err e = { 0 };
		struct str bytes, file;

		file = files.v[(from + i / RUN * (files.n / runs) + i % RUN) % files.n];
		if (file_read(&a, arena_printf(&a, "%s/people/%.*s", capsule, STR_ARG(file)).p,
			    65536, &bytes, NULL, &e))
			events_of(bytes);
		arena_end(&a);
		n++;
	}
	return (cpu_ms() - began) / (double)n;
}

/* ---- building ---- */

static size_t records;

static double
build_once(const char *capsule, const char *catalog)
{
	struct directory d = { 0 };
	struct err e = { 0 };
	double began = cpu_ms(), in_system = system_ms(), loaded, built;

	if (!directory_load(&d, capsule, NULL, NULL, &e)) {
		fprintf(stderr, "bench_catalog: %s\n", e.text);
		exit(1);
	}
	loaded = cpu_ms();
	if (!build_catalog(catalog, &d, NULL, &e)) {
		fprintf(stderr, "bench_catalog: %s\n", e.text);
		exit(1);
	}
	built = cpu_ms();
	records = d.texts.n;
	printf("full build of %zu files (%zu people): %.1f s of CPU, %.1f s of it in the system; "
	       "reading and relating %.1f s, writing %.1f s\n",
		records, d.people.n, (built - began) / 1e3, (system_ms() - in_system) / 1e3,
		(loaded - began) / 1e3, (built - loaded) / 1e3);
	directory_end(&d);
	return (built - began) / (double)records;
}

/* ---- times ---- */

struct times {
	double v[TIMES_MOST];
	size_t n;
};

static int
by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print_times(const char *what, struct times *t)
{
	if (t->n == 0)
		return;
	qsort(t->v, t->n, sizeof *t->v, by_time);
	printf("%-44s %6zu  p50 %8.3f  p90 %8.3f  p99 %8.3f ms\n", what, t->n, t->v[t->n / 2],
		t->v[t->n * 9 / 10], t->v[t->n * 99 / 100]);
}

/* Memory that a machine must first be given costs more at its first touch, so that one build says
 * little: the median of five; from 200,000 files on, where that takes long, of one. */
static double
measure_build(const char *capsule, const char *catalog)
{
	enum { BUILDS = 5, ONCE_FROM = 200000 };
	static struct times t;

	do
		t.v[t.n++] = build_once(capsule, catalog);
	while (t.n < BUILDS && records < ONCE_FROM);
	qsort(t.v, t.n, sizeof *t.v, by_time);
	return t.v[t.n / 2];
}

/* ---- edits ---- */

/* A line put behind the line that begins a list, or at the end of the record. */
static const struct kind_of_edit {
	const char *what, *behind, *line;
} EDITS[] = {
	{ "the summary of a record", NULL, "x-note: changed\n" },
	{ "its tagline", NULL, "tagline: Another line\n" },
	{ "one topic more", "topics:\n", "  - bench topic of its own\n" },
	{ "one source more", "start_here:\n",
		"  - {title: Bench source of its own, url: 'https://bench.example/x'}\n" },
};

static struct str
edited(struct arena *a, struct str bytes, const struct kind_of_edit *edit)
{
	struct str mark = edit->behind ? str_of(edit->behind) : STR("tagline:");
	size_t at = str_find_str(bytes, mark);
	struct str line = str_of(edit->line);

	if (at == bytes.n)
		return STR("");
	if (edit->behind)
		at += mark.n;
	struct str head = str_sub(bytes, 0, at), tail = str_sub(bytes, at, bytes.n);

	if (str_starts(line, STR("tagline:")))
		tail = str_sub(tail, str_find(tail, '\n') + 1, tail.n);
	return arena_printf(a, "%.*s%.*s%.*s", STR_ARG(head), STR_ARG(line), STR_ARG(tail));
}

/* Of an edit, ms: CPU in all, wall time until it is committed, and then until it rests in the file.
 */
struct cost {
	double cpu, wall, rest;
};

static bool
write_and_update(
	struct updater *u, struct str full, struct str path, struct str bytes, struct cost *cost)
{
	struct arena a = { 0 };
	struct names paths = { 0 };
	struct update_told told;
	struct err e = { 0 };
	bool good = file_write(full.p, bytes, 0644, &e);
	double began = cpu_ms(), at = clock_of(CLOCK_MONOTONIC);

	*vec_add(&a, &paths) = path;
	good = good && updater_update(u, &a, &paths, &told, &e);
	cost->wall = clock_of(CLOCK_MONOTONIC) - at;
	updater_rest(u);
	cost->rest = clock_of(CLOCK_MONOTONIC) - at;
	cost->cpu = cpu_ms() - began;
	if (!good)
		fprintf(stderr, "bench_catalog: %s\n", e.text);
	arena_end(&a);
	return good;
}

static void
measure_edits(const char *capsule, const char *catalog, size_t n)
{
	static struct times cpu[COUNT(EDITS)], wall, rest;
	struct err e = { 0 };
	struct updater *u = updater_open(catalog, capsule, NULL, &e);

	if (!u)
		fprintf(stderr, "bench_catalog: %s\n", e.text);
	for (size_t i = 0; u && i < n; i++) {
		struct arena a = { 0 };
		size_t kind = i % COUNT(EDITS);
		struct str file = files.v[any(files.n)];
		struct str path = arena_printf(&a, "people/%.*s", STR_ARG(file));
		struct str full = arena_printf(&a, "%s/%.*s", capsule, STR_ARG(path)), bytes;
		struct cost cost;

		if (!file_read(&a, full.p, 65536, &bytes, NULL, &e)) {
			fprintf(stderr, "bench_catalog: %s: %s\n", full.p, e.text);
			break;
		}
		struct str text = edited(&a, bytes, &EDITS[kind]);

		if (text.n && write_and_update(u, full, path, text, &cost)) {
			cpu[kind].v[cpu[kind].n++] = cost.cpu;
			wall.v[wall.n++] = cost.wall;
			rest.v[rest.n++] = cost.rest;
			write_and_update(u, full, path, bytes, &cost);
		}
		arena_end(&a);
	}
	updater_close(u);
	for (size_t i = 0; i < COUNT(EDITS); i++)
		print_times(EDITS[i].what, &cpu[i]);
	print_times("any of them, until it is committed (wall)", &wall);
	print_times("and until its log is written, too (wall)", &rest);
}

/* ---- pages ---- */

static void
ask(struct site *site, struct str path, struct times *t)
{
	struct arena a = { 0 };
	const struct session session = { .local = STR("127.0.0.1"), .port = 1965 };
	struct request request = { .host = STR("localhost"), .port = 1965, .path = path };
	struct reply reply = { .fd = -1 };
	double began = cpu_ms();

	proto_gemini.answer(site, &a, &session, PARSE_DONE, &request, &reply);
	t->v[t->n++] = cpu_ms() - began;
	buf_end(&reply.out);
	arena_end(&a);
}

static void
measure_pages(const char *catalog)
{
	static struct times fresh, cached;
	struct err e = { 0 };
	struct entry host = { .name.text = STR("localhost") };
	struct site site = { .store = store_open(catalog, STORE_ALONE, &e),
		.hosts = { &host, 1, 1 },
		.port = 1965 };
	struct names paths = { 0 };

	if (!site.store)
		return;
	for (size_t i = 0; i < PAGES; i++) {
		struct card card;

		if (query_nth_person(site.store, &keep, state = state * 5 + 1, &card))
			*vec_add(&keep, &paths) =
				arena_printf(&keep, "/people/%.*s.gmi", STR_ARG(card.slug));
	}
	for (size_t i = 0; i < paths.n; i++)
		ask(&site, paths.v[i], &fresh);
	site.cache = cache_open(64 << 20, NULL);
	for (size_t i = 0; i < 300 && i < paths.n; i++)
		ask(&site, paths.v[i], &cached);
	cached.n = 0;
	for (size_t i = 0; i < 300 && i < paths.n; i++)
		ask(&site, paths.v[i], &cached);
	print_times("a profile, not cached (100 us)", &fresh);
	print_times("a profile, cached (3 us)", &cached);
	cache_close(site.cache);
	store_close(site.store);
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	unsigned long edits = 400;

	if (argc < 3 || argc > 4 ||
		(argc == 4 && !str_number(str_of(argv[3]), TIMES_MOST, &edits)) ||
		!file_tree(&keep, arena_printf(&keep, "%s/people", argv[1]).p, &files, &e) ||
		files.n == 0) {
		fprintf(stderr, "usage: bench_catalog CAPSULE CATALOG [EDITS] %s\n", e.text);
		return 2;
	}
	double events = measure_events(argv[1]), build = measure_build(argv[1], argv[2]);

	printf("a record: reading and libyaml's events %.3f ms, all of the build %.3f ms; "
	       "1.5 x the former + 0.060 = %.3f ms: %.2f of that\n",
		events, build, 1.5 * events + 0.06, build / (1.5 * events + 0.06));
	measure_pages(argv[2]);
	measure_edits(argv[1], argv[2], edits);
	arena_end(&keep);
	return 0;
}
