/* encode: the table of forms. */
#include "encode/encode.h"

static const struct {
	const char *mime;
	encoder *encode;
} ENCODERS[] = {
	{ "text/gemini", encode_gemtext },
	{ "text/plain", encode_text },
	{ "application/gopher-menu", encode_menu },
	{ "application/atom+xml", encode_atom },
};

encoder *
encode_for(const char *mime)
{
	for (size_t i = 0; mime && i < COUNT(ENCODERS); i++)
		if (strcmp(mime, ENCODERS[i].mime) == 0)
			return ENCODERS[i].encode;
	return encode_gemtext;
}
