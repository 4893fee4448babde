/* conn: the states of a connection, and what each waits for. One idea: what comes is first looked
 * at where it lies, in the kernel's buffer, so that a connection costs nothing until there is
 * something to talk about (talk.c). */
#include "net/talk.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

#include "base/clock.h"
#include "base/log.h"
#include "proto/proxy.h"

enum {
	PIECE = 16 * 1024,
	LATER_MS = 100,
	SENT_MS = 500,      /* how often we ask whether the kernel has sent everything */
	TLS_HANDSHAKE = 22, /* content type of a record, RFC 8446 section 5.1 */
	RECORD_HEAD = 5,
	RECORD_MOST = 16384 + 256
};

/* ---- queues ---- */

static void
queue_leave(struct conn *c)
{
	struct queue *q = &c->server->queues[c->queue];

	*(c->before ? &c->before->after : &q->first) = c->after;
	*(c->after ? &c->after->before : &q->last) = c->before;
	c->before = c->after = NULL;
}

static void
queue_join(struct conn *c, enum conn_queue queue, int64_t ms)
{
	struct queue *q = &c->server->queues[queue];

	c->queue = (unsigned char)queue;
	c->deadline = clock_ms() + ms;
	c->before = q->last;
	*(q->last ? &q->last->after : &q->first) = c;
	q->last = c;
}

void
queue_move(struct conn *c, enum conn_queue queue, int64_t ms)
{
	queue_leave(c);
	queue_join(c, queue, ms);
}

/* ---- events ---- */

static void on_ready(evutil_socket_t fd, short what, void *context);

static void
want(struct conn *c, short what)
{
	static const struct timeval LATER = { 0, LATER_MS * 1000 };

	if (c->wanted == what && what != EV_TIMEOUT)
		return;
	if (c->wanted)
		event_del(&c->event);
	if (what == EV_TIMEOUT)
		event_assign(&c->event, c->server->base, -1, 0, on_ready, c);
	else
		event_assign(
			&c->event, c->server->base, c->fd, (short)(what | EV_PERSIST), on_ready, c);
	event_add(&c->event, what == EV_TIMEOUT ? &LATER : NULL);
	c->wanted = what;
}

void
conn_close(struct conn *c)
{
	struct server *s = c->server;

	if (c->wanted)
		event_del(&c->event);
	queue_leave(c);
	talk_end(c);
	close(c->fd);
	buckets_leave(c->bucket);
	free(c);
	s->open--;
	s->moved++;
	count_open(&s->counters->open, -1);
	server_resume(s);
}

/* ---- states ---- */

/* From now on any byte wakes us. */
static void
disarm(struct conn *c)
{
	int one = 1;

	if (c->armed)
		setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
	c->armed = 0;
}

/* Nothing is left to be said. */
enum step
conn_drain(struct conn *c)
{
	talk_end(c);
	c->state = CONN_DRAIN;
	if (shutdown(c->fd, SHUT_WR) != 0)
		return STEP_CLOSE;
	disarm(c);
	c->began = clock_ms();
	queue_move(c, QUEUE_SENT, SENT_MS);
	return STEP_ON;
}

/* Whether the client has said all that it will say. */
static bool
has_ended(const struct conn *c)
{
#ifdef POLLRDHUP
	struct pollfd p = { .fd = c->fd, .events = POLLIN | POLLRDHUP };

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
#else
	(void)c;
	return false;
#endif
}

/* Asks to be woken when `need` bytes are there, unread. Woken with less: the client has closed, or
 * the kernel is short of memory and keeps nobody waiting; then we look again a little later. */
static enum step
wait_for(struct conn *c, int need)
{
	if (c->armed == need)
		return has_ended(c) ? conn_drain(c) : STEP_WAIT_LATER;
	c->armed = need;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &need, sizeof need);
	return STEP_WAIT_READ;
}

/* After a recv() without a result. */
static enum step
nothing_came(struct conn *c)
{
	unsigned seconds = c->server->limits.request_seconds;

	if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		return STEP_CLOSE;
	/* silent when it was accepted: the kernel has waited for its first byte already */
	if (DEFER_SECONDS && c->queue == QUEUE_REQUEST && !c->listener->proto->tls &&
		seconds > DEFER_SECONDS)
		queue_move(c, QUEUE_DEFERRED, (int64_t)(seconds - DEFER_SECONDS) * 1000);
	return STEP_WAIT_READ;
}

