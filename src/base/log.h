/* log: lines for the operator on standard error, each written by one write(), with every control
 * character and byte that is not UTF-8 escaped as \xHH. Times are left to who reads standard error.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buf.h"

/* "almagest: " and the text. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on each line begins with the time: for a log that nobody else dates. */
void log_with_time(bool with);

/* A line as it is, its newline included. */
void log_raw(struct str line);

/* Writes s with control characters and bad bytes escaped. */
void log_escape(struct buf *out, struct str s);

#endif
