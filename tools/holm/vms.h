/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMs the hypervisor knows. */
#ifndef HOLM_VMS_H
#define HOLM_VMS_H

#include "holm/holm.h"

/** All VMs; the caller frees @vm. */
struct vms {
	struct holm_vm *vm;
	size_t n;
};

/** 0 or a negative errno. */
int vms_read(const struct source *src, struct vms *vms);
void vms_free(struct vms *vms);

/** The VM of that name, or NULL. */
const struct holm_vm *vms_find(const struct vms *vms, const char *name);

/** Is it a cell, which nobody serves? */
bool vms_is_cell(const struct source *src, const struct holm_vm *vm);

/** Say that no VM is named so, and which is nearest. */
int vms_say_missing(const struct holm *h, const struct vms *vms);

/**
 * Read them and find the one the command is about. Returns an exit status;
 * on STATUS_DONE *@vm is it.
 */
int vms_get(const struct holm *h, struct holm_vm *vm);

#endif
