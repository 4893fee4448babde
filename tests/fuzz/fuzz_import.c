/* Files of other catalogues: any bytes give problems, or what becomes a record without a mistake.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "edit/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
import_as(struct arena *a, importer *import, struct str bytes)
{
	struct problems ps = { .arena = a }, wrong = { .arena = a };
	struct reader r = { a, &ps, STR("x.json"), STR("2026-01-01") };
	struct reader again = { a, &wrong, STR("x.yaml"), STR("2026-01-01") };
	struct imported im = { 0 };
	struct known known = { 0 };
	struct buf out = { 0 };
	const struct node *node;

	if (import(&r, bytes, &im)) {
		import_settle(a, &im, &known);
		if (im.name.n == 0)
			im.name = STR("Somebody");
		compose_record(&out, a, &im, &known, NULL, NULL);
		if (!(node = yaml_parse(&again, buf_str(&out))) ||
			!record_parse(&again, &KIND_PERSON, node, arena_new(a, struct person)))
			abort();
	} else if (ps.errors == 0)
		abort();
	buf_end(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str bytes = { (const char *)data, n };
	struct arena a = { 0 };

	if (utf8_bad(bytes) == n) {
		import_as(&a, import_csl, bytes);
		import_as(&a, import_orcid, bytes);
		import_as(&a, import_openalex, bytes);
		if (utf8_bad(tex_plain(&a, bytes)) < tex_plain(&a, bytes).n)
			abort();
	}
	arena_end(&a);
	return 0;
}
