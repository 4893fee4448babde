/* tls: what every connection shares: contexts, suites, groups, tickets. */
#include "net/tls_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <openssl/err.h>

#include "base/log.h"
#include "net/cert.h"
#include "net/signer.h"
#include "net/ticket.h"

struct tls {
	struct arena arena; /* hosts, dir */
	const char *dir;    /* of certificates */
	struct tickets *tickets;
	struct tls_host {
		struct str name;
		SSL_CTX *ctx;
	} * hosts;
	size_t n;
};

static bool
failed(struct err *e, const char *what, const char *path)
{
	unsigned long why = ERR_peek_last_error();

	return err_set(e, "%s: %s: %s", path, what, why ? ERR_reason_error_string(why) : "refused");
}

#define ANOTHER "put another certificate and its key there, or move both away to have them made"
#define OTHERWISE "take that out, or have the certificate from elsewhere"

/* Why OpenSSL refuses a certificate or its key, and what to do, in words; what is not here is told
 * in its own. */
static const struct {
	int lib, reason; /* 0: any */
	const char *words;
} REFUSALS[] = {
	{ ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL, "its key is too short to be safe; " ANOTHER },
	{ ERR_LIB_SSL, SSL_R_CA_KEY_TOO_SMALL,
		"one behind it in the file has a key that is too short to be safe; " OTHERWISE },
	{ ERR_LIB_SSL, SSL_R_CA_MD_TOO_WEAK,
		"it, or one behind it in the file, is signed by way of a hash that is no longer "
		"safe; have it signed with SHA-256, or move it and its key away to have them "
		"made" },
	{ ERR_LIB_SSL, SSL_R_UNKNOWN_CERTIFICATE_TYPE,
		"its key is of a kind that cannot sign; " ANOTHER },
	{ ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH,
		"it does not fit the certificate; put the pair there that belongs together" },
	{ ERR_LIB_PEM, 0, "one behind it in the file is damaged; " OTHERWISE },
};

/* One that was read, and that TLS does not take. Always false. */
static bool
refused(struct err *e, const char *what, const char *path)
{
	unsigned long why = ERR_peek_last_error();

	for (size_t i = 0; i < COUNT(REFUSALS); i++)
		if (ERR_GET_LIB(why) == REFUSALS[i].lib &&
			(!REFUSALS[i].reason || ERR_GET_REASON(why) == REFUSALS[i].reason))
			return err_set(
				e, "%s: the %s cannot be used: %s", path, what, REFUSALS[i].words);
	return err_set(e, "%s: the %s cannot be used: %s; " ANOTHER, path, what,
		why ? ERR_reason_error_string(why) : "OpenSSL refuses it");
}

/* Chooses the context of the host that the client names; an unknown name gets the default one,
 * never an alert (RFC 6066 section 3 leaves it to us). The name is kept for the request: a resumed
 * session has one of its own. */
static int
on_client_hello(SSL *ssl, int *alert, void *context)
{
	const struct tls *tls = context;
	struct str *sni = SSL_get_app_data(ssl);
	const unsigned char *p;
	size_t n;

	(void)alert;
	if (sni->n)
		return SSL_CLIENT_HELLO_SUCCESS; /* the second hello after a retry */
	/* server_name_list: its length, type 0, the name's length, the name */
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &n) != 1 || n < 5 ||
		p[2] != 0)
		return SSL_CLIENT_HELLO_SUCCESS;
	struct str name = { (const char *)p + 5, (size_t)p[3] << 8 | p[4] };

	if (name.n != n - 5 || name.n == 0 || name.n > SNI_MOST)
		return SSL_CLIENT_HELLO_SUCCESS;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		((char *)sni->p)[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	sni->n = name.n;
	for (size_t i = 0; i < tls->n; i++)
		if (str_eq_nocase(tls->hosts[i].name, *sni)) {
			SSL_set_SSL_CTX(ssl, tls->hosts[i].ctx);
			break;
		}
	return SSL_CLIENT_HELLO_SUCCESS;
}

