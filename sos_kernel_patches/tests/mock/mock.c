/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A hypervisor that runs nothing: it keeps the books a real one keeps, counts
 * what a correct driver never does, and fails calls on demand.
 */
#include <linux/acrn.h>
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "abi/acrn.h"
#include "abi/holm.h"
#include "hsm.h"
#include "hypercall.h"
#include "mock_hv.h"

#define MOCK_VMS 4

struct mock_vm {
	bool used;
	bool off;
	u64 cpus;
	u64 mapped;
	struct acrn_io_request_buffer *ioreq;
};

static DEFINE_SPINLOCK(mock_lock);
static struct mock_vm mock_vms[MOCK_VMS];
static struct cpumask mock_cpus;
static struct mock_state mock_state;
static u32 mock_fail_nr;
static u64 mock_fail_in;
static u32 mock_again_nr;
static u64 mock_again;
static u64 mock_trace;
static struct mock_cmd mock_ask; /* repeat times more */
static DECLARE_WAIT_QUEUE_HEAD(mock_wq);

/* vmid 0 is the Service VM. */
static struct mock_vm *mock_find(u64 vmid)
{
	if (vmid < 1 || vmid > MOCK_VMS || !mock_vms[vmid - 1].used)
		return NULL;
	return &mock_vms[vmid - 1];
}

static int mock_cpu_of(u64 lapic)
{
	int cpu;

	for_each_present_cpu(cpu)
	{
		if (cpu_physical_id(cpu) == lapic)
			return cpu;
	}
	return -EINVAL;
}

static bool mock_cpu_is_owned(int cpu)
{
	int i;

	for (i = 0; i < MOCK_VMS; i++) {
		if (mock_vms[i].used && (mock_vms[i].cpus & BIT_ULL(cpu)))
			return true;
	}
	return mock_cell_has_cpu(cpu);
}

int mock_cpu_taken(u64 lapic)
{
	int cpu = mock_cpu_of(lapic);

	if (cpu < 0 || !cpumask_test_cpu(cpu, &mock_cpus)) {
		mock_state.bad_calls++;
		return -EINVAL;
	}
	return mock_cpu_is_owned(cpu) ? -EBUSY : cpu;
}

void mock_add_loaded(u64 bytes)
{
	mock_state.loaded += bytes;
}

void mock_add_forced(void)
{
	mock_state.forced++;
}

static int mock_remove_cpu(u64 lapic, u64 arg2)
{
	int cpu = mock_cpu_of(lapic);

	if (cpu < 0 || cpu_online(cpu) || cpumask_test_cpu(cpu, &mock_cpus)) {
		mock_state.bad_calls++;
		return -EINVAL;
	}
	cpumask_set_cpu(cpu, &mock_cpus);
	return 0;
}

static int mock_return_cpu(u64 lapic, u64 arg2)
{
	int cpu = mock_cpu_of(lapic);

	if (cpu < 0 || !cpumask_test_cpu(cpu, &mock_cpus)) {
		mock_state.bad_calls++;
		return -EINVAL;
	}
	if (mock_cpu_is_owned(cpu)) {
		mock_state.bad_calls++;
		return -EBUSY;
	}
	cpumask_clear_cpu(cpu, &mock_cpus);
	return 0;
}

static int mock_check_cpus(u64 affinity)
{
	unsigned int cpu;

	for (cpu = 0; cpu < 64; cpu++) {
		if (!(affinity & BIT_ULL(cpu)))
			continue;
		if (mock_cpu_is_owned(cpu))
			return -EBUSY;
		if (!cpumask_test_cpu(cpu, &mock_cpus)) {
			mock_state.bad_calls++;
			return -EINVAL;
		}
	}
	return affinity ? 0 : -EINVAL;
}

static int mock_create(u64 gpa, u64 arg2)
{
	struct acrn_vm_creation *param = phys_to_virt(gpa);
	int i, ret = mock_check_cpus(param->cpu_affinity);

	if (ret)
		return ret;
	for (i = 0; i < MOCK_VMS; i++) {
		if (mock_vms[i].used)
			continue;
		mock_vms[i] = (struct mock_vm){ .used = true,
						.cpus = param->cpu_affinity };
		param->vmid = i + 1;
		param->vcpu_num = hweight64(param->cpu_affinity);
		return 0;
	}
	return -ENOSPC;
}

