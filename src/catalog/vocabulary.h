/* vocabulary: every word of the full-text index, with how many people have it. FTS5 alone answers
 * "all words that begin so" by reading every list of every such word before its first hit: tens of
 * milliseconds for "learni" at a million people. With the words at hand a beginning is asked for as
 * its few whole words, whose lists are read only as far as a page goes; and a misspelt name finds
 * the nearest words without a second index. */
#ifndef CATALOG_VOCABULARY_H
#define CATALOG_VOCABULARY_H

#include "base/err.h"
#include "catalog/match.h"

/* The table `word`: `people` have the word in any field, `named` of them in a name or alias. */

/* What a person's words were and are (folded texts as the indexes got them; empty for one who is
 * new or goes). A full build writes the table with the indexes (wording.h). */
struct vocabulary_words {
	struct str names, all;
};
bool vocabulary_change(
	sqlite3 *db, struct vocabulary_words before, struct vocabulary_words after, struct err *e);

struct strs {
	struct str *v;
	size_t n, room;
};

/* The words that begin so, those that most people have first, at most `most`; false when there are
 * more. In MATCH_NAMES only words of names. */
bool vocabulary_begin(struct store *s, struct arena *a, enum match_in in, struct str begin,
	size_t most, struct limit *limit, struct strs *words);

/* How many people have the word; of several the fewest. */
int64_t vocabulary_people(struct store *s, struct str words, struct limit *limit);

/* Whether it is a whole word of a name. */
bool vocabulary_names(struct store *s, struct str word, struct limit *limit);

/* Words that differ from this one by a few letters, nearest first, at most `most`. In MATCH_NAMES
 * only words of names. Looks at a bounded number of words. */
void vocabulary_near(struct store *s, struct arena *a, enum match_in in, struct str word,
	size_t most, struct limit *limit, struct strs *words);

#endif
