/* config: options are the rows of the settings tables: --key VALUE, '_' written as '-'; a list's
 * option may be repeated. */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "catalog/record.h"

static const struct kind *const SETTINGS_KINDS[] = { &KIND_CAPSULE, &KIND_LOCAL };

// clang-format off
#define OWN(member) offsetof(struct own_options, member)
const struct own_option OWN_OPTIONS[] = {
	{ "accept-key", "SHA256", " mirror ", "accept this public key in place of the one known", OWN(accept_key) },
	{ "advice",  NULL,    " check ",            "besides mistakes, say what would make the directory better", OWN(advice) },
	{ "as",      "gemini|gopher|text|finger", " show ", "what that protocol sends; text: plain text", OWN(as) },
	{ "base", "PATH", " export ", "where on its server the copy will lie, such as /~ada; without it the root", OWN(base) },
	{ "check",   NULL,    " fmt ",              "write nothing; name the files that are not in canonical form, and exit with 1", OWN(check) },
	{ "deadline", "TIME", " mirror ", "the longest that a request may take, and a second more for each 64 KiB; without it 30s; a whole run may take ten times that, and a second more for each file and 64 KiB", OWN(deadline) },
	{ "diff",    NULL,    " fmt rename ",       "write nothing; show what would change", OWN(diff) },
	{ "every", "TIME", " mirror ", "keep running, and look for changes each 30m, 12h, 1d", OWN(every) },
	{ "format",  "text|json|github", " check status ", "for people, for programs, or (check) as annotations in GitHub Actions", OWN(format) },
	{ "gempub", "FILE", " export ", "write a book for Gemini clients (Gempub)", OWN(gempub) },
	{ "install", NULL,    " check ",            "look at the machine in place of the records: ports, names, certificates, rights, clock, limits", OWN(install) },
	{ "max-size", "SIZE", " mirror ", "the most that the copy may take, such as 500M or 4G; without it 4G", OWN(max_size) },
	{ "merge",   "SLUG",  " import ",           "show what the sources would add to this record; with --write, add them", OWN(merge) },
	{ "name",    "NAME",  " import ",           "whose record it is, where the file does not say", OWN(name) },
	{ "only", "gemini|gopher|text", " export ", "what these readers need; without it what Gemini and Gopher servers need", OWN(only) },
	{ "parallel", "N", " mirror ", "connections at once; without it 4", OWN(parallel) },
	{ "slug",    "NEW",   " import new ",       "the record's slug, where the one of its name is taken", OWN(slug) },
	{ "suggest", NULL,    " schema ",           "propose the directory's own topics, organizations, people and sources", OWN(suggest) },
	{ "tar", "FILE", " export ", "write all pages and records as tar.gz", OWN(tar) },
	{ "try",     NULL,    " serve ",            "read the settings, tell what is wrong with them, and end: 0 when they can be served with", OWN(try) },
	{ "verbose", NULL, " mirror ", "or -v: tell requests and bytes", OWN(verbose) },
	{ "watch",   NULL,    " check show ",       "go on, and do it again whenever a file of the capsule changes", OWN(watch) },
	{ "width",   "N",     " show ",             "columns of text, 20 to 400; without it 70, or the terminal's up to 100", OWN(width) },
	{ "write",   NULL,    " import ",           "write the record, or the one that --merge names, instead of showing it", OWN(write) },
};
// clang-format on
const size_t OWN_OPTIONS_N = COUNT(OWN_OPTIONS);

bool
config_takes(const struct own_option *option, const char *command)
{
	char word[32];

	snprintf(word, sizeof word, " %s ", command);
	return strstr(option->commands, word) != NULL;
}

static const struct own_option *
find_own(struct str name)
{
	for (size_t i = 0; i < OWN_OPTIONS_N; i++)
		if (str_eq(name, str_of(OWN_OPTIONS[i].name)))
			return &OWN_OPTIONS[i];
	return NULL;
}

