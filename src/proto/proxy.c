/* proxy: section 2.1 (a line of text) and section 2.2 (binary) of the PROXY protocol. */
#include "proto/proxy.h"

#include <arpa/inet.h>

enum { LINE_MOST = 107, HEAD = 16 };

static const struct str SIGNATURE = STR_INIT("\r\n\r\n\0\r\nQUIT\n");

/* "PROXY TCP4 source destination port port\r\n" */
static enum parse
parse_line(struct str in, struct proxy_header *h)
{
	size_t end = str_find_str(in, STR("\r\n"));
	struct str rest = str_sub(in, 0, end), words[6];
	char text[64];
	unsigned long port;
	size_t n = 0;

	if (end == in.n)
		return in.n < LINE_MOST ? PARSE_MORE : PARSE_BAD;
	h->size = end + 2;
	if (str_starts(rest, STR("PROXY UNKNOWN")))
		return PARSE_DONE;
	while (n < COUNT(words) && str_cut(&rest, ' ', &words[n]))
		n++;
	if (n != COUNT(words) || rest.p || end > LINE_MOST || words[2].n >= sizeof text ||
		!str_number(words[4], 65535, &port) || !str_number(words[5], 65535, &port))
		return PARSE_BAD;
	memcpy(text, words[2].p, words[2].n);
	text[words[2].n] = '\0';
	if (str_eq(words[1], STR("TCP4")) && inet_pton(AF_INET, text, h->address) == 1)
		h->n = 4;
	else if (str_eq(words[1], STR("TCP6")) && inet_pton(AF_INET6, text, h->address) == 1)
		h->n = 16;
	return h->n ? PARSE_DONE : PARSE_BAD;
}

/* Signature, version and command, family, length, addresses, more that is passed over. */
static enum parse
parse_binary(struct str in, struct proxy_header *h)
{
	const unsigned char *p = (const unsigned char *)in.p;

	if (in.n < HEAD)
		return PARSE_MORE;
	size_t length = (size_t)p[14] << 8 | p[15];
	unsigned version = p[12] >> 4, command = p[12] & 15, family = p[13] >> 4;

	if (version != 2 || command > 1 || HEAD + length > PROXY_MOST)
		return PARSE_BAD;
	h->size = HEAD + length;
	if (in.n < h->size)
		return PARSE_MORE;
	if (command == 0) /* LOCAL: the proxy asks for itself */
		return PARSE_DONE;
	if ((family == 1 && length < 12) || (family == 2 && length < 36))
		return PARSE_BAD;
	h->n = family == 1 ? 4 : family == 2 ? 16 : 0;
	memcpy(h->address, p + HEAD, h->n);
	return PARSE_DONE;
}

enum parse
proxy_parse(struct str in, struct proxy_header *h)
{
	struct str line = STR("PROXY ");

	*h = (struct proxy_header){ 0 };
	if (str_starts(in, str_sub(SIGNATURE, 0, in.n)))
		return in.n < SIGNATURE.n ? PARSE_MORE : parse_binary(in, h);
	if (str_starts(in, str_sub(line, 0, in.n)))
		return parse_line(in, h);
	return PARSE_BAD;
}
