/* new: the beginning of a record, written from the table of fields, that passes the check as it
 * stands. */
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "command.h"

/* A double-quoted YAML text. */
static void
put_quoted(struct buf *out, struct str text)
{
	buf_char(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, text.p[i]);
	}
	buf_char(out, '"');
}

static void
put_record(struct buf *out, struct str name)
{
	buf_put(out,
		STR("# A profile. name and tagline are needed; take away the '# ' of what you "
		    "know.\n"
		    "# The file is served as it is, comments and x- keys included.\n"));
	for (size_t i = 0; i < KIND_PERSON.n; i++) {
		const struct field *field = &KIND_PERSON.fields[i];

		if (strcmp(field->key, "name") == 0) {
			buf_put(out, STR("name: "));
			put_quoted(out, name);
			buf_char(out, '\n');
			continue;
		}
		if (field->required) {
			buf_printf(out, "\n# %s\n%s: To be written\n", field->help, field->key);
			continue;
		}
		bool list = field->type == FIELD_LIST || field->type == FIELD_SLUGS ||
			field->type == FIELD_PINS || field->type == FIELD_CITATIONS;
		bool block = list || field->type == FIELD_LINKS;

		buf_printf(out, "\n# %s\n# %s:%s%s%s\n", field->help, field->key,
			block ? "\n#   " : " ", list ? "- " : "", field->example);
	}
}

int
cmd_new(struct config *c)
{
	struct str name, slug, path;
	struct buf out = { 0 };
	struct err e = { 0 };

	if (c->argc != 2)
		return complain(EXIT_USAGE, "usage: almagest new \"FIRST LAST\"");
	name = str_of(c->argv[1]);
	if (utf8_bad(name) < name.n)
		return complain(EXIT_USAGE, "the name is not UTF-8");
	for (size_t i = 0; i < name.n;) {
		int32_t ch = utf8_next(name, &i);

		if (utf8_is_control(ch) || utf8_is_hidden(ch))
			return complain(EXIT_USAGE, "the name holds U+%04X, a control character",
				(unsigned)ch);
	}
	name = text_line(c->arena, text_nfc(c->arena, name));
	if (name.n == 0 || utf8_count(name) > KIND_PERSON.fields[0].longest)
		return complain(EXIT_USAGE, "a name has 1 to %zu characters",
			KIND_PERSON.fields[0].longest);
	slug = text_slug(c->arena, name);
	if (str_eq(slug, STR("index")))
		slug = STR("index-person");
	path = arena_printf(c->arena, "%s/people/%.*s.yaml", c->capsule, STR_ARG(slug));
	if (file_exists(path.p)) {
		size_t n = 2;

		while (file_exists(arena_printf(
			c->arena, "%s/people/%.*s-%zu.yaml", c->capsule, STR_ARG(slug), n)
					   .p))
			n++;
		return complain(EXIT_FOUND,
			"%s is there already; if this is another person of that name, copy it to "
			"%s/people/%.*s-%zu.yaml",
			path.p, c->capsule, STR_ARG(slug), n);
	}
	put_record(&out, name);
	bool good = file_make_dirs(arena_printf(c->arena, "%s/people", c->capsule).p, 0755, &e) &&
		file_write(path.p, buf_str(&out), 0644, &e);

	buf_end(&out);
	if (!good)
		return complain(EXIT_FOUND, "%s", e.text);
	printf("%s\n", path.p);
	return EXIT_OK;
}
