/* fit: the rules by which manifests list and mirrors take names, told to who can still rename. */
#include "mirror/fit.h"

#include <unistd.h>

#include "base/file.h"
#include "base/uri.h"
#include "catalog/load.h"
#include "mirror/names.h"
#include "page/view.h"

enum { ASKED_MOST = 1024 }; /* Gemini, "Requests" */

struct fitting {
	struct problems *ps;
	const char *capsule;
	const struct place *place;
	struct names_met own; /* of files/ */
};

static size_t
address_bytes(const struct fitting *f, struct str path)
{
	struct arena a = { 0 };
	struct buf url = { 0 };

	encode_address(
		f->place, uri_encode_path(&a, arena_printf(&a, "/%.*s", STR_ARG(path))), &url);
	size_t n = url.n;

	buf_end(&url);
	arena_end(&a);
	return n;
}

/* Whether readers are given the file: one of files/ that is no way out of it, or one that the
 * directory is made of. What is wrong with other names is told where they are read. */
static bool
is_served(const struct fitting *f, struct str path)
{
	struct arena a = { 0 };
	struct answer answer = { .fd = -1 };
	const struct folder *folder = folder_of(path);
	struct reading reading = { .folder = folder, .path = path, .slug = slug_of_path(path) };

	if (folder) {
		bool good = reading_named(&reading, &a);

		arena_end(&a);
		return good;
	}
	view_open(&a, arena_printf(&a, "%s/files", f->capsule).p,
		str_sub(path, STR("files/").n, path.n), &answer);
	if (answer.fd >= 0)
		close(answer.fd);
	arena_end(&a);
	return answer.kind == ANSWER_FILE;
}

static void
look_at(struct fitting *f, struct str path)
{
	struct arena *a = f->ps->arena;
	const char *wrong = names_wrong(path);
	size_t bytes = address_bytes(f, path);

	if (bytes > ASKED_MOST)
		problem_add(f->ps, PROBLEM_WARNING, arena_str(a, path), 1, 1, STR(""),
			"its address has %zu bytes, and a request holds %d: nobody can ask for it; "
			"give it a shorter name",
			bytes, ASKED_MOST);
	else if (!names_fit(path))
		problem_add(f->ps, PROBLEM_WARNING, arena_str(a, path), 1, 1, STR(""),
			"%s: mirrors go without the file; rename it",
			wrong ? wrong : "is too long in an address");
	else if (wrong)
		problem_add(f->ps, PROBLEM_WARNING, arena_str(a, path), 1, 1, STR(""),
			"%s: mirrors refuse the directory; rename it", wrong);
	else if (!folder_of(path)) {
		struct str other = names_meet(&f->own, path);

		if (other.p)
			problem_add(f->ps, PROBLEM_WARNING, arena_str(a, path), 1, 1, STR(""),
				"on disks that do not tell case apart this is %.*s, too: mirrors "
				"refuse the directory; rename one of the two",
				STR_ARG(other));
	}
}

void
fit_add(struct problems *ps, const char *capsule, const struct place *place)
{
	struct fitting f = { .ps = ps, .capsule = capsule, .place = place };

	for (size_t i = 0; NAMES_FOLDERS[i]; i++) {
		struct arena a = { 0 };
		struct names names = { 0 };
		struct err unheard = { 0 };

		/* what cannot be listed is told by who reads it */
		file_tree(&a, arena_printf(&a, "%s/%s", capsule, NAMES_FOLDERS[i]).p, &names,
			&unheard);
		for (size_t k = 0; k < names.n; k++) {
			struct str path =
				arena_printf(&a, "%s/%.*s", NAMES_FOLDERS[i], STR_ARG(names.v[k]));

			if (is_served(&f, path))
				look_at(&f, path);
		}
		arena_end(&a);
	}
	arena_end(&f.own.arena);
}
