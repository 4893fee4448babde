/* clock: time that only goes forward for deadlines, and calendar dates for records. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/arena.h"

/* Milliseconds since some moment; never goes back. */
int64_t clock_ms(void);
int64_t clock_us(void); /* the same in microseconds */

/* The time in UTC, YYYY-MM-DDTHH:MM:SSZ. */
struct str clock_now(char text[32]);

/* The day it will be in UTC after so many hours, YYYY-MM-DD. SOURCE_DATE_EPOCH in the environment,
 * when set, is taken for now. */
struct str clock_day(struct arena *a, int hours);

/* Whether s is a day of the calendar, YYYY-MM-DD, from 1000 to 9999. */
bool clock_is_date(struct str s);

#endif
