/* mirror: a copy of a directory on the network, once or again and again. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "command.h"
#include "mirror/mirror.h"
#include "net/client.h"

enum { EXIT_REFUSED = 3, CONNECTIONS = 4, PAUSE_MOST_MS = 3600 * 1000, DEADLINE_MOST_S = 86400 };

/* A number and the letter of a unit: "30m" with "s1 m60 h3600". */
static bool
number_with_unit(const char *text, const char *letters, const uint64_t *units, uint64_t *n)
{
	struct str s = str_of(text);
	unsigned long value;
	const char *letter = s.n ? strchr(letters, s.p[s.n - 1]) : NULL;

	if (letter)
		s.n--;
	if (!str_number(s, 1000000000, &value) || value == 0)
		return false;
	*n = value * (letter ? units[letter - letters] : units[0]);
	return true;
}

struct shown {
	int64_t next;
	bool any;
};

static void
show_progress(void *context, uint64_t done, uint64_t all)
{
	struct shown *shown = context;

	if (clock_ms() < shown->next)
		return;
	shown->next = clock_ms() + 500;
	shown->any = true;
	fprintf(stderr, "\r%llu of %llu files ", (unsigned long long)done, (unsigned long long)all);
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void
tell(const struct mirror_report *r, enum mirror_end end)
{
	if (end == MIRROR_CHANGED)
		printf("changed: %llu file%s written%s, %llu removed; ",
			(unsigned long long)r->written, plural(r->written),
			r->bundle ? " (from the bundle)" : "", (unsigned long long)r->removed);
	if (end == MIRROR_UNCHANGED)
		printf("unchanged: ");
	if (end <= MIRROR_CHANGED)
		printf("%llu file%s, generation %.16s\n", (unsigned long long)r->files,
			plural(r->files), r->generation);
}

static int
run_once(const struct config *c, const struct mirror_wish *wanted)
{
	struct mirror_wish wish = *wanted;
	struct shown shown = { .next = clock_ms() + 1000 };
	struct mirror_report r;
	struct err e = { 0 };

	if (isatty(STDERR_FILENO)) {
		wish.progress = show_progress;
		wish.context = &shown;
	}
	enum mirror_end end = mirror_run(&wish, &r, &e);

	if (shown.any)
		fputs("\r\033[K", stderr);
	tell(&r, end);
	if (c->own.verbose)
		printf("%llu request%s, %llu bytes, %llu handshake%s resumed\n",
			(unsigned long long)r.requests, plural(r.requests),
			(unsigned long long)r.received, (unsigned long long)r.resumed,
			plural(r.resumed));
	fflush(stdout);
	if (end > MIRROR_CHANGED)
		complain(EXIT_FOUND, "%s: %s", wish.dir, e.text);
	if (r.now[0])
		fprintf(stderr,
			"  known: %s\n  now:   %s\nIf whoever runs it says that this is right: "
			"--accept-key %s\n",
			r.known, r.now, r.now);
	return end == MIRROR_REFUSED ? EXIT_REFUSED : end == MIRROR_FAILED ? EXIT_FOUND : EXIT_OK;
}

/* Until it is refused: what fails may be mended by then. */
static int
run_always(const struct config *c, struct mirror_wish *wish, uint64_t seconds)
{
	int status;

	while ((status = run_once(c, wish)) != EXIT_REFUSED) {
		int64_t until = clock_ms() + (int64_t)seconds * 1000;

		wish->accept = STR(""); /* it is the known one now */
		for (int64_t left; (left = until - clock_ms()) > 0;)
			poll(NULL, 0, left > PAUSE_MOST_MS ? PAUSE_MOST_MS : (int)left);
	}
	return status;
}

int
cmd_mirror(struct config *c)
{
	static const uint64_t SECONDS[] = { 1, 60, 3600, 86400 },
			      BYTES[] = { 1, 1 << 10, 1 << 20, 1 << 30 };
	struct mirror_wish wish = { .connections = CONNECTIONS,
		.deadline_ms = CLIENT_DEADLINE_MS,
		.most = (uint64_t)4 << 30 };
	uint64_t every = 0, deadline = 0, n = 0;

	if (c->argc != 3)
		return complain(EXIT_USAGE,
			"usage: almagest mirror gemini://HOST/ DIR, such as almagest mirror "
			"gemini://directory.example.org/ copy");
	if (c->own.every && !number_with_unit(c->own.every, "smhd", SECONDS, &every))
		return complain(EXIT_USAGE, "--every %s: expected a time, such as 30m, 12h or 1d",
			c->own.every);
	if (c->own.deadline &&
		(!number_with_unit(c->own.deadline, "smh", SECONDS, &deadline) ||
			deadline > DEADLINE_MOST_S))
		return complain(EXIT_USAGE, "--deadline %s: expected a time, such as 30s or 2m",
			c->own.deadline);
	if (c->own.max_size && !number_with_unit(c->own.max_size, "BKMG", BYTES, &wish.most))
		return complain(EXIT_USAGE, "--max-size %s: expected a size, such as 500M or 4G",
			c->own.max_size);
	if (c->own.parallel &&
		(!number_with_unit(c->own.parallel, "", SECONDS, &n) ||
			n > CLIENT_CONNECTIONS_MOST))
		return complain(EXIT_USAGE, "--parallel %s: expected 1 to %d", c->own.parallel,
			CLIENT_CONNECTIONS_MOST);
	if (n)
		wish.connections = (unsigned)n;
	if (deadline)
		wish.deadline_ms = (int)deadline * 1000;
	wish.accept = str_of(c->own.accept_key);
	if (c->own.accept_key && wish.accept.n != CLIENT_KEY)
		return complain(EXIT_USAGE,
			"--accept-key: expected the %d hex digits that the refusal names",
			CLIENT_KEY);
	wish.url = str_of(c->argv[1]);
	wish.dir = c->argv[2];
	return every ? run_always(c, &wish, every) : run_once(c, &wish);
}
