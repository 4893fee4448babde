/* gather: the words of many texts in memory, each with who has it and where in the text it stands.
 * A full build gathers each of the catalog's indexes so and writes it whole (segment.h). A word is
 * looked up once and known by a number then, as names and titles stand in many texts. */
#ifndef CATALOG_GATHER_H
#define CATALOG_GATHER_H

#include "catalog/rows.h"

/* ---- words ---- */

/* Numbers of words, from 1 on. Zeroed it is empty; lexicon_end() lets go. */
struct lexicon {
	struct arena arena;
	struct lexicon_slot {
		uint32_t hash, word;
	} * slots;
	size_t room;
	struct {
		struct str *v;
		size_t n, room;
	} words; /* by number; the first is none */
};

void lexicon_end(struct lexicon *lexicon);
/* Appends the numbers of the words of a folded text to the list. */
void lexicon_read(struct lexicon *lexicon, struct arena *a, struct str folded, struct ids *words);

static inline struct str
lexicon_word(const struct lexicon *lexicon, uint32_t word)
{
	return lexicon->words.v[word];
}

/* ---- an index ---- */

enum { GATHER_PREFIXES = 3 };

/* The texts of an index, with so many lists of beginnings, of so many letters each: as the table
 * has them in "prefix". Begin with { .lexicon, .prefixes }. */
struct gather {
	struct lexicon *lexicon;
	unsigned char prefixes[GATHER_PREFIXES]; /* 0: no more */
	struct arena arena;
	struct arena bytes; /* of the lists */
	struct map beginnings[GATHER_PREFIXES];
	struct {
		struct gather_list *v;
		size_t n, room;
	} lists;
	struct {
		uint32_t (*v)[1 + GATHER_PREFIXES];
		size_t n, room;
	} of_words; /* the lists of each word, by its number; 0: none */
	struct {
		int64_t *v;
		size_t n, room;
	} ids; /* of the texts */
	/* the text at hand */
	struct {
		struct gather_hit *v;
		size_t n, room;
	} hits;
	struct ids met; /* lists */
	uint32_t at;
	uint64_t words; /* of all texts */
};

/* A text begins, gets words and ends; ids ascend from text to text. */
void gather_begin(struct gather *g, int64_t id);
void gather_add(struct gather *g, const struct ids *words);
void gather_end(struct gather *g);

/* How many texts have the word. */
size_t gather_count(const struct gather *g, uint32_t word);

/* Writes the index and lets go of all that was gathered. Its words in order go to *words, in
 * arena a, with how many texts have each. */
struct counted_word {
	uint32_t word, texts;
};
struct counted_words {
	struct counted_word *v;
	size_t n, room;
};
void gather_write(struct gather *g, struct rows *r, enum row_table index, struct arena *a,
	struct counted_words *words);

#endif
