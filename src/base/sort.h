/* sort: large arrays whose order lies in texts elsewhere. The first bytes of each are looked at
 * once and decide nearly always, so that comparing seldom leaves the cache. */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stdint.h>

#include "base/str.h"

enum { SORT_KEY = 16 }; /* bytes */

/* Puts the first bytes of what an element is sorted by into key (zeroed), whose bytewise order must
 * not contradict that of the elements; where two keys are equal, `compare` (as of qsort) decides.
 */
typedef void sort_key(const void *element, char key[SORT_KEY]);
void
sort_by_key(void *v, size_t n, size_t size, sort_key *key, int compare(const void *, const void *));

/* For qsort: by the int64_t that an element begins with. */
int sort_by_number(const void *a, const void *b);

/* A number, which takes 8 bytes of a key. */
void sort_key_number(char key[SORT_KEY], size_t at, uint64_t number);
/* As much of a text as fits a key from its byte `at` on. */
void sort_key_text(char key[SORT_KEY], size_t at, struct str text);

#endif
