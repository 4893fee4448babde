/* load: many clients in one process, and hostile ones that are held. It trusts every server:
 * checking a signature costs more than making one, and the generator must not be the limit.
 *
 * load --port P [--tls [--resume]] [--connections C] [--requests N | --seconds S] [--line TEXT]
 * load --port P --hold KIND --count N [--seconds S] [--line TEXT] */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "yardstick.h"

enum {
	PIECE = 16 * 1024,
	OPENING = 64,     /* hostile connections on their way at a time */
	SMALL = 2048,     /* receive buffer of one that never reads */
	PATIENCE = 20,    /* seconds for what is under way at the end */
	HALF_HELLO = 100, /* bytes */
	DRIPS = 10        /* parts of a second */
};

struct slot {
	enum { IDLE, BEGUN, HELLO, ANSWER, REST, HELD } state;
	int fd;
	SSL *ssl;
	SSL_SESSION *session;
	double began;
	bool offered, renewed, good;
	size_t got, sent;
};

/* What a hostile client does before it falls silent. */
static const struct hold {
	const char *name;
	bool tls, half, drip, asks;
} HOLDS[] = {
	{ .name = "silent" },
	{ .name = "half-hello", .half = true },
	{ .name = "handshake", .tls = true },
	{ .name = "dribble", .tls = true, .drip = true }, /* a byte of a request each second */
	{ .name = "never-read", .tls = true, .asks = true },
};

static struct {
	SSL_CTX *ctx;
	const struct hold *hold;
	struct slot *slots;
	char line[LINE_ROOM];
	int port, epoll;
	bool tls, resume;
	size_t connections, open;
	size_t begun, good, failed, offered, resumed, renewed, bytes;
	double end;
	float *times; /* ms */
	size_t times_n;
	size_t held, closed;
	double first, last; /* seconds from connecting to being closed */
} all;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- TLS ---- */

static int
believe(int type, const unsigned char *hash, int n, const unsigned char *signature, int length,
	EC_KEY *key)
{
	(void)type, (void)hash, (void)n, (void)signature, (void)length, (void)key;
	return 1;
}

static int
believe_chain(X509_STORE_CTX *chain, void *context)
{
	(void)chain, (void)context;
	return 1;
}

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct slot *s = SSL_get_app_data(ssl);

	SSL_SESSION_free(s->session);
	s->session = session;
	s->renewed = true;
	return 1;
}

static void
open_tls(void)
{
	EC_KEY_METHOD *method = EC_KEY_METHOD_new(EC_KEY_get_default_method());

	EC_KEY_METHOD_set_verify(method, believe, NULL);
	EC_KEY_set_default_method(method);
	all.ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_cert_verify_callback(all.ctx, believe_chain, NULL);
	SSL_CTX_set1_groups_list(all.ctx, "X25519");
	if (all.resume) {
		SSL_CTX_set_session_cache_mode(
			all.ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(all.ctx, keep_session);
	}
}

static bool
begin_tls(struct slot *s)
{
	s->ssl = SSL_new(all.ctx);
	if (!s->ssl || SSL_set_fd(s->ssl, s->fd) != 1 ||
		SSL_set_tlsext_host_name(s->ssl, "localhost") != 1)
		return false;
	SSL_set_app_data(s->ssl, s);
	SSL_set_connect_state(s->ssl);
	/* a copy: OpenSSL uses a session of TLS 1.3 once, and the server may send no other */
	SSL_SESSION *again = s->session ? SSL_SESSION_dup(s->session) : NULL;

	s->offered = again && SSL_set_session(s->ssl, again) == 1;
	SSL_SESSION_free(again);
	return true;
}

/* ---- one connection ---- */

static void
begin(struct slot *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)all.port) };
	int one = 1, small = SMALL;

	*s = (struct slot){ .state = BEGUN, .session = s->session, .began = now() };
	all.begun++;
	all.open++;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		die("socket");
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (all.hold && all.hold->asks)
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	if (connect(s->fd, (struct sockaddr *)&at, sizeof at) != 0 && errno != EINPROGRESS)
		die("connect");
	if (all.tls && !begin_tls(s))
		die("no memory");
	watch(all.epoll, EPOLL_CTL_ADD, s->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, s);
}

