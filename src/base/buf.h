/* buf: bytes being written, with a ceiling. A write past the ceiling is dropped and remembered, so
 * that a writer just writes and asks buf_ok() once at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdint.h>

#include "base/str.h"

struct buf {
	char *p;
	size_t n, room;
	size_t most; /* ceiling in bytes; 0: BUF_MOST */
	bool over;   /* something did not fit */
};

enum { BUF_MOST = 256 << 20 };

void buf_put(struct buf *b, struct str s);
void buf_char(struct buf *b, char c);
void buf_number(struct buf *b, uint64_t number); /* in decimal digits */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What has been written; borrowed until the next write. */
static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

static inline bool
buf_ok(const struct buf *b)
{
	return !b->over;
}

/* Takes the first n bytes away. */
void buf_drop(struct buf *b, size_t n);

/* Lets go of the memory; the ceiling stays. */
void buf_end(struct buf *b);

#endif
