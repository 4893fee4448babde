/* hash: thin words around EVP, and the table hash. */
#include "base/hash.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/evp.h>

#include "base/bytes.h"

/* Looked up once, and a context for each thread: to find and to make them costs more than hashing a
 * name does. */
static EVP_MD *sha256;
static pthread_key_t contexts;

static void
end_context(void *context)
{
	EVP_MD_CTX_free(context);
}

static void
find_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (pthread_key_create(&contexts, end_context) != 0) {
		EVP_MD_free(sha256);
		sha256 = NULL;
	}
}

/* NULL: there is none. */
static EVP_MD_CTX *
context_of_thread(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	EVP_MD_CTX *context;

	if (pthread_once(&once, find_sha256) != 0 || !sha256)
		return NULL;
	context = pthread_getspecific(contexts);
	if (!context && (context = EVP_MD_CTX_new()))
		pthread_setspecific(contexts, context);
	return context;
}

void
hash_sha256(struct str s, unsigned char out[HASH_SIZE])
{
	EVP_MD_CTX *context = context_of_thread();

	if (!context || EVP_DigestInit_ex2(context, sha256, NULL) != 1 ||
		EVP_DigestUpdate(context, s.n ? s.p : "", s.n) != 1 ||
		EVP_DigestFinal_ex(context, out, NULL) != 1) {
		fputs("almagest: SHA-256 is not available\n", stderr);
		abort();
	}
}

struct str
hash_hex(struct arena *a, struct str s, size_t digits)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[HASH_SIZE];
	char *p = arena_alloc(a, digits + 1);

	hash_sha256(s, sum);
	for (size_t i = 0; i < digits; i++)
		p[i] = hex[i % 2 ? sum[i / 2] & 15 : sum[i / 2] >> 4];
	return (struct str){ p, digits };
}

uint64_t
hash_bits(struct str s)
{
	unsigned char sum[HASH_SIZE];

	hash_sha256(s, sum);
	return bytes_take((const char *)sum);
}

uint64_t
hash_fast(struct str s)
{
	uint64_t h = HASH_BEGUN;

	for (size_t i = 0; i < s.n; i++)
		h = hash_on(h, s.p[i]);
	return h;
}
