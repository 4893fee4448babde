/* wrap: opportunities by libunistring; a URL or a long word without any is cut between grapheme
 * clusters. */
#include "encode/wrap.h"

#include <stdlib.h>
#include <unigbrk.h>
#include <unilbrk.h>
#include <uniwidth.h>

#include "base/utf8.h"

enum { AHEAD = 64 };

/* The longest beginning of s of at most `columns`, at a grapheme boundary; at least one cluster. */
static size_t
fits(struct str s, size_t columns)
{
	size_t end = 0, width = 0;

	while (end < s.n) {
		const uint8_t *p = (const uint8_t *)s.p + end;
		const uint8_t *next = u8_grapheme_next(p, (const uint8_t *)s.p + s.n);
		size_t n = next ? (size_t)(next - p) : s.n - end;
		size_t wide = utf8_width(str_sub(s, end, end + n));

		if (width + wide > columns && end)
			break;
		width += wide;
		end += n;
	}
	return end;
}

/* The last place at or before `end` where s may be broken, or 0. Whether it may depends on what
 * follows at once: the rest, which may be long, is not looked at. */
static size_t
last_break(struct arena *a, struct str s, size_t end)
{
	size_t n = s.n - end < AHEAD ? s.n : end + AHEAD;
	char *breaks;

	while (n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	breaks = arena_alloc(a, n);
	u8_possible_linebreaks((const uint8_t *)s.p, n, "UTF-8", breaks);
	while (end > 0 && breaks[end] != UC_BREAK_POSSIBLE && breaks[end] != UC_BREAK_MANDATORY)
		end--;
	return end;
}

bool
wrap_line(struct arena *a, struct str *rest, size_t columns, struct str *line)
{
	struct str s = *rest;

	while (s.n && s.p[0] == ' ')
		s = str_sub(s, 1, s.n);
	if (s.n == 0)
		return false;
	size_t end = fits(s, columns);

	if (end < s.n) {
		size_t at = last_break(a, s, end);

		if (at > 0)
			end = at;
	}
	*line = str_sub(s, 0, end);
	while (line->n && line->p[line->n - 1] == ' ')
		line->n--;
	*rest = str_sub(s, end, s.n);
	return true;
}

bool
wrap_cut(struct str *rest, size_t columns, struct str *piece)
{
	size_t end = fits(*rest, columns);

	*piece = str_sub(*rest, 0, end);
	*rest = str_sub(*rest, end, rest->n);
	return piece->n > 0;
}