/* Scanners and clients of other protocols: counted, not logged one by one. */
static enum step
not_tls(struct conn *c)
{
	count(&c->server->counters->refused[REFUSAL_NOT_TLS], 1);
	return conn_drain(c);
}

static enum step
step_peek(struct conn *c)
{
	unsigned char head[RECORD_HEAD];
	ssize_t n = recv(c->fd, head, sizeof head, MSG_PEEK);
	int there = 0, need = RECORD_HEAD;

	if (n < 0)
		return nothing_came(c);
	/* a handshake record of TLS (RFC 8446 section 5.1), and nothing else */
	if (n == 0)
		return STEP_CLOSE;
	if (head[0] != TLS_HANDSHAKE || (n > 1 && head[1] != 3))
		return not_tls(c);
	if (n == RECORD_HEAD) {
		int length = head[3] << 8 | head[4];

		if (length == 0 || length > RECORD_MOST)
			return not_tls(c);
		need += length;
	}
	if (ioctl(c->fd, FIONREAD, &there) != 0)
		return STEP_CLOSE;
	if (n < RECORD_HEAD || there < need) {
		enum step step = wait_for(c, need);

		/* a record that the kernel cannot keep whole is read as it comes */
		if (step != STEP_WAIT_LATER)
			return step;
	}
	disarm(c);
	if (!talk_begin_tls(c))
		return STEP_CLOSE;
	c->state = CONN_HANDSHAKE;
	return STEP_ON;
}

/* A connection without TLS: the request is looked at where it lies, in the kernel's buffer, and
 * read with the rest in the drain. Until it is whole the connection holds no memory for it. A TLS
 * handshake record on the same port (its first byte is no printable one) is TLS. */
static enum step
step_plain(struct conn *c)
{
	const struct proto *proto = c->listener->proto;
	char in[REQUEST_ROOM];
	ssize_t n = recv(c->fd, in, proto->longest, MSG_PEEK);

	if (n < 0)
		return nothing_came(c);
	if (n > 0 && in[0] == TLS_HANDSHAKE && proto->tls_too) {
		c->state = CONN_PEEK;
		return STEP_ON;
	}
	if (!talk_hear(c, (struct str){ in, (size_t)n }))
		return wait_for(c, (int)n + 1);
	disarm(c);
	return STEP_ON;
}

static enum step
step_drain(struct conn *c)
{
	char piece[PIECE];
	ssize_t n = recv(c->fd, piece, sizeof piece, 0);

	if (n < 0)
		return nothing_came(c);
	c->drained += (size_t)n;
	if (n == 0 || c->drained > c->server->limits.drain_bytes)
		return STEP_CLOSE;
	return n == (ssize_t)sizeof piece ? STEP_ON : STEP_WAIT_READ;
}

/* The connection counts for its address from now on; false when the address has enough. */
static bool
enter(struct conn *c)
{
	bool refused = false;

	if (c->from.n && (c->server->limits.loopback || !address_is_loopback(&c->from)))
		c->bucket = buckets_enter(c->server->buckets, &c->from, clock_ms(), &refused);
	if (refused)
		count(&c->server->counters->refused[REFUSAL_ADDRESS], 1);
	return !refused;
}

static bool
trusted(const struct server *s, const struct address *from)
{
	for (size_t i = 0; i < s->limits.proxies_n; i++)
		if (network_has(&s->limits.proxies[i], from))
			return true;
	return false;
}

