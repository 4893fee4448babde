/* crew: the workers in their places and the catalog's writer: started, replaced, and replaced when
 * they die. */
#include "run/supervisor_internal.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "run/writer.h"

enum { HUNG_MS = 15000, PAUSE_MOST_MS = 30000, CERTS_FRESH_MS = 50 };

/* ---- beginnings ---- */

/* After a pause that grows, the first time this one. */
static void
try_later(struct slot *slot, int64_t pause)
{
	slot->pause = slot->pause ? slot->pause * 2 : pause;
	if (slot->pause > PAUSE_MOST_MS)
		slot->pause = PAUSE_MOST_MS;
	slot->start_at = clock_ms() + slot->pause;
}

/* Somebody may write others at any time, and their keys: they are read together, or soon after. */
bool
crew_read_certs(struct supervisor *s, struct err *e)
{
	if (s->tls && clock_ms() - s->tls_read > CERTS_FRESH_MS)
		crew_forget_certs(s);
	if (!s->tls) {
		s->tls = worker_tls(s, &s->plan, e);
		s->tls_read = clock_ms();
	}
	return s->tls;
}

void
crew_forget_certs(struct supervisor *s)
{
	tls_close(s->tls);
	s->tls = NULL;
}

/* A child with one end of a pair of sockets, or none: each end is held by one process alone, so
 * that both see when the other is gone. */
static pid_t
start_at_end(struct supervisor *s, const char *name, int (*run)(struct supervisor *, size_t),
	size_t slot, int end, int other)
{
	s->signer = end;
	s->other_end = other;
	pid_t pid = child_start(s, name, run, slot);

	s->signer = s->other_end = -1;
	return pid;
}

static void
start_worker(struct supervisor *s, size_t slot)
{
	int ends[2] = { -1, -1 }; /* the worker's, the signer's */
	struct err e = { 0 };

	s->slots[slot].answers = false;
	if (!crew_read_certs(s, &e)) {
		log_line("a worker cannot start, and is tried again: %s", e.text);
		try_later(&s->slots[slot], 1000);
		return;
	}
	s->beats[slot] = clock_ms();
	if (s->plan.signer && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		ends[0] = ends[1] = -1;
	pid_t pid = start_at_end(s, "almagest-worker", worker_run, slot, ends[0], ends[1]);
	pid_t signer = ends[1] < 0
		? 0
		: start_at_end(s, "almagest-signer", worker_sign, slot, ends[1], ends[0]);

	for (size_t i = 0; i < COUNT(ends); i++)
		if (ends[i] >= 0)
			close(ends[i]);
	s->slots[slot].signer = signer > 0 ? signer : 0;
	s->slots[slot].pid = pid > 0 ? pid : 0;
	s->slots[slot].started = clock_ms();
	s->slots[slot].start_at = pid > 0 ? 0 : clock_ms() + 1000;
}

static int
write_catalog(struct supervisor *s, size_t slot)
{
	const struct writer writer = { .capsule = s->plan.capsule,
		.catalog = s->plan.catalog,
		.pulse = s->pulse,
		.facts = s->facts,
		.tell = s->told[1],
		.damaged = s->damaged,
		.first = !s->serving };
	struct err e = { 0 };

	(void)slot;
	if (!child_confine(s, true, &e)) {
		log_line("%s", e.text);
		return EXIT_FAILURE;
	}
	writer_run(&writer);
	return EXIT_SUCCESS;
}

void
crew_start_writer(struct supervisor *s)
{
	prepare_catalog(s);
	pid_t pid = child_start(s, "almagest-writer", write_catalog, 0);

	s->damaged = s->damaged && pid <= 0;
	s->writer.told = false;
	s->writer.pid = pid > 0 ? pid : 0;
	s->writer.started = clock_ms();
	s->writer.start_at = pid > 0 ? 0 : clock_ms() + 1000;
}

static void
tell_to_finish(struct supervisor *s, pid_t pid)
{
	kill(pid, SIGUSR1);
	*vec_add(&s->arena, &s->leaving) = pid;
}

/* The number of the folder files/, or 0 without one. */
static ino_t
files_folder(const struct supervisor *s)
{
	struct arena a = { 0 };
	struct stat st;
	bool there = stat(arena_printf(&a, "%s/files", s->plan.capsule).p, &st) == 0;

	arena_end(&a);
	return there ? st.st_ino : 0;
}

static bool
anybody(const struct supervisor *s)
{
	bool any = s->elders.n || s->leaving.n;

	for (size_t i = 0; i < WORKERS_MOST; i++)
		any = any || s->slots[i].pid;
	return any;
}

/* While no socket but the first of each address has ever listened, one worker starts, with the
 * machine to itself and all connections. From memory each takes its time: all start. */
void
crew_replace_workers(struct supervisor *s)
{
	bool alone = !anybody(s) && !s->taken_over && !s->in_memory;
	struct err e = { 0 };

	if (anybody(s) && !crew_read_certs(s, &e)) {
		log_line("no worker could take their place, so they stay: %s", e.text);
		return;
	}
	s->files = files_folder(s);
	for (size_t i = 0; i < WORKERS_MOST; i++) {
		pid_t old = s->slots[i].pid;

		s->slots[i] = (struct slot){ .waits = alone && i && i < s->plan.workers };
		if (i < s->plan.workers && !s->slots[i].waits)
			start_worker(s, i);
		if (old)
			tell_to_finish(s, old);
	}
	for (size_t i = 0; i < s->elders.n; i++)
		tell_to_finish(s, s->elders.v[i]);
	s->elders.n = 0;
	if (!alone)
		crew_forget_certs(s);
	ports_close_unwanted(&s->ports);
}

void
crew_start_others(struct supervisor *s)
{
	if (!s->slots[0].answers)
		return;
	for (size_t i = 1; i < s->plan.workers; i++)
		if (s->slots[i].waits) {
			s->slots[i].waits = false;
			start_worker(s, i);
		}
	crew_forget_certs(s);
}

void
crew_hear(struct supervisor *s, const pid_t *pids, size_t n)
{
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < s->plan.workers; i++)
			if (s->slots[i].pid == pids[k])
				s->slots[i].answers = true;
}

