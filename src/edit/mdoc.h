/* mdoc: a manual page as text for a terminal, where no man(1) needs to know it. It reads what our
 * own pages are written in, a part of mdoc(7). */
#ifndef EDIT_MDOC_H
#define EDIT_MDOC_H

#include "base/arena.h"
#include "base/buf.h"

/* `styled`: headings and words to type in bold, words to replace underlined. */
void mdoc_text(struct buf *out, struct str page, size_t columns, bool styled);

#endif
