/* The header of a server's answer: a verdict for every beginning, none that changes with more; and
 * a redirect never leaves the server. */
#include <stdint.h>
#include <stdlib.h>

#include "base/uri.h"
#include "proto/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_beginnings(struct str in, enum parse verdict, size_t size)
{
	struct answer answer;

	for (size_t n = 0; n < in.n; n++) {
		enum parse early = answer_parse(str_sub(in, 0, n), &answer);

		if (early == PARSE_DONE && (verdict != PARSE_DONE || answer.size != size))
			abort();
		if (early == PARSE_BAD && verdict != PARSE_BAD)
			abort();
	}
}

static void
check_redirect(struct arena *a, struct str to)
{
	struct str path, decoded, resolved;

	if (!answer_follow(a, STR("gemini://host:1966"), STR("/people/a%20b.gmi?x"), to, &path))
		return;
	if (path.n == 0 || path.p[0] != '/' || path.n > ANSWER_META ||
		str_find(path, '\r') < path.n || str_find(path, '\n') < path.n ||
		str_find(path, ' ') < path.n || str_find(path, '#') < path.n)
		abort();
	/* asked for as it is, it is the same page */
	if (!uri_decode(a, path, &decoded) || !uri_resolve_path(a, decoded, &resolved) ||
		!str_eq(resolved, decoded))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str in = { (const char *)data, n };
	struct arena a = { 0 };
	struct answer answer = { 0 };
	enum parse verdict = answer_parse(in, &answer);

	if (verdict == PARSE_MORE && in.n >= ANSWER_MOST)
		abort();
	if (verdict == PARSE_DONE) {
		if (answer.size > ANSWER_MOST || answer.meta.n > ANSWER_META ||
			answer.status < 10 || answer.status > 69 ||
			str_find_str(answer.meta, STR("\r\n")) < answer.meta.n)
			abort();
		check_redirect(&a, answer.meta);
	}
	check_beginnings(str_sub(in, 0, ANSWER_MOST + 1), verdict, answer.size);
	check_redirect(&a, str_sub(in, 0, ANSWER_META));
	arena_end(&a);
	return 0;
}
