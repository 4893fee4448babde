/* posix: takes away what Linux and glibc have beyond POSIX, so that what the BSDs and macOS build
 * is built and tested here too (cc -include tests/posix.h). Headers come first; afterwards a
 * Linux-only call is an error. */
#define OPENSSL_SUPPRESS_DEPRECATED /* as the files do that use such calls */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <sqlite3.h>
#include <archive.h>

#undef __linux__
#undef __linux
#undef linux
#undef O_PATH
#undef MSG_MORE
#undef MSG_NOSIGNAL
#undef POSIX_FADV_WILLNEED
#undef SOCK_CLOEXEC
#undef SOCK_NONBLOCK
#undef SO_REUSEPORT
#undef TCP_DEFER_ACCEPT
#undef TCP_NOTSENT_LOWAT
#undef TCP_QUICKACK

#pragma GCC poison accept4 dup3 epoll_create1 eventfd inotify_init1 memfd_create openat2 pipe2 \
	prctl renameat2 signalfd syncfs
#pragma GCC poison getrandom canonicalize_file_name get_current_dir_name secure_getenv strchrnul \
	mempcpy posix_fadvise qsort_r SOCK_CLOEXEC SOCK_NONBLOCK
