/* csl: CSL-JSON (citation style language 1.0.2, csl-data.json): what Zotero, Mendeley and
 * https://doi.org/ give. */
#include "edit/json_in.h"

static const struct {
	const char *type, *kind;
} KINDS_OF_CSL[] = { { "book", "book" }, { "dataset", "dataset" }, { "software", "repository" },
	{ "webpage", "page" }, { "post", "page" }, { "post-weblog", "page" }, { "speech", "talk" },
	{ "broadcast", "talk" }, { "motion_picture", "talk" }, { "interview", "talk" } };

static struct str
kind_of(struct str type)
{
	for (size_t i = 0; i < COUNT(KINDS_OF_CSL); i++)
		if (str_eq(type, str_of(KINDS_OF_CSL[i].type)))
			return str_of(KINDS_OF_CSL[i].kind);
	return STR("paper");
}

static struct str
name_of(struct arena *a, json_t *author)
{
	static const char *const PARTS[] = { "dropping-particle", "non-dropping-particle", "family",
		"suffix" };
	struct str family = STR("");

	if (json_at(author, "literal"))
		return json_text_at(a, author, "literal");
	for (size_t i = 0; i < COUNT(PARTS); i++) {
		struct str part = json_text_at(a, author, PARTS[i]);

		if (part.n)
			family = arena_printf(a, "%.*s%s%.*s", STR_ARG(family), family.n ? " " : "",
				STR_ARG(part));
	}
	return import_name(a, json_text_at(a, author, "given"), family);
}

/* The first four digits in a row. */
static struct str
year_in(struct str text)
{
	size_t run = 0;

	for (size_t i = 0; i < text.n; i++) {
		run = text.p[i] >= '0' && text.p[i] <= '9' ? run + 1 : 0;
		if (run == 4)
			return str_sub(text, i - 3, i + 1);
	}
	return STR("");
}

static void
add_item(struct reader *r, json_t *item, struct imported *into)
{
	struct arena *a = r->arena;
	json_t *authors = json_at(item, "author"), *author = NULL;
	struct str archive = json_text_at(a, item, "archive");
	struct reference work = { .title = json_text_at(a, item, "title"),
		.kind = kind_of(json_text_at(a, item, "type")),
		.url = json_text_at(a, item, "URL"),
		.doi = json_text_at(a, item, "DOI"),
		.venue = json_text_at(a, item, "container-title"),
		.year = json_text_at(a, item, "issued/date-parts/0/0") };
	size_t i;

	if (work.title.n == 0) /* a DOI's resolver may give a list */
		work.title = json_text_at(a, item, "title/0");
	if (work.venue.n == 0)
		work.venue = json_text_at(a, item, "container-title/0");
	if (work.year.n == 0)
		work.year = year_in(json_text_at(a, item, "issued/raw"));
	if (work.year.n == 0)
		work.year = year_in(json_text_at(a, item, "issued/literal"));
	if (str_eq_nocase(archive, STR("arXiv")))
		work.arxiv = json_text_at(a, item, "archive_location");
	if (str_starts(json_text_at(a, item, "number"), STR("arXiv:")))
		work.arxiv = json_text_at(a, item, "number");
	json_array_foreach(authors, i, author) * vec_add(a, &work.authors) = name_of(a, author);
	import_add(r, into, work);
}

bool
import_csl(struct reader *r, struct str bytes, struct imported *into)
{
	json_t *root = json_read(r, bytes), *items = root, *item;
	size_t i, before = into->works.n + into->left_out;

	if (!root)
		return false;
	if (json_is_object(root) && json_is_array(json_at(root, "items")))
		items = json_at(root, "items");
	if (json_is_array(items))
		json_array_foreach(items, i, item)
		{
			if (json_is_object(item))
				add_item(r, item, into);
		}
	else if (json_is_object(root) && json_at(root, "type"))
		add_item(r, root, into);
	json_decref(root);
	if (into->works.n + into->left_out > before)
		return true;
	reader_problem(r, PROBLEM_ERROR, 1, 1, STR(""),
		"no references here; expected a list of CSL items, each with a type and a title");
	return false;
}
