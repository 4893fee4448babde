/* json: texts as JSON (RFC 8259) writes them. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

/* In double quotes; what is not UTF-8 becomes U+FFFD. */
void json_text(struct buf *out, struct str text);

#endif