static int mock_destroy(u64 vmid, u64 arg2)
{
	struct mock_vm *vm = mock_find(vmid);

	if (!vm) {
		mock_state.bad_calls++;
		return -ENODEV;
	}
	vm->used = false;
	return 0;
}

static int mock_vm_only(u64 vmid, u64 arg2)
{
	if (mock_find(vmid))
		return 0;
	mock_state.bad_calls++;
	return -ENODEV;
}

/* The page is the driver's hint, the state its answer. */
static void mock_set_off(struct mock_vm *vm, u32 off)
{
	struct acrn_abi_ioreq *slots = (void *)vm->ioreq;

	if (slots)
		WRITE_ONCE(slots[0].off, off);
}

static int mock_revive(u64 vmid, u64 arg2)
{
	int ret = mock_vm_only(vmid, 0);

	if (ret)
		return ret;
	mock_find(vmid)->off = false;
	mock_set_off(mock_find(vmid), 0);
	return 0;
}

static int mock_set_regs(u64 vmid, u64 gpa)
{
	const struct acrn_vcpu_regs *regs = phys_to_virt(gpa);

	mock_state.last_regs_rip = regs->vcpu_regs.rip;
	return mock_vm_only(vmid, 0);
}

static int mock_set_ioreq(u64 vmid, u64 gpa)
{
	struct mock_vm *vm = mock_find(vmid);
	int i;

	if (!vm) {
		mock_state.bad_calls++;
		return -ENODEV;
	}
	vm->ioreq = phys_to_virt(*(u64 *)phys_to_virt(gpa));
	for (i = 0; i < ACRN_IO_REQUEST_MAX; i++)
		vm->ioreq->req_slot[i].processed = ACRN_IOREQ_STATE_FREE;
	return 0;
}

static int mock_put_request(const struct mock_cmd *cmd)
{
	struct mock_vm *vm = mock_find(cmd->vmid);
	struct acrn_io_request *req;

	if (!vm || !vm->ioreq || cmd->vcpu >= ACRN_IO_REQUEST_MAX)
		return -EINVAL;
	req = &vm->ioreq->req_slot[cmd->vcpu];
	if (READ_ONCE(req->processed) != ACRN_IOREQ_STATE_FREE)
		return -EBUSY;
	memset(&req->reqs, 0, sizeof(req->reqs));
	req->type = cmd->type;
	req->completion_polling = 0;
	req->reqs.mmio_request.direction = cmd->direction;
	req->reqs.mmio_request.address = cmd->addr;
	req->reqs.mmio_request.size = cmd->size;
	req->reqs.mmio_request.value = cmd->value;
	smp_store_release(&req->processed, ACRN_IOREQ_STATE_PENDING);
	return 0;
}

static void mock_on_irq(struct irq_work *work)
{
	hsm_ioreq_upcall();
}

static DEFINE_IRQ_WORK(mock_irq, mock_on_irq);

/* Who asks for ever is back before its answer's interrupt has ended. */
static void mock_ask_again(u64 vmid, u64 vcpu)
{
	if (!mock_ask.repeat || mock_ask.vmid != vmid || mock_ask.vcpu != vcpu)
		return;
	mock_ask.repeat--;
	if (mock_put_request(&mock_ask))
		mock_state.bad_calls++;
	irq_work_queue(&mock_irq);
}

static int mock_finish(u64 vmid, u64 vcpu)
{
	struct mock_vm *vm = mock_find(vmid);
	struct acrn_io_request *req;

	if (!vm || !vm->ioreq || vcpu >= ACRN_IO_REQUEST_MAX) {
		mock_state.bad_calls++;
		return -EINVAL;
	}
	req = &vm->ioreq->req_slot[vcpu];
	if (smp_load_acquire(&req->processed) != ACRN_IOREQ_STATE_COMPLETE) {
		mock_state.bad_calls++;
		return -EINVAL;
	}
	mock_state.answer = req->type == ACRN_IOREQ_TYPE_MMIO
				    ? req->reqs.mmio_request.value
				    : req->reqs.pio_request.value;
	mock_state.finished++;
	WRITE_ONCE(req->processed, ACRN_IOREQ_STATE_FREE);
	mock_ask_again(vmid, vcpu);
	return 0;
}

