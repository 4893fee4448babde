/* supervisor: one loop that waits for signals and for words from its children. A reload starts new
 * workers and, once they answer, tells the old ones to finish; listening sockets stay open through
 * it all, so nothing that waits is lost. */
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "catalog/build.h"
#include "catalog/whole.h"
#include "mirror/bundle.h"
#include "net/cert.h"
#include "net/signer.h"
#include "proto/cache.h"
#include "proto/site.h"
#include "run/metrics.h"
#include "run/report.h"
#include "run/status.h"
#include "run/systemd.h"
#include "run/writer.h"

enum {
	STOP_MS = 12000,
	HUNG_MS = 15000,
	METRICS_MS = 5000,
	PAUSE_MOST_MS = 30000,
	SETTLE_MS = 2000
};

/* A place for a worker. */
struct slot {
	pid_t pid;        /* 0: nobody */
	int64_t started;  /* ms */
	int64_t start_at; /* when to try again after a death, ms; 0: now */
	int64_t pause;    /* before the next try */
};

struct supervisor {
	struct arena arena; /* addresses */
	struct plan plan;
	struct ports ports;
	struct slot slots[WORKERS_MOST];
	struct {
		pid_t *v;
		size_t n, room;
	} leaving; /* workers told to finish */
	unsigned char keys[TLS_TICKET_KEYS];
	volatile int64_t *beats;   /* shared with the workers: when each was last seen alive, ms */
	struct counters *counters; /* shared with the workers, one a slot */
	struct metrics_facts *facts; /* shared with the writer */
	int64_t metrics_at;          /* when they are next written */
	int64_t watchdog_at;         /* when systemd is next told that we are */
	int ready[2];                /* pipe: each worker writes a byte when it answers */
	size_t awaited;              /* bytes still to come before "ready" */
	bool said_ready;
	struct pulse *pulse;  /* of the catalog, shared with writer and workers */
	pid_t pid;            /* ours */
	int signer;           /* the starting child's end of the pair of worker and signer; or -1 */
	int other_end;        /* the other, which it closes; or -1 */
	struct slot writer;   /* it runs for as long as we do */
	int told[2];          /* pipe: the writer's words */
	bool serving;         /* workers have been started */
	ino_t files;          /* the folder files/ that they may read; 0: none */
	bool replace;         /* a reload waits for the writer to be up to date */
	bool in_memory;       /* the catalog cannot be written */
	bool damaged;         /* it cannot be read: the next writer makes another */
	pid_t bundler;        /* who makes what /mirror/ offers; 0: nobody */
	bool bundle_again;    /* the directory has changed meanwhile */
	int64_t stop_at;      /* when to stop waiting for children; 0: running */
	int64_t began;        /* when we were started */
	int asked;            /* the local socket of who asks how we do; or -1 */
	const char *asked_in; /* its folder */
	int answer_to;        /* the starting child's end of a connection to it; or -1 */
	pid_t reporter;       /* who answers there; 0: nobody */
};

/* ---- signals ---- */

static volatile sig_atomic_t got[NSIG];
static int wake_fd = -1;

static void
on_signal(int number)
{
	int saved = errno;

	got[number] = 1;
	if (write(wake_fd, "", 1) < 0)
		errno = saved; /* the pipe is full: a wake is waiting already */
	errno = saved;
}

static const int SIGNALS[] = { SIGHUP, SIGTERM, SIGINT, SIGCHLD, SIGUSR1 };

static void
catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT(SIGNALS); i++)
		sigaction(SIGNALS[i], &action, NULL);
}

static bool
take_signal(int number)
{
	bool was = got[number];

	got[number] = 0;
	return was;
}

/* ---- the worker ---- */

static struct server *serving;

static void
on_stop(int number)
{
	(void)number;
	if (serving)
		server_stop(serving);
}

static void
on_hand_over(int number)
{
	(void)number;
	if (serving)
		server_hand_over(serving);
}

