/* search: the search page as text. */
#include <stdio.h>

#include "base/uri.h"
#include "command.h"
#include "encode/encode.h"
#include "page/route.h"

int
cmd_search(struct config *c)
{
	struct buf words = { 0 }, out = { 0 };
	struct answer answer;
	struct view v;

	if (c->argc < 2)
		return complain(EXIT_USAGE, "usage: almagest search WORDS");
	if (!command_settings(c))
		return EXIT_FOUND;
	struct store *store = command_store(c, STR(""));

	if (!store)
		return EXIT_FOUND;
	for (int i = 1; i < c->argc; i++)
		buf_printf(&words, "%s%s", i > 1 ? " " : "", c->argv[i]);
	command_answer(c, store,
		arena_printf(c->arena, "/search.gmi?%.*s",
			STR_ARG(uri_encode_query(c->arena, buf_str(&words)))),
		&v, &answer);
	bool page = answer.kind == ANSWER_PAGE;

	if (page) {
		struct place place = { .host = v.base.host, .port = v.base.port };

		encode_text(&answer.page, &place, &out);
	}
	bool whole = command_store_close(c, store);

	if (whole && page)
		fwrite(out.p, 1, out.n, stdout);
	buf_end(&words);
	buf_end(&out);
	if (!whole)
		return EXIT_FOUND;
	return page ? EXIT_OK : complain(EXIT_USAGE, "a search needs at least one letter or digit");
}
