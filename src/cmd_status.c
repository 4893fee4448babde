/* status: what a running server says of itself, for a person or as it came. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "run/status.h"

enum { SOON_DAYS = 30 };

static const char *
text_of(const json_t *from, const char *name)
{
	const char *text = json_string_value(json_object_get(from, name));

	return text ? text : "";
}

static long long
number_of(const json_t *from, const char *name)
{
	return json_integer_value(json_object_get(from, name));
}

/* "2 days 3 h", "3 h 5 min", "5 min 7 s" */
static void
put_span(struct buf *out, long long seconds)
{
	static const struct {
		long long seconds;
		const char *name, *smaller;
		long long of_it;
	} UNITS[] = { { 86400, "days", "h", 3600 }, { 3600, "h", "min", 60 },
		{ 60, "min", "s", 1 } };

	for (size_t i = 0; i < COUNT(UNITS); i++)
		if (seconds >= UNITS[i].seconds) {
			buf_printf(out, "%lld %s %lld %s", seconds / UNITS[i].seconds,
				UNITS[i].name, seconds % UNITS[i].seconds / UNITS[i].of_it,
				UNITS[i].smaller);
			return;
		}
	buf_printf(out, "%lld s", seconds);
}

static void
put_moment(struct buf *out, long long when)
{
	char text[32];
	time_t at = (time_t)when;
	struct tm tm;

	if (when && gmtime_r(&at, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &tm))
		buf_put(out, str_of(text));
	else
		buf_put(out, STR("never"));
}

/* ---- a line or some for each thing ---- */

static void
put_directory(struct buf *out, const json_t *from)
{
	buf_printf(out, "directory    %s: %lld people, generation %lld, updated ",
		text_of(from, "capsule"), number_of(from, "people"), number_of(from, "generation"));
	put_moment(out, number_of(from, "updated"));
	buf_printf(out, "\ncatalog      %s%s\n", text_of(from, "catalog"),
		json_is_true(json_object_get(from, "in_memory"))
			? ": cannot be written; the directory is served from memory"
			: "");
}

static void
put_problems(struct buf *out, const json_t *from)
{
	const json_t *problems = json_object_get(from, "problems"), *line;
	size_t i;

	buf_printf(out, "rejected     %lld file%s with errors\n", number_of(from, "rejected"),
		number_of(from, "rejected") == 1 ? "" : "s");
	json_array_foreach(problems, i, line)
		buf_printf(out, "             %s\n", json_string_value(line));
}

static void
put_listening(struct buf *out, const json_t *from)
{
	const json_t *ports = json_object_get(from, "listening"), *port;
	size_t i;

	json_array_foreach(ports, i, port)
		buf_printf(out, "%s %s on %s\n", i ? "            " : "listening   ",
			text_of(port, "protocol"), text_of(port, "address"));
}

static void
put_certificates(struct buf *out, const json_t *from)
{
	const json_t *certificates = json_object_get(from, "certificates"), *one;
	size_t i;

	json_array_foreach(certificates, i, one) buf_printf(out,
		"%s %s, %s to %s%s\n             SHA-256 %s\n", i ? "            " : "certificate ",
		text_of(one, "host"), text_of(one, "from"), text_of(one, "until"),
		json_is_true(json_object_get(one, "valid"))
			? ""
			: ": NOT VALID NOW, clients will refuse it",
		text_of(one, "sha256"));
}

static void
put_requests(struct buf *out, const json_t *from)
{
	const json_t *requests = json_object_get(from, "requests"), *classes, *n;
	const json_t *refused = json_object_get(from, "refused");
	long long turned_away = 0;
	const char *name, *kind;

	buf_printf(out,
		"connections  %lld open; %" JSON_INTEGER_FORMAT " full handshakes, "
		"%" JSON_INTEGER_FORMAT " resumed\n",
		number_of(from, "connections"),
		json_integer_value(json_object_get(json_object_get(from, "handshakes"), "full")),
		json_integer_value(
			json_object_get(json_object_get(from, "handshakes"), "resumed")));
	buf_put(out, STR("answered     "));
	json_object_foreach((json_t *)requests, name, classes)
	{
		long long sum = 0;

		json_object_foreach((json_t *)classes, kind, n) sum += json_integer_value(n);
		buf_printf(out, "%lld %s, ", sum, name);
	}
	json_object_foreach((json_t *)refused, kind, n) turned_away += json_integer_value(n);
	buf_printf(
		out, "%lld bytes; %lld turned away\n", number_of(from, "sent_bytes"), turned_away);
}

static void
put_processes(struct buf *out, const json_t *from)
{
	const json_t *processes = json_object_get(from, "processes"), *one;
	size_t i;

	json_array_foreach(processes, i, one) buf_printf(out, "%s %s %lld, %.1f MiB of its own\n",
		i ? "            " : "processes   ", text_of(one, "name"), number_of(one, "pid"),
		(double)number_of(one, "kib") / 1024);
}

static void
put_all(struct buf *out, const json_t *from)
{
	buf_printf(out, "almagest %s %s, up ", text_of(from, "version"), text_of(from, "state"));
	put_span(out, number_of(from, "up_seconds"));
	buf_char(out, '\n');
	put_directory(out, from);
	put_problems(out, from);
	put_listening(out, from);
	put_certificates(out, from);
	put_requests(out, from);
	put_processes(out, from);
}

int
cmd_status(struct config *c)
{
	bool as_json = c->own.format && strcmp(c->own.format, "json") == 0;
	struct buf out = { 0 };
	struct err e = { 0 };
	json_error_t wrong;
	struct str report;

	if (c->argc > 1)
		return complain(EXIT_USAGE,
			"status takes no words; name the server by -c FOLDER or --catalog FOLDER");
	if (c->own.format && !as_json && strcmp(c->own.format, "text") != 0)
		return complain(EXIT_USAGE, "--format %s: unknown form; expected text or json",
			c->own.format);
	if (!command_settings(c))
		return EXIT_FOUND;
	if (!status_ask(c->arena, c->catalog.p, &report, &e))
		return complain(EXIT_NOT_RUNNING, "%s", e.text);
	json_t *from = json_loadb(report.p, report.n, 0, &wrong);

	if (!from)
		return complain(EXIT_FOUND, "what answers at %s is no almagest", c->catalog.p);
	bool well = json_is_true(json_object_get(from, "well"));

	if (as_json)
		buf_put(&out, report);
	else
		put_all(&out, from);
	fwrite(out.p, 1, out.n, stdout);
	json_decref(from);
	buf_end(&out);
	return well ? EXIT_OK : EXIT_FOUND;
}
