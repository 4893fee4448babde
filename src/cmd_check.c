/* check: every problem of every file, one line each; nothing and exit 0 when there is none. */
#include <stdio.h>

#include "base/file.h"
#include "command.h"
#include "net/cert.h"

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
		if (!cert_read(c->arena, c->certs.p, host, &facts, &e))
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

int
cmd_check(struct config *c)
{
	struct directory d = { 0 };
	struct problems settings = { .arena = c->arena };
	struct err e = { 0 };
	struct buf out = { 0 };

	if (c->argc > 1)
		return complain(
			EXIT_USAGE, "check takes no words; name the capsule with -c FOLDER");
	config_load(c, &settings);
	if (!directory_load(&d, c->capsule, NULL, NULL, &e)) {
		directory_end(&d);
		return complain(EXIT_USAGE, "%s", e.text);
	}
	check_certs(c, &settings);
	for (size_t i = 0; i < settings.n; i++) {
		const struct problem *p = &settings.v[i];

		/* capsule.yaml is among the directory's files: told of once */
		if (!str_eq(p->path, STR("capsule.yaml")) || str_eq(p->field, STR("hosts")))
			problem_add(&d.problems, p->severity, p->path, p->line, p->column, p->field,
				"%.*s", STR_ARG(p->text));
	}
	problem_sort(&d.problems);
	for (size_t i = 0; i < d.problems.n; i++)
		problem_put(&out, &d.problems.v[i]);
	fwrite(out.n ? out.p : "", 1, out.n, stdout);
	buf_end(&out);
	int status = d.problems.errors ? EXIT_FOUND : EXIT_OK;

	directory_end(&d);
	return status;
}
