/* Bytes being written: what fits is there, what does not is remembered, never written in part. */
#include "rows.h"

#include "base/buf.h"

static const struct row {
	const char *what;
	size_t most;
	struct str first, second, expected;
	bool ok;
} ROWS[] = {
	{ "nothing", 8, STR_INIT(""), STR_INIT(""), STR_INIT(""), true },
	{ "two texts", 8, STR_INIT("abc"), STR_INIT("de"), STR_INIT("abcde"), true },
	{ "just what fits", 4, STR_INIT("ab"), STR_INIT("cd"), STR_INIT("abcd"), true },
	{ "one byte too many is not written in part", 4, STR_INIT("abc"), STR_INIT("de"),
		STR_INIT("abc"), false },
	{ "after the first that did not fit nothing is written", 4, STR_INIT("abcde"),
		STR_INIT("f"), STR_INIT(""), false },
	{ "no ceiling given is a high one", 0, STR_INIT("abc"), STR_INIT("d"), STR_INIT("abcd"),
		true },
	{ "a NUL is a byte like others", 8, STR_INIT("a\0"), STR_INIT("b"), STR_INIT("a\0b"),
		true },
};

static void
texts_are_put(void **state)
{
	const struct row *row = *state;
	struct str first = exact_copy(row->first), second = exact_copy(row->second);
	struct buf b = { .most = row->most };

	buf_put(&b, first);
	buf_put(&b, second);
	assert_str(buf_str(&b), row->expected);
	assert_int_equal(buf_ok(&b), row->ok);
	buf_end(&b);
	assert_int_equal(b.n, 0);
	assert_int_equal(b.most, row->most);
	assert_true(buf_ok(&b));
	free_exact(first);
	free_exact(second);
}

/* Formats and bytes keep the same ceiling as texts. */
static void
formats_and_bytes_are_put(void **state)
{
	const struct row *row = *state;
	struct buf by_format = { .most = row->most }, by_byte = { .most = row->most };

	if (str_find(row->first, '\0') == row->first.n) {
		buf_printf(&by_format, "%.*s", STR_ARG(row->first));
		buf_printf(&by_format, "%.*s", STR_ARG(row->second));
		assert_str(buf_str(&by_format), row->expected);
		assert_int_equal(buf_ok(&by_format), row->ok);
	}
	for (size_t i = 0; i < row->first.n; i++)
		buf_char(&by_byte, row->first.p[i]);
	for (size_t i = 0; i < row->second.n; i++)
		buf_char(&by_byte, row->second.p[i]);
	assert_int_equal(buf_ok(&by_byte), row->ok);
	buf_end(&by_format);
	buf_end(&by_byte);
}

static void
a_buffer_grows(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (unsigned i = 0; i < 20000; i++)
		buf_printf(&b, "%05u,", i);
	assert_true(buf_ok(&b));
	assert_int_equal(b.n, 120000);
	assert_str(str_sub(buf_str(&b), 119994, 120000), STR("19999,"));
	buf_end(&b);
}

static const struct drop_row {
	const char *what;
	size_t n;
	struct str expected;
} DROPS[] = {
	{ "no bytes are taken away", 0, STR_INIT("abc") },
	{ "the first bytes are taken away", 2, STR_INIT("c") },
	{ "all bytes are taken away", 3, STR_INIT("") },
	{ "more bytes than there are", 9, STR_INIT("") },
};

static void
bytes_are_dropped(void **state)
{
	const struct drop_row *row = *state;
	struct buf b = { 0 };

	buf_drop(&b, row->n);
	assert_int_equal(b.n, 0);
	buf_put(&b, STR("abc"));
	buf_drop(&b, row->n);
	assert_str(buf_str(&b), row->expected);
	buf_put(&b, STR("d"));
	assert_int_equal(b.n, row->expected.n + 1);
	buf_end(&b);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, ROWS, texts_are_put);
	add_rows(&s, ROWS, formats_and_bytes_are_put);
	add_row(&s, "a buffer grows as far as it must", a_buffer_grows);
	add_rows(&s, DROPS, bytes_are_dropped);
	return run_suite(&s, "buf", NULL, NULL);
}
