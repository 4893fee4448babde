/* hash: thin words around EVP, and the table hash. */
#include "base/hash.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/evp.h>

/* Looked up once: by name at each use it costs more than hashing a name does. */
static EVP_MD *sha256;

static void
find_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

void
hash_sha256(struct str s, unsigned char out[HASH_SIZE])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (pthread_once(&once, find_sha256) != 0 || !sha256 ||
		EVP_Digest(s.n ? s.p : "", s.n, out, NULL, sha256, NULL) != 1) {
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
	uint64_t bits = 0;

	hash_sha256(s, sum);
	for (int i = 0; i < 8; i++)
		bits = bits << 8 | sum[i];
	return bits;
}

uint64_t
hash_fast(struct str s)
{
	uint64_t h = HASH_BEGUN;

	for (size_t i = 0; i < s.n; i++)
		h = hash_on(h, s.p[i]);
	return h;
}
