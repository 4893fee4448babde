/* client: one loop over sockets that never block. A connection lives for one request, as Gemini has
 * it; the ticket of one opens the next. Status 44 and other temporary failures are obeyed here, for
 * all connections together: the server asked this client to slow down. */
#include "net/client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "proto/answer.h"

enum {
	TRIES = 4,         /* of a request that fails for now */
	WAITS = 10,        /* of a request that the server puts off */
	WAIT_MOST_S = 600, /* a server that wants us to wait longer is one for another day */
	URL_MOST = 1024    /* Gemini, "Requests" */
};

/* A request that is to be made, or being made. */
struct job {
	struct fetch *fetch;
	struct str path;    /* where redirects have led */
	int64_t not_before; /* ms */
	unsigned tries, waits, redirects;
	enum { JOB_WAITS, JOB_RUNS, JOB_OVER } state;
};

struct connection {
	struct job *job; /* NULL: free */
	int fd;
	SSL *ssl;
	enum { CONNECTING, SHAKING, ASKING, READING } step;
	int64_t deadline;
	short events;
	struct buf header;
	bool in_body;
};

struct client {
	struct arena arena;
	struct str host; /* NUL behind it */
	bool named;      /* the host is no literal address: it goes into SNI */
	struct str authority;
	unsigned connections; /* places in v */
	unsigned at_once;     /* of these, how many may be in use: fewer when the server says 44 */
	struct addrinfo *addresses, *address;
	SSL_CTX *ctx;
	SSL_SESSION *session;
	char pin[CLIENT_KEY + 1], key[CLIENT_KEY + 1];
	struct connection v[CLIENT_CONNECTIONS_MOST];
	int64_t quiet_until; /* 44: nothing is asked before */
	int64_t until;       /* nothing is asked after; 0: there is no end */
	uint64_t requests, bytes, resumed;
	struct arena paths; /* of redirects, for one client_fetch() */
};

/* ---- opening ---- */

static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct client *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	SSL_SESSION_free(c->session);
	c->session = session;
	return 1; /* it is ours now */
}

static bool
is_literal(struct str host)
{
	if (str_find(host, ':') < host.n)
		return true;
	for (size_t i = 0; i < host.n; i++)
		if (!(host.p[i] == '.' || (host.p[i] >= '0' && host.p[i] <= '9')))
			return false;
	return true;
}

static bool
open_tls(struct client *c)
{
	c->ctx = SSL_CTX_new(TLS_client_method());
	if (!c->ctx)
		return false;
	/* trust is in the pinned key, not in who signed the certificate */
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_app_data(c->ctx, c);
	SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->ctx, on_session);
	SSL_CTX_set_options(c->ctx, SSL_OP_NO_RENEGOTIATION);
	/* a server that sends tickets for ever does not keep us in SSL_read() past the deadline */
	SSL_CTX_clear_mode(c->ctx, SSL_MODE_AUTO_RETRY);
	return SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION) == 1;
}

struct client *
client_open(struct str host, unsigned port, struct str pin, unsigned connections, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct client *c = calloc(1, sizeof *c);
	char service[16];
	int wrong;

	if (!c)
		abort();
	c->host = arena_str(&c->arena, host);
	c->named = !is_literal(host);
	c->connections = connections < 1                ? 1
		: connections > CLIENT_CONNECTIONS_MOST ? CLIENT_CONNECTIONS_MOST
							: connections;
	c->at_once = c->connections;
	bool six = str_find(host, ':') < host.n;

	c->authority = arena_printf(
		&c->arena, "gemini://%s%.*s%s", six ? "[" : "", STR_ARG(host), six ? "]" : "");
	if (port != 1965)
		c->authority = arena_printf(&c->arena, "%.*s:%u", STR_ARG(c->authority), port);
	if (pin.n == CLIENT_KEY)
		memcpy(c->pin, pin.p, CLIENT_KEY);
	snprintf(service, sizeof service, "%u", port);
	for (size_t i = 0; i < CLIENT_CONNECTIONS_MOST; i++)
		c->v[i].fd = -1;
	wrong = getaddrinfo(c->host.p, service, &hints, &c->addresses);
	if (wrong) {
		err_set(e, "%s: %s", c->host.p, gai_strerror(wrong));
		client_close(c);
		return NULL;
	}
	c->address = c->addresses;
	if (!open_tls(c)) {
		err_set(e, "TLS is not available");
		client_close(c);
		return NULL;
	}
	return c;
}

static void
disconnect(struct connection *k)
{
	SSL_free(k->ssl);
	if (k->fd >= 0)
		close(k->fd);
	buf_end(&k->header);
	*k = (struct connection){ .fd = -1 };
}

