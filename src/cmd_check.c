/* check: every problem of every file, for people, editors and programs, and a summary. */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "catalog/build.h"
#include "command.h"
#include "edit/advice.h"
#include "edit/watch.h"
#include "mirror/fit.h"
#include "net/cert.h"
#include "net/tls.h"

/* Certificates that are there must be of use; those that are not are made at the first start. */
static void
check_certs(struct config *c, struct problems *ps)
{
	for (size_t i = 0; i < c->hosts.n; i++) {
		struct str host = c->hosts.v[i].name.text,
			   path = cert_path(c->arena, c->certs.p, host, ".crt");
		struct cert_facts facts;
		struct err e = { 0 };

		if (!file_exists(path.p))
			continue;
		if (!cert_read(c->arena, c->certs.p, host, &facts, &e) ||
			!tls_takes(c->certs.p, host, &e))
			problem_add(ps, PROBLEM_ERROR, path, 1, 1, STR(""), "%s", e.text);
		else if (facts.ended && !facts.self_signed)
			problem_add(ps, PROBLEM_ERROR, path, 1, 1, STR(""),
				"not valid now (%.*s to %.*s); renew it", STR_ARG(facts.from),
				STR_ARG(facts.until));
		else if (!facts.names_host && !facts.self_signed)
			problem_add(ps, PROBLEM_ERROR, path, 1, 1, STR(""),
				"does not name %.*s: clients will refuse it; get one that does",
				STR_ARG(host));
	}
}

/* ---- what is wrong, and what could be better ---- */

/* The paths within the capsule, as they can be opened from here. */
static struct str
openable(const struct config *c, struct str path)
{
	return arena_printf(c->arena, "%s%.*s", command_prefix(c), STR_ARG(path));
}

static void
take(struct config *c, struct problems *into, const struct problem *p, bool inside)
{
	struct str path = arena_str(c->arena, p->path);

	problem_add(into, p->severity, inside ? openable(c, path) : path, p->line, p->column,
		arena_str(c->arena, p->field), "%.*s", STR_ARG(p->text));
}

static size_t
count_records(struct config *c)
{
	static const char *const FOLDERS[] = { "organizations", "people", "sources", "topics" };
	size_t n = 0;

	for (size_t i = 0; i < COUNT(FOLDERS); i++) {
		struct names names = { 0 };
		struct err e = { 0 };

		file_tree(c->arena, arena_printf(c->arena, "%s/%s", c->capsule, FOLDERS[i]).p,
			&names, &e);
		for (size_t k = 0; k < names.n; k++)
			n += str_ends(names.v[k], STR(".yaml"));
	}
	return n;
}

static bool
advise(struct config *c, const struct directory *d, struct problems *notes, struct err *e)
{
	struct store *store = build_in_memory(d, e);

	if (!store)
		return false;
	advice_add(notes, c->capsule, store);
	store_close(store);
	return true;
}

static bool
find_problems(struct config *c, struct problems *all, struct err *e)
{
	struct directory d = { 0 };
	struct problems settings = { .arena = c->arena }, notes = { .arena = c->arena };
	bool own_file = c->options.settings.text.n > 0;

	config_load(c, &settings);
	struct place place = command_place(c);

	fit_add(&notes, c->capsule, &place);
	bool good = directory_load(&d, c->capsule, NULL, NULL, e) &&
		(!c->own.advice || advise(c, &d, &notes, e));

	for (size_t i = 0; i < d.problems.n; i++)
		take(c, all, &d.problems.v[i], true);
	for (size_t i = 0; i < settings.n; i++) {
		const struct problem *p = &settings.v[i];
		bool is_public = str_eq(p->path, STR("capsule.yaml"));

		/* capsule.yaml is among the directory's files: told of once */
		if (!is_public || str_eq(p->field, STR("hosts")))
			take(c, all, p,
				is_public || (!own_file && str_eq(p->path, STR("local.yaml"))));
	}
	for (size_t i = 0; i < notes.n; i++)
		take(c, all, &notes.v[i], true);
	check_certs(c, all);
	directory_end(&d);
	problem_sort(all);
	return good;
}

/* ---- how it is told ---- */

struct report {
	const struct problems *problems;
	size_t records, of[3]; /* of each severity */
};

static void
put_count(struct buf *out, size_t n, const char *one, const char *many)
{
	buf_printf(out, "%zu %s", n, n == 1 ? one : many);
}

static void
put_summary(struct buf *out, const struct report *r, bool advice)
{
	put_count(out, r->records, "record", "records");
	buf_put(out, STR(": "));
	put_count(out, r->of[PROBLEM_ERROR], "error", "errors");
	buf_put(out, STR(", "));
	put_count(out, r->of[PROBLEM_WARNING], "warning", "warnings");
	if (advice) {
		buf_put(out, STR(", "));
		put_count(out, r->of[PROBLEM_NOTE], "note", "notes");
	}
	buf_char(out, '\n');
}

