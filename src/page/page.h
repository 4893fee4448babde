/* page: a page as neutral lines. It is built once; encoders turn its lines into gemtext, a menu or
 * text. */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H

#include "base/arena.h"

enum line_kind {
	LINE_TITLE, /* the one title, first */
	LINE_HEAD,
	LINE_SUBHEAD,
	LINE_TEXT, /* a paragraph */
	LINE_ITEM, /* of a list */
	LINE_QUOTE,
	LINE_PRE, /* a line of preformatted text */
	LINE_LINK
};

struct line {
	enum line_kind kind;
	struct str text;   /* one line, no control characters; of LINE_PRE as it is */
	struct str target; /* LINE_LINK: a path of ours ("/people/tri-dao.gmi", "?query" may
			      follow), or a URL; LINE_PRE: what the block is about, on its first
			      line */
	struct str date;   /* LINE_LINK: YYYY-MM-DD of an entry of a feed, else empty */
	struct str ascii;  /* what a terminal without the text's script gets instead; or empty */
	bool spaced;       /* an empty line stands before it */
};

struct page {
	struct arena *arena;  /* of the lines and their texts */
	struct str path;      /* "/people/tri-dao.gmi": what its links are relative to */
	struct str language;  /* BCP 47 */
	struct str directory; /* the name of the whole */
	struct line *v;
	size_t n, room;
	bool space_owed;
};

/* Appends a line; control characters in it become blanks, and an empty text adds nothing. */
void page_add(struct page *p, enum line_kind kind, struct str text);
void page_addf(struct page *p, enum line_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void page_link(struct page *p, struct str target, struct str label);
void page_linkf(struct page *p, struct str target, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void page_entry(struct page *p, struct str target, struct str date, struct str label);

/* Says the last line otherwise where only ASCII is known. */
void page_ascii(struct page *p, struct str text);

/* Paragraphs joined by '\n' become a line each. */
void page_paragraphs(struct page *p, struct str text);

/* An empty line before the next one. */
void page_space(struct page *p);

/* Makes the page fit into so many bytes of gemtext, where long lines can be shortened ('…'): the
 * longest labels of links first, then texts; at last long addresses. A page that fits is left as it
 * is. */
void page_fit(struct page *p, size_t most);

/* The lines of a gemtext document (Gemini specification, "text/gemini"), its relative links
 * resolved against p->path. */
void page_gemtext(struct page *p, struct str bytes);

#endif
