/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be asked for, once: parsing, --help, the man page, the completion
 * and the reference page are made from these tables.
 */
#ifndef HOLM_COMMANDS_H
#define HOLM_COMMANDS_H

/* clang-format off */

/* X(id, number, meaning): the exit status, the same for all commands. */
#define HOLM_STATUSES(X)						\
	X(DONE, 0, "done")						\
	X(FAILED, 1, "it failed; a sentence says why")			\
	X(USAGE, 2, "wrong usage; a sentence names the word and the rule") \
	X(NO_HOLM, 3, "there is no Holm, or its driver is not loaded")	\
	X(NOT_FOUND, 4, "there is no VM or cell of that name")			\
	X(BUSY, 5, "it cannot be done now: nobody serves the VM, its"	\
	  " console has another user, something is in use")					\
	X(TIMEOUT, 6, "it did not happen in time")

/* X(field, name, argument, type, meaning) */
#define HOLM_OPTIONS(X)							\
	X(json, "json", "", FLAG,					\
	  "print one JSON document instead of a table")			\
	X(svg, "svg", "", FLAG,						\
	  "draw it as an SVG picture")					\
	X(histogram, "histogram", "", FLAG,				\
	  "what the cell has measured instead; also with --json, --svg") \
	X(names, "names", "", FLAG,					\
	  "print nothing but the names, one a line")			\
	X(interval, "interval", "SECONDS", NUMBER,			\
	  "go on every SECONDS with what was added since")		\
	X(count, "count", "N", NUMBER,					\
	  "with --interval: end after N times")				\
	X(seconds, "seconds", "SECONDS", NUMBER,			\
	  "switch the trace on, read along for SECONDS or until Ctrl-C,"	\
	  " switch it off")						\
	X(on, "on", "", FLAG,						\
	  "record from now on, and return")				\
	X(off, "off", "", FLAG,						\
	  "record no more, and return")					\
	X(events, "events", "EVENT,...", TEXT,				\
	  "record only these events (default: all)")			\
	X(output, "output", "FILE", TEXT,				\
	  "write FILE; of a trace: for Perfetto or Chrome's viewer, and print" \
	  " a summary")							\
	X(offline, "offline", "", FLAG,					\
	  "do not compare it with this machine")			\
	X(system, "system", "FILE", TEXT,				\
	  "compare it with that machine; FILE is of holm config create") \
	X(force, "force", "", FLAG,					\
	  "end a VM that does not power off in time; do not ask a cell,"	\
	  " nor those that are locked")					\
	X(timeout, "timeout", "SECONDS", NUMBER,			\
	  "how long to wait for that (default 30)")			\
	X(follow, "follow", "", FLAG,					\
	  "go on with what comes until the cell is gone")		\
	X(raw, "raw", "", FLAG,						\
	  "pass every byte on, also those that command a terminal")	\
	X(port, "port", "PORT", TEXT,					\
	  "com1 or com2 (default: the first that the VM has)")		\
	X(run_dir, "run-dir", "DIR", TEXT,				\
	  "where the device models' sockets are (default /run/acrn)")

/* X(noun, verb, argument, function, options, meaning) */
#define HOLM_COMMANDS(X)						\
	X("hv", "info", "", show_info, "json",				\
	  "the hypervisor: version, memory, start-up time")		\
	X("hv", "memory", "", show_memory, "json svg",			\
	  "whose memory is what, by address")				\
	X("hv", "audit", "", do_audit, "json",				\
	  "prove from what the CPUs walk that no guest reaches another") \
	X("hv", "check", "", check_host, "json",			\
	  "can this machine run Holm, and what does it lack")		\
	X("hv", "log", "", show_log, "json",				\
	  "what the hypervisor has said so far")			\
	X("hv", "trace", "", show_trace,				\
	  "json seconds output events on off",				\
	  "what each CPU did last, event by event")			\
	X("cpu", "list", "", show_cpus, "json",				\
	  "each CPU: who owns it, how often it exits")			\
	X("vm", "list", "", show_vms, "json names run-dir",		\
	  "each VM: state, CPUs, memory, who serves it, since when")	\
	X("vm", "stats", "[NAME]", show_stats, "json interval count",	\
	  "exits by reason, requests, injections; of one VM or of all")	\
	X("vm", "console", "NAME", do_console, "json port run-dir",	\
	  "attach to the VM's serial port; Ctrl-] leaves")		\
	X("vm", "stop", "NAME", do_stop, "json force timeout run-dir",	\
	  "press the VM's power button and wait until it is gone")	\
	X("cell", "map", "", show_cell_map, "json svg",			\
	  "who owns which CPUs, memory, ports, interrupts, PCI functions") \
	X("cell", "check", "FILE...", do_cell_check,			\
	  "json offline system",					\
	  "what is wrong with descriptions of cells")			\
	X("cell", "compile", "FILE", do_cell_compile, "output",		\
	  "make what the hypervisor reads of a description")		\
	X("cell", "show", "FILE", do_cell_show, "",			\
	  "a description, compiled or not, as YAML")			\
	X("cell", "create", "FILE", do_cell_create, "json force",		\
	  "make a cell: CPUs, memory, devices leave the Service VM")	\
	X("cell", "linux",						\
	  "FILE KERNEL [-i INITRD] [-c CMDLINE]", do_cell_linux, "json",	\
	  "create, load and start a cell with an unmodified Linux")	\
	X("cell", "load", "NAME PIECE...", do_cell_load, "json",	\
	  "put pieces into its memory: IMAGE or -s STRING, each [-a ADDRESS]") \
	X("cell", "start", "NAME", do_cell_start, "json",		\
	  "start it from the beginning")				\
	X("cell", "shutdown", "NAME", do_cell_shutdown,			\
	  "json force timeout",						\
	  "stop it if it agrees; its memory stays as it is")		\
	X("cell", "console", "NAME", do_cell_console, "json follow raw",	\
	  "what it has written to its communication region")		\
	X("cell", "destroy", "NAME", do_cell_destroy, "json force",	\
	  "end it, and give all it had back to the Service VM")		\
	X("cell", "list", "", show_cells, "json names",			\
	  "each cell: state, CPUs, memory, exits, refused accesses")	\
	X("cell", "stats", "[NAME]", show_cell_stats,			\
	  "json histogram svg",						\
	  "exits by reason, refusals by kind; of one cell or of all")		\
	X("config", "create", "", create_config, "output",		\
	  "describe this machine: what it has and who uses it")

/* X(noun, verb): what works without the hypervisor as well. */
#define HOLM_ANYWHERE(X)						\
	X("hv", "check")						\
	X("cell", "check")						\
	X("cell", "compile")						\
	X("cell", "show")						\
	X("config", "create")

/* X(word, noun, verb): one word for two. */
#define HOLM_ALIASES(X)							\
	X("trace", "hv", "trace")

/* clang-format on */

#endif
