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

/* A fast hash for tables in memory (FNV-1a, 64 bits); never leaves the process. */
uint64_t hash_fast(struct str s);

#endif
