/* The server with a toy protocol, in a process of its own, behind real sockets; short deadlines. */
#include "rows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "net/cert.h"
#include "net/server.h"

enum { REQUEST_MS = 1000, DRAIN_MS = 1000, LATE_MS = 900, LONGEST = 64, LARGE = 3 << 20 };
enum { KERNEL_WAITS_MS = 1200 }; /* for the first byte of a plain connection, and some */

static struct arena arena;
static char dir[] = "/tmp/almagest-net-XXXXXX";
static const char *file; /* of LARGE bytes */
static unsigned tls_port, plain_port;
static int tls_fd, plain_fd;
static pid_t server_pid;
static SSL_CTX *client;

/* ---- the toy: a line is the path; LONGEST bytes at most ---- */

static enum parse
toy_parse(struct arena *a, struct str in, struct request *r)
{
	size_t end = str_find_str(in, STR("\r\n"));

	(void)a;
	r->path = str_sub(in, 0, end);
	if (end < in.n)
		return PARSE_DONE;
	r->wrong = "too long";
	return in.n < LONGEST ? PARSE_MORE : PARSE_BAD;
}

static void
toy_answer(struct site *site, struct arena *a, const struct session *s, enum parse verdict,
	const struct request *r, struct reply *reply)
{
	(void)site;
	(void)a;
	reply->status = verdict == PARSE_BAD ? 59 : 20;
	if (verdict == PARSE_BAD)
		buf_put(&reply->out, STR("59"));
	else if (str_eq(r->path, STR("large")))
		for (int i = 0; i < LARGE; i++)
			buf_char(&reply->out, 'x');
	else if (str_eq(r->path, STR("file")) || str_eq(r->path, STR("cut"))) {
		reply->fd = open(file, O_RDONLY | O_CLOEXEC);
		reply->left = LARGE + (str_eq(r->path, STR("cut")) ? 1 : 0);
	} else
		buf_printf(&reply->out, "20 %.*s %.*s", STR_ARG(s->sni), STR_ARG(s->local));
}

static void
toy_refuse(struct arena *a, unsigned seconds, struct reply *reply)
{
	(void)a;
	reply->status = 44;
	buf_printf(&reply->out, "44 %u", seconds);
}

static const struct proto TOY_TLS = { .name = "toy",
	.longest = LONGEST,
	.tls = true,
	.parse = toy_parse,
	.answer = toy_answer,
	.refuse = toy_refuse };
static const struct proto TOY_PLAIN = { .name = "plain",
	.longest = LONGEST,
	.tls_too = true,
	.parse = toy_parse,
	.answer = toy_answer,
	.refuse = toy_refuse };

/* ---- the server ---- */

static struct server *serving;

static void
on_stop(int number)
{
	(void)number;
	server_stop(serving);
}

static int
serve(size_t connections)
{
	const struct str host = STR("a.example");
	unsigned char keys[TLS_TICKET_KEYS] = { 7 };
	struct listener listeners[] = { { &TOY_TLS, tls_fd, tls_port, false },
		{ &TOY_PLAIN, plain_fd, plain_port, false } };
	struct limits limits = { .request_seconds = REQUEST_MS / 1000,
		.write_seconds = 1,
		.drain_seconds = DRAIN_MS / 1000,
		.drain_bytes = 64 * 1024,
		.connections = connections,
		.rate = 1000000,
		.burst = 1000000 };
	struct err e = { 0 };
	struct tls *tls = tls_open(dir, &host, 1, keys, &e);

	serving = tls && tls_use_keys(tls, -1, &e)
		? server_open(NULL, listeners, 2, tls, &limits, &e)
		: NULL;
	if (!serving)
		return 1;
	signal(SIGTERM, on_stop);
	server_run(serving);
	server_close(serving);
	tls_close(tls);
	arena_end(&arena);
	return 0;
}

static void
start(size_t connections)
{
	fflush(NULL);
	server_pid = fork();
	if (server_pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
#ifndef ALMAGEST_SANITIZED
		dup2(null, STDERR_FILENO); /* the log; with a sanitizer its words are wanted */
#endif
		_exit(serve(connections));
	}
}

/* Tells it to stop; its exit status. */
static int
stop(void)
{
	int status = -1;

	kill(server_pid, SIGTERM);
	waitpid(server_pid, &status, 0);
	return status;
}

/* ---- a client ---- */

