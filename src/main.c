/* main: finds the command and gives it its options. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/uri.h"
#include "catalog/build.h"
#include "catalog/list.h"
#include "command.h"
#include "page/route.h"
#include "run/supervisor.h"

const struct command COMMANDS[] = {
	{ "serve", "", "serve the directory; while no host is named, to this machine alone",
		cmd_serve },
	{ "status", "", "ask the server that runs on this machine how it does", cmd_status },
	{ "check", "",
		"tell every mistake in the records and settings, with its line and the remedy",
		cmd_check },
	{ "show", "PATH|RECORD",
		"show a page, or a person's by the name in its address, without a server",
		cmd_show },
	{ "search", "WORDS", "search the directory as its readers would", cmd_search },
	{ "export", "DIR [--only gemini|gopher|text] [--base PATH] | --gempub FILE | --tar FILE",
		"write the directory as files that any Gemini or Gopher server serves",
		cmd_export },
	{ "mirror",
		"URL DIR [--every TIME] [--deadline TIME] [--max-size SIZE] [--parallel N] "
		"[--accept-key SHA256] [--verbose]",
		"make DIR a copy of a directory, or bring it up to date", cmd_mirror },
	{ "new", "NAME", "write the beginning of a record", cmd_new },
	{ "import", "bibtex|csl-json|orcid|openalex FILE ...",
		"make a record of what another catalogue knows: bibtex, csl-json, orcid, openalex",
		cmd_import },
	{ "rename", "OLD NEW", "give a record another slug; its old address leads on", cmd_rename },
	{ "fmt", "[RECORD ...]", "write records in their canonical form", cmd_fmt },
	{ "schema", "[record|organization|topic|source|settings|local]",
		"print a JSON Schema, by which text editors complete and check records",
		cmd_schema },
	{ "manual", "[PAGE]", "print a manual page as man(1) reads it; without PAGE name the pages",
		cmd_manual },
	{ "cert", "", "make missing certificates, and show all", cmd_cert },
	{ "completion", "bash|zsh|fish", "print what makes that shell complete all of this",
		cmd_completion },
};
const size_t COMMANDS_N = COUNT(COMMANDS);

int
complain(int status, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	log_line("%s", text);
	return status;
}

bool
command_settings(struct config *c)
{
	struct problems ps = { .arena = c->arena };
	struct buf out = { 0 };
	bool good = config_load(c, &ps);

	problem_sort(&ps);
	for (size_t i = 0; i < ps.n; i++)
		problem_put(&out, &ps.v[i]);
	fwrite(out.n ? out.p : "", 1, out.n, stderr);
	buf_end(&out);
	return good;
}

/* The catalog, where it is of the files as they are: a large directory takes minutes to read. It is
 * begun before that look, so that a server's updates after it are not seen in part; its log grows
 * for as long as the command takes. */
static struct store *
current_catalog(struct config *c, struct str draft)
{
	struct err unheard = { 0 };
	struct store *store = store_open(c->catalog.p, STORE_ALONE, &unheard);

	if (store)
		store_begin(store);
	if (store && list_is_current(store, c->capsule) &&
		!(draft.n && list_holds_back(store, draft)) && !store_damaged())
		return store;
	store_close(store);
	return NULL;
}

struct store *
command_store(struct config *c, struct str draft)
{
	struct store *current = current_catalog(c, draft);

	if (current)
		return current;

	struct directory d = { .preview = draft };
	struct err e = { 0 };
	struct last_good last_good = store_last_good(c->catalog.p);
	struct store *store = NULL;

	if (!directory_load(&d, c->capsule, &last_good, NULL, &e) ||
		!(store = build_in_memory(&d, &e)))
		complain(EXIT_FOUND, "%s", e.text);
	else
		store_begin(store);
	store_last_good_end(&last_good);
	directory_end(&d);
	return store;
}

