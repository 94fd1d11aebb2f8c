# SPDX-License-Identifier: BSD-2-Clause
# All that the tests of VMs and hypercalls are built from.
VM_BENCH_SRC = tests/unit/vm_bench.c arch/fake/fake_machine.c \
	arch/fake/fake_backend.c vm/vm.c vm/vm_state.c vm/vm_list.c \
	vm/vm_cpu.c vm/memregion.c vm/sched.c io/iospace.c io/ioreq.c \
	guest/x86/guest.c guest/x86/vlapic.c guest/x86/vlapic_bus.c \
	guest/x86/vlapic_regs.c guest/x86/vlapic_timer.c \
	guest/x86/vioapic.c guest/x86/vpic.c guest/x86/virq.c \
	guest/x86/vpit.c guest/x86/vpmtimer.c guest/x86/cpuid.c \
	guest/x86/cpuid_table.c guest/x86/msr.c guest/x86/msr_table.c \
	hypercall/hypercall.c hypercall/hc_cpu.c hypercall/hc_ioreq.c \
	hypercall/hc_irq.c hypercall/hc_memory.c hypercall/hc_query.c \
	hypercall/hc_vcpu.c hypercall/hc_vm.c \
	mem/pgtable.c mem/pgtable_formats.c mem/pgtable_update.c \
	mem/pgtable_share.c mem/pool.c mem/stage2.c mem/stage2_donate.c \
	mem/guestmem.c
TESTS += test_vmstate
test_vmstate_SRC = $(VM_BENCH_SRC)
