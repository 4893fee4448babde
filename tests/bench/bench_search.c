/* bench_search CAPSULE CATALOG [ROUNDS]: what a search costs a worker, as CPU time of one page from
 * the words to its lines, by class of query. Builds the catalog first where there is none. The
 * words are drawn from the directory itself, so every size is asked what its readers would ask. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "catalog/build.h"
#include "catalog/vocabulary.h"
#include "encode/encode.h"
#include "page/route.h"

enum { SAMPLES = 4000 };

static struct store *store;
static struct arena keep;
static uint64_t dice = 1;
static size_t people;

static uint64_t
roll(void)
{
	uint64_t x = dice += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- the words of this directory ---- */

static struct {
	struct person **v;
	size_t n, room;
} drawn;

static struct {
	struct str *v;
	size_t n, room;
} topics;

static void
draw(void)
{
	struct things things = { 0 };

	for (size_t i = 0; i < 400; i++) {
		struct card card;
		int64_t id;

		if (query_nth_person(store, &keep, roll(), &card))
			*vec_add(&keep, &drawn) = query_person(store, &keep, card.slug, &id);
	}
	query_best_known(store, &keep, SHARED_TOPIC, 50, &things);
	for (size_t i = 0; i < things.n; i++)
		*vec_add(&keep, &topics) = things.v[i].name;
}

static const struct person *
somebody(void)
{
	return drawn.v[roll() % drawn.n];
}

static struct str
pick_word(struct str text)
{
	struct str rest = text, word, picked = STR("");
	size_t seen = 0;

	while (str_word(&rest, &word))
		if (roll() % ++seen == 0)
			picked = word;
	return picked;
}

static struct str
name_of(struct arena *a)
{
	(void)a;
	return somebody()->name.text;
}

static struct str
last_name(struct arena *a)
{
	struct str name = somebody()->name.text;

	(void)a;
	return str_sub(name, str_find_last(name, ' ') + 1, name.n);
}

static struct str
half_name(struct arena *a)
{
	struct str name = text_fold(a, somebody()->name.text);

	return str_sub(name, 0, name.n * 2 / 3);
}

static struct str
native(struct arena *a)
{
	for (size_t i = 0; i < 10000; i++) {
		const struct person *p = somebody();

		if (p->native_name.text.n)
			return p->native_name.text;
	}
	(void)a;
	return STR("王");
}

static struct str
letters(struct arena *a, size_t n)
{
	return str_sub(text_fold(a,
			       pick_word(somebody()->summary.text.n ? somebody()->tagline.text
								    : somebody()->name.text)),
		0, n);
}

static struct str
one_letter(struct arena *a)
{
	return letters(a, 1);
}

static struct str
two_letters(struct arena *a)
{
	return letters(a, 2);
}

static struct str
three_letters(struct arena *a)
{
	return letters(a, 3);
}

static struct str
four_letters(struct arena *a)
{
	return letters(a, 4);
}

static struct str
six_letters(struct arena *a)
{
	return letters(a, 6);
}

/* Words that stand in most records. */
static struct str
common(struct arena *a)
{
	static const char *const WORDS[] = { "of", "for", "the", "with", "and", "university",
		"learning", "models", "less", "professor", "works" };

	(void)a;
	return str_of(WORDS[roll() % COUNT(WORDS)]);
}

static struct str
two_common(struct arena *a)
{
	return arena_printf(a, "%.*s %.*s", STR_ARG(common(a)), STR_ARG(common(a)));
}

static struct str
topic(struct arena *a)
{
	(void)a;
	return topics.v[roll() % topics.n];
}

/* A phrase of some record, in quotes. */
static struct str
phrase(struct arena *a)
{
	struct str text = text_fold(a, somebody()->tagline.text), word;
	size_t skip = roll() % 3, from;

	while (skip-- && str_word(&text, &word))
		;
	from = (size_t)(text.n > 0 && text.p[0] == ' ');
	struct str rest = str_sub(text, from, text.n), begin = rest;

	for (size_t i = 0; i < 3 && str_word(&rest, &word); i++)
		begin.n = (size_t)(word.p + word.n - begin.p);
	return arena_printf(a, "\"%.*s\"", STR_ARG(begin));
}

/* Five words, of one record and of several. */
static struct str
five_of_one(struct arena *a)
{
	const struct person *p = somebody();
	struct str all = arena_printf(a, "%.*s %.*s %.*s", STR_ARG(p->name.text),
		STR_ARG(p->tagline.text), STR_ARG(p->role.text));
	struct str w[5];

	for (size_t i = 0; i < 5; i++)
		w[i] = pick_word(all);
	return arena_printf(a, "%.*s %.*s %.*s %.*s %.*s", STR_ARG(w[0]), STR_ARG(w[1]),
		STR_ARG(w[2]), STR_ARG(w[3]), STR_ARG(w[4]));
}

static struct str
five_of_many(struct arena *a)
{
	struct str w[5];

	for (size_t i = 0; i < 5; i++)
		w[i] = pick_word(somebody()->tagline.text);
	return arena_printf(a, "%.*s %.*s %.*s %.*s %.*s", STR_ARG(w[0]), STR_ARG(w[1]),
		STR_ARG(w[2]), STR_ARG(w[3]), STR_ARG(w[4]));
}