static bool
configure(SSL_CTX *ctx, struct tickets *tickets)
{
	static const unsigned char SESSIONS[] = "almagest";
	static const char SUITES[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
				     "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:"
				     "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";

	SSL_CTX_set_options(
		ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_ANTI_REPLAY);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets carry all */
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_quiet_shutdown(ctx, 0);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
		SSL_CTX_set_cipher_list(ctx, SUITES) == 1 &&
		SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1 &&
		SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
		SSL_CTX_set_session_id_context(ctx, SESSIONS, sizeof SESSIONS - 1) == 1 &&
		tickets_use(tickets, ctx);
}

/* The signer's key for the context's certificate, where it has one of that kind. */
static bool
use_signer(SSL_CTX *ctx, size_t i, int signer)
{
	EVP_PKEY *key = signer >= 0 ? signer_key(signer, i, SSL_CTX_get0_certificate(ctx)) : NULL;
	bool used = key && SSL_CTX_use_PrivateKey(ctx, key) == 1;

	EVP_PKEY_free(key);
	return used;
}

static bool
open_host(struct tls *tls, size_t i, struct err *e)
{
	struct tls_host *host = &tls->hosts[i];
	struct str crt = cert_path(&tls->arena, tls->dir, host->name, ".crt");

	ERR_clear_error();
	host->ctx = SSL_CTX_new(TLS_server_method());
	if (!host->ctx || !configure(host->ctx, tls->tickets))
		return failed(e, "TLS cannot be set up", tls->dir);
	SSL_CTX_set_client_hello_cb(host->ctx, on_client_hello, tls);
	/* a key that is locked is an error, not a question on the terminal */
	SSL_CTX_set_default_passwd_cb_userdata(host->ctx, (void *)"");
	if (SSL_CTX_use_certificate_chain_file(host->ctx, crt.p) != 1)
		return refused(e, "certificate", crt.p);
	return true;
}

static bool
use_key(struct tls *tls, size_t i, int signer, struct err *e)
{
	struct tls_host *host = &tls->hosts[i];

	if (use_signer(host->ctx, i, signer))
		return true;
	struct arena a = { 0 };
	struct str path = cert_path(&a, tls->dir, host->name, ".key");
	EVP_PKEY *key = cert_load_key(&a, path.p, e);
	bool used = key && SSL_CTX_use_PrivateKey(host->ctx, key) == 1;

	if (key && !used)
		refused(e, "key", path.p);
	else if (used && signer >= 0)
		log_line("%s: not an ECDSA key: the workers hold it themselves", path.p);
	EVP_PKEY_free(key);
	arena_end(&a);
	return used;
}

struct tls *
tls_open(const char *dir, const struct str *hosts, size_t n,
	const unsigned char keys[TLS_TICKET_KEYS], struct err *e)
{
	struct tls *tls = calloc(1, sizeof *tls);

	if (!tls)
		abort();
	tls->dir = arena_str(&tls->arena, str_of(dir)).p;
	tls->tickets = tickets_open(keys);
	if (!tls->tickets) {
		failed(e, "session tickets cannot be set up", dir);
		tls_close(tls);
		return NULL;
	}
	tls->hosts = arena_array(&tls->arena, struct tls_host, n);
	for (; tls->n < n; tls->n++) {
		tls->hosts[tls->n].name = arena_str(&tls->arena, hosts[tls->n]);
		if (!open_host(tls, tls->n, e)) {
			SSL_CTX_free(tls->hosts[tls->n].ctx);
			tls_close(tls);
			return NULL;
		}
	}
	return tls;
}

bool
tls_takes(const char *dir, struct str host, struct err *e)
{
	static const unsigned char KEYS[TLS_TICKET_KEYS];
	struct tls *tls = tls_open(dir, &host, 1, KEYS, e);

	tls_close(tls);
	return tls != NULL;
}

X509 *
tls_certificate(const struct tls *tls, size_t i)
{
	return i < tls->n ? SSL_CTX_get0_certificate(tls->hosts[i].ctx) : NULL;
}

bool
tls_stands(const struct tls *tls)
{
	bool stands = true;

	for (size_t i = 0; stands && i < tls->n; i++)
		stands = cert_stands(tls->dir, tls->hosts[i].name, tls_certificate(tls, i));
	return stands;
}

bool
tls_use_keys(struct tls *tls, int signer, struct err *e)
{
	bool good = true;

	for (size_t i = 0; good && i < tls->n; i++) {
		ERR_clear_error();
		good = use_key(tls, i, signer, e);
	}
	return good;
}

void
tls_close(struct tls *tls)
{
	if (!tls)
		return;
	for (size_t i = 0; i < tls->n; i++)
		SSL_CTX_free(tls->hosts[i].ctx);
	tickets_close(tls->tickets);
	arena_end(&tls->arena);
	free(tls);
}

SSL_CTX *
tls_default(const struct tls *tls)
{
	return tls->hosts[0].ctx;
}
