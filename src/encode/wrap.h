/* wrap: lines of a given display width, broken where Unicode allows (UAX 14). */
#ifndef ENCODE_WRAP_H
#define ENCODE_WRAP_H

#include "base/arena.h"

/* Takes the next line of at most `columns` off *rest: broken at the last opportunity that fits; a
 * piece that has none is broken between characters (never between a letter and its marks). Nothing
 * is lost but the blanks at a break. False when *rest is used up. */
bool wrap_line(struct arena *a, struct str *rest, size_t columns, struct str *line);

/* Takes the next piece of at most `columns` off *rest, cut between characters, blanks and all.
 * False when *rest is used up. */
bool wrap_cut(struct str *rest, size_t columns, struct str *piece);

#endif
