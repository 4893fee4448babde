/* server: one worker's event loop: accepts on the listeners, speaks their protocols, keeps the
 * deadlines and ceilings. One thread, no locks. */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "base/arena.h"
#include "base/err.h"
#include "net/address.h"
#include "net/counters.h"
#include "net/tls.h"
#include "proto/proto.h"

struct listener {
	const struct proto *proto;
	int fd; /* bound, listening before server_run(), non-blocking; borrowed, never closed here
		 */
	unsigned port;
	bool proxied; /* a proxy speaks first, and says whose the connection is */
};

/* Ceilings on what strangers can make us hold (DESIGN section 9). */
struct limits {
	unsigned request_seconds;      /* from connect to the end of the request: 10 */
	unsigned write_seconds;        /* without 16 KiB of progress while writing: 60 */
	unsigned drain_seconds;        /* reading and discarding after the last byte: 2 */
	size_t drain_bytes;            /* 256 KiB */
	size_t connections;            /* at once, in this worker; more wait in the backlog */
	unsigned rate, burst;          /* requests of an address: a second, and at once */
	unsigned each;                 /* connections of an address at once */
	bool loopback;                 /* this machine's own addresses are counted, too */
	const struct network *proxies; /* who may speak on proxied listeners */
	size_t proxies_n;
	bool log_json;
	enum { LOG_NO_ADDRESS, LOG_NETWORK, LOG_ADDRESS } log_addresses;
};

struct server;

/* log_request is called once for each answered request, before its memory goes. */
struct server *server_open(struct site *site, const struct listener *listeners, size_t n,
	struct tls *tls, const struct limits *limits, struct err *e);
/* Runs until server_stop(); then what is being answered is finished, for at most 10 s, and it
 * returns. */
void server_run(struct server *server);
/* Asks for the end: no new connections, and those that have said nothing end at once. May be called
 * from a signal handler. */
void server_stop(struct server *server);
/* The same for a server whose sockets go on elsewhere: a connection that was just accepted may
 * still say what it came for. */
void server_hand_over(struct server *server);
void server_close(struct server *server);

/* At every tick (250 ms) the time is put where `beat` points, so that who watches sees the loop is
 * alive. */
void server_beat(struct server *server, volatile int64_t *beat);

/* Adds what happens to *counters, which outlives the server. */
void server_count(struct server *server, struct counters *counters);

/* A listening TCP socket on "ADDR:PORT", "[V6]:PORT" or ":PORT" (all addresses). `shared`:
 * others may listen there too, where the system spreads connections over them. *port is the one
 * bound (for port 0). -1 and *e on failure. */
int listen_on(struct str address, bool shared, unsigned *port, struct err *e);

/* A socket for one more worker where `first` listens: its own where the system spreads connections,
 * which gets none before listen_begin(), else another descriptor of the same one. The caller closes
 * it. -1 and *e on failure. */
int listen_beside(int first, struct str address, unsigned *port, struct err *e);

/* Has a bound socket listen; one that does goes on. False and errno on failure. */
bool listen_begin(int fd);

/* The port a socket is bound to; 0: none. */
unsigned listen_port(int fd);
/* Where it is bound, as listen_on() reads it: "127.0.0.1:1965", "[::]:1965". */
struct str listen_address(struct arena *a, int fd);

#endif
