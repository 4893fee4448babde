/* Maps from texts to numbers. */
#include "rows.h"

#include "base/map.h"

static void
an_empty_map_has_nothing(void **state)
{
	const struct map m = { 0 };

	(void)state;
	assert_int_equal(map_find(&m, STR("a")), (size_t)MAP_NONE);
	assert_int_equal(map_find(&m, STR("")), (size_t)MAP_NONE);
	assert_int_equal(map_find(&m, (struct str){ NULL, 0 }), (size_t)MAP_NONE);
}

static const struct row {
	const char *what;
	struct str key;
} KEYS[] = {
	{ "a word", STR_INIT("dao") },
	{ "its beginning", STR_INIT("da") },
	{ "its capitals", STR_INIT("DAO") },
	{ "the empty key", STR_INIT("") },
	{ "a NUL", STR_INIT("\0") },
	{ "a NUL inside", STR_INIT("da\0o") },
	{ "bytes that are no UTF-8", STR_INIT("\xff\xfe") },
};

/* Each key is found by other memory with the same bytes, and is no other. */
static void
each_key_has_its_value(void **state)
{
	const struct row *row = *state;
	struct str key = exact_copy(row->key);
	struct arena a = { 0 };
	struct map m = { 0 };

	for (size_t i = 0; i < COUNT(KEYS); i++) {
		size_t *value = map_at(&a, &m, KEYS[i].key);

		assert_int_equal(*value, (size_t)MAP_NONE);
		*value = i;
	}
	assert_int_equal(m.n, COUNT(KEYS));
	assert_int_equal(map_find(&m, key), (size_t)(row - KEYS));
	*map_at(&a, &m, key) = 99;
	assert_int_equal(m.n, COUNT(KEYS));
	assert_int_equal(map_find(&m, row->key), 99);
	arena_end(&a);
	free_exact(key);
}

static void
a_key_without_memory_is_the_empty_key(void **state)
{
	struct arena a = { 0 };
	struct map m = { 0 };

	(void)state;
	*map_at(&a, &m, (struct str){ NULL, 0 }) = 7;
	assert_int_equal(map_find(&m, STR("")), 7);
	assert_int_equal(map_find(&m, (struct str){ NULL, 0 }), 7);
	assert_int_equal(m.n, 1);
	arena_end(&a);
}

static void
a_map_grows(void **state)
{
	enum { MANY = 20000 };
	struct arena a = { 0 };
	struct map m = { 0 };

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		*map_at(&a, &m, arena_printf(&a, "person-%zu", i)) = i;
	assert_int_equal(m.n, MANY);
	for (size_t i = 0; i < MANY; i++)
		if (map_find(&m, arena_printf(&a, "person-%zu", i)) != i)
			fail_msg("person-%zu", i);
	assert_int_equal(map_find(&m, STR("person-20000")), (size_t)MAP_NONE);
	arena_end(&a);
}

static void
a_map_with_room_stays_where_it_is(void **state)
{
	enum { MANY = 1000 };
	struct arena a = { 0 };
	struct map m = { 0 };
	const struct map_slot *slots;

	(void)state;
	map_reserve(&a, &m, MANY);
	slots = m.slots;
	assert_int_equal(map_find(&m, STR("person-1")), (size_t)MAP_NONE);
	for (size_t i = 0; i < MANY; i++)
		*map_at(&a, &m, arena_printf(&a, "person-%zu", i)) = i;
	assert_ptr_equal(m.slots, slots);
	assert_int_equal(map_find(&m, STR("person-999")), 999);
	arena_end(&a);
}

int
main(void)
{
	struct suite s = { 0 };

	add_row(&s, "an empty map has nothing", an_empty_map_has_nothing);
	add_rows(&s, KEYS, each_key_has_its_value);
	add_row(&s, "a key without memory is the empty key", a_key_without_memory_is_the_empty_key);
	add_row(&s, "a map grows and forgets nothing", a_map_grows);
	add_row(&s, "a map that was given room for its keys does not move",
		a_map_with_room_stays_where_it_is);
	return run_suite(&s, "map", NULL, NULL);
}