void
client_close(struct client *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CLIENT_CONNECTIONS_MOST; i++)
		disconnect(&c->v[i]);
	SSL_SESSION_free(c->session);
	SSL_CTX_free(c->ctx);
	if (c->addresses)
		freeaddrinfo(c->addresses);
	arena_end(&c->arena);
	arena_end(&c->paths);
	free(c);
}

void
client_until(struct client *c, int64_t ms)
{
	c->until = ms;
}

struct str
client_key(const struct client *c)
{
	return str_of(c->key);
}

uint64_t
client_requests(const struct client *c)
{
	return c->requests;
}

uint64_t
client_bytes(const struct client *c)
{
	return c->bytes;
}

uint64_t
client_resumed(const struct client *c)
{
	return c->resumed;
}

/* ---- the end of a request ---- */

static void
end_job(struct job *job, enum fetch_end end, const char *why)
{
	job->fetch->end = end;
	snprintf(job->fetch->why, sizeof job->fetch->why, "%s", why);
	job->state = JOB_OVER;
	if (job->fetch->done)
		job->fetch->done(job->fetch);
}

static void
finish(struct connection *k, enum fetch_end end, const char *why)
{
	struct job *job = k->job;

	disconnect(k);
	end_job(job, end, why);
}

/* What has come of the body is forgotten. */
static bool
forget_body(struct fetch *f)
{
	buf_drop(&f->body, f->body.n);
	f->size = 0;
	return f->fd < 0 || (ftruncate(f->fd, 0) == 0 && lseek(f->fd, 0, SEEK_SET) == 0);
}

/* The same from the beginning, after a while. */
static void
start_again(struct connection *k, int64_t ms)
{
	struct job *job = k->job;

	if (!forget_body(job->fetch)) {
		finish(k, FETCH_BROKEN, strerror(errno));
		return;
	}
	job->not_before = clock_ms() + ms;
	job->state = JOB_WAITS;
	disconnect(k);
}

/* Once more after a while, or never. */
static void
try_later(struct connection *k, int64_t ms, const char *why)
{
	if (++k->job->tries >= TRIES)
		finish(k, FETCH_BROKEN, why);
	else
		start_again(k, ms);
}

static void
broken(struct client *c, struct connection *k, const char *why)
{
	/* the next address of the host may be one that answers */
	if (k->step == CONNECTING && c->requests == 0 && c->address && c->address->ai_next) {
		c->address = c->address->ai_next;
		start_again(k, 0);
		return;
	}
	try_later(k, 250 << k->job->tries, why);
}

/* ---- answers ---- */

/* 44: all connections keep quiet for as long as the server asks, and are one fewer from now on. */
static void
slow_down(struct client *c, struct connection *k)
{
	unsigned long seconds = 0;

	if (!str_number(str_trim(str_of(k->job->fetch->meta)), 1000000, &seconds))
		seconds = 10;
	if (seconds > WAIT_MOST_S || ++k->job->waits > WAITS) {
		finish(k, FETCH_BROKEN, "the server asks to wait too long");
		return;
	}
	int64_t until = clock_ms() + (int64_t)(seconds ? seconds : 1) * 1000;

	if (until > c->quiet_until)
		c->quiet_until = until;
	if (c->at_once > 1)
		c->at_once--;
	start_again(k, 0);
}

static void
redirect(struct client *c, struct connection *k)
{
	struct job *job = k->job;
	struct str path;

	if (++job->redirects > CLIENT_REDIRECTS ||
		!answer_follow(
			&c->paths, c->authority, job->path, str_of(job->fetch->meta), &path)) {
		finish(k, FETCH_ELSEWHERE, "");
		return;
	}
	job->path = path;
	start_again(k, 0);
}

static void
after_header(struct client *c, struct connection *k, const struct answer *answer)
{
	struct fetch *f = k->job->fetch;

	f->status = answer->status;
	memcpy(f->meta, answer->meta.p, answer->meta.n);
	f->meta[answer->meta.n] = '\0';
	k->in_body = true;
	if (f->status / 10 == 3)
		redirect(c, k);
	else if (f->status == 44)
		slow_down(c, k);
	else if (f->status / 10 == 4)
		try_later(k, 1000 << k->job->tries, "the server fails for now");
}

static bool
write_out(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return true;
}