static bool mock_op_is_good(const struct hsm_mem_op *op)
{
	return (op->type == HSM_MEM_ADD || op->type == HSM_MEM_DEL) &&
	       op->size && PAGE_ALIGNED(op->size) &&
	       PAGE_ALIGNED(op->user_vm_pa) && PAGE_ALIGNED(op->service_vm_pa);
}

static int mock_set_memory(u64 gpa, u64 arg2)
{
	const struct hsm_mem_batch *batch = phys_to_virt(gpa);
	const struct hsm_mem_op *ops = phys_to_virt(batch->regions_gpa);
	struct mock_vm *vm = mock_find(batch->vmid);
	u32 i;

	for (i = 0; vm && i < batch->regions_num; i++) {
		if (!mock_op_is_good(&ops[i]))
			break;
		if (ops[i].type == HSM_MEM_ADD)
			vm->mapped += ops[i].size;
		else
			vm->mapped -= ops[i].size;
		mock_state.added += ops[i].type == HSM_MEM_ADD;
	}
	if (vm && i == batch->regions_num)
		return 0;
	mock_state.bad_calls++;
	return -EINVAL;
}

static int mock_inject(u64 vmid, u64 gpa)
{
	const struct acrn_msi_entry *msi = phys_to_virt(gpa);

	mock_state.msis++;
	mock_state.last_msi = msi->msi_data;
	return mock_vm_only(vmid, 0);
}

static int mock_pm(u64 cmd, u64 gpa)
{
	*(u64 *)phys_to_virt(gpa) = cmd;
	return mock_vm_only(cmd >> 24, 0);
}

static int mock_query_vm(u32 slot, struct holm_vm *out)
{
	if (slot > MOCK_VMS)
		return -ENOENT;
	memset(out, 0, sizeof(*out));
	/* The slots run against the numbers, so that both are looked at. */
	out->vmid = slot ? MOCK_VMS + 1 - slot : 0;
	out->slot = slot;
	out->state = HOLM_VM_RUNNING;
	if (mock_find(out->vmid) && mock_find(out->vmid)->off)
		out->state = HOLM_VM_OFF;
	return 0;
}

static int mock_query(u64 gpa, u64 arg2)
{
	struct holm_query *query = phys_to_virt(gpa);
	struct holm_info info = { .version = 0x000100,
				  .ncpus = num_present_cpus() };
	struct holm_vm vm;
	void *out = &info;
	u32 size = sizeof(info);

	if (query->subject == HOLM_QUERY_VM) {
		if (mock_query_vm(query->index, &vm))
			return -ENOENT;
		out = &vm;
		size = sizeof(vm);
	} else if (query->subject != HOLM_QUERY_INFO) {
		return -EINVAL;
	}
	info.boot_tsc[0] = arg2;
	info.trace_events = mock_trace;
	query->out_len = min(size, query->len);
	memcpy(phys_to_virt(query->buf_gpa), out, query->out_len);
	return 0;
}

static int mock_set_trace(u64 events, u64 arg2)
{
	if (events > 7)
		return -EINVAL;
	mock_trace = events;
	return 0;
}