static struct store *
open_catalog(const struct supervisor *s, struct err *e)
{
	struct directory d = { 0 };
	int held;

	if (!s->in_memory)
		return store_open(s->plan.catalog, STORE_LIVE, e);
	whole_enter(s->plan.capsule, &held); /* half a mirror is better than none here */
	struct store *store =
		directory_load(&d, s->plan.capsule, NULL, NULL, e) ? build_in_memory(&d, e) : NULL;

	whole_leave(held);
	directory_end(&d);
	return store;
}

/* A worker reads the catalog and files/; the writer reads the capsule and writes the catalog. */
static bool
enter_sandbox(const struct supervisor *s, bool writer, struct err *e)
{
	struct arena a = { 0 };
	struct sandbox sandbox = { .id = s->plan.id,
		.lists = writer,
		.write = writer ? s->plan.catalog : NULL,
		.parent = s->pid };

	sandbox.read[0] = writer ? s->plan.capsule : s->plan.catalog;
	if (!writer)
		sandbox.read[1] = arena_printf(&a, "%s/files", s->plan.capsule).p;
	bool good = sandbox_enter(&sandbox, e);

	arena_end(&a);
	return good;
}

/* The folder of what /mirror/ offers. */
static struct str
mirror_folder(const struct supervisor *s, struct arena *a)
{
	return arena_printf(a, "%s/" BUNDLE_FOLDER, s->plan.catalog);
}

/* The port of Gemini in absolute addresses, where the settings name none. */
static unsigned
gemini_port(const struct supervisor *s)
{
	const struct port *port = ports_find(&s->ports, &proto_gemini);

	return port ? port->number : 1965;
}

enum { HOSTS_MOST = 64 };

static size_t
plan_hosts(const struct supervisor *s, struct str hosts[HOSTS_MOST])
{
	size_t n = 0;

	for (; n < s->plan.hosts.n && n < HOSTS_MOST; n++)
		hosts[n] = s->plan.hosts.v[n].name.text;
	return n;
}

/* Signs for one worker until that is gone. It reads the keys first, then gives up all else. */
static int
hold_keys(struct supervisor *s, size_t slot)
{
	const struct sandbox sandbox = { .id = s->plan.id, .parent = s->pid };
	struct str hosts[HOSTS_MOST];
	size_t n = plan_hosts(s, hosts);
	struct err e = { 0 };
	struct signer *signer = signer_open(s->plan.certs, hosts, n, &e);

	(void)slot;
	signal(SIGTERM, SIG_IGN); /* it ends with its worker */
#ifdef __linux__
	prctl(PR_SET_DUMPABLE, 0);
#endif
	if (!signer || !sandbox_enter(&sandbox, &e)) {
		log_line("keys: %s", e.text);
		return EXIT_FAILURE;
	}
	signer_serve(signer, s->signer);
	signer_close(signer);
	return EXIT_SUCCESS;
}

/* The one that readers' addresses name. */
static unsigned
public_port(const struct supervisor *s)
{
	return s->plan.reader_ports_n ? s->plan.reader_ports[0] : gemini_port(s);
}

