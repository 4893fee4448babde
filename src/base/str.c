/* str: searching, cutting and comparing runs of bytes; nothing here allocates. */
#include "base/str.h"

#include <stdint.h>

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, s.n), suffix);
}

struct str
str_digits(char room[STR_DIGITS], uint64_t number)
{
	size_t at = STR_DIGITS;

	do
		room[--at] = (char)('0' + number % 10);
	while (number /= 10);
	return (struct str){ room + at, STR_DIGITS - at };
}

size_t
str_find(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : s.n;
}

size_t
str_find_last(struct str s, char c)
{
	for (size_t i = s.n; i-- > 0;)
		if (s.p[i] == c)
			return i;
	return s.n;
}

size_t
str_find_str(struct str s, struct str part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (str_eq(str_sub(s, i, i + part.n), part))
			return i;
	return s.n;
}

struct str
str_sub(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct str){ s.n ? s.p + from : s.p, to - from };
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	size_t from = 0, to = s.n;

	while (from < to && blank(s.p[from]))
		from++;
	while (to > from && blank(s.p[to - 1]))
		to--;
	return str_sub(s, from, to);
}

bool
str_cut(struct str *rest, char sep, struct str *piece)
{
	if (!rest->p)
		return false;
	size_t at = str_find(*rest, sep);

	*piece = str_sub(*rest, 0, at);
	*rest = at < rest->n ? str_sub(*rest, at + 1, rest->n) : (struct str){ NULL, 0 };
	return true;
}

bool
str_word(struct str *rest, struct str *word)
{
	struct str s = str_trim(*rest);
	size_t n = 0;

	while (n < s.n && !blank(s.p[n]))
		n++;
	*word = str_sub(s, 0, n);
	*rest = str_sub(s, n, s.n);
	return n > 0;
}

bool
str_count(struct str s, uint64_t most, uint64_t *count)
{
	uint64_t value = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t digit = (unsigned char)s.p[i] - (uint64_t)'0';

		if (digit > 9 || value > (most - (digit < most ? digit : most)) / 10)
			return false;
		value = value * 10 + digit;
	}
	*count = value;
	return value <= most;
}

bool
str_number(struct str s, unsigned long most, unsigned long *number)
{
	uint64_t count;

	if (!str_count(s, most, &count))
		return false;
	*number = (unsigned long)count;
	return true;
}

enum { NEAREST_LONGEST = 48 };

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance, rows kept for the last two positions. */
static size_t
edits(struct str a, struct str b)
{
	size_t row[3][NEAREST_LONGEST + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = lower(a.p[i - 1]) == lower(b.p[j - 1]);

			now[j] = least(least(before[j] + 1, now[j - 1] + 1), before[j - 1] + !same);
			if (i > 1 && j > 1 && lower(a.p[i - 1]) == lower(b.p[j - 2]) &&
				lower(a.p[i - 2]) == lower(b.p[j - 1]))
				now[j] = least(now[j], earlier[j - 2] + 1);
		}
	}
	return row[a.n % 3][b.n];
}

const char *
str_nearest(struct str s, const char *const *names, size_t n)
{
	const char *nearest = NULL;
	size_t fewest = SIZE_MAX;

	if (s.n == 0 || s.n > NEAREST_LONGEST)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct str name = str_of(names[i]);

		if (name.n > NEAREST_LONGEST)
			continue;
		size_t distance = edits(s, name), most = name.n < 6 ? 1 + (name.n > 3) : name.n / 3;

		if (distance <= most && distance < fewest && distance < name.n) {
			fewest = distance;
			nearest = names[i];
		}
	}
	return nearest;
}