static int
dial(unsigned port, int room)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval most = { 8, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
	if (room)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static SSL *
dial_tls(int fd, unsigned piece)
{
	SSL *ssl = SSL_new(client);

	SSL_set_fd(ssl, fd);
	SSL_set_tlsext_host_name(ssl, "a.example");
	if (piece)
		SSL_set_tlsext_max_fragment_length(ssl, (uint8_t)piece);
	ERR_clear_error();
	assert_int_equal(SSL_connect(ssl), 1);
	return ssl;
}

/* How a conversation ended, and what came before. */
struct heard {
	size_t n;
	char start[64];
	int64_t ms;
	bool whole; /* close_notify, or FIN of a plain connection */
	bool reset, open;
};

static struct heard
hear(int fd, SSL *ssl)
{
	static char bytes[1 << 16];
	struct heard h = { 0 };
	int64_t from = clock_ms();
	ssize_t n;

	errno = 0;
	while ((n = ssl ? SSL_read(ssl, bytes, sizeof bytes) : recv(fd, bytes, sizeof bytes, 0)) >
		0) {
		for (ssize_t i = 0; i < n && h.n + (size_t)i < sizeof h.start - 1; i++)
			h.start[h.n + (size_t)i] = bytes[i];
		h.n += (size_t)n;
	}
	h.ms = clock_ms() - from;
	h.reset = errno == ECONNRESET;
	h.open = errno == EAGAIN;
	h.whole = ssl ? SSL_get_error(ssl, (int)n) == SSL_ERROR_ZERO_RETURN : n == 0;
	return h;
}

static void
assert_alive(void)
{
	int fd = dial(tls_port, 0);
	SSL *ssl = dial_tls(fd, 0);

	assert_int_equal(SSL_write(ssl, "x\r\n", 3), 3);
	struct heard h = hear(fd, ssl);

	assert_true(h.whole);
	assert_string_equal(h.start, "20 a.example 127.0.0.1");
	SSL_free(ssl);
	close(fd);
}

/* ---- raw bytes ---- */

enum port { PLAIN, TLS };

static const struct raw_row {
	const char *what;
	enum port port;
	const char *sent;
	size_t n;
	bool half_close;
	const char *heard; /* NULL: nothing, or an alert of 7 bytes */
	bool late;         /* only the deadline ends it */
} RAW[] = {
	{ "a whole request", PLAIN, "x\r\n", 3, false, "20  ", false },
	{ "a request and a half-close", PLAIN, "x\r\n", 3, true, "20  ", false },
	{ "an empty request", PLAIN, "\r\n", 2, false, "20  ", false },
	{ "bytes behind the line end are ignored", PLAIN, "x\r\ny\r\nz", 8, false, "20  ", false },
	{ "a request with no end in sight", PLAIN,
		"0123456789012345678901234567890123456789012345678901234567890123456789", 70, false,
		"59", false },
	{ "half a request is closed at the deadline", PLAIN, "x\r", 2, false, NULL, true },
	{ "half a request and the end of the stream: closed at once", PLAIN, "x\r", 2, true, NULL,
		false },
	{ "a silent client is closed at the deadline", PLAIN, "", 0, false, NULL, true },
	{ "a silent TLS client is closed at the deadline", TLS, "", 0, false, NULL, true },
	{ "the end of the stream before anything: closed at once", TLS, "", 0, true, NULL, false },
	{ "a word of HTTP on the TLS port: closed at once", TLS, "GET / HTTP/1.0\r\n\r\n", 18,
		false, NULL, false },
	{ "SSL 2 on the TLS port: closed at once", TLS, "\x80\x2e\x01\x00\x02", 5, false, NULL,
		false },
	{ "a record too long: closed at once", TLS, "\x16\x03\x01\xff\xff", 5, false, NULL, false },
	{ "a record of no bytes: closed at once", TLS, "\x16\x03\x01\x00\x00", 5, false, NULL,
		false },
	{ "one byte of a hello is closed at the deadline", TLS, "\x16", 1, false, NULL, true },
	{ "half a hello is closed at the deadline", TLS, "\x16\x03\x01\x02\x00half", 9, false, NULL,
		true },
	{ "half a hello and the end of the stream: closed at once", TLS, "\x16\x03\x01\x02\x00half",
		9, true, NULL, false },
	{ "a hello that is none: an alert, and no reset", TLS, "\x16\x03\x01\x00\x05hello", 10,
		false, NULL, false },
};

static void
test_raw(void **state)
{
	const struct raw_row *row = *state;
	int fd = dial(row->port == TLS ? tls_port : plain_port, 0);

	if (row->n)
		assert_int_equal(send(fd, row->sent, row->n, 0), row->n);
	if (row->half_close)
		shutdown(fd, SHUT_WR);
	struct heard h = hear(fd, NULL);

	if (row->heard)
		assert_string_equal(h.start, row->heard);
	else
		assert_true(h.n == 0 || (h.n == 7 && h.start[0] == 21));
	assert_false(h.open);
	assert_true(row->late ? h.ms >= LATE_MS && h.ms < REQUEST_MS + 2000 : h.ms < LATE_MS);
	assert_true(row->late || h.whole);
	close(fd);
	assert_alive();
}

/* ---- requests inside TLS ---- */

static const struct tls_row {
	const char *what;
	const char *const *pieces; /* one record each, ends with NULL */
	unsigned fragment;         /* RFC 6066 section 4: 1 is 512 bytes */
	enum port port;
	size_t n;
	const char *heard;
	bool cut; /* ends without close_notify */
} TALKS[] = {
	{ "a request", (const char *const[]){ "x\r\n", NULL }, 0, TLS, 22, "20 a.example 127.0.0.1",
		false },
	{ "a request on a port that speaks both", (const char *const[]){ "x\r\n", NULL }, 0, PLAIN,
		22, "20 a.example 127.0.0.1", false },
	{ "a request in four records", (const char *const[]){ "x", "y", "\r", "\n", NULL }, 0, TLS,
		22, "20 a.example 127.0.0.1", false },
	{ "bytes behind the request, no reset",
		(const char *const[]){ "x\r\n", "and some more", "and more", NULL }, 0, TLS, 22,
		"20 a.example 127.0.0.1", false },
	{ "a request that is too long",
		(const char *const[]){
			"0123456789012345678901234567890123456789012345678901234567890123456789",
			NULL },
		0, TLS, 2, "59", false },
	{ "a large answer", (const char *const[]){ "large\r\n", NULL }, 0, TLS, LARGE, NULL,
		false },
	{ "a large answer to a client of small records came empty",
		(const char *const[]){ "large\r\n", NULL }, 1, TLS, LARGE, NULL, false },
	{ "a file", (const char *const[]){ "file\r\n", NULL }, 0, TLS, LARGE, NULL, false },
	{ "a file that became shorter ended as if whole", (const char *const[]){ "cut\r\n", NULL },
		0, TLS, LARGE, NULL, true },
};

static void
test_tls(void **state)
{
	const struct tls_row *row = *state;
	int fd = dial(row->port == TLS ? tls_port : plain_port, 0);
	SSL *ssl = dial_tls(fd, row->fragment);

	for (const char *const *p = row->pieces; *p; p++)
		assert_int_equal(SSL_write(ssl, *p, (int)strlen(*p)), strlen(*p));
	struct heard h = hear(fd, ssl);

	assert_int_equal(h.n, row->n);
	if (row->heard)
		assert_string_equal(h.start, row->heard);
	assert_false(h.reset || h.open);
	assert_int_equal(h.whole, !row->cut);
	SSL_free(ssl);
	close(fd);
	assert_alive();
}

/* ---- hostile and unlucky clients: each is a function of its own ---- */

static void
dribble(void **state)
{
	int fd = dial(plain_port, 0);
	int64_t from = clock_ms();

	(void)state;
	while (clock_ms() - from < 5000 && send(fd, "a", 1, MSG_NOSIGNAL) == 1)
		poll(NULL, 0, 50);
	assert_in_range(clock_ms() - from, LATE_MS, REQUEST_MS + 2000);
	close(fd);
	assert_alive();
}

/* Of this process alone: a busy machine gives it less, and never more. */
static int64_t
busy_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#ifdef ALMAGEST_SANITIZED
enum { SLOW = 4 }; /* what a sanitizer costs the client */
#else
enum { SLOW = 1 };
#endif

/* The first row of this: one client kept a worker to itself for as long as it liked. */
static void
key_updates(void **state)
{
	int fd = dial(tls_port, 0);
	SSL *ssl = dial_tls(fd, 0);
	int64_t from = busy_ms();

	(void)state;
	while (busy_ms() - from < 5000 && SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
		SSL_do_handshake(ssl) == 1)
		;
	assert_true(busy_ms() - from < SLOW * REQUEST_MS);
	ERR_clear_error();
	SSL_free(ssl);
	close(fd);
	assert_alive();
}

static void
never_read(void **state)
{
	int fd = dial(tls_port, 4096);
	SSL *ssl = dial_tls(fd, 0);
	int64_t from = clock_ms();

	(void)state;
	assert_int_equal(SSL_write(ssl, "large\r\n", 7), 7);
	assert_alive(); /* the others' answers do not wait */
	poll(NULL, 0, 2500);
	struct heard h = hear(fd, ssl);

	assert_true(h.n < LARGE && !h.whole && !h.open);
	assert_true(clock_ms() - from < 5000);
	SSL_free(ssl);
	close(fd);
}

static void
slow_reader(void **state)
{
	int fd = dial(tls_port, 16384);
	SSL *ssl = dial_tls(fd, 0);
	char bytes[65536];
	size_t sum = 0;
	int64_t from = clock_ms();
	int n;

	(void)state;
	assert_int_equal(SSL_write(ssl, "large\r\n", 7), 7);
	while ((n = SSL_read(ssl, bytes, sizeof bytes)) > 0) {
		sum += (size_t)n;
		if (sum % (64 * 1024) < (size_t)n)
			poll(NULL, 0, 50);
	}
	assert_int_equal(sum, LARGE);
	assert_int_equal(SSL_get_error(ssl, n), SSL_ERROR_ZERO_RETURN);
	assert_true(clock_ms() - from > 2 * REQUEST_MS); /* longer than any deadline */
	SSL_free(ssl);
	close(fd);
}

static void
no_goodbye(void **state)
{
	int fd = dial(plain_port, 0);
	struct heard h;
	int64_t from;

	(void)state;
	assert_int_equal(send(fd, "x\r\n", 3, 0), 3);
	h = hear(fd, NULL);
	assert_true(h.whole);
	from = clock_ms();
	/* the server reads on until its time is over; then what we send comes back as a reset */
	while (clock_ms() - from < 5000 && send(fd, "a", 1, MSG_NOSIGNAL) == 1)
		poll(NULL, 0, 50);
	assert_in_range(clock_ms() - from, DRAIN_MS - 100, DRAIN_MS + 2500);
	close(fd);
}

static void
resets(void **state)
{
	struct linger now = { 1, 0 };

	(void)state;
	for (int i = 0; i < 30; i++) {
		int fd = dial(tls_port, 0);

		if (i % 3 == 0)
			assert_int_equal(send(fd, "\x16\x03\x01\x02\x00half", 9, 0), 9);
		if (i % 3 == 1) {
			SSL *ssl = dial_tls(fd, 0);

			SSL_write(ssl, "large\r\n", 7);
			SSL_free(ssl);
		}
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		close(fd);
	}
	assert_alive();
}

static void
many(void **state)
{
	int fds[300];
	struct heard h;

	(void)state;
	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = dial(plain_port, 0);
	for (size_t i = 0; i < COUNT(fds); i++)
		assert_int_equal(send(fds[i], "x\r\n", 3, 0), 3);
	for (size_t i = 0; i < COUNT(fds); i++) {
		h = hear(fds[i], NULL);
		assert_string_equal(h.start, "20  ");
		close(fds[i]);
	}
}

/* ---- the server as a whole ---- */

/* With its first byte a connection reaches the server in any case. */
static void
begin_to_speak(int fd)
{
	assert_int_equal(send(fd, "x", 1, 0), 1);
	poll(NULL, 0, 100);
}

static void
ceiling(void **state)
{
	int first, second, third;

	(void)state;
	assert_int_equal(stop(), 0);
	start(2);
	first = dial(plain_port, 0);
	second = dial(plain_port, 0);
	begin_to_speak(first);
	begin_to_speak(second);
	third = dial(plain_port, 0); /* waits in the backlog */
	assert_int_equal(send(third, "x\r\n", 3, 0), 3);
	struct pollfd p = { .fd = third, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 200), 0);
	close(first);
	assert_int_equal(poll(&p, 1, 150), 1); /* at once, not at the next tick */
	assert_string_equal(hear(third, NULL).start, "20  ");
	close(second);
	close(third);
	assert_int_equal(stop(), 0);
	start(1000);
}

