/* bucket: how much each address may ask and hold: a token bucket and a count of connections for
 * each (IPv6 by /64), in a table of fixed size: what is longest unused makes room, so that no
 * number of addresses makes it grow. */
#ifndef NET_BUCKET_H
#define NET_BUCKET_H

#include <stdint.h>

#include "net/address.h"

struct buckets;
struct bucket;

/* `rate` requests a second in the long run, `burst` at once, `connections` at once. Aborts when
 * there is no memory. */
struct buckets *buckets_open(unsigned rate, unsigned burst, unsigned connections);
void buckets_close(struct buckets *b);

/* A connection from the address at `now` (ms): its bucket, good until buckets_leave(). NULL with
 * *refused when the address holds as many as it may; NULL alone when there is no room to count it.
 */
struct bucket *
buckets_enter(struct buckets *b, const struct address *from, int64_t now, bool *refused);
void buckets_leave(struct bucket *bucket);

/* Takes a token; 0, or the whole seconds until there is one. */
unsigned buckets_take(const struct buckets *b, struct bucket *bucket, int64_t now);

#endif
