/* show: a page as a protocol would send it, without a server. */
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "encode/encode.h"
#include "page/route.h"

static const struct form {
	const char *name, *mime;
} FORMS[] = {
	{ "gemini", "text/gemini" },
	{ "gopher", "application/gopher-menu" },
	{ "text", "text/plain" },
	{ "finger", "text/plain" },
};

static const struct form *
find_form(const char *name)
{
	for (size_t i = 0; i < COUNT(FORMS); i++)
		if (!name || strcmp(name, FORMS[i].name) == 0)
			return &FORMS[i];
	return NULL;
}

static void
copy_file(const struct answer *answer)
{
	char piece[16384];
	ssize_t n;

	while ((n = read(answer->fd, piece, sizeof piece)) > 0)
		fwrite(piece, 1, (size_t)n, stdout);
	close(answer->fd);
}

static int
show(struct config *c, const struct form *form, const struct view *v, const struct answer *answer)
{
	struct place place = { .host = v->base.host,
		.port = v->base.port,
		.gopher_host = v->base.host,
		.gopher_port = 70 };
	struct buf out = { 0 };

	switch (answer->kind) {
	case ANSWER_PAGE:
		encode_for(answer->mime ? answer->mime : form->mime)(&answer->page, &place, &out);
		fwrite(out.p, 1, out.n, stdout);
		buf_end(&out);
		return EXIT_OK;
	case ANSWER_BYTES:
		fwrite(answer->bytes.p, 1, answer->bytes.n, stdout);
		return EXIT_OK;
	case ANSWER_FILE:
		copy_file(answer);
		return EXIT_OK;
	case ANSWER_INPUT:
		printf("%.*s\n", STR_ARG(answer->words));
		return EXIT_OK;
	case ANSWER_MOVED:
	case ANSWER_SEE:
		printf("%.*s\n", STR_ARG(answer->target));
		return EXIT_OK;
	case ANSWER_GONE:
		return complain(EXIT_FOUND, "%s: gone: %.*s", c->argv[1], STR_ARG(answer->words));
	default:
		return complain(EXIT_FOUND,
			"%s: nothing is at this address; see almagest show /index.gmi, or almagest "
			"check if its record may hold an error",
			c->argv[1]);
	}
}

int
cmd_show(struct config *c)
{
	const struct form *form = find_form(c->as);
	struct answer answer;
	struct view v;

	if (c->argc != 2)
		return complain(
			EXIT_USAGE, "usage: almagest show PATH, such as /people/tri-dao.gmi");
	if (!form)
		return complain(EXIT_USAGE,
			"--as %s: unknown form; expected gemini, gopher, text or finger", c->as);
	if (!command_settings(c))
		return EXIT_FOUND;
	struct store *store = command_store(c);

	if (!store)
		return EXIT_FOUND;
	command_answer(c, store, str_of(c->argv[1]), &v, &answer);
	int status = show(c, form, &v, &answer);

	store_close(store);
	return status;
}
