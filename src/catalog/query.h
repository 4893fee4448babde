/* query: what pages ask of the catalog. Texts lie in the arena given; nothing is kept open after a
 * call. */
#ifndef CATALOG_QUERY_H
#define CATALOG_QUERY_H

#include "catalog/letters.h"
#include "catalog/shown.h"

/* A person on a list. */
struct card {
	int64_t id;
	struct str slug, name, tagline, day, reviewed;
	struct str letter; /* of query_people(): what `letters` begin with */
};

struct cards {
	struct card *v;
	size_t n, room;
};

/* A topic, organization or source on a list. */
struct thing {
	enum shared_kind kind;
	struct str slug, name;
	size_t people;
};

struct things {
	struct thing *v;
	size_t n, room;
};

/* A run of a list: the rows from `from` on, at most `most`. */
struct range {
	size_t from, most;
};

/* The public settings of this catalog. */
void query_settings(struct store *s, struct arena *a, struct settings *settings);

/* The record with that slug or id; NULL when there is none. start_here items carry their source's
 * slug and why. */
struct person *query_person(struct store *s, struct arena *a, struct str slug, int64_t *id);
/* The same, and what the profile shows of others. */
struct person *
query_profile(struct store *s, struct arena *a, struct str slug, struct shown_row *shown);
/* Of a person what somebody else's page says of it: name, tagline, summary, links, start_here. */
struct person *query_introduction(struct store *s, struct arena *a, int64_t id);
struct person *query_introduction_of(struct store *s, struct arena *a, struct str slug);
struct person *query_person_by_id(struct store *s, struct arena *a, int64_t id);
bool query_card(struct store *s, struct arena *a, int64_t id, struct card *card);

size_t query_people_count(struct store *s);
/* People that begin so (letters.h; empty: all), from A to Z. */
void query_people(struct store *s, struct arena *a, struct str begin, struct range range,
	struct cards *cards);

/* Who has the thing, best known first. */
void query_people_of(struct store *s, struct arena *a, enum shared_kind kind, struct str slug,
	struct range range, struct cards *cards);
/* Reviews and additions, newest first. */
void query_newest(struct store *s, struct arena *a, struct range range, struct cards *cards);
/* The person at the place `at` (taken modulo their number) in a fixed order; false when there is
 * nobody. */
bool query_nth_person(struct store *s, struct arena *a, uint64_t at, struct card *card);

/* What is wrong with the files that hold errors, by path and line, at most so many. */
void query_errors(struct store *s, struct problems *problems, size_t most);

size_t query_things_count(struct store *s, enum shared_kind kind);
/* Things that begin so (letters.h; empty: all), from A to Z. */
void query_things(struct store *s, struct arena *a, enum shared_kind kind, struct str begin,
	struct range range, struct things *things);
/* Those that more than one person has, most first. */
void query_best_known(struct store *s, struct arena *a, enum shared_kind kind, size_t most,
	struct things *things);
/* Of the others the first LIST_MOST from A to Z: those that somebody has, then those that nobody
 * has. */
void query_less_known(struct store *s, struct arena *a, enum shared_kind kind, size_t most,
	struct things *things);
bool query_thing(struct store *s, struct arena *a, enum shared_kind kind, struct str slug,
	struct thing *thing);
bool query_thing_by_id(struct store *s, struct arena *a, int64_t id, struct thing *thing);
/* What a person has of that kind, in the record's order. */
void query_things_of(struct store *s, struct arena *a, int64_t person, enum shared_kind kind,
	struct things *things);
/* Their slugs, packed (pack.h). */
struct str query_shares(struct store *s, struct arena *a, int64_t person, enum shared_kind kind);
/* The slugs of the sources that a person is an author of, packed. */
struct str query_wrote(struct store *s, struct arena *a, int64_t person);
void query_narrower(struct store *s, struct arena *a, struct str topic, struct things *things);

struct subject *query_subject(
	struct store *s, struct arena *a, enum shared_kind kind, struct str slug, size_t *people);
struct source_file *query_source(struct store *s, struct arena *a, struct str slug, size_t *people);
/* The directory people among a source's authors: cards in author order, and their positions beside
 * them. */
void query_authors(struct store *s, struct arena *a, struct str source, struct cards *cards,
	struct ids *positions);
/* The same as the row has it: position and id of each in turn, packed. */
struct str query_writers(struct store *s, struct arena *a, struct str source);

/* A person's list as its row has it, packed (pack.h). */
struct str query_related_list(struct store *s, struct arena *a, int64_t person);
struct str query_listed(struct store *s, struct arena *a, int64_t person); /* ids, packed */
/* What a person's profile shows of others; all empty where there is none. */
struct shown_row query_shown(struct store *s, struct arena *a, int64_t person);

/* A former address below a folder ("people"): its target, or why it is gone. */
bool query_old(struct store *s, struct arena *a, const char *folder, struct str slug,
	struct str *target, struct str *gone);

/* The bytes of an own page, of a file of the capsule as it is in service. */
bool query_page(struct store *s, struct arena *a, struct str slug, struct str *bytes);
void query_pages(struct store *s, struct arena *a, struct entries *slugs);
bool query_file(struct store *s, struct arena *a, struct str path, struct str *bytes);

/* People whose name or alias folds to this. */
void query_by_name(struct store *s, struct arena *a, struct str folded, struct cards *cards);

#endif
