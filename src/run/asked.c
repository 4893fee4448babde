/* asked: answers `almagest status`, one at a time, each by a child: nobody who asks can hold us up.
 */
#include "run/supervisor_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "run/report.h"
#include "run/status.h"

/* Everybody there is, ourselves first. */
static size_t
list_processes(const struct supervisor *s, struct report_process *to, size_t most)
{
	size_t n = 0;

	to[n++] = (struct report_process){ "supervisor", s->pid };
	if (s->writer.pid)
		to[n++] = (struct report_process){ "writer", s->writer.pid };
	if (s->bundler)
		to[n++] = (struct report_process){ "bundler", s->bundler };
	for (size_t i = 0; i < WORKERS_MOST && n + 1 < most; i++) {
		if (s->slots[i].pid)
			to[n++] = (struct report_process){ "worker", s->slots[i].pid };
		if (s->slots[i].pid && s->slots[i].signer)
			to[n++] = (struct report_process){ "signer", s->slots[i].signer };
	}
	return n;
}

/* Tells one who asked. What editors' files went into is opened last, confined as the writer is. */
static int
tell_status(struct supervisor *s, size_t slot)
{
	struct report_process processes[2 * WORKERS_MOST + 4];
	struct report report = { .well = (s->said_ready || s->taken_over) && !s->stop_at,
		.state = s->stop_at     ? "stopping"
			: s->said_ready ? "serving"
					: "starting",
		.up_ms = clock_ms() - s->began,
		.capsule = s->plan.capsule,
		.catalog = s->plan.catalog,
		.certs = s->plan.certs,
		.in_memory = s->in_memory,
		.facts = s->facts,
		.counters = s->counters,
		.counters_n = WORKERS_MOST,
		.ports = &s->ports,
		.hosts = &s->plan.hosts,
		.processes = processes,
		.processes_n = list_processes(s, processes, COUNT(processes)) };
	struct buf out = { 0 };
	struct err e = { 0 };
	struct store *store = NULL;

	(void)slot;
	report_begin(&out, &report);
	if (!s->in_memory && child_confine(s, true, &e))
		store = store_open(s->plan.catalog, STORE_LIVE, &e);
	report_end(&out, store);
	store_close(store);
	bool good = write(s->answer_to, out.p, out.n) == (ssize_t)out.n;

	buf_end(&out);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

void
asked_answer(struct supervisor *s)
{
	if (s->reporter || (s->answer_to = status_next(s->asked)) < 0)
		return;
	pid_t pid = child_start(s, "almagest-status", tell_status, 0);

	s->reporter = pid > 0 ? pid : 0;
	close(s->answer_to);
	s->answer_to = -1;
}

void
asked_open(struct supervisor *s)
{
	struct err e = { 0 };

	if (s->asked >= 0 && strcmp(s->asked_in, s->plan.catalog) == 0)
		return;
	asked_close(s);
	prepare_catalog(s);
	s->asked_in = arena_str(&s->arena, str_of(s->plan.catalog)).p;
	s->asked = status_open(s->asked_in, &e);
	if (s->asked < 0)
		log_line("almagest status will not reach this server: %s", e.text);
}

void
asked_close(struct supervisor *s)
{
	status_close(s->asked, s->asked_in);
	s->asked = -1;
}
