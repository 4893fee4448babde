/* status: what a running server says of itself, for a person or as it came. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "command.h"
#include "run/status.h"

static long long
number_of(const json_t *from, const char *name)
{
	return json_integer_value(json_object_get(from, name));
}

static bool
is_true(const json_t *from, const char *name)
{
	return json_is_true(json_object_get(from, name));
}

/* Whoever answers may be somebody else than hoped: nothing reaches the terminal as it came. */
static void
put_escaped(struct buf *out, const json_t *text)
{
	log_escape(out, str_of(json_is_string(text) ? json_string_value(text) : "?"));
}

/* The words before a member, then the member. */
static void
put_text(struct buf *out, const char *before, const json_t *from, const char *name)
{
	buf_put(out, str_of(before));
	put_escaped(out, json_object_get(from, name));
}

/* The name of a line, once for several. */
static void
put_name(struct buf *out, const char *name, size_t i)
{
	buf_printf(out, "%-13s", i ? "" : name);
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
put_state(struct buf *out, const json_t *from)
{
	put_text(out, "almagest ", from, "version");
	put_text(out, " ", from, "state");
	buf_put(out, STR(", up "));
	put_span(out, number_of(from, "up_seconds"));
	buf_char(out, '\n');
}

static void
put_directory(struct buf *out, const json_t *from)
{
	long long people = number_of(from, "people");

	put_name(out, "directory", 0);
	put_text(out, "", from, "capsule");
	if (json_is_integer(json_object_get(from, "people")))
		buf_printf(out, ": %lld %s", people, people == 1 ? "person" : "people");
	else
		buf_put(out, STR(": people not counted yet"));
	buf_printf(out, ", generation %lld, updated ", number_of(from, "generation"));
	put_moment(out, number_of(from, "updated"));
	buf_char(out, '\n');
	put_name(out, "catalog", 0);
	put_text(out, "", from, "catalog");
	if (is_true(from, "in_memory"))
		buf_put(out, STR(": cannot be written; the directory is served from memory"));
	buf_char(out, '\n');
}

static void
put_problems(struct buf *out, const json_t *from)
{
	const json_t *problems = json_object_get(from, "problems"), *line;
	long long rejected = number_of(from, "rejected");
	size_t i;

	put_name(out, "rejected", 0);
	buf_printf(out, "%lld file%s with errors%s\n", rejected, rejected == 1 ? "" : "s",
		rejected && json_array_size(problems) == 0 ? ": almagest check tells them" : "");
	json_array_foreach(problems, i, line)
	{
		put_name(out, "", 1);
		put_escaped(out, line);
		buf_char(out, '\n');
	}
}

static void
put_listening(struct buf *out, const json_t *from)
{
	const json_t *ports = json_object_get(from, "listening"), *port;
	size_t i;

	json_array_foreach(ports, i, port)
	{
		put_name(out, "listening", i);
		put_text(out, "", port, "protocol");
		put_text(out, " on ", port, "address");
		buf_char(out, '\n');
	}
}

static void
put_certificates(struct buf *out, const json_t *from)
{
	const json_t *certificates = json_object_get(from, "certificates"), *one;
	size_t i;

	json_array_foreach(certificates, i, one)
	{
		put_name(out, "certificate", i);
		put_text(out, "", one, "host");
		if (json_object_get(one, "wrong"))
			put_text(out, ": ", one, "wrong");
		else {
			put_text(out, ", ", one, "from");
			put_text(out, " to ", one, "until");
			if (!is_true(one, "valid"))
				buf_put(out, STR(": NOT VALID NOW, clients will refuse it"));
			put_text(out, "\n             SHA-256 ", one, "sha256");
		}
		buf_char(out, '\n');
	}
}

/* Of all members. */
static long long
sum_of(const json_t *numbers)
{
	const json_t *n;
	const char *name;
	long long sum = 0;

	json_object_foreach((json_t *)numbers, name, n) sum += json_integer_value(n);
	return sum;
}

static void
put_requests(struct buf *out, const json_t *from)
{
	const json_t *handshakes = json_object_get(from, "handshakes"), *classes;
	const char *name;

	put_name(out, "connections", 0);
	buf_printf(out, "%lld open; %lld full handshakes, %lld resumed\n",
		number_of(from, "connections"), number_of(handshakes, "full"),
		number_of(handshakes, "resumed"));
	put_name(out, "answered", 0);
	json_object_foreach(json_object_get(from, "requests"), name, classes)
	{
		buf_printf(out, "%lld ", sum_of(classes));
		log_escape(out, str_of(name));
		buf_put(out, STR(", "));
	}
	buf_printf(out, "%lld bytes; %lld turned away\n", number_of(from, "sent_bytes"),
		sum_of(json_object_get(from, "refused")));
}

static void
put_processes(struct buf *out, const json_t *from)
{
	const json_t *processes = json_object_get(from, "processes"), *one;
	size_t i;

	json_array_foreach(processes, i, one)
	{
		put_name(out, "processes", i);
		put_text(out, "", one, "name");
		buf_printf(out, " %lld, %.1f MiB of its own\n", number_of(one, "pid"),
			(double)number_of(one, "kib") / 1024);
	}
}

static void (*const LINES[])(struct buf *out, const json_t *from) = { put_state, put_directory,
	put_problems, put_listening, put_certificates, put_requests, put_processes };

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

	if (!json_is_object(from)) {
		json_decref(from);
		return complain(EXIT_FOUND, "what answers at %s/" STATUS_SOCKET " is no almagest",
			c->catalog.p);
	}
	bool well = is_true(from, "well");

	if (as_json)
		buf_put(&out, report);
	else
		for (size_t i = 0; i < COUNT(LINES); i++)
			LINES[i](&out, from);
	fwrite(out.p, 1, out.n, stdout);
	json_decref(from);
	buf_end(&out);
	return well ? EXIT_OK : EXIT_FOUND;
}