static void
record(struct slot *s)
{
	if (all.times_n % PIECE == 0)
		all.times = realloc(all.times, (all.times_n + PIECE) * sizeof *all.times);
	if (!all.times)
		die("realloc");
	all.times[all.times_n++] = (float)((now() - s->began) * 1000);
	s->good = true;
	all.good++;
	all.bytes = s->got;
	all.offered += s->offered;
	all.resumed += s->offered && SSL_session_reused(s->ssl);
	all.renewed += s->offered && s->renewed;
}

static void
end(struct slot *s)
{
	all.failed += all.hold ? s->state != HELD : !s->good;
	if (s->ssl) {
		SSL_set_shutdown(s->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
		SSL_free(s->ssl);
		ERR_clear_error();
	}
	close(s->fd);
	s->ssl = NULL;
	s->state = IDLE;
	all.open--;
}

enum next { AGAIN, WAIT, END };

static enum next
after(const struct slot *s, ssize_t result)
{
	if (!s->ssl)
		return result < 0 && (errno == EAGAIN || errno == ENOTCONN) ? WAIT : END;
	int why = SSL_get_error(s->ssl, (int)result);

	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? WAIT : END;
}

static enum next
say(struct slot *s, const char *text, size_t n)
{
	ssize_t sent =
		s->ssl ? SSL_write(s->ssl, text, (int)n) : send(s->fd, text, n, MSG_NOSIGNAL);

	if (sent <= 0)
		return after(s, sent);
	s->sent += (size_t)sent;
	return AGAIN;
}

/* Connected, and past the handshake where there is one. */
static enum next
shake_hands(struct slot *s)
{
	int error = 0, result;
	socklen_t n = sizeof error;

	if (!s->ssl) {
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n);
		s->state = HELLO;
		return error ? END : AGAIN;
	}
	result = SSL_do_handshake(s->ssl);
	if (result != 1)
		return after(s, result);
	s->state = HELLO;
	return AGAIN;
}

static enum next
speak(struct slot *s)
{
	static const char HALF[HALF_HELLO] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	enum next next = AGAIN;

	if (!all.hold || all.hold->asks)
		next = say(s, all.line, strlen(all.line));
	else if (all.hold->half)
		next = say(s, HALF, sizeof HALF);
	if (next == AGAIN) {
		s->state = all.hold ? HELD : ANSWER;
		all.held += all.hold != NULL;
	}
	return next;
}

static enum next
listen_to(struct slot *s)
{
	char in[PIECE];
	ssize_t n = s->ssl ? SSL_read(s->ssl, in, sizeof in) : recv(s->fd, in, sizeof in, 0);

	if (n > 0) {
		if (s->got == 0 && s->ssl)
			s->good = in[0] == '2';
		s->got += (size_t)n;
		return AGAIN;
	}
	if (after(s, n) == WAIT)
		return WAIT;
	bool whole = s->ssl ? s->good && SSL_get_error(s->ssl, (int)n) == SSL_ERROR_ZERO_RETURN
			    : n == 0 && s->got > 0;

	s->good = false;
	if (whole)
		record(s);
	s->state = REST;
	return whole ? AGAIN : END;
}

/* The server closes first, so that no port of ours has to wait. */
static enum next
see_end(struct slot *s)
{
	char in[PIECE];
	ssize_t n = recv(s->fd, in, sizeof in, 0);

	return n > 0 ? AGAIN : n < 0 && errno == EAGAIN ? WAIT : END;
}

static enum next
stay(struct slot *s)
{
	(void)s;
	return WAIT;
}

static void
go(struct slot *s)
{
	static enum next (*const STEPS[])(struct slot *) = { [IDLE] = stay,
		[BEGUN] = shake_hands,
		[HELLO] = speak,
		[ANSWER] = listen_to,
		[REST] = see_end,
		[HELD] = stay };
	enum next next;

	do
		next = STEPS[s->state](s);
	while (next == AGAIN);
	if (next == END)
		end(s);
}

/* ---- clients ---- */

static void
serve_events(int ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(all.epoll, events, EVENTS, ms);

	for (int i = 0; i < n; i++) {
		struct slot *s = events[i].data.ptr;

		if (s->state == HELD && events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
			all.last = now() - s->began;
			all.first = all.closed++ == 0 ? all.last : all.first;
			end(s);
		} else
			go(s);
	}
}

