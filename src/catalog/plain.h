/* plain: the form that nearly all record files have, read in one walk: keys of letters, texts on
 * one line (quoted without escapes, or not), '|' blocks, and lists and maps by indentation. */
#ifndef CATALOG_PLAIN_H
#define CATALOG_PLAIN_H

#include "catalog/yaml.h"

/* The tree that libyaml gives for bytes in which no character is forbidden; NULL where they have
 * any other form, or a mistake: then libyaml is asked. Texts lie in `a`;
 * in place, they may lie in `bytes`. */
struct node *plain_parse(struct arena *a, struct str bytes, bool in_place);

#endif