/* "--reader-ports" names reader_ports; hosts is spelt --host, one at a time. */
size_t
config_option_list(struct arena *a, struct option list[OPTIONS_MOST])
{
	size_t n = 0;

	for (size_t k = 0; k < COUNT(SETTINGS_KINDS); k++)
		for (size_t i = 0; i < SETTINGS_KINDS[k]->n && n < OPTIONS_MOST; i++) {
			const struct field *field = &SETTINGS_KINDS[k]->fields[i];
			bool hosts = strcmp(field->key, "hosts") == 0;
			struct str name = arena_str(a, str_of(hosts ? "host" : field->key));

			for (size_t c = 0; c < name.n; c++)
				if (name.p[c] == '_')
					((char *)name.p)[c] = '-';
			if (field->type != FIELD_WORDS)
				list[n++] = (struct option){ name, field };
		}
	return n;
}

static const struct field *
find_option(struct arena *a, struct str name)
{
	struct option list[OPTIONS_MOST];
	size_t n = config_option_list(a, list);

	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].name, name))
			return list[i].field;
	return NULL;
}

/* An option by the name that its setting had before: understood, and said. */
static const struct field *
find_former_option(struct arena *a, struct str name)
{
	struct str key = arena_str(a, name);
	const struct field *field = NULL;

	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] == '-')
			((char *)key.p)[i] = '_';
	for (size_t k = 0; !field && k < COUNT(SETTINGS_KINDS); k++)
		field = kind_former(SETTINGS_KINDS[k], key);
	if (field)
		log_line(
			"--%.*s: warning: the setting is \"%s\" now, and understood; write the new "
			"name",
			STR_ARG(name), field->key);
	return field;
}

static bool
is_list(const struct field *field)
{
	return field->type == FIELD_LIST;
}

static bool
unknown_option(struct config *c, struct str name, struct err *e)
{
	struct option list[OPTIONS_MOST];
	const char *names[OPTIONS_MOST + COUNT(OWN_OPTIONS) + 2] = { "capsule", "help" };
	size_t settings = config_option_list(c->arena, list), n = 2;

	for (size_t i = 0; i < settings; i++)
		names[n++] = list[i].name.p;
	for (size_t i = 0; i < OWN_OPTIONS_N; i++)
		if (config_takes(&OWN_OPTIONS[i], c->argv[0]))
			names[n++] = OWN_OPTIONS[i].name;
	const char *nearest = str_nearest(name, names, n);

	if (nearest)
		return err_set(
			e, "--%.*s: unknown option; did you mean --%s?", STR_ARG(name), nearest);
	return err_set(
		e, "--%.*s: unknown option; see almagest help %s", STR_ARG(name), c->argv[0]);
}

/* One setting on the command line: its value is checked here and applied by config_load(). */
static bool
set_option(struct config *c, const struct field *field, struct str name, struct str value,
	struct settings *into, struct err *e)
{
	struct problems ps = { .arena = c->arena };
	struct reader r = { c->arena, &ps, STR("command line"), clock_day(c->arena, 24) };

	if (record_parse_one(&r, field, value, into))
		return true;
	return err_set(e, "--%.*s: %.*s", STR_ARG(name), STR_ARG(ps.v[0].text));
}

/* The long name of a short option; empty when the word is none. */
static struct str
short_option(const char *word)
{
	static const struct {
		const char *word, *name;
	} SHORT[] = {
		{ "-c", "capsule" }, { "-v", "verbose" }, /* end */
	};

	for (size_t i = 0; i < COUNT(SHORT); i++)
		if (strcmp(word, SHORT[i].word) == 0)
			return str_of(SHORT[i].name);
	return STR("");
}

/* As completion writes a folder's name, without the '/' at its end. */
static struct str
without_slashes(struct arena *a, struct str folder)
{
	while (folder.n > 1 && folder.p[folder.n - 1] == '/')
		folder.n--;
	return arena_str(a, folder);
}

