/* rows: what stands in the catalog's tables for a person, a thing, a file. A full build and an
 * update both write through here, so that they cannot disagree. */
#ifndef CATALOG_ROWS_H
#define CATALOG_ROWS_H

#include "catalog/related.h"
#include "catalog/store.h"
#include "catalog/vocabulary.h"

/* A catalog being written. The first failure sticks; writing on is harmless. */
struct rows {
	struct store *store;
	struct arena scratch; /* the writer's caller ends it now and then */
	struct err *e;
	bool good;
};

/* Runs a statement (a literal, see store_statement) whose places are bound by form: 'i' int64_t,
 * 't' struct str. */
void rows_run(struct rows *r, const char *sql, const char *form, ...);

/* ---- people ---- */

/* The person's own row; start_here holds what is in service, each item's id being its source. */
void rows_person(struct rows *r, int64_t id, const struct person *person);
/* What follows from the record alone: names, claims, pins, unrelated. */
void rows_person_sayings(struct rows *r, int64_t id, const struct person *person);
void
rows_share(struct rows *r, int64_t person, enum shared_kind kind, size_t place, struct str item);
void rows_posting(struct rows *r, enum shared_kind kind, struct str item, int64_t person);
void rows_citing(struct rows *r, struct str key, struct str who);
void rows_claim(struct rows *r, const struct claim *claim);

/* How the letters of a sort name are counted. */
struct str rows_letters(struct arena *a, const struct person *person, struct str *sort);
void rows_tally(struct rows *r, int kind, struct str key, int64_t more);

/* A relation of a person; `shared` are the slugs of the things shared, packed (pack_slugs). */
struct str pack_slugs(struct arena *a, const struct str *slugs, size_t n);
void rows_relation(struct rows *r, int64_t person, size_t place, int64_t other,
	const struct relation *relation, struct str shared);

/* ---- things ---- */

/* The id that a thing would like to have, by the order of magnitude of how many have it. */
int64_t thing_id(enum shared_kind kind, struct str slug, size_t people);

/* The row of a topic or organization, its id (rank) and its words. */
void rows_item(struct rows *r, int64_t id, enum shared_kind kind, struct str slug, size_t people,
	const struct subject *subject);
void rows_item_drop(struct rows *r, int64_t id, enum shared_kind kind, struct str slug,
	const struct subject *subject);
void rows_spelling(
	struct rows *r, enum shared_kind kind, struct str item, struct str label, int64_t more);

/* The same of a source; with it go its identifiers, author names and claims. */
void rows_work(struct rows *r, int64_t id, const struct work *work, size_t people);
/* Takes all that away again; `source` is what query_source() says of it. */
void rows_work_drop(struct rows *r, int64_t id, const struct source_file *source);
/* The same source with other people: it moves to the id that goes with so many. */
void rows_work_recount(struct rows *r, int64_t from, int64_t to, const struct source_file *source,
	size_t before, size_t now);
void rows_author(struct rows *r, struct str source, size_t position, int64_t person);

/* ---- words ---- */

/* What a person is found by: the record and the names of what it has, in order. */
struct named_things {
	struct str *v;
	size_t n, room;
};
struct person_words {
	const struct person *person;
	struct named_things topics, organizations,
		works; /* names, with the organizations' aliases */
};
/* As the indexes get them: of the names, and of all. */
struct vocabulary_words rows_texts(struct arena *a, const struct person_words *words);
void rows_words(struct rows *r, int64_t id, const struct vocabulary_words *texts);
void rows_words_drop(struct rows *r, int64_t id, const struct vocabulary_words *texts);

/* ---- files ---- */

void rows_file(struct rows *r, const struct source_text *text);
void rows_problem(struct rows *r, const struct problem *problem);
void rows_settings(struct rows *r, const struct settings *settings);

#endif
