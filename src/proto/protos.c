/* protos: the table of protocols. */
#include "proto/proto.h"

const struct proto *const PROTOS[] = { &proto_gemini, &proto_gopher, &proto_finger, NULL };
