/* export: pages through copy.c, /mirror/ through bundle.c, both into a folder. */
#include "mirror/export.h"

#include <unistd.h>

#include "base/file.h"
#include "page/route.h"

/* The page about offline copies, as the live server with these bundles would give it. */
static bool
put_mirror_page(const struct copy *copy, const char *folder, struct tree *tree, struct err *e)
{
	struct arena a = { 0 };
	struct view v = copy->view;
	struct answer answer;
	struct buf gemtext = { 0 }, menu = { 0 }, map = { 0 }, gph = { 0 };
	bool good = true;

	v.arena = &a;
	v.path = STR("/mirror/index.gmi");
	v.mirror = folder;
	route_answer(&v, &answer);
	encode_gemtext(&answer.page, &copy->place, &gemtext);
	encode_menu(&answer.page, &copy->place, &menu);
	encode_gophermap(buf_str(&menu), &copy->place, &map);
	encode_gph(buf_str(&menu), &copy->place, &gph);
	if (copy->gemini)
		good = tree->put(tree, STR("mirror/index.gmi"), buf_str(&gemtext), e);
	if (good && copy->gopher)
		good = tree->put(tree, STR("mirror/gophermap"), buf_str(&map), e) &&
			tree->put(tree, STR("mirror/index.gph"), buf_str(&gph), e);
	buf_end(&gemtext);
	buf_end(&menu);
	buf_end(&map);
	buf_end(&gph);
	arena_end(&a);
	return good;
}

/* Bundles are made in a folder of their own, and put from there. */
static bool
put_mirror(const struct copy *copy, const struct bundle *with, struct tree *tree, struct err *e)
{
	struct arena a = { 0 };
	struct str folder = folder_workshop(tree, e);
	struct bundle bundle = *with;
	struct names names = { 0 };

	bundle.folder = folder.p;
	bool good = folder.p && bundle_make(&bundle, e) && file_tree(&a, folder.p, &names, e) &&
		put_mirror_page(copy, folder.p, tree, e);

	for (size_t i = 0; good && i < names.n; i++) {
		struct answer file = { .fd = -1 };

		view_open(&a, folder.p, names.v[i], &file);
		if (file.fd < 0)
			continue;
		good = tree->put_fd(tree, arena_printf(&a, "mirror/%.*s", STR_ARG(names.v[i])),
			file.fd, file.size, e);
		close(file.fd);
	}
	arena_end(&a);
	return good;
}

bool
export_make(const char *dir, struct copy *copy, const struct bundle *bundle,
	struct exported *exported, struct err *e)
{
	struct tree *tree = folder_open(dir, e);
	bool good = tree && copy_make(copy, tree, e);

	if (good && (copy->gemini || copy->gopher))
		good = put_mirror(copy, bundle, tree, e);
	/* what a damaged catalog does not give is not to be removed */
	if (good && store_damaged())
		good = err_set(e, "parts of the catalog cannot be read");
	good = good && folder_commit(tree, &exported->removed, e);
	if (good) {
		exported->files = tree->files;
		exported->changed = tree->changed;
	}
	folder_close(tree);
	return good;
}
