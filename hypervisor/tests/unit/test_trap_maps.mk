# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_trap_maps
test_trap_maps_SRC := arch/x86/trap_maps.c arch/x86/svm/svm_vm.c \
	arch/x86/vmx/vmx_vm.c
