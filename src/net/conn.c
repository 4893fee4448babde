/* conn: the states of a connection. One idea: OpenSSL writes into a buffer of ours, and the buffer
 * is sent only when there is nothing else to do, so that a ticket, an answer and its close_notify
 * leave in one write. */
#include "net/conn.h"
#include "net/told.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

#include "base/clock.h"
#include "base/log.h"
#include "proto/proxy.h"

enum {
	PIECE = 16 * 1024,
	UNSENT_MOST = 64 * 1024,
	LATER_MS = 100,
	READ_MOST = 32 * 1024, /* handshake and request on the wire: no flood of key updates */
	SENT_MS = 500,         /* how often we ask whether the kernel has sent everything */
	TLS_HANDSHAKE = 22,    /* content type of a record, RFC 8446 section 5.1 */
	RECORD_HEAD = 5,
	RECORD_MOST = 16384 + 256
};

struct talk {
	SSL *ssl; /* NULL on a plain connection */
	struct arena arena;
	struct request request;
	struct reply reply;
	struct buf wire; /* to be sent */
	size_t wire_at;  /* sent of it */
	size_t out_at;   /* of reply.out given to wire */
	size_t progress; /* bytes sent since the write deadline was last moved */
	uint64_t sent;
	size_t got; /* bytes that OpenSSL has read */
	char *in;   /* the request so far, room for proto->longest; made with its first byte */
	size_t in_n;
	bool ended; /* close_notify, or the last byte, is in wire */
	bool cut;   /* a file became shorter: no close_notify says that this is all */
	bool logged;
	enum parse verdict;
	struct str sni;
	char sni_bytes[SNI_MOST];
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

/* ---- OpenSSL's way to the socket ---- */

static int
bio_read(BIO *bio, char *p, int n)
{
	struct conn *c = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	/* SSL_read() goes on for as long as records come that hold no data */
	if (n <= 0 || c->talk->got >= READ_MOST)
		return -1;
	ssize_t got = recv(c->fd, p, (size_t)n, 0);

	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		BIO_set_retry_read(bio);
	if (got > 0)
		c->talk->got += (size_t)got;
	return (int)got;
}

static int
bio_write(BIO *bio, const char *p, int n)
{
	struct conn *c = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	buf_put(&c->talk->wire, (struct str){ p, n > 0 ? (size_t)n : 0 });
	return buf_ok(&c->talk->wire) ? n : -1;
}

static long
bio_control(BIO *bio, int command, long number, void *p)
{
	(void)bio;
	(void)number;
	(void)p;
	return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

static BIO_METHOD *
bio_method(void)
{
	static BIO_METHOD *method;

	if (!method) {
		method = BIO_meth_new(
			BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "almagest connection");
		if (!method || BIO_meth_set_read(method, bio_read) != 1 ||
			BIO_meth_set_write(method, bio_write) != 1 ||
			BIO_meth_set_ctrl(method, bio_control) != 1)
			abort();
	}
	return method;
}

/* ---- talks ---- */

static struct talk *
talk_begin(void)
{
	struct talk *t = calloc(1, sizeof *t);

	if (!t)
		abort();
	t->reply.fd = -1;
	t->sni.p = t->sni_bytes;
	return t;
}

static void
talk_end(struct conn *c)
{
	struct talk *t = c->talk;

	if (!t)
		return;
	SSL_free(t->ssl);
	buf_end(&t->reply.out);
	buf_end(&t->wire);
	if (t->reply.fd >= 0)
		close(t->reply.fd);
	arena_end(&t->arena);
	free(t);
	c->talk = NULL;
}

static bool
begin_tls(struct conn *c)
{
	struct talk *t = c->talk = talk_begin();
	BIO *bio = BIO_new(bio_method());

	ERR_clear_error();
	t->ssl = SSL_new(tls_default(c->server->tls));
	if (!bio || !t->ssl) {
		BIO_free(bio);
		return false;
	}
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_app_data(t->ssl, &t->sni);
	SSL_set_read_ahead(t->ssl, 1);
	SSL_set_accept_state(t->ssl);
	return true;
}

/* ---- logs ---- */

static void
log_request(const struct conn *c)
{
	const struct talk *t = c->talk;
	const struct limits *limits = &c->server->limits;
	struct counters *counters = c->server->counters;
	char from[ADDRESS_TEXT];
	struct told told = { .proto = str_of(c->listener->proto->name),
		.path = STR("-"),
		.status = t->reply.status,
		.bytes = t->sent,
		.ms = clock_ms() - c->began };
	size_t proto = 0, slot = 0;

	if (t->verdict == PARSE_DONE) {
		told.path = t->request.path.n ? t->request.path : STR("/");
		told.host = t->request.host;
	}
	if (t->ssl) {
		told.tls = str_of(SSL_get_version(t->ssl));
		told.resumed = SSL_session_reused(t->ssl);
	}
	if (limits->log_addresses != LOG_NO_ADDRESS)
		told.from = address_put(&c->from, limits->log_addresses == LOG_ADDRESS, from);
	told_log(&told, limits->log_json);
	while (PROTOS[proto] != c->listener->proto && proto + 1 < COUNTED_PROTOS &&
		PROTOS[proto + 1])
		proto++;
	while (slot < COUNTED_TIMES && told.ms > COUNTED_MS[slot])
		slot++;
	count(&counters->requests[proto][t->reply.status / 10 % COUNTED_CLASSES], 1);
	count(&counters->times[slot], 1);
	count(&counters->milliseconds, (uint64_t)told.ms);
	count(&counters->bytes, t->sent);
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

	if (c->talk && c->state >= CONN_WRITE && !c->talk->logged)
		log_request(c);
	if (c->wanted)
		event_del(&c->event);
	queue_leave(c);
	talk_end(c);
	close(c->fd);
	buckets_leave(c->bucket);
	free(c);
	s->open--;
	count_open(&s->counters->open, -1);
	server_resume(s);
}

/* ---- states: each does what it can, and says whether to go on with the state it left behind ----
 */

enum step { STEP_ON, STEP_WAIT_READ, STEP_WAIT_WRITE, STEP_WAIT_LATER, STEP_CLOSE };

/* Sends what is in wire. */
static enum step
flush(struct conn *c)
{
	struct talk *t = c->talk;

	while (t->wire_at < t->wire.n) {
		ssize_t n =
			send(c->fd, t->wire.p + t->wire_at, t->wire.n - t->wire_at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? STEP_WAIT_WRITE
								       : STEP_CLOSE;
		t->wire_at += (size_t)n;
		t->sent += (uint64_t)n;
		t->progress += (size_t)n;
		if (t->progress >= PIECE && c->state == CONN_WRITE) {
			t->progress = 0;
			queue_move(c, QUEUE_WRITE, (int64_t)c->server->limits.write_seconds * 1000);
		}
	}
	t->wire.n = t->wire_at = 0;
	if (c->state != CONN_WRITE)
		buf_end(&t->wire); /* an idle connection holds little */
	return STEP_ON;
}

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
static enum step
begin_drain(struct conn *c)
{
	if (c->talk && c->state == CONN_WRITE) {
		log_request(c);
		c->talk->logged = true;
	}
	talk_end(c);
	c->state = CONN_DRAIN;
	if (shutdown(c->fd, SHUT_WR) != 0)
		return STEP_CLOSE;
	disarm(c);
	c->began = clock_ms();
	queue_move(c, QUEUE_SENT, SENT_MS);
	return STEP_ON;
}

/* A handshake or a record that failed: its alert, if there is one, then the end. */
static enum step
give_up(struct conn *c)
{
	enum step step = flush(c);

	return step == STEP_ON ? begin_drain(c) : STEP_CLOSE;
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
		return has_ended(c) ? begin_drain(c) : STEP_WAIT_LATER;
	c->armed = need;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &need, sizeof need);
	return STEP_WAIT_READ;
}

/* Scanners and clients of other protocols: counted, not logged one by one. */
static enum step
not_tls(struct conn *c)
{
	count(&c->server->counters->refused[REFUSAL_NOT_TLS], 1);
	return begin_drain(c);
}

static enum step
step_peek(struct conn *c)
{
	unsigned char head[RECORD_HEAD];
	ssize_t n = recv(c->fd, head, sizeof head, MSG_PEEK);
	int there = 0, need = RECORD_HEAD;

	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? STEP_WAIT_READ
										 : STEP_CLOSE;
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
	if (!begin_tls(c))
		return STEP_CLOSE;
	c->state = CONN_HANDSHAKE;
	return STEP_ON;
}

/* What OpenSSL waits for, after a call that did not succeed. */
static enum step
after_ssl(struct conn *c, int result)
{
	SSL *ssl = c->talk->ssl;

	if (SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ) {
		if (c->state == CONN_HANDSHAKE)
			count(&c->server->counters->refused[REFUSAL_HANDSHAKE], 1);
		return give_up(c);
	}
	/* a ticket goes out now, alone, unless the request came with the client's last handshake
	 * bytes: it is also the ACK that lets a client with Nagle's algorithm send its request */
	enum step step = flush(c);

	return step == STEP_ON ? STEP_WAIT_READ : step;
}

/* In TLS 1.2 the client may speak last in a handshake; many then hold the request back until that
 * is acknowledged. */
static void
ack_now(const struct conn *c)
{
#ifdef TCP_QUICKACK
	int one = 1;

	if (SSL_version(c->talk->ssl) == TLS1_2_VERSION && SSL_session_reused(c->talk->ssl))
		setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
#else
	(void)c;
#endif
}

static enum step
step_handshake(struct conn *c)
{
	ERR_clear_error();
	int result = SSL_do_handshake(c->talk->ssl);

	if (result != 1)
		return after_ssl(c, result);
	ack_now(c);
	count(&c->server->counters->handshakes[SSL_session_reused(c->talk->ssl)], 1);
	c->state = CONN_REQUEST;
	return STEP_ON;
}

static struct str
local_address(struct conn *c, char text[64])
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof at;
	const struct sockaddr_in6 *v6 = (const void *)&at;

	text[0] = '\0';
	if (getsockname(c->fd, (struct sockaddr *)&at, &n) != 0)
		return STR("");
	if (at.ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)&at)->sin_addr, text,
			64);
	else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, text, 64);
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, text, 64);
	return str_of(text);
}