/* Takes one option with its value; *i moves past it. */
static bool
take_option(struct config *c, int argc, char **argv, int *i, struct settings *into, struct err *e)
{
	struct str word = str_of(argv[*i]), name = short_option(argv[*i]), value;
	size_t equals = word.n;

	if (name.n == 0) {
		word = str_sub(word, 2, word.n);
		equals = str_find(word, '=');
		name = str_sub(word, 0, equals);
	}
	const struct field *field = find_option(c->arena, name);
	const struct own_option *own = find_own(name);

	if (!field && !own)
		field = find_former_option(c->arena, name);
	bool is_capsule = str_eq(name, STR("capsule"));

	if (own && !config_takes(own, c->argv[0])) {
		struct str who = str_trim(str_of(own->commands));

		return err_set(e, "--%s: an option of almagest %.*s, not of %s", own->name,
			STR_ARG(who), c->argv[0]);
	}
	if (!field && !own && !is_capsule)
		return unknown_option(c, name, e);
	if (own && !own->value) {
		if (equals < word.n)
			return err_set(e, "--%s: takes no value", own->name);
		value = STR("");
	} else if (equals < word.n)
		value = str_sub(word, equals + 1, word.n);
	else if (*i + 1 < argc)
		value = str_of(argv[++*i]);
	else
		return err_set(e, "--%.*s: a value must follow", STR_ARG(name));
	if (is_capsule)
		c->capsule = without_slashes(c->arena, value).p;
	else if (own)
		*(const char **)((char *)&c->own + own->offset) = value.p;
	else
		return set_option(c, field, name, value, into, e);
	return true;
}

/* The capsule that nobody named: here, or, for who looks after a server, where packages put it. */
static void
find_capsule(struct config *c)
{
	bool here = file_exists("capsule.yaml") || file_exists("people");
	bool looks_after = strcmp(c->argv[0], "status") == 0 || c->own.install;

	c->capsule = file_exists("capsule")                                 ? "capsule"
		: looks_after && !here && file_exists(CONFIG_PLACE_CAPSULE) ? CONFIG_PLACE_CAPSULE
									    : ".";
}

bool
config_options(struct config *c, int argc, char **argv, struct err *e)
{
	c->argv = arena_array(c->arena, char *, (size_t)argc + 1);
	c->argc = 0;
	c->argv[c->argc++] = argv[0];
	for (int i = 1; i < argc; i++) {
		bool is_option = argv[i][0] == '-' && argv[i][1] != '\0' &&
			(argv[i][1] == '-' || short_option(argv[i]).n);

		if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				c->argv[c->argc++] = argv[i];
			break;
		}
		if (argv[i][0] == '-' && argv[i][1] != '\0' && !is_option)
			return err_set(
				e, "%s: unknown option; see almagest help %s", argv[i], argv[0]);
		if (!is_option)
			c->argv[c->argc++] = argv[i];
		else if (!take_option(c, argc, argv, &i, &c->options, e))
			return false;
	}
	if (!c->capsule)
		find_capsule(c);
	return true;
}

/* ---- files ---- */

static void
override(struct settings *settings, const struct settings *options)
{
	for (size_t k = 0; k < COUNT(SETTINGS_KINDS); k++)
		for (size_t i = 0; i < SETTINGS_KINDS[k]->n; i++) {
			const struct field *field = &SETTINGS_KINDS[k]->fields[i];
			char *to = (char *)settings + field->offset;
			const void *from = field_at(field, options);

			if (is_list(field)) {
				if (((const struct entries *)from)->n)
					*(struct entries *)to = *(const struct entries *)from;
			} else if (field->type != FIELD_WORDS &&
				((const struct value *)from)->text.n)
				*(struct value *)to = *(const struct value *)from;
		}
}

static struct str
lower(struct arena *a, struct str s)
{
	struct str copy = arena_str(a, s);

	for (size_t i = 0; i < copy.n; i++)
		if (copy.p[i] >= 'A' && copy.p[i] <= 'Z')
			((char *)copy.p)[i] = (char)(copy.p[i] - 'A' + 'a');
	return copy;
}

static void
add_host(struct config *c, struct str host)
{
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = str_sub(host, 1, host.n - 1);
	host = lower(c->arena, host);
	for (size_t i = 0; i < c->hosts.n; i++)
		if (str_eq(c->hosts.v[i].name.text, host))
			return;
	vec_add(c->arena, &c->hosts)->name.text = host;
}

/* With no host set: this machine's loopback names, and its own. */
static void
find_hosts(struct config *c)
{
	static const char *const LOOPBACK[] = { "localhost", "127.0.0.1", "::1" };
	char name[256] = "";

	c->hosts = (struct entries){ 0 };
	c->open = c->settings.hosts.n > 0;
	for (size_t i = 0; i < c->settings.hosts.n; i++)
		add_host(c, c->settings.hosts.v[i].name.text);
	for (size_t i = 0; !c->open && i < COUNT(LOOPBACK); i++)
		add_host(c, str_of(LOOPBACK[i]));
	if (!c->open && gethostname(name, sizeof name - 1) == 0 && name[0])
		add_host(c, str_of(name));
}

