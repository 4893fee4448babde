/* rows: writing the catalog's rows (row.h): one by one in an update, a table at once in a build. */
#ifndef CATALOG_ROWS_H
#define CATALOG_ROWS_H

#include "catalog/feed.h"

/* A catalog being written. The first failure sticks; writing on is harmless. */
struct rows {
	struct store *store;
	struct arena scratch; /* the writer's caller ends it now and then */
	struct err *e;
	bool good;
	struct pages *pages; /* of rows_pages_begin() */
};

/* Runs a statement (a literal, see store_statement) whose places are bound by form: 'i' int64_t,
 * 't' struct str as a text, 'b' as a blob. */
void rows_run(struct rows *r, const char *sql, const char *form, ...);

enum row_table {
	TABLE_FILE,
	TABLE_PERSON,
	TABLE_PIN,
	TABLE_APART,
	TABLE_EXACT,
	TABLE_CLAIM,
	TABLE_SHARES,
	TABLE_SHOWN,
	TABLE_RELATED,
	TABLE_LISTED,
	TABLE_SOURCE,
	TABLE_TOPIC,
	TABLE_ORGANIZATION,
	TABLE_POSTING,
	TABLE_CITING,
	TABLE_IDENT,
	TABLE_AUTHORED,
	TABLE_NAME_TEXT,
	TABLE_FULL_TEXT,
	TABLE_THING_TEXT,
	TABLE_WORD,
	INDEX_PERSON_SLUG, /* fed with pages alone; else SQLite keeps them */
	INDEX_SOURCE_RANK,
	INDEX_FILE_PATH,
	INDEX_FILE_SLUG,
	INDEX_FILE_BAD,
	INDEX_WORD_OF_NAMES,
	ROW_TABLES
};

/* A row of a table, or all that `next` gives. */
void rows_put(struct rows *r, enum row_table table, const struct row *row);
void rows_feed(struct rows *r, enum row_table table, feed_next *next, void *context);

/* Between the two, tables of a new catalog are fed as pages of its file (bulk.h), and nothing else
 * may be done with it. Rows come in the order of the table's key, each once; the table is empty,
 * and what index it has is fed, too. One in memory is fed as ever. What was begun ends first, and
 * is begun again. */
void rows_pages_begin(struct rows *r);
void rows_pages_end(struct rows *r);

/* ---- people ---- */

/* The person's own row, pins, and whom the person is kept apart from. */
void rows_person(struct rows *r, int64_t id, const struct person *person);
/* Takes them away, and what the person has and shows. */
void rows_person_drop(struct rows *r, int64_t id, const struct person *person);
void rows_name(struct rows *r, const struct exact_name *name);
void rows_name_drop(struct rows *r, const struct exact_name *name); /* as author or not */

void rows_claim(struct rows *r, const struct claim *claim);
void rows_claim_drop(struct rows *r, const struct claim *claim);
/* Does either with each. */
void rows_claims(
	struct rows *r, const struct claims *claims, void row(struct rows *, const struct claim *));

void rows_shares(struct rows *r, int64_t person, const struct shares *shares);
/* The same of a person whose row is there, one list. */
void rows_share(struct rows *r, int64_t person, enum shared_kind kind, struct str packed);
void rows_wrote(struct rows *r, int64_t person, struct str packed);

/* In place of what stood there. */
void rows_shown(struct rows *r, int64_t person, const struct shown_row *shown);

void rows_citing(struct rows *r, struct str key, struct str who);

/* A person's list (pack_related), and the ids of those on whose lists a person is, packed. */
void rows_related(struct rows *r, int64_t person, struct str lines);
void rows_listed(struct rows *r, int64_t person, struct str lists);

void rows_tally(struct rows *r, int kind, struct str key, int64_t more);

/* ---- things ---- */

/* The row of a topic or organization, its id (rank) and its words. */
void rows_item(struct rows *r, int64_t id, enum shared_kind kind, struct str slug, size_t people,
	const struct subject *subject);
void rows_item_drop(struct rows *r, int64_t id, enum shared_kind kind, struct str slug,
	const struct subject *subject);
void rows_spelling(
	struct rows *r, enum shared_kind kind, struct str item, struct str label, int64_t more);

/* ---- sources ---- */

/* A source's row and words, its identifiers, its addresses, and the names of its authors; nobody in
 * the directory wrote it yet. */
void rows_work(struct rows *r, int64_t id, const struct work *work);
/* Takes all that away again; `source` and `people` are what query_source() says of it, `keys` its
 * identifiers, packed. */
void rows_work_drop(struct rows *r, int64_t id, const struct source_file *source, size_t people,
	struct str keys);
/* The same source with other people: it moves to the id that goes with so many. */
void rows_work_recount(struct rows *r, int64_t from, int64_t to, const struct source_file *source,
	size_t before, size_t now);

/* ---- words ---- */

/* A text of name_text, full_text or thing_text, by the id of its person or thing. */
void rows_words(struct rows *r, enum row_table index, int64_t id, struct str text);
/* Takes it away again: the text that was put. */
void rows_words_drop(struct rows *r, enum row_table index, int64_t id, struct str text);
/* Gives the three of them a command of FTS5 (its manual, "Special INSERT Commands") and its number;
 * where the command has none, any. */
void rows_tell_words(struct rows *r, const char *command, int64_t number);
/* FTS5 merges nothing by itself from then on, as it might find it time to merge all there is
 * (crisismerge), which takes seconds at a million: updates ask for pieces. */
void rows_settle_words(struct rows *r);
/* What updates put is merged, a bounded piece at a time, WORDS_MERGED segments of one level into
 * one of the next. */
enum { WORDS_MERGED = 8 };
void rows_merge_words(struct rows *r);

/* ---- files ---- */

void rows_file(struct rows *r, const struct source_text *text);
void rows_problem(struct rows *r, const struct problem *problem);
void rows_settings(struct rows *r, const struct settings *settings);

#endif