static void
stopping(void **state)
{
	int silent_plain = dial(plain_port, 0);

	(void)state;
	poll(NULL, 0, KERNEL_WAITS_MS);
	int silent = dial(tls_port, 0), fd = dial(tls_port, 4096);
	SSL *ssl = dial_tls(fd, 0);
	struct heard h;

	assert_int_equal(SSL_write(ssl, "large\r\n", 7), 7);
	poll(NULL, 0, 100);
	kill(server_pid, SIGTERM);
	h = hear(silent, NULL);
	assert_true(h.whole && h.ms < 500);
	h = hear(silent_plain, NULL);
	assert_true(h.whole && h.ms < 500);
	h = hear(fd, ssl); /* what is being answered is finished */
	assert_int_equal(h.n, LARGE);
	assert_true(h.whole);
	SSL_free(ssl);
	close(silent);
	close(silent_plain);
	close(fd);
	assert_int_equal(stop(), 0);
	fd = dial(plain_port, 0); /* the listener lives on: who comes now waits for the next one */
	assert_int_equal(send(fd, "x\r\n", 3, 0), 3);
	start(1000);
	assert_string_equal(hear(fd, NULL).start, "20  ");
	close(fd);
}

static const struct case_row {
	const char *what;
	void (*run)(void **state);
} CASES[] = {
	{ "a dribbling client does not move its deadline", dribble },
	{ "a client of key updates alone held the worker", key_updates },
	{ "a client that never reads is let go, the others do not wait", never_read },
	{ "a slow reader gets all, however long it takes", slow_reader },
	{ "a client that does not close is let go after the drain", no_goodbye },
	{ "resets in every state", resets },
	{ "300 clients at once", many },
	{ "past the ceiling clients wait until one closes", ceiling },
	{ "a stop finishes what is being answered, and loses nobody", stopping },
};

