/* reply: the file behind an answer, piece by piece. A protocol that sends texts in a form of its
 * own says how lines are converted; nobody ever holds the whole file. */
#include <errno.h>
#include <unistd.h>

#include "proto/proto.h"

enum { PIECE_MOST = 16 * 1024 };

/* Length of s without the character that its end cuts through, if it does. */
static size_t
whole_characters(struct str s)
{
	for (size_t back = 1; back <= 3 && back <= s.n; back++) {
		unsigned char c = (unsigned char)s.p[s.n - back];
		size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if (c < 0x80 || need > 1)
			return need > back ? s.n - back : s.n;
	}
	return s.n;
}

/* What of s is converted now: whole lines; where one is longer than a piece, whole characters. */
static size_t
whole_lines(struct str s)
{
	size_t last = str_find_last(s, '\n');
	size_t n = last < s.n ? last + 1 : whole_characters(s);

	return n ? n : s.n;
}

bool
reply_read(struct reply *reply, struct buf *out)
{
	char piece[PIECE_MOST];
	size_t most = reply->left < sizeof piece ? (size_t)reply->left : sizeof piece;
	ssize_t n;

	do
		n = pread(reply->fd, piece, most, (off_t)reply->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	struct str in = { piece, (size_t)n };

	if (!reply->convert)
		buf_put(out, in);
	else {
		if (in.n < reply->left)
			in.n = whole_lines(in);
		reply->convert(out, in, in.n == reply->left);
	}
	reply->at += in.n;
	reply->left -= in.n;
	return true;
}
