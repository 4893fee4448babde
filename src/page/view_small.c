/* view_small: the pages of a few lines: somebody at random, the editor's own pages, files, and what
 * crawlers ask for. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system.h"

#include "page/view.h"

void
view_random(const struct view *v, struct answer *answer)
{
	uint64_t any = 0;
	struct card card;

	if (getentropy(&any, sizeof any) != 0 ||
		!query_nth_person(v->store, v->arena, any, &card)) {
		answer->kind = ANSWER_SEE;
		answer->target = STR("/index.gmi");
		return;
	}
	answer->kind = ANSWER_SEE;
	answer->target = view_person_path(v, card.slug);
}

void
view_own_page(const struct view *v, struct answer *answer)
{
	struct str bytes;

	if (!query_page(v->store, v->arena, v->name, &bytes))
		return;
	struct page *p = view_page(v, answer);

	page_gemtext(p, bytes);
	view_foot(v, p);
}

static void
text(struct answer *answer, struct str bytes)
{
	answer->kind = ANSWER_BYTES;
	answer->bytes = bytes;
	answer->mime = "text/plain";
}

/* Robots exclusion for Gemini: crawlers stay out of pages that are made on the spot, never out of
 * the directory. */
void
view_robots(const struct view *v, struct answer *answer)
{
	(void)v;
	text(answer,
		STR("User-agent: *\nDisallow: /search\nDisallow: /connect\nDisallow: /random\n"));
}

void
view_favicon(const struct view *v, struct answer *answer)
{
	(void)v;
	text(answer, STR("🔭\n"));
}

/* ---- files ---- */

static const struct file_type {
	const char *ending, *mime;
	char type; /* of a Gopher item */
} TYPES[] = {
	{ "gmi", "text/gemini", '0' },
	{ "txt", "text/plain", '0' },
	{ "md", "text/plain", '0' },
	{ "yaml", "text/plain", '0' },
	{ "bib", "text/plain", '0' },
	{ "xml", "text/xml", '0' },
	{ "html", "text/html", 'h' },
	{ "png", "image/png", 'I' },
	{ "jpg", "image/jpeg", 'I' },
	{ "jpeg", "image/jpeg", 'I' },
	{ "webp", "image/webp", 'I' },
	{ "svg", "image/svg+xml", 'I' },
	{ "gif", "image/gif", 'g' },
	{ "mp3", "audio/mpeg", 's' },
	{ "ogg", "audio/ogg", 's' },
	{ "pdf", "application/pdf", 'd' },
	{ "zip", "application/zip", '9' },
	{ "gz", "application/gzip", '9' },
	{ "gpub", "application/gpub+zip", '9' },
};

static const struct file_type *
type_of(struct str path)
{
	static const struct file_type OTHER = { "", "application/octet-stream", '9' };
	struct str ending = str_sub(path, str_find_last(path, '.') + 1, path.n);

	for (size_t i = 0; i < COUNT(TYPES); i++)
		if (str_eq_nocase(ending, str_of(TYPES[i].ending)))
			return &TYPES[i];
	return &OTHER;
}

char
view_file_type(struct str path)
{
	return type_of(path)->type;
}

const char *
view_file_mime(struct str path)
{
	return type_of(path)->mime;
}

/* A folder on the way to a file is not read, only gone through. */
#ifdef O_PATH
enum { THROUGH = O_PATH | O_DIRECTORY | O_CLOEXEC };
#else
enum { THROUGH = O_RDONLY | O_DIRECTORY | O_CLOEXEC };
#endif

/* Opens path beneath the folder: one step at a time, no links, no dot names, so that nothing
 * outside is reached. */
static int
open_beneath(struct arena *a, const char *folder, struct str path)
{
	int dir = open(folder, THROUGH);
	struct str step;

	while (dir >= 0 && str_cut(&path, '/', &step)) {
		bool last = path.p == NULL;
		int next = -1;

		if (step.n && step.p[0] != '.')
			next = openat(dir, arena_str(a, step).p,
				O_NOFOLLOW | (last ? O_RDONLY | O_CLOEXEC | O_NONBLOCK : THROUGH));
		close(dir);
		dir = next;
	}
	return dir;
}

void
view_open(struct arena *a, const char *folder, struct str path, struct answer *answer)
{
	struct stat st;
	int fd = -1;

	if (path.n && !memchr(path.p, '\0', path.n))
		fd = open_beneath(a, folder, path);
	if (fd < 0)
		return;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	answer->kind = ANSWER_FILE;
	answer->fd = fd;
	answer->size = (uint64_t)st.st_size;
	answer->mime = type_of(path)->mime;
}

void
view_file(const struct view *v, struct answer *answer)
{
	view_open(v->arena, arena_printf(v->arena, "%s/files", v->capsule).p, v->name, answer);
}
