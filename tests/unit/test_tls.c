/* The TLS side by itself: both ends in memory, no socket. */
#include "rows.h"

#include <stdio.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/cert.h"
#include "net/tls_internal.h"

static struct arena arena;
static char dir[] = "/tmp/almagest-tls-XXXXXX";
static const struct str HOSTS[] = { STR_INIT("a.example"), STR_INIT("B.example") };
static struct tls *tls, *another; /* another: a second worker with the same ticket keys */

struct talk {
	SSL *client, *server;
	char name[SNI_MOST];
	struct str sni;
};

static void
talk_begin(struct talk *t, const struct tls *side, SSL_CTX *ctx, const char *sni, SSL_SESSION *old)
{
	BIO *one, *two;

	*t = (struct talk){ .client = SSL_new(ctx), .server = SSL_new(tls_default(side)) };
	t->sni = (struct str){ t->name, 0 };
	assert_int_equal(BIO_new_bio_pair(&one, 0, &two, 0), 1);
	SSL_set_bio(t->client, one, one);
	SSL_set_bio(t->server, two, two);
	SSL_set_app_data(t->server, &t->sni);
	SSL_set_connect_state(t->client);
	SSL_set_accept_state(t->server);
	if (sni)
		SSL_set_tlsext_host_name(t->client, sni);
	if (old)
		SSL_set_session(t->client, old);
}

static void
talk_end(struct talk *t)
{
	SSL_free(t->client);
	SSL_free(t->server);
}

static bool
shake(struct talk *t)
{
	int here = 0, there = 0;

	for (int i = 0; i < 20 && (here != 1 || there != 1); i++) {
		ERR_clear_error();
		here = SSL_do_handshake(t->client);
		there = SSL_do_handshake(t->server);
	}
	return here == 1 && there == 1;
}

/* One byte to the client, so that it has read its ticket. */
static SSL_SESSION *
take_session(struct talk *t)
{
	char byte;

	assert_int_equal(SSL_write(t->server, "x", 1), 1);
	assert_int_equal(SSL_read(t->client, &byte, 1), 1);
	SSL_shutdown(t->client); /* else OpenSSL takes the session for a broken one */
	return SSL_get1_session(t->client);
}

static SSL_CTX *
client(int version, const char *suites, const char *groups)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	if (version < TLS1_2_VERSION)
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0"), 1);
	if (suites)
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, suites), 1);
	if (groups)
		assert_int_equal(SSL_CTX_set1_groups_list(ctx, groups), 1);
	return ctx;
}

/* ---- names ---- */

static const struct name_row {
	const char *what, *sni;
	const char *shown;    /* common name of the certificate */
	const char *captured; /* what the connection knows */
} NAMES[] = {
	{ "no name gets the default host", NULL, "a.example", "" },
	{ "the first host", "a.example", "a.example", "a.example" },
	{ "the second host, written with a capital in the settings", "b.example", "B.example",
		"b.example" },
	{ "case does not count", "b.EXAMPLE", "B.example", "b.example" },
	{ "an unknown name gets the default host, no alert", "nobody.example", "a.example",
		"nobody.example" },
	{ "a part of a name is another name", "example", "a.example", "example" },
};

static void
test_name(void **state)
{
	const struct name_row *row = *state;

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_CTX *ctx = client(version, NULL, NULL);
		struct talk t;
		char shown[80] = "";

		talk_begin(&t, tls, ctx, row->sni, NULL);
		assert_true(shake(&t));
		X509_NAME_get_text_by_NID(
			X509_get_subject_name(SSL_get0_peer_certificate(t.client)), NID_commonName,
			shown, sizeof shown);
		assert_string_equal(shown, row->shown);
		assert_true(str_eq(t.sni, str_of(row->captured)));
		talk_end(&t);
		SSL_CTX_free(ctx);
	}
}

/* ---- what is spoken ---- */

