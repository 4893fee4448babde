/* command: what several subcommands need of the capsule's files and of the terminal. */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "encode/encode.h"

bool
command_colours(void)
{
	const char *terminal = getenv("TERM"), *none = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0 &&
		(!none || !*none);
}

const char *
command_prefix(const struct config *c)
{
	struct str folder = str_of(c->capsule);

	while (folder.n > 1 && folder.p[folder.n - 1] == '/')
		folder.n--;
	if (str_eq(folder, STR(".")))
		return "";
	return arena_printf(
		c->arena, "%.*s%s", STR_ARG(folder), folder.p[folder.n - 1] == '/' ? "" : "/")
		.p;
}

bool
command_stdin(struct buf *in, struct err *e)
{
	char piece[16384];
	ssize_t n;

	while ((n = read(STDIN_FILENO, piece, sizeof piece)) > 0)
		buf_put(in, (struct str){ piece, (size_t)n });
	if (n < 0)
		return err_set(e, "%s", strerror(errno));
	return buf_ok(in) || err_set(e, "more than %zu bytes; shorten it", in->most);
}

void
command_problems(const struct problems *ps, FILE *to)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < ps->n; i++)
		problem_put(&out, &ps->v[i]);
	fwrite(out.n ? out.p : "", 1, out.n, to);
	buf_end(&out);
}

struct str
command_in_capsule(const struct config *c, struct str path)
{
	char *capsule = realpath(c->capsule, NULL), *file = realpath(path.p, NULL);
	struct str inside = STR("");

	if (capsule && file) {
		struct str whole = str_of(file), base = str_of(capsule);

		if (str_starts(whole, base) && whole.n > base.n + 1 &&
			(whole.p[base.n] == '/' || base.n == 1))
			inside = arena_str(
				c->arena, str_sub(whole, base.n > 1 ? base.n + 1 : 1, whole.n));
	}
	free(capsule);
	free(file);
	return inside;
}

struct str
command_person_file(const struct config *c, struct str slug)
{
	struct str folder = arena_printf(c->arena, "%speople", command_prefix(c));
	struct names names = { 0 };
	struct err e = { 0 };

	file_tree(c->arena, folder.p, &names, &e);
	for (size_t i = 0; i < names.n; i++) {
		struct str name = names.v[i];
		size_t slash = str_find_last(name, '/');

		if (str_eq(str_sub(name, slash < name.n ? slash + 1 : 0, name.n),
			    arena_printf(c->arena, "%.*s.yaml", STR_ARG(slug))))
			return arena_printf(c->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
	}
	return (struct str){ 0 };
}

const char *
command_nearest_person(const struct config *c, struct str slug)
{
	struct names names = { 0 };
	struct err e = { 0 };

	file_tree(c->arena, arena_printf(c->arena, "%speople", command_prefix(c)).p, &names, &e);
	const char **slugs = arena_array(c->arena, const char *, names.n + 1);

	for (size_t i = 0; i < names.n; i++) {
		struct str name = names.v[i];
		size_t slash = str_find_last(name, '/');

		slugs[i] = arena_str(c->arena,
			str_sub(name, slash < name.n ? slash + 1 : 0, str_find_last(name, '.')))
				   .p;
	}
	return str_nearest(slug, slugs, names.n);
}

int
command_no_slug(const struct config *c, struct str word)
{
	struct str such = text_slug(c->arena, word);

	return complain(EXIT_USAGE,
		"%.*s: not a slug; expected lower-case letters, digits and single '-', such as "
		"%.*s",
		STR_ARG(word), STR_ARG(str_eq(such, STR("index")) ? STR("index-person") : such));
}

struct str
command_record(const struct config *c, const char *word, struct err *e)
{
	struct str file = str_of(word), found;

	if (file_exists(word)) {
		if (command_in_capsule(c, file).n)
			return file;
		err_set(e, "%s: not a file of the capsule %s; name the capsule with -c FOLDER",
			word, c->capsule);
		return (struct str){ 0 };
	}
	/* within the capsule, or a slug */
	found = arena_printf(c->arena, "%s%s", command_prefix(c), word);
	if (str_ends(file, STR(".yaml")) && file_exists(found.p))
		return found;
	if ((found = command_person_file(c, file)).n)
		return found;
	const char *nearest = command_nearest_person(c, file);

	err_set(e, "%s: no such file, and nobody's record has this name in %speople%s%s%s", word,
		command_prefix(c), nearest ? "; did you mean " : "", nearest ? nearest : "",
		nearest ? "?" : "");
	return (struct str){ 0 };
}

struct place
command_place(const struct config *c)
{
	const struct settings *s = &c->settings;
	struct place place = { .host = c->hosts.v[0].name.text,
		.port = 1965,
		.gopher_host = s->gopher_host.text,
		.gopher_port = 70 };
	unsigned long port;

	if (s->reader_ports.n && str_number(s->reader_ports.v[0].name.text, 65535, &port))
		place.port = (unsigned)port;
	if (str_number(s->gopher_port.text, 65535, &port))
		place.gopher_port = (unsigned)port;
	if (place.gopher_host.n == 0)
		place.gopher_host = place.host;
	place.base = str_of(c->own.base);
	while (place.base.n && place.base.p[place.base.n - 1] == '/')
		place.base.n--;
	return place;
}
