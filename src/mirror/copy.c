/* copy: route_answer() gives each page, the encoders of the protocols write it: what is copied is
 * equal to what is served by construction. Only what is made for each reader anew, and what moves a
 * reader on, becomes a small page of its own. */
#include "mirror/copy.h"

#include <unistd.h>

#include "catalog/list.h"
#include "page/every.h"
#include "page/route.h"

struct making {
	struct copy *c;
	struct tree *tree;
	struct arena arena; /* of one page */
	struct err *e;
	bool good;
};

static bool
wanted(const struct making *m, struct str path)
{
	return !m->c->wanted || m->c->wanted(m->c->context, path);
}

static bool
put(struct making *m, struct str path, struct str bytes)
{
	m->good = m->good && m->tree->put(m->tree, path, bytes, m->e);
	if (m->c->progress)
		m->c->progress(m->c->context, m->tree->files);
	return m->good;
}

/* "/people/x.gmi" is the file people/x.gmi. */
static struct str
file_of(struct str path)
{
	return str_sub(path, 1, path.n);
}

/* ---- one page ---- */

static void
put_menu(struct making *m, const struct page *page, struct str path)
{
	struct buf menu = { 0 }, map = { 0 }, gph = { 0 };
	struct str folder = file_of(encode_selector(&m->arena, path));
	const char *between = folder.n ? "/" : "";

	encode_menu(page, &m->c->place, &menu);
	encode_gophermap(buf_str(&menu), &m->c->place, &map);
	encode_gph(buf_str(&menu), &m->c->place, &gph);
	put(m, arena_printf(&m->arena, "%.*s%sgophermap", STR_ARG(folder), between), buf_str(&map));
	put(m, arena_printf(&m->arena, "%.*s%sindex.gph", STR_ARG(folder), between), buf_str(&gph));
	buf_end(&menu);
	buf_end(&map);
	buf_end(&gph);
}

/* "topics/x.gmi" is x.txt as text. */
static struct str
text_name(struct making *m, struct str path)
{
	struct str file = file_of(path);

	return str_ends(file, STR(".gmi"))
		? arena_printf(&m->arena, "%.*s.txt", (int)(file.n - 4), file.p)
		: file;
}

static void
put_page(struct making *m, struct str path, const struct page *page, const char *mime,
	bool has_text /* at an address of its own */)
{
	struct copy *c = m->c;
	struct buf out = { 0 };

	if (c->gemini || mime) {
		encode_for(mime)(page, &c->place, &out);
		put(m, file_of(path), buf_str(&out));
	}
	if (c->text && !mime && !has_text) {
		buf_drop(&out, out.n);
		encode_text(page, &c->place, &out);
		put(m, text_name(m, path), buf_str(&out));
	}
	buf_end(&out);
	if (c->gopher && !mime)
		put_menu(m, page, path);
}

static bool
answer(struct making *m, struct str path, struct answer *answer)
{
	struct view v = m->c->view;

	v.arena = &m->arena;
	v.path = path;
	route_answer(&v, answer);
	return answer->kind != ANSWER_NOT_FOUND;
}

/* ---- pages that a copy has instead ---- */

static struct page *
own_page(struct making *m, struct str path, struct str title, struct answer *answer)
{
	struct view v = m->c->view;

	v.arena = &m->arena;
	v.path = path;
	*answer = (struct answer){ .fd = -1 };
	struct page *p = view_page(&v, answer);

	page_add(p, LINE_TITLE, title);
	return p;
}

static void
end_page(struct making *m, struct str path, struct page *p)
{
	struct view v = m->c->view;

	v.arena = &m->arena;
	v.path = path;
	view_foot(&v, p);
	put_page(m, path, p, NULL, false);
}

static struct str
live_address(struct making *m, struct str path)
{
	struct buf out = { 0 };

	encode_address(&m->c->place, path, &out);
	struct str address = arena_str(&m->arena, buf_str(&out));

	buf_end(&out);
	return address;
}

/* What is made for each reader: where the live directory makes it. A menu asks that server itself,
 * gemtext names its address. */