bool
crew_answers(const struct supervisor *s)
{
	bool all = true;

	for (size_t i = 0; i < s->plan.workers; i++)
		all = all && s->slots[i].answers;
	return all;
}

void
crew_replace_writer(struct supervisor *s)
{
	s->replace = true;
	s->writer.pause = 0;
	s->writer.told = true;
	if (s->writer.pid)
		kill(s->writer.pid, SIGTERM);
	else
		crew_start_writer(s);
}

/* ---- what they must not go on with ---- */

void
crew_mend_catalog(struct supervisor *s)
{
	if (!atomic_exchange(&s->pulse->damaged, false) || s->replace || s->in_memory ||
		s->leaving.n)
		return;
	log_line("the catalog is damaged");
	s->damaged = true;
	crew_replace_writer(s);
}

void
crew_look_at_files(struct supervisor *s)
{
	ino_t files = files_folder(s);

	if (files && files != s->files && s->serving) {
		log_line("files/ is a new folder; others answer now, who may read it");
		crew_replace_workers(s);
	}
	s->files = files;
}

void
crew_end_hung(struct supervisor *s)
{
	for (size_t i = 0; i < s->plan.workers; i++)
		if (s->slots[i].pid && s->beats[i] && clock_ms() - s->beats[i] > HUNG_MS) {
			log_line("a worker has not been heard of for %d s; it is ended",
				HUNG_MS / 1000);
			kill(s->slots[i].pid, SIGKILL);
			s->beats[i] = 0;
		}
}

/* ---- ends ---- */