/* The names of addresses are never sent as SNI (RFC 6066 section 3); one that is counts as none. */
static struct str
server_name(const struct talk *t)
{
	unsigned char any[16];
	char text[SNI_MOST + 1];

	memcpy(text, t->sni_bytes, t->sni.n);
	text[t->sni.n] = '\0';
	if (inet_pton(AF_INET, text, any) == 1 || inet_pton(AF_INET6, text, any) == 1)
		return STR("");
	return t->sni;
}

static void
answer(struct conn *c, enum parse verdict)
{
	struct talk *t = c->talk;
	char local[64];
	struct session session = {
		.sni = server_name(t), .local = local_address(c, local), .port = c->listener->port
	};

	unsigned seconds = c->bucket ? buckets_take(c->server->buckets, c->bucket, clock_ms()) : 0;

	t->verdict = verdict;
	if (seconds) {
		count(&c->server->counters->refused[REFUSAL_RATE], 1);
		c->listener->proto->refuse(&t->arena, seconds, &t->reply);
	} else
		c->listener->proto->answer(
			c->server->site, &t->arena, &session, verdict, &t->request, &t->reply);
	c->state = CONN_WRITE;
	queue_move(c, QUEUE_WRITE, (int64_t)c->server->limits.write_seconds * 1000);
}

