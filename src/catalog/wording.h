/* wording: the indexes of a full build, name_text, full_text and thing_text, and the table `word`
 * with them. Each text is folded once and each word looked up once, wherever it goes. */
#ifndef CATALOG_WORDING_H
#define CATALOG_WORDING_H

#include "catalog/rows.h"

struct wording;

/* The tables are new and empty. */
struct wording *wording_begin(struct rows *r, const struct directory *d);
/* First all things, then all published people, each in order of id. */
void wording_thing(struct wording *w, int64_t id, enum shared_kind kind, size_t at);
void wording_person(struct wording *w, int64_t id, const struct member *member);
/* Writes the indexes, */
void wording_write(struct wording *w);
/* then the table `word`, which may be fed as pages. */
void wording_end(struct wording *w);

#endif