static void
test_case(void **state)
{
	const struct case_row *row = *state;

	row->run(NULL);
}

/* ---- addresses ---- */

static const struct listen_row {
	const char *what, *address;
	const char *says; /* in the error; NULL: it listens */
} LISTENS[] = {
	{ "an IPv4 address", "127.0.0.1:0", NULL },
	{ "all addresses", ":0", NULL },
	{ "a name is no address", "localhost:0", "write it in numbers" },
	{ "no port", "127.0.0.1", "expected ADDRESS:PORT" },
	{ "an empty port", "127.0.0.1:", "expected ADDRESS:PORT" },
	{ "a port past 65535", "127.0.0.1:65536", "expected ADDRESS:PORT" },
	{ "IPv6 without brackets", "::1:1965", "expected ADDRESS:PORT" },
	{ "an address of another machine", "192.0.2.1:0", "cannot listen" },
	{ "a port that another server has", NULL, "another server is there" },
};

static void
test_listen(void **state)
{
	const struct listen_row *row = *state;
	struct err e = { 0 };
	unsigned port = 0;
	struct str address = row->address ? str_of(row->address)
					  : arena_printf(&arena, "127.0.0.1:%u", plain_port);
	int fd = listen_on(address, false, &port, &e);

	assert_int_equal(fd >= 0, row->says == NULL);
	if (fd >= 0) {
		assert_true(port > 0);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK && fcntl(fd, F_GETFD) & FD_CLOEXEC);
		close(fd);
	} else {
		assert_non_null(strstr(e.text, row->says));
		assert_int_equal(strncmp(e.text, address.p, address.n), 0);
	}
}

