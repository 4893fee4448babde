/* screen: escape sequences stand in one place each; a line never carries a style into the next. */
#include "edit/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/uri.h"
#include "base/utf8.h"
#include "encode/wrap.h"

#define BOLD "\033[1m"
#define PLAIN "\033[m"

void
screen_size(size_t *rows, size_t *columns)
{
	struct winsize size = { 0 };

	*rows = 24;
	*columns = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
		*rows = size.ws_row;
		*columns = size.ws_col;
	}
}

/* OSC 8: the text between leads to the address, which holds no control character and no blank. */
static void
link_begin(struct buf *out, struct str address)
{
	buf_put(out, STR("\033]8;;"));
	for (size_t i = 0; i < address.n; i++)
		if ((unsigned char)address.p[i] > 0x20 && address.p[i] != 0x7f)
			buf_char(out, address.p[i]);
	buf_put(out, STR("\033\\"));
}

static void
link_end(struct buf *out)
{
	buf_put(out, STR("\033]8;;\033\\"));
}

/* ---- a page for reading ---- */

static void
put_wrapped(struct arena *a, struct buf *out, size_t columns, const char *first, struct str text,
	const char *paint, struct str address)
{
	size_t indent = utf8_width(str_of(first));
	struct str line;

	for (bool begun = false; wrap_line(a, &text, columns - indent, &line); begun = true) {
		buf_printf(out, "%*s%s%s", begun ? (int)indent : 0, "", begun ? "" : first, paint);
		if (address.n)
			link_begin(out, address);
		buf_put(out, line);
		if (address.n)
			link_end(out);
		buf_printf(out, "%s\n", *paint ? PLAIN : "");
	}
}

void
screen_page(const struct page *page, const struct place *place, struct buf *out)
{
	size_t columns = place->columns ? place->columns : 70;

	for (size_t i = 0; i < page->n; i++) {
		const struct line *line = &page->v[i];
		struct arena *a = page->arena;
		struct buf address = { 0 };

		if (line->spaced)
			buf_char(out, '\n');
		if (line->kind == LINE_LINK && line->target.n && line->target.p[0] == '/')
			encode_address(place, line->target, &address);
		else if (line->kind == LINE_LINK)
			buf_put(&address, line->target);
		bool head = line->kind == LINE_TITLE || line->kind == LINE_HEAD ||
			line->kind == LINE_SUBHEAD;
		const char *first = line->kind == LINE_LINK ? "→ "
			: line->kind == LINE_ITEM           ? "• "
			: line->kind == LINE_QUOTE          ? "│ "
							    : "";

		if (line->kind == LINE_PRE)
			buf_printf(out, "%.*s\n", STR_ARG(line->text));
		else
			put_wrapped(a, out, columns, first,
				line->date.n ? arena_printf(a, "%.*s %.*s", STR_ARG(line->date),
						       STR_ARG(line->text))
					     : line->text,
				head ? BOLD : "", buf_str(&address));
		buf_end(&address);
	}
}

/* ---- what a protocol sends, for looking at ---- */

void
screen_gemtext(struct str text, struct str address, struct buf *out)
{
	struct arena a = { 0 };
	struct str line;
	bool preformatted = false;
	struct uri base;

	while (text.n && str_cut(&text, '\n', &line)) {
		struct str rest = str_sub(line, 2, line.n), target, full;

		preformatted = preformatted != str_starts(line, STR("```"));
		if (!preformatted && str_starts(line, STR("#")))
			buf_printf(out, BOLD "%.*s" PLAIN, STR_ARG(line));
		else if (!preformatted && str_starts(line, STR("=>")) && str_word(&rest, &target)) {
			struct str label = str_trim(rest);
			size_t at = label.n ? (size_t)(label.p - line.p) : line.n;

			full = target;
			if (!uri_is_link(target) && uri_parse(address, &base)) {
				struct str path = arena_printf(&a, "%.*s%.*s",
					(int)str_find_last(base.path, '/') + 1, base.path.p,
					STR_ARG(target));
				size_t head = (size_t)(base.path.p - address.p);

				if (uri_resolve_path(&a, path, &path))
					full = arena_printf(&a, "%.*s%.*s", (int)head, address.p,
						STR_ARG(path));
			}
			if (at == line.n) { /* no label: the address itself */
				at = (size_t)(target.p - line.p);
				label = target;
			}
			buf_put(out, str_sub(line, 0, at));
			link_begin(out, full);
			buf_put(out, label);
			link_end(out);
			buf_put(out, str_sub(line, at + label.n, line.n));
		} else
			buf_put(out, line);
		buf_char(out, '\n');
	}
	arena_end(&a);
}

