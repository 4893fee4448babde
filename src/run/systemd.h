/* systemd: its two protocols, spoken without its library: sockets handed over (sd_listen_fds(3))
 * and word of how we are (sd_notify(3)). Where no systemd asks, both do nothing. */
#ifndef RUN_SYSTEMD_H
#define RUN_SYSTEMD_H

#include <stddef.h>
#include <stdint.h>

enum { SYSTEMD_FIRST_FD = 3 };

/* How many sockets were handed to this process, from SYSTEMD_FIRST_FD on; the environment is
 * cleared of them. */
size_t systemd_sockets(void);

/* The name of the i-th (FileDescriptorName=), or "". */
const char *systemd_socket_name(size_t i);

/* "READY=1", "STOPPING=1", "WATCHDOG=1"; for "RELOADING=1" the time is added. */
void systemd_notify(const char *state);

/* Milliseconds between words to the watchdog (half of what it allows); 0: nobody watches. */
int64_t systemd_watchdog_ms(void);

#endif
