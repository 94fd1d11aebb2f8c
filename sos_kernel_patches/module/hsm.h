/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The driver's objects and what its files offer one another.
 *
 * Lock order, outer first:
 *   vm->op > hsm_vms_mutex > vm->ioreq_lock
 *   vm->op > vm->event_lock
 *   hsm_vms_lock > vm->slot_lock, spinlocks, innermost; interrupts are off
 *   vm->op > vm->mem_lock > mmap lock
 *   vm->op > the CPU lock of cpu.c > the kernel's device and CPU hotplug locks
 */
#ifndef HSM_H
#define HSM_H

#include <linux/acrn.h>
#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "abi/holm.h"
#include "abi/holm_objects.h"

#define HSM_VMID_INVALID 0xffff
#define HSM_NO_CPU       (-1)

/**
 * struct hsm_vm - one open file of /dev/acrn_hsm and the VM it may have made
 * @op: read: the VM stays as it is; write: it is being created or destroyed
 * @node: in the list of VMs whose request pages are scanned
 * @vmid: the hypervisor's name for the VM, HSM_VMID_INVALID while there is none
 * @vcpu_num: slots of the request page in use, 1..ACRN_IO_REQUEST_MAX
 * @cpus: CPUs claimed, bit n is CPU n
 * @mem_lock: guards @segs and @nsegs
 * @segs: memory given to the VM
 * @nsegs: length of @segs
 * @monitor_page: page the hypervisor counts interrupts in, or NULL
 * @ioreq_lock: guards changes of @client and @off
 * @slot_lock: one scan or one clearing of the request page at a time; guards
 *	@pci_conf_addr and @ioeventfds
 * @ioreq_page: the request page, pinned user memory
 * @ioreq: its kernel mapping. User space may write it at any moment
 * @ioreqs: slots handed to the client and not completed
 * @client_wq: the client waits here
 * @napping: CPU on which the client waits without giving it up, HSM_NO_CPU
 * @brisk: the last request came soon after the client began to wait
 * @client: user space has a client
 * @off: the hypervisor stopped the VM for good
 * @pci_conf_addr: last value the VM wrote to port 0xcf8
 * @bells: who is told when a doorbell rings, by index; guarded by @slot_lock
 * @event_lock: guards @irqfds
 * @ioeventfds: writes that become events
 * @irqfds: events that become interrupts
 */
struct hsm_vm {
	struct rw_semaphore op;
	struct list_head node;
	u16 vmid;
	u16 vcpu_num;
	u64 cpus;

	struct mutex mem_lock;
	struct list_head segs;
	unsigned int nsegs;
	struct page *monitor_page;

	struct mutex ioreq_lock;
	spinlock_t slot_lock;
	struct page *ioreq_page;
	struct acrn_io_request_buffer *ioreq;
	DECLARE_BITMAP(ioreqs, ACRN_IO_REQUEST_MAX);
	wait_queue_head_t client_wq;
	int napping;
	bool brisk;
	bool client;
	bool off;
	u32 pci_conf_addr;

	struct hsm_ioeventfd *bells[HOLM_DOORBELLS];

	struct mutex event_lock;
	struct list_head ioeventfds;
	struct list_head irqfds;
};

/* Figures for sysfs, counted since the module was loaded. */
struct hsm_stat {
	atomic64_t upcalls;
	atomic64_t upcalls_late; /* of these, left to a worker */
	atomic64_t requests;
};

extern struct hsm_stat hsm_stat;

/* main.c */
bool hsm_is_holm(void);

/* detect.c */
int hsm_detect(void);

/* vm.c */
extern struct list_head hsm_vms;
extern spinlock_t hsm_vms_lock;
extern struct mutex hsm_vms_mutex;
struct hsm_vm *hsm_vm_alloc(void);
void hsm_vm_free(struct hsm_vm *vm);
int hsm_vm_create(struct hsm_vm *vm, struct acrn_vm_creation *param);
void hsm_vm_destroy(struct hsm_vm *vm);

/* memory.c */
int hsm_page_pin(unsigned long uaddr, struct page **page);
void hsm_page_unpin(struct page *page);
int hsm_mem_map(struct hsm_vm *vm, const struct acrn_vm_memmap *map);
int hsm_mem_unmap(struct hsm_vm *vm, const struct acrn_vm_memmap *map);
void hsm_mem_release(struct hsm_vm *vm, bool vm_is_gone);

/* ioreq.c */
int hsm_ioreq_init(void);
void hsm_ioreq_exit(void);
void hsm_ioreq_upcall(void);
int hsm_ioreq_attach_page(struct hsm_vm *vm, u64 uaddr);
int hsm_ioreq_complete(struct hsm_vm *vm, u32 vcpu);
void hsm_ioreq_clear(struct hsm_vm *vm);

/* client.c */
int hsm_client_create(struct hsm_vm *vm);
void hsm_client_destroy(struct hsm_vm *vm);
int hsm_client_wait(struct hsm_vm *vm);
int hsm_client_serve(struct hsm_vm *vm, unsigned long done);
void hsm_client_wake(struct hsm_vm *vm);
void hsm_client_check_off(struct hsm_vm *vm);
int hsm_client_revive(struct hsm_vm *vm, u32 hcall);

/* ioeventfd.c */
int hsm_ioeventfd_config(struct hsm_vm *vm, const struct acrn_ioeventfd *args);
bool hsm_ioeventfd_write(struct hsm_vm *vm, u32 type, u64 addr, u64 len,
			 u64 value);
void hsm_ioeventfd_rung(struct hsm_vm *vm);
void hsm_ioeventfd_release(struct hsm_vm *vm);

/* irqfd.c */
int hsm_irqfd_init(void);
void hsm_irqfd_exit(void);
int hsm_irqfd_config(struct hsm_vm *vm, const struct acrn_irqfd *args);
void hsm_irqfd_release(struct hsm_vm *vm);

/* cpu.c */
int hsm_cpu_init(void);
void hsm_cpu_exit(void);
int hsm_cpu_claim(u64 *affinity, unsigned int wanted);
void hsm_cpu_release(u64 affinity);
int hsm_cpu_hand_over(unsigned int cpu);
int hsm_cpu_take_back(unsigned int cpu);
ssize_t hsm_cpu_print_taken(char *buf);

/* upcall.c */
int hsm_upcall_init(void);
void hsm_upcall_exit(void);

/* handover.c */
int hsm_hcall_again(u32 nr, u64 arg1, u64 arg2);

/* query.c */
int hsm_query(u32 subject, u32 index, void *buf, u32 len, u32 *out_len);
int hsm_query_register(void);
void hsm_query_unregister(void);

/* object.c */
struct attribute_group;
extern const struct attribute_group hsm_object_group;
void hsm_object_add(enum holm_object kind, long n);
long hsm_object_count(enum holm_object kind);
void *hsm_object_alloc(enum holm_object kind, size_t size);
void hsm_object_free(enum holm_object kind, void *p);

/* ioctl.c */
long hsm_ioctl(struct hsm_vm *vm, unsigned int cmd, unsigned long arg);

#endif
