/* hash: SHA-256 (FIPS 180-4), by OpenSSL. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/arena.h"

enum { HASH_SIZE = 32 };

void hash_sha256(struct str s, unsigned char out[HASH_SIZE]);

/* The first `digits` (at most 64) lower-case hex digits of the SHA-256 of s. */
struct str hash_hex(struct arena *a, struct str s, size_t digits);

/* The first 8 bytes of the SHA-256 of s, most significant first. */
uint64_t hash_bits(struct str s);

/* A fast hash (FNV-1a, 64 bits), for tables in memory and for a number in the catalog: of another
 * hash it would be another format (STORE_FORMAT). */
uint64_t hash_fast(struct str s);

/* The same byte by byte: it begins as HASH_BEGUN. */
#define HASH_BEGUN UINT64_C(14695981039346656037)
static inline uint64_t
hash_on(uint64_t hash, char c)
{
	return (hash ^ (unsigned char)c) * UINT64_C(1099511628211);
}

#endif