/* Answers until told to stop. The exit status. */
static int
work(struct supervisor *s, size_t slot)
{
	struct listener listeners[PORTS_MOST];
	struct err e = { 0 };
	struct str hosts[HOSTS_MOST];
	size_t n = 0, hosts_n = plan_hosts(s, hosts);

	for (size_t i = 0; i < s->ports.n; i++)
		if (s->ports.v[i].wanted)
			listeners[n++] =
				(struct listener){ s->ports.v[i].proto, s->ports.v[i].fds[slot],
					s->ports.v[i].number, s->ports.v[i].proxied };
	struct site site = { .store = open_catalog(s, &e),
		.cache = cache_open(s->plan.cache, s->in_memory ? NULL : s->pulse),
		.pulse = s->pulse,
		.capsule = s->plan.capsule,
		.mirror = mirror_folder(s, &s->arena).p,
		.hosts = s->plan.hosts,
		.reader_ports = s->plan.reader_ports,
		.reader_ports_n = s->plan.reader_ports_n,
		.port = public_port(s),
		.gopher_host = s->plan.gopher_host,
		.gopher_port = s->plan.gopher_port,
		.ascii = s->plan.ascii };
	struct tls *tls =
		site.store ? tls_open(s->plan.certs, hosts, hosts_n, s->keys, s->signer, &e) : NULL;

	serving = tls ? server_open(&site, listeners, n, tls, &s->plan.limits, &e) : NULL;
	if (serving && !enter_sandbox(s, false, &e)) {
		server_close(serving);
		serving = NULL;
	}
	if (serving) {
		server_beat(serving, &s->beats[slot]);
		server_count(serving, &s->counters[slot]);
		signal(SIGTERM, on_stop);
		signal(SIGUSR1, on_hand_over);
		if (write(s->ready[1], "", 1) == 1)
			server_run(serving);
		server_close(serving);
	} else
		log_line("worker: %s", e.text);
	if (tls)
		tls_close(tls);
	cache_close(site.cache);
	store_close(site.store);
	return serving ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A child that does one thing and exits with its status; its signals are the default ones. */
static pid_t
start_child(struct supervisor *s, const char *name, int (*run)(struct supervisor *, size_t),
	size_t slot)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0) {
		if (pid < 0)
			log_line("cannot start a process: %s", strerror(errno));
		return pid;
	}
	for (size_t i = 0; i < COUNT(SIGNALS); i++)
		signal(SIGNALS[i], SIG_DFL);
	signal(SIGINT, SIG_IGN); /* a terminal's ^C is the supervisor's to hear */
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
#ifdef __linux__
	prctl(PR_SET_NAME, name); /* what ps and top show */
#else
	(void)name;
#endif
	if (s->other_end >= 0)
		close(s->other_end);
	if (s->asked >= 0)
		close(s->asked);
	int status = run(s, slot);

	fflush(NULL);
	_exit(status);
}

/* Each end is held by one process alone, so that both see when the other is gone. */
static void
start_signer(struct supervisor *s, int ends[2])
{
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	s->signer = ends[1];
	s->other_end = ends[0];
	start_child(s, "almagest-signer", hold_keys, 0);
	s->other_end = -1;
	close(ends[1]);
}

static void
start_worker(struct supervisor *s, size_t slot)
{
	int ends[2] = { -1, -1 }; /* the worker's, the signer's */

	s->beats[slot] = clock_ms();
	if (s->plan.signer && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0)
		start_signer(s, ends);
	s->signer = ends[0];
	pid_t pid = start_child(s, "almagest-worker", work, slot);

	if (ends[0] >= 0)
		close(ends[0]);

	s->slots[slot].pid = pid > 0 ? pid : 0;
	s->slots[slot].started = clock_ms();
	s->slots[slot].start_at = pid > 0 ? 0 : clock_ms() + 1000;
}

/* ---- the catalog ---- */

static int
write_catalog(struct supervisor *s, size_t slot)
{
	const struct writer writer = { .capsule = s->plan.capsule,
		.catalog = s->plan.catalog,
		.pulse = s->pulse,
		.facts = s->facts,
		.tell = s->told[1],
		.damaged = s->damaged };
	struct err e = { 0 };

	(void)slot;
	if (!enter_sandbox(s, true, &e)) {
		log_line("%s", e.text);
		return EXIT_FAILURE;
	}
	writer_run(&writer);
	return EXIT_SUCCESS;
}

/* A folder made ready for who writes it. */
static void
prepare_folder(const struct supervisor *s, const char *folder)
{
	struct err e = { 0 };

	if (!file_make_dirs(folder, 0755, &e))
		log_line("%s", e.text);
	else if (s->plan.id.change && chown(folder, s->plan.id.uid, s->plan.id.gid) != 0)
		log_line("%s: cannot be given to user %u: %s", folder, (unsigned)s->plan.id.uid,
			strerror(errno));
}

static void
prepare_catalog(const struct supervisor *s)
{
	struct arena a = { 0 };

	prepare_folder(s, s->plan.catalog);
	prepare_folder(s, mirror_folder(s, &a).p);
	arena_end(&a);
}

