/* Packed lists come back as they were, and whatever stands in a damaged catalog harms nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "catalog/pack.h"

#define SLUGS(...) \
	(const struct str[]){ __VA_ARGS__ }, \
		sizeof((struct str[]){ __VA_ARGS__ }) / sizeof(struct str)

static void
assert_slugs(struct str packed, const char *expected)
{
	struct buf out = { 0 };
	struct str slug;

	while (unpack_slug(&packed, &slug))
		buf_printf(&out, "%s%.*s", out.n ? " " : "", STR_ARG(slug));
	buf_char(&out, '\0');
	assert_string_equal(out.p, expected);
	buf_end(&out);
}

static void
slugs_go_into_their_place_once_and_out_again(void **state)
{
	struct arena a = { 0 };
	struct str list = pack_texts(&a, SLUGS(STR("b"), STR("d")));

	(void)state;
	assert_slugs(STR(""), "");
	assert_slugs(list, "b d");
	assert_slugs(pack_slug_in(&a, list, STR("a")), "a b d");
	assert_slugs(pack_slug_in(&a, list, STR("c")), "b c d");
	assert_slugs(pack_slug_in(&a, list, STR("e")), "b d e");
	assert_slugs(pack_slug_in(&a, list, STR("d")), "b d");
	assert_slugs(pack_slug_in(&a, STR(""), STR("a")), "a");
	assert_slugs(pack_slug_out(&a, list, STR("b")), "d");
	assert_slugs(pack_slug_out(&a, list, STR("x")), "b d");
	assert_slugs(pack_slug_out(&a, STR("a"), STR("a")), "");
	arena_end(&a);
}

static void
what_is_too_long_for_a_slug_is_passed_over(void **state)
{
	struct arena a = { 0 };
	char text[SLUG_MOST + 1];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_slugs(pack_texts(&a, SLUGS(STR("a"), { text, sizeof text }, STR("b"))), "a b");
	arena_end(&a);
}

static void
ids_go_into_their_place_once_and_out_again(void **state)
{
	static const int64_t IDS[] = { -5, 0, 7, 1LL << 62 };
	struct arena a = { 0 };
	struct str list = STR("");

	(void)state;
	for (size_t i = COUNT(IDS); i-- > 0;)
		list = pack_id_in(&a, pack_id_in(&a, list, IDS[i]), IDS[i]);
	assert_int_equal(unpack_count(list), COUNT(IDS));
	for (size_t i = 0; i < COUNT(IDS); i++) {
		assert_true(unpack_id(list, i) == IDS[i]);
		assert_int_equal(unpack_place(list, IDS[i]), i);
	}
	for (size_t i = 0; i < COUNT(IDS); i++)
		list = pack_id_out(&a, pack_id_out(&a, list, 3), IDS[i]);
	assert_int_equal(list.n, 0);
	arena_end(&a);
}

static void
a_list_of_related_people_comes_back(void **state)
{
	const struct related_line line = { 1LL << 60, STR("ada"), { STR("x"), STR("y") },
		.relation = { .reason = REASON_TOPIC,
			.count = 3,
			.score = 1000,
			.common = 2,
			.position = UINT32_MAX,
			.shown = 2,
			.why = STR("wrote with her") } };
	struct related_line back[RELATED_MOST];
	struct arena a = { 0 };

	(void)state;
	assert_int_equal(
		unpack_related(pack_related(&a, (struct related_line[]){ line, line }, 2), back),
		2);
	assert_true(back[1].other == line.other && back[1].relation.reason == REASON_TOPIC);
	assert_int_equal(back[1].relation.count, 3);
	assert_int_equal(back[1].relation.score, 1000);
	assert_int_equal(back[1].relation.common, 2);
	assert_int_equal(back[1].relation.position, UINT32_MAX);
	assert_int_equal(back[1].relation.shown, 2);
	assert_true(str_eq(back[1].slug, STR("ada")) && str_eq(back[1].shared[1], STR("y")) &&
		str_eq(back[1].relation.why, STR("wrote with her")));
	arena_end(&a);
}

static void
a_damaged_list_gives_no_reason_that_there_is_not(void **state)
{
	static const struct str DAMAGED[] = { STR_INIT(""), STR_INIT("\x1e"),
		STR_INIT("\x1e\x1f\x1e"),
		STR_INIT("7 200 1 1 1 1 \x1f"
			 "ada"),
		STR_INIT("7 5"), STR_INIT("x y z"),
		STR_INIT("99999999999999999999999999 99999999999999999999999 1") };
	struct related_line lines[RELATED_MOST];

	(void)state;
	for (size_t i = 0; i < COUNT(DAMAGED); i++) {
		size_t n = unpack_related(DAMAGED[i], lines);

		for (size_t k = 0; k < n; k++)
			assert_true(lines[k].relation.reason < REASONS &&
				lines[k].relation.shown <= SHARED_SHOWN);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slugs_go_into_their_place_once_and_out_again),
		cmocka_unit_test(what_is_too_long_for_a_slug_is_passed_over),
		cmocka_unit_test(ids_go_into_their_place_once_and_out_again),
		cmocka_unit_test(a_list_of_related_people_comes_back),
		cmocka_unit_test(a_damaged_list_gives_no_reason_that_there_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