static enum step
step_request(struct conn *c)
{
	struct talk *t = c->talk;
	const struct proto *proto = c->listener->proto;
	char in[REQUEST_ROOM];

	ERR_clear_error();
	int n = SSL_read(t->ssl, in, (int)(proto->longest - t->in_n));

	if (n <= 0)
		return after_ssl(c, n);
	if (!t->in)
		t->in = arena_alloc(&t->arena, proto->longest);
	memcpy(t->in + t->in_n, in, (size_t)n);
	t->in_n += (size_t)n;
	enum parse verdict = proto->parse(&t->arena, (struct str){ t->in, t->in_n }, &t->request);

	if (verdict != PARSE_MORE)
		answer(c, verdict);
	else if (t->in_n == proto->longest)
		return STEP_CLOSE;
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
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? STEP_WAIT_READ
										 : STEP_CLOSE;
	if (n > 0 && in[0] == TLS_HANDSHAKE && proto->tls_too) {
		c->state = CONN_PEEK;
		return STEP_ON;
	}
	struct talk *t = c->talk = talk_begin();

	t->in = arena_alloc(&t->arena, (size_t)n + 1);
	memcpy(t->in, in, (size_t)n);
	t->in_n = (size_t)n;
	enum parse verdict = proto->parse(&t->arena, (struct str){ t->in, t->in_n }, &t->request);

	if (verdict != PARSE_MORE) {
		disarm(c);
		answer(c, verdict);
		return STEP_ON;
	}
	talk_end(c);
	return wait_for(c, (int)n + 1);
}