static const struct {
	u32 nr;
	int (*fn)(u64 arg1, u64 arg2);
} mock_calls[] = {
	{ HC_SOS_REMOVE_CPU, mock_remove_cpu },
	{ HC_HOLM_RETURN_CPU, mock_return_cpu },
	{ HC_CREATE_VM, mock_create },
	{ HC_DESTROY_VM, mock_destroy },
	{ HC_START_VM, mock_revive },
	{ HC_PAUSE_VM, mock_vm_only },
	{ HC_RESET_VM, mock_revive },
	{ HC_SET_VCPU_REGS, mock_set_regs },
	{ HC_SET_IOREQ_BUFFER, mock_set_ioreq },
	{ HC_NOTIFY_REQUEST_FINISH, mock_finish },
	{ HC_VM_SET_MEMORY_REGIONS, mock_set_memory },
	{ HC_INJECT_MSI, mock_inject },
	{ HC_SET_IRQLINE, mock_vm_only },
	{ HC_VM_INTR_MONITOR, mock_vm_only },
	{ HC_PM_GET_CPU_STATE, mock_pm },
	{ HC_HOLM_QUERY, mock_query },
	{ HC_HOLM_TRACE, mock_set_trace },
};

static bool mock_must_fail(u32 nr)
{
	if (nr != mock_fail_nr || !mock_fail_in || --mock_fail_in)
		return false;
	mock_state.failed++;
	return true;
}

static int mock_dispatch(u32 nr, u64 arg1, u64 arg2)
{
	size_t i;

	if (nr == mock_again_nr && mock_again) {
		mock_again--;
		return -EAGAIN;
	}
	if (mock_must_fail(nr))
		return -EIO;
	for (i = 0; i < ARRAY_SIZE(mock_calls); i++) {
		if (mock_calls[i].nr == nr)
			return mock_calls[i].fn(arg1, arg2);
	}
	return mock_cell_call(nr, arg1, arg2);
}

int hsm_hcall(u32 nr, u64 arg1, u64 arg2)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&mock_lock, flags);
	ret = mock_dispatch(nr, arg1, arg2);
	spin_unlock_irqrestore(&mock_lock, flags);
	if (nr == HC_NOTIFY_REQUEST_FINISH)
		wake_up_all(&mock_wq);
	return ret;
}

static bool mock_is_answered(const struct mock_cmd *cmd)
{
	struct mock_vm *vm = mock_find(cmd->vmid);

	return !vm || !vm->ioreq ||
	       READ_ONCE(vm->ioreq->req_slot[cmd->vcpu].processed) ==
		       ACRN_IOREQ_STATE_FREE;
}

static int mock_do(const struct mock_cmd *cmd)
{
	struct mock_vm *vm = mock_find(cmd->vmid);

	switch (cmd->op) {
	case MOCK_REQUEST:
		return mock_put_request(cmd);
	case MOCK_ASK:
		mock_ask = *cmd;
		return mock_put_request(cmd);
	case MOCK_OFF:
		if (!vm)
			return -EINVAL;
		vm->off = true;
		mock_set_off(vm, 1);
		return 0;
	case MOCK_FAIL:
		mock_fail_nr = (u32)cmd->addr;
		mock_fail_in = cmd->value;
		return 0;
	case MOCK_AGAIN:
		mock_again_nr = (u32)cmd->addr;
		mock_again = cmd->value;
		return 0;
	}
	return -EINVAL;
}

int mock_command(const struct mock_cmd *cmd)
{
	unsigned long flags;
	int ret;

	if (cmd->op == MOCK_WAIT && cmd->vcpu < ACRN_IO_REQUEST_MAX)
		return wait_event_timeout(mock_wq, mock_is_answered(cmd),
					  20 * HZ)
			       ? 0
			       : -ETIMEDOUT;
	spin_lock_irqsave(&mock_lock, flags);
	ret = mock_do(cmd);
	spin_unlock_irqrestore(&mock_lock, flags);
	if (!ret && cmd->op != MOCK_FAIL && cmd->op != MOCK_AGAIN)
		hsm_ioreq_upcall();
	return ret;
}

void mock_get_state(struct mock_state *state)
{
	unsigned long flags;
	int i;

	spin_lock_irqsave(&mock_lock, flags);
	*state = mock_state;
	state->cpus = cpumask_weight(&mock_cpus);
	state->cells = mock_cell_count();
	for (i = 0; i < MOCK_VMS; i++) {
		state->vms += mock_vms[i].used;
		if (mock_vms[i].used)
			state->mapped_bytes += mock_vms[i].mapped;
	}
	spin_unlock_irqrestore(&mock_lock, flags);
}
