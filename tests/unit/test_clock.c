/* Time that goes forward, and days of the calendar. */
#include "rows.h"

#include "base/clock.h"

static const struct date_row {
	const char *what;
	struct str s;
	bool is;
} DATES[] = {
	{ "a day", STR_INIT("2026-07-01"), true },
	{ "the first day there is", STR_INIT("1000-01-01"), true },
	{ "the last day there is", STR_INIT("9999-12-31"), true },
	{ "a year before the first", STR_INIT("0999-12-31"), false },
	{ "the year nought", STR_INIT("0000-01-01"), false },
	{ "a leap day", STR_INIT("2024-02-29"), true },
	{ "a leap day in a common year", STR_INIT("2023-02-29"), false },
	{ "a leap day in a century", STR_INIT("1900-02-29"), false },
	{ "a leap day in a fourth century", STR_INIT("2000-02-29"), true },
	{ "the 31st of a short month", STR_INIT("2026-04-31"), false },
	{ "the 31st of a long month", STR_INIT("2026-12-31"), true },
	{ "the 32nd", STR_INIT("2026-01-32"), false },
	{ "the day nought", STR_INIT("2026-01-00"), false },
	{ "the month nought", STR_INIT("2026-00-01"), false },
	{ "the 13th month", STR_INIT("2026-13-01"), false },
	{ "a month of one digit", STR_INIT("2026-7-01"), false },
	{ "another order", STR_INIT("01-07-2026"), false },
	{ "slashes", STR_INIT("2026/07/01"), false },
	{ "a time behind it", STR_INIT("2026-07-01T00:00:00Z"), false },
	{ "a blank behind it", STR_INIT("2026-07-01 "), false },
	{ "a sign in front", STR_INIT("-026-07-01"), false },
	{ "a plus for a digit", STR_INIT("2026-+7-01"), false },
	{ "digits of another script", STR_INIT("\xd9\xa1\xd9\xa2-07-01"), false },
	{ "nothing", STR_INIT(""), false },
};

static void
a_day_is_known(void **state)
{
	const struct date_row *row = *state;
	struct str s = exact_copy(row->s);

	assert_int_equal(clock_is_date(s), row->is);
	free_exact(s);
}

static const struct day_row {
	const char *what, *epoch;
	int hours;
	struct str expected;
} DAYS[] = {
	{ "the first second of 1970", "0", 0, STR_INIT("1970-01-01") },
	{ "the last second of a day", "86399", 0, STR_INIT("1970-01-01") },
	{ "the first second of the next", "86400", 0, STR_INIT("1970-01-02") },
	{ "fourteen hours on is tomorrow", "1782856800", 14, STR_INIT("2026-07-01") },
	{ "now is today", "1782856800", 0, STR_INIT("2026-06-30") },
	{ "a leap day comes", "1709164800", 0, STR_INIT("2024-02-29") },
};

static void
the_day_is_told(void **state)
{
	const struct day_row *row = *state;
	struct arena a = { 0 };

	assert_int_equal(setenv("SOURCE_DATE_EPOCH", row->epoch, 1), 0);
	struct str day = clock_day(&a, row->hours);

	assert_str(day, row->expected);
	assert_true(clock_is_date(day));
	unsetenv("SOURCE_DATE_EPOCH");
	assert_true(clock_is_date(clock_day(&a, row->hours)));
	arena_end(&a);
}

static void
time_never_goes_back(void **state)
{
	int64_t before = clock_ms();

	(void)state;
	assert_true(before > 0);
	for (int i = 0; i < 100000; i++) {
		int64_t now = clock_ms();

		assert_true(now >= before);
		before = now;
	}
}

static void
now_is_a_day_and_a_time(void **state)
{
	char text[32];
	struct str now = clock_now(text);

	(void)state;
	assert_int_equal(now.n, 20);
	assert_true(clock_is_date(str_sub(now, 0, 10)));
	assert_str(str_sub(now, 10, 11), STR("T"));
	assert_str(str_sub(now, 19, 20), STR("Z"));
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, DATES, a_day_is_known);
	add_rows(&s, DAYS, the_day_is_told);
	add_row(&s, "time never goes back", time_never_goes_back);
	add_row(&s, "now is a day and a time in UTC", now_is_a_day_and_a_time);
	return run_suite(&s, "clock", NULL, NULL);
}
