/* SPDX-License-Identifier: BSD-2-Clause */
/* A Unix socket to be found at a path. */
#ifndef CORE_LISTEN_H
#define CORE_LISTEN_H

/**
 * A socket that listens at @path, where a socket that an ended process left
 * is replaced. Returns its descriptor (not blocking) or a negative errno;
 * -ENAMETOOLONG if the path fits no socket's address.
 */
int listen_at(const char *path);

/** Longest path that listen_at() takes. */
unsigned int listen_path_max(void);

#endif
