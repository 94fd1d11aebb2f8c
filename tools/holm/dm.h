/* SPDX-License-Identifier: BSD-2-Clause */
/* The device model of a VM, met by the sockets in its run directory. */
#ifndef HOLM_DM_H
#define HOLM_DM_H

#include "holm/holm.h"

#define DM_RUN_DIR "/run/acrn"

struct dm {
	int fd;          /* its control socket */
	char text[1024]; /* its last answer, without the final line */
};

/**
 * Meet the device model of VM @name. 0 or a negative errno; -ECONNREFUSED and
 * -ENOENT: nobody is there.
 */
int dm_open(struct dm *dm, const struct holm *h, const char *name);
void dm_close(struct dm *dm);

/** Its process, or 0 if that cannot be told. */
int dm_pid(const struct dm *dm);

/**
 * Send a request and await the answer. 0, -EPROTO if that is an error,
 * -ETIMEDOUT if it does not come at once, -EPIPE if the device model ended.
 */
int dm_ask(struct dm *dm, const char *request);

/** The value of a key in the last answer into @buf; false: not there. */
bool dm_value(const struct dm *dm, const char *key, char *buf, size_t size);

/** Wait until it is gone; false after @seconds. */
bool dm_wait_end(struct dm *dm, unsigned int seconds);

/** Connect to the socket @file of VM @name: a descriptor or an errno. */
int dm_connect(const struct holm *h, const char *name, const char *file);

#endif