static void
take_body(struct connection *k, const char *p, size_t n)
{
	struct fetch *f = k->job->fetch;

	if (f->size + n > f->most)
		finish(k, FETCH_TOO_LARGE, "");
	else if (f->fd >= 0 && !write_out(f->fd, p, n))
		finish(k, FETCH_BROKEN, strerror(errno));
	else {
		if (f->fd < 0)
			buf_put(&f->body, (struct str){ p, n });
		f->size += n;
	}
}

/* Takes off *p what is of the header; true when the body may follow. */
static bool
take_header(struct client *c, struct connection *k, const char **p, size_t *n)
{
	size_t had = k->header.n, room = ANSWER_MOST - had;
	struct answer answer;

	buf_put(&k->header, str_sub((struct str){ *p, *n }, 0, room));
	switch (answer_parse(buf_str(&k->header), &answer)) {
	case PARSE_MORE:
		return false;
	case PARSE_BAD:
		broken(c, k, "the answer is not Gemini");
		return false;
	case PARSE_DONE:
		break;
	}
	*p += answer.size - had;
	*n -= answer.size - had;
	after_header(c, k, &answer);
	return k->job != NULL;
}

static void
take(struct client *c, struct connection *k, const char *p, size_t n)
{
	c->bytes += n;
	if (!k->in_body && !take_header(c, k, &p, &n))
		return;
	if (n)
		take_body(k, p, n);
}

/* ---- one connection ---- */

/* SHA-256 of the server's public key, as hex digits. */
static bool
see_key(struct client *c, SSL *ssl)
{
	X509 *certificate = SSL_get1_peer_certificate(ssl);
	unsigned char *der = NULL, sum[32];
	int n = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : -1;
	bool good = n > 0 && EVP_Digest(der, (size_t)n, sum, NULL, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; good && i < sizeof sum; i++)
		snprintf(c->key + 2 * i, 3, "%02x", sum[i]);
	OPENSSL_free(der);
	X509_free(certificate);
	return good;
}

static void
start(struct client *c, struct connection *k, struct job *job)
{
	struct addrinfo *to = c->address;
	int fd = socket(to->ai_family, SOCK_STREAM, 0);
	int deadline = job->fetch->deadline_ms ? job->fetch->deadline_ms : CLIENT_DEADLINE_MS;

	job->state = JOB_RUNS;
	*k = (struct connection){ .job = job,
		.fd = fd,
		.step = CONNECTING,
		.deadline = clock_ms() + deadline,
		.events = POLLOUT };
	if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
		(connect(fd, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS) ||
		!(k->ssl = SSL_new(c->ctx)) || SSL_set_fd(k->ssl, fd) != 1) {
		broken(c, k, strerror(errno));
		return;
	}
	SSL_set_connect_state(k->ssl);
	if (c->named)
		SSL_set_tlsext_host_name(k->ssl, c->host.p);
	if (c->session)
		SSL_set_session(k->ssl, c->session);
}

/* Whether it waits for the socket; else the call has failed. */
static bool
waits(struct connection *k, int result)
{
	int error = SSL_get_error(k->ssl, result);

	k->events = error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void
shake(struct client *c, struct connection *k)
{
	int result = SSL_do_handshake(k->ssl);

	if (result != 1) {
		if (!waits(k, result))
			broken(c, k, "the TLS handshake failed");
		return;
	}
	if (!see_key(c, k->ssl))
		broken(c, k, "the server shows no certificate");
	else if (c->pin[0] && memcmp(c->pin, c->key, CLIENT_KEY) != 0)
		finish(k, FETCH_KEY, "");
	else {
		/* one run speaks to one key, pinned or not */
		memcpy(c->pin, c->key, CLIENT_KEY);
		c->resumed += SSL_session_reused(k->ssl) == 1;
		k->step = ASKING;
	}
}

static void
ask(struct client *c, struct connection *k)
{
	char line[URL_MOST + 3];
	int n = snprintf(
		line, sizeof line, "%.*s%.*s\r\n", STR_ARG(c->authority), STR_ARG(k->job->path));

	if (n >= (int)sizeof line) {
		finish(k, FETCH_BROKEN, "the address is too long for a request");
		return;
	}
	int result = SSL_write(k->ssl, line, n);

	if (result > 0) {
		c->requests++;
		k->step = READING;
		k->events = POLLIN;
	} else if (!waits(k, result))
		broken(c, k, "the connection ended");
}

static void
hear(struct client *c, struct connection *k)
{
	char piece[16384];
	int n;

	/* a turn each: nobody sends so fast that the others starve */
	for (int turn = 0; turn < 8; turn++) {
		if ((n = SSL_read(k->ssl, piece, sizeof piece)) > 0) {
			take(c, k, piece, (size_t)n);
			if (!k->job)
				return;
			continue;
		}
		if (SSL_get_error(k->ssl, n) == SSL_ERROR_ZERO_RETURN && k->in_body) {
			SSL_shutdown(k->ssl);
			finish(k, FETCH_DONE, "");
		} else if (!waits(k, n))
			broken(c, k, "the answer was cut");
		return;
	}
}

static void
move(struct client *c, struct connection *k)
{
	int wrong = 0;
	socklen_t n = sizeof wrong;

	ERR_clear_error();
	if (k->step == CONNECTING) {
		if (getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &wrong, &n) != 0 || wrong) {
			broken(c, k, strerror(wrong ? wrong : errno));
			return;
		}
		k->step = SHAKING;
	}
	if (k->step == SHAKING)
		shake(c, k);
	if (k->job && k->step == ASKING)
		ask(c, k);
	if (k->job && k->step == READING)
		hear(c, k);
}