static void
put_live(struct making *m, struct str path, enum word title)
{
	struct copy only = *m->c, *whole = m->c;
	struct str name = view_word(&m->c->view, title);

	for (int menu = 0; menu < 2; menu++) {
		struct answer answer;
		struct page *p = own_page(m, path, name, &answer);

		only = *whole;
		only.gopher = whole->gopher && menu;
		only.gemini = whole->gemini && !menu;
		only.text = whole->text && !menu;
		page_add(p, LINE_TEXT, view_word(&m->c->view, WORD_COPY_LIVE));
		page_link(p, menu ? path : live_address(m, path), name);
		m->c = &only;
		end_page(m, path, p);
		m->c = whole;
	}
}

static void
put_old(struct making *m, struct str path)
{
	struct answer found, made;

	if (!answer(m, path, &found))
		return;
	struct str name = str_sub(path, str_find_last(path, '/') + 1, path.n);
	struct page *p = own_page(m, path, str_sub(name, 0, name.n - 4), &made);

	if (found.kind == ANSWER_MOVED) {
		page_add(p, LINE_TEXT, view_word(&m->c->view, WORD_COPY_MOVED));
		page_link(p, found.target, live_address(m, found.target));
	} else if (found.kind == ANSWER_GONE)
		page_add(p, LINE_TEXT, found.words);
	else
		return;
	end_page(m, path, p);
}

/* ---- all paths ---- */

static bool
visit(void *context, struct str path, enum every_kind kind)
{
	struct making *m = context;
	struct answer found;

	if (!wanted(m, path))
		return true;
	switch (kind) {
	case EVERY_LIVE:
		put_live(m, path,
			str_starts(path, STR("/search"))            ? WORD_SEARCH
				: str_starts(path, STR("/connect")) ? WORD_CONNECT
								    : WORD_RANDOM);
		break;
	case EVERY_OLD:
		put_old(m, path);
		break;
	default:
		if (!answer(m, path, &found))
			break;
		if (found.kind == ANSWER_PAGE)
			put_page(m, path, &found.page, found.mime,
				str_starts(path, STR("/people/")) &&
					!str_eq(path, STR("/people/index.gmi")));
		else if (found.kind == ANSWER_BYTES)
			put(m, file_of(path), found.bytes);
		else if (found.kind == ANSWER_FILE) {
			m->good =
				m->tree->put_fd(m->tree, file_of(path), found.fd, found.size, m->e);
			close(found.fd);
		}
	}
	arena_end(&m->arena);
	return m->good;
}

/* A record that stands at its own address is there already, as one of its person's pages. */
static bool
is_page(struct str path)
{
	struct str below = str_sub(path, 7, path.n);

	return str_starts(path, STR("people/")) && str_find(below, '/') == below.n;
}

static void
put_files(struct making *m)
{
	struct buf after = { 0 };
	struct str last;

	do {
		struct kept_files files = { 0 };

		list_files(m->c->view.store, &m->arena, buf_str(&after), &files, &last);
		for (size_t i = 0; m->good && i < files.n; i++) {
			const struct kept_file *kept = &files.v[i];
			struct arena a = { 0 };
			struct kept_file file;
			struct str bytes, path = kept->path;

			if (kept->withdrawn && !m->c->withdrawn_in_place)
				path = arena_printf(
					&a, "mirror/withdrawn/%.*s", STR_ARG(kept->path));
			if ((kept->withdrawn || !is_page(kept->path)) &&
				wanted(m, arena_printf(&a, "/%.*s", STR_ARG(kept->path))) &&
				list_file(m->c->view.store, &a, kept->path, &file, &bytes))
				put(m, path, bytes);
			arena_end(&a);
		}
		buf_drop(&after, after.n);
		buf_put(&after, last);
		arena_end(&m->arena);
	} while (m->good && after.n);
	buf_end(&after);
}

/* ---- the book ---- */

static void
put_metadata(struct making *m)
{
	const struct settings *s = &m->c->view.settings;
	struct str day = list_newest_day(m->c->view.store, &m->arena), title = s->title.text;
	struct buf out = { 0 };

	if (title.n == 0)
		title = view_word(&m->c->view, WORD_DIRECTORY);
	buf_printf(&out, "title: %.*s\ngpubVersion: 1.0.0\nindex: contents.gmi\ncharset: UTF-8\n",
		STR_ARG(title));
	buf_printf(&out, "language: %.*s\n",
		STR_ARG(s->language.text.n ? s->language.text : STR("en")));
	if (s->intro.text.n)
		buf_printf(&out, "description: %.*s\n",
			STR_ARG(str_sub(s->intro.text, 0, str_find(s->intro.text, '\n'))));
	if (day.n)
		buf_printf(&out, "revisionDate: %.*s\n", STR_ARG(day));
	if (s->licence.text.n)
		buf_printf(&out, "license: %.*s\n", STR_ARG(s->licence.text));
	put(m, STR("metadata.txt"), buf_str(&out));
	buf_end(&out);
}

