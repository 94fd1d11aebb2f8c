/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's life. */
#include "core/log.h"
#include "hypercall/call.h"
#include "lib/errno.h"

_Static_assert(VM_NAME_LEN == ACRN_NAME_LEN, "the name is copied whole");

/* Of vm_flag. */
#define FLAGS_SUPPORTED ((u64)ACRN_VM_IO_POLLING)

static const struct {
	u64 bit;
	const char *name;
} flag_names[] = {
	{ ACRN_VM_SECURE_WORLD, "secure world" },
	{ ACRN_VM_LAPIC_PT, "LAPIC pass-through" },
	{ ACRN_VM_HIDE_MTRR, "hide MTRRs" },
	{ ACRN_VM_RT, "real-time VM" },
};

static void flags_refuse(u64 flags)
{
	const char *name = "unknown flag";

	for (u32 i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (flags & flag_names[i].bit)
			name = flag_names[i].name;
	log_guest("create: vm_flag %llx is not supported: %s",
		  (unsigned long long)flags, name);
}

int hc_decode_create_vm(struct hc_call *call)
{
	struct acrn_abi_vm_creation *c = &call->u.create;
	u64 refused;
	int rc = hc_read(call, call->arg1, c, sizeof(*c));

	if (rc)
		return rc;
	if (c->reserved0 || c->reserved1)
		return -EINVAL;
	refused = c->vm_flag & ~FLAGS_SUPPORTED;
	if (refused) {
		flags_refuse(refused);
		return -EINVAL;
	}
	return 0;
}

/*
 * The name goes to logs and terminals. An old device model sends a UUID
 * there: no byte of it may do harm.
 */
static void name_sanitise(char *dst, const u8 *src)
{
	u32 i = 0;

	for (; i < VM_NAME_LEN - 1 && src[i]; i++)
		dst[i] = src[i] > ' ' && src[i] <= '~' ? (char)src[i] : '_';
	for (; i < VM_NAME_LEN; i++)
		dst[i] = '\0';
}

/*
 * What the caller asked wrongly is an error number. That a right request
 * failed inside is told as ACRN does: success, and no valid vmid.
 */
static s64 create_failed(struct hc_call *call, int rc)
{
	if (rc != -ENOMEM)
		return rc;
	call->u.create.vmid = ACRN_VMID_INVALID;
	return hc_write(call, call->arg1, &call->u.create,
			sizeof(call->u.create));
}

s64 hc_act_create_vm(struct hc_call *call)
{
	struct acrn_abi_vm_creation *c = &call->u.create;
	struct vm_params params = {
		.kind = VM_USER,
		.flags = c->vm_flag,
		.cpus = c->cpu_affinity,
		.nvcpus = c->vcpu_num,
	};
	struct vm *vm;
	int rc;

	name_sanitise(params.name, c->name);
	rc = vm_create(&params, &vm);
	if (rc)
		return create_failed(call, rc);
	c->vmid = (u16)vm->vmid;
	c->vcpu_num = (u16)vm->nvcpus;
	rc = hc_write(call, call->arg1, c, sizeof(*c));
	/* Nobody knows the VM if its number could not be told. */
	if (rc)
		vm_destroy(vm);
	else
		vm_put(vm);
	return rc;
}

s64 hc_act_destroy_vm(struct hc_call *call)
{
	struct vm *vm = call->vm;

	call->vm = NULL;
	return vm_destroy(vm);
}

s64 hc_act_start_vm(struct hc_call *call)
{
	if (call->vm->ioreq_page.v == ADDR_NONE) {
		log_guest("vm %u: start: no request page is set",
			  call->vm->vmid);
		return -EPERM;
	}
	return vm_start(hc_locked(call));
}

s64 hc_act_pause_vm(struct hc_call *call)
{
	return vm_pause(hc_locked(call));
}

s64 hc_act_reset_vm(struct hc_call *call)
{
	return vm_reset(hc_locked(call));
}
