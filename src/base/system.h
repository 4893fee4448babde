/* system: what POSIX names and some systems name otherwise, or lack. */
#ifndef BASE_SYSTEM_H
#define BASE_SYSTEM_H

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
#include <sys/random.h> /* getentropy() */
#define st_mtim st_mtimespec
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* main() ignores SIGPIPE */
#endif

#endif
