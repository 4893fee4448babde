/* completion: for each shell the tables of commands and options in its own words. A value that is
 * words with '|' between them is chosen from; one that names a record is completed by slugs; for
 * all else the shell offers files. */
#include <stdio.h>
#include <string.h>

#include "catalog/schema.h"
#include "command.h"

/* The words to choose from in "text|json" or "[a|b] ...", blanks between them; empty: none. */
static struct str
choices(struct arena *a, struct str value)
{
	struct str first;

	if (!str_word(&value, &first) || str_find(first, '|') == first.n)
		return STR("");
	struct str copy = arena_str(a, first);
	char *p = (char *)copy.p;

	for (size_t i = 0; i < copy.n; i++) {
		if (p[i] >= 'A' && p[i] <= 'Z')
			return STR("");
		if (p[i] == '|' || p[i] == '[' || p[i] == ']')
			p[i] = ' ';
	}
	return str_trim(copy);
}

/* Whether a command's words name records. */
static bool
names_records(const char *words)
{
	return strstr(words, "RECORD") || strstr(words, "OLD");
}

/* An option of a command, from either table. */
struct offered {
	struct str name, choices, help;
	bool flag;
};

struct offer {
	struct offered *v;
	size_t n, room;
};

/* Settings are options of every command; only `serve` is offered them, as its help tells them. */
static void
offer_for(struct arena *a, const char *command, struct offer *offer)
{
	struct option list[OPTIONS_MOST];
	size_t n = strcmp(command, "serve") == 0 ? config_option_list(a, list) : 0;

	for (size_t i = 0; i < OWN_OPTIONS_N; i++)
		if (config_takes(&OWN_OPTIONS[i], command))
			*vec_add(a, offer) = (struct offered){ str_of(OWN_OPTIONS[i].name),
				choices(a,
					str_of(OWN_OPTIONS[i].value ? OWN_OPTIONS[i].value : "")),
				str_of(OWN_OPTIONS[i].help), !OWN_OPTIONS[i].value };
	*vec_add(a, offer) =
		(struct offered){ STR("capsule"), STR(""), STR("the directory's folder"), false };
	for (size_t i = 0; i < n; i++)
		*vec_add(a, offer) = (struct offered){ list[i].name,
			list[i].field->type == FIELD_CHOICE
				? choices(a, str_of(list[i].field->example))
				: list[i].field->type == FIELD_FLAG ? STR("true false")
								    : STR(""),
			str_of(list[i].field->help), false };
}

static void
put_commands(struct buf *out)
{
	for (size_t i = 0; i < COMMANDS_N; i++)
		buf_printf(out, "%s ", COMMANDS[i].name);
	buf_put(out, STR("help"));
}

/* Every option once that has words to choose from, by `put`. */
static void
put_values(struct arena *a, struct buf *out, const char *format)
{
	struct offer all = { 0 };

	for (size_t i = 0; i < COMMANDS_N; i++) {
		struct offer offer = { 0 };

		offer_for(a, COMMANDS[i].name, &offer);
		for (size_t k = 0; k < offer.n; k++) {
			bool known = offer.v[k].choices.n == 0;

			for (size_t j = 0; j < all.n; j++)
				known = known || str_eq(all.v[j].name, offer.v[k].name);
			if (!known)
				*vec_add(a, &all) = offer.v[k];
		}
	}
	for (size_t i = 0; i < all.n; i++)
		buf_printf(out, format, STR_ARG(all.v[i].name), STR_ARG(all.v[i].choices));
}

/* What finds the slugs of a capsule's people, in the words that all three shells share. */
#define SLUGS "find capsule/people people -name '*.yaml' 2>/dev/null | sed 's|.*/||; s|[.]yaml||'"

static void
put_bash(struct arena *a, struct buf *out)
{
	buf_put(out,
		STR("# bash completion of almagest: source it, or put it into the folder of "
		    "completions.\n_almagest() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} "
		    "before=${COMP_WORDS[COMP_CWORD-1]} words=\n\tif [ \"$COMP_CWORD\" = 1 ]; "
		    "then\n\t\twords='"));
	put_commands(out);
	buf_put(out, STR("'\n\telse\n\t\tcase \"$before\" in\n"));
	put_values(a, out, "\t\t--%.*s) words='%.*s' ;;\n");
	buf_put(out,
		STR("\t\t-c|--capsule|--certs|--catalog) COMPREPLY=($(compgen -d -- \"$word\")); "
		    "return ;;\n\t\t*) case \"${COMP_WORDS[1]}\" in\n\t\t\thelp) words='"));
	put_commands(out);
	buf_put(out, STR("' ;;\n"));
	for (size_t i = 0; i < COMMANDS_N; i++) {
		struct offer offer = { 0 };
		struct str words = choices(a, str_of(COMMANDS[i].words));

		offer_for(a, COMMANDS[i].name, &offer);
		buf_printf(out, "\t\t\t%s) words='%.*s", COMMANDS[i].name, STR_ARG(words));
		for (size_t k = 0; k < offer.n; k++)
			buf_printf(out, " --%.*s", STR_ARG(offer.v[k].name));
		buf_printf(out, "'%s ;;\n",
			names_records(COMMANDS[i].words) ? " words+=\" $(" SLUGS ")\"" : "");
	}
	buf_put(out,
		STR("\t\tesac ;;\n\t\tesac\n\tfi\n\tCOMPREPLY=($(compgen -W \"$words\" -- "
		    "\"$word\"))\n}\ncomplete -o default -F _almagest almagest\n"));
}

