/* fmt: records in their canonical form. A file that holds an error, or whose form would change what
 * it says, stays untouched. */
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "command.h"
#include "edit/diff.h"
#include "edit/fmt.h"

enum { READ_MOST = 16 << 20 }; /* what is longer than a record is still told of as one */

struct formatting {
	struct config *c;
	struct problems problems;
	size_t files, changed;
	bool failed;
};

static void
fail(struct formatting *f, const char *path, const struct err *e)
{
	f->failed = true;
	if (str_starts(str_of(e->text), str_of(path)))
		complain(0, "%s", e->text);
	else
		complain(0, "%s: %s", path, e->text);
}

/* `path` as it can be opened from here; `shown` the same, for messages. */
static void
format_file(struct formatting *f, const struct kind *kind, const char *path)
{
	struct arena *a = f->c->arena;
	struct reader r = { a, &f->problems, str_of(path), clock_day(a, 24) };
	struct buf out = { 0 };
	struct err e = { 0 };
	struct str bytes;
	size_t errors = f->problems.errors;

	f->files++;
	if (!file_read(a, path, READ_MOST, &bytes, NULL, &e)) {
		fail(f, path, &e);
		return;
	}
	if (!fmt_record(&r, kind, bytes, &out))
		f->failed = f->problems.errors > errors;
	else if (!str_eq(bytes, buf_str(&out))) {
		struct fresh anew = file_again(a, path, buf_str(&out));

		f->changed++;
		if (f->c->own.diff) {
			struct buf diff = { 0 };

			diff_put(&diff, str_of(path), bytes, buf_str(&out), command_colours());
			fwrite(diff.p, 1, diff.n, stdout);
			buf_end(&diff);
		} else if (f->c->own.check || file_write_all(&anew, 1, &e))
			printf("%s\n", path);
		else
			fail(f, path, &e);
	}
	buf_end(&out);
}

/* All records of the capsule and its settings. */
static bool
format_all(struct formatting *f, struct err *e)
{
	static const char *const FOLDERS[] = { "organizations", "people", "sources", "topics" };
	static const char *const SETTINGS[] = { "capsule.yaml", "local.yaml" };
	struct arena *a = f->c->arena;
	const char *base = command_prefix(f->c);

	for (size_t i = 0; i < COUNT(SETTINGS); i++) {
		const char *path = arena_printf(a, "%s%s", base, SETTINGS[i]).p;

		if (file_exists(path))
			format_file(f, fmt_kind(str_of(SETTINGS[i])), path);
	}
	for (size_t i = 0; i < COUNT(FOLDERS); i++) {
		struct names names = { 0 };

		if (!file_tree(a, arena_printf(a, "%s%s", base, FOLDERS[i]).p, &names, e))
			return false;
		for (size_t n = 0; n < names.n; n++) {
			struct str path =
				arena_printf(a, "%s/%.*s", FOLDERS[i], STR_ARG(names.v[n]));

			if (fmt_kind(path))
				format_file(f, fmt_kind(path),
					arena_printf(a, "%s%.*s", base, STR_ARG(path)).p);
		}
	}
	return true;
}

/* A person's record from standard input to standard output: what an editor's key can call. */
static int
format_stream(struct config *c)
{
	struct problems ps = { .arena = c->arena };
	struct reader r = { c->arena, &ps, STR("standard input"), clock_day(c->arena, 24) };
	struct buf in = { .most = READ_MOST }, out = { 0 };
	struct err e = { 0 };

	if (!command_stdin(&in, &e))
		return complain(EXIT_FOUND, "standard input: %s", e.text);
	bool good = fmt_record(&r, &KIND_PERSON, buf_str(&in), &out);

	/* a filter gives back what it cannot improve */
	struct str shown = good ? buf_str(&out) : buf_str(&in);

	fwrite(shown.n ? shown.p : "", 1, shown.n, stdout);
	command_problems(&ps, stderr);
	buf_end(&in);
	buf_end(&out);
	return good ? EXIT_OK : EXIT_FOUND;
}

int
cmd_fmt(struct config *c)
{
	struct formatting f = { .c = c, .problems = { .arena = c->arena } };
	struct err e = { 0 };

	if (c->argc == 2 && strcmp(c->argv[1], "-") == 0)
		return format_stream(c);
	for (int i = 1; i < c->argc; i++) {
		struct str file = command_record(c, c->argv[i], &e);

		if (!file.p)
			return complain(EXIT_USAGE, "%s", e.text);
		format_file(&f, fmt_kind(command_in_capsule(c, file)), file.p);
	}
	if (c->argc == 1 && !format_all(&f, &e))
		return complain(EXIT_FOUND, "%s", e.text);
	if (c->argc == 1 && f.files == 0)
		return complain(EXIT_USAGE, "%s: no records here; name the capsule with -c FOLDER",
			c->capsule);
	fflush(stdout);
	problem_sort(&f.problems);
	command_problems(&f.problems, stderr);
	fprintf(stderr, "%zu file%s: ", f.files, f.files == 1 ? "" : "s");
	if (f.changed == 0)
		fputs("all in canonical form", stderr);
	else
		fprintf(stderr, "%zu %s", f.changed,
			c->own.check || c->own.diff ? "not in canonical form" : "rewritten");
	if (f.problems.errors)
		fputs("; what holds errors was left as it is", stderr);
	fputc('\n', stderr);
	return f.failed || (c->own.check && f.changed) ? EXIT_FOUND : EXIT_OK;
}
