/* The words of a search: whatever they are, the index understands what we make of them, nobody is
 * found twice, and it ends. */
#include <stdint.h>
#include <stdlib.h>

#include "base/file.h"
#include "catalog/build.h"
#include "catalog/search.h"
#include "catalog/vocabulary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct store *
open_directory(void)
{
	static const char *const RECORDS[] = {
		"name: Christopher Ré\ntagline: data systems, and, or, not, near\n",
		"name: Kaiming He\nnative_name: 何恺明\ntagline: computer vision\n",
		"name: Kyunghyun Cho\nnative_name: 조경현\ntagline: translation\n",
		"name: Юрий Ц\ntagline: words, worded, wording, word\ntopics: [words]\n",
	};
	char folder[] = "/tmp/almagest-fuzz-XXXXXX";
	struct directory d = { 0 };
	struct arena a = { 0 };
	struct err e = { 0 };

	if (!mkdtemp(folder) || !file_make_dirs(arena_printf(&a, "%s/people", folder).p, 0755, &e))
		abort();
	for (size_t i = 0; i < COUNT(RECORDS); i++)
		if (!file_write(arena_printf(&a, "%s/people/p%zu.yaml", folder, i).p,
			    str_of(RECORDS[i]), 0644, &e))
			abort();
	if (!directory_load(&d, folder, NULL, NULL, &e))
		abort();
	struct store *s = build_in_memory(&d, &e);

	if (!s)
		abort();
	directory_end(&d);
	arena_end(&a);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct store *store;
	struct arena a = { 0 };
	struct str words = { (const char *)data, n };
	struct limit limit;
	struct meant meant;
	struct found found;

	if (!store)
		store = open_directory();
	if (search(store, &a, words, 1, &found)) {
		if (found.refused)
			abort();
		for (size_t i = 0; i < found.named.n; i++)
			for (size_t k = 0; k < found.mentioned.n; k++)
				if (found.named.v[i].id == found.mentioned.v[k].id)
					abort();
	}
	match_begin(store, &limit, search_us);
	search_person(store, &a, words, &limit, &meant);
	match_end(store);
	if (limit.refused)
		abort();
	arena_end(&a);
	return 0;
}
