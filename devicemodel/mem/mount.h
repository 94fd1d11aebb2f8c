/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding a hugetlbfs mount; the build picks one of two ways. */
#ifndef MEM_MOUNT_H
#define MEM_MOUNT_H

#include <limits.h>

/** Path of a mount with 2 MiB pages. 0, or -ENOENT if there is none. */
int mount_find_hugetlbfs(char path[PATH_MAX]);

#endif