/* A process that died unasked is replaced: at once, with a growing pause when it keeps dying. */
static void
after_death(struct slot *slot, int status, const char *who)
{
	int64_t lived = clock_ms() - slot->started;

	if (WIFSIGNALED(status))
		log_line("%s was ended by signal %d (%s); another takes its place", who,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		log_line("%s ended with status %d; another takes its place", who,
			WEXITSTATUS(status));
	slot->pid = 0;
	slot->answers = false;
	slot->pause = lived > 10000 ? 0 : slot->pause;
	try_later(slot, lived > 10000 ? 0 : 100);
}

static void
forget_leaving(struct supervisor *s, pid_t pid)
{
	for (size_t i = 0; i < s->elders.n; i++)
		if (s->elders.v[i] == pid) {
			s->elders.v[i] = s->elders.v[--s->elders.n];
			return;
		}
	for (size_t i = 0; i < s->leaving.n; i++)
		if (s->leaving.v[i] == pid) {
			s->leaving.v[i] = s->leaving.v[--s->leaving.n];
			return;
		}
}

/* At a reload it was told to end, and the next one is started at once. Otherwise the workers keep
 * serving what was committed last; before there is anything to serve, they make it themselves,
 * unless the program before us left some who answer. */
static void
after_writer(struct supervisor *s, int status)
{
	if (s->replace) {
		crew_start_writer(s);
		return;
	}
	after_death(&s->writer, status, "the catalog writer");
	if (!s->serving && s->elders.n == 0) {
		s->serving = s->in_memory = true;
		crew_replace_workers(s);
	}
}

void
crew_reap(struct supervisor *s)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS)
			atomic_store(&s->pulse->damaged, true);
		if (pid == s->writer.pid) {
			if (s->stop_at)
				s->writer.pid = 0;
			else
				after_writer(s, status);
			continue;
		}
		if (pid == s->reporter) {
			s->reporter = 0;
			continue;
		}
		if (pid == s->bundler) {
			bundler_ended(s);
			continue;
		}
		forget_leaving(s, pid);
		for (size_t i = 0; i < WORKERS_MOST; i++)
			if (s->slots[i].pid == pid) {
				if (s->stop_at)
					s->slots[i].pid = 0;
				else
					after_death(&s->slots[i], status, "a worker");
			}
	}
}

void
crew_restart_dead(struct supervisor *s)
{
	for (size_t i = 0; i < s->plan.workers; i++)
		if (s->slots[i].start_at && s->slots[i].start_at <= clock_ms()) {
			start_worker(s, i);
			crew_forget_certs(s);
		}
	if (s->writer.start_at && s->writer.start_at <= clock_ms())
		crew_start_writer(s);
}

void
crew_signal(struct supervisor *s, int number)
{
	for (size_t i = 0; i < WORKERS_MOST; i++)
		if (s->slots[i].pid)
			kill(s->slots[i].pid, number);
	for (size_t i = 0; i < s->leaving.n; i++)
		kill(s->leaving.v[i], number);
	for (size_t i = 0; i < s->elders.n; i++)
		kill(s->elders.v[i], number);
	if (s->writer.pid)
		kill(s->writer.pid, number);
	if (s->bundler)
		kill(s->bundler, number);
}

void
crew_end_writer(struct supervisor *s)
{
	enum { PATIENCE_MS = 5000, STEP_MS = 10 };
	pid_t *const who[] = { &s->writer.pid, &s->bundler };

	for (size_t i = 0; i < COUNT(who); i++) {
		int64_t until = clock_ms() + PATIENCE_MS;

		while (*who[i] && waitpid(*who[i], NULL, WNOHANG) == 0) {
			kill(*who[i], clock_ms() < until ? SIGTERM : SIGKILL);
			poll(NULL, 0, STEP_MS);
		}
		*who[i] = 0;
	}
}

void
crew_urge(struct supervisor *s)
{
	if (s->stop_at) {
		crew_signal(s, SIGTERM);
		return;
	}
	for (size_t i = 0; i < s->leaving.n; i++)
		kill(s->leaving.v[i], SIGUSR1);
	if (s->writer.pid && s->writer.told)
		kill(s->writer.pid, SIGTERM);
}

bool
crew_left(const struct supervisor *s)
{
	bool any = s->writer.pid || s->bundler || s->reporter || s->leaving.n || s->elders.n;

	for (size_t i = 0; i < WORKERS_MOST; i++)
		any = any || s->slots[i].pid;
	return any;
}
