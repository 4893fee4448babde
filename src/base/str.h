/* str: a borrowed run of bytes. It is never freed, need not end in NUL, and may be empty (n == 0).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof literal - 1 })
#define STR_INIT(literal) \
	{ \
		"" literal, sizeof literal - 1 \
	}                            /* the same, for static tables */
#define STR_ARG(s) (int)(s).n, (s).p /* for "%.*s" */
#define COUNT(array) (sizeof(array) / sizeof *(array))

static inline struct str
str_of(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Bytewise order, the one order of keys in this program: <0, 0 or >0. */
int str_cmp(struct str a, struct str b);

/* Equal but for the case of ASCII letters. */
bool str_eq_nocase(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Index of the first byte c, or s.n. */
size_t str_find(struct str s, char c);
/* Index of the last byte c, or s.n. */
size_t str_find_last(struct str s, char c);
/* Index of the first occurrence of part, or s.n; an empty part is found at 0. */
size_t str_find_str(struct str s, struct str part);

/* The bytes from `from` on, up to but not including `to`; both are cut to the length of s. */
struct str str_sub(struct str s, size_t from, size_t to);

/* s without the blanks (space, TAB, CR, LF) at both ends. */
struct str str_trim(struct str s);

/* The number in decimal digits, which stand in room. */
enum { STR_DIGITS = 20 };
struct str str_digits(char room[STR_DIGITS], uint64_t number);

/* Takes the piece before the next sep off *rest. False when *rest was used up (rest->p NULL). */
bool str_cut(struct str *rest, char sep, struct str *piece);

/* Takes the next run of bytes other than blanks off *rest; false when there is none. */
bool str_word(struct str *rest, struct str *word);

/* The number that s spells in decimal digits, at most `most`; false for anything else. A count is
 * of bytes or files, and may be larger than what a 32-bit system addresses. */
bool str_number(struct str s, unsigned long most, unsigned long *number);
bool str_count(struct str s, uint64_t most, uint64_t *count);

/* Of n names, the one with the fewest edits (insert, delete, replace, swap) from s, or NULL when
 * none is near enough to be what was meant (more than a third of its length, at least one edit). */
const char *str_nearest(struct str s, const char *const *names, size_t n);

#endif
