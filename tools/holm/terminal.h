/* SPDX-License-Identifier: BSD-2-Clause */
/* A terminal that passes every key on, and is as before whatever happens. */
#ifndef HOLM_TERMINAL_H
#define HOLM_TERMINAL_H

#include <poll.h>
#include <stdbool.h>

/**
 * Make standard input raw if it is a terminal; true if it is. It is restored
 * by terminal_restore(), at exit, and when a signal ends us.
 */
bool terminal_raw(void);
void terminal_restore(void);

/** poll() without a time limit, which such a signal ends, too. */
int terminal_poll(struct pollfd *fds, nfds_t n);

/** A signal that asks us to end came since terminal_raw(). */
bool terminal_ended(void);

#endif