/* RFC 1436: type and name, selector, host, port. */
void
screen_menu(struct str menu, struct buf *out)
{
	struct arena a = { 0 };
	struct str line;

	while (menu.n && str_cut(&menu, '\n', &line)) {
		struct str rest = line, name, selector, host, port;
		bool leads = line.n > 1 && line.p[0] != 'i' && line.p[0] != '3' &&
			str_cut(&rest, '\t', &name) && str_cut(&rest, '\t', &selector) &&
			str_cut(&rest, '\t', &host) && rest.p;

		if (leads) {
			port = str_trim(rest);
			struct str address = str_starts(selector, STR("URL:"))
				? str_sub(selector, 4, selector.n)
				: arena_printf(&a, "gopher://%.*s:%.*s/%c%.*s", STR_ARG(host),
					  STR_ARG(port), line.p[0],
					  STR_ARG(uri_encode_path(&a, selector)));

			buf_char(out, line.p[0]);
			link_begin(out, address);
			buf_put(out, str_sub(name, 1, name.n));
			link_end(out);
			buf_put(out, str_sub(line, name.n, line.n));
		} else
			buf_put(out, line);
		buf_char(out, '\n');
	}
	arena_end(&a);
}

static bool
is_underline(struct str line)
{
	size_t n = 0;

	while (n < line.n && (line.p[n] == '=' || line.p[n] == '-') && line.p[n] == line.p[0])
		n++;
	return line.n > 0 && (n == line.n || (n == line.n - 1 && line.p[n] == '\r'));
}

void
screen_text(struct str text, struct buf *out)
{
	struct str line;

	while (text.n && str_cut(&text, '\n', &line)) {
		struct str next = str_sub(text, 0, text.n ? str_find(text, '\n') : 0);
		struct str address = str_sub(line, str_find(line, ' ') + 1, line.n);

		if (line.n && is_underline(next))
			buf_printf(out, BOLD "%.*s" PLAIN, STR_ARG(line));
		else if (str_starts(line, STR("[")) && uri_is_link(str_trim(address))) {
			buf_put(out, str_sub(line, 0, line.n - address.n));
			link_begin(out, str_trim(address));
			buf_put(out, address);
			link_end(out);
		} else
			buf_put(out, line);
		buf_char(out, '\n');
	}
}

/* ---- pager ---- */

static void
write_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			s = str_sub(s, (size_t)n, s.n);
	}
}

static size_t
count_lines(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

/* As git does it: less is told to show colours, and to leave at once what fits. */
static bool
page_through(const char *pager, struct str text)
{
	int ends[2], status;
	pid_t child;

	if (pipe(ends) != 0)
		return false;
	if ((child = fork()) == 0) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		setenv("LESS", "FRX", 0);
		setenv("LESSCHARSET", "utf-8", 0);
		signal(SIGPIPE, SIG_DFL);
		execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	if (child > 0)
		write_all(ends[1], text);
	close(ends[1]);
	if (child < 0)
		return false;
	/* Ctrl-C is the pager's */
	void (*before)(int) = signal(SIGINT, SIG_IGN);

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	signal(SIGINT, before);
	return !WIFEXITED(status) || WEXITSTATUS(status) < 126;
}

void
screen_show(struct str text)
{
	const char *pager = getenv("PAGER");
	size_t rows, columns;

	screen_size(&rows, &columns);
	if (!pager)
		pager = "less";
	if (!isatty(STDOUT_FILENO) || !*pager || strcmp(pager, "cat") == 0 ||
		count_lines(text) < rows || !page_through(pager, text))
		write_all(STDOUT_FILENO, text);
}

/* ---- a view that follows ---- */

static volatile sig_atomic_t ended, resized;

static void
on_signal(int number)
{
	if (number == SIGWINCH)
		resized = 1;
	else
		ended = 1;
}

struct following {
	struct arena arena; /* of the lines */
	struct lines {
		struct str *v;
		size_t n, room;
	} lines;
	struct buf text;
	size_t top, rows, columns;
	const char *title;
};

/* Columns that a line takes, its escape sequences left out. */
static size_t
visible_width(struct arena *a, struct str line)
{
	char *shown = arena_alloc(a, line.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] != '\033') {
			shown[n++] = line.p[i];
			continue;
		}
		bool command = i + 1 < line.n && line.p[i + 1] == ']';

		for (i++; i < line.n; i++)
			if (command ? line.p[i] == '\033' : line.p[i] == 'm')
				break;
		i += command; /* ESC \ ends it */
	}
	return utf8_width((struct str){ shown, n });
}

