/* hash: thin words around EVP, and the table hash. */
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <openssl/evp.h>

void
hash_sha256(struct str s, unsigned char out[HASH_SIZE])
{
	if (EVP_Digest(s.n ? s.p : "", s.n, out, NULL, EVP_sha256(), NULL) != 1) {
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
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
	return h;
}
