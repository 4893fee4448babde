/* The file behind an answer, read in pieces that cut through no line and no character. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rows.h"
#include "proto/proto.h"

enum { MOST = 200 * 1024, PIECES = 100 };

/* The pieces that convert() was given. */
static struct {
	size_t n, ends[PIECES], lasts;
} seen;

static void
convert(struct buf *out, struct str piece, bool last)
{
	buf_put(out, piece);
	assert_in_range(seen.n, 0, PIECES - 1);
	seen.ends[seen.n++] = piece.n;
	seen.lasts += last;
}

static int
file_of(const char *p, size_t n)
{
	char path[] = "/tmp/almagest-reply-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	unlink(path);
	return fd;
}

static void
each_line(char *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = i % 71 == 70 ? '\n' : 'x';
}

/* A line longer than any piece, whose characters of two bytes begin at odd offsets. */
static void
one_long_line(char *to, size_t n)
{
	to[0] = 'x';
	for (size_t i = 1; i < n; i++)
		to[i] = i % 2 ? '\xc3' : '\xa9';
}

static void
no_text_at_all(char *to, size_t n)
{
	memset(to, '\xbf', n);
}

static const struct row {
	const char *what;
	void (*fill)(char *to, size_t n);
	size_t n;
	char before; /* each piece but the last ends with it; 0: with anything */
} ROWS[] = {
	{ "short lines, never cut", each_line, MOST, '\n' },
	{ "the last line has no end", each_line, 71 * 1000 + 7, '\n' },
	{ "a long line is cut between characters", one_long_line, 100001, '\xa9' },
	{ "bytes that are no text", no_text_at_all, 50000, 0 },
	{ "one byte", each_line, 1, 0 },
};

static void
a_file_comes_whole_in_pieces(void **state)
{
	const struct row *row = *state;
	char *text = malloc(row->n);
	struct buf out = { 0 };
	size_t at = 0;

	assert_non_null(text);
	row->fill(text, row->n);
	struct reply reply = { .fd = file_of(text, row->n), .left = row->n, .convert = convert };

	memset(&seen, 0, sizeof seen);
	while (reply.left)
		assert_true(reply_read(&reply, &out));
	assert_int_equal(out.n, row->n);
	assert_memory_equal(out.p, text, row->n);
	assert_int_equal(seen.lasts, 1);
	for (size_t i = 0; i + 1 < seen.n; i++) {
		at += seen.ends[i];
		if (row->before)
			assert_int_equal(text[at - 1], row->before);
	}
	close(reply.fd);
	buf_end(&out);
	free(text);
}

static void
a_file_without_conversion_comes_as_it_is(void **state)
{
	struct buf out = { 0 };
	struct reply reply = { .fd = file_of("a\r\n\0b", 5), .left = 5 };

	(void)state;
	assert_true(reply_read(&reply, &out));
	assert_int_equal(reply.left, 0);
	assert_int_equal(out.n, 5);
	assert_memory_equal(out.p, "a\r\n\0b", 5);
	close(reply.fd);
	buf_end(&out);
}

static void
a_file_that_became_shorter_is_told_apart(void **state)
{
	struct buf out = { 0 };
	struct reply reply = { .fd = file_of("abc", 3), .left = 5, .convert = convert };

	(void)state;
	memset(&seen, 0, sizeof seen);
	assert_true(reply_read(&reply, &out));
	assert_false(reply_read(&reply, &out));
	assert_int_equal(reply.left, 2);
	assert_int_equal(seen.lasts, 0);
	close(reply.fd);
	buf_end(&out);
}

int
main(void)
{
	struct suite suite = { 0 };

	add_rows(&suite, ROWS, a_file_comes_whole_in_pieces);
	add_row(&suite, "a file that is not converted comes as it is",
		a_file_without_conversion_comes_as_it_is);
	add_row(&suite, "a file that became shorter is told apart",
		a_file_that_became_shorter_is_told_apart);
	return run_suite(&suite, "reply", NULL, NULL);
}
