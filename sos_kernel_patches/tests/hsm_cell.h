/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The cases of hsm_test that are about cells. */
#ifndef HSM_TEST_CELL_H
#define HSM_TEST_CELL_H

/* X(function, what is true) */
#define HSM_CELL_CASES(X)                                                     \
	X(test_cell_life,                                                     \
	  "a cell is made of pinned memory, and outlives it all")             \
	X(test_cell_pins, "only huge pages are pinned, and by one file")      \
	X(test_cell_rights, "who may only read makes no cell")                \
	X(test_cell_descs, "descriptions that cannot be walked")              \
	X(test_cell_refused, "what Linux uses is refused")                    \
	X(test_cell_regions, "what a cell has, no other gets")                \
	X(test_cell_failures, "a cell that fails at any call leaves nothing") \
	X(test_cell_again, "the hypervisor may ask to come again")            \
	X(test_cell_hotplug, "a CPU that others switch on and off meanwhile") \
	X(test_cell_load, "loading in pieces")                                \
	X(test_cell_pci, "a PCI function is held, and comes back")            \
	X(test_cell_driver, "a driver leaves, and comes back")                \
	X(test_cell_reset, "a PCI function forgets who had it")               \
	X(test_cell_links, "shared memory is several cells', not Linux's")    \
	X(test_cell_killed, "a tool killed at any moment")

#define HSM_CELL_DECLARE(fn, text) void fn(void);
HSM_CELL_CASES(HSM_CELL_DECLARE)

#endif
