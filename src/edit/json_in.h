/* json_in: JSON files from elsewhere, through Jansson. Whatever is not where it is looked for, or
 * is of another type, is simply not there: files come from many hands. */
#ifndef EDIT_JSON_IN_H
#define EDIT_JSON_IN_H

#include <jansson.h>

#include "edit/import.h"

/* NULL (and said, with its place) when the bytes are no JSON. The caller lets go by json_decref().
 */
json_t *json_read(struct reader *r, struct str bytes);

/* What stands at a path such as "person/name/given-names/value", a number being an index into an
 * array; NULL when nothing does. */
json_t *json_at(json_t *from, const char *path);

/* The text there (a number is spelt out), in the arena; empty when there is none. */
struct str json_text_at(struct arena *a, json_t *from, const char *path);

#endif
