/* look: a setup as somebody sees it who has run servers for years, before readers find out. Nothing
 * is changed; what needs another user is asked by a child that becomes it. */
#include "look.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "run/status.h"

static const char *const VERDICT_NAMES[VERDICTS] = { "ok", "warning", "wrong" };

void
look_say(struct look *l, enum verdict verdict, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	*vec_add(l->c->arena, &l->findings) =
		(struct finding){ l->about, verdict, arena_str(l->c->arena, str_of(text)) };
}

/* ---- all questions ---- */

static const struct {
	const char *about;
	void (*ask)(struct look *l);
} QUESTIONS[] = {
	{ "ports", look_at_ports }, { "names", look_at_names },
	{ "certificates", look_at_certificates }, { "keys", look_at_keys },
	{ "clock", look_at_clock }, { "catalog", look_at_catalog }, { "records", look_at_records },
	{ "open files", look_at_open_files }, /* end */
};

static void
put_text(struct buf *out, const struct look *l)
{
	size_t n[VERDICTS] = { 0 };

	for (size_t i = 0; i < l->findings.n; i++) {
		const struct finding *f = &l->findings.v[i];

		n[f->verdict]++;
		buf_printf(out, "%-8s %-13s %.*s\n", VERDICT_NAMES[f->verdict], f->about,
			STR_ARG(f->text));
	}
	buf_printf(out, "%zu fine, %zu warning%s, %zu wrong\n", n[FINE], n[WARNING],
		n[WARNING] == 1 ? "" : "s", n[WRONG]);
}

static void
put_json(struct buf *out, const struct look *l)
{
	buf_char(out, '[');
	for (size_t i = 0; i < l->findings.n; i++) {
		const struct finding *f = &l->findings.v[i];

		buf_printf(out,
			"%s\n  {\"about\": \"%s\", \"verdict\": \"%s\", \"text\": ", i ? "," : "",
			f->about, VERDICT_NAMES[f->verdict]);
		json_text(out, f->text);
		buf_char(out, '}');
	}
	buf_put(out, STR("\n]\n"));
}

/* What the server that runs on this catalog says of itself. */
static void
ask_server(struct look *l)
{
	struct str report;
	struct err unheard = { 0 };
	json_error_t wrong;

	if (status_ask(l->c->arena, l->plan.catalog, &report, &unheard))
		l->report = json_loadb(report.p, report.n, 0, &wrong);
	else
		l->unasked =
			access(arena_printf(l->c->arena, "%s/" STATUS_SOCKET, l->plan.catalog).p,
				R_OK | W_OK) != 0 &&
			errno == EACCES;
}

/* Where nobody is named, root looks as the one who has served: the owner of the catalog. */
static void
find_server_user(struct look *l)
{
	struct stat st;

	if (geteuid() == 0 && !l->c->settings.user.text.n && stat(l->plan.catalog, &st) == 0 &&
		st.st_uid != 0)
		l->plan.id = (struct identity){ st.st_uid, st.st_gid, true };
}

int
look_at_install(struct config *c)
{
	struct look l = { .c = c };
	struct buf out = { 0 };
	bool wrong = false;

	if (!serve_plan(c, &l.plan))
		return EXIT_FOUND;
	ask_server(&l);
	find_server_user(&l);
	for (size_t i = 0; i < COUNT(QUESTIONS); i++) {
		l.about = QUESTIONS[i].about;
		QUESTIONS[i].ask(&l);
	}
	for (size_t i = 0; i < l.findings.n; i++)
		wrong = wrong || l.findings.v[i].verdict == WRONG;
	if (c->own.format && strcmp(c->own.format, "json") == 0)
		put_json(&out, &l);
	else
		put_text(&out, &l);
	fwrite(out.p, 1, out.n, stdout);
	buf_end(&out);
	json_decref(l.report);
	return wrong ? EXIT_FOUND : EXIT_OK;
}
