/* new: the beginning of a record, written from the table of fields, that passes the check as it
 * stands and is in canonical form. */
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "command.h"
#include "edit/import.h"

static const char SCHEMA[] = "docs/schema/record.json", OWN_SCHEMA[] = ".schema/record.json";

const char *
command_schema_line(struct config *c, bool write)
{
	struct str own = arena_printf(c->arena, "%s/%s", c->capsule, OWN_SCHEMA);

	/* the repository's, beside the capsule */
	if (file_exists(arena_printf(c->arena, "%s/../%s", c->capsule, SCHEMA).p))
		return arena_printf(c->arena, "../../%s", SCHEMA).p;
	if (write && !file_exists(own.p)) {
		struct buf out = { 0 };
		struct err e = { 0 };

		/* a dot folder: never read, served or mirrored */
		schema_put(&out, c->arena, &KIND_PERSON, NULL);
		if (file_make_dirs(arena_printf(c->arena, "%s/.schema", c->capsule).p, 0755, &e))
			file_write(own.p, buf_str(&out), 0644, &e);
		buf_end(&out);
	}
	return write ? arena_printf(c->arena, "../%s", OWN_SCHEMA).p : NULL;
}

int
command_new_record(struct config *c, struct str name, const struct buf *record)
{
	struct str slug = text_slug(c->arena, name), path, there;
	struct err e = { 0 };

	if (str_eq(slug, STR("index")))
		slug = STR("index-person");
	if ((there = command_person_file(c, slug)).n) {
		size_t n = 2;

		while (command_person_file(c, arena_printf(c->arena, "%.*s-%zu", STR_ARG(slug), n))
				.n)
			n++;
		return complain(EXIT_FOUND,
			"%.*s is there already; if this is another person of that name, copy it to "
			"%s/people/%.*s-%zu.yaml",
			STR_ARG(there), c->capsule, STR_ARG(slug), n);
	}
	if (!record)
		return EXIT_OK;
	path = arena_printf(c->arena, "%s/people/%.*s.yaml", c->capsule, STR_ARG(slug));
	if (!file_make_dirs(arena_printf(c->arena, "%s/people", c->capsule).p, 0755, &e) ||
		!file_write(path.p, buf_str(record), 0644, &e))
		return complain(EXIT_FOUND, "%s", e.text);
	printf("%s\n", path.p);
	return EXIT_OK;
}

int
cmd_new(struct config *c)
{
	struct imported im = { 0 };
	struct known known = { 0 };
	struct buf out = { 0 };
	struct str name;

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
	int status = command_new_record(c, name, NULL);

	if (status != EXIT_OK)
		return status;
	im.name = name;
	compose_record(&out, c->arena, &im, &known, command_schema_line(c, true), NULL);
	status = command_new_record(c, name, &out);
	buf_end(&out);
	return status;
}
