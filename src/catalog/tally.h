/* tally: how many there are, kept as numbers: of people, of people whose letters begin so, of
 * topics, organizations and sources. Counting them for a home page takes a tenth of a second at a
 * million people. */
#ifndef CATALOG_TALLY_H
#define CATALOG_TALLY_H

#include "base/err.h"
#include "catalog/query.h"

/* What the catalog's schema has for it: a number for everybody ("0"), for each one, two and three
 * letters ("1a", "2ab", "3abc"), for those without letters ("other") and for each kind of thing
 * ("topics", ...). */
#define TALLY_SCHEMA "CREATE TABLE tally(what TEXT PRIMARY KEY, n INT) WITHOUT ROWID;"

/* Counts everything anew. */
bool tally_fill(sqlite3 *db, struct err *e);

/* One person (by the letters of the sort name) or thing more (1) or less (-1). Afterwards the table
 * is what tally_fill() would make. */
bool tally_person(sqlite3 *db, struct str letters, int by, struct err *e);
bool tally_thing(sqlite3 *db, enum shared_kind kind, int by, struct err *e);

bool tally_has(struct store *s);

/* As query_people_count(), query_letters() and query_things_count() answer. */
size_t tally_people(struct store *s, struct arena *a, struct str letters);
void tally_letters(struct store *s, struct arena *a, struct str letters, struct things *things);
size_t tally_things(struct store *s, enum shared_kind kind);

#endif