static int
begin(void **state)
{
	struct err e = { 0 };
	bool made;
	FILE *f;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir) || !cert_ensure(&arena, dir, STR("a.example"), &made, &e))
		return -1;
	file = arena_printf(&arena, "%s/large", dir).p;
	f = fopen(file, "w");
	for (int i = 0; f && i < LARGE; i++)
		putc('x', f);
	if (!f || fclose(f) != 0)
		return -1;
	tls_fd = listen_on(STR("127.0.0.1:0"), false, &tls_port, &e);
	plain_fd = listen_on(STR("127.0.0.1:0"), false, &plain_port, &e);
	client = SSL_CTX_new(TLS_client_method());
	if (tls_fd < 0 || plain_fd < 0 || !client)
		return -1;
	start(1000);
	return 0;
}

static int
end(void **state)
{
	char command[128];
	int status = stop();

	(void)state;
	SSL_CTX_free(client);
	close(tls_fd);
	close(plain_fd);
	arena_end(&arena);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command) == 0 && status == 0 ? 0 : -1;
}

int
main(void)
{
	static struct suite s;

	add_rows(&s, LISTENS, test_listen);
	add_rows(&s, RAW, test_raw);
	add_rows(&s, TALKS, test_tls);
	add_rows(&s, CASES, test_case);
	return run_suite(&s, "net", begin, end);
}
