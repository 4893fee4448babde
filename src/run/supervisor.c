/* supervisor: one loop that waits for signals and for words from its children. A reload starts new
 * workers and, once they answer, tells the old ones to finish; listening sockets stay open through
 * it all, so nothing that waits is lost. */
#include "run/supervisor_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "run/metrics.h"
#include "run/signals.h"
#include "run/systemd.h"
#include "run/writer.h"

enum { STOP_MS = 12000, METRICS_MS = 5000, UNCHECKED_MS = 200, HEAD_START_MS = 20 };

static void
stop(struct supervisor *s)
{
	log_line("stopping");
	systemd_notify("STOPPING=1");
	s->stop_at = clock_ms() + STOP_MS;
	crew_signal(s, SIGTERM);
}

/* The address to open for each protocol, once. */
static void
say_where(const struct supervisor *s)
{
	struct str host = s->plan.hosts.v[0].name.text;
	bool literal = str_find(host, ':') < host.n;

	for (const struct proto *const *proto = PROTOS; *proto; proto++) {
		const struct port *port = ports_find(&s->ports, *proto);
		char number[16] = "";

		if (!port)
			continue;
		if (port->number != (unsigned)atoi((*proto)->port))
			snprintf(number, sizeof number, ":%u", port->number);
		log_line("open %s://%s%.*s%s%s/", (*proto)->name, literal ? "[" : "", STR_ARG(host),
			literal ? "]" : "", number);
	}
	if (s->plan.id.change)
		log_line("workers run as user %u, with %s", (unsigned)s->plan.id.uid,
			sandbox_describe());
	else
		log_line("workers have %s%s", sandbox_describe(),
			geteuid() == 0 ? "; they stay root, as no other user may read the capsule: "
					 "name one with --user"
				       : "");
	if (!s->plan.open)
		log_line("only this machine can connect; to open it to others, name its host: "
			 "--host NAME, or "
			 "hosts: in capsule.yaml");
}

/* Once all workers answer with certificates that are good, and after a reload again. */
static void
say_ready(struct supervisor *s)
{
	if (!s->serving || !crew_answers(s) || s->unchecked || s->certs >= 0 || s->stop_at)
		return;
	if (!s->said_ready) {
		s->said_ready = true;
		say_where(s);
		fputs("ready\n", stderr);
	}
	systemd_notify("READY=1");
}

/* Without keys and certificates nobody can serve. */
static void
give_up(struct supervisor *s, const struct err *e)
{
	log_line("%s", e->text);
	s->failed = true;
	stop(s);
}

/* Whether keys and certificates belong together is looked at once somebody answers, or should. */
static void
check_certs(struct supervisor *s)
{
	struct err e = { 0 };

	if (!s->unchecked || s->stop_at)
		return;
	s->unchecked = false;
	if (!prepare_certs_begin(&s->plan, &s->certs, &e))
		give_up(s, &e);
}

/* The verdict, when it is there. */
static void
hear_of_certs(struct supervisor *s)
{
	struct err e = { 0 };
	bool good = prepare_certs_end(s->certs, &e);

	s->certs = -1;
	if (!good && !s->stop_at)
		give_up(s, &e);
	say_ready(s);
}

static void
hear_workers(struct supervisor *s)
{
	pid_t pids[64];
	ssize_t n = read(s->ready[0], pids, sizeof pids);

	if (n <= 0 || s->stop_at)
		return;
	crew_hear(s, pids, (size_t)n / sizeof *pids);
	if (!s->others_at) /* who waits already is answered before */
		s->others_at = clock_ms() + HEAD_START_MS;
	say_ready(s);
}

/* What the writer says: when its catalog can be read, workers start; when another one stands there,
 * or settings were read again, others take their place. */
static void
hear_writer(struct supervisor *s)
{
	char words[64];
	ssize_t n = read(s->told[0], words, sizeof words);
	bool replace = false;

	for (ssize_t i = 0; i < n && !s->stop_at; i++) {
		enum writer_word word = (enum writer_word)words[i];

		if (word == WRITER_MEMORY || word == WRITER_BUILT)
			s->in_memory = word == WRITER_MEMORY;
		replace = replace || word == WRITER_MEMORY || word == WRITER_BUILT ||
			(word == WRITER_OPENED && (!s->serving || s->in_memory)) ||
			(word == WRITER_CURRENT && s->replace && !s->refused);
		if (word == WRITER_CURRENT && s->replace && s->refused)
			say_ready(s);
		if (word == WRITER_OPENED)
			s->in_memory = false;
		if (word != WRITER_OPENED)
			s->replace = false;
		if (word == WRITER_CURRENT)
			bundler_start(s);
	}
	if (replace) {
		s->serving = true;
		crew_replace_workers(s);
	}
}

/* Whether workers could start by the plan; its sockets are open then. */
static bool
can_serve(struct supervisor *s, const struct plan *plan, struct err *e)
{
	struct tls *tls = ports_open(&s->ports, plan->wanted, plan->wanted_n, plan->workers, e) &&
			prepare_certs(plan, e)
		? worker_tls(s, plan, e)
		: NULL;

	tls_close(tls);
	return tls;
}

