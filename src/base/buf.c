/* buf: a byte string that grows by doubling up to its ceiling. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Room for n more bytes, and one for the NUL of vsnprintf(). */
static bool
reserve(struct buf *b, size_t n)
{
	size_t most = b->most ? b->most : BUF_MOST;

	if (b->over || n > most || b->n > most - n) {
		b->over = true;
		return false;
	}
	size_t need = b->n + n + 1, room = b->room ? b->room : 256;

	if (need <= b->room)
		return true;
	while (room < need)
		room *= 2;
	char *p = realloc(b->p, room);

	if (!p) {
		fputs("almagest: out of memory\n", stderr);
		abort();
	}
	b->p = p;
	b->room = room;
	return true;
}

void
buf_put(struct buf *b, struct str s)
{
	if (s.n == 0 || !reserve(b, s.n))
		return;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void
buf_char(struct buf *b, char c)
{
	buf_put(b, (struct str){ &c, 1 });
}

void
buf_number(struct buf *b, uint64_t number)
{
	char room[STR_DIGITS];

	buf_put(b, str_digits(room, number));
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	size_t room = b->room - b->n;

	/* where it most often fits, it is written once */
	va_start(args, format);
	int n = vsnprintf(room ? b->p + b->n : NULL, room, format, args);
	va_end(args);
	if (n < 0 || !reserve(b, (size_t)n))
		return;
	if ((size_t)n < room) {
		b->n += (size_t)n;
		return;
	}
	va_start(args, format);
	vsnprintf(b->p + b->n, (size_t)n + 1, format, args);
	va_end(args);
	b->n += (size_t)n;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n >= b->n)
		b->n = 0;
	else {
		memmove(b->p, b->p + n, b->n - n);
		b->n -= n;
	}
}

void
buf_end(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .most = b->most };
}
