/* gopher: the request line of Gopher (RFC 1436 section 2) with what real clients add to it. */
#ifndef PROTO_GOPHER_H
#define PROTO_GOPHER_H

#include "proto/proto.h"

enum { GOPHER_LINE_MOST = 1024 };

/* proto.parse of Gopher. A line ends with CRLF or LF. r->path is the selector as sent; behind a TAB
 * stand words (r->has_query, r->query), or a mark of Gopher+ (r->mark). PARSE_BAD only for a line
 * that does not end. */
enum parse gopher_parse(struct arena *a, struct str in, struct request *r);

#endif
