/* writer: load, then store; what is wrong with records is the operator's to know and nobody's to
 * suffer. */
#include "run/writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "catalog/build.h"

enum { PROBLEMS_LOGGED = 50 };

static void
log_problems(const struct directory *d)
{
	for (size_t i = 0; i < d->problems.n && i < PROBLEMS_LOGGED; i++) {
		struct buf line = { 0 };

		problem_put(&line, &d->problems.v[i]);
		log_line("%.*s", (int)line.n - 1, line.p);
		buf_end(&line);
	}
	if (d->problems.n > PROBLEMS_LOGGED)
		log_line("%zu more problems; almagest check tells them all",
			d->problems.n - PROBLEMS_LOGGED);
}

static size_t
published(const struct directory *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->people.n; i++)
		n += d->people.v[i].standing == STANDING_PUBLISHED;
	return n;
}

bool
writer_update(const char *capsule, const char *catalog, struct metrics_facts *facts, struct err *e)
{
	struct directory d = { 0 };
	struct last_good last_good = store_last_good(catalog);
	int64_t began = clock_ms();
	bool good = directory_load(&d, capsule, &last_good, NULL, e);

	store_last_good_end(&last_good);
	if (good) {
		log_problems(&d);
		for (size_t i = 0; i < d.texts.n; i++)
			if (!d.texts.v[i].good)
				log_line("%.*s: has errors; %s", STR_ARG(d.texts.v[i].path),
					d.texts.v[i].serves
						? "its last good version stays in service"
						: "it is left out");
		good = build_catalog(catalog, &d, NULL, e);
	}
	if (good) {
		facts->people = (long)published(&d);
		facts->rejected = (long)d.rejected;
		log_line("catalog of %zu people, %zu topics, %zu organizations, %zu sources in "
			 "%lld ms",
			published(&d), d.topics.n, d.organizations.n, d.works.n,
			(long long)(clock_ms() - began));
	}
	directory_end(&d);
	return good;
}
