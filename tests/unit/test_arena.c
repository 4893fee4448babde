/* Arenas and growing arrays: memory is zeroed, aligned, apart, and gone all at once. */
#include "rows.h"

#include <stdio.h>

#include "base/arena.h"

static const struct size_row {
	const char *what;
	size_t n;
} SIZES[] = {
	{ "no bytes", 0 },
	{ "one byte", 1 },
	{ "an odd number of bytes", 13 },
	{ "a block", 4096 },
	{ "one byte more than a block", 4097 },
	{ "more than the largest block", (1 << 20) + 1 },
};

static void
memory_is_zeroed_aligned_and_apart(void **state)
{
	const struct size_row *row = *state;
	struct arena a = { 0 };
	unsigned char *before = NULL;

	for (int round = 0; round < 8; round++) {
		unsigned char *p = arena_alloc(&a, row->n);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < row->n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xaa, row->n);
		assert_true(row->n == 0 || p != before);
		for (size_t i = 0; before && i < row->n; i++)
			assert_int_equal(before[i], 0xaa);
		before = p;
	}
	arena_end(&a);
	assert_null(a.blocks);
}

static void
an_arena_is_usable_again(void **state)
{
	struct arena a = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		memset(arena_alloc(&a, 10000), 0xff, 10000);
		arena_end(&a);
		assert_int_equal(*(char *)arena_alloc(&a, 1), 0);
	}
	arena_end(&a);
	arena_end(&a);
}

static const struct join_row {
	const char *what;
	size_t n;
	struct str parts[3], expected;
} JOINS[] = {
	{ "no parts", 0, { { 0 } }, STR_INIT("") },
	{ "one part", 1, { STR_INIT("a") }, STR_INIT("a") },
	{ "three parts, one empty", 3, { STR_INIT("a"), { NULL, 0 }, STR_INIT("bc") },
		STR_INIT("abc") },
	{ "a NUL inside", 2, { STR_INIT("a\0"), STR_INIT("b") }, STR_INIT("a\0b") },
};

static void
parts_are_joined(void **state)
{
	const struct join_row *row = *state;
	struct arena a = { 0 };
	struct str joined = arena_join(&a, row->parts, row->n), copy = arena_str(&a, joined);

	assert_str(joined, row->expected);
	assert_int_equal(joined.p[joined.n], '\0');
	assert_str(copy, row->expected);
	assert_ptr_not_equal(copy.p, joined.p);
	arena_end(&a);
}

static void
a_format_is_written_whole(void **state)
{
	struct arena a = { 0 };
	char *wide = arena_alloc(&a, 10001);

	(void)state;
	memset(wide, 'x', 10000);
	assert_str(arena_printf(&a, "%s", ""), STR(""));
	assert_str(arena_printf(&a, "%d of %.*s", 3, STR_ARG(STR("four"))), STR("3 of four"));
	struct str long_one = arena_printf(&a, "%s", wide);

	assert_int_equal(long_one.n, 10000);
	assert_int_equal(long_one.p[10000], '\0');
	arena_end(&a);
}

/* Elements keep their values while the array moves, and new ones are zeroed. */
static void
an_array_grows(void **state)
{
	struct {
		struct pair {
			size_t a;
			char b;
		} * v;
		size_t n, room;
	} vec = { 0 };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		struct pair *p = vec_add(&a, &vec);

		assert_int_equal(p->a, 0);
		assert_int_equal(p->b, 0);
		*p = (struct pair){ i, 'x' };
		assert_int_equal(vec.n, i + 1);
		assert_true(vec.room >= vec.n);
	}
	for (size_t i = 0; i < vec.n; i++)
		assert_int_equal(vec.v[i].a, i);
	arena_end(&a);
}

/* What stands last grows where it is; behind another thing it moves. */
static void
an_array_at_the_end_stays(void **state)
{
	struct {
		size_t *v;
		size_t n, room;
	} last = { 0 }, first = { 0 };
	struct arena a = { 0 };

	(void)state;
	*vec_add(&a, &first) = 1;
	*vec_add(&a, &last) = 2;
	const size_t *before_first = first.v, *before_last = last.v;

	while (first.n < 9)
		*vec_add(&a, &first) = 1;
	assert_ptr_not_equal(first.v, before_first);
	while (last.n < 9)
		*vec_add(&a, &last) = 2;
	assert_ptr_not_equal(last.v, before_last); /* first.v came between */
	before_last = last.v;
	while (last.n < 17)
		*vec_add(&a, &last) = 2;
	assert_ptr_equal(last.v, before_last);
	for (size_t i = 0; i < last.n; i++)
		assert_int_equal(last.v[i], 2);
	memset(arena_alloc(&a, 64), 0xff, 64);
	assert_int_equal(last.v[16], 2);
	arena_end(&a);
}

/* Of small and large arenas alike: one block stays, and all in it is zero. */
static void
a_cleared_arena_is_zeroed(void **state)
{
	static const size_t SIZES_CLEARED[] = { 1, 5000, 3 << 20 };
	static const char zeros[3 << 20];
	struct arena a = { 0 };

	(void)state;
	arena_clear(&a);
	for (size_t i = 0; i < COUNT(SIZES_CLEARED); i++) {
		memset(arena_alloc(&a, 10), 'x', 10);
		memset(arena_alloc(&a, SIZES_CLEARED[i]), 'x', SIZES_CLEARED[i]);
		arena_clear(&a);
		char *p = arena_alloc(&a, SIZES_CLEARED[i]);

		assert_memory_equal(p, zeros, SIZES_CLEARED[i]);
		arena_clear(&a);
		assert_ptr_equal(arena_alloc(&a, SIZES_CLEARED[i]), p);
	}
	arena_end(&a);
}

static void
what_is_expected_can_be_had_and_given_back(void **state)
{
	(void)state;
	arena_expect(16 << 20);
	char *p = malloc(8 << 20);

	assert_non_null(p);
	memset(p, 'x', 8 << 20);
	free(p);
	arena_give_back();
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, SIZES, memory_is_zeroed_aligned_and_apart);
	add_row(&s, "an arena that ended is usable again", an_arena_is_usable_again);
	add_rows(&s, JOINS, parts_are_joined);
	add_row(&s, "a format is written whole, however long", a_format_is_written_whole);
	add_row(&s, "an array keeps what it has while it grows", an_array_grows);
	add_row(&s, "an array at the end of an arena grows in place", an_array_at_the_end_stays);
	add_row(&s, "a cleared arena is zeroed and keeps its newest block",
		a_cleared_arena_is_zeroed);
	add_row(&s, "memory that was expected can be had and given back",
		what_is_expected_can_be_had_and_given_back);
	return run_suite(&s, "arena", NULL, NULL);
}
