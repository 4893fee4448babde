/* common: what many pages ask for, so that a reader keeps it in memory as long as the catalog stays
 * the same (store_kept): the settings, topics and organizations by their slugs, and what profiles
 * do not keep beside them (shown.h). Texts lie in the arena given, or are good until the next outer
 * store_begin(). */
#ifndef CATALOG_COMMON_H
#define CATALOG_COMMON_H

#include "catalog/query.h"

void common_settings(struct store *s, struct arena *a, struct settings *settings);

bool common_thing(struct store *s, struct arena *a, enum shared_kind kind, struct str slug,
	struct thing *thing);

/* As profiles show it, however many people have it. */
bool common_source(struct store *s, struct arena *a, struct str slug, struct shown_source *source);
bool common_card(struct store *s, struct arena *a, struct str slug, struct shown_card *card);

#endif
