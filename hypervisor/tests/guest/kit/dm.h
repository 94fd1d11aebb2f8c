/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device model of a few lines, for tiny guests that are the Service VM:
 * make a User VM, give it memory and registers, serve its I/O requests.
 */
#ifndef KIT_DM_H
#define KIT_DM_H

#include "kit/hc.h"
#include "lib/types.h"

#define DM_IMAGE_AT MIB(16) /* where kit/entry.S wants to be */
#define DM_RAM_SIZE MIB(32)
#define DM_RAM_ATTR \
	(ACRN_ATTR_READ | ACRN_ATTR_WRITE | ACRN_ATTR_EXEC | ACRN_ATTR_WB)

/* Ports that every User VM has, unless its hook takes them. */
#define DM_PORT_CONSOLE 0x3f8
#define DM_PORT_END     0xf4

struct dm_vm;

/**
 * Sees each request first; true if it answered it (for a read, in
 * r->u.access.value).
 */
typedef bool (*dm_hook)(struct dm_vm *vm, u32 vcpu, struct acrn_abi_ioreq *r);

struct dm_vm {
	u16 vmid;
	u32 nvcpus;
	struct acrn_abi_ioreq *req; /* the request page */
	u8 *ram;                    /* what the VM has from GPA 0 on */
	u64 ram_size;
	dm_hook hook;
	void (*after)(struct dm_vm *vm); /* after each answer, if not NULL */
	bool ended;                      /* it wrote to DM_PORT_END */
	u32 status;                      /* what */
	u32 requests;
	bool polling; /* it looks for answers itself: none is announced */
	u32 upcalls;  /* interrupts taken while serving */
	char line[160];
	u32 line_len;
};

/** Pages from RAM that nobody uses, zeroed; never freed but all at once. */
void *ram_alloc(u64 size, u64 align);
void ram_free_all(void);

/** Take CPUs 1..@n from this VM; those taken already are fine. */
bool dm_take_cpus(u32 n);
/** Give back all that are taken. */
void dm_return_cpus(void);

/** Create with @nvcpus on any taken CPUs, and a request page. */
s64 dm_create(struct dm_vm *vm, u32 nvcpus);
s64 dm_create_as(struct dm_vm *vm, u32 nvcpus, u64 flags);
/** One HC_VM_SET_MEMORY_REGIONS. */
s64 dm_region(struct dm_vm *vm, u32 type, u64 gpa, u64 from, u64 size,
	      u32 attr);
static inline s64 dm_map(struct dm_vm *vm, u64 gpa, const void *from, u64 size)
{
	return dm_region(vm, ACRN_REGION_ADD, gpa, addr_of(from), size,
			 DM_RAM_ATTR);
}

/** Create, and map @size bytes of new RAM at 0. False if that fails. */
bool dm_make(struct dm_vm *vm, u32 nvcpus, u64 size);
/** The second half of it. */
bool dm_give_ram(struct dm_vm *vm, u64 size);

/* Register sets for HC_SET_VCPU_REGS. */
struct acrn_abi_vcpu_regs dm_regs_real(u16 vcpu, u32 addr);
struct acrn_abi_vcpu_regs dm_regs_flat32(u16 vcpu, u32 addr);
/**
 * With tables at GPA 0x4000..0x7fff, made here: all of 4 GiB, the second and
 * the third only on a CPU with pages of 1 GiB.
 */
struct acrn_abi_vcpu_regs dm_regs_long(struct dm_vm *vm, u16 vcpu, u64 addr);
s64 dm_set_regs(struct dm_vm *vm, const struct acrn_abi_vcpu_regs *regs);

static inline s64 dm_call(u64 nr, const struct dm_vm *vm)
{
	return vmmcall(nr, vm->vmid, 0);
}

s64 dm_msi(struct dm_vm *vm, u64 addr, u64 data);
s64 dm_irqline(struct dm_vm *vm, u32 gsi, u32 op);

enum dm_why { DM_ENDED, DM_OFF, DM_TIMEOUT };

/** Serve until the VM ends itself in one way or another. */
enum dm_why dm_serve(struct dm_vm *vm, u64 ms);

/** Answer what is pending, once; true if there was something. */
bool dm_serve_pending(struct dm_vm *vm);

/** Wait until vCPU @vcpu has a request pending, without answering it. */
bool dm_wait_request(struct dm_vm *vm, u32 vcpu);

/** What Holm knows of @vm; its state is 0 if Holm has none like it. */
struct holm_vm dm_query(const struct dm_vm *vm);

/** HOLM_VM_* of the VM. */
u32 dm_state(const struct dm_vm *vm);

#endif
