/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The trace: what each CPU did last, in a ring of records of its own. The
 * table below is the only list of events; Holm, the tools and the documents
 * take names and arguments from it. No record holds a value that a guest
 * reads or writes, only where it does so.
 */
#ifndef ABI_HOLM_TRACE_H
#define ABI_HOLM_TRACE_H

#include "abi_types.h"

/* X(id, name, names of the arguments, what it means) */
/* clang-format off */
#define HOLM_TRACE_EVENTS(X)						\
	X(ENTER, "enter", "rip,,",					\
	  "the vCPU goes on in the guest")				\
	X(EXIT, "exit", "reason,rip,detail",				\
	  "it came out; detail: port, address, leaf, MSR or call")	\
	X(INJECT, "inject", "type,vector,error",			\
	  "the guest gets an interrupt (0), an NMI (1), a fault (2)")	\
	X(REQUEST, "request", "type,address,access",			\
	  "an access goes to the device model; size, bit 8: a write")	\
	X(ANSWER, "answer", "type,address,",				\
	  "its answer is there")					\
	X(FINISH, "finish", "state,,",					\
	  "the Service VM says that it answered the vCPU's request")	\
	X(UPCALL, "upcall", "destination,command,",			\
	  "the Service VM is told of requests")				\
	X(IDLE, "idle", "state,,",					\
	  "the CPU has nothing to run and sleeps")			\
	X(WAKE, "wake", "state,,",					\
	  "something woke it")						\
	X(HYPERCALL, "hypercall", "number,result,",			\
	  "a call of the Service VM is done")				\
	X(STATE, "state", "from,to,",					\
	  "a VM changed its state, by enum vm_state")			\
	X(KICK, "kick", "cpu,,",					\
	  "another CPU is asked to look")				\
	X(TAKE_UP, "take-up", "cpu,,",					\
	  "a CPU begins with another vCPU, or with none")
/* clang-format on */

#define HOLM_TRACE_ENUM(id, name, args, text) HOLM_TRACE_##id,
enum holm_trace_event { HOLM_TRACE_EVENTS(HOLM_TRACE_ENUM) HOLM_TRACE_COUNT };

#define HOLM_TRACE_ALL    (((ABI_U64)1 << HOLM_TRACE_COUNT) - 1)
#define HOLM_TRACE_ARGS   3
#define HOLM_TRACE_NOBODY 0xffff /* vm and vcpu of what is no vCPU's */

struct holm_trace_record {
	ABI_U64 tsc;
	ABI_U16 event; /* HOLM_TRACE_* */
	ABI_U16 cpu;   /* whose ring it is in */
	ABI_U16 vm;    /* vmid and vCPU that it concerns */
	ABI_U16 vcpu;
	ABI_U64 arg[HOLM_TRACE_ARGS];
};

/*
 * HOLM_QUERY_TRACE: index = CPU, from = number of the first record wanted,
 * counted since boot. The answer is this head and as many whole records as
 * fit behind it. first - from records were overwritten before they could be
 * read; first + those in the answer is where to go on.
 */
struct holm_trace_part {
	ABI_U64 first; /* number of the first record behind this */
	ABI_U64 head;  /* records the CPU has written since boot */
};

#endif
