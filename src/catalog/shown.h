/* shown: what a profile shows of others, packed in a row beside the record's (the table `shown`),
 * so that a page reads two rows and not one for each source and each person related. What very many
 * profiles show is not kept with each of them, lest one edit write them all: it is looked up, and
 * as often read. */
#ifndef CATALOG_SHOWN_H
#define CATALOG_SHOWN_H

#include "catalog/pack.h"

/* How many people have a source, or on how many lists somebody is, where it is kept with them. */
enum { SHOWN_PEOPLE = 16, SHOWN_LISTS = 128 };

struct shown_row {
	struct str organizations, topics; /* slugs, packed (pack_texts) */
	struct str sources;               /* beside start_here */
	struct str lines;                 /* of related people */
};

/* ---- sources ---- */

/* Of a source title, kind, year and url, which is source_url(); `people` 0: it is looked up. */
struct shown_source {
	struct citation facts;
	size_t people;
};

/* The next source; of one that more than SHOWN_PEOPLE have, that it is looked up. */
void
shown_put_source(struct buf *out, struct arena *a, const struct citation *facts, size_t people);
/* Takes it off *packed (borrowed); false when there is none. */
bool shown_next_source(struct str *packed, struct shown_source *source);

/* ---- people ---- */

/* Where to start with somebody. */
enum shown_start {
	START_NOWHERE,
	START_ADDRESS,  /* a URL */
	START_PAGE,     /* the page of the source with this slug */
	START_LOOKED_UP /* the source with this slug, which is looked up */
};

/* What a profile says of somebody related. */
struct shown_card {
	struct str name, tagline, sentence, start;
	enum shown_start leads;
};

/* Of a record (its name, tagline, summary, links, start_here) the card; texts are borrowed. Where
 * it leads to the first source, that is to be looked up until shown_settle() has its facts. */
struct shown_card shown_card(const struct person *person);
void
shown_settle(struct arena *a, struct shown_card *card, const struct citation *facts, size_t people);

struct str shown_pack_card(struct arena *a, const struct shown_card *card);

/* Whether what a line shares is kept by its title: what two people wrote is mostly not among what
 * either starts with, and the rest is, and kept by its slug. */
static inline bool
shown_by_title(enum reason reason)
{
	return reason == REASON_COAUTHOR;
}

/* A line of a list; texts are borrowed. */
struct shown_line {
	enum reason reason;
	size_t count;
	struct str slug, why, shared[SHARED_SHOWN]; /* slugs or titles */
	size_t shown;
	struct str card; /* packed; empty: the person is looked up */
};

/* Its things come as slugs or titles (shown_by_title). */
void shown_put_line(struct buf *out, const struct related_line *line, struct str card);
/* How many; lines without a reason, as in a damaged catalog, are passed over. */
size_t shown_lines(struct str packed, struct shown_line lines[RELATED_MOST]);
struct shown_card shown_unpack_card(struct str packed);

#endif
