/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory that goes between its making and its locking is made again. */
#define TRIES 100

static int make_dir(const char *path, mode_t mode)
{
	return mkdir(path, mode) && errno != EEXIST ? -errno : 0;
}

/* 0, -EAGAIN if another VM's end took the directory away, or an error. */
static int lock_dir(struct rundir *r)
{
	struct stat st;
	int rc = make_dir(r->path, 0700);

	if (rc)
		return rc;
	r->fd = open(r->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r->fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	if (flock(r->fd, LOCK_EX | LOCK_NB))
		rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
	else if (fstat(r->fd, &st) || st.st_nlink == 0)
		rc = -EAGAIN;
	if (!rc)
		return 0;
	close(r->fd);
	r->fd = -1;
	return rc;
}

int rundir_open(struct rundir *r, const char *base, const char *name,
		struct dm_error *err)
{
	int rc, tries = TRIES;

	r->fd = -1;
	if (!base)
		return 0;
	if ((size_t)snprintf(r->path, sizeof(r->path), "%s/%s", base, name) >=
	    sizeof(r->path))
		return dm_fail(err, -ENAMETOOLONG,
			       "--run-dir %s: too long for a socket's path",
			       base);
	rc = make_dir(base, 0755);
	if (!rc) {
		do
			rc = lock_dir(r);
		while (rc == -EAGAIN && --tries);
	}
	if (rc == -EBUSY)
		return dm_fail(err, rc,
			       "a VM named '%s' is running already (%s is"
			       " locked); names must differ",
			       name, r->path);
	return rc ? dm_fail(err, rc, "cannot make %s: %s", r->path,
			    strerror(-rc))
		  : 0;
}

void rundir_close(struct rundir *r)
{
	if (r->fd < 0)
		return;
	/* While it is locked: nobody can have it as his own yet. */
	rmdir(r->path);
	close(r->fd);
	r->fd = -1;
}

bool rundir_file(const struct rundir *r, const char *file, char *buf)
{
	return r && r->fd >= 0 &&
	       (size_t)snprintf(buf, RUNDIR_PATH, "%s/%s", r->path, file) <
		       RUNDIR_PATH;
}
