/* Pages that fit: what is shortened, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/utf8.h"
#include "encode/encode.h"
#include "rows.h"

enum { MOST = 64 * 1024 - 1, SUMMARY = 2000 };

static const struct fit_row {
	const char *what;
	size_t links, letters; /* labels of so many letters */
	const char *letter;
	bool shortens;
} FITS[] = {
	{ "a short list stays as it is", 20, 300, "я", false },
	{ "a full list of usual lines stays as it is", 200, 150, "x", false },
	{ "a full list of the longest lines of ASCII", 200, 320, "x", true },
	{ "a full list of lines of Cyrillic", 200, 282, "я", true },
	{ "a full list of lines of Han", 200, 282, "何", true },
	{ "a full list of lines of emoji", 200, 282, "🔭", true },
	{ "more links than any page of ours has", 700, 282, "x", true },
};

static struct str
repeat(struct arena *a, const char *letter, size_t n)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_put(&out, i % 10 == 9 ? STR(" ") : str_of(letter));
	struct str text = arena_str(a, buf_str(&out));

	buf_end(&out);
	return text;
}

static void
a_page_fits(void **state)
{
	const struct fit_row *row = *state;
	struct arena a = { 0 };
	struct page p = { .arena = &a, .path = STR("/topics/x.gmi") };
	struct buf out = { 0 };
	struct str slug = repeat(&a, "s", 9), summary = repeat(&a, "y", SUMMARY);
	struct str label = repeat(&a, row->letter, row->letters);

	page_add(&p, LINE_TITLE, STR("A topic"));
	page_add(&p, LINE_TEXT, summary);
	for (size_t i = 0; i < row->links; i++)
		page_link(&p, arena_printf(&a, "/people/%.*s%zu.gmi", STR_ARG(slug), i), label);
	page_fit(&p, MOST);
	encode_gemtext(&p, NULL, &out);
	assert_true(out.n <= MOST);
	assert_int_equal(utf8_bad(buf_str(&out)), out.n);
	assert_true(str_eq(p.v[1].text, summary));
	assert_int_equal(!str_eq(p.v[2].text, label), row->shortens);
	if (row->shortens) {
		assert_true(str_ends(p.v[2].text, STR("…")));
		assert_true(out.n > MOST / 2);
	}
	buf_end(&out);
	arena_end(&a);
}

static void
texts_give_way_when_links_do_not_suffice(void **state)
{
	struct arena a = { 0 };
	struct page p = { .arena = &a, .path = STR("/sources/x.gmi") };
	struct buf out = { 0 };

	(void)state;
	page_add(&p, LINE_TITLE, STR("A source"));
	for (size_t i = 0; i < 200; i++) {
		page_link(&p, arena_printf(&a, "/people/p%zu.gmi", i), STR("Somebody"));
		page_add(&p, LINE_TEXT, repeat(&a, "何", 300));
	}
	page_fit(&p, MOST);
	encode_gemtext(&p, NULL, &out);
	assert_true(out.n <= MOST && out.n > MOST / 2);
	assert_true(str_eq(p.v[1].text, STR("Somebody")));
	assert_int_equal(utf8_bad(buf_str(&out)), out.n);
	buf_end(&out);
	arena_end(&a);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, FITS, a_page_fits);
	add_row(&s, "texts give way when links do not suffice",
		texts_give_way_when_links_do_not_suffice);
	return run_suite(&s, "page", NULL, NULL);
}
