/* talk: what is said on a connection, from the first byte of TLS or of a request to the last of the
 * answer (internal to net/). It exists only while there is something to talk about. */
#ifndef NET_TALK_H
#define NET_TALK_H

#include "net/conn.h"

/* TLS begins; false when there is no memory for it. */
bool talk_begin_tls(struct conn *c);

/* What has come on a connection without TLS, still unread: true when it was a whole request, and is
 * being answered. */
bool talk_hear(struct conn *c, struct str in);

enum step talk_handshake(struct conn *c);
enum step talk_request(struct conn *c);
enum step talk_write(struct conn *c);

/* Lets go of all that was made for the talk, if there is one; an answer is logged. */
void talk_end(struct conn *c);

#endif
