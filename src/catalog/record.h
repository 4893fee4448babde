/* record: between a tree of YAML, a struct of schema.h, and the catalog's columns, all by the
 * tables. */
#ifndef CATALOG_RECORD_H
#define CATALOG_RECORD_H

#include "catalog/schema.h"
#include "catalog/yaml.h"

/* Fills *into (a zeroed struct of that kind) from the map `node`; adds every problem to the reader.
 * True when the record holds no error of its own. Texts are NFC and folded, identifiers canonical.
 */
bool record_parse(struct reader *r, const struct kind *kind, const struct node *node, void *into);

/* Reads one value of a field as it would stand in a file (an option of the command line): text, or
 * an item more of a list. The problem goes to the reader, at line 1. */
bool record_parse_one(struct reader *r, const struct field *field, struct str text, void *into);

/* What ends items of packed lists, and parts of an item. */
enum { ITEM_END = 0x1e, PART_END = 0x1f };

/* The catalog's form of a field: a text as it is; items of a list joined by U+001E, parts of an
 * item by U+001F, which no text may hold. A citation is its source's slug and its why. Empty for an
 * absent field. A text is borrowed from the record. */
struct str record_pack(struct arena *a, const struct field *field, const void *record);
void record_unpack(struct arena *a, const struct field *field, struct str packed, void *record);

/* Makes a record, which may have been parsed in an arena that is about to end, own what it points
 * to: every text and list is copied into `a`, no larger than it is. Texts in the bytes that last
 * as long as `a` (its file's) stay there. */
void record_move(struct arena *a, struct str lasting, const struct kind *kind, void *record);

static inline const void *
field_at(const struct field *field, const void *record)
{
	return (const char *)record + field->offset;
}

#endif
