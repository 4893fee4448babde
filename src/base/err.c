/* err: one fixed line of text, so that reporting a failure cannot fail. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
err_set(struct err *e, const char *format, ...)
{
	va_list args;

	if (e->text[0])
		return false;
	va_start(args, format);
	vsnprintf(e->text, sizeof e->text, format, args);
	va_end(args);
	return false;
}

bool
err_in(struct err *e, const char *format, ...)
{
	char where[256], was[sizeof e->text];
	va_list args;

	va_start(args, format);
	vsnprintf(where, sizeof where, format, args);
	va_end(args);
	memcpy(was, e->text, sizeof was);
	was[sizeof was - 1] = '\0';
	if (snprintf(e->text, sizeof e->text, "%s: %s", where, was) < 0)
		e->text[0] = '\0';
	return false;
}
