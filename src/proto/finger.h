/* finger: the query of finger (RFC 1288 section 2.3). */
#ifndef PROTO_FINGER_H
#define PROTO_FINGER_H

#include "proto/proto.h"

enum { FINGER_LINE_MOST = 512 };

/* proto.parse of finger. r->path is the name asked for, without blanks at its ends; r->mark 'W' for
 * the long form. PARSE_BAD for a line that does not end, and for forwarding. */
enum parse finger_parse(struct arena *a, struct str in, struct request *r);

#endif
