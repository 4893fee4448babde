/* client: Gemini requests to one server, several at once. The server's public key is pinned; a body
 * that ends without close_notify has been cut. What the server can make us hold or wait for is
 * bounded by the request. */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/answer.h"

enum {
	CLIENT_CONNECTIONS_MOST = 16,
	CLIENT_REDIRECTS = 5,
	CLIENT_KEY = 64, /* hex digits of the SHA-256 of a public key (SubjectPublicKeyInfo) */
	CLIENT_DEADLINE_MS = 30000 /* from connecting to the end of the answer */
};

enum fetch_end {
	FETCH_DONE,      /* a whole answer: status, meta and body */
	FETCH_BROKEN,    /* no connection, a cut body, a deadline, nonsense: try again */
	FETCH_TOO_LARGE, /* more than `most` bytes came */
	FETCH_ELSEWHERE, /* redirected to another host, or too often */
	FETCH_KEY        /* the key is not the pinned one */
};

struct fetch {
	struct str path;              /* percent-encoded, with its '/'; borrowed until the end */
	uint64_t most;                /* bytes of the body */
	int deadline_ms;              /* of each try, from its start; 0: CLIENT_DEADLINE_MS */
	int fd;                       /* where the body goes; -1: into `body` */
	void (*done)(struct fetch *); /* called at the end, while others go on; or NULL */
	void *context;

	/* at the end */
	enum fetch_end end;
	unsigned status;
	char meta[ANSWER_META + 1];
	char why[160]; /* FETCH_BROKEN: in words */
	struct buf body;
	uint64_t size; /* of the body */
};

struct client;

/* `pin`: CLIENT_KEY digits, or empty: the first key is taken, and told by client_key(). At most
 * `connections` at once. NULL and *e when the host has no address. */
struct client *
client_open(struct str host, unsigned port, struct str pin, unsigned connections, struct err *e);
void client_close(struct client *c);

/* Makes n requests; returns when each has ended. */
void client_fetch(struct client *c, struct fetch *fetches, size_t n);

/* Requests that have not ended by then (clock_ms()) are FETCH_BROKEN, and later ones, too. */
void client_until(struct client *c, int64_t ms);

/* The key that was seen last, CLIENT_KEY digits; empty before the first handshake. */
struct str client_key(const struct client *c);

/* What has been asked for and come so far. */
uint64_t client_requests(const struct client *c);
uint64_t client_bytes(const struct client *c);
uint64_t client_resumed(const struct client *c); /* handshakes that were resumed */

#endif
