/* arena: a list of blocks, each at least as large as the last request, that come zeroed. Large ones
 * are asked of the system in large pages, as the first touch of each page costs a trap. */
#include "base/arena.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCK_FIRST = 4096, BLOCK_MOST = 8 << 20, PAGE_LARGE = 2 << 20 };

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

/* The large pages that lie whole in n bytes at p, before they are touched. */
static void
take_large_pages(char *p, size_t n)
{
#ifdef MADV_HUGEPAGE
	size_t before = -(uintptr_t)p % PAGE_LARGE;

	if (n >= before + PAGE_LARGE)
		madvise(p + before, (n - before) / PAGE_LARGE * PAGE_LARGE, MADV_HUGEPAGE);
#else
	(void)p;
	(void)n;
#endif
}

static char *
map_pages(size_t n)
{
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* n bytes, a number of large pages, that begin where one does; else their ends would be small ones.
 * Newer systems place them so by themselves. */
static char *
map_large_pages(size_t n)
{
	char *p = map_pages(n);

	if (p && (uintptr_t)p % PAGE_LARGE) {
		munmap(p, n);
		if (!(p = map_pages(n + PAGE_LARGE)))
			return NULL;
		size_t before = -(uintptr_t)p % PAGE_LARGE;

		if (before)
			munmap(p, before);
		p += before;
		munmap(p + n, PAGE_LARGE - before);
	}
	if (p)
		take_large_pages(p, n);
	return p;
}

/* n zeroed bytes, from the system itself where they are many. */
static struct arena_block *
get_block(size_t n)
{
	return n < PAGE_LARGE ? calloc(1, n) : (struct arena_block *)map_large_pages(n);
}

static void
put_block(struct arena_block *block)
{
	size_t n = sizeof *block + block->size;

	if (n < PAGE_LARGE)
		free(block);
	else
		munmap(block, n);
}

static void
add_block(struct arena *a, size_t n)
{
	struct arena_block *block;
	size_t size = a->blocks ? (sizeof *block + a->blocks->size) * 2 : BLOCK_FIRST;

	if (size > BLOCK_MOST)
		size = BLOCK_MOST;
	if (size < sizeof *block + n)
		size = sizeof *block + n;
	if (size > PAGE_LARGE)
		size = (size + PAGE_LARGE - 1) / PAGE_LARGE * PAGE_LARGE;
	block = get_block(size);
	if (!block)
		no_memory();
	size -= sizeof *block;
	block->before = a->blocks;
	block->size = size;
	a->blocks = block;
	a->next = (char *)block->room;
	a->end = a->next + size;
}

/* Up to what any type is aligned to. */
static size_t
rounded(size_t n)
{
	const size_t unit = sizeof(max_align_t);

	return (n + unit - 1) / unit * unit;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	if (n > SIZE_MAX / 2)
		no_memory();
	n = rounded(n);
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
arena_number(struct arena *a, uint64_t number)
{
	char room[STR_DIGITS];

	return arena_str(a, str_digits(room, number));
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

static void
end_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *before = block->before;

		put_block(block);
		block = before;
	}
}

void
arena_end(struct arena *a)
{
	end_blocks(a->blocks);
	*a = (struct arena){ 0 };
}

void
arena_clear(struct arena *a)
{
	struct arena_block *newest = a->blocks;

	if (!newest)
		return;
	end_blocks(newest->before);
	newest->before = NULL;
	memset(newest->room, 0, (size_t)(a->next - (char *)newest->room));
	a->next = (char *)newest->room;
}

void
arena_expect(size_t n)
{
#ifdef __GLIBC__
	/* a block of the heap, freed at once and kept */
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_MMAP_MAX, 0);
	char *p = malloc(n);

	if (p)
		take_large_pages(p, n);
	free(p);
	mallopt(M_MMAP_MAX, 65536);
#else
	(void)n;
#endif
}

void
arena_give_back(void)
{
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, 128 * 1024);
	malloc_trim(0);
#endif
}

void *
vec_grow(struct arena *a, void *old, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 8;
	size_t before = rounded(*room * size);

	/* what stands last in its block grows where it is */
	if (*room && (char *)old + before == a->next && more < SIZE_MAX / 2 / size &&
		rounded(more * size) <= (size_t)(a->end - (char *)old)) {
		arena_alloc(a, rounded(more * size) - before);
		*room = more;
		return old;
	}
	void *v = arena_alloc_array(a, more, size);

	if (*room)
		memcpy(v, old, *room * size);
	*room = more;
	return v;
}
