/* mirror: a folder that is kept equal to a directory on the network, and is itself a capsule. What
 * it knows of itself lies in FOLDER/.mirror: the address, the key, the manifest of what is in
 * place, and what has been fetched and verified but not placed. */
#ifndef MIRROR_MIRROR_H
#define MIRROR_MIRROR_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct mirror_wish {
	struct str url; /* gemini://host[:port]/ */
	const char *dir;
	unsigned connections; /* at once */
	int deadline_ms;      /* of a request whose answer is small */
	uint64_t most;        /* bytes that the directory may have */
	struct str accept;    /* a key to take in place of the pinned one, or empty */
	void (*progress)(void *context, uint64_t done, uint64_t all); /* files; or NULL */
	void *context;
};

enum mirror_end {
	MIRROR_UNCHANGED,
	MIRROR_CHANGED,
	MIRROR_FAILED, /* another try may go better */
	MIRROR_REFUSED /* it needs a decision: a changed key, names or sizes that are not taken */
};

struct mirror_report {
	uint64_t files, bytes;       /* of the directory */
	uint64_t written, removed;   /* files */
	uint64_t requests, received; /* requests, and bytes of answers */
	uint64_t resumed;            /* handshakes */
	bool bundle;                 /* it was taken */
	char generation[65];
	char known[65], now[65]; /* keys, when the server's is not the one known; else empty */
};

enum mirror_end
mirror_run(const struct mirror_wish *wish, struct mirror_report *report, struct err *e);

#endif
