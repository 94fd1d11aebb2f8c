/* SPDX-License-Identifier: BSD-2-Clause */
/* A User VM's life: every order of calls, and every moment to end. */
#include "kit/blobs.h"
#include "kit/test.h"

#define RAM       MIB(4)
#define MANY      60
#define SETTLE_US 3000

enum { START, PAUSE, RESET, OPS };

static const u64 op_nr[OPS] = { HC_START_VM, HC_PAUSE_VM, HC_RESET_VM };
static const char *const op_name[OPS] = { "start", "pause", "reset" };
static const char *const state_name[] = { "?", "created", "running", "paused",
					  "off" };

/* What each call does in each state: the state after it, 0 if refused. */
/* clang-format off */
static const u32 next_state[5][OPS] = {
	[HOLM_VM_CREATED] = { HOLM_VM_RUNNING, HOLM_VM_PAUSED, 0 },
	[HOLM_VM_RUNNING] = { 0, HOLM_VM_PAUSED, 0 },
	[HOLM_VM_PAUSED] = { HOLM_VM_RUNNING, HOLM_VM_PAUSED,
			     HOLM_VM_CREATED },
	[HOLM_VM_OFF] = { 0, HOLM_VM_OFF, HOLM_VM_CREATED },
};
/* clang-format on */

#define load(vm, name)                                             \
	do {                                                       \
		struct acrn_abi_vcpu_regs regs_ =                  \
			dm_regs_long(vm, 0, BLOB_AT);              \
		regs_.regs.gprs.r[4] = 0x8000;                     \
		blob_load(vm, name);                               \
		check_eq(dm_set_regs(vm, &regs_), 0, "registers"); \
	} while (0)

static bool make(struct dm_vm *vm)
{
	ram_free_all();
	return dm_take_cpus(1) && dm_make(vm, 1, RAM);
}

/* All that a VM takes is back. */
static void end(struct dm_vm *vm, u64 used)
{
	check_eq(dm_call(HC_DESTROY_VM, vm), 0, "destroy");
	check_eq(hc_info().pool_used, used, "pages in use");
	check_eq(hc_info().nvms, 1, "VMs");
	check_eq(hc_cpu(1).owner_vm, HOLM_NO_VM, "owner of CPU 1");
	check_eq(dm_call(HC_START_VM, vm), -ENOTTY, "start what is gone");
}

static void step(struct dm_vm *vm, u32 *state, u32 op)
{
	u32 want = next_state[*state][op];
	s64 rc = dm_call(op_nr[op], vm);

	check_eq(rc, want ? 0 : -EPERM, "%s when %s", op_name[op],
		 state_name[*state]);
	if (want)
		*state = want;
	check_eq(dm_state(vm), *state, "state after %s", op_name[op]);
}

/* All sequences of four calls, each ended by destroy. */
static void every_order(void)
{
	u64 used = hc_info().pool_used;
	struct dm_vm vm;

	for (u32 n = 0; n < OPS * OPS * OPS * OPS; n++) {
		u32 state = HOLM_VM_CREATED;
		u32 seq = n;

		if (!make(&vm))
			return;
		load(&vm, spin);
		for (u32 i = 0; i < 4; i++, seq /= OPS)
			step(&vm, &state, seq % OPS);
		end(&vm, used);
	}
}

static void counter_moves(struct dm_vm *vm, bool want, const char *when)
{
	volatile u32 *counter =
		(volatile u32 *)(void *)(vm->ram + BLOB_COUNTER);
	u32 before = *counter;

	if (want) {
		check(WAIT_FOR(*counter != before), "%s: it stands still",
		      when);
		return;
	}
	delay_us(SETTLE_US);
	check_eq(*counter, before, "%s: it still runs", when);
}

static void pause_stops_and_start_resumes(void)
{
	struct dm_vm vm;
	u64 used = hc_info().pool_used;

	if (!make(&vm))
		return;
	load(&vm, count);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	for (u32 i = 0; i < 5; i++) {
		counter_moves(&vm, true, "running");
		check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
		counter_moves(&vm, false, "paused");
		check_eq(dm_call(HC_START_VM, &vm), 0, "resume");
	}
	end(&vm, used);
}

/* A pause right behind the start: on return it does not run any more. */
static void pause_at_once(void)
{
	u64 used = hc_info().pool_used;
	struct dm_vm vm;

	for (u32 i = 0; i < 50; i++) {
		if (!make(&vm))
			return;
		load(&vm, count);
		check_eq(dm_call(HC_START_VM, &vm), 0, "start");
		delay_us(i * 40);
		check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
		counter_moves(&vm, false, "paused at once");
		end(&vm, used);
	}
}

#define END_IN(name, what)                                         \
	static void name(void)                                     \
	{                                                          \
		struct dm_vm vm;                                   \
		u64 used = hc_info().pool_used;                    \
                                                                   \
		if (!make(&vm))                                    \
			return;                                    \
		load(&vm, what);                                   \
		check_eq(dm_call(HC_START_VM, &vm), 0, "start");   \
		delay_us(SETTLE_US);                               \
		check_eq(dm_state(&vm), HOLM_VM_RUNNING, "state"); \
		end(&vm, used);                                    \
	}

