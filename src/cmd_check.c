/* check: every problem of every file, one line each; nothing and exit 0 when there is none. */
#include <stdio.h>

#include "command.h"

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
	if (!directory_load(&d, c->capsule, NULL, &e))
		return complain(EXIT_USAGE, "%s", e.text);
	problem_sort(&settings);
	for (size_t i = 0; i < settings.n; i++)
		/* capsule.yaml is among the directory's files: told of once */
		if (!str_eq(settings.v[i].path, STR("capsule.yaml")) ||
			str_eq(settings.v[i].field, STR("hosts")))
			problem_put(&out, &settings.v[i]);
	for (size_t i = 0; i < d.problems.n; i++)
		problem_put(&out, &d.problems.v[i]);
	fwrite(out.n ? out.p : "", 1, out.n, stdout);
	buf_end(&out);
	int status = d.problems.errors + settings.errors ? EXIT_FOUND : EXIT_OK;

	directory_end(&d);
	return status;
}
