/* server: the event loop around connections: accepting, deadlines, ceilings, the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/conn.h"

enum {
	TICK_MS = 250,
	ACCEPTS_AT_ONCE = 64,
	SPARE_FILES = 64,
	BURST = 64, /* connections */
	SEND_MOST = 128 * 1024,
	UNSENT_MOST = 64 * 1024,
	STOP_MS = 10000,
	HAND_OVER_MS = 2000
};

/* What is written to wake the loop. */
enum { STOP_NOW = 's', STOP_LATER = 'h' };

/* ---- accepting ---- */

static void
pause_accepting(struct server *s)
{
	for (size_t i = 0; !s->paused && i < s->n; i++)
		event_del(&s->accepting[i]);
	s->paused = true;
}

void
server_resume(struct server *s)
{
	if (!s->paused || s->stopping || s->open >= s->limits.connections)
		return;
	for (size_t i = 0; i < s->n; i++)
		event_add(&s->accepting[i], NULL);
	s->paused = false;
}

/* Connections inherit these from the socket they come in on. */
static void
set_options(const struct listener *listener)
{
	int fd = listener->fd, one = 1, most = SEND_MOST;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	/* what a client that never reads makes the kernel hold: 118 KiB in place of 2.7 MiB */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
#ifdef TCP_NOTSENT_LOWAT
	most = UNSENT_MOST;
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
#endif
#ifdef TCP_DEFER_ACCEPT
	int seconds = DEFER_SECONDS;

	if (!listener->proto->tls)
		setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
#endif
}

static int
accept_one(int fd, struct address *from)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof at;
#ifdef __linux__
	int got = accept4(fd, (struct sockaddr *)&at, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
	int got = accept(fd, (struct sockaddr *)&at, &n);

	if (got >= 0) {
		fcntl(got, F_SETFL, O_NONBLOCK);
		fcntl(got, F_SETFD, FD_CLOEXEC);
	}
#endif
	*from = address_of((struct sockaddr *)&at);
	return got;
}

static void
on_accept(evutil_socket_t fd, short what, void *context)
{
	struct server *s = context;
	const struct listener *listener = s->listeners;

	(void)what;
	while (listener->fd != fd)
		listener++;
	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		if (s->open >= s->limits.connections) {
			pause_accepting(s); /* the rest waits in the backlog */
			return;
		}
		struct address from;
		int got = accept_one(fd, &from);

		if (got >= 0)
			conn_begin(s, listener, got, from);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			errno == ENOMEM) {
			pause_accepting(s); /* until the next tick: never in circles */
			return;
		} else if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

/* ---- deadlines ---- */

/* Connections that have said nothing end. */
static void
end_silent(struct server *s)
{
	for (enum conn_queue q = QUEUE_REQUEST; q <= QUEUE_DEFERRED; q++)
		for (struct conn *c = s->queues[q].first, *after; c; c = after) {
			after = c->after;
			conn_stop(c);
		}
}

/* After a burst: what handshakes took for a moment goes back to the system. */
static void
give_back(struct server *s)
{
	if (s->moved == s->moved_before && s->moved - s->trimmed >= BURST) {
		arena_give_back();
		s->trimmed = s->moved;
	}
	s->moved_before = s->moved;
}

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	struct server *s = context;
	int64_t now = clock_ms();

	(void)fd;
	(void)what;
	for (enum conn_queue q = 0; q < QUEUES; q++)
		while (s->queues[q].first && s->queues[q].first->deadline <= now)
			conn_late(s->queues[q].first);
	if (s->beat)
		*s->beat = now;
	server_resume(s);
	give_back(s);
	if (s->stopping && now > s->silent_until)
		end_silent(s);
	if (s->stopping && (s->open == 0 || now > s->stop_at))
		event_base_loopbreak(s->base);
}

