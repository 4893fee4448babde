/* every: the paths of all pages of a directory, in a fixed order and with bounded memory. Exports,
 * bundles, urls.txt and the tests that crawl have this one list. /mirror/ is not in it. */
#ifndef PAGE_EVERY_H
#define PAGE_EVERY_H

#include "base/err.h"
#include "page/view.h"

enum every_kind {
	EVERY_PAGE, /* lines or bytes that answer at this path */
	EVERY_LIVE, /* made on the spot for each reader: search, connect, random */
	EVERY_FILE, /* of files/ */
	EVERY_OLD   /* a former address, which leads elsewhere or says why it is gone */
};

/* False ends the list. */
typedef bool every_visit(void *context, struct str path, enum every_kind kind);

/* v gives store, settings and capsule; its arena is used between visits, and bounded as long as
 * visit keeps nothing in it. False when a visit said so, or (then in *e) files/ cannot be listed.
 */
bool every_path(const struct view *v, every_visit *visit, void *context, struct err *e);

/* The files of files/ alone. */
bool every_file(const struct view *v, every_visit *visit, void *context, struct err *e);

#endif