static void
put_zsh(struct arena *a, struct buf *out)
{
	buf_put(out,
		STR("#compdef almagest\n# zsh completion of almagest: a file _almagest in a folder "
		    "of fpath.\n_almagest() {\n\tlocal before=${words[CURRENT-1]}\n\tif (( CURRENT "
		    "== 2 )); then\n\t\tcompadd -- "));
	put_commands(out);
	buf_put(out, STR("\n\t\treturn\n\tfi\n\tcase $before in\n"));
	put_values(a, out, "\t--%.*s) compadd -- %.*s; return ;;\n");
	buf_put(out,
		STR("\t-c|--capsule|--certs|--catalog) _files -/; return ;;\n\tesac\n\tcase "
		    "${words[2]} in\n\thelp) compadd -- "));
	put_commands(out);
	buf_put(out, STR(" ;;\n"));
	for (size_t i = 0; i < COMMANDS_N; i++) {
		struct offer offer = { 0 };

		offer_for(a, COMMANDS[i].name, &offer);
		buf_printf(out, "\t%s) compadd -- %.*s", COMMANDS[i].name,
			STR_ARG(choices(a, str_of(COMMANDS[i].words))));
		for (size_t k = 0; k < offer.n; k++)
			buf_printf(out, " --%.*s", STR_ARG(offer.v[k].name));
		buf_printf(out, "%s ;;\n",
			names_records(COMMANDS[i].words) ? "; compadd -- ${(f)\"$(" SLUGS ")\"}"
							 : "");
	}
	buf_put(out, STR("\tesac\n\t_files\n}\n_almagest \"$@\"\n"));
}

/* In single quotes, as fish reads them. */
static void
put_quoted(struct buf *out, struct str text)
{
	buf_char(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'' || text.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, text.p[i]);
	}
	buf_char(out, '\'');
}

static void
put_fish_option(struct buf *out, const char *command, const struct offered *option)
{
	buf_printf(out, "complete -c almagest -n '__fish_seen_subcommand_from %s' -l %.*s", command,
		STR_ARG(option->name));
	if (option->choices.n)
		buf_printf(out, " -x -a '%.*s'", STR_ARG(option->choices));
	else if (!option->flag)
		buf_put(out, STR(" -r"));
	buf_put(out, STR(" -d "));
	put_quoted(out, option->help);
	buf_char(out, '\n');
}

static void
put_fish(struct arena *a, struct buf *out)
{
	buf_put(out, STR("# fish completion of almagest\n"));
	for (size_t i = 0; i < COMMANDS_N; i++) {
		const struct command *command = &COMMANDS[i];
		struct offer offer = { 0 };
		struct str words = choices(a, str_of(command->words));

		buf_printf(out, "complete -c almagest -n __fish_use_subcommand -f -a %s -d ",
			command->name);
		put_quoted(out, str_of(command->help));
		buf_char(out, '\n');
		if (words.n)
			buf_printf(out,
				"complete -c almagest -n '__fish_seen_subcommand_from %s' -a "
				"'%.*s'\n",
				command->name, STR_ARG(words));
		if (names_records(command->words))
			buf_printf(out,
				"complete -c almagest -n '__fish_seen_subcommand_from %s' -a "
				"\"(" SLUGS ")\"\n",
				command->name);
		offer_for(a, command->name, &offer);
		for (size_t k = 0; k < offer.n; k++)
			put_fish_option(out, command->name, &offer.v[k]);
	}
	buf_put(out, STR("complete -c almagest -n '__fish_seen_subcommand_from help' -f -a '"));
	put_commands(out);
	buf_put(out, STR("'\n"));
}

static const struct {
	const char *name;
	void (*put)(struct arena *a, struct buf *out);
} SHELLS[] = { { "bash", put_bash }, { "zsh", put_zsh }, { "fish", put_fish } };

int
cmd_completion(struct config *c)
{
	struct buf out = { 0 };

	for (size_t i = 0; c->argc == 2 && i < COUNT(SHELLS); i++)
		if (strcmp(c->argv[1], SHELLS[i].name) == 0)
			SHELLS[i].put(c->arena, &out);
	if (out.n == 0)
		return complain(EXIT_USAGE, "usage: almagest completion bash|zsh|fish");
	fwrite(out.p, 1, out.n, stdout);
	buf_end(&out);
	return EXIT_OK;
}
