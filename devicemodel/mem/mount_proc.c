/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/mount.h"

#include "mem/hugepage.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

static bool is_2m_mount(const struct mntent *m)
{
	struct statfs fs;

	return !strcmp(m->mnt_type, "hugetlbfs") && !statfs(m->mnt_dir, &fs) &&
	       (u64)fs.f_bsize == HUGE_2M;
}

int mount_find_hugetlbfs(char path[PATH_MAX])
{
	char text[2 * PATH_MAX];
	struct mntent m;
	int rc = -ENOENT;
	FILE *f;

	f = setmntent("/proc/mounts", "re");
	if (!f)
		return -errno;
	while (rc && getmntent_r(f, &m, text, sizeof(text)))
		if (is_2m_mount(&m))
			rc = snprintf(path, PATH_MAX, "%s", m.mnt_dir) < 0;
	endmntent(f);
	return rc;
}
