/* Own pages: any text becomes lines, and the lines every form. */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "encode/ascii.h"
#include "encode/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static encoder *const ENCODERS[] = { encode_gemtext, encode_menu, encode_text,
		encode_atom };
	struct arena a = { 0 };
	struct page page = { .arena = &a, .path = STR("/about.gmi") };
	struct place place = { .host = STR("localhost"),
		.port = 1965,
		.gopher_host = STR("localhost"),
		.gopher_port = 70 };
	struct str bytes = { (const char *)data, n };

	if (utf8_bad(bytes) < bytes.n)
		return 0;
	page_gemtext(&page, bytes);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < COUNT(ENCODERS); i++) {
			struct buf out = { 0 };

			ENCODERS[i](&page, &place, &out);
			buf_end(&out);
		}
		encode_ascii_page(&page);
	}
	arena_end(&a);
	return 0;
}
