/* conn: one connection from accept to close (internal to net/). A connection that has not yet sent
 * a whole TLS record is this struct alone; everything else is made when there is something to talk
 * about, and let go before the drain. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "net/bucket.h"
#include "net/server.h"
#include "net/tls_internal.h"

enum conn_state {
	CONN_PROXY, /* waits for the header of a proxy */
	CONN_PLAIN, /* waits for the request without reading it */
	CONN_PEEK,  /* waits for the first whole TLS record, without reading it */
	CONN_HANDSHAKE,
	CONN_REQUEST,
	CONN_WRITE,
	CONN_DRAIN /* all is sent and said; what still comes is read and dropped, so that no reset
		      is sent */
};

/* Each state's time is of one length, so that a queue of connections is in order of deadline by
 * itself. */
enum conn_queue {
	QUEUE_REQUEST,
	QUEUE_DEFERRED, /* the kernel has waited for its first byte already, for DEFER_SECONDS */
	QUEUE_WRITE,
	QUEUE_SENT, /* until the kernel has sent everything */
	QUEUE_DRAIN,
	QUEUES
};

/* How long the kernel keeps a connection to itself that says nothing, on listeners without TLS. */
#ifdef TCP_DEFER_ACCEPT
enum { DEFER_SECONDS = 1 };
#else
enum { DEFER_SECONDS = 0 };
#endif

/* The longest request of any protocol, line end included. */
enum { REQUEST_ROOM = 1280 };

/* A state does what it can, and says whether to go on with the state that it left behind. */
enum step { STEP_ON, STEP_WAIT_READ, STEP_WAIT_WRITE, STEP_WAIT_LATER, STEP_CLOSE };

struct talk;

struct conn {
	struct event event;
	struct server *server;
	const struct listener *listener;
	struct conn *before, *after; /* in its queue */
	int64_t deadline;            /* ms */
	int64_t began;               /* ms: when it was accepted, or its drain began */
	struct talk *talk;           /* or NULL */
	struct bucket *bucket;       /* of its address; NULL: not counted */
	struct address from;
	size_t drained;
	int fd;
	int left;     /* bytes that the kernel had not sent when there was progress last */
	int armed;    /* the kernel wakes us only when so many bytes are there; 0: for any */
	short wanted; /* EV_READ or EV_WRITE; 0: no event is set */
	unsigned char state, queue;
};

struct queue {
	struct conn *first, *last;
};

struct server {
	struct event_base *base;
	struct site *site;
	const struct tls *tls;
	const struct listener *listeners;
	struct event *accepting; /* one a listener */
	size_t n;
	struct limits limits;
	struct buckets *buckets;
	struct event tick, wake;
	struct queue queues[QUEUES];
	size_t open;                          /* connections */
	uint64_t moved;                       /* connections begun and ended, ever */
	uint64_t moved_before, trimmed;       /* at the last tick, and when memory was given back */
	volatile int64_t *beat;               /* or NULL */
	struct counters *counters, uncounted; /* where nobody gave any, the latter */
	bool paused;                          /* not accepting for now */
	bool stopping;
	int64_t stop_at, silent_until;
	int wake_fds[2];
};

/* There may be room again for who waits in the backlog. */
void server_resume(struct server *s);

/* A connection that was just accepted; goes on as far as what has come allows. */
void conn_begin(struct server *s, const struct listener *listener, int fd, struct address from);
/* Its deadline has passed. */
void conn_late(struct conn *c);
/* The server stops: a connection that has said nothing ends. */
void conn_stop(struct conn *c);
void conn_close(struct conn *c);

/* Nothing is left to be said: its drain begins. */
enum step conn_drain(struct conn *c);

/* Moves a connection to the end of a queue, its deadline `ms` from now. */
void queue_move(struct conn *c, enum conn_queue queue, int64_t ms);

#endif
