/* schema: the rows of schema.h as arrays. */
#include "catalog/schema.h"

const char *const SOURCE_KINDS[] = { "paper", "project", "repository", "book", "course", "talk",
	"dataset", "page", NULL };

// clang-format off
#define ROW(owner, member, key, type, need, longest, most, help, example) \
	{ key, FIELD_##type, need, longest, most, offsetof(struct owner, member), help, example },

#define PERSON_ROW(...) ROW(person, __VA_ARGS__)
static const struct field PERSON[] = { PERSON_FIELDS(PERSON_ROW) };

#define CITATION_ROW(...) ROW(citation, __VA_ARGS__)
static const struct field CITATION[] = { SOURCE_FIELDS(CITATION_ROW) };

#define IN_SOURCE_ROW(member, ...) ROW(source_file, source.member, __VA_ARGS__)
#define SOURCE_FILE_ROW(...) ROW(source_file, __VA_ARGS__)
static const struct field SOURCE_FILE[] = { SOURCE_FIELDS(IN_SOURCE_ROW) SOURCE_FILE_FIELDS(SOURCE_FILE_ROW) };

#define SUBJECT_ROW(...) ROW(subject, __VA_ARGS__)
static const struct field TOPIC[] = { SUBJECT_FIELDS(SUBJECT_ROW) TOPIC_FIELDS(SUBJECT_ROW) };
static const struct field ORGANIZATION[] = { SUBJECT_FIELDS(SUBJECT_ROW) ORGANIZATION_FIELDS(SUBJECT_ROW) };

#define SETTINGS_ROW(...) ROW(settings, __VA_ARGS__)
static const struct field CAPSULE[] = { CAPSULE_FIELDS(SETTINGS_ROW) };
static const struct field LOCAL[] = { LOCAL_FIELDS(SETTINGS_ROW) };

const struct kind
	KIND_PERSON = { "record", "people", PERSON, COUNT(PERSON), sizeof(struct person), "A researcher" },
	KIND_SOURCE = { "source", "sources", SOURCE_FILE, COUNT(SOURCE_FILE), sizeof(struct source_file), "A source" },
	KIND_TOPIC = { "topic", "topics", TOPIC, COUNT(TOPIC), sizeof(struct subject), "A topic" },
	KIND_ORGANIZATION = { "organization", "organizations", ORGANIZATION, COUNT(ORGANIZATION), sizeof(struct subject), "An organization" },
	KIND_CITATION = { "citation", NULL, CITATION, COUNT(CITATION), sizeof(struct citation), "A source in Start Here" },
	KIND_CAPSULE = { "settings", NULL, CAPSULE, COUNT(CAPSULE), sizeof(struct settings), "Settings of the directory (capsule.yaml)" },
	KIND_LOCAL = { "local", NULL, LOCAL, COUNT(LOCAL), sizeof(struct settings), "Settings of the machine (local.yaml)" };
// clang-format on

const struct field *
kind_field(const struct kind *kind, struct str key)
{
	/* most differ in their first letter */
	for (size_t i = 0; key.n && i < kind->n; i++)
		if (kind->fields[i].key[0] == key.p[0] && str_eq(key, str_of(kind->fields[i].key)))
			return &kind->fields[i];
	return NULL;
}

const struct former FORMER[] = {
	{ &KIND_LOCAL, "cache", "cache_mib" }, /* end */
};
const size_t FORMER_N = COUNT(FORMER);

const struct field *
kind_former(const struct kind *kind, struct str key)
{
	for (size_t i = 0; i < FORMER_N; i++)
		if (FORMER[i].kind == kind && str_eq(key, str_of(FORMER[i].was)))
			return kind_field(kind, str_of(FORMER[i].is));
	return NULL;
}