/* A name with one letter wrong: nothing is found, the nearest names are. */
static struct str
misspelt(struct arena *a)
{
	struct str name = arena_str(a, text_fold(a, somebody()->name.text));
	size_t at = name.n ? roll() % name.n : 0;

	if (name.n && name.p[at] != ' ')
		((char *)name.p)[at] = (char)('a' + roll() % 26);
	return name;
}

static struct str
nonsense(struct arena *a)
{
	char text[12];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + roll() % 26);
	return arena_str(a, (struct str){ text, 4 + roll() % 8 });
}

static const struct class {
	const char *what;
	struct str (*make)(struct arena *a);
} CLASSES[] = {
	{ "a whole name", name_of },
	{ "a family name", last_name },
	{ "the beginning of a name", half_name },
	{ "a name in its own script", native },
	{ "one letter", one_letter },
	{ "two letters", two_letters },
	{ "three letters", three_letters },
	{ "four letters", four_letters },
	{ "six letters", six_letters },
	{ "the commonest words", common },
	{ "two of the commonest words", two_common },
	{ "a topic", topic },
	{ "a phrase", phrase },
	{ "five words of one record", five_of_one },
	{ "five words of five records", five_of_many },
	{ "a misspelt name", misspelt },
	{ "letters by chance", nonsense },
};

/* ---- measuring ---- */

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
at(double *ms, size_t n, double share)
{
	return n ? ms[(size_t)((double)(n - 1) * share)] : 0;
}

static void
row(const char *what, double *ms, size_t n, size_t cut, double reach, const char *worst)
{
	qsort(ms, n, sizeof *ms, by_size);
	printf("%-28s %8.3f %8.3f %8.3f %5.1f%%  %s\n", what, at(ms, n, 0.5), at(ms, n, 0.99),
		at(ms, n, 1), 100.0 * (double)cut / (double)n,
		at(ms, n, 0.99) <= reach ? "reached" : "not reached");
	if (getenv("BENCH_WORST"))
		printf("    %s\n", worst);
}

static bool
was_cut(const struct view *v, const struct answer *answer)
{
	for (size_t i = 0; answer->kind == ANSWER_PAGE && i < answer->page.n; i++)
		if (str_eq(answer->page.v[i].text, view_word(v, WORD_SEARCH_CUT)))
			return true;
	return false;
}

static double
ask(struct arena *a, struct str words, bool *cut)
{
	struct view v = { .store = store,
		.arena = a,
		.path = STR("/search.gmi"),
		.has_query = true,
		.query = words,
		.base = { STR("localhost"), 1965 } };
	struct answer answer;
	double began = cpu_ms(), ms;

	route_answer(&v, &answer);
	ms = cpu_ms() - began;
	*cut = was_cut(&v, &answer);
	return ms;
}

static void
measure(size_t rounds)
{
	double reach = people > 500000 ? 50 : 20;
	double *all = arena_array(&keep, double, COUNT(CLASSES) * rounds);
	size_t all_n = 0, all_cut = 0;

	printf("%zu people; CPU ms of one page, p99 at most %.0f\n%-28s %8s %8s %8s %6s\n", people,
		reach, "", "p50", "p99", "most", "cut");
	for (size_t c = 0; c < COUNT(CLASSES); c++) {
		double *ms = arena_array(&keep, double, rounds), most = 0;
		char worst[200] = "";
		size_t cuts = 0;

		for (size_t i = 0; i < rounds; i++) {
			struct arena a = { 0 };
			struct str words = CLASSES[c].make(&a);

			bool cut;

			all[all_n++] = ms[i] = ask(&a, words, &cut);
			cuts += cut;
			if (ms[i] > most) {
				most = ms[i];
				snprintf(worst, sizeof worst, "%.*s", STR_ARG(words));
			}
			arena_end(&a);
		}
		row(CLASSES[c].what, ms, rounds, cuts, reach, worst);
		all_cut += cuts;
	}
	row("all of these", all, all_n, all_cut, reach, "");
}

static bool
build(const char *capsule, const char *catalog, struct err *e)
{
	struct directory d = { 0 };
	bool good =
		directory_load(&d, capsule, NULL, NULL, e) && build_catalog(catalog, &d, NULL, e);

	directory_end(&d);
	return good;
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	unsigned long rounds = 300;

	if (argc < 3 || argc > 4 || (argc == 4 && !str_number(str_of(argv[3]), SAMPLES, &rounds))) {
		fprintf(stderr, "usage: bench_search CAPSULE CATALOG [ROUNDS]\n");
		return 2;
	}
	store = store_open(argv[2], STORE_ALONE, &e);
	if (!store) {
		double began = cpu_ms();

		e = (struct err){ 0 };
		if (!build(argv[1], argv[2], &e) ||
			!(store = store_open(argv[2], STORE_ALONE, &e))) {
			fprintf(stderr, "bench_search: %s\n", e.text);
			return 1;
		}
		printf("catalog built in %.1f s of CPU\n", (cpu_ms() - began) / 1e3);
	}
	people = query_people_count(store);
	draw();
	if (drawn.n && topics.n)
		measure(rounds ? rounds : 1);
	store_close(store);
	arena_end(&keep);
	return 0;
}
