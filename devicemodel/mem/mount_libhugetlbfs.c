/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/mount.h"

#include "mem/hugepage.h"

#include <errno.h>
#include <hugetlbfs.h>
#include <stdio.h>

int mount_find_hugetlbfs(char path[PATH_MAX])
{
	const char *found = hugetlbfs_find_path_for_size((long)HUGE_2M);

	if (!found)
		return -ENOENT;
	snprintf(path, PATH_MAX, "%s", found);
	return 0;
}
