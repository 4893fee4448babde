/* proto: a protocol is a row: two pure functions over bytes and a few facts. Nothing here knows a
 * socket. */
#ifndef PROTO_PROTO_H
#define PROTO_PROTO_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct site; /* the directory that answers: settings and an open catalog (proto/site.h) */

/* What the connection knows about itself; all borrowed for the length of the call. */
struct session {
	struct str sni; /* the host that a TLS client named (RFC 6066), lower case; empty: none, or
			   an address */
	struct str local; /* the local address of a TLS connection, "127.0.0.1" or "::1"; others do
			     not need it: empty */
	unsigned port;    /* the port listened on */
};

struct request {
	struct str host; /* lower case, without brackets; empty: none was named */
	unsigned port;   /* as written, else the protocol's default */
	struct str path; /* decoded, dot segments resolved, begins with '/' */
	bool has_query;
	struct str query;     /* decoded */
	struct str raw_query; /* as sent, for a redirect that keeps it */
	char mark;            /* a letter of the protocol: Gopher+ '+', '!' or '$'; finger 'W' */
	unsigned status;      /* PARSE_BAD: the status to answer with */
	const char *wrong;    /* PARSE_BAD: the words that go with it */
};

enum parse { PARSE_MORE, PARSE_DONE, PARSE_BAD };

/* What goes back. `out` is header and body, or header alone when a file follows. */
struct reply {
	unsigned status;   /* of the protocol, for the log */
	struct buf out;    /* ends with buf_end() */
	int fd;            /* a file of which `left` bytes follow `out`, or -1; ends with close() */
	uint64_t at, left; /* what was read of it, and what is still to come */
	/* Appends a piece of the file, whole lines where they are not very long, in the form that
	 * the protocol sends; `last`: nothing follows. NULL: the bytes as they are. */
	void (*convert)(struct buf *out, struct str piece, bool last);
};

/* Appends the next piece of the file, as it is sent: some 16 KiB, more where it grew by being
 * converted. False when there is less of it than was promised. */
bool reply_read(struct reply *reply, struct buf *out);

struct proto {
	const char *name;
	const char *port; /* the default one, in digits */
	size_t longest; /* a request line longer than this many bytes, line end included, is bad */
	bool tls;       /* spoken only inside TLS */
	bool tls_too;   /* spoken inside TLS, too, on the same port */
	const char *otherwise; /* the port where the default one cannot be had and nobody asked for
				  it; or NULL */
	/* Reads `in`, what has come so far (at most `longest` bytes are ever given): more is
	 * needed, it is whole, or it is bad (then status and wrong are set). Bytes behind the line
	 * end are ignored. */
	enum parse (*parse)(struct arena *a, struct str in, struct request *r);
	/* Fills *reply for a request that is done or bad; never fails. Scratch memory and r's texts
	 * in a. */
	void (*answer)(struct site *site, struct arena *a, const struct session *s,
		enum parse verdict, const struct request *r, struct reply *reply);
	/* Fills *reply for somebody who asks too often: to come back after so many seconds. */
	void (*refuse)(struct arena *a, unsigned seconds, struct reply *reply);
};

extern const struct proto proto_gemini, proto_gopher, proto_finger;

/* All protocols; ends with NULL. A protocol is listened for where the setting of its name says. */
extern const struct proto *const PROTOS[];

#endif
