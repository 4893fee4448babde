/* told: what the log tells of a request, in a form for people or as JSON. Never a query, and an
 * address only when asked for. */
#ifndef NET_TOLD_H
#define NET_TOLD_H

#include "base/str.h"

/* What a line of the log tells of a request. */
struct told {
	struct str proto, host, path, tls, from;
	bool resumed;
	unsigned status;
	unsigned long long bytes;
	long long ms;
};

void told_log(const struct told *r, bool json);

#endif