/* ---- bundles ---- */

/* Made of the catalog in service, when readers leave time for it. */
static int
make_bundles(struct supervisor *s, size_t slot)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct store *store = NULL;

	(void)slot;
	if (nice(10) < 0)
		log_line("bundles are made at the priority of answers");
	if (enter_sandbox(s, true, &e) && (store = store_open(s->plan.catalog, STORE_LIVE, &e))) {
		struct bundle bundle = { .folder = mirror_folder(s, &a).p,
			.store = store,
			.capsule = s->plan.capsule,
			.place = { .host = s->plan.hosts.v[0].name.text, .port = public_port(s) },
			.most = s->plan.bundle_most,
			.settle_ms = SETTLE_MS };

		store_begin(store);
		if (bundle_make(&bundle, &e))
			e.text[0] = '\0';
		store_end(store);
	}
	store_close(store);
	arena_end(&a);
	if (e.text[0])
		log_line("bundles: %s", e.text);
	return e.text[0] ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* When the directory has changed: now, or after those that are being made. */
static void
start_bundles(struct supervisor *s)
{
	if (s->bundler) {
		s->bundle_again = true;
		return;
	}
	pid_t pid = start_child(s, "almagest-bundle", make_bundles, 0);

	s->bundler = pid > 0 ? pid : 0;
}

static void
after_bundles(struct supervisor *s)
{
	s->bundler = 0;
	if (s->bundle_again && !s->stop_at) {
		s->bundle_again = false;
		start_bundles(s);
	}
}

static void
start_writer(struct supervisor *s)
{
	prepare_catalog(s);
	pid_t pid = start_child(s, "almagest-writer", write_catalog, 0);

	s->damaged = s->damaged && pid <= 0;
	s->writer.pid = pid > 0 ? pid : 0;
	s->writer.started = clock_ms();
	s->writer.start_at = pid > 0 ? 0 : clock_ms() + 1000;
}

/* ---- certificates ---- */

/* Looks at every host's key and certificate, and makes what is missing. */
static bool
look_at_certs(const struct plan *plan, struct err *e)
{
	struct arena a = { 0 };
	bool good = true;

	for (size_t i = 0; good && i < plan->hosts.n; i++) {
		struct str host = plan->hosts.v[i].name.text;
		struct cert_facts facts;
		bool made = false;

		good = cert_ensure(&a, plan->certs, host, &made, e) &&
			cert_read(&a, plan->certs, host, &facts, e);
		if (good && (made || i == 0))
			log_line("certificate for %.*s%s, until %.*s, SHA-256 %.*s", STR_ARG(host),
				made ? " made" : "", STR_ARG(facts.until),
				STR_ARG(facts.fingerprint));
		if (good && facts.ended)
			log_line(
				"the certificate for %.*s is not valid now: clients will refuse it",
				STR_ARG(host));
	}
	arena_end(&a);
	return good;
}

/* In a child, so that no byte of a key was ever in the memory that workers are made from. */
static bool
ensure_certs(const struct plan *plan, struct err *e)
{
	int fds[2];
	ssize_t n = 0;

	if (pipe(fds) != 0)
		return err_set(e, "certificates: %s", strerror(errno));
	pid_t pid = fork();

	if (pid == 0) {
		struct err why = { 0 };

		if (!look_at_certs(plan, &why) && write(fds[1], why.text, strlen(why.text) + 1) < 0)
			log_line("%s", why.text);
		_exit(EXIT_SUCCESS);
	}
	close(fds[1]);
	if (pid > 0) {
		char text[sizeof e->text] = "";

		while ((n = read(fds[0], text, sizeof text - 1)) < 0 && errno == EINTR)
			;
		waitpid(pid, NULL, 0);
		if (n > 0)
			err_set(e, "%s", text);
	} else
		err_set(e, "certificates: %s", strerror(errno));
	close(fds[0]);
	return e->text[0] == '\0';
}

/* ---- the life of the server ---- */

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

