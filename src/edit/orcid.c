/* orcid: the public record (version 3.0, application/json) of https://pub.orcid.org/v3.0/ID/record.
 */
#include "edit/json_in.h"

static const struct {
	const char *type, *kind;
} KINDS_OF_ORCID[] = { { "book", "book" }, { "data-set", "dataset" }, { "software", "repository" },
	{ "website", "page" }, { "online-resource", "page" }, { "lecture-speech", "talk" },
	{ "conference-presentation", "talk" }, { "teaching-materials", "course" } };

static struct str
kind_of(struct str type)
{
	for (size_t i = 0; i < COUNT(KINDS_OF_ORCID); i++)
		if (str_eq(type, str_of(KINDS_OF_ORCID[i].type)))
			return str_of(KINDS_OF_ORCID[i].kind);
	return STR("paper");
}

static void
add_person(struct reader *r, json_t *person, struct imported *into)
{
	struct arena *a = r->arena;
	struct str name = json_text_at(a, person, "name/credit-name/value");
	struct str given = json_text_at(a, person, "name/given-names/value");
	struct str family = json_text_at(a, person, "name/family-name/value");
	struct str full = import_text(a, import_name(a, given, family), 120);
	json_t *list, *one;
	size_t i;

	into->name = name.n ? import_text(a, name, 120) : full;
	if (!str_eq(full, into->name))
		import_once(a, &into->aliases, full, 30);
	list = json_at(person, "other-names/other-name");
	json_array_foreach(list, i, one) import_once(
		a, &into->aliases, import_text(a, json_text_at(a, one, "content"), 120), 30);
	list = json_at(person, "keywords/keyword");
	json_array_foreach(list, i, one) import_once(
		a, &into->topics, import_text(a, json_text_at(a, one, "content"), 80), 12);
	into->summary = import_text(a, json_text_at(a, person, "biography/content"), 1900);
	list = json_at(person, "researcher-urls/researcher-url");
	json_array_foreach(list, i, one) * vec_add(a, &into->links) =
		(struct entry){ .name.text = i == 0
				? STR("homepage")
				: import_text(a, json_text_at(a, one, "url-name"), 80),
			.note.text = str_trim(json_text_at(a, one, "url/value")) };
}

/* Where the person works now. */
static void
add_employments(struct reader *r, json_t *employments, struct imported *into)
{
	struct arena *a = r->arena;
	json_t *groups = json_at(employments, "affiliation-group"), *group;
	size_t i;

	json_array_foreach(groups, i, group)
	{
		json_t *job = json_at(group, "summaries/0/employment-summary");
		struct str place = import_text(a, json_text_at(a, job, "organization/name"), 120);
		struct str role = import_text(a, json_text_at(a, job, "role-title"), 100);
		json_t *end = json_at(job, "end-date");

		if (!job || (end && !json_is_null(end)))
			continue;
		import_once(a, &into->organizations, place, 8);
		if (into->role.n == 0 && role.n && place.n)
			into->role = import_text(a,
				arena_printf(a, "%.*s at %.*s", STR_ARG(role), STR_ARG(place)),
				200);
	}
}

static void
add_group(struct reader *r, json_t *group, struct imported *into)
{
	struct arena *a = r->arena;
	json_t *summary = json_at(group, "work-summary/0");
	json_t *ids = json_at(group, "external-ids/external-id"), *id;
	struct reference work = { .title = json_text_at(a, summary, "title/title/value"),
		.kind = kind_of(json_text_at(a, summary, "type")),
		.year = json_text_at(a, summary, "publication-date/year/value"),
		.venue = json_text_at(a, summary, "journal-title/value"),
		.url = json_text_at(a, summary, "url/value") };
	size_t i;

	if (json_array_size(ids) == 0)
		ids = json_at(summary, "external-ids/external-id");
	json_array_foreach(ids, i, id)
	{
		struct str type = json_text_at(a, id, "external-id-type");
		struct str value = json_text_at(a, id, "external-id-value");
		struct str relation = json_text_at(a, id, "external-id-relationship");

		if (relation.n && !str_eq_nocase(relation, STR("self")))
			continue;
		if (str_eq_nocase(type, STR("doi")) && work.doi.n == 0)
			work.doi = value;
		else if (str_eq_nocase(type, STR("arxiv")) && work.arxiv.n == 0)
			work.arxiv = value;
	}
	import_add(r, into, work);
}

bool
import_orcid(struct reader *r, struct str bytes, struct imported *into)
{
	struct arena *a = r->arena;
	json_t *root = json_read(r, bytes), *groups, *group;
	size_t i;

	if (!root)
		return false;
	struct str orcid = json_text_at(a, root, "orcid-identifier/path");

	if (orcid.n == 0 || !json_is_object(json_at(root, "person"))) {
		json_decref(root);
		reader_problem(r, PROBLEM_ERROR, 1, 1, STR(""),
			"no ORCID record here; expected the JSON of "
			"https://pub.orcid.org/v3.0/ID/record");
		return false;
	}
	add_person(r, json_at(root, "person"), into);
	*vec_add(a, &into->links) = (struct entry){ .name.text = STR("orcid"), .note.text = orcid };
	add_employments(r, json_at(root, "activities-summary/employments"), into);
	groups = json_at(root, "activities-summary/works/group");
	json_array_foreach(groups, i, group) add_group(r, group, into);
	json_decref(root);
	return true;
}
