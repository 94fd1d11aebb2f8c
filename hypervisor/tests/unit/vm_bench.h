/* SPDX-License-Identifier: BSD-2-Clause */
/* A fake machine with a Service VM in it, for tests of what is above. */
#ifndef TESTS_UNIT_VM_BENCH_H
#define TESTS_UNIT_VM_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/acrn.h"
#include "abi/holm.h"
#include "abi/hypercall.h"
#include "arch/fake/fake.h"
#include "guest/x86/guest.h"
#include "hypercall/hypercall.h"
#include "io/ioreq.h"
#include "io/iospace.h"
#include "lib/errno.h"
#include "vm/memregion.h"
#include "vm/sched.h"
#include "vm/vm.h"

/* The Service VM's physical addresses; RAM is mapped one to one. */
#define BENCH_RAM       MIB(256)
#define BENCH_HOLE      MIB(200) /* 1 MiB of RAM that it may not see */
#define BENCH_RO        MIB(210) /* a page that it may only read */
#define BENCH_MMIO      0xc0000000UL
#define BENCH_MMIO_SIZE MIB(64)
#define BENCH_ARG       MIB(1) /* where arguments are put */
#define BENCH_ARG2      MIB(2)
#define BENCH_IOREQ     MIB(3)  /* request pages, one for each vmid */
#define BENCH_DONATE    MIB(64) /* memory to give to User VMs */
#define BENCH_POOL      4096UL

/** cmocka setup and teardown: 4 CPUs, the Service VM running on all. */
int bench_setup(void **state);
int bench_teardown(void **state);
/** The same with @ncpus CPUs and @pool_pages. */
void bench_start(u32 ncpus, u64 pool_pages);

/** Call as the Service VM on CPU 0; fails the test if that gets #UD. */
s64 hc(u32 nr, u64 arg1, u64 arg2);

/** Copy to the Service VM's memory. Returns @gpa. */
u64 bench_put(u64 gpa, const void *src, u64 len);
void bench_get(void *dst, u64 gpa, u64 len);

/** Make the Service VM's CPU @index look offline, or online. */
void bench_offline(u32 index, bool offline);
/** Take CPUs @first..@last from the Service VM. */
void bench_take(u32 first, u32 last);

/** Create a VM on the CPUs of mask @cpus. Returns its vmid. */
u16 bench_create(u64 cpus);
/** The same, with a request page set. */
u16 bench_create_ready(u64 cpus);
/** The same, running. */
u16 bench_create_running(u64 cpus);
/** The VM; no reference is kept. */
struct vm *bench_vm(u16 vmid);
/** The request slot of a vCPU, as the Service VM sees it. */
struct acrn_abi_ioreq *bench_slot(u16 vmid, u32 vcpu);

/** One region change as a hypercall. */
s64 bench_region(u16 vmid, u32 type, u64 user, u64 service, u64 size, u32 attr);

#define BENCH_RWX_WB 0x47U
#define BENCH_RW_UC  0x103U

/** Pages of the pool in use. */
u64 bench_used(void);

/** Take all free pages but @keep out of the pool, and put them back. */
void bench_hog(u64 keep);
void bench_unhog(void);

#endif
