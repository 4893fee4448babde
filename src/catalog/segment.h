/* segment: a whole index of FTS5, written at once in the form that FTS5 reads and goes on with
 * (SQLite's ext/fts5/fts5_index.c describes it): its words in order, each with those who have it.
 * Handing FTS5 text after text would make it gather, write and merge what a full build has in order
 * already. */
#ifndef CATALOG_SEGMENT_H
#define CATALOG_SEGMENT_H

#include "catalog/rows.h"

/* An SQLite varint: how many bytes it has, at most SEGMENT_VARINT; the same, and they are written.
 */
enum { SEGMENT_VARINT = 9 };
static inline size_t
segment_varint(uint64_t v)
{
	if (v < 0x80)
		return 1;
	size_t n = (size_t)(64 - __builtin_clzll(v) + 6) / 7;

	return n < SEGMENT_VARINT ? n : SEGMENT_VARINT;
}

size_t segment_put_long_varint(char *p, uint64_t v);
static inline size_t
segment_put_varint(char *p, uint64_t v)
{
	if (v < 0x80) {
		*p = (char)v;
		return 1;
	}
	if (v < 0x4000) {
		p[0] = (char)(v >> 7 | 0x80);
		p[1] = (char)(v & 0x7f);
		return 2;
	}
	return segment_put_long_varint(p, v);
}

/* The number that stands at *p, which moves behind it. */
uint64_t segment_take_varint(const char **p);

struct segment;

/* Begins the index (TABLE_NAME_TEXT, TABLE_FULL_TEXT or TABLE_THING_TEXT), which is new and empty.
 */
struct segment *segment_begin(struct rows *r, enum row_table index);
/* The next term: the mark of its list ('0' words, '1' their first prefixes, ...), then its bytes.
 * In bytewise order. */
void segment_term(struct segment *s, char mark, struct str term);
/* Who has the term, ids ascending. `places` is what FTS5 calls a position list: each position as
 * the distance from the one before, plus 2. */
void segment_row(struct segment *s, int64_t id, struct str places);
/* Ends it; the index has so many rows of so many words in all. */
void segment_end(struct segment *s, uint64_t rows, uint64_t words);

#endif
