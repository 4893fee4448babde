/* talk: what is said on a connection: the handshake, the request, the answer. One idea: OpenSSL
 * writes into a buffer of ours, and the buffer is sent only when there is nothing else to do, so
 * that a ticket, an answer and its close_notify leave in one write. */
#include "net/talk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>

#include "base/clock.h"
#include "base/system.h"
#include "net/told.h"

enum {
	PIECE = 16 * 1024,
	UNSENT_MOST = 64 * 1024,
	READ_MOST = 32 * 1024 /* handshake and request on the wire: no flood of key updates */
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
	bool cut;   /* a file became shorter */
	enum parse verdict;
	struct str sni;
	char sni_bytes[SNI_MOST];
};

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

bool
talk_begin_tls(struct conn *c)
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

void
talk_end(struct conn *c)
{
	struct talk *t = c->talk;

	if (!t)
		return;
	if (c->state == CONN_WRITE)
		log_request(c);
	SSL_free(t->ssl);
	buf_end(&t->reply.out);
	buf_end(&t->wire);
	if (t->reply.fd >= 0)
		close(t->reply.fd);
	arena_end(&t->arena);
	free(t);
	c->talk = NULL;
}

/* ---- steps ---- */

/* Sends what is in wire. */
static enum step
flush(struct conn *c)
{
	struct talk *t = c->talk;
	int flags = MSG_NOSIGNAL;

#ifdef __linux__
	if (t->ended)
		flags |= MSG_MORE; /* the end of the connection goes in the same segment */
#endif
	while (t->wire_at < t->wire.n) {
		ssize_t n = send(c->fd, t->wire.p + t->wire_at, t->wire.n - t->wire_at, flags);

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

/* A handshake or a record that failed: its alert, if there is one, then the end. */
static enum step
give_up(struct conn *c)
{
	enum step step = flush(c);

	return step == STEP_ON ? conn_drain(c) : STEP_CLOSE;
}

/* The client's turn. A ticket goes out now, alone, unless the request came with the client's last
 * handshake bytes: it is also the ACK that lets a client with Nagle's algorithm send its request.
 */
static enum step
wait_for_client(struct conn *c)
{
	enum step step = flush(c);

	return step == STEP_ON ? STEP_WAIT_READ : step;
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
	return wait_for_client(c);
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

enum step
talk_handshake(struct conn *c)
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
	struct session session = { .sni = server_name(t), .port = c->listener->port };

	if (t->ssl)
		session.local = local_address(c, local);
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

enum step
talk_request(struct conn *c)
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

	if (verdict != PARSE_MORE) {
		answer(c, verdict);
		return STEP_ON;
	}
	if (t->in_n == proto->longest)
		return STEP_CLOSE;
	/* who sends a byte at a time is not read from twice for each */
	return SSL_has_pending(t->ssl) ? STEP_ON : wait_for_client(c);
}

/* A request that lies in the kernel's buffer: nothing is kept of it until it is whole. */
bool
talk_hear(struct conn *c, struct str in)
{
	struct talk *t = c->talk = talk_begin();

	t->in = arena_alloc(&t->arena, in.n + 1);
	memcpy(t->in, in.p, in.n);
	t->in_n = in.n;
	enum parse verdict =
		c->listener->proto->parse(&t->arena, (struct str){ t->in, t->in_n }, &t->request);

	if (verdict == PARSE_MORE)
		talk_end(c);
	else
		answer(c, verdict);
	return verdict != PARSE_MORE;
}

static bool
put_wire(struct talk *t, struct str piece)
{
	if (!t->ssl)
		buf_put(&t->wire, piece);
	else if (piece.n && SSL_write(t->ssl, piece.p, (int)piece.n) != (int)piece.n)
		return false;
	return buf_ok(&t->wire);
}

/* The next piece of the answer; false when it cannot be said. */
static bool
say_piece(struct talk *t)
{
	struct str out = str_sub(buf_str(&t->reply.out), t->out_at, t->out_at + PIECE);
	struct buf piece = { 0 };

	if (!t->ssl && t->wire.n == 0 && t->reply.out.n) { /* all at once, as it is */
		buf_end(&t->wire);
		t->wire = t->reply.out;
		t->reply.out = (struct buf){ 0 };
		return buf_ok(&t->wire);
	}
	t->out_at += out.n;
	if (out.n || t->reply.left == 0)
		return put_wire(t, out);
	if (!reply_read(&t->reply, &piece)) {
		t->cut = true; /* no close_notify says that this is all */
		t->reply.left = 0;
		return true;
	}
	bool good = buf_ok(&piece) && put_wire(t, buf_str(&piece));

	buf_end(&piece);
	return good;
}

/* Fills wire up to its bound, close_notify behind the last byte. */
static bool
fill_wire(struct talk *t)
{
	if (t->ssl)
		ERR_clear_error();
	while (!t->ended && t->wire.n < UNSENT_MOST) {
		if (!say_piece(t))
			return false;
		t->ended = t->out_at == t->reply.out.n && t->reply.left == 0;
		if (t->ended && t->ssl && !t->cut)
			SSL_shutdown(t->ssl);
	}
	return true;
}

enum step
talk_write(struct conn *c)
{
	struct talk *t = c->talk;

	if (!fill_wire(t))
		return STEP_CLOSE;
	enum step step = flush(c);

	if (step != STEP_ON)
		return step;
	/* the others' turn after each piece: a fast reader of a large file is not alone */
	return t->ended ? conn_drain(c) : STEP_WAIT_WRITE;
}
