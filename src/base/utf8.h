/* utf8: UTF-8 (RFC 3629), one character at a time and by display width. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdint.h>

#include "base/buf.h"

/* The character at *at, and *at moved behind it; UTF8_BAD for bytes that are none (moved by one).
 */
enum { UTF8_BAD = -1 };
int32_t utf8_next(struct str s, size_t *at);

/* Offset of the first byte that is not UTF-8 (overlong and surrogates included), or s.n. */
size_t utf8_bad(struct str s);

/* Offset, at or behind `from`, of the first byte that is neither a visible character of ASCII nor a
 * blank nor a newline, or s.n: most texts have none. */
size_t utf8_find_special(struct str s, size_t from);

void utf8_put(struct buf *b, uint32_t c);

/* Number of characters (code points). */
size_t utf8_count(struct str s);

/* Columns on a terminal (Unicode East Asian width; combining marks 0). */
size_t utf8_width(struct str s);

/* C0 and C1 controls and DEL, those that no line of text holds. */
static inline bool
utf8_is_control(int32_t c)
{
	return (c >= 0 && c < 0x20) || (c >= 0x7f && c < 0xa0);
}

/* Characters that change how others are shown without showing themselves: bidi embeddings,
 * overrides, isolates and marks, zero-width spaces and joiners, the byte order mark. */
bool utf8_is_hidden(int32_t c);

#endif