static void
put_text(struct buf *out, const struct report *r, const struct config *c)
{
	static const char *const PAINTS[] = { "31;1", "33;1", "36;1" };
	bool colours = command_colours();

	for (size_t i = 0; i < r->problems->n; i++) {
		const struct problem *p = &r->problems->v[i];
		struct buf line = { 0 };

		problem_put(&line, p);
		/* the word behind "path:line:column: " */
		size_t at = str_find_str(
			buf_str(&line), arena_printf(c->arena, ":%d:%d: ", p->line, p->column));
		size_t word = at + str_find(str_sub(buf_str(&line), at, line.n), ' ') + 1;
		size_t end = word + strlen(SEVERITY_NAMES[p->severity]);

		if (colours && end < line.n) {
			buf_put(out, str_sub(buf_str(&line), 0, word));
			buf_printf(out, "\033[%sm%s\033[m", PAINTS[p->severity],
				SEVERITY_NAMES[p->severity]);
			buf_put(out, str_sub(buf_str(&line), end, line.n));
		} else
			buf_put(out, buf_str(&line));
		buf_end(&line);
	}
	put_summary(out, r, c->own.advice != NULL);
}

/* One object; a line a problem, or one line in all where more objects follow. */
static void
put_json(struct buf *out, const struct report *r, const struct config *c)
{
	const char *apart = c->own.watch ? "" : "\n";

	buf_printf(out,
		"{\"records\": %zu, \"errors\": %zu, \"warnings\": %zu, \"notes\": %zu, "
		"\"problems\": [",
		r->records, r->of[PROBLEM_ERROR], r->of[PROBLEM_WARNING], r->of[PROBLEM_NOTE]);
	for (size_t i = 0; i < r->problems->n; i++) {
		const struct problem *p = &r->problems->v[i];

		buf_printf(out, "%s%s{\"path\": ", i ? "," : "", apart);
		json_text(out, p->path);
		buf_printf(out, ", \"line\": %d, \"column\": %d, \"severity\": \"%s\", \"field\": ",
			p->line, p->column, SEVERITY_NAMES[p->severity]);
		json_text(out, p->field);
		buf_put(out, STR(", \"message\": "));
		json_text(out, p->text);
		buf_char(out, '}');
	}
	buf_printf(out, "%s]}\n", r->problems->n ? apart : "");
}

/* What GitHub's commands need escaped; in a property the marks that part properties, too. */
static void
put_github_text(struct buf *out, struct str text, bool property)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '%' || c < 0x20 || (property && (c == ':' || c == ',')))
			buf_printf(out, "%%%02X", c);
		else
			buf_char(out, (char)c);
	}
}

static void
put_github(struct buf *out, const struct report *r, const struct config *c)
{
	static const char *const LEVELS[] = { "error", "warning", "notice" };

	for (size_t i = 0; i < r->problems->n; i++) {
		const struct problem *p = &r->problems->v[i];

		buf_printf(out, "::%s file=", LEVELS[p->severity]);
		put_github_text(out, p->path, true);
		buf_printf(out, ",line=%d,col=%d", p->line, p->column);
		if (p->field.n) {
			buf_put(out, STR(",title="));
			put_github_text(out, p->field, true);
		}
		buf_put(out, STR("::"));
		put_github_text(out, p->text, false);
		buf_char(out, '\n');
	}
	put_summary(out, r, c->own.advice != NULL);
}

static const struct format {
	const char *name;
	void (*put)(struct buf *out, const struct report *r, const struct config *c);
} FORMATS[] = { { "text", put_text }, { "json", put_json }, { "github", put_github } };

static int
check_once(struct config *c, const struct format *format)
{
	struct problems all = { .arena = c->arena };
	struct report report = { .problems = &all };
	struct err e = { 0 };
	struct buf out = { 0 };

	if (!find_problems(c, &all, &e))
		return complain(EXIT_USAGE, "%s", e.text);
	report.records = count_records(c);
	for (size_t i = 0; i < all.n; i++)
		report.of[all.v[i].severity]++;
	format->put(&out, &report, c);
	fwrite(out.p, 1, out.n, stdout);
	fflush(stdout);
	buf_end(&out);
	return all.errors ? EXIT_FOUND : EXIT_OK;
}

/* Again whenever a file changes, until the reader has enough. The lines "checking" and the summary
 * tell a program where each run begins and ends. */
static int
check_again(struct config *c, const struct format *format)
{
	bool text = format->put == put_text, screen = text && isatty(STDOUT_FILENO);
	struct arena *settled = c->arena;
	struct config begun = *c;
	struct watch w;

	watch_open(&w, c->capsule);
	for (;;) {
		struct arena run = { 0 };

		*c = begun;
		c->arena = &run;
		if (screen)
			fputs("\033[H\033[2J\033[3J", stdout);
		if (text)
			printf("checking %s\n", c->capsule);
		int status = check_once(c, format);

		if (screen)
			puts("waiting for changes; Ctrl-C ends");
		fflush(stdout);
		arena_end(&run);
		c->arena = settled;
		if (status == EXIT_USAGE || ferror(stdout)) /* nobody reads on */
			return EXIT_USAGE;
		while (!watch_wait(&w, -1))
			;
	}
}

int
cmd_check(struct config *c)
{
	const struct format *format = &FORMATS[0];

	if (c->argc > 1)
		return complain(
			EXIT_USAGE, "check takes no words; name the capsule with -c FOLDER");
	for (size_t i = 0; c->own.format && i <= COUNT(FORMATS); i++) {
		if (i == COUNT(FORMATS))
			return complain(EXIT_USAGE,
				"--format %s: unknown form; expected text, json or github",
				c->own.format);
		format = &FORMATS[i];
		if (strcmp(c->own.format, format->name) == 0)
			break;
	}
	if (c->own.install)
		return look_at_install(c);
	return c->own.watch ? check_again(c, format) : check_once(c, format);
}
