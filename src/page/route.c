/* route: the table of section 5 of the design, first match wins. '*' stands for a name without '/',
 * "**" for any path. */
#include "page/route.h"

enum { PAGE_BYTES = 64 * 1024 - 1 }; /* of a page as gemtext, at most */

static const struct route {
	struct str before, after; /* what stands before and after the name */
	enum { NAME_NONE, NAME_ONE, NAME_PATH } name;
	bool parts; /* the name may end in "--N" */
	char type;  /* of NAME_PATH: its file's */
	view_fn *view;
} ROUTES[] = {
#define FIXED(path, type, view) \
	{ \
		STR_INIT(path), STR_INIT(""), NAME_NONE, false, type, view \
	}
#define NAMED(before, after, parts, type, view) \
	{ \
		STR_INIT(before), STR_INIT(after), NAME_ONE, parts, type, view \
	}
#define BELOW(before, after, view) \
	{ \
		STR_INIT(before), STR_INIT(after), NAME_PATH, false, 0, view \
	}
	FIXED("/index.gmi", '1', view_home),
	FIXED("/search.gmi", '7', view_search),
	NAMED("/search", ".gmi", true, '7', view_search),
	FIXED("/connect.gmi", '7', view_connect),
	FIXED("/changes.gmi", '1', view_changes),
	FIXED("/atom.xml", '0', view_atom),
	FIXED("/random.gmi", '1', view_random),
	FIXED("/mirror/index.gmi", '1', view_mirror),
	FIXED("/robots.txt", '0', view_robots),
	FIXED("/favicon.txt", '0', view_favicon),
	FIXED("/people/index.gmi", '1', view_people),
	NAMED("/names/", ".gmi", true, '1', view_names),
	NAMED("/people/", ".gmi", false, '1', view_person),
	NAMED("/people/", ".txt", false, '0', view_person_text),
	NAMED("/people/", ".yaml", false, '0', view_person_record),
	NAMED("/people/", ".bib", false, '0', view_person_bibtex),
	FIXED("/topics/index.gmi", '1', view_topics),
	FIXED("/organizations/index.gmi", '1', view_organizations),
	FIXED("/sources/index.gmi", '1', view_sources),
	NAMED("/topics/index--", ".gmi", true, '1', view_topic_names),
	NAMED("/organizations/index--", ".gmi", true, '1', view_organization_names),
	NAMED("/sources/index--", ".gmi", true, '1', view_source_names),
	NAMED("/topics/", ".gmi", true, '1', view_topic),
	NAMED("/organizations/", ".gmi", true, '1', view_organization),
	NAMED("/sources/", ".gmi", true, '1', view_source),
	BELOW("/files/", "", view_file),
	BELOW("/mirror/withdrawn/", ".yaml", view_withdrawn),
	BELOW("/mirror/", "", view_mirror_file),
	NAMED("/", ".gmi", false, '1', view_own_page),
	/* what a mirror needs besides: the capsule's files, each at its own path */
	BELOW("/pages/", ".gmi", view_capsule_file),
	BELOW("/", ".yaml", view_capsule_file),
};

/* Takes "--N" off the end of a name; N counts from 2 and has no leading zero. */
static bool
take_part(struct str *name, size_t *part)
{
	size_t at = str_find_str(*name, STR("--"));
	unsigned long n;

	*part = 1;
	if (at == name->n)
		return true;
	struct str number = str_sub(*name, at + 2, name->n);

	if (number.n == 0 || number.p[0] == '0' || !str_number(number, 100000000, &n) || n < 2)
		return false;
	*part = n;
	*name = str_sub(*name, 0, at);
	return true;
}

static bool
matches(const struct route *route, struct str path, struct str *name, size_t *part)
{
	*part = 1;
	if (route->name == NAME_NONE)
		return str_eq(path, route->before);
	if (!str_starts(path, route->before) || !str_ends(path, route->after) ||
		path.n < route->before.n + route->after.n)
		return false;
	*name = str_sub(path, route->before.n, path.n - route->after.n);
	if (route->name == NAME_PATH)
		return true;
	if (str_find(*name, '/') < name->n)
		return false;
	if (route->parts && !take_part(name, part))
		return false;
	/* the search has no name of its own; everything else has one, behind a folder or dashes */
	char last = route->before.p[route->before.n - 1];

	return last == '/' || last == '-' ? name->n > 0 : name->n == 0;
}

static const struct route *
find_route(struct str path, struct str *name, size_t *part)
{
	for (size_t i = 0; i < COUNT(ROUTES); i++)
		if (matches(&ROUTES[i], path, name, part))
			return &ROUTES[i];
	return NULL;
}

static bool
answer_path(struct view *v, struct str path, struct answer *answer)
{
	v->path = path;
	*answer = (struct answer){ .fd = -1 };
	const struct route *route = find_route(path, &v->name, &v->part);

	if (route)
		route->view(v, answer);
	/* what an editor wrote by hand stays as it is */
	if (answer->kind == ANSWER_PAGE && route->view != view_own_page)
		page_fit(&answer->page, PAGE_BYTES);
	return answer->kind != ANSWER_NOT_FOUND;
}

/* What a path without its ending meant: moved to the page, unless the page itself has moved on. */
static bool
move_to(struct view *v, struct str path, struct answer *answer)
{
	if (!answer_path(v, path, answer))
		return false;
	if (answer->kind == ANSWER_PAGE || answer->kind == ANSWER_INPUT ||
		answer->kind == ANSWER_SEE)
		*answer = (struct answer){ .kind = ANSWER_MOVED, .target = path, .fd = -1 };
	return true;
}

void
route_answer(struct view *v, struct answer *answer)
{
	struct str path = v->path.n ? v->path : STR("/");
	struct str last = str_sub(path, str_find_last(path, '/') + 1, path.n);

	if (last.n == 0) {
		answer_path(v, arena_printf(v->arena, "%.*sindex.gmi", STR_ARG(path)), answer);
		return;
	}
	if (answer_path(v, path, answer) || str_starts(path, STR("/files/")) ||
		str_starts(path, STR("/mirror/")) || str_find(last, '.') < last.n)
		return;
	if (!move_to(v, arena_printf(v->arena, "%.*s.gmi", STR_ARG(path)), answer))
		move_to(v, arena_printf(v->arena, "%.*s/index.gmi", STR_ARG(path)), answer);
}

char
route_type(struct str path)
{
	struct str name;
	size_t part, question = str_find(path, '?');
	const struct route *route = find_route(str_sub(path, 0, question), &name, &part);

	if (!route)
		return '1';
	return route->name == NAME_PATH ? view_file_type(path) : route->type;
}

void
route_each_fixed(void (*visit)(void *context, struct str path), void *context)
{
	for (size_t i = 0; i < COUNT(ROUTES); i++)
		if (ROUTES[i].name == NAME_NONE)
			visit(context, ROUTES[i].before);
}
