/* bundler: makes what /mirror/ offers, one process at a time. */
#include "run/supervisor_internal.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "catalog/store.h"
#include "mirror/bundle.h"
#include "mirror/libarchive.h"

enum { SETTLE_MS = 2000 };

/* Made of the catalog in service, when readers leave time for it. */
static int
make_bundles(struct supervisor *s, size_t slot)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct store *store = NULL;

	(void)slot;
	if (nice(10) < 0)
		log_line("bundles are made at the priority of answers");
	if (libarchive(&e) && child_confine(s, true, &e) &&
		(store = store_open(s->plan.catalog, STORE_LIVE, &e))) {
		struct bundle bundle = { .folder = child_mirror_folder(s, &a).p,
			.store = store,
			.capsule = s->plan.capsule,
			.place = { .host = s->plan.hosts.v[0].name.text,
				.port = child_public_port(s) },
			.most = s->plan.bundle_most,
			.settle_ms = SETTLE_MS };

		if (bundle_make(&bundle, &e))
			e.text[0] = '\0';
	}
	store_close(store);
	arena_end(&a);
	if (e.text[0])
		log_line("bundles: %s", e.text);
	return e.text[0] ? EXIT_FAILURE : EXIT_SUCCESS;
}

void
bundler_start(struct supervisor *s)
{
	if (s->bundler) {
		s->bundle_again = true;
		return;
	}
	pid_t pid = child_start(s, "almagest-bundle", make_bundles, 0);

	s->bundler = pid > 0 ? pid : 0;
}

void
bundler_ended(struct supervisor *s)
{
	s->bundler = 0;
	if (s->bundle_again && !s->stop_at) {
		s->bundle_again = false;
		bundler_start(s);
	}
}
