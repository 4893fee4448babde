/* names: pure functions; every rule that a path is refused by stands here. */
#include "mirror/names.h"

#include "base/text.h"
#include "base/uri.h"
#include "base/utf8.h"
#include "mirror/manifest.h"

enum { ADDRESS_MOST = 700 }; /* bytes of a path as it is asked for, so that it fits a request */

const char *const NAMES_FOLDERS[] = { "organizations", "people", "sources", "topics", "pages",
	"files", NULL };

static bool
hidden(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		int32_t c = utf8_next(s, &i);

		if (utf8_is_control(c) || utf8_is_hidden(c) || c == '\\')
			return true;
	}
	return false;
}

/* A folder that only parts others: short and plain. */
static bool
is_shard(struct str name)
{
	return text_is_slug(name);
}

const char *
names_wrong(struct str path)
{
	struct str rest = path, step = STR(""), folder;
	size_t steps = 0;

	if (path.n == 0)
		return "is empty";
	if (path.n > MANIFEST_PATH_MOST)
		return "is too long";
	if (utf8_bad(path) < path.n)
		return "is not UTF-8";
	if (hidden(path))
		return "holds a control, hidden or backslash character";
	if (str_eq(path, STR("capsule.yaml")))
		return NULL;
	folder = str_sub(path, 0, str_find(path, '/'));
	bool known = false;

	for (size_t i = 0; NAMES_FOLDERS[i]; i++)
		known = known || str_eq(folder, str_of(NAMES_FOLDERS[i]));
	if (!known || folder.n == path.n)
		return "is in no folder of a capsule";
	bool files = str_eq(folder, STR("files"));

	while (str_cut(&rest, '/', &step)) {
		if (step.n == 0 || step.p[0] == '.' || step.n > 250)
			return "has a step that is empty, too long, or begins with a dot";
		if (rest.p && !files && !is_shard(step))
			return "lies in a folder whose name is no slug (lower-case letters, digits "
			       "and single '-')";
		steps++;
	}
	if (steps > 16)
		return "is too deep";
	if (files)
		return NULL;
	struct str ending = str_eq(folder, STR("pages")) ? STR(".gmi") : STR(".yaml");

	if (!str_ends(step, ending) || !text_is_slug(str_sub(step, 0, step.n - ending.n)))
		return "is no name of a record";
	return NULL;
}

bool
names_fit(struct str path)
{
	struct arena a = { 0 };
	bool good = path.n <= MANIFEST_PATH_MOST && utf8_bad(path) == path.n &&
		uri_encode_path(&a, path).n <= ADDRESS_MOST;

	for (size_t i = 0; good && i < path.n;)
		good = !utf8_is_control(utf8_next(path, &i));
	arena_end(&a);
	return good;
}

struct str
names_meet(struct names_met *met, struct str path)
{
	struct arena *a = &met->arena;
	struct str folded = text_caseless(a, path), own = arena_str(a, path);

	for (size_t i = str_find(folded, '/') + 1; i <= folded.n; i++) {
		bool folder = i < folded.n;

		if (folder && folded.p[i] != '/')
			continue;
		size_t *at = map_at(a, &met->at, str_sub(folded, 0, i));

		if (*at == (size_t)MAP_NONE) {
			*at = met->all.n;
			*vec_add(a, &met->all) = (struct name_met){ own, folder };
		} else if (!folder || !met->all.v[*at].folder)
			return met->all.v[*at].path;
	}
	return (struct str){ 0 };
}

struct str
names_bundle_part(struct arena *a, size_t part)
{
	return part == 0    ? STR("index")
		: part == 1 ? STR("0-9")
			    : arena_printf(a, "%c", (char)('a' + part - 2));
}
