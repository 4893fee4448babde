/* text: what Unicode says of whole texts: normal form, folding for comparison, slugs, first
 * sentence. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdint.h>

#include "base/arena.h"

/* s in Normal Form C, which may be s itself. s must be UTF-8. */
struct str text_nfc(struct arena *a, struct str s);

/* s as names are compared by disks that know no case (Unicode 3.13, full folding), in Normal Form
 * C. s must be UTF-8. */
struct str text_caseless(struct arena *a, struct str s);

/* s for comparing and searching: NFKD, without marks, lower case, the letters of the fixed table
 * (ß ss, æ ae, ø o, ...) spelt out, every other run of non-letters one blank, none at the ends.
 * Each CJK character (Hangul syllables too) is a word of its own. */
struct str text_fold(struct arena *a, struct str s);

/* Whether a word of a folded text is a character that stands alone, as each of 何恺明 does. */
bool text_is_sign(struct str word);

/* The letters of a word, for comparing many with one; what is behind TEXT_LETTERS is left out. */
enum { TEXT_LETTERS = 64 };
struct text_letters {
	int32_t v[TEXT_LETTERS];
	size_t n;
	uint64_t which; /* a bit for each letter that is there, to reject most at a glance */
};
void text_letters(struct str word, struct text_letters *letters);

/* The fewest edits (insert, delete, replace, swap neighbours) from one to the other; most + 1 when
 * there are more than `most`. */
size_t text_distance(const struct text_letters *a, const struct text_letters *b, size_t most);

/* Whether it is all of scripts that are written without blanks between words: Han, kana, Hangul. */
bool text_has_no_blanks(struct str s);

/* The slug of a label: its folded letters and digits of ASCII with '-' between runs, at most
 * SLUG_MOST bytes. When nothing is left, or too much was there: what fits, '-' and 10 hex digits
 * of the SHA-256 of the folded text. */
enum { SLUG_MOST = 80 };
struct str text_slug(struct arena *a, struct str s);

/* [a-z0-9]+(-[a-z0-9]+)*, at most SLUG_MOST bytes. */
bool text_is_slug(struct str s);

/* Runs of blanks, TAB and newlines become one blank; none at the ends. May be s itself. */
struct str text_line(struct arena *a, struct str s);

/* The first sentence of a paragraph, with its full stop; the whole if it has but one. An initial
 * ("Daniel Y. Fu") or a common abbreviation ends no sentence. */
struct str text_sentence(struct str s);

/* At most `most` characters of s, the last a '…' when it was cut, cut between words where it can.
 */
struct str text_short(struct arena *a, struct str s, size_t most);

#endif