static void
reload(struct supervisor *s, plan_fn *make_plan, void *context)
{
	struct plan plan = s->plan;
	struct err e = { 0 };

	log_line("reloading");
	systemd_notify("RELOADING=1");
	bool good = make_plan(context, &plan);

	if (!good) {
		log_line("settings are wrong; the old ones stay");
		plan = s->plan;
	}
	s->refused = !can_serve(s, &plan, &e);
	if (s->refused) {
		struct err again = { 0 };

		log_line("%s; the old settings stay", e.text);
		ports_open(&s->ports, s->plan.wanted, s->plan.wanted_n, s->plan.workers, &again);
	} else {
		s->plan = plan;
		crew_forget_certs(s);
		if (good && upgrade_due())
			upgrade_now(s);
	}
	asked_open(s);
	crew_replace_writer(s);
}

static void
open_log_again(struct supervisor *s)
{
	struct err e = { 0 };

	if (!prepare_log(s->plan.log, &e))
		log_line("%s", e.text);
	else if (s->serving)
		crew_replace_workers(s); /* who could not open it themselves */
}

static void
feed_watchdog(struct supervisor *s)
{
	int64_t every = systemd_watchdog_ms(), now = clock_ms();

	if (every && now >= s->watchdog_at) {
		systemd_notify("WATCHDOG=1");
		s->watchdog_at = now + every;
	}
}

static void
write_metrics(struct supervisor *s)
{
	struct err e = { 0 };

	if (!s->plan.metrics || clock_ms() < s->metrics_at)
		return;
	s->metrics_at = clock_ms() + METRICS_MS;
	if (!metrics_write(s->plan.metrics, s->counters, WORKERS_MOST, s->facts, &e))
		log_line("%s", e.text);
}

/* One turn of the loop; false when all is over. */
static bool
turn(struct supervisor *s, plan_fn *make_plan, void *context, int wake)
{
	struct pollfd fds[5] = { { .fd = wake, .events = POLLIN },
		{ .fd = s->ready[0], .events = POLLIN }, { .fd = s->told[0], .events = POLLIN },
		{ .fd = s->reporter ? -1 : s->asked, .events = POLLIN },
		{ .fd = s->certs, .events = POLLIN } };
	char bytes[64];

	poll(fds, COUNT(fds), s->others_at ? HEAD_START_MS : 200);
	if (fds[0].revents)
		while (read(wake, bytes, sizeof bytes) > 0)
			;
	if (fds[4].revents)
		hear_of_certs(s);
	if (fds[1].revents)
		hear_workers(s);
	if (fds[2].revents)
		hear_writer(s);
	asked_answer(s);
	bool term = signals_take(SIGTERM), interrupt = signals_take(SIGINT);

	if ((term || interrupt) && !s->stop_at)
		stop(s);
	signals_take(SIGCHLD);
	crew_reap(s);
	crew_urge(s);
	if (s->stop_at) {
		if (clock_ms() > s->stop_at)
			crew_signal(s, SIGKILL);
		return crew_left(s);
	}
	if (signals_take(SIGHUP))
		reload(s, make_plan, context);
	if (signals_take(SIGUSR1))
		open_log_again(s);
	if (s->others_at && clock_ms() >= s->others_at) {
		s->others_at = 0;
		crew_start_others(s);
		check_certs(s);
	} else if (clock_ms() - s->began > UNCHECKED_MS)
		check_certs(s);
	crew_mend_catalog(s);
	crew_look_at_files(s);
	crew_end_hung(s);
	crew_restart_dead(s);
	write_metrics(s);
	feed_watchdog(s);
	return true;
}

static bool
open_pipe(int fds[2])
{
	if (pipe(fds) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
	}
	return true;
}

/* Zeroed memory that children write to as well; NULL: none could be had. */
static void *
shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static bool
open_shared(struct supervisor *s)
{
	s->beats = shared(WORKERS_MOST * sizeof *s->beats);
	s->counters = shared(WORKERS_MOST * sizeof *s->counters);
	s->facts = shared(sizeof *s->facts);
	s->pulse = shared(sizeof *s->pulse);
	if (s->facts)
		s->facts->people = -1;
	return s->beats && s->counters && s->facts && s->pulse;
}

int
supervise(plan_fn *make_plan, void *context)
{
	static struct supervisor s; /* large, and one a process */
	struct err e = { 0 }, unheard = { 0 };
	int wake[2];

	s.pid = getpid();
	s.signer = s.other_end = s.answer_to = s.asked = s.certs = -1;
	s.began = clock_ms();
	if (!make_plan(context, &s.plan))
		return 1;
	if (!open_pipe(wake) || !open_pipe(s.ready) || !open_pipe(s.told) || !open_shared(&s)) {
		log_line("cannot start: %s", strerror(errno));
		return 1;
	}
	s.taken_over = upgrade_take(&s);
	ports_take(&s.ports);
	if (!prepare_log(s.plan.log, &e) || !prepare_secret(&s, &e) ||
		!ports_open(&s.ports, s.plan.wanted, s.plan.wanted_n, s.plan.workers, &e)) {
		log_line("%s", e.text);
		return 1;
	}
	signals_catch(wake[1]);
	asked_open(&s);
	crew_start_writer(&s);
	/* while the writer looks at its catalog; what is missing is made first */
	s.unchecked = crew_read_certs(&s, &unheard) && tls_stands(s.tls);
	if (!s.unchecked) {
		crew_forget_certs(&s);
		if (!prepare_certs(&s.plan, &e) || !crew_read_certs(&s, &e))
			give_up(&s, &e);
	}
	sandbox_prepare();
	while (turn(&s, make_plan, context, wake[0]))
		;
	asked_close(&s);
	crew_forget_certs(&s);
	ports_close(&s.ports);
	arena_end(&s.arena);
	return s.failed;
}