bool
command_store_close(const struct config *c, struct store *store)
{
	bool whole = store_end(store);

	store_close(store);
	if (!whole)
		complain(EXIT_FOUND,
			"%s/" STORE_FILE ": damaged, so what was read of it is no answer; a server "
			"that runs makes it anew, and without one it may be deleted",
			c->catalog.p);
	return whole;
}

void
command_answer(struct config *c, struct store *store, struct str path_and_query, struct view *v,
	struct answer *answer)
{
	size_t question = str_find(path_and_query, '?');
	struct str path = str_sub(path_and_query, 0, question), query;

	*v = (struct view){ .store = store,
		.arena = c->arena,
		.capsule = c->capsule,
		.mirror = arena_printf(c->arena, "%s/mirror", c->catalog.p).p,
		.base = { c->hosts.v[0].name.text, 1965 } };
	v->has_query = question < path_and_query.n;
	query = str_sub(path_and_query, question + 1, path_and_query.n);
	if (!uri_decode(c->arena, query, &v->query))
		v->query = query;
	if (path.n == 0 || path.p[0] != '/')
		path = arena_printf(c->arena, "/%.*s", STR_ARG(path));
	if (!uri_resolve_path(c->arena, path, &v->path)) {
		*answer = (struct answer){ .kind = ANSWER_NOT_FOUND, .fd = -1 };
		return;
	}
	query_settings(store, c->arena, &v->settings);
	route_answer(v, answer);
}

static void
usage(FILE *to)
{
	fputs("almagest: a researcher directory over Gemini, Gopher and finger\n\nusage: almagest "
	      "COMMAND [OPTIONS]\n\n",
		to);
	for (size_t i = 0; i < COUNT(COMMANDS); i++)
		fprintf(to, "  almagest %-7s %s\n      %s\n", COMMANDS[i].name, COMMANDS[i].words,
			COMMANDS[i].help);
	fputs("\nalmagest help COMMAND tells its options. The manual, page by page:\n\n", to);
	manual_list(to);
}

static int
help(const struct command *command)
{
	struct arena a = { 0 };
	struct buf out = { 0 };

	buf_printf(&out, "usage: almagest %s %s%s[OPTIONS]\n\n%s\n\noptions:\n", command->name,
		command->words, *command->words ? " " : "", command->help);
	config_help(&a, command->name, &out);
	arena_end(&a);
	fwrite(out.p, 1, out.n, stdout);
	buf_end(&out);
	return EXIT_OK;
}

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < COUNT(COMMANDS); i++)
		if (strcmp(name, COMMANDS[i].name) == 0)
			return &COMMANDS[i];
	return NULL;
}

static int
unknown_command(const char *name)
{
	const char *names[COUNT(COMMANDS)];

	for (size_t i = 0; i < COUNT(COMMANDS); i++)
		names[i] = COMMANDS[i].name;
	const char *nearest = str_nearest(str_of(name), names, COUNT(names));

	if (nearest)
		return complain(EXIT_USAGE, "%s: unknown command; did you mean \"almagest %s\"?",
			name, nearest);
	return complain(EXIT_USAGE, "%s: unknown command; see almagest help", name);
}

static bool
asks_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct arena arena = { 0 };
	struct config c = { .arena = &arena };
	struct err e = { 0 };
	int status;

	if (asks_help(argc, argv))
		return help(command);
	if (config_options(&c, argc, argv, &e))
		status = command->run(&c);
	else
		status = complain(EXIT_USAGE, "%s", e.text);
	arena_end(&arena);
	return status;
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	supervisor_begin(argv);
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
		strcmp(argv[1], "-h") == 0) {
		if (argc < 3) {
			usage(stdout);
			return EXIT_OK;
		}
		const struct command *about = find_command(argv[2]);

		if (about)
			return help(about);
		return manual_show(argv[2]) ? EXIT_OK : unknown_command(argv[2]);
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("almagest " ALMAGEST_VERSION);
		return EXIT_OK;
	}
	const struct command *command = find_command(argv[1]);

	return command ? run(command, argc - 1, argv + 1) : unknown_command(argv[1]);
}
