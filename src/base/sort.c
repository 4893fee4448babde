/* sort: the keys are sorted beside the elements' places, then the elements are moved, once. They
 * are dealt out by one byte after the other, as long as there are many. */
#include "base/sort.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/bytes.h"

struct keyed {
	uint64_t high, low;
	const char *element;
	int (*compare)(const void *, const void *);
};

static int
by_keys(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return x->compare(x->element, y->element);
}

static unsigned
byte_of(const struct keyed *key, size_t at)
{
	const size_t half = sizeof key->high;

	return (at < half ? key->high >> 8 * (half - 1 - at)
			  : key->low >> 8 * (SORT_KEY - 1 - at)) &
		0xff;
}

/* For few: each goes to its place among those before. */
static void
insert_each(struct keyed *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct keyed key = v[i];
		size_t at = i;

		for (; at > 0 && by_keys(&key, &v[at - 1]) < 0; at--)
			v[at] = v[at - 1];
		v[at] = key;
	}
}

/* Those whose first `at` bytes are the same; `room` is for as many. */
static void
deal(struct keyed *v, struct keyed *room, size_t n, size_t at)
{
	enum { FEW = 24 };
	size_t ends[256];

	for (;; at++) {
		if (n <= FEW) {
			insert_each(v, n);
			return;
		}
		if (at == SORT_KEY) {
			qsort(v, n, sizeof *v, by_keys);
			return;
		}
		memset(ends, 0, sizeof ends);
		for (size_t i = 0; i < n; i++)
			ends[byte_of(&v[i], at)]++;
		if (ends[byte_of(v, at)] < n)
			break;
	}
	/* how many become where the next goes, and that where the last went */
	for (size_t i = 0, begin = 0, many; i < COUNT(ends); i++, begin += many) {
		many = ends[i];
		ends[i] = begin;
	}
	for (size_t i = 0; i < n; i++)
		room[ends[byte_of(&v[i], at)]++] = v[i];
	memcpy(v, room, n * sizeof *v);
	for (size_t i = 0, begin = 0; i < COUNT(ends); begin = ends[i++])
		if (ends[i] - begin > 1)
			deal(v + begin, room, ends[i] - begin, at + 1);
}

void
sort_by_key(void *v, size_t n, size_t size, sort_key *key, int compare(const void *, const void *))
{
	struct arena a = { 0 };
	struct keyed *keys;
	char *sorted;

	if (n < 2)
		return;
	keys = arena_array(&a, struct keyed, n);
	for (size_t i = 0; i < n; i++) {
		char bytes[SORT_KEY] = { 0 };
		const char *element = (const char *)v + i * size;

		key(element, bytes);
		keys[i] = (struct keyed){ bytes_take(bytes), bytes_take(bytes + SORT_KEY / 2),
			element, compare };
	}
	/* one room for both */
	sorted = arena_alloc_array(&a, n, size > sizeof *keys ? size : sizeof *keys);
	deal(keys, (struct keyed *)sorted, n, 0);
	for (size_t i = 0; i < n; i++)
		memcpy(sorted + i * size, keys[i].element, size);
	memcpy(v, sorted, n * size);
	arena_end(&a);
}

void
sort_key_number(char key[SORT_KEY], size_t at, uint64_t number)
{
	bytes_put(key + at, number);
}

int
sort_by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

void
sort_key_text(char key[SORT_KEY], size_t at, struct str text)
{
	size_t n = text.n < SORT_KEY - at ? text.n : SORT_KEY - at;

	if (n)
		memcpy(key + at, text.p, n);
}
