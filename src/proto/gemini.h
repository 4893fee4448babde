/* gemini: the request line of the Gemini protocol (specification 0.24.1, "Requests"). */
#ifndef PROTO_GEMINI_H
#define PROTO_GEMINI_H

#include "proto/proto.h"

enum { GEMINI_URL_MOST = 1024 };

/* proto.parse of Gemini. A line ends with CRLF only; a bare LF never ends one. On PARSE_BAD
 * r->status is 59 or 53. Does not know which hosts and ports are served. */
enum parse gemini_parse(struct arena *a, struct str in, struct request *r);

#endif
