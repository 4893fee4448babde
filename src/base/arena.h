/* arena: memory with one lifetime. What is made in it is let go all at once by arena_end().
 * A zeroed struct arena is ready for use; running out of memory ends the process loudly. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	char *next, *end;           /* free room in the newest block */
};

/* n zeroed bytes, aligned for any type; yours until the arena ends. */
void *arena_alloc(struct arena *a, size_t n);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc_array((a), (n), sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t n, size_t size);

/* A copy of s; its bytes are followed by a NUL that s.n does not count. */
struct str arena_str(struct arena *a, struct str s);

/* Formatted text, NUL after it. */
struct str
arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One string of all `n` parts. */
struct str arena_join(struct arena *a, const struct str *parts, size_t n);

/* The same of a few. */
#define arena_concat(a, ...) \
	arena_join((a), (const struct str[]){ __VA_ARGS__ }, \
		sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

/* A number as decimal digits. */
struct str arena_number(struct arena *a, uint64_t number);

/* Lets go of everything; the arena is empty and usable again. */
void arena_end(struct arena *a);

/* Forgets everything and keeps the newest block, zeroed again: for work that begins anew many times
 * and needs about as much each time. arena_end() is due all the same. */
void arena_clear(struct arena *a);

/* Before a burst: malloc() will be asked for n bytes and more, by libraries too. What it gets comes
 * in large pages where the system has them, and is kept until arena_give_back(). */
void arena_expect(size_t n);

/* After a burst: memory that ended arenas, and others, held goes back to the system. */
void arena_give_back(void);

/* A growing array in an arena: struct { T *v; size_t n, room; }. vec_add() gives a pointer to a
 * new zeroed last element, good until the next vec_add(). */
#define vec_add(a, vec) \
	((vec)->n == (vec)->room ? (void)((vec)->v = vec_grow( \
						  (a), (vec)->v, &(vec)->room, sizeof *(vec)->v)) \
				 : (void)0, \
		&(vec)->v[(vec)->n++])
/* Room for n elements in an array that has none yet. */
#define vec_reserve(a, vec, most) \
	((vec)->v = arena_alloc_array((a), (most), sizeof *(vec)->v), (vec)->room = (most))
void *vec_grow(struct arena *a, void *old, size_t *room, size_t size);

#endif
