/* import: a record from what other catalogues know, printed for an editor to go over. Nothing is
 * written without --write, and nothing is ever written over. */
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "command.h"
#include "edit/diff.h"
#include "edit/fmt.h"
#include "edit/import.h"

static const struct import *
find_import(const char *name)
{
	for (size_t i = 0; i < IMPORTS_N; i++)
		if (strcmp(name, IMPORTS[i].name) == 0)
			return &IMPORTS[i];
	return NULL;
}

static int
usage(void)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < IMPORTS_N; i++)
		buf_printf(&out, "%s%s", i ? ", " : "", IMPORTS[i].name);
	int status = complain(EXIT_USAGE,
		"usage: almagest import FORM FILE [--merge SLUG] [--name NAME] [--write], FORM "
		"being one of %.*s",
		STR_ARG(buf_str(&out)));

	buf_end(&out);
	return status;
}

/* The bytes of a file, or of standard input for "-"; they are UTF-8. */
static bool
read_bytes(struct reader *r, const char *path, struct str *bytes)
{
	struct buf in = { .most = IMPORT_MOST };
	struct err e = { 0 };
	int line = 1, column = 1;
	bool good = strcmp(path, "-") == 0
		? command_stdin(&in, &e)
		: file_read(r->arena, path, IMPORT_MOST, bytes, NULL, &e);

	if (in.n)
		*bytes = arena_str(r->arena, buf_str(&in));
	buf_end(&in);
	if (!good) {
		/* the path stands in front already */
		const char *text = e.text;

		if (str_starts(str_of(text), str_of(path)) &&
			str_starts(str_of(text + strlen(path)), STR(": ")))
			text += strlen(path) + 2;
		reader_problem(r, PROBLEM_ERROR, 1, 1, STR(""), "%s", text);
		return false;
	}
	size_t bad = utf8_bad(*bytes);

	if (bad == bytes->n)
		return true;
	for (size_t i = 0; i < bad; i++) {
		column = bytes->p[i] == '\n'                          ? 1
			: ((unsigned char)bytes->p[i] & 0xc0) != 0x80 ? column + 1
								      : column;
		line += bytes->p[i] == '\n';
	}
	reader_problem(r, PROBLEM_ERROR, line, column, STR(""),
		"byte 0x%02X is not UTF-8; save the file as UTF-8, or convert it with iconv",
		(unsigned)(unsigned char)bytes->p[bad]);
	return false;
}

static bool
read_files(struct config *c, const struct import *form, struct problems *ps, struct imported *im)
{
	for (int i = 2; i < c->argc; i++) {
		const char *path = c->argv[i];
		struct reader r = { c->arena, ps,
			strcmp(path, "-") == 0 ? STR("standard input") : str_of(path),
			clock_day(c->arena, 24) };
		struct str bytes = STR("");

		if (!read_bytes(&r, path, &bytes) || !form->read(&r, bytes, im))
			return false;
	}
	return true;
}

static bool
write_again(struct config *c, struct str file, struct str bytes, struct err *e)
{
	struct fresh anew = file_again(c->arena, file.p, bytes);

	return file_write_all(&anew, 1, e);
}

static int
merge(struct config *c, const struct imported *im, const struct known *known)
{
	struct problems ps = { .arena = c->arena };
	struct err e = { 0 };
	struct str file = command_record(c, c->own.merge, &e), before, after;
	struct reader r = { c->arena, &ps, file, clock_day(c->arena, 24) };
	struct buf diff = { 0 };
	size_t added;

	if (!file.p)
		return complain(EXIT_USAGE, "--merge %s", e.text);
	if (!file_read(c->arena, file.p, YAML_MOST, &before, NULL, &e))
		return complain(EXIT_FOUND, "%s", e.text);
	if (!compose_merged(&r, before, im, known, &after, &added)) {
		problem_sort(&ps);
		command_problems(&ps, stderr);
		return EXIT_FOUND;
	}
	if (added == 0) {
		fprintf(stderr, "%.*s has them all already, or no room for more\n", STR_ARG(file));
		return EXIT_OK;
	}
	diff_put(&diff, file, before, after, command_colours());
	fwrite(diff.p, 1, diff.n, stdout);
	fflush(stdout);
	buf_end(&diff);
	if (!c->own.write)
		fprintf(stderr, "%zu source%s would be added; --write adds %s\n", added,
			added == 1 ? "" : "s", added == 1 ? "it" : "them");
	else if (!write_again(c, file, after, &e))
		return complain(EXIT_FOUND, "%s", e.text);
	else
		fprintf(stderr, "%zu source%s added to %.*s\n", added, added == 1 ? "" : "s",
			STR_ARG(file));
	return EXIT_OK;
}

/* The record in its canonical form; as it came where that cannot be. */
static void
put_record(struct config *c, const struct imported *im, const struct known *known,
	const char *schema, const char *from, struct buf *out)
{
	struct problems ps = { .arena = c->arena };
	struct reader r = { c->arena, &ps, STR("record"), clock_day(c->arena, 24) };
	struct buf draft = { 0 };

	compose_record(&draft, c->arena, im, known, schema,
		arena_printf(c->arena,
			"From %s: look everything through, and keep what one should read first.",
			from)
			.p);
	if (!fmt_record(&r, &KIND_PERSON, buf_str(&draft), out)) {
		out->n = 0;
		buf_put(out, buf_str(&draft));
	}
	buf_end(&draft);
}

int
cmd_import(struct config *c)
{
	const struct import *form;
	struct imported im = { 0 };
	struct known known = { 0 };
	struct problems ps = { .arena = c->arena };
	struct buf out = { 0 };

	if (c->argc < 3)
		return usage();
	if (!(form = find_import(c->argv[1]))) {
		const char *names[8];

		for (size_t i = 0; i < IMPORTS_N; i++)
			names[i] = IMPORTS[i].name;
		const char *nearest = str_nearest(str_of(c->argv[1]), names, IMPORTS_N);

		if (nearest)
			return complain(EXIT_USAGE, "%s: unknown form; did you mean %s?",
				c->argv[1], nearest);
		return usage();
	}
	if (c->argc > 3 && !form->several)
		return complain(EXIT_USAGE, "import %s takes one file", form->name);
	if (c->own.name) {
		struct str name = str_of(c->own.name);

		if (utf8_bad(name) < name.n || import_text(c->arena, name, 120).n == 0)
			return complain(EXIT_USAGE, "--name: a name has 1 to 120 characters");
	}
	if (!read_files(c, form, &ps, &im)) {
		problem_sort(&ps);
		command_problems(&ps, stderr);
		return EXIT_FOUND;
	}
	known_sources(c->arena, c->capsule, &known);
	import_settle(c->arena, &im, &known);
	if (c->own.merge)
		return merge(c, &im, &known);
	if (c->own.name)
		im.name = import_text(c->arena, str_of(c->own.name), 120);
	import_find_name(c->arena, &im);
	if (im.name.n == 0)
		return complain(EXIT_FOUND, "%s says no name; give it with --name \"FIRST LAST\"",
			c->argv[2]);
	int status = EXIT_OK;

	if (c->own.write)
		status = command_new_record(c, im.name, NULL);
	if (status != EXIT_OK)
		return status;
	put_record(c, &im, &known, command_schema_line(c, c->own.write != NULL), form->what, &out);
	if (c->own.write)
		status = command_new_record(c, im.name, &out);
	else
		fwrite(out.p, 1, out.n, stdout);
	buf_end(&out);
	return status;
}
