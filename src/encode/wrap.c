/* wrap: opportunities by libunistring; a URL or a long word without any is cut between grapheme
 * clusters. */
#include "encode/wrap.h"

#include <stdlib.h>
#include <unictype.h>
#include <unigbrk.h>
#include <unilbrk.h>
#include <uniwidth.h>

#include "base/utf8.h"

#define ZERO_WIDTH_JOINER "\xe2\x80\x8d"

enum { AHEAD = 64 };

/* The end of the cluster that begins at `from`. libunistring looks at pairs of characters: what a
 * joiner joins is for us to see. */
static size_t
cluster_end(struct str s, size_t from)
{
	const uint8_t *end = (const uint8_t *)s.p + s.n;
	size_t at = from;

	do {
		const uint8_t *next = u8_grapheme_next((const uint8_t *)s.p + at, end);

		at = next ? (size_t)(next - (const uint8_t *)s.p) : s.n;
	} while (at < s.n && str_ends(str_sub(s, from, at), STR(ZERO_WIDTH_JOINER)));
	return at;
}

/* The longest beginning of s of at most `columns`, at a grapheme boundary; at least one cluster. */
static size_t
fits(struct str s, size_t columns)
{
	size_t end = 0, width = 0;

	while (end < s.n) {
		size_t next = cluster_end(s, end);
		size_t wide = utf8_width(str_sub(s, end, next));

		if (width + wide > columns && end)
			break;
		width += wide;
		end = next;
	}
	return end;
}

/* Rule 29 of UAX 14, which libunistring does not know: no break between a full stop, comma, colon
 * or semicolon and a letter ("example.org", "e.g."). */
static bool
holds_together(struct str s, size_t at)
{
	size_t next = at;

	if (at >= s.n || !strchr(".,:;", s.p[at - 1]))
		return false;
	int32_t c = utf8_next(s, &next);

	return c > 0 && uc_is_property_alphabetic((ucs4_t)c) &&
		utf8_width(str_sub(s, at, next)) == 1;
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
	while (end > 0 &&
		((breaks[end] != UC_BREAK_POSSIBLE && breaks[end] != UC_BREAK_MANDATORY) ||
			holds_together(s, end)))
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

	/* blanks take no room at the end of a line, and the place to break is behind them */
	while (end < s.n && s.p[end] == ' ')
		end++;
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