/* ---- all of them ---- */

/* A place for one more connection, or NULL. */
static struct connection *
free_place(struct client *c)
{
	/* before the first key is known, one has to find it out */
	unsigned most = c->pin[0] ? c->at_once : 1, used = 0;
	struct connection *place = NULL;

	for (size_t i = 0; i < c->connections; i++)
		if (c->v[i].job)
			used++;
		else
			place = &c->v[i];
	return used < most ? place : NULL;
}

/* Begins what can be begun. *first: the first that is not over. */
static void
begin(struct client *c, struct job *jobs, size_t n, size_t *first)
{
	int64_t now = clock_ms();
	struct connection *k;

	for (size_t i = *first; i < n && now >= c->quiet_until && (k = free_place(c)); i++)
		if (jobs[i].state == JOB_WAITS && jobs[i].not_before <= now)
			start(c, k, &jobs[i]);
	while (*first < n && jobs[*first].state == JOB_OVER)
		(*first)++;
}

static void
sooner(int64_t *wake, int64_t when)
{
	if (when < *wake)
		*wake = when;
}

/* When the next one may begin, ms; at the latest in a second. */
static int64_t
next_start(struct client *c, const struct job *jobs, size_t n)
{
	int64_t wake = clock_ms() + 1000;

	for (size_t i = 0; i < n && free_place(c); i++)
		if (jobs[i].state == JOB_WAITS)
			sooner(&wake,
				jobs[i].not_before > c->quiet_until ? jobs[i].not_before
								    : c->quiet_until);
	if (c->until)
		sooner(&wake, c->until);
	return wake;
}

/* Bytes that OpenSSL has taken off the socket already. */
static bool
has_more(const struct connection *k)
{
	return k->job && k->step == READING && SSL_has_pending(k->ssl);
}

static void
turn(struct client *c, int64_t wake)
{
	struct pollfd fds[CLIENT_CONNECTIONS_MOST];
	int64_t now = clock_ms();

	for (size_t i = 0; i < c->connections; i++) {
		fds[i] = (struct pollfd){ .fd = c->v[i].job ? c->v[i].fd : -1,
			.events = c->v[i].events };
		if (c->v[i].job)
			sooner(&wake, c->v[i].deadline);
		if (has_more(&c->v[i]))
			wake = now;
	}
	poll(fds, c->connections, wake > now ? (int)(wake - now) : 0);
	now = clock_ms();
	for (size_t i = 0; i < c->connections; i++) {
		if (c->v[i].job && (fds[i].revents || has_more(&c->v[i])))
			move(c, &c->v[i]);
		if (c->v[i].job && now >= c->v[i].deadline)
			broken(c, &c->v[i], "no whole answer came in time");
	}
}

/* There is no time left for any of them. */
static void
give_up(struct client *c, struct job *jobs, size_t n)
{
	for (size_t i = 0; i < c->connections; i++)
		if (c->v[i].job)
			disconnect(&c->v[i]);
	for (size_t i = 0; i < n; i++)
		if (jobs[i].state != JOB_OVER)
			end_job(&jobs[i], FETCH_BROKEN, "the server takes too long in all");
}

void
client_fetch(struct client *c, struct fetch *fetches, size_t n)
{
	struct job *jobs = calloc(n ? n : 1, sizeof *jobs);
	size_t first = 0;

	if (!jobs)
		abort();
	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct job){ .fetch = &fetches[i], .path = fetches[i].path };
	for (begin(c, jobs, n, &first); first < n; begin(c, jobs, n, &first)) {
		turn(c, next_start(c, jobs + first, n - first));
		if (c->until && clock_ms() >= c->until)
			give_up(c, jobs, n);
	}
	free(jobs);
	arena_end(&c->paths);
}
