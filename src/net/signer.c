/* signer: an EC_KEY whose method asks. (OpenSSL 3 still takes such keys; a provider would say the
 * same in ten times the lines.) */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "net/signer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/log.h"
#include "net/cert.h"
#include "net/tls_internal.h"

enum { DIGEST_MOST = 64, SIGNATURE_MOST = 160 };

struct question {
	uint32_t key;
	uint32_t n; /* bytes of the digest */
	unsigned char digest[DIGEST_MOST];
};

struct answer {
	uint32_t n; /* bytes of the signature, DER; 0: none */
	unsigned char signature[SIGNATURE_MOST];
};

/* Both ends wait: a question and its answer are written and read whole. */
static bool
read_whole(int fd, void *to, size_t n)
{
	for (size_t had = 0; had < n;) {
		ssize_t got = read(fd, (char *)to + had, n - had);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		had += (size_t)got;
	}
	return true;
}

static bool
write_whole(int fd, const void *from, size_t n)
{
	for (size_t had = 0; had < n;) {
		ssize_t put = write(fd, (const char *)from + had, n - had);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		had += (size_t)put;
	}
	return true;
}

/* ---- who holds the keys ---- */

struct signer {
	EVP_PKEY_CTX **keys;
	size_t n;
};

static EVP_PKEY_CTX *
open_key(const char *dir, struct str host, struct err *e)
{
	struct arena a = { 0 };
	struct str path = cert_path(&a, dir, host, ".key");
	EVP_PKEY *key = cert_load_key(&a, path.p, e);
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;

	if (key && (!ctx || (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_sign_init(ctx) != 1))) {
		err_set(e,
			"%s: the key cannot sign; move it and its certificate away to have them "
			"made",
			path.p);
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_PKEY_free(key);
	arena_end(&a);
	return ctx;
}

struct signer *
signer_open(const char *dir, const struct str *hosts, size_t n, struct err *e)
{
	struct signer *s = calloc(1, sizeof *s);

	if (!s || !(s->keys = calloc(n + 1, sizeof *s->keys)))
		abort();
	for (; s->n < n; s->n++)
		if (!(s->keys[s->n] = open_key(dir, hosts[s->n], e))) {
			signer_close(s);
			return NULL;
		}
	return s;
}

void
signer_close(struct signer *s)
{
	for (size_t i = 0; i < s->n; i++)
		EVP_PKEY_CTX_free(s->keys[i]);
	free(s->keys);
	free(s);
}

bool
signer_fits(const struct signer *s, const struct tls *tls, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		X509 *cert = tls_certificate(tls, i);

		if (!cert ||
			X509_check_private_key(cert, EVP_PKEY_CTX_get0_pkey(s->keys[i])) != 1) {
			ERR_clear_error();
			return err_set(e,
				"host %zu has a key that does not fit its certificate; both are "
				"read "
				"again",
				i + 1);
		}
	}
	return true;
}

static void
sign(struct signer *s, const struct question *q, struct answer *answer)
{
	size_t n = sizeof answer->signature;

	*answer = (struct answer){ 0 };
	if (q->key < s->n && q->n <= sizeof q->digest &&
		EVP_PKEY_sign(s->keys[q->key], answer->signature, &n, q->digest, q->n) == 1)
		answer->n = (uint32_t)n;
	ERR_clear_error();
}

void
signer_serve(struct signer *s, int fd)
{
	struct question question;
	struct answer answer;

	while (read_whole(fd, &question, sizeof question)) {
		sign(s, &question, &answer);
		if (!write_whole(fd, &answer, sizeof answer))
			return;
	}
}

/* ---- who asks ---- */

/* Where to ask, at the key. */
struct asked {
	int fd;
	uint32_t key;
};

static int at_key = -1;

static int
ask(int type, const unsigned char *digest, int n, unsigned char *signature, unsigned *signature_n,
	const BIGNUM *inverse, const BIGNUM *r, EC_KEY *key)
{
	const struct asked *asked = EC_KEY_get_ex_data(key, at_key);
	struct question question = { 0 };
	struct answer answer;

	(void)type;
	(void)inverse;
	(void)r;
	if (!asked || n < 0 || n > DIGEST_MOST)
		return 0;
	question.key = asked->key;
	question.n = (uint32_t)n;
	memcpy(question.digest, digest, (size_t)n);
	if (!write_whole(asked->fd, &question, sizeof question) ||
		!read_whole(asked->fd, &answer, sizeof answer)) {
		log_line("worker: who holds the keys is gone");
		_exit(EXIT_FAILURE);
	}
	if (answer.n == 0 || answer.n > SIGNATURE_MOST || answer.n > (uint32_t)ECDSA_size(key))
		return 0;
	memcpy(signature, answer.signature, answer.n);
	*signature_n = answer.n;
	return 1;
}

static int
prepare(EC_KEY *key, BN_CTX *ctx, BIGNUM **inverse, BIGNUM **r)
{
	(void)key;
	(void)ctx;
	(void)inverse;
	(void)r;
	return 1;
}

static ECDSA_SIG *
ask_parts(const unsigned char *digest, int n, const BIGNUM *inverse, const BIGNUM *r, EC_KEY *key)
{
	unsigned char signature[SIGNATURE_MOST];
	const unsigned char *at = signature;
	unsigned signature_n = 0;

	if (ask(0, digest, n, signature, &signature_n, inverse, r, key) != 1)
		return NULL;
	return d2i_ECDSA_SIG(NULL, &at, (long)signature_n);
}

static void
forget(void *key, void *asked, CRYPTO_EX_DATA *data, int index, long l, void *p)
{
	(void)key;
	(void)data;
	(void)index;
	(void)l;
	(void)p;
	free(asked);
}

/* One for all keys of the process. */
static const EC_KEY_METHOD *
asking(void)
{
	static EC_KEY_METHOD *method;

	if (!method && (method = EC_KEY_METHOD_new(EC_KEY_OpenSSL()))) {
		EC_KEY_METHOD_set_sign(method, ask, prepare, ask_parts);
		at_key = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, forget);
	}
	return method;
}

EVP_PKEY *
signer_key(int fd, size_t i, X509 *cert)
{
	EVP_PKEY *public = X509_get0_pubkey(cert), *made = NULL;
	const EC_KEY *from =
		public && EVP_PKEY_is_a(public, "EC") ? EVP_PKEY_get0_EC_KEY(public) : NULL;
	EC_KEY *key = from ? EC_KEY_dup(from) : NULL;
	struct asked *asked = key ? malloc(sizeof *asked) : NULL;

	if (!asked)
		goto out;
	*asked = (struct asked){ fd, (uint32_t)i };
	if (!asking() || EC_KEY_set_method(key, asking()) != 1 ||
		EC_KEY_set_ex_data(key, at_key, asked) != 1) {
		free(asked);
		goto out;
	}
	made = EVP_PKEY_new();
	if (made && EVP_PKEY_set1_EC_KEY(made, key) != 1) {
		EVP_PKEY_free(made);
		made = NULL;
	}
out:
	EC_KEY_free(key);
	return made;
}
