/* log: one line, one write; nothing that a stranger sent reaches a terminal as it came. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

void
log_escape(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		int32_t c = utf8_next(s, &i);

		if (c != UTF8_BAD && !utf8_is_control(c) && !utf8_is_hidden(c))
			buf_put(out, str_sub(s, from, i));
		else
			for (size_t k = from; k < i; k++)
				buf_printf(out, "\\x%02x", (unsigned char)s.p[k]);
	}
}

void
log_raw(struct str line)
{
	while (write(STDERR_FILENO, line.p, line.n) < 0 && errno == EINTR)
		;
}

static bool with_time;

void
log_with_time(bool with)
{
	with_time = with;
}

void
log_line(const char *format, ...)
{
	char text[2048];
	va_list args;
	struct buf line = { .most = 8192 };

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (with_time) {
		char now[32];

		buf_put(&line, clock_now(now));
		buf_char(&line, ' ');
	}
	buf_put(&line, STR("almagest: "));
	log_escape(&line, str_of(text));
	buf_char(&line, '\n');
	log_raw(buf_str(&line));
	buf_end(&line);
}
