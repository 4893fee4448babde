/* json: quotes, backslashes and controls are escaped, all else stands as it is. */
#include "base/json.h"

#include "base/utf8.h"

void
json_text(struct buf *out, struct str text)
{
	buf_char(out, '"');
	for (size_t i = 0; i < text.n;) {
		size_t at = i;
		int32_t c = utf8_next(text, &i);

		if (c == UTF8_BAD)
			utf8_put(out, 0xfffd);
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_put(out, STR("\\n"));
		else if (utf8_is_control(c))
			buf_printf(out, "\\u%04x", (unsigned)c);
		else
			buf_put(out, str_sub(text, at, i));
	}
	buf_char(out, '"');
}