static const struct spoken_row {
	const char *what;
	int version;
	const char *suites, *groups;
	bool good;
} SPOKEN[] = {
	{ "TLS 1.3", TLS1_3_VERSION, NULL, NULL, true },
	{ "TLS 1.2", TLS1_2_VERSION, NULL, NULL, true },
	{ "TLS 1.1 is refused", TLS1_1_VERSION, NULL, NULL, false },
	{ "TLS 1.0 is refused", TLS1_VERSION, NULL, NULL, false },
	{ "AES-128-GCM", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL, true },
	{ "AES-256-GCM", TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", NULL, true },
	{ "ChaCha20-Poly1305", TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL, true },
	{ "CBC with SHA-1 is refused", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", NULL, false },
	{ "CBC with SHA-256 is refused", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", NULL, false },
	{ "CCM is refused", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM", NULL, false },
	{ "X25519", TLS1_3_VERSION, NULL, "X25519", true },
	{ "P-256", TLS1_3_VERSION, NULL, "P-256", true },
	{ "P-384, after a retry", TLS1_3_VERSION, NULL, "X448:P-384", true },
	{ "P-521 is refused", TLS1_3_VERSION, NULL, "P-521", false },
};

static void
test_spoken(void **state)
{
	const struct spoken_row *row = *state;
	SSL_CTX *ctx = client(row->version, row->suites, row->groups);
	struct talk t;

	talk_begin(&t, tls, ctx, "b.example", NULL);
	assert_int_equal(shake(&t), row->good);
	if (row->good)
		assert_true(str_eq(t.sni, STR("b.example")));
	talk_end(&t);
	SSL_CTX_free(ctx);
}

/* ---- resumption ---- */

static const struct resume_row {
	const char *what;
	int version;
	const char *first, *then;
	bool elsewhere; /* by another worker */
} RESUMED[] = {
	{ "1.3: the same host", TLS1_3_VERSION, "a.example", "a.example", false },
	{ "1.2: the same host", TLS1_2_VERSION, "a.example", "a.example", false },
	{ "1.3: the second host", TLS1_3_VERSION, "b.example", "b.example", false },
	{ "1.2: the second host", TLS1_2_VERSION, "b.example", "b.example", false },
	{ "1.3: another host, and the name asked for now counts", TLS1_3_VERSION, "a.example",
		"b.example", false },
	{ "1.2: another host, and the name asked for now counts", TLS1_2_VERSION, "a.example",
		"b.example", false },
	{ "1.3: by another worker", TLS1_3_VERSION, "a.example", "a.example", true },
	{ "1.2: by another worker", TLS1_2_VERSION, "b.example", "b.example", true },
	{ "1.3: without a name", TLS1_3_VERSION, NULL, NULL, true },
	{ "1.2: without a name", TLS1_2_VERSION, NULL, NULL, true },
};

static void
test_resumed(void **state)
{
	const struct resume_row *row = *state;
	SSL_CTX *ctx = client(row->version, NULL, NULL);
	struct talk t;

	talk_begin(&t, tls, ctx, row->first, NULL);
	assert_true(shake(&t));
	SSL_SESSION *old = take_session(&t);

	assert_int_equal(SSL_SESSION_get_max_early_data(old), 0);
	talk_end(&t);
	talk_begin(&t, row->elsewhere ? another : tls, ctx, row->then, old);
	assert_true(shake(&t));
	assert_true(SSL_session_reused(t.client) && SSL_session_reused(t.server));
	assert_true(str_eq(t.sni, row->then ? str_of(row->then) : STR("")));
	talk_end(&t);
	SSL_SESSION_free(old);
	SSL_CTX_free(ctx);
}

/* ---- opening ---- */

static const struct open_row {
	const char *what, *dir, *host, *says;
} OPENED[] = {
	{ "a host without a certificate is an error with its path", dir, "nobody.example",
		"nobody.example.crt" },
	{ "a folder that is not there is an error", "/nowhere/at/all", "a.example",
		"/nowhere/at/all/a.example.crt" },
};

static void
test_opened(void **state)
{
	const struct open_row *row = *state;
	struct str hosts[] = { str_of(row->host) };
	unsigned char keys[TLS_TICKET_KEYS] = { 1 };
	struct err e = { 0 };

	assert_null(tls_open(row->dir, hosts, 1, keys, &e));
	assert_non_null(strstr(e.text, row->says));
}

static int
begin(void **state)
{
	unsigned char keys[TLS_TICKET_KEYS];
	struct err e = { 0 };
	bool made;

	(void)state;
	memset(keys, 7, sizeof keys);
	if (!mkdtemp(dir))
		return -1;
	for (size_t i = 0; i < COUNT(HOSTS); i++)
		if (!cert_ensure(&arena, dir, HOSTS[i], &made, &e))
			return -1;
	tls = tls_open(dir, HOSTS, COUNT(HOSTS), keys, &e);
	another = tls_open(dir, HOSTS, COUNT(HOSTS), keys, &e);
	return tls && another && tls_use_keys(tls, -1, &e) && tls_use_keys(another, -1, &e) ? 0
											    : -1;
}

static int
end(void **state)
{
	char command[128];

	(void)state;
	tls_close(tls);
	tls_close(another);
	arena_end(&arena);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

int
main(void)
{
	static struct suite s;

	add_rows(&s, NAMES, test_name);
	add_rows(&s, SPOKEN, test_spoken);
	add_rows(&s, RESUMED, test_resumed);
	add_rows(&s, OPENED, test_opened);
	return run_suite(&s, "tls", begin, end);
}