static int
compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static double
quantile(double q)
{
	return all.times_n ? (double)all.times[(size_t)(q * (double)(all.times_n - 1) + 0.5)] : 0;
}

static double
share(size_t n)
{
	return all.offered ? 100.0 * (double)n / (double)all.offered : 0;
}

static void
run_clients(size_t requests)
{
	double start = now(), busy = cpu();

	while (all.open || (all.begun < requests && now() < all.end)) {
		for (size_t i = 0; i < all.connections && all.begun < requests && now() < all.end;
			i++)
			if (all.slots[i].state == IDLE)
				begin(&all.slots[i]);
		serve_events(100);
		if (now() > all.end + PATIENCE)
			break;
	}
	all.failed += all.open;
	double wall = now() - start;

	qsort(all.times, all.times_n, sizeof *all.times, compare);
	printf("good %zu failed %zu wall %.3f p50 %.3f p99 %.3f max %.3f ", all.good, all.failed,
		wall, quantile(0.5), quantile(0.99), quantile(1));
	printf("resumed %.2f renewed %.2f bytes %zu busy %.0f\n", share(all.resumed),
		share(all.renewed), all.bytes, 100 * (cpu() - busy) / wall);
}

/* One more byte of the line, on every DRIPS-th connection; the line never ends. */
static void
drip(size_t part)
{
	for (size_t i = part; i < all.begun; i += DRIPS) {
		struct slot *s = &all.slots[i];

		if (s->state == HELD && s->sent + 2 < strlen(all.line) &&
			say(s, all.line + s->sent, 1) == END)
			ERR_clear_error();
	}
}

/* Opens the connections, and holds them until the server has closed all or time is over. */
static void
run_hostile(void)
{
	double start = now(), next_drip = start;
	size_t part = 0;

	for (bool told = false; now() < all.end && (!told || all.open);) {
		while (all.begun < all.connections && all.begun < all.held + all.failed + OPENING)
			begin(&all.slots[all.begun]);
		serve_events(20);
		if (!told && all.held + all.failed == all.connections) {
			printf("open %zu wall %.3f\n", all.held, now() - start);
			fflush(stdout);
			told = true;
		}
		if (all.hold->drip && now() >= next_drip) {
			drip(part++ % DRIPS);
			next_drip += 1.0 / DRIPS;
		}
	}
	printf("held %zu closed %zu first %.3f last %.3f\n", all.held, all.closed, all.first,
		all.last);
}

static bool
has(char **argv, const char *name)
{
	for (; *argv; argv++)
		if (strcmp(*argv, name) == 0)
			return true;
	return false;
}

static void
read_options(char **argv)
{
	const char *kind = option_of(argv, "--hold", "");

	for (size_t i = 0; i < sizeof HOLDS / sizeof *HOLDS; i++)
		if (strcmp(kind, HOLDS[i].name) == 0)
			all.hold = &HOLDS[i];
	if (*kind && !all.hold) {
		fprintf(stderr, "load: no kind %s\n", kind);
		exit(2);
	}
	all.port = atoi(option_of(argv, "--port", "1965"));
	all.tls = all.hold ? all.hold->tls : has(argv, "--tls");
	all.resume = has(argv, "--resume");
	all.connections =
		strtoul(option_of(argv, all.hold ? "--count" : "--connections", "1"), NULL, 10);
	all.end = now() + strtod(option_of(argv, "--seconds", "60"), NULL);
	snprintf(all.line, sizeof all.line, "%s\r\n",
		option_of(argv, "--line", "gemini://localhost/"));
}

int
main(int argc, char **argv)
{
	(void)argc;
	read_options(argv);
	files_most();
	if (all.tls)
		open_tls();
	all.epoll = epoll_create1(0);
	all.slots = calloc(all.connections + 1, sizeof *all.slots);
	if (all.epoll < 0 || !all.slots)
		die("load");
	if (all.hold)
		run_hostile();
	else
		run_clients(strtoul(option_of(argv, "--requests", "1000000000"), NULL, 10));
	return 0;
}
