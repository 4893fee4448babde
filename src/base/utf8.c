/* utf8: decoding by libunistring, so that what is well formed is decided in one place. */
#include "base/utf8.h"

#include <unistr.h>
#include <uniwidth.h>

int32_t
utf8_next(struct str s, size_t *at)
{
	ucs4_t c;
	const uint8_t *p = (const uint8_t *)s.p + *at;

	if (*p < 0x80) {
		(*at)++;
		return *p;
	}
	int n = u8_mbtoucr(&c, p, s.n - *at);

	if (n < 1) {
		(*at)++;
		return UTF8_BAD;
	}
	*at += (size_t)n;
	return (int32_t)c;
}

/* Whether all eight bytes are from ' ' to '~', or newlines. */
static bool
are_usual(const char *p)
{
	const uint64_t each = 0x0101010101010101u, top = each << 7;
	uint64_t v;

	memcpy(&v, p, sizeof v);
	/* in each byte of ASCII no sum goes past its top bit */
	uint64_t low = v & ~top, visible = low + each * (0x80 - ' '),
		 other_than_newline = (low ^ each * '\n') + each * 0x7f, del = low + each;

	return ((v | del | ~(visible | ~other_than_newline)) & top) == 0;
}

size_t
utf8_find_special(struct str s, size_t from)
{
	while (from + 8 <= s.n && are_usual(s.p + from))
		from += 8;
	while (from < s.n && ((s.p[from] >= ' ' && s.p[from] < 0x7f) || s.p[from] == '\n'))
		from++;
	return from;
}

size_t
utf8_bad(struct str s)
{
	size_t from = utf8_find_special(s, 0);
	const uint8_t *p = (const uint8_t *)s.p,
		      *at = from < s.n ? u8_check(p + from, s.n - from) : NULL;

	return at ? (size_t)(at - p) : s.n;
}

void
utf8_put(struct buf *b, uint32_t c)
{
	uint8_t bytes[6];
	int n = u8_uctomb(bytes, c, sizeof bytes);

	if (n > 0)
		buf_put(b, (struct str){ (const char *)bytes, (size_t)n });
}

size_t
utf8_count(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

size_t
utf8_width(struct str s)
{
	size_t width = 0;
	struct str piece;

	while (str_cut(&s, '\0', &piece)) /* u8_width() takes a NUL for the end */
		if (piece.n)
			width += (size_t)u8_width((const uint8_t *)piece.p, piece.n, "UTF-8");
	return width;
}

bool
utf8_is_hidden(int32_t c)
{
	return c == 0x061c || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
		(c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb);
}