static void
on_wake(evutil_socket_t fd, short what, void *context)
{
	struct server *s = context;
	char bytes[16];
	int64_t now = clock_ms();

	(void)what;
	if (read(fd, bytes, sizeof bytes) <= 0)
		return;
	if (!s->stopping) {
		pause_accepting(s);
		s->stopping = true;
		s->stop_at = now + STOP_MS;
		s->silent_until = now + HAND_OVER_MS;
	}
	if (bytes[0] == STOP_NOW)
		s->silent_until = now;
	if (s->silent_until <= now)
		end_silent(s);
	if (s->open == 0)
		event_base_loopbreak(s->base);
}

/* ---- opening and closing ---- */

/* As many descriptors as the system allows; fewer connections where that is not enough. */
static void
fit_files(struct limits *limits)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_NOFILE, &files);
	/* a connection may hold a file of its answer, too */
	if (files.rlim_cur != RLIM_INFINITY && files.rlim_cur > SPARE_FILES &&
		limits->connections > (files.rlim_cur - SPARE_FILES) / 2)
		limits->connections = (files.rlim_cur - SPARE_FILES) / 2;
}

static bool
open_wake(struct server *s)
{
	if (pipe(s->wake_fds) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		fcntl(s->wake_fds[i], F_SETFL, O_NONBLOCK);
		fcntl(s->wake_fds[i], F_SETFD, FD_CLOEXEC);
	}
	return true;
}

struct server *
server_open(struct site *site, const struct listener *listeners, size_t n, struct tls *tls,
	const struct limits *limits, struct err *e)
{
	struct server *s = calloc(1, sizeof *s);
	struct timeval tick = { 0, TICK_MS * 1000 };

	if (!s)
		abort();
	for (size_t i = 0; i < n; i++)
		if (listeners[i].proto->longest > REQUEST_ROOM)
			abort(); /* a row of PROTOS that asks for more than there is */
	*s = (struct server){
		.site = site, .listeners = listeners, .n = n, .tls = tls, .limits = *limits
	};
	s->counters = &s->uncounted;
	fit_files(&s->limits);
	s->buckets = buckets_open(limits->rate, limits->burst, limits->each);
	s->base = event_base_new();
	s->accepting = calloc(n + 1, sizeof *s->accepting);
	if (!s->base || !s->accepting || !open_wake(s)) {
		err_set(e, "the event loop cannot be made");
		server_close(s);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		set_options(&listeners[i]);
		event_assign(&s->accepting[i], s->base, listeners[i].fd, EV_READ | EV_PERSIST,
			on_accept, s);
		event_add(&s->accepting[i], NULL);
	}
	event_assign(&s->tick, s->base, -1, EV_PERSIST, on_tick, s);
	event_add(&s->tick, &tick);
	event_assign(&s->wake, s->base, s->wake_fds[0], EV_READ | EV_PERSIST, on_wake, s);
	event_add(&s->wake, NULL);
	return s;
}

void
server_beat(struct server *s, volatile int64_t *beat)
{
	s->beat = beat;
}

void
server_count(struct server *s, struct counters *counters)
{
	s->counters = counters;
}

void
server_run(struct server *s)
{
	event_base_dispatch(s->base);
}

static void
wake(struct server *s, char how)
{
	int saved = errno;

	if (write(s->wake_fds[1], &how, 1) < 0)
		errno = saved; /* full: it is awake */
	errno = saved;
}

void
server_stop(struct server *s)
{
	wake(s, STOP_NOW);
}

void
server_hand_over(struct server *s)
{
	wake(s, STOP_LATER);
}

void
server_close(struct server *s)
{
	s->stopping = true; /* whoever ends now makes room for nobody */
	for (enum conn_queue q = 0; q < QUEUES; q++)
		while (s->queues[q].first)
			conn_close(s->queues[q].first);
	if (s->wake_fds[0])
		close(s->wake_fds[0]);
	if (s->wake_fds[1])
		close(s->wake_fds[1]);
	if (s->base) {
		for (size_t i = 0; i < s->n && s->accepting; i++)
			if (event_initialized(&s->accepting[i]))
				event_del(&s->accepting[i]);
		if (event_initialized(&s->tick))
			event_del(&s->tick);
		if (event_initialized(&s->wake))
			event_del(&s->wake);
		event_base_free(s->base);
	}
	buckets_close(s->buckets);
	free(s->accepting);
	free(s);
}