/* A name of letters, digits and hyphens in labels of at most 63 (RFC 1123 section 2.1), or an
 * address. */
static bool
is_host(struct str s)
{
	unsigned char any[16];
	char text[254];
	struct str label;
	bool digits = true;

	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = str_sub(s, 1, s.n - 1);
	if (s.n == 0 || s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, any) == 1 || inet_pton(AF_INET6, text, any) == 1)
		return true;
	while (str_cut(&s, '.', &label)) {
		if (label.n == 0 || label.n > 63 || label.p[0] == '-' ||
			label.p[label.n - 1] == '-')
			return false;
		digits = true;
		for (size_t i = 0; i < label.n; i++) {
			char c = label.p[i];
			bool digit = c >= '0' && c <= '9';

			digits = digits && digit;
			if (!digit && c != '-' && !((c | 32) >= 'a' && (c | 32) <= 'z'))
				return false;
		}
	}
	return !digits; /* the last label of a name is no number */
}

/* A host that no certificate or URL can name is told of here, not by a reader's client. */
static void
check_hosts(struct config *c, struct problems *ps)
{
	struct str where = c->options.hosts.n ? STR("--host") : STR("capsule.yaml");

	for (size_t i = 0; i < c->settings.hosts.n; i++) {
		const struct value *host = &c->settings.hosts.v[i].name;

		if (!is_host(host->text))
			problem_add(ps, PROBLEM_ERROR, where, host->line, host->column,
				STR("hosts"),
				"\"%.*s\" is not a host name; expected a name such as "
				"directory.example.org or an address",
				STR_ARG(host->text));
	}
}

/* Keys, certificates and catalog, where the settings do not name their folders. */
static void
find_folders(struct config *c)
{
	const struct settings *s = &c->settings;
	bool placed =
		strcmp(c->capsule, CONFIG_PLACE_CAPSULE) == 0 && file_exists(CONFIG_PLACE_STATE);

	c->certs = s->certs.text.n             ? arena_str(c->arena, s->certs.text)
		: placed                       ? STR(CONFIG_PLACE_STATE "/certs")
		: strcmp(c->capsule, ".") == 0 ? STR("certs")
					       : arena_printf(c->arena, "%s/../certs", c->capsule);
	c->catalog = s->catalog.text.n ? arena_str(c->arena, s->catalog.text)
		: placed               ? STR(CONFIG_PLACE_STATE "/catalog")
				       : arena_printf(c->arena, "%s/.catalog", c->capsule);
}

bool
config_load(struct config *c, struct problems *ps)
{
	const struct settings *options = &c->options;
	const char *file = options->settings.text.n ? options->settings.text.p : NULL;
	struct settings settings = { 0 };
	bool good = settings_load(ps, c->capsule, file, &settings);

	override(&settings, options);
	c->settings = settings;
	check_hosts(c, ps);
	find_hosts(c);
	find_folders(c);
	return good && ps->errors == 0;
}

static void
help_line(struct buf *out, const char *option, const char *help)
{
	buf_printf(out, "  %-26s %s\n", option, help);
}

void
config_help(struct arena *a, const char *command, struct buf *out)
{
	struct option list[OPTIONS_MOST];
	size_t n = config_option_list(a, list);

	for (size_t i = 0; i < OWN_OPTIONS_N; i++) {
		const struct own_option *own = &OWN_OPTIONS[i];

		if (config_takes(own, command))
			help_line(out,
				arena_printf(a, "--%s%s%s", own->name, own->value ? " " : "",
					own->value ? own->value : "")
					.p,
				own->help);
	}
	help_line(
		out, "-c, --capsule FOLDER", "the directory's folder; without it capsule, else .");
	if (strcmp(command, "serve") != 0) {
		buf_put(out,
			STR("\nEvery setting is an option, too: almagest help serve names "
			    "them.\n"));
		return;
	}
	for (size_t i = 0; i < n; i++)
		help_line(out, arena_printf(a, "--%.*s VALUE", STR_ARG(list[i].name)).p,
			list[i].field->help);
}
