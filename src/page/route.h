/* route: which view answers which path; one row a page kind, the same for every protocol. */
#ifndef PAGE_ROUTE_H
#define PAGE_ROUTE_H

#include "page/view.h"

/* Answers v->path (decoded, absolute, without dot segments), with v->has_query and v->query; fills
 * v->name and v->part. "" and
 * "/" are the home page; a folder's path ending in '/' is its index; a path without its ending
 * moves to the page. */
void route_answer(struct view *v, struct answer *answer);

/* The Gopher item type of a path of ours, as its page announces it: '1' menu, '0' text, '7' search,
 * '9' binary, ... */
char route_type(struct str path);

/* Calls visit for each path whose page does not depend on records ("/index.gmi", "/changes.gmi",
 * ...). */
void route_each_fixed(void (*visit)(void *context, struct str path), void *context);

#endif
