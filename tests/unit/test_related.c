/* The numbers of DESIGN section 4, worked through by hand on small made directories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/file.h"
#include "catalog/directory.h"
#include "folder.h"

/* Writes FOLDER/people/NAME.yaml with a name, a tagline and the rest. */
static void
put(const char *folder, const char *slug, const char *rest)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct str text = arena_printf(&a, "name: %s\ntagline: x\n%s", slug, rest);

	assert_true(file_make_dirs(arena_printf(&a, "%s/people", folder).p, 0755, &e));
	assert_true(
		file_write(arena_printf(&a, "%s/people/%s.yaml", folder, slug).p, text, 0644, &e));
	arena_end(&a);
}

struct made {
	const char *slug, *rest;
};

/* What a person's list is expected to be: "slug reason score count", one after the other. */
struct row {
	const char *what;
	struct made people[13];
	const char *of, *expected;
};

static const char *const REASON_NAMES[REASONS] = { "pick", "source", "coauthor", "topic",
	"organization" };

#define ONE "start_here: [{title: s, id: s}]\n"
#define REF "start_here: s\n"

static const struct row ROWS[] = {
	{ "two people share a source of two: 4 * 1000", { { "a", ONE }, { "b", REF } }, "a",
		"b source 4000 1;" },
	{ "a source of three weighs 500", { { "a", ONE }, { "b", REF }, { "c", REF } }, "a",
		"b source 2000 1;c source 2000 1;" },
	{ "a topic of two is worth 2 * 1000, an organization 1000",
		{ { "a", "topics: t\norganizations: o\n" }, { "b", "topics: T\n" },
			{ "c", "organizations: o\n" } },
		"a", "b topic 2000 1;c organization 1000 1;" },
	{ "at most three topics count, the heaviest first",
		{ { "a", "topics: [t, u, v, w]\n" }, { "b", "topics: [t, u, v, w]\n" } }, "a",
		"b topic 6000 4;" },
	{ "where a source leads to ten, a topic of eleven adds to whom something rarer led to, and "
	  "leads to nobody",
		{ { "a", ONE "topics: [t, u]\n" }, { "b", REF "topics: t\n" },
			{ "c", REF "topics: t\n" }, { "d", REF "topics: t\n" },
			{ "e", REF "topics: t\n" }, { "f", REF "topics: t\n" },
			{ "g", REF "topics: t\n" }, { "h", REF "topics: t\n" },
			{ "i", REF "topics: t\n" }, { "j", REF }, { "k", "topics: [t, u]\n" },
			{ "l", "topics: t\n" } },
		"a",
		"k topic 2500 2;b source 1500 1;c source 1500 1;d source 1500 1;e source 1500 1;"
		"f source 1500 1;g source 1500 1;h source 1500 1;" },
	{ "at most two organizations count",
		{ { "a", "organizations: [t, u, v]\n" }, { "b", "organizations: [t, u, v]\n" } },
		"a", "b organization 2000 3;" },
	{ "co-authors of a known source: 3 * 1000",
		{ { "a", "start_here: [{title: s, id: s, authors: [a, b]}]\n" }, { "b", "" } }, "a",
		"b coauthor 3000 1;" },
	{ "co-authorship counts only where no source is shared",
		{ { "a", "start_here: [{title: s, id: s, authors: [a, b]}]\n" }, { "b", REF } },
		"a", "b source 4000 1;" },
	{ "an author listed twice counts once",
		{ { "a", "start_here: [{title: s, id: s, authors: [a, B, b]}]\n" },
			{ "b", "aliases: bee\n" } },
		"a", "b coauthor 3000 1;" },
	{ "pins come first, in order, and a pin is never listed again",
		{ { "a", "related: [c, 'b: because']\n" ONE }, { "b", REF }, { "c", "" },
			{ "d", REF } },
		"a", "c pick 0 0;b pick 0 1;d source 2000 1;" },
	{ "unrelated holds in both directions and beats a pin",
		{ { "a", "related: b\n" ONE }, { "b", "unrelated: a\n" REF } }, "a", "" },
	{ "drafts and withdrawn people are nowhere",
		{ { "a", ONE }, { "b", REF "draft: true\n" }, { "c", REF "withdrawn: gone\n" } },
		"a", "" },
	{ "equal scores: who shares more sources comes first",
		{ { "a", "start_here: [{title: s, id: s}, {title: r, id: r}]\ntopics: [t, u]\n" },
			{ "b", "topics: [t, u]\n" }, { "z", "start_here: s\n" } },
		"a", "z source 4000 1;b topic 4000 2;" },
	{ "then the place in the author list of the source that most share",
		{ { "a", "start_here: [{title: s, id: s, authors: [a, c, b]}]\n" }, { "b", REF },
			{ "c", REF } },
		"a", "c source 2000 1;b source 2000 1;" },
	{ "who is no author comes behind authors, then the slug decides",
		{ { "a", "start_here: [{title: s, id: s, authors: [a, d]}]\n" }, { "b", REF },
			{ "c", REF }, { "d", REF } },
		"a", "d source 2000 1;b source 2000 1;c source 2000 1;" },
};

