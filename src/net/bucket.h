/* bucket: how often each address may ask. A token bucket an address (IPv6 by /64), in a table of
 * fixed size: what is longest unused makes room, so that no number of addresses makes it grow. */
#ifndef NET_BUCKET_H
#define NET_BUCKET_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"

struct buckets;

/* `rate` requests a second in the long run, `burst` at once. Abort when there is no memory. */
struct buckets *buckets_open(unsigned rate, unsigned burst);
void buckets_close(struct buckets *b);

/* Takes a token of the address at `now` (ms); 0, or the whole seconds until there is one. */
unsigned buckets_take(struct buckets *b, const struct sockaddr *from, int64_t now);

/* Whether the address is this machine's own. */
bool address_is_loopback(const struct sockaddr *from);

#endif
