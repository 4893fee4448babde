/* What a profile shows of others comes back as it was put, and whatever stands in a damaged catalog
 * harms nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "catalog/shown.h"

static void
assert_text(struct str text, const char *expected)
{
	assert_int_equal(text.n, strlen(expected));
	assert_memory_equal(text.p, expected, text.n);
}

/* ---- sources ---- */

static void
sources_come_back_but_for_those_of_very_many(void **state)
{
	const struct citation facts = { .title.text = STR("Mamba"),
		.kind.text = STR("paper"),
		.year.text = STR("2023"),
		.arxiv.text = STR("2312.00752") };
	const size_t people[] = { 1, SHOWN_PEOPLE + 1, SHOWN_PEOPLE };
	struct shown_source source;
	struct arena a = { 0 };
	struct buf packed = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(people); i++)
		shown_put_source(&packed, &a, &facts, people[i]);
	struct str rest = buf_str(&packed);

	for (size_t i = 0; i < COUNT(people); i++) {
		bool kept = people[i] <= SHOWN_PEOPLE;

		assert_true(shown_next_source(&rest, &source));
		assert_int_equal(source.people, kept ? people[i] : 0);
		assert_text(source.facts.title.text, kept ? "Mamba" : "");
		assert_text(source.facts.kind.text, kept ? "paper" : "");
		assert_text(source.facts.year.text, kept ? "2023" : "");
		assert_text(source.facts.url.text, kept ? "https://arxiv.org/abs/2312.00752" : "");
	}
	assert_false(shown_next_source(&rest, &source));
	buf_end(&packed);
	arena_end(&a);
}

/* ---- people ---- */

static const struct start {
	const char *what;
	const char *homepage, *source, *url; /* url: of the source */
	size_t people;                       /* who have the source */
	enum shown_start leads;
	const char *start;
} STARTS[] = {
	{ "somebody without either leads nowhere", "", "", "", 0, START_NOWHERE, "" },
	{ "a homepage comes before a source", "https://a.example/", "mamba", "https://b.example/",
		1, START_ADDRESS, "https://a.example/" },
	{ "the first source leads to where it is read", "", "mamba", "https://b.example/", 1,
		START_ADDRESS, "https://b.example/" },
	{ "a source without an address leads to its page", "", "mamba", "", 1, START_PAGE,
		"mamba" },
	{ "a source of very many is looked up", "", "mamba", "https://b.example/", SHOWN_PEOPLE + 1,
		START_LOOKED_UP, "mamba" },
};

static void
where_to_start_comes_back(void **state)
{
	const struct start *row = *state;
	struct arena a = { 0 };
	struct entry homepage = { { .text = STR("homepage") }, { .text = str_of(row->homepage) } };
	struct citation source = { .id.text = str_of(row->source) };
	const struct citation facts = { .url.text = str_of(row->url) };
	const struct person person = { .name.text = STR("Tri Dao"),
		.tagline.text = STR("Makes attention fast"),
		.summary.text = STR("Counts memory traffic. Then more."),
		.links = { &homepage, *row->homepage != '\0', 1 },
		.start_here = { &source, *row->source != '\0', 1 } };
	struct shown_card card = shown_card(&person);

	shown_settle(&a, &card, &facts, row->people);
	card = shown_unpack_card(shown_pack_card(&a, &card));
	assert_int_equal(card.leads, row->leads);
	assert_text(card.start, row->start);
	assert_text(card.name, "Tri Dao");
	assert_text(card.tagline, "Makes attention fast");
	assert_text(card.sentence, "Counts memory traffic.");
	arena_end(&a);
}

static void
lines_come_back_with_their_cards_and_without(void **state)
{
	const struct related_line line = { .slug = STR("ada"),
		.shared = { STR("x"), STR("y") },
		.relation = { .reason = REASON_TOPIC,
			.count = 3,
			.shown = 2,
			.why = STR("wrote with her") } };
	struct shown_line back[RELATED_MOST];
	struct buf packed = { 0 };

	(void)state;
	shown_put_line(&packed, &line,
		STR("1\x1f"
		    "Ada"));
	shown_put_line(&packed, &line, STR(""));
	assert_int_equal(shown_lines(buf_str(&packed), back), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(back[i].reason, REASON_TOPIC);
		assert_int_equal(back[i].count, 3);
		assert_int_equal(back[i].shown, 2);
		assert_text(back[i].slug, "ada");
		assert_text(back[i].why, "wrote with her");
		assert_text(back[i].shared[1], "y");
	}
	assert_text(shown_unpack_card(back[0].card).name, "Ada");
	assert_int_equal(back[1].card.n, 0);
	buf_end(&packed);
}

static const struct str DAMAGED[] = { STR_INIT(""), STR_INIT("\x1e"), STR_INIT("\x1f\x1e\x1f"),
	STR_INIT("9923\x1f"
		 "ada"),
	STR_INIT("13"), STR_INIT("x y z"), STR_INIT("1399999999999999999999\x1f\x1f"),
	STR_INIT("\xff\xff\xff\x1f\x1e\xff"), STR_INIT("7\x1f\x1f\x1f\x1f\x1f\x1f\x1f") };

static void
a_damaged_row_shows_nothing_that_there_is_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(DAMAGED); i++) {
		struct shown_line lines[RELATED_MOST];
		struct shown_source source;
		struct str rest = DAMAGED[i];
		size_t n = shown_lines(rest, lines);

		for (size_t k = 0; k < n; k++)
			assert_true(lines[k].reason < REASONS && lines[k].shown <= SHARED_SHOWN &&
				lines[k].slug.n <= SLUG_MOST);
		while (shown_next_source(&rest, &source))
			assert_true(source.facts.title.text.n <= DAMAGED[i].n);
		assert_true(shown_unpack_card(DAMAGED[i]).leads <= START_LOOKED_UP);
	}
}

enum { FIXED = 3 };

int
main(void)
{
	struct CMUnitTest tests[COUNT(STARTS) + FIXED] = {
		cmocka_unit_test(sources_come_back_but_for_those_of_very_many),
		cmocka_unit_test(lines_come_back_with_their_cards_and_without),
		cmocka_unit_test(a_damaged_row_shows_nothing_that_there_is_not),
	};

	for (size_t i = 0; i < COUNT(STARTS); i++)
		tests[FIXED + i] = (struct CMUnitTest){ .name = STARTS[i].what,
			.test_func = where_to_start_comes_back,
			.initial_state = (void *)&STARTS[i] };
	return cmocka_run_group_tests_name("shown", tests, NULL, NULL);
}
