/* yardstick_tls --certs DIR [--size N]: the least that OpenSSL lets a server do, with the settings
 * of src/net/tls.c: accept, handshake, a line, N bytes, close_notify, drain, close. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "yardstick.h"

struct conn {
	int fd;
	SSL *ssl;
	enum { HANDSHAKE, LINE, ANSWER, DRAIN } state;
	unsigned wanted;
};

enum next { AGAIN, WAIT, END };

static char *body;
static int size;

static SSL_CTX *
open_tls(const char *dir)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char crt[4096], key[4096];

	snprintf(crt, sizeof crt, "%s/localhost.crt", dir);
	snprintf(key, sizeof key, "%s/localhost.key", dir);
	SSL_CTX_set_options(
		ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_ANTI_REPLAY);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ctx, 1);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
		SSL_CTX_set_cipher_list(ctx,
			"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
			"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:"
			"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305") != 1 ||
		SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") != 1 ||
		SSL_CTX_set_num_tickets(ctx, 1) != 1 ||
		SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"yard", 4) != 1 ||
		SSL_CTX_use_certificate_chain_file(ctx, crt) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
		ERR_print_errors_fp(stderr);
		exit(1);
	}
	return ctx;
}

static enum next
after(const struct conn *c, int result)
{
	int why = SSL_get_error(c->ssl, result);

	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? WAIT : END;
}

static enum next
handshake(struct conn *c)
{
	int result = SSL_do_handshake(c->ssl);

	if (result != 1)
		return after(c, result);
	c->state = LINE;
	return AGAIN;
}

static enum next
read_line(struct conn *c)
{
	char in[LINE_ROOM];
	int n = SSL_read(c->ssl, in, sizeof in);

	if (n <= 0)
		return after(c, n);
	if (memchr(in, '\n', (size_t)n))
		c->state = ANSWER;
	return AGAIN;
}

/* Without partial writes OpenSSL remembers how far it came. */
static enum next
answer(struct conn *c)
{
	int n = SSL_write(c->ssl, body, size);

	if (n <= 0)
		return after(c, n);
	SSL_shutdown(c->ssl);
	shutdown(c->fd, SHUT_WR);
	c->state = DRAIN;
	return AGAIN;
}

static enum next
drain(struct conn *c)
{
	char in[LINE_ROOM];
	ssize_t n = recv(c->fd, in, sizeof in, 0);

	return n > 0 ? AGAIN : n < 0 && errno == EAGAIN ? WAIT : END;
}

static void
go(struct conn *c, int epoll)
{
	static enum next (*const STEPS[])(struct conn *) = { handshake, read_line, answer, drain };
	enum next next;

	ERR_clear_error();
	do
		next = STEPS[c->state](c);
	while (next == AGAIN);
	if (next == WAIT) {
		unsigned wanted = c->state == ANSWER ? EPOLLOUT : EPOLLIN;

		if (wanted != c->wanted)
			watch(epoll, EPOLL_CTL_MOD, c->fd, wanted, c);
		c->wanted = wanted;
		return;
	}
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

static void
welcome(int listening, int epoll, SSL_CTX *ctx)
{
	for (int fd; (fd = accept_here(listening)) >= 0;) {
		struct conn *c = calloc(1, sizeof *c);

		if (!c || !(c->ssl = SSL_new(ctx)) || SSL_set_fd(c->ssl, fd) != 1)
			die("no memory");
		c->fd = fd;
		SSL_set_accept_state(c->ssl);
		c->wanted = EPOLLIN;
		watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, c);
	}
}

int
main(int argc, char **argv)
{
	SSL_CTX *ctx = open_tls(option_of(argv, "--certs", "certs"));
	struct epoll_event events[EVENTS];
	int listening = listen_here(), epoll = epoll_create1(0);

	(void)argc;
	size = atoi(option_of(argv, "--size", "4096"));
	body = body_of("20 text/gemini\r\n", (size_t)size);
	watch(epoll, EPOLL_CTL_ADD, listening, EPOLLIN, NULL);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++)
			if (events[i].data.ptr)
				go(events[i].data.ptr, epoll);
			else
				welcome(listening, epoll, ctx);
	}
}