static void
list_of(const struct directory *d, const char *slug, struct buf *out)
{
	size_t p = map_find(&d->people_by_slug, str_of(slug));

	for (size_t i = 0; i < d->people.v[p].related_n; i++) {
		const struct relation *r = &d->people.v[p].related[i];

		buf_printf(out, "%.*s %s %u %u;", STR_ARG(d->people.v[r->other].record->slug),
			REASON_NAMES[r->reason], (unsigned)r->score, (unsigned)r->count);
	}
	buf_char(out, '\0');
}

static void
relations_are_as_worked_out_by_hand(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		char folder[] = "/tmp/almagest-related-XXXXXX";
		struct directory d = { 0 };
		struct buf list = { 0 };
		struct err e = { 0 };

		assert_non_null(mkdtemp(folder));
		for (const struct made *made = ROWS[i].people; made->slug; made++)
			put(folder, made->slug, made->rest);
		assert_true(directory_load(&d, folder, NULL, NULL, &e));
		list_of(&d, ROWS[i].of, &list);
		if (strcmp(list.p, ROWS[i].expected) != 0)
			print_message("%s\n", ROWS[i].what);
		assert_string_equal(list.p, ROWS[i].expected);
		buf_end(&list);
		directory_end(&d);
		remove_folder(folder);
	}
}

/* n people share one topic: what one of them scores with another. */
static unsigned
score_of_topic(unsigned n)
{
	char folder[] = "/tmp/almagest-related-XXXXXX", slug[16];
	struct directory d = { 0 };
	struct err e = { 0 };
	unsigned score;

	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i < n; i++) {
		snprintf(slug, sizeof slug, "p%03u", i);
		put(folder, slug, "topics: t\n");
	}
	assert_true(directory_load(&d, folder, NULL, NULL, &e));
	score = d.people.v[0].related_n ? d.people.v[0].related[0].score : 0;
	directory_end(&d);
	remove_folder(folder);
	return score;
}

static void
a_weight_changes_only_where_a_power_of_two_is_crossed(void **state)
{
	static const struct {
		unsigned n, score;
	} WEIGHTS[] = { { 1, 0 }, { 2, 2000 }, { 3, 1000 }, { 4, 1000 }, { 5, 666 }, { 8, 666 },
		{ 9, 500 }, { 16, 500 }, { 17, 400 }, { 32, 400 }, { 33, 332 }, { 64, 332 },
		{ 65, 284 }, { 128, 284 }, { 129, 250 }, { 256, 250 }, { 257, 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT(WEIGHTS); i++)
		assert_int_equal(score_of_topic(WEIGHTS[i].n), WEIGHTS[i].score);
}

static void
the_directory_shows_tri_daos_neighbours_in_order(void **state)
{
	static const char *const FIRST[] = { "albert-gu", "daniel-y-fu", "atri-rudra",
		"christopher-re" };
	struct directory d = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_true(directory_load(&d, "capsule", NULL, NULL, &e));
	const struct member *dao = &d.people.v[map_find(&d.people_by_slug, STR("tri-dao"))];

	for (size_t i = 0; i < COUNT(FIRST); i++) {
		assert_true(
			str_eq(d.people.v[dao->related[i].other].record->slug, str_of(FIRST[i])));
		assert_int_equal(dao->related[i].reason, REASON_SOURCE);
		assert_int_equal(dao->related[i].count, 4);
	}
	directory_end(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relations_are_as_worked_out_by_hand),
		cmocka_unit_test(a_weight_changes_only_where_a_power_of_two_is_crossed),
		cmocka_unit_test(the_directory_shows_tri_daos_neighbours_in_order),
	};

	return cmocka_run_group_tests_name("related", tests, NULL, NULL);
}
