/* screen: what a terminal can do for a reader: bold headings, links to click (OSC 8), a pager, a
 * view that follows what changes. Escape sequences are only ever added to a text, never in place of
 * a part of it. */
#ifndef EDIT_SCREEN_H
#define EDIT_SCREEN_H

#include "edit/watch.h"
#include "encode/encode.h"

/* Of the terminal that is standard output; 24 and 80 where it does not say. */
void screen_size(size_t *rows, size_t *columns);

/* A page for reading on the screen: wrapped, headings bold, links in their place with an arrow. */
void screen_page(const struct page *page, const struct place *place, struct buf *out);

/* The same text with its headings bold and its links to click. `address` is the absolute one of the
 * page, for relative links. */
void screen_gemtext(struct str text, struct str address, struct buf *out);
void screen_menu(struct str menu, struct buf *out);
void screen_text(struct str text, struct buf *out);

/* Writes it to standard output: through $PAGER (less) when it has more lines than the screen. */
void screen_show(struct str text);

/* Shows what `make` gives, again whenever the folder changes, from the first line that changed on;
 * until q or Ctrl-C. */
typedef void screen_maker(void *context, struct buf *out);
void screen_follow(const char *folder, const char *title, screen_maker *make, void *context);

#endif
