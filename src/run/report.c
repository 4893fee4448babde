/* report: one member after the other; nothing is kept. */
#include "run/report.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "catalog/query.h"
#include "net/cert.h"

static void
put_text(struct buf *out, const char *name, struct str text)
{
	buf_printf(out, ",\n  \"%s\": ", name);
	json_text(out, text);
}

static void
put_number(struct buf *out, const char *name, long long n)
{
	buf_printf(out, ",\n  \"%s\": %lld", name, n);
}

/* What a process has in memory for itself, KiB; 0: not known. Linux alone says it so. */
static long
memory_of(pid_t pid)
{
	char path[48];
	long resident = 0, shared = 0;

	snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	if (fscanf(file, "%*s %ld %ld", &resident, &shared) != 2)
		resident = shared = 0;
	fclose(file);
	return (resident - shared) * (sysconf(_SC_PAGESIZE) / 1024);
}

static void
put_processes(struct buf *out, const struct report *r)
{
	buf_put(out, STR(",\n  \"processes\": ["));
	for (size_t i = 0; i < r->processes_n; i++)
		buf_printf(out, "%s\n    {\"name\": \"%s\", \"pid\": %ld, \"kib\": %ld}",
			i ? "," : "", r->processes[i].name, (long)r->processes[i].pid,
			memory_of(r->processes[i].pid));
	buf_put(out, STR("]"));
}

static void
put_ports(struct buf *out, const struct report *r)
{
	const char *between = "";

	buf_put(out, STR(",\n  \"listening\": ["));
	for (size_t i = 0; i < r->ports->n; i++) {
		const struct port *port = &r->ports->v[i];

		if (!port->wanted)
			continue;
		buf_printf(out, "%s\n    {\"protocol\": \"%s\", \"address\": ", between,
			port->proto->name);
		json_text(out, port->address);
		buf_printf(out, ", \"port\": %u}", port->number);
		between = ",";
	}
	buf_put(out, STR("]"));
}

static void
put_certificates(struct buf *out, const struct report *r)
{
	struct arena a = { 0 };
	const char *between = "";

	buf_put(out, STR(",\n  \"certificates\": ["));
	for (size_t i = 0; i < r->hosts->n; i++) {
		struct str host = r->hosts->v[i].name.text;
		struct cert_facts facts;
		struct err e = { 0 };

		buf_printf(out, "%s\n    {\"host\": ", between);
		between = ",";
		json_text(out, host);
		if (cert_read(&a, r->certs, host, &facts, &e))
			buf_printf(out,
				", \"from\": \"%.*s\", \"until\": \"%.*s\", \"valid\": %s, "
				"\"sha256\": \"%.*s\"}",
				STR_ARG(facts.from), STR_ARG(facts.until),
				facts.ended ? "false" : "true", STR_ARG(facts.fingerprint));
		else {
			buf_put(out, STR(", \"valid\": false, \"wrong\": "));
			json_text(out, str_of(e.text));
			buf_char(out, '}');
		}
	}
	buf_put(out, STR("]"));
	arena_end(&a);
}

void
report_begin(struct buf *out, const struct report *r)
{
	buf_put(out, STR("{\n  \"version\": \"" ALMAGEST_VERSION "\""));
	buf_printf(out, ",\n  \"well\": %s,\n  \"state\": \"%s\"", r->well ? "true" : "false",
		r->state);
	put_number(out, "up_seconds", r->up_ms / 1000);
	put_text(out, "capsule", str_of(r->capsule));
	put_text(out, "catalog", str_of(r->catalog));
	buf_printf(out, ",\n  \"in_memory\": %s", r->in_memory ? "true" : "false");
	if (r->facts->people >= 0)
		put_number(out, "people", r->facts->people);
	else
		buf_put(out, STR(",\n  \"people\": null"));
	put_number(out, "rejected", r->facts->rejected);
	put_number(out, "generation", r->facts->generation);
	put_number(out, "updated", r->facts->updated);
	put_ports(out, r);
	put_certificates(out, r);
	put_processes(out, r);
	metrics_put_json(out, r->counters, r->counters_n);
}

void
report_end(struct buf *out, struct store *store)
{
	struct arena a = { 0 };
	struct problems problems = { .arena = &a };

	if (store)
		query_errors(store, &problems, PROBLEMS_TOLD);
	buf_put(out, STR(",\n  \"problems\": ["));
	for (size_t i = 0; i < problems.n; i++) {
		struct buf line = { 0 };

		problem_put(&line, &problems.v[i]);
		buf_put(out, i ? STR(",\n    ") : STR("\n    "));
		json_text(out, str_sub(buf_str(&line), 0, line.n - 1));
		buf_end(&line);
	}
	buf_put(out, STR("]\n}\n"));
	arena_end(&a);
}
