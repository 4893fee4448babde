/* child: a process that does one thing and ends with its status; what children share. */
#include "run/supervisor_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "base/log.h"
#include "mirror/bundle.h"
#include "run/signals.h"

struct str
child_mirror_folder(const struct supervisor *s, struct arena *a)
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

unsigned
child_public_port(const struct supervisor *s)
{
	return s->plan.reader_ports_n ? s->plan.reader_ports[0] : gemini_port(s);
}

bool
child_confine(const struct supervisor *s, bool writer, struct err *e)
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

pid_t
child_start(struct supervisor *s, const char *name, int (*run)(struct supervisor *, size_t),
	size_t slot)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0) {
		if (pid < 0)
			log_line("cannot start a process: %s", strerror(errno));
		return pid;
	}
	signals_leave();
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
	if (s->certs >= 0)
		close(s->certs);
	int status = run(s, slot);

	fflush(NULL);
	_exit(status);
}