/* The next piece of the answer, up to `most` bytes; borrowed from *piece or the reply. */
static struct str
next_piece(struct talk *t, char piece[PIECE])
{
	struct str out = str_sub(buf_str(&t->reply.out), t->out_at, t->out_at + PIECE);

	if (out.n || t->reply.left == 0)
		return out;
	ssize_t n = read(t->reply.fd, piece, t->reply.left < PIECE ? (size_t)t->reply.left : PIECE);

	if (n <= 0) {
		t->cut = true;
		return STR("");
	}
	return (struct str){ piece, (size_t)n };
}

static bool
put_wire(struct talk *t, struct str piece)
{
	if (!t->ssl)
		buf_put(&t->wire, piece);
	else if (SSL_write(t->ssl, piece.p, (int)piece.n) != (int)piece.n)
		return false;
	return buf_ok(&t->wire);
}

/* Fills wire up to its bound, close_notify behind the last byte. */
static bool
fill_wire(struct talk *t)
{
	char piece[PIECE];

	ERR_clear_error();
	while (!t->ended && t->wire.n < UNSENT_MOST) {
		struct str next = next_piece(t, piece);

		if (next.n == 0) {
			t->ended = true;
			if (t->ssl && !t->cut)
				SSL_shutdown(t->ssl);
			break;
		}
		if (!put_wire(t, next))
			return false;
		if (next.p == piece)
			t->reply.left -= next.n;
		else
			t->out_at += next.n;
	}
	return true;
}

static enum step
step_write(struct conn *c)
{
	struct talk *t = c->talk;

	if (!fill_wire(t))
		return STEP_CLOSE;
	enum step step = flush(c);

	if (step != STEP_ON)
		return step;
	/* the others' turn after each piece: a fast reader of a large file is not alone */
	return t->ended ? begin_drain(c) : STEP_WAIT_WRITE;
}

static enum step
step_drain(struct conn *c)
{
	char piece[PIECE];
	ssize_t n = recv(c->fd, piece, sizeof piece, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? STEP_WAIT_READ
										 : STEP_CLOSE;
	c->drained += (size_t)n;
	return n == 0 || c->drained > c->server->limits.drain_bytes ? STEP_CLOSE : STEP_ON;
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
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? STEP_WAIT_READ
										 : STEP_CLOSE;
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
	[CONN_HANDSHAKE] = step_handshake,
	[CONN_REQUEST] = step_request,
	[CONN_WRITE] = step_write,
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
	int one = 1;

	if (!c)
		abort();
	c->server = s;
	c->listener = listener;
	c->fd = fd;
	c->from = from;
	c->began = clock_ms();
	c->state = listener->proxied ? CONN_PROXY : listener->proto->tls ? CONN_PEEK : CONN_PLAIN;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	queue_join(c, QUEUE_REQUEST, (int64_t)s->limits.request_seconds * 1000);
	s->open++;
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

void
conn_late(struct conn *c)
{
	const struct limits *limits = &c->server->limits;

	if (c->queue == QUEUE_REQUEST || c->queue == QUEUE_WRITE)
		count(&c->server->counters->refused[REFUSAL_LATE], 1);
	if (c->queue != QUEUE_SENT)
		conn_close(c);
	else if (unsent(c->fd) > 0 && clock_ms() - c->began < (int64_t)limits->write_seconds * 1000)
		queue_move(c, QUEUE_SENT, SENT_MS);
	else /* the drain's time begins when the kernel has sent everything */
		queue_move(c, QUEUE_DRAIN, (int64_t)limits->drain_seconds * 1000);
}

void
conn_stop(struct conn *c)
{
	int there = 0;

	if (c->state <= CONN_PEEK && (ioctl(c->fd, FIONREAD, &there) != 0 || there == 0))
		conn_close(c);
}
