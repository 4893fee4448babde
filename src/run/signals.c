/* signals: a handler notes and wakes; the loop takes them one by one. */
#include "run/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/str.h"

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

void
signals_catch(int wake)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	wake_fd = wake;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT(SIGNALS); i++)
		sigaction(SIGNALS[i], &action, NULL);
	signals_hold(false);
}

void
signals_hold(bool hold)
{
	sigset_t all;

	sigemptyset(&all);
	for (size_t i = 0; i < COUNT(SIGNALS); i++)
		sigaddset(&all, SIGNALS[i]);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &all, NULL);
}

void
signals_leave(void)
{
	for (size_t i = 0; i < COUNT(SIGNALS); i++)
		signal(SIGNALS[i], SIG_DFL);
}

bool
signals_noted(int number)
{
	return got[number];
}

bool
signals_take(int number)
{
	bool was = got[number];

	got[number] = 0;
	return was;
}