/* New workers in every slot; who was there finishes what it has. */
static void
replace_workers(struct supervisor *s)
{
	s->files = files_folder(s);
	for (size_t i = 0; i < WORKERS_MOST; i++) {
		pid_t old = s->slots[i].pid;

		s->slots[i] = (struct slot){ 0 };
		if (i < s->plan.workers) {
			start_worker(s, i);
			s->awaited++;
		}
		if (old)
			tell_to_finish(s, old);
	}
	ports_close_unwanted(&s->ports);
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

static void
hear_workers(struct supervisor *s)
{
	char bytes[64];
	ssize_t n = read(s->ready[0], bytes, sizeof bytes);

	if (n <= 0)
		return;
	s->awaited -= (size_t)n < s->awaited ? (size_t)n : s->awaited;
	if (s->awaited == 0 && !s->said_ready) {
		s->said_ready = true;
		say_where(s);
		fputs("ready\n", stderr);
	}
	if (s->awaited == 0)
		systemd_notify("READY=1"); /* after a reload, too */
}

/* Another one looks at all files, wherever they are now. */
static void
replace_writer(struct supervisor *s)
{
	s->replace = true;
	s->writer.pause = 0;
	if (s->writer.pid)
		kill(s->writer.pid, SIGTERM);
	else
		start_writer(s);
}

static void
reload(struct supervisor *s, plan_fn *make_plan, void *context)
{
	struct plan plan = s->plan;
	struct err e = { 0 };

	if (!make_plan(context, &plan))
		log_line("settings are wrong; the old ones stay");
	else if (!ports_open(&s->ports, plan.wanted, plan.wanted_n, plan.workers, &e) ||
		!ensure_certs(&plan, &e)) {
		struct err again = { 0 };

		log_line("%s; the old settings stay", e.text);
		ports_open(&s->ports, s->plan.wanted, s->plan.wanted_n, s->plan.workers, &again);
	} else
		s->plan = plan;
	replace_writer(s);
}

/* What a reader met, or a process that died of a file cut short. Workers that are leaving still
 * have a file open that has been replaced. */
static void
look_at_damage(struct supervisor *s)
{
	if (!atomic_exchange(&s->pulse->damaged, false) || s->replace || s->in_memory ||
		s->leaving.n)
		return;
	log_line("the catalog is damaged");
	s->damaged = true;
	replace_writer(s);
}

/* A worker may read the folder that was there when it began, and no other. */
static void
look_at_files(struct supervisor *s)
{
	ino_t files = files_folder(s);

	if (files && files != s->files && s->serving) {
		log_line("files/ is a new folder; others answer now, who may read it");
		replace_workers(s);
	}
	s->files = files;
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
			(word == WRITER_CURRENT && s->replace);
		if (word == WRITER_OPENED)
			s->in_memory = false;
		if (word != WRITER_OPENED)
			s->replace = false;
		if (word == WRITER_CURRENT)
			start_bundles(s);
	}
	if (replace) {
		s->serving = true;
		replace_workers(s);
	}
}

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
	slot->pause = lived > 10000 ? 0 : slot->pause ? slot->pause * 2 : 100;
	if (slot->pause > PAUSE_MOST_MS)
		slot->pause = PAUSE_MOST_MS;
	slot->start_at = clock_ms() + slot->pause;
}

static void
forget_leaving(struct supervisor *s, pid_t pid)
{
	for (size_t i = 0; i < s->leaving.n; i++)
		if (s->leaving.v[i] == pid) {
			s->leaving.v[i] = s->leaving.v[--s->leaving.n];
			return;
		}
}

/* At a reload it was told to end, and the next one is started at once. Otherwise the workers keep
 * serving what was committed last; before there is anything to serve, they make it themselves. */
static void
after_writer(struct supervisor *s, int status)
{
	if (s->replace) {
		start_writer(s);
		return;
	}
	after_death(&s->writer, status, "the catalog writer");
	if (!s->serving) {
		s->serving = s->in_memory = true;
		replace_workers(s);
	}
}

