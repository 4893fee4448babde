/* openalex: an author object of https://api.openalex.org/authors/A..., and the lists of works that
 * its works_api_url leads to; in one file or several, in any order. */
#include <stdlib.h>

#include "edit/json_in.h"

enum { TOPICS_MOST = 5 };

static const struct {
	const char *type, *kind;
} KINDS_OF_OPENALEX[] = { { "book", "book" }, { "dataset", "dataset" },
	{ "software", "repository" }, { "other", "page" } };

static struct str
kind_of(struct str type)
{
	for (size_t i = 0; i < COUNT(KINDS_OF_OPENALEX); i++)
		if (str_eq(type, str_of(KINDS_OF_OPENALEX[i].type)))
			return str_of(KINDS_OF_OPENALEX[i].kind);
	return STR("paper");
}

/* "https://openalex.org/A5023888391" is "A5023888391". */
static struct str
last_step(struct str url)
{
	size_t slash = str_find_last(url, '/');

	return str_sub(url, slash < url.n ? slash + 1 : 0, url.n);
}

static void
add_author(struct reader *r, json_t *author, struct imported *into)
{
	struct arena *a = r->arena;
	json_t *list, *one;
	struct str orcid = json_text_at(a, author, "orcid");
	size_t i;

	into->name = import_text(a, json_text_at(a, author, "display_name"), 120);
	list = json_at(author, "display_name_alternatives");
	json_array_foreach(list, i, one)
	{
		struct str alias = import_text(a, json_text_at(a, one, ""), 120);

		if (!str_eq(alias, into->name))
			import_once(a, &into->aliases, alias, 30);
	}
	list = json_at(author, "last_known_institutions");
	json_array_foreach(list, i, one) import_once(a, &into->organizations,
		import_text(a, json_text_at(a, one, "display_name"), 120), 8);
	import_once(a, &into->organizations,
		import_text(a, json_text_at(a, author, "last_known_institution/display_name"), 120),
		8);
	list = json_at(author, "topics");
	json_array_foreach(list, i, one) import_once(a, &into->topics,
		import_text(a, json_text_at(a, one, "display_name"), 80), TOPICS_MOST);
	if (orcid.n)
		*vec_add(a, &into->links) =
			(struct entry){ .name.text = STR("orcid"), .note.text = last_step(orcid) };
	*vec_add(a, &into->links) = (struct entry){ .name.text = STR("openalex"),
		.note.text = last_step(json_text_at(a, author, "id")) };
}

static void
add_work(struct reader *r, json_t *item, struct imported *into)
{
	struct arena *a = r->arena;
	json_t *list, *one;
	struct reference work = { .title = json_text_at(a, item, "title"),
		.kind = kind_of(json_text_at(a, item, "type")),
		.year = json_text_at(a, item, "publication_year"),
		.doi = json_text_at(a, item, "doi"),
		.venue = json_text_at(a, item, "primary_location/source/display_name") };
	struct str cited = json_text_at(a, item, "cited_by_count");
	size_t i;

	if (work.title.n == 0)
		work.title = json_text_at(a, item, "display_name");
	if (str_starts(work.venue, STR("arXiv")))
		work.venue = STR("");
	str_number(cited, 100000000, &work.cited);
	list = json_at(item, "locations");
	json_array_foreach(list, i, one)
	{
		struct str url = json_text_at(a, one, "landing_page_url");

		if (work.arxiv.n == 0 && str_find_str(url, STR("arxiv.org/abs/")) < url.n)
			work.arxiv = url;
	}
	if (work.doi.n == 0)
		work.url = json_text_at(a, item, "primary_location/landing_page_url");
	list = json_at(item, "authorships");
	json_array_foreach(list, i, one)
	{
		struct str name = json_text_at(a, one, "author/display_name");

		*vec_add(a, &work.authors) =
			name.n ? name : json_text_at(a, one, "raw_author_name");
	}
	import_add(r, into, work);
}

/* What an object or list is, is told by what it has. */
static bool
add_any(struct reader *r, json_t *root, struct imported *into, int depth)
{
	json_t *one;
	size_t i;
	bool found = false;

	if (depth > 3)
		return false;
	if (json_is_array(root)) {
		json_array_foreach(root, i, one) found = add_any(r, one, into, depth + 1) || found;
		return found;
	}
	if (json_at(root, "authorships")) {
		add_work(r, root, into);
		return true;
	}
	if (json_at(root, "display_name") &&
		(json_at(root, "works_count") || json_at(root, "works_api_url"))) {
		add_author(r, root, into);
		found = true;
	}
	static const char *const INSIDE[] = { "author", "works", "results" };

	for (i = 0; i < COUNT(INSIDE); i++)
		if ((one = json_at(root, INSIDE[i])))
			found = add_any(r, one, into, depth + 1) ||
				(json_is_array(one) && json_array_size(one) == 0) || found;
	return found;
}

static int
by_citations(const void *a, const void *b)
{
	const struct reference *x = a, *y = b;

	if (x->cited != y->cited)
		return x->cited > y->cited ? -1 : 1;
	return str_cmp(x->title, y->title);
}

bool
import_openalex(struct reader *r, struct str bytes, struct imported *into)
{
	json_t *root = json_read(r, bytes);

	if (!root)
		return false;
	bool found = add_any(r, root, into, 0);

	json_decref(root);
	/* who is cited most is read first, as a beginning */
	if (into->works.n)
		qsort(into->works.v, into->works.n, sizeof *into->works.v, by_citations);
	if (!found)
		reader_problem(r, PROBLEM_ERROR, 1, 1, STR(""),
			"no author and no works of OpenAlex here; expected the JSON of "
			"https://api.openalex.org/authors/ID or of its works_api_url");
	return found;
}
