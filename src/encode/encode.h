/* encode: a page in, bytes out; one function per form, all of the same shape. */
#ifndef ENCODE_ENCODE_H
#define ENCODE_ENCODE_H

#include "base/buf.h"
#include "page/page.h"

/* Where the page is served, for forms that need absolute addresses. */
struct place {
	struct str host;
	unsigned port;
};

typedef void encoder(const struct page *page, const struct place *place, struct buf *out);

/* text/gemini (Gemini specification 0.24.1): relative links, LF line ends. */
encoder encode_gemtext;

/* Plain text of at most 70 columns: links are numbered, their addresses stand at the end. */
encoder encode_text;

/* Atom (RFC 4287): an entry for each dated link. */
encoder encode_atom;

/* The encoder of a page that is to be sent as this type; NULL, the protocol's own form, is gemtext.
 */
encoder *encode_for(const char *mime);

/* The absolute gemini:// address of a path of ours. */
void encode_address(const struct place *place, struct str path, struct buf *out);

#endif
