/* letters: A to Z. People, topics, organizations and sources each stand in an order: by the letters
 * of the name (row_letters), then by slug. Both in one text, with LETTERS_END between, are what
 * this file calls beginnings of: "sm" begins the names of those called Smith and Small, "smith" and
 * LETTERS_END those of all who are called so and no more, LETTERS_END alone whatever has no letter
 * from a to z in front.
 *
 * A directory may have millions, and no page shall wait for many of them to be counted. So the
 * table `tally` has the number of all, and wherever more than letters_most begin alike, the numbers
 * of those that begin so and go on with each next letter. Which rows it has is a function of the
 * names alone. */
#ifndef CATALOG_LETTERS_H
#define CATALOG_LETTERS_H

#include "catalog/store.h"

/* No name has this in itself, and it comes before all that one may have. */
#define LETTERS_END "\x01"

/* What stands from A to Z. */
enum lettered {
	LETTERED_SOURCE = SHARED_SOURCE,
	LETTERED_TOPIC = SHARED_TOPIC,
	LETTERED_ORGANIZATION = SHARED_ORGANIZATION,
	LETTERED_PERSON = SHARED_KINDS,
	LETTERED_KINDS
};

enum { LIST_MOST = 200 }; /* people or things on one page */

/* LIST_MOST; tests, whose directories are small, make it less. */
extern size_t letters_most;

/* ---- writing ---- */

struct rows;

/* Counts all of a kind, which are so many; rows and indexes stand there, nothing is counted yet. */
void letters_fill(struct rows *r, enum lettered of, size_t all);

/* One came (more: 1) or went (-1), and its row with it. */
void
letters_change(struct rows *r, enum lettered of, struct str letters, struct str slug, int64_t more);

/* ---- reading ---- */

/* Whether nothing can follow but a slug: a whole name, or what is beyond a to z. */
bool letters_end(struct str begin);

/* How many begin so; empty: all. */
size_t letters_count(struct store *s, enum lettered of, struct str begin);

/* Beginnings, and how many there are of each. */
struct begins {
	struct begin {
		struct str begin;
		size_t n;
	} * v;
	size_t n, room;
};

/* Of those that begin so, how many go on with each next letter, in order. Nothing when so few begin
 * so that a page can list them. Where all go on with the same letters, what comes behind these
 * (within the first LETTERS_DEEPEST) is what tells them apart; but first letters are all told. */
enum { LETTERS_DEEPEST = 40 };
void letters_next(
	struct store *s, struct arena *a, enum lettered of, struct str begin, struct begins *next);

/* The place `from` among those that begin so, of which there are more: `skip` behind the first row
 * that is not before (letters, slug). */
struct letters_place {
	struct str letters, slug;
	size_t skip;
};
struct letters_place
letters_find(struct store *s, struct arena *a, enum lettered of, struct str begin, size_t from);

#endif