static void
draw(struct following *f)
{
	struct buf out = { 0 };
	struct arena a = { 0 };
	size_t left, i = f->top;

	screen_size(&f->rows, &f->columns);
	buf_put(&out, STR("\033[H\033[2J"));
	for (left = f->rows - 1; i < f->lines.n; i++) {
		size_t width = visible_width(&a, f->lines.v[i]);
		size_t rows = width ? (width + f->columns - 1) / f->columns : 1;

		if (rows > left)
			break;
		left -= rows;
		buf_put(&out, f->lines.v[i]);
		buf_put(&out, STR(PLAIN "\r\n"));
	}
	buf_printf(&out,
		"\033[%zu;1H\033[7m %s  lines %zu-%zu of %zu  (q ends; arrows, space, b, g, G "
		"move) " PLAIN,
		f->rows, f->title, f->lines.n ? f->top + 1 : 0, i, f->lines.n);
	write_all(STDOUT_FILENO, buf_str(&out));
	buf_end(&out);
	arena_end(&a);
}

/* Makes the text anew, and moves to what changed where that is out of view. */
static void
refresh(struct following *f, screen_maker *make, void *context)
{
	struct arena arena = { 0 };
	struct lines lines = { 0 };
	struct buf text = { 0 };
	size_t same = 0;

	make(context, &text);
	for (struct str rest = buf_str(&text), line; rest.n && str_cut(&rest, '\n', &line);)
		*vec_add(&arena, &lines) = line;
	while (same < lines.n && same < f->lines.n && str_eq(lines.v[same], f->lines.v[same]))
		same++;
	if (f->lines.n && (same < lines.n || same < f->lines.n) &&
		(same < f->top || same + 3 > f->top + f->rows))
		f->top = same > 3 ? same - 3 : 0;
	buf_end(&f->text);
	arena_end(&f->arena);
	f->arena = arena;
	f->lines = lines;
	f->text = text;
	if (f->top >= lines.n)
		f->top = lines.n ? lines.n - 1 : 0;
}

/* False when the reader has had enough. */
static bool
take_keys(struct following *f)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof keys - 1);
	size_t page = f->rows > 3 ? f->rows - 3 : 1,
	       last = f->lines.n > page ? f->lines.n - page : 0;

	if (n <= 0)
		return false;
	for (ssize_t i = 0; i < n; i++) {
		char key = keys[i];

		if (key == '\033' && i + 2 < n && (keys[i + 1] == '[' || keys[i + 1] == 'O')) {
			i += 2;
			key = keys[i] == 'A'     ? 'k'
				: keys[i] == 'B' ? 'j'
				: keys[i] == '5' ? 'b'
				: keys[i] == '6' ? ' '
				: keys[i] == 'H' ? 'g'
				: keys[i] == 'F' ? 'G'
						 : 0;
			i += (keys[i] == '5' || keys[i] == '6') && i + 1 < n;
		}
		switch (key) {
		case 'q':
		case 3:
		case 4:
			return false;
		case 'j':
		case '\r':
			f->top += f->top < last;
			break;
		case 'k':
			f->top -= f->top > 0;
			break;
		case ' ':
			f->top = f->top + page < last ? f->top + page : last;
			break;
		case 'b':
			f->top = f->top > page ? f->top - page : 0;
			break;
		case 'g':
			f->top = 0;
			break;
		case 'G':
			f->top = last;
			break;
		default:
			break;
		}
	}
	return true;
}

void
screen_follow(const char *folder, const char *title, screen_maker *make, void *context)
{
	struct following f = { .title = title };
	struct sigaction action = { .sa_handler = on_signal };
	struct termios before, raw;
	bool keys = tcgetattr(STDIN_FILENO, &before) == 0;
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	struct watch w;

	sigaction(SIGWINCH, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (keys) {
		raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG); /* Ctrl-C is a key */
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	/* the other screen: what stood on the terminal comes back at the end */
	write_all(STDOUT_FILENO, STR("\033[?1049h\033[?25l"));
	watch_open(&w, folder);
	refresh(&f, make, context);
	while (!ended) {
		draw(&f);
		resized = 0;
		if (watch_wait(&w, keys ? STDIN_FILENO : -1))
			refresh(&f, make, context);
		else if (keys && poll(&input, 1, 0) > 0 && !take_keys(&f))
			break;
	}
	watch_close(&w);
	write_all(STDOUT_FILENO, STR("\033[?25h\033[?1049l"));
	if (keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	buf_end(&f.text);
	arena_end(&f.arena);
}
