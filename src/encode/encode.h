/* encode: a page in, bytes out; one function per form, all of the same shape. */
#ifndef ENCODE_ENCODE_H
#define ENCODE_ENCODE_H

#include "base/buf.h"
#include "page/page.h"

/* Where the page is served, for forms that need absolute addresses. */
struct place {
	struct str host; /* of Gemini */
	unsigned port;
	struct str gopher_host;
	unsigned gopher_port;
	bool ascii;      /* marks that an encoder adds are ASCII, too */
	size_t columns;  /* of plain text; 0: 70 */
	struct str base; /* stands before every path in absolute addresses and selectors: "/~ada" */
};

typedef void encoder(const struct page *page, const struct place *place, struct buf *out);

/* text/gemini (Gemini specification 0.24.1): relative links, LF line ends. */
encoder encode_gemtext;

/* A Gopher menu (RFC 1436), CRLF line ends, closed by a dot: info lines of at most 67 columns, link
 * names of at most 66. */
encoder encode_menu;

/* A menu as the file that static Gopher servers make one from: a gophermap (gophernicus,
 * pygopherd), or an index.gph (geomyidae). What leads to a search or to chance names the live
 * server. */
void encode_gophermap(struct str menu, const struct place *place, struct buf *out);
void encode_gph(struct str menu, const struct place *place, struct buf *out);

/* A line of a menu that leads nowhere; the text is one line without TAB. And the dot that closes.
 */
void encode_info(struct buf *out, struct str text);
void encode_menu_end(struct buf *out);

/* The selector of a path of ours: "/people/tri-dao" for "/people/tri-dao.gmi", empty for the home
 * page. */
struct str encode_selector(struct arena *a, struct str path);

/* Plain text of at most place->columns: links are numbered, their addresses stand at the end. */
encoder encode_text;

/* Atom (RFC 4287): an entry for each dated link. */
encoder encode_atom;

/* The encoder of a page that is to be sent as this type; NULL, the protocol's own form, is gemtext.
 */
encoder *encode_for(const char *mime);

/* The absolute gemini:// address of a path of ours. */
void encode_address(const struct place *place, struct str path, struct buf *out);

#endif
