/* clock: POSIX clocks, and the one calendar rule that a date needs. */
#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

int64_t
clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_ms(void)
{
	return clock_us() / 1000;
}

struct str
clock_now(char text[32])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	return (struct str){ text, strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) };
}

struct str
clock_day(struct arena *a, int hours)
{
	const char *fixed = getenv("SOURCE_DATE_EPOCH");
	time_t now = fixed ? (time_t)strtoll(fixed, NULL, 10) : time(NULL);
	char *p = arena_alloc(a, 16);
	struct tm day;

	now += (time_t)hours * 3600;
	gmtime_r(&now, &day);
	return (struct str){ p, strftime(p, 16, "%Y-%m-%d", &day) };
}

bool
clock_is_date(struct str s)
{
	static const unsigned char DAYS[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned long year, month, day;

	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' ||
		!str_number(str_sub(s, 0, 4), 9999, &year) ||
		!str_number(str_sub(s, 5, 7), 12, &month) ||
		!str_number(str_sub(s, 8, 10), 31, &day))
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1000 && month >= 1 && day >= 1 &&
		day <= (unsigned)DAYS[month - 1] + (month == 2 && leap);
}
