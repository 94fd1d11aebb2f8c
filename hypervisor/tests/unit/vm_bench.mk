# SPDX-License-Identifier: BSD-2-Clause
# What the tests of VMs, devices and hypercalls share, compiled once. A test
# uses it by saying  test_<name>_LIBS = $(VM_BENCH_LIB).
VM_BENCH_SRC := tests/unit/vm_bench.c tests/unit/vm_world.c \
	$(addprefix arch/fake/fake_, \
	machine.c backend.c lapic.c pci.c) \
	$(addprefix vm/, vm.c vm_state.c vm_list.c vm_cpu.c memregion.c \
	sched.c vm_deny.c) core/trace.c io/doorbell.c io/iospace.c io/subpage.c io/ioreq.c \
	$(addprefix guest/x86/, guest.c vlapic.c vlapic_bus.c vlapic_regs.c \
	vlapic_hw.c vlapic_timer.c vioapic.c vpic.c virq.c vpit.c \
	vpmtimer.c cell_power.c cpuid.c \
	cpuid_table.c msr.c msr_table.c direct_apic.c direct_ioapic.c \
	vpci.c vpci_config.c pcifn.c pcifn_config.c pcifn_msi.c pcifn_facts.c ivshmem.c) \
	$(addprefix hypercall/, hypercall.c hc_cpu.c hc_ioreq.c hc_irq.c \
	hc_debug.c hc_map.c hc_memory.c hc_query.c hc_trace.c hc_vcpu.c hc_vm.c \
	hc_cell.c hc_facts.c) lib/printf.c \
	$(addprefix cell/, cell.c cell_desc.c cell_take.c cell_mem.c \
	cell_port.c cell_comm.c cell_irq.c cell_part.c cell_pci.c cell_ivshmem.c) \
	$(addprefix mem/, pgtable.c pgtable_formats.c pgtable_update.c \
	pgtable_share.c pgtable_collapse.c pool.c stage2.c stage2_donate.c \
	guestmem.c)
VM_BENCH_OBJ := $(VM_BENCH_SRC:%.c=$(O)/vm_bench/%.o)
VM_BENCH_LIB := $(O)/vm_bench/vm_bench.a
VM_BENCH_TESTS := $(foreach t,$(TESTS), \
	$(if $(findstring VM_BENCH_LIB,$(value $(t)_LIBS)),$(t)))

.DEFAULT_GOAL := all
$(VM_BENCH_TESTS:%=$(O)/%): $(VM_BENCH_LIB)
$(VM_BENCH_LIB): $(VM_BENCH_OBJ)
	@rm -f $@ && ar rcs $@ $^
$(VM_BENCH_OBJ): $(O)/vm_bench/%.o: $(HV)/%.c Makefile vm_bench.mk
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -c -o $@ $<
-include $(VM_BENCH_OBJ:.o=.d)
