/* sort: the keys are sorted beside the elements' places, then the elements are moved, once. */
#include "base/sort.h"

#include <stdlib.h>

#include "base/arena.h"

struct keyed {
	uint64_t high, low;
	const char *element;
	int (*compare)(const void *, const void *);
};

static uint64_t
number_of(const char *bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof number; i++)
		number = number << 8 | (unsigned char)bytes[i];
	return number;
}

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

void
sort_by_key(void *v, size_t n, size_t size, sort_key *key, int compare(const void *, const void *))
{
	struct arena a = { 0 };
	struct keyed *keys;
	char *sorted;

	if (n < 2)
		return;
	keys = arena_array(&a, struct keyed, n);
	sorted = arena_alloc_array(&a, n, size);
	for (size_t i = 0; i < n; i++) {
		char bytes[SORT_KEY] = { 0 };
		const char *element = (const char *)v + i * size;

		key(element, bytes);
		keys[i] = (struct keyed){ number_of(bytes), number_of(bytes + SORT_KEY / 2),
			element, compare };
	}
	qsort(keys, n, sizeof *keys, by_keys);
	for (size_t i = 0; i < n; i++)
		memcpy(sorted + i * size, keys[i].element, size);
	memcpy(v, sorted, n * size);
	arena_end(&a);
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