static void
reap(struct supervisor *s)
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
			after_bundles(s);
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

/* A worker whose loop stands still is ended; after_death() puts another in its place. */
static void
end_hung(struct supervisor *s)
{
	for (size_t i = 0; i < s->plan.workers; i++)
		if (s->slots[i].pid && s->beats[i] && clock_ms() - s->beats[i] > HUNG_MS) {
			log_line("a worker has not been heard of for %d s; it is ended",
				HUNG_MS / 1000);
			kill(s->slots[i].pid, SIGKILL);
			s->beats[i] = 0;
		}
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

/* Standard error becomes the log's file, now and for every child started later. */
static bool
open_log(const char *path, struct err *e)
{
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640) : -1;

	if (path && (fd < 0 || dup2(fd, STDERR_FILENO) < 0))
		err_set(e, "log: %s: %s", path, strerror(errno));
	if (fd > STDERR_FILENO)
		close(fd);
	log_with_time(fd >= 0);
	return e->text[0] == '\0';
}

/* ---- how we do ---- */

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
	for (size_t i = 0; i < WORKERS_MOST && n < most; i++)
		if (s->slots[i].pid)
			to[n++] = (struct report_process){ "worker", s->slots[i].pid };
	return n;
}

/* Tells one who asked. What editors' files went into is opened last, confined as the writer is. */
static int
tell_status(struct supervisor *s, size_t slot)
{
	struct report_process processes[WORKERS_MOST + 4];
	struct report report = { .well = s->said_ready && !s->stop_at,
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
	if (!s->in_memory && enter_sandbox(s, true, &e))
		store = store_open(s->plan.catalog, STORE_LIVE, &e);
	report_end(&out, store);
	store_close(store);
	bool good = write(s->answer_to, out.p, out.n) == (ssize_t)out.n;

	buf_end(&out);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* One at a time, each in a child: nobody who asks can hold us up. */
static void
answer_status(struct supervisor *s)
{
	if (s->reporter || (s->answer_to = status_next(s->asked)) < 0)
		return;
	pid_t pid = start_child(s, "almagest-status", tell_status, 0);

	s->reporter = pid > 0 ? pid : 0;
	close(s->answer_to);
	s->answer_to = -1;
}

static void
listen_for_status(struct supervisor *s)
{
	struct err e = { 0 };

	prepare_catalog(s);
	s->asked_in = arena_str(&s->arena, str_of(s->plan.catalog)).p;
	s->asked = status_open(s->asked_in, &e);
	if (s->asked < 0)
		log_line("almagest status will not reach this server: %s", e.text);
}

static void
restart_dead(struct supervisor *s)
{
	for (size_t i = 0; i < s->plan.workers; i++)
		if (s->slots[i].start_at && s->slots[i].start_at <= clock_ms()) {
			int64_t pause = s->slots[i].pause;

			start_worker(s, i);
			s->slots[i].pause = pause;
		}
	if (s->writer.start_at && s->writer.start_at <= clock_ms())
		start_writer(s);
}

static void
signal_all(struct supervisor *s, int number)
{
	for (size_t i = 0; i < WORKERS_MOST; i++)
		if (s->slots[i].pid)
			kill(s->slots[i].pid, number);
	for (size_t i = 0; i < s->leaving.n; i++)
		kill(s->leaving.v[i], number);
	if (s->writer.pid)
		kill(s->writer.pid, number);
	if (s->bundler)
		kill(s->bundler, number);
}

static bool
children(const struct supervisor *s)
{
	bool any = s->writer.pid || s->bundler || s->reporter || s->leaving.n;

	for (size_t i = 0; i < WORKERS_MOST; i++)
		any = any || s->slots[i].pid;
	return any;
}

/* One turn of the loop; false when all is over. */
static bool
turn(struct supervisor *s, plan_fn *make_plan, void *context, int wake)
{
	struct pollfd fds[4] = { { .fd = wake, .events = POLLIN },
		{ .fd = s->ready[0], .events = POLLIN }, { .fd = s->told[0], .events = POLLIN },
		{ .fd = s->reporter ? -1 : s->asked, .events = POLLIN } };
	char bytes[64];

	poll(fds, 4, 200);
	if (fds[0].revents)
		while (read(wake, bytes, sizeof bytes) > 0)
			;
	if (fds[1].revents)
		hear_workers(s);
	if (fds[2].revents)
		hear_writer(s);
	answer_status(s);
	bool term = take_signal(SIGTERM), interrupt = take_signal(SIGINT);

	if ((term || interrupt) && !s->stop_at) {
		log_line("stopping");
		systemd_notify("STOPPING=1");
		s->stop_at = clock_ms() + STOP_MS;
		signal_all(s, SIGTERM);
	}
	take_signal(SIGCHLD);
	reap(s);
	if (s->stop_at) {
		if (clock_ms() > s->stop_at)
			signal_all(s, SIGKILL);
		return children(s);
	}
	if (take_signal(SIGHUP)) {
		log_line("reloading");
		systemd_notify("RELOADING=1");
		reload(s, make_plan, context);
	}
	if (take_signal(SIGUSR1)) {
		struct err e = { 0 };

		if (open_log(s->plan.log, &e))
			replace_workers(s); /* who could not open it themselves */
		else
			log_line("%s", e.text);
	}
	look_at_damage(s);
	look_at_files(s);
	end_hung(s);
	restart_dead(s);
	write_metrics(s);
	feed_watchdog(s);
	return true;
}

/* The ticket secret: of the file that the settings name, made when it is not there; else of this
 * run alone. */
static bool
find_secret(struct supervisor *s, struct err *e)
{
	const char *path = s->plan.ticket_keys;
	struct arena a = { 0 };
	struct str bytes = { 0 };

	if (RAND_bytes(s->keys, sizeof s->keys) != 1)
		return err_set(e, "there is no randomness");
	bool good = !path || file_exists(path) ||
		file_write(path, (struct str){ (const char *)s->keys, sizeof s->keys }, 0600, e);

	if (good && path &&
		(!file_read(&a, path, 4096, &bytes, NULL, e) || bytes.n < sizeof s->keys))
		good = err_set(e, "is shorter than %zu random bytes; move it away to have one made",
			       sizeof s->keys) ||
			err_in(e, "ticket_keys: %s", path);
	if (good && path)
		hash_sha256(bytes, s->keys);
	arena_end(&a);
	return good;
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

int
supervise(plan_fn *make_plan, void *context)
{
	static struct supervisor s; /* large, and one a process */
	struct err e = { 0 };
	int wake[2];

	s.pid = getpid();
	s.signer = s.other_end = s.answer_to = s.asked = -1;
	s.began = clock_ms();
	if (!make_plan(context, &s.plan))
		return 1;
	s.beats = mmap(NULL, WORKERS_MOST * sizeof *s.beats, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s.facts = mmap(
		NULL, sizeof *s.facts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s.counters = mmap(NULL, WORKERS_MOST * sizeof *s.counters, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s.pulse = mmap(
		NULL, sizeof *s.pulse, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!open_pipe(wake) || !open_pipe(s.ready) || !open_pipe(s.told) ||
		s.beats == MAP_FAILED || s.pulse == MAP_FAILED || s.counters == MAP_FAILED ||
		s.facts == MAP_FAILED) {
		log_line("cannot start: %s", strerror(errno));
		return 1;
	}
	ports_take(&s.ports);
	wake_fd = wake[1];
	if (!open_log(s.plan.log, &e) || !find_secret(&s, &e) ||
		!ports_open(&s.ports, s.plan.wanted, s.plan.wanted_n, s.plan.workers, &e) ||
		!ensure_certs(&s.plan, &e)) {
		log_line("%s", e.text);
		return 1;
	}
	catch_signals();
	listen_for_status(&s);
	start_writer(&s);
	while (turn(&s, make_plan, context, wake[0]))
		;
	status_close(s.asked, s.asked_in);
	ports_close(&s.ports);
	arena_end(&s.arena);
	return 0;
}
