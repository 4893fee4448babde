/* ascii: UTF-8 for terminals that know ASCII alone. */
#ifndef ENCODE_ASCII_H
#define ENCODE_ASCII_H

#include "page/page.h"
#include "base/buf.h"

/* Appends s in ASCII: letters without their marks (Ré is Re), Greek and Cyrillic by sound, quotes,
 * dashes and dots as they are typed, anything else as its code point in brackets. */
void encode_ascii(struct buf *out, struct str s);

/* Turns all lines of a page into ASCII, before they are wrapped. */
void encode_ascii_page(struct page *page);

#endif
