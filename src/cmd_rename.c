/* rename: a record gets another slug: the file moves, its old address leads to the new one, and
 * other records name it by its new slug. */
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "command.h"
#include "edit/diff.h"
#include "edit/rename.h"

/* "tri-dao", "people/tri-dao.yaml" and "capsule/people/tri-dao.yaml" are one. */
static struct str
slug_in(struct str word)
{
	size_t slash = str_find_last(word, '/');
	struct str name = str_sub(word, slash < word.n ? slash + 1 : 0, word.n);

	return str_ends(name, STR(".yaml")) ? str_sub(name, 0, name.n - 5) : name;
}

static void
show(const struct change *change)
{
	struct buf out = { 0 };

	if (change->moved.n)
		buf_printf(&out, "rename from %.*s\nrename to %.*s\n", STR_ARG(change->path),
			STR_ARG(change->moved));
	diff_put(&out, change->moved.n ? change->moved : change->path, change->before,
		change->after, command_colours());
	fwrite(out.p, 1, out.n, stdout);
	buf_end(&out);
}

static void
tell(const struct config *c, const struct change *change)
{
	const char *base = command_prefix(c);

	if (change->moved.n)
		printf("%s%.*s -> %s%.*s\n", base, STR_ARG(change->path), base,
			STR_ARG(change->moved));
	else
		printf("%s%.*s: names it by its new slug\n", base, STR_ARG(change->path));
}

int
cmd_rename(struct config *c)
{
	struct changes changes = { 0 };
	struct err e = { 0 };

	if (c->argc != 3)
		return complain(EXIT_USAGE, "usage: almagest rename OLD-SLUG NEW-SLUG");
	struct str from = slug_in(str_of(c->argv[1])), to = slug_in(str_of(c->argv[2]));

	if (!text_is_slug(to) || str_eq(to, STR("index")))
		return command_no_slug(c, to);
	if (str_eq(from, to))
		return complain(EXIT_USAGE, "%.*s: both slugs are the same", STR_ARG(from));
	if (!command_person_file(c, from).n) {
		const char *nearest = command_nearest_person(c, from);
		struct str now = rename_claimed(c->arena, c->capsule, from);

		if (now.n)
			return complain(EXIT_FOUND,
				"%.*s: no such record; %s%.*s has been it before, and can be "
				"renamed",
				STR_ARG(from), command_prefix(c), STR_ARG(now));
		return complain(EXIT_FOUND, "%speople/%.*s.yaml: no such record%s%s%s",
			command_prefix(c), STR_ARG(from), nearest ? "; did you mean " : "",
			nearest ? nearest : "", nearest ? "?" : "");
	}
	if (!rename_plan(c->arena, c->capsule, from, to, &changes, &e) ||
		(!c->own.diff && !rename_write(c->arena, c->capsule, &changes, &e)))
		return complain(EXIT_FOUND, "%s", e.text);
	for (size_t i = 0; i < changes.n; i++)
		if (c->own.diff)
			show(&changes.v[i]);
		else
			tell(c, &changes.v[i]);
	return EXIT_OK;
}