END_IN(end_in_a_tight_loop, spin)
END_IN(end_while_halted, halt)
END_IN(end_while_asleep, sleep)

/* Instructions that take years stop between two elements. */
#define END_LONG(name)                                                    \
	static void end_in_##name(void)                                   \
	{                                                                 \
		u64 used = hc_info().pool_used;                           \
		u64 until;                                                \
		struct dm_vm vm;                                          \
                                                                          \
		if (!make(&vm))                                           \
			return;                                           \
		load(&vm, name);                                          \
		check_eq(dm_call(HC_START_VM, &vm), 0, "start");          \
		for (u32 i = 0; i < 10; i++) {                            \
			until = deadline_ms(5);                           \
			while (x86_rdtsc() < until)                       \
				dm_serve_pending(&vm);                    \
			check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");  \
			check_eq(dm_call(HC_START_VM, &vm), 0, "resume"); \
		}                                                         \
		end(&vm, used);                                           \
	}

END_LONG(long_out)
END_LONG(long_in)
END_LONG(long_move)

static void end_with_a_request_open(void)
{
	struct dm_vm vm;
	u64 used = hc_info().pool_used;

	if (!make(&vm))
		return;
	load(&vm, request);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check(dm_wait_request(&vm, 0), "no request");
	end(&vm, used);
	check_eq(vm.req[0].state, ACRN_IOREQ_PENDING, "the slot is left alone");
}

/* Paused in a request: it is still there, and answered after the resume. */
static void pause_with_a_request_open(void)
{
	struct dm_vm vm;
	u64 used = hc_info().pool_used;

	if (!make(&vm))
		return;
	load(&vm, request);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check(dm_wait_request(&vm, 0), "no request");
	check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
	check_eq(vm.req[0].u.access.address, 0x9100, "port");
	check_eq(vm.req[0].u.access.value, 0x12345678, "value");
	check_eq(vm.req[0].u.access.size, 4, "size");
	check_eq(dm_call(HC_START_VM, &vm), 0, "resume");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "the rest");
	check_eq(vm.requests, 3, "requests, none of them twice");
	check_eq(vm.status, 0xffffffff, "what the port read");
	end(&vm, used);
}

static bool answer_ask(struct dm_vm *vm, u32 vcpu, struct acrn_abi_ioreq *r)
{
	(void)vm;
	(void)vcpu;
	if (r->u.access.direction == ACRN_IOREQ_WRITE)
		return false;
	r->u.access.value = 0x550000 | r->u.access.address;
	return true;
}

/* New registers in a request: the old answer is nobody's, the new is. */
static void registers_with_a_request_open(void)
{
	struct dm_vm vm;
	u64 used = hc_info().pool_used;

	if (!make(&vm))
		return;
	load(&vm, request);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check(dm_wait_request(&vm, 0), "no request");
	check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
	load(&vm, ask);
	vm.hook = answer_ask;
	check_eq(dm_call(HC_START_VM, &vm), 0, "start again");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "the rest");
	check_eq(vm.status, 0x559200, "what the new program read");
	end(&vm, used);
}

/* Answered while paused: the answer waits for the resume. */
static void answer_while_paused(void)
{
	struct dm_vm vm;
	u64 used = hc_info().pool_used;

	if (!make(&vm))
		return;
	load(&vm, request);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check(dm_wait_request(&vm, 0), "no request");
	check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
	dm_serve_pending(&vm);
	check_eq(vm.requests, 1, "requests");
	check_eq(dm_call(HC_START_VM, &vm), 0, "resume");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "the rest");
	check_eq(vm.requests, 3, "requests, none of them twice");
	end(&vm, used);
}

/* Reset in a request: it is forgotten, and the VM starts from anew. */
static void reset_with_a_request_open(void)
{
	struct dm_vm vm;
	u64 used = hc_info().pool_used;

	if (!make(&vm))
		return;
	load(&vm, request);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check(dm_wait_request(&vm, 0), "no request");
	check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
	check_eq(dm_call(HC_RESET_VM, &vm), 0, "reset");
	check_eq(vm.req[0].state, ACRN_IOREQ_FREE, "the slot");
	load(&vm, request);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start again");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "the rest");
	check_eq(vm.requests, 3, "requests");
	end(&vm, used);
}

static void triple_fault_tells(void)
{
	struct dm_vm vm;
	u64 used = hc_info().pool_used;

	if (!make(&vm))
		return;
	for (u32 i = 0; i < 3; i++) {
		u32 seen = kcpu_irqs(kcpu_self(), 0xf3);

		load(&vm, triple);
		check_eq(dm_call(HC_START_VM, &vm), 0, "start");
		check_eq(dm_serve(&vm, PATIENCE_MS), DM_OFF, "end %u", i);
		irq_enable();
		check(WAIT_FOR(kcpu_irqs(kcpu_self(), 0xf3) != seen),
		      "no upcall told of it");
		check_eq(dm_call(HC_START_VM, &vm), -EPERM, "start when off");
		check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause when off");
		check_eq(dm_call(HC_RESET_VM, &vm), 0, "reset");
		check_eq(dm_state(&vm), HOLM_VM_CREATED, "state");
	}
	load(&vm, triple);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_OFF, "the last");
	end(&vm, used);
}

