/* row: what stands in the catalog's tables for a person, a thing, a file, as rows: functions of the
 * records alone. A full build and an update write the same ones (rows.h), so that they cannot
 * disagree. */
#ifndef CATALOG_ROW_H
#define CATALOG_ROW_H

#include "catalog/store.h"
#include "catalog/vocabulary.h"

/* ---- a row ---- */

enum { ROW_MOST = 32 }; /* columns, at most */

/* A row of a table, its columns in order; texts are borrowed. */
struct row {
	struct cell {
		enum cell_type { CELL_NUMBER, CELL_TEXT, CELL_BLOB, CELL_NULL } type;
		int64_t number;
		struct str text;
	} v[ROW_MOST];
	size_t n;
};

/* Each puts a column more. */
void row_number(struct row *row, int64_t number);
void row_text(struct row *row, struct str text);
void row_blob(struct row *row, struct str blob);
void row_null(struct row *row);

/* ---- A to Z ---- */

/* Where a name stands from A to Z (letters.h): its letters and digits, folded, where they begin
 * with one of a to z; else LETTERS_END and all of it, folded. */
struct str row_letters(struct arena *a, struct str name);

/* ---- people ---- */

/* The person's own row; start_here holds what is in service, each item's id being its source. */
void row_person(struct row *row, struct arena *a, int64_t id, const struct person *person);
void row_pin(struct row *row, const struct person *person, size_t place);
void row_apart(struct row *row, const struct person *person, size_t place);

/* The letters of a person's sort name. */
struct str person_letters(struct arena *a, const struct person *person);

/* Folded names by which somebody is found exactly; author: as which sources may name them, too. */
struct exact_name {
	struct str folded;
	int64_t person;
	bool author;
};
struct exact_names {
	struct exact_name *v;
	size_t n, room;
};
void
person_names(struct arena *a, int64_t id, const struct person *person, struct exact_names *names);
void row_exact(struct row *row, const struct exact_name *name);

/* What a person has, in the record's order, and wrote, in byte order: slugs, packed. */
struct shares {
	struct str of[SHARED_KINDS], wrote;
};
void row_shares(struct row *row, int64_t person, const struct shares *shares);

struct shown_row;
void row_shown(struct row *row, int64_t person, const struct shown_row *shown);

void row_claim(struct row *row, const struct claim *claim);

/* ---- things ---- */

/* The id that a thing would like to have, by the order of magnitude of how many have it; `place` is
 * store_place() of its slug. */
int64_t thing_id(enum shared_kind kind, int64_t place, size_t people);

/* A topic or organization, and what it is found by. */
void row_item(struct row *row, struct arena *a, int64_t id, enum shared_kind kind, struct str slug,
	size_t people, const struct subject *subject);
struct str item_words(struct arena *a, const struct subject *subject);

/* A source, and what it is found by. `writers`: directory people among its authors, position and
 * id of each in turn, packed. */
void row_source(struct row *row, struct arena *a, int64_t place, int64_t id,
	const struct work *work, struct str writers);
struct source_file work_file(const struct work *work); /* as its row has it */
struct str work_words(struct arena *a, const struct source_file *source);

/* An author's folded name as the table `authored` knows it: two names may share a number, so who
 * finds a source by it looks at its authors. */
int64_t author_hash(struct str folded);

/* ---- words ---- */

/* What is searched, text by text, in order. A person is found by their names, then by those of
 * topics, organizations and sources, then by what else the record says; a thing by its names. */
typedef void text_put(void *context, struct str text);
void person_each_name(const struct person *person, text_put *put, void *context);
void person_each_saying(const struct person *person, text_put *put, void *context);
void thing_each_name(struct str name, struct str other, const struct entries *aliases,
	text_put *put, void *context);

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
/* As the indexes get them. */
struct str person_name_text(struct arena *a, const struct person *person);
struct str person_full_text(struct arena *a, const struct person_words *words);

/* Of name_text, full_text and thing_text. */
void row_words(struct row *row, int64_t id, struct str text);

/* ---- files ---- */

void row_file(struct row *row, const struct source_text *text);

#endif
