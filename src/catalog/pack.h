/* pack: lists that stand in one column of a row, where a row for each item would cost the tree an
 * entry each: texts, ids, relations. */
#ifndef CATALOG_PACK_H
#define CATALOG_PACK_H

#include "base/buf.h"
#include "catalog/ask.h"

/* Texts (slugs, identifiers) joined by U+001E; empty: none. */
struct str pack_texts(struct arena *a, const struct str *texts, size_t n);
/* Takes the next text off *packed (borrowed); false when there is none. */
bool unpack_text(struct str *packed, struct str *text);
/* The same of a list of slugs: what is too long for one, as in a damaged catalog, is passed over.
 */
bool unpack_slug(struct str *packed, struct str *slug);
/* The list with the slug in its place, in byte order, or without it. */
struct str pack_slug_in(struct arena *a, struct str packed, struct str slug);
struct str pack_slug_out(struct arena *a, struct str packed, struct str slug);

/* Ids of 8 bytes each, most significant first. */
enum { PACKED_ID = 8 };
struct str pack_ids(struct arena *a, const int64_t *ids, size_t n);
size_t unpack_count(struct str packed);
int64_t unpack_id(struct str packed, size_t at);
/* The first place of an ascending list whose id is not less. */
size_t unpack_place(struct str packed, int64_t id);
/* The ascending list with the id, or without it. */
struct str pack_id_in(struct arena *a, struct str packed, int64_t id);
struct str pack_id_out(struct arena *a, struct str packed, int64_t id);

/* A line of a person's list: the other's id and slug (which decides between equals), the slugs of
 * what is shown (relation.shown of them), and of the relation reason, count, score, common,
 * position and why. */
struct related_line {
	int64_t other;
	struct str slug, shared[SHARED_SHOWN];
	struct relation relation;
};
struct str pack_related(struct arena *a, const struct related_line *lines, size_t n);
/* How many; texts are borrowed. Lines without a reason, as in a damaged catalog, are passed over.
 */
size_t unpack_related(struct str packed, struct related_line lines[RELATED_MOST]);

#endif