static void registers_only_at_rest(void)
{
	struct acrn_abi_vcpu_regs regs;
	struct dm_vm vm;
	u64 used = hc_info().pool_used;

	if (!make(&vm))
		return;
	load(&vm, spin);
	regs = dm_regs_long(&vm, 0, BLOB_AT);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check_eq(dm_set_regs(&vm, &regs), -EPERM, "while running");
	check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
	check_eq(dm_set_regs(&vm, &regs), 0, "while paused");
	regs.vcpu_id = 1;
	check_eq(dm_set_regs(&vm, &regs), -EINVAL, "of a vCPU that is not");
	end(&vm, used);
}

static void no_start_without_request_page(void)
{
	struct acrn_abi_vm_creation c = { .vcpu_num = 1, .name = "bare" };
	u64 used = hc_info().pool_used;

	ram_free_all();
	if (!dm_take_cpus(1))
		return;
	check_eq(hypercall(HC_CREATE_VM, addr_of(&c), 0), 0, "create");
	check_eq(hypercall(HC_START_VM, c.vmid, 0), -EPERM, "start");
	check_eq(hypercall(HC_DESTROY_VM, c.vmid, 0), 0, "destroy");
	check_eq(hc_info().pool_used, used, "pages in use");
}

static void one_cpu_one_vm(void)
{
	struct dm_vm vm, second;
	u64 used = hc_info().pool_used;

	if (!make(&vm))
		return;
	check_eq(dm_create(&second, 1), -EBUSY, "a second on the same CPU");
	check_eq(hypercall(HC_HOLM_RETURN_CPU, hc_cpu(1).lapic_id, 0), -EBUSY,
		 "return a CPU in use");
	end(&vm, used);
}

/* The device model said that it will not announce its answers. */
static void polling(void)
{
	u64 used = hc_info().pool_used;
	struct dm_vm vm;

	ram_free_all();
	if (!dm_take_cpus(1) ||
	    !check_eq(dm_create_as(&vm, 1, ACRN_VM_IO_POLLING), 0, "create") ||
	    !dm_give_ram(&vm, RAM))
		return;
	load(&vm, request);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check(dm_wait_request(&vm, 0), "no request");
	check_eq(vm.req[0].polling, 1, "what the slot says");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "how it ended");
	check_eq(vm.requests, 3, "requests");
	end(&vm, used);
}

/* What a VM set up for itself is gone after a reset: its clock, its LAPIC. */
static void reset_forgets(void)
{
	u64 used = hc_info().pool_used;
	struct dm_vm vm;

	if (!make(&vm))
		return;
	load(&vm, state);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "the first run");
	check_eq(vm.status, 0, "found at power-on");
	check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
	check_eq(dm_call(HC_RESET_VM, &vm), 0, "reset");
	vm.ended = false;
	load(&vm, state);
	check_eq(dm_call(HC_START_VM, &vm), 0, "start again");
	check_eq(dm_serve(&vm, PATIENCE_MS), DM_ENDED, "the second run");
	check_eq(vm.status, 0, "found after the reset");
	end(&vm, used);
}

static void many(void)
{
	u64 used = hc_info().pool_used;
	struct dm_vm vm;

	for (u32 i = 0; i < MANY; i++) {
		if (!make(&vm))
			return;
		load(&vm, count);
		check_eq(dm_call(HC_START_VM, &vm), 0, "start %u", i);
		if (i % 4 == 0)
			counter_moves(&vm, true, "one of many");
		end(&vm, used);
	}
}

/* clang-format off */
const struct test tests[] = {
	{ "every_order", every_order },
	{ "pause_stops_and_start_resumes", pause_stops_and_start_resumes },
	{ "pause_at_once", pause_at_once },
	{ "end_in_a_tight_loop", end_in_a_tight_loop },
	{ "end_while_halted", end_while_halted },
	{ "end_while_asleep", end_while_asleep },
	{ "end_in_long_out", end_in_long_out },
	{ "end_in_long_in", end_in_long_in },
	{ "end_in_long_move", end_in_long_move },
	{ "end_with_a_request_open", end_with_a_request_open },
	{ "pause_with_a_request_open", pause_with_a_request_open },
	{ "registers_with_a_request_open", registers_with_a_request_open },
	{ "answer_while_paused", answer_while_paused },
	{ "reset_with_a_request_open", reset_with_a_request_open },
	{ "triple_fault_tells", triple_fault_tells },
	{ "registers_only_at_rest", registers_only_at_rest },
	{ "no_start_without_request_page", no_start_without_request_page },
	{ "one_cpu_one_vm", one_cpu_one_vm },
	{ "polling", polling },
	{ "reset_forgets", reset_forgets },
	{ "many", many },
	{ NULL, NULL },
};
/* clang-format on */
