/* bytes: numbers, most significant byte first. Those of eight bytes are written out, as compilers
 * make one load or store of them. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline void
bytes_put(char *p, uint64_t v)
{
	p[0] = (char)(v >> 56);
	p[1] = (char)(v >> 48);
	p[2] = (char)(v >> 40);
	p[3] = (char)(v >> 32);
	p[4] = (char)(v >> 24);
	p[5] = (char)(v >> 16);
	p[6] = (char)(v >> 8);
	p[7] = (char)v;
}

static inline uint64_t
bytes_take(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 |
		(uint64_t)b[3] << 32 | (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 |
		(uint64_t)b[6] << 8 | (uint64_t)b[7];
}

/* The low n bytes of a number, n <= 8. */
static inline void
bytes_put_low(char *p, uint64_t v, size_t n)
{
	while (n) {
		p[--n] = (char)v;
		v >>= 8;
	}
}

static inline uint64_t
bytes_take_low(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

#endif