/* Reads away the header of a proxy, and takes the client that it names for the client. */
static enum step
step_proxy(struct conn *c)
{
	struct proxy_header header;
	char in[PROXY_MOST];
	ssize_t n = recv(c->fd, in, sizeof in, MSG_PEEK);

	if (n < 0)
		return nothing_came(c);
	switch (proxy_parse((struct str){ in, (size_t)n }, &header)) {
	case PARSE_MORE:
		return wait_for(c, (int)n + 1);
	case PARSE_BAD:
		count(&c->server->counters->refused[REFUSAL_PROXY], 1);
		return STEP_CLOSE;
	case PARSE_DONE:
		break;
	}
	disarm(c);
	if (recv(c->fd, in, header.size, 0) != (ssize_t)header.size)
		return STEP_CLOSE;
	if (header.n) {
		c->from.n = (unsigned char)header.n;
		memcpy(c->from.bytes, header.address, sizeof c->from.bytes);
	} else
		c->from.n = 0;
	c->state = c->listener->proto->tls ? CONN_PEEK : CONN_PLAIN;
	return enter(c) ? STEP_ON : STEP_CLOSE;
}

static enum step (*const STEPS[])(struct conn *) = {
	[CONN_PROXY] = step_proxy,
	[CONN_PLAIN] = step_plain,
	[CONN_PEEK] = step_peek,
	[CONN_HANDSHAKE] = talk_handshake,
	[CONN_REQUEST] = talk_request,
	[CONN_WRITE] = talk_write,
	[CONN_DRAIN] = step_drain,
};

static const short WANTED[] = {
	[STEP_WAIT_READ] = EV_READ,
	[STEP_WAIT_WRITE] = EV_WRITE,
	[STEP_WAIT_LATER] = EV_TIMEOUT,
};

/* Goes on until there is something to wait for. */
static void
go(struct conn *c)
{
	enum step step;

	do
		step = STEPS[c->state](c);
	while (step == STEP_ON);
	if (step == STEP_CLOSE)
		conn_close(c);
	else
		want(c, WANTED[step]);
}

static void
on_ready(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	go(context);
}

void
conn_begin(struct server *s, const struct listener *listener, int fd, struct address from)
{
	struct conn *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	c->server = s;
	c->listener = listener;
	c->fd = fd;
	c->from = from;
	c->began = clock_ms();
	c->state = listener->proxied ? CONN_PROXY : listener->proto->tls ? CONN_PEEK : CONN_PLAIN;
	queue_join(c, QUEUE_REQUEST, (int64_t)s->limits.request_seconds * 1000);
	s->open++;
	s->moved++;
	count_open(&s->counters->open, 1);
	if (listener->proxied ? trusted(s, &from) : enter(c)) {
		go(c);
		return;
	}
	if (listener->proxied)
		count(&s->counters->refused[REFUSAL_PROXY], 1);
	conn_close(c);
}

/* Bytes that the kernel still holds for the client. */
static int
unsent(int fd)
{
	int n = 0;

#ifdef SIOCOUTQ
	if (ioctl(fd, SIOCOUTQ, &n) != 0)
		n = 0;
#else
	(void)fd;
#endif
	return n;
}

/* What the kernel still holds goes with the connection: a client that never reads could keep it
 * there for many minutes. */
static void
abandon(struct conn *c)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (unsent(c->fd) > 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	conn_close(c);
}

/* The drain's time begins when the kernel has sent everything, which is under the deadline of
 * writing. */
static void
look_at_unsent(struct conn *c)
{
	int64_t now = clock_ms();
	int left = unsent(c->fd);

	if (left == 0) {
		queue_move(c, QUEUE_DRAIN, (int64_t)c->server->limits.drain_seconds * 1000);
		return;
	}
	if (c->left == 0 || left + PIECE <= c->left) {
		if (c->left)
			c->began = now;
		c->left = left;
	}
	if (now - c->began < (int64_t)c->server->limits.write_seconds * 1000)
		queue_move(c, QUEUE_SENT, SENT_MS);
	else
		abandon(c);
}

void
conn_late(struct conn *c)
{
	if (c->queue == QUEUE_SENT) {
		look_at_unsent(c);
		return;
	}
	if (c->queue != QUEUE_DRAIN)
		count(&c->server->counters->refused[REFUSAL_LATE], 1);
	abandon(c);
}

void
conn_stop(struct conn *c)
{
	int there = 0;

	if (c->state <= CONN_PEEK && (ioctl(c->fd, FIONREAD, &there) != 0 || there == 0))
		conn_close(c);
}