struct contents {
	struct making *m;
	struct buf out;
};

static void
put_entry(struct contents *c, struct str path, struct str label)
{
	if (wanted(c->m, path))
		buf_printf(&c->out, "=> %.*s %.*s\n", STR_ARG(file_of(path)), STR_ARG(label));
}

static void
put_heading(struct contents *c, enum word word)
{
	buf_printf(&c->out, "\n## %.*s\n", STR_ARG(view_word(&c->m->c->view, word)));
}

static void
put_people(struct contents *c)
{
	struct store *store = c->m->c->view.store;
	struct cards cards;
	size_t from = 0;

	do {
		cards = (struct cards){ 0 };
		query_people(
			store, &c->m->arena, STR(""), (struct range){ from, LIST_RUN }, &cards);
		for (size_t i = 0; i < cards.n; i++)
			put_entry(c,
				view_person_path(
					&(struct view){ .arena = &c->m->arena }, cards.v[i].slug),
				cards.v[i].name);
		from += cards.n;
		arena_end(&c->m->arena);
	} while (cards.n);
}

static void
put_things(struct contents *c, enum shared_kind kind)
{
	struct store *store = c->m->c->view.store;
	struct things things = { 0 };

	query_things(store, &c->m->arena, kind, STR(""),
		(struct range){ 0, query_things_count(store, kind) }, &things);
	for (size_t i = 0; i < things.n; i++)
		put_entry(c,
			view_thing_path(
				&(struct view){ .arena = &c->m->arena }, kind, things.v[i].slug),
			things.v[i].name);
	arena_end(&c->m->arena);
}

/* The reading order: home, everyone from A to Z, then what they share. Each page once. */
static void
put_contents(struct making *m)
{
	const struct view *v = &m->c->view;
	struct contents c = { .m = m };
	struct str title =
		v->settings.title.text.n ? v->settings.title.text : view_word(v, WORD_DIRECTORY);

	buf_printf(&c.out, "# %.*s\n\n", STR_ARG(title));
	put_entry(&c, STR("/index.gmi"), view_word(v, WORD_HOME));
	put_entry(&c, STR("/people/index.gmi"), view_word(v, WORD_EVERYONE));
	put_heading(&c, WORD_PEOPLE);
	put_people(&c);
	put_heading(&c, WORD_TOPICS);
	put_entry(&c, STR("/topics/index.gmi"), view_word(v, WORD_ALL_TOPICS));
	put_things(&c, SHARED_TOPIC);
	put_heading(&c, WORD_ORGANIZATIONS);
	put_entry(&c, STR("/organizations/index.gmi"), view_word(v, WORD_ALL_ORGANIZATIONS));
	put_things(&c, SHARED_ORGANIZATION);
	put_heading(&c, WORD_SOURCES);
	put_entry(&c, STR("/sources/index.gmi"), view_word(v, WORD_ALL_SOURCES));
	put_things(&c, SHARED_SOURCE);
	put(m, STR("contents.gmi"), buf_str(&c.out));
	buf_end(&c.out);
}

bool
copy_make(struct copy *c, struct tree *tree, struct err *e)
{
	struct making m = { .c = c, .tree = tree, .e = e, .good = true };

	c->view.arena = &m.arena; /* of headings, which come from the settings */
	if (c->book) {
		put_metadata(&m);
		put_contents(&m);
	}
	if (m.good)
		m.good = every_path(&c->view, visit, &m, e) && m.good;
	if (m.good && c->files)
		put_files(&m);
	if (m.good && c->about_mirror && wanted(&m, STR("/mirror/index.gmi")))
		put_live(&m, STR("/mirror/index.gmi"), WORD_OFFLINE);
	arena_end(&m.arena);
	return m.good;
}
