/* err: why something failed, in words for a person. The innermost place sets it, callers may add
 * where it happened, and the first cause sticks. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
	char text[512]; /* empty: nothing went wrong */
};

/* Says what is wrong, unless something was said before. Always false, so: return err_set(...). */
bool err_set(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "where: " in front. Always false. */
bool err_in(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
