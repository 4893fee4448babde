/* arena: a list of blocks, each at least as large as the last request; memory is zeroed by calloc.
 */
#include "base/arena.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_FIRST = 4096, BLOCK_MOST = 1 << 20 };

struct arena_block {
	struct arena_block *before;
	size_t size;
	max_align_t room[];
};

static void
no_memory(void)
{
	fputs("almagest: out of memory\n", stderr);
	abort();
}

static void
add_block(struct arena *a, size_t n)
{
	size_t size = a->blocks ? a->blocks->size * 2 : BLOCK_FIRST;

	if (size > BLOCK_MOST)
		size = BLOCK_MOST;
	if (size < n)
		size = n;
	struct arena_block *block = calloc(1, sizeof *block + size);

	if (!block)
		no_memory();
	block->before = a->blocks;
	block->size = size;
	a->blocks = block;
	a->next = (char *)block->room;
	a->end = a->next + size;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t unit = sizeof(max_align_t);

	if (n > SIZE_MAX / 2)
		no_memory();
	n = (n + unit - 1) / unit * unit;
	if (!a->blocks || (size_t)(a->end - a->next) < n)
		add_block(a, n);
	void *p = a->next;

	a->next += n;
	return p;
}

void *
arena_alloc_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 2 / size)
		no_memory();
	return arena_alloc(a, n * size);
}

struct str
arena_str(struct arena *a, struct str s)
{
	return arena_join(a, &s, 1);
}

struct str
arena_join(struct arena *a, const struct str *parts, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += parts[i].n;
	char *p = arena_alloc(a, total + 1), *to = p;

	for (size_t i = 0; i < n; i++) {
		if (parts[i].n)
			memcpy(to, parts[i].p, parts[i].n);
		to += parts[i].n;
	}
	return (struct str){ p, total };
}

struct str
arena_printf(struct arena *a, const char *format, ...)
{
	size_t room = a->blocks ? (size_t)(a->end - a->next) : 0;
	char *p = a->next;
	va_list args;

	/* where it most often fits, it is written once */
	va_start(args, format);
	int n = vsnprintf(room ? p : NULL, room, format, args);
	va_end(args);
	if (n < 0)
		no_memory();
	if ((size_t)n < room) {
		arena_alloc(a, (size_t)n + 1);
		return (struct str){ p, (size_t)n };
	}
	if (room)
		memset(p, 0, room); /* what is still free stays zeroed */
	p = arena_alloc(a, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	return (struct str){ p, (size_t)n };
}

void
arena_end(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *block = a->blocks;

		a->blocks = block->before;
		free(block);
	}
	*a = (struct arena){ 0 };
}

void
arena_give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void *
vec_grow(struct arena *a, void *old, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 8;
	void *v = arena_alloc_array(a, more, size);

	if (*room)
		memcpy(v, old, *room * size);
	*room = more;
	return v;
}
