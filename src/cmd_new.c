/* new: the beginning of a record, written from the table of fields, that passes the check as it
 * stands and is in canonical form. */
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "command.h"
#include "edit/import.h"
#include "edit/rename.h"

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

/* The record that has this slug, or had it before; empty when it is free. */
static struct str
holder_of(struct config *c, struct str slug, bool *before)
{
	struct str file = command_person_file(c, slug);

	*before = file.n == 0;
	if (*before && (file = rename_claimed(c->arena, c->capsule, slug)).n)
		file = arena_printf(c->arena, "%s%.*s", command_prefix(c), STR_ARG(file));
	return file;
}

/* Tells who has the slug, and one that is free. */
static int
complain_taken(struct config *c, struct str slug, struct str there, bool before)
{
	struct str stem = str_sub(slug, 0, SLUG_MOST - 5), free;
	size_t n = 2;
	bool unused;

	while (str_ends(stem, STR("-")))
		stem.n--;
	do
		free = arena_printf(c->arena, "%.*s-%zu", STR_ARG(stem), n++);
	while (holder_of(c, free, &unused).n);
	if (before)
		return complain(EXIT_FOUND,
			"%.*s has been %.*s, and that address leads there; if this is another "
			"person, add --slug %.*s",
			STR_ARG(there), STR_ARG(slug), STR_ARG(free));
	return complain(EXIT_FOUND,
		"%.*s is there already; if this is another person of that name, add --slug %.*s",
		STR_ARG(there), STR_ARG(free));
}

int
command_new_record(struct config *c, struct str name, const struct buf *record)
{
	struct str slug = c->own.slug ? str_of(c->own.slug) : text_slug(c->arena, name);
	struct str path, there;
	struct err e = { 0 };
	bool before;

	if (str_eq(slug, STR("index")) && !c->own.slug)
		slug = STR("index-person");
	if (!text_is_slug(slug) || str_eq(slug, STR("index")))
		return command_no_slug(c, slug);
	if ((there = holder_of(c, slug, &before)).n)
		return complain_taken(c, slug, there, before);
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
