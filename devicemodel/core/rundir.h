/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a running VM can be met: BASE/NAME holds its sockets. The directory
 * is locked by the process that serves the VM, so that a name stands for one
 * VM; the lock goes with the process, whatever ends it, and what a killed one
 * left behind is taken over by the next VM of that name.
 */
#ifndef CORE_RUNDIR_H
#define CORE_RUNDIR_H

#include "core/error.h"
#include "core/types.h"

#define RUNDIR_BASE "/run/acrn"
#define RUNDIR_PATH 108 /* what fits a socket's address */

struct rundir {
	int fd; /* the locked directory; -1: there is none */
	char path[RUNDIR_PATH];
};

/**
 * Make and lock BASE/NAME, which only its owner may enter. A NULL base: there
 * shall be none. -EBUSY: a running VM has the name.
 */
int rundir_open(struct rundir *r, const char *base, const char *name,
		struct dm_error *err);

/** The directory goes, if nothing is left in it. */
void rundir_close(struct rundir *r);

/**
 * The path of a file in it into buf, which has RUNDIR_PATH bytes; false if
 * it is too long or there is no directory.
 */
bool rundir_file(const struct rundir *r, const char *file, char *buf);

#endif
