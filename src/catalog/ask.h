/* ask: small questions to a catalog: a statement (a literal, see store_statement), its places bound
 * by form ('i' int64_t, 't' struct str, as in rows_run), and the first columns of what it answers.
 * All is read before a call returns, so that the caller may write. */
#ifndef CATALOG_ASK_H
#define CATALOG_ASK_H

#include <stdarg.h>

#include "catalog/store.h"

struct texts {
	struct str *v;
	size_t n, room;
};

struct numbers {
	int64_t *v;
	size_t n, room;
};

void ask_texts(struct store *s, struct arena *a, struct texts *out, const char *sql,
	const char *form, ...);
void ask_numbers(struct store *s, struct arena *a, struct numbers *out, const char *sql,
	const char *form, ...);

/* The first answer, or `none`; an empty text when there is none. */
int64_t ask_number(struct store *s, int64_t none, const char *sql, const char *form, ...);
struct str ask_text(struct store *s, struct arena *a, const char *sql, const char *form, ...);

/* A set of texts (or of numbers, by their bytes), in the order in which they came. */
struct set {
	struct map map;
	struct texts in;
};

/* Whether it is new. The text is borrowed. */
bool set_add(struct arena *a, struct set *set, struct str text);
bool set_has(const struct set *set, struct str text);

#endif
