/* answer: the header of a Gemini answer as a client reads it, and where a redirect leads. */
#ifndef PROTO_ANSWER_H
#define PROTO_ANSWER_H

#include "proto/proto.h"

enum {
	ANSWER_META = 1024,           /* bytes */
	ANSWER_MOST = ANSWER_META + 5 /* of a header: status, blank, meta, CRLF */
};

struct answer {
	unsigned status; /* 10 to 69 */
	struct str meta; /* borrowed from what was read */
	size_t size;     /* bytes of the header; the body follows */
};

/* Reads the header at the beginning of `in`: more is needed, it is whole, or it is none. */
enum parse answer_parse(struct str in, struct answer *answer);

/* Where a redirect from one path of a server leads, as a path of the same server, percent-encoded,
 * in the arena; false when it leads to another one, or nowhere. The authority is as URLs begin that
 * the server knows: "gemini://host:port". */
bool answer_follow(
	struct arena *a, struct str authority, struct str from, struct str to, struct str *path);

#endif
