/* upgrade: execve(2) keeps what matters, our number, our children and open files; the rest is told
 * in three variables of the environment, which hold for this process alone. */
#include "run/supervisor_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "run/signals.h"
#include "run/systemd.h"

#define FOR "ALMAGEST_UPGRADE"
#define WORKERS "ALMAGEST_WORKERS"
#define SOCKETS "ALMAGEST_SOCKETS"

enum { TRY_SECONDS = 10, NOT_RUN = 127 /* as shells and loaders say it */ };

/* What was started, and how. */
static char program[PATH_MAX];
static struct stat started;
static char **arguments;

void
supervisor_begin(char **argv)
{
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

	if (n < 0 && strchr(argv[0], '/'))
		n = snprintf(program, sizeof program, "%s", argv[0]);
	program[n > 0 && (size_t)n < sizeof program ? n : 0] = '\0';
	if (stat(program, &started) != 0)
		program[0] = '\0';
	arguments = argv;
}

bool
upgrade_due(void)
{
	struct stat now;

	return program[0] && stat(program, &now) == 0 &&
		(now.st_dev != started.st_dev || now.st_ino != started.st_ino ||
			now.st_size != started.st_size || now.st_mtime != started.st_mtime);
}

/* `serve --try` with what this process was started with, in the program that is there now. Not
 * back. */
static void
try_to_serve(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	size_t n = 0;

	while (arguments[n])
		n++;
	char **with = calloc(n + 2, sizeof *with);

	if (!with || n < 2)
		_exit(NOT_RUN);
	with[0] = arguments[0];
	with[1] = arguments[1]; /* serve */
	with[2] = "--try";
	memcpy(with + 3, arguments + 2, (n - 2) * sizeof *with);
	if (nowhere >= 0)
		dup2(nowhere, STDOUT_FILENO);
	alarm(TRY_SECONDS);
	execv(program, with);
	_exit(NOT_RUN);
}

/* Whether the new program runs here, and with these settings; it says itself what it refuses. */
static bool
serves(void)
{
	int status = NOT_RUN << 8;
	pid_t pid = fork();

	if (pid == 0)
		try_to_serve();
	if (pid < 0) {
		log_line("%s is another program now, but cannot be tried: %s; the old one goes on",
			program, strerror(errno));
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == NOT_RUN)
		log_line("%s is another program now, but does not run; the old one goes on",
			program);
	else if (WEXITSTATUS(status) != 0)
		log_line("%s is another program now, but refuses these settings, as said above; "
			 "the old one goes on",
			program);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- told ---- */

static void
put_sockets(struct buf *out, const struct ports *ports)
{
	for (size_t i = 0; i < ports->n; i++) {
		const struct port *port = &ports->v[i];

		if (port->fds[0] < 0)
			continue;
		buf_printf(
			out, "%s %.*s %d", port->proto->name, STR_ARG(port->address), port->handed);
		for (size_t w = 0; w < WORKERS_MOST && port->fds[w] >= 0; w++)
			if (w == 0 || !port->handed)
				buf_printf(out, " %d", port->fds[w]);
		buf_char(out, '\n');
	}
	buf_char(out, '\0');
}

static void
put_workers(struct buf *out, const struct supervisor *s)
{
	for (size_t i = 0; i < WORKERS_MOST; i++)
		if (s->slots[i].pid)
			buf_printf(out, "%ld ", (long)s->slots[i].pid);
	for (size_t i = 0; i < s->leaving.n; i++)
		buf_printf(out, "%ld ", (long)s->leaving.v[i]);
	for (size_t i = 0; i < s->elders.n; i++)
		buf_printf(out, "%ld ", (long)s->elders.v[i]);
	buf_char(out, '\0');
}

/* Sockets stay open in the next program, or do not. It may take for granted that all listen. */
static void
hold_sockets(const struct ports *ports, bool hold)
{
	for (size_t i = 0; i < ports->n; i++)
		for (size_t w = 0; w < WORKERS_MOST && ports->v[i].fds[w] >= 0; w++) {
			fcntl(ports->v[i].fds[w], F_SETFD, hold ? 0 : FD_CLOEXEC);
			if (hold)
				listen_begin(ports->v[i].fds[w]);
		}
}

void
upgrade_now(struct supervisor *s)
{
	struct buf sockets = { 0 }, workers = { 0 };
	char pid[24];

	systemd_notify("WATCHDOG=1"); /* the loop stands still until the trial is over */
	if (!serves())
		return;
	log_line("%s is another program now, and takes over", program);
	systemd_notify("WATCHDOG=1");
	crew_end_writer(s);
	asked_close(s);
	put_sockets(&sockets, &s->ports);
	put_workers(&workers, s);
	snprintf(pid, sizeof pid, "%ld", (long)s->pid);
	setenv(SOCKETS, sockets.p, 1);
	setenv(WORKERS, workers.p, 1);
	setenv(FOR, pid, 1);
	hold_sockets(&s->ports, true);
	signals_hold(true);
	/* what is noted here is lost there */
	if (!signals_noted(SIGTERM) && !signals_noted(SIGINT)) {
		execv(program, arguments);
		log_line("%s: %s; the old one goes on", program, strerror(errno));
	}
	signals_hold(false);
	hold_sockets(&s->ports, false);
	unsetenv(FOR);
	buf_end(&sockets);
	buf_end(&workers);
}

/* ---- heard ---- */

static void
take_sockets(struct ports *ports, struct str told)
{
	struct str line, name, address, handed, number;
	unsigned long fd;

	while (str_cut(&told, '\n', &line)) {
		size_t n = 0;
		int fds[WORKERS_MOST];

		if (!str_word(&line, &name) || !str_word(&line, &address) ||
			!str_word(&line, &handed))
			continue;
		while (n < WORKERS_MOST && str_word(&line, &number) &&
			str_number(number, INT_MAX, &fd))
			fds[n++] = (int)fd;
		ports_inherit(ports, name, address, str_eq(handed, STR("1")), fds, n);
	}
}

bool
upgrade_take(struct supervisor *s)
{
	const char *whose = getenv(FOR), *workers = getenv(WORKERS), *sockets = getenv(SOCKETS);
	bool ours = whose && workers && sockets && strtol(whose, NULL, 10) == (long)getpid();
	struct str told = str_of(ours ? workers : ""), word;
	unsigned long pid;

	if (ours)
		take_sockets(&s->ports, str_of(sockets));
	while (str_word(&told, &word) && str_number(word, INT_MAX, &pid))
		*vec_add(&s->arena, &s->elders) = (pid_t)pid;
	unsetenv(FOR);
	unsetenv(WORKERS);
	unsetenv(SOCKETS);
	return ours;
}
