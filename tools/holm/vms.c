/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/vms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/cell.h"
#include "holm/nearest.h"

#define VM_SLOTS 256 /* as many as are looked for */

static int vms_add(struct vms *vms, const struct holm_vm *vm)
{
	struct holm_vm *grown =
		realloc(vms->vm, (vms->n + 1) * sizeof(*vms->vm));

	if (!grown)
		return -ENOMEM;
	vms->vm = grown;
	vms->vm[vms->n] = *vm;
	/* Terminated, whatever the answer says. */
	vms->vm[vms->n++].name[sizeof(vm->name) - 1] = '\0';
	return 0;
}

int vms_read(const struct source *src, struct vms *vms)
{
	struct holm_vm vm;
	uint32_t slot;
	int err = 0;

	*vms = (struct vms){ NULL, 0 };
	for (slot = 0; slot < VM_SLOTS && !err; slot++) {
		err = source_read(src, HOLM_QUERY_VM, slot, &vm, sizeof(vm));
		if (!err && vm.state)
			err = vms_add(vms, &vm);
	}
	if (!err || err == -ENOENT)
		return 0;
	vms_free(vms);
	return err;
}

void vms_free(struct vms *vms)
{
	free(vms->vm);
	*vms = (struct vms){ NULL, 0 };
}

const struct holm_vm *vms_find(const struct vms *vms, const char *name)
{
	size_t i;

	for (i = 0; i < vms->n; i++)
		if (!strcmp(vms->vm[i].name, name))
			return &vms->vm[i];
	return NULL;
}

bool vms_is_cell(const struct source *src, const struct holm_vm *vm)
{
	struct holm_cell cell;

	return vm->vmid &&
	       !source_read(src, HOLM_QUERY_CELL, vm->slot, &cell,
			    sizeof(cell)) &&
	       cell.id == vm->vmid;
}

int vms_say_missing(const struct holm *h, const struct vms *vms)
{
	struct nearest n;
	char hint[64];
	size_t i;

	nearest_init(&n, h->name);
	for (i = 0; i < vms->n; i++)
		nearest_try(&n, vms->vm[i].name);
	return say(h, STATUS_NOT_FOUND, "no VM is named '%s'%s", h->name,
		   nearest_hint(&n, hint, sizeof(hint)));
}

int vms_get(const struct holm *h, struct holm_vm *vm)
{
	const struct holm_vm *found;
	struct vms vms;
	int err = vms_read(h->src, &vms), status = STATUS_DONE;

	if (err)
		return say_query(h, "VMs", err);
	found = vms_find(&vms, h->name);
	if (found)
		*vm = *found;
	else
		status = vms_say_missing(h, &vms);
	vms_free(&vms);
	return status;
}
