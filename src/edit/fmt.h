/* fmt: a record in its one canonical form: keys in the order of the table, lists in lines, texts
 * folded at FMT_COLUMNS, quotes only where needed; comments stay with what they are about. */
#ifndef EDIT_FMT_H
#define EDIT_FMT_H

#include "catalog/record.h"

enum { FMT_COLUMNS = 100 };

/* The canonical form of a file of that kind. False, with the reason among the reader's problems,
 * when the file holds an error or its form would change what it says. */
bool fmt_record(struct reader *r, const struct kind *kind, struct str bytes, struct buf *out);

/* Writes a text as a YAML scalar that means it in any reader: plain where it can be, else quoted.
 * It goes on from display column `column` (from 0), and folds at blanks to lines indented by
 * `indent`. */
void fmt_scalar(struct buf *out, struct str text, size_t column, size_t indent);

/* The kind of a file by its place in a capsule ("people/a/ada.yaml"); NULL for any other. */
const struct kind *fmt_kind(struct str path);

#endif
