/* ticket: three keys at a time, those of the hours before, of now and of the hours to come (a clock
 * may be ahead). */
#include "net/ticket.h"

#include <stdlib.h>
#include <time.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/hash.h"

enum { KEYS = 3, NAME_SIZE = 16 };

struct ticket_key {
	unsigned char name[NAME_SIZE], cipher[HASH_SIZE], mac[HASH_SIZE];
};

struct tickets {
	unsigned char secret[TICKET_SECRET];
	int64_t epoch; /* of keys[1] */
	struct ticket_key keys[KEYS];
	EVP_CIPHER *cipher;
};

static int ex_index = -1;

/* SHA-256 of the secret, what it is for, and the epoch: the secret is random and of full length, so
 * that a hash in one block is a pseudo-random function of the rest. */
static void
derive(const struct tickets *t, const char *what, int64_t epoch, unsigned char out[HASH_SIZE])
{
	char text[TICKET_SECRET + 32] = { 0 };

	memcpy(text, t->secret, TICKET_SECRET);
	memcpy(text + TICKET_SECRET, what, strlen(what));
	for (int i = 0; i < 8; i++)
		text[TICKET_SECRET + 24 + i] = (char)(epoch >> (56 - 8 * i));
	hash_sha256((struct str){ text, sizeof text }, out);
	OPENSSL_cleanse(text, sizeof text);
}

static void
turn_keys(struct tickets *t)
{
	int64_t epoch = (int64_t)time(NULL) / (TICKET_HOURS * 3600);

	if (epoch == t->epoch)
		return;
	t->epoch = epoch;
	for (int i = 0; i < KEYS; i++) {
		unsigned char name[HASH_SIZE];

		derive(t, "name", epoch - 1 + i, name);
		memcpy(t->keys[i].name, name, NAME_SIZE);
		derive(t, "cipher", epoch - 1 + i, t->keys[i].cipher);
		derive(t, "mac", epoch - 1 + i, t->keys[i].mac);
	}
}

static bool
begin(const struct tickets *t, const struct ticket_key *key, const unsigned char *iv,
	EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(
			OSSL_MAC_PARAM_KEY, (void *)key->mac, sizeof key->mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_CipherInit_ex2(cipher, t->cipher, key->cipher, iv, seal, NULL) == 1 &&
		EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* OpenSSL's question: 1 sealed or opened, 2 opened and to be renewed, 0 unknown, -1 failed. */
static int
on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
	EVP_MAC_CTX *mac, int seal)
{
	struct tickets *t = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ex_index);

	turn_keys(t);
	if (seal) {
		if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(t->cipher)) != 1)
			return -1;
		memcpy(name, t->keys[1].name, NAME_SIZE);
		return begin(t, &t->keys[1], iv, cipher, mac, 1) ? 1 : -1;
	}
	for (int i = 0; i < KEYS; i++) {
		if (memcmp(name, t->keys[i].name, NAME_SIZE) != 0)
			continue;
		/* in TLS 1.3 a ticket is used once (RFC 8446 appendix C.4): every visit gets the
		 * next one */
		bool renew = i == 0 || SSL_version(ssl) == TLS1_3_VERSION;

		return !begin(t, &t->keys[i], iv, cipher, mac, 0) ? -1 : renew ? 2 : 1;
	}
	return 0;
}

struct tickets *
tickets_open(const unsigned char secret[TICKET_SECRET])
{
	struct tickets *t = calloc(1, sizeof *t);

	if (!t)
		abort();
	memcpy(t->secret, secret, TICKET_SECRET);
	t->epoch = -1;
	t->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	if (ex_index < 0)
		ex_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	if (t->cipher && ex_index >= 0)
		return t;
	tickets_close(t);
	return NULL;
}

void
tickets_close(struct tickets *t)
{
	if (!t)
		return;
	EVP_CIPHER_free(t->cipher);
	OPENSSL_cleanse(t, sizeof *t);
	free(t);
}

bool
tickets_use(struct tickets *t, SSL_CTX *ctx)
{
	return SSL_CTX_set_ex_data(ctx, ex_index, t) == 1 &&
		SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
}
