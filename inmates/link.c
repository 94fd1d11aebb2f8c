/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared memory with doorbells: answers what other peers of its link write,
 * in capitals. Words: ask=N: also asks peer to=ID (0) N times.
 */
#include "lib/echo.h"

#include "lib/cmdline.h"
#include "lib/cpu.h"
#include "lib/inmate.h"
#include "lib/pci.h"
#include "lib/print.h"
#include "lib/trap.h"

#define LINK 0x4106110aU /* ivshmem version 2 */
#define BARS 0xe1000000U /* where nothing else is in this cell */

#define REG_ID       0x00
#define REG_PEERS    0x04
#define REG_CONTROL  0x08
#define REG_DOORBELL 0x0c
#define REG_STATE    0x10

#define CAP_VENDOR 0x09
#define CAP_TABLE  4
#define CAP_RW     8
#define CAP_OUT    16
#define CAP_BASE   24

static struct {
	u32 me, peers;
	word states, outputs, out_size;
	u32 answered[ECHO_PEERS];
	volatile u32 rung;
} link;

static volatile struct echo_section *section(u32 peer)
{
	return (volatile struct echo_section *)(link.outputs +
						peer * link.out_size);
}

static void ring(u32 peer)
{
	write32(BARS + REG_DOORBELL, peer << 16);
}

static void rung(void)
{
	link.rung++;
}

static void answer(u32 peer)
{
	volatile struct echo_section *in = section(peer);
	volatile struct echo_answer *a = &section(link.me)->answer[peer];
	u32 number = in->request;

	if (in->to != link.me || number == link.answered[peer])
		return;
	for (u32 i = 0; i < ECHO_TEXT; i++)
		a->text[i] = echo_of(in->text[i]);
	a->number = number;
	link.answered[peer] = number;
	print("link: peer %u asks %u\n", peer, number);
	ring(peer);
}

static void answer_all(void)
{
	for (u32 i = 0; i < link.peers; i++)
		if (i != link.me)
			answer(i);
}

/* Until somebody rings; messages of Holm's ring no bell. */
static void wait(u32 seen)
{
	while (link.rung == seen) {
		inmate_serve();
		x86_pause();
	}
}

static bool is_echo(const volatile struct echo_answer *a,
		    const volatile char *text)
{
	for (u32 i = 0; i < ECHO_TEXT; i++)
		if (a->text[i] != echo_of(text[i]))
			return false;
	return true;
}

static bool ask(u32 peer, u32 number)
{
	volatile struct echo_section *out = section(link.me);
	volatile struct echo_answer *a = &section(peer)->answer[link.me];
	u32 seen;

	for (u32 i = 0; i < ECHO_TEXT; i++)
		out->text[i] = (char)('a' + (i + number) % 26);
	out->to = peer;
	out->request = number;
	ring(peer);
	for (;;) {
		seen = link.rung;
		answer_all();
		if (a->number == number)
			return is_echo(a, out->text);
		wait(seen);
	}
}

static u32 state_of(u32 peer)
{
	return read32(link.states + 4 * peer);
}

static void ask_all(u32 peer, u32 n)
{
	u32 good = 0, seen;

	while (!state_of(peer)) {
		seen = link.rung;
		if (!state_of(peer))
			wait(seen);
	}
	for (u32 i = 1; i <= n; i++)
		good += ask(peer, i);
	print("link: %u answers of %u, of peer %u\n", good, n, peer);
}

static bool find(void)
{
	u32 bdf = pci_find(LINK), cap;

	if (bdf == PCI_NONE)
		return false;
	cap = pci_capability(bdf, CAP_VENDOR);
	pci_write(bdf, PCI_BAR(0), BARS);
	pci_write(bdf, PCI_BAR(1), BARS + 0x1000);
	pci_enable(bdf);
	link.me = read32(BARS + REG_ID);
	link.peers = read32(BARS + REG_PEERS);
	link.states = pci_read(bdf, cap + CAP_BASE);
	link.out_size = pci_read(bdf, cap + CAP_OUT);
	link.outputs = link.states + pci_read(bdf, cap + CAP_TABLE) +
		       pci_read(bdf, cap + CAP_RW);
	trap_set(VECTOR_DEVICE, rung);
	return link.peers <= ECHO_PEERS && pci_msix(bdf, 0, VECTOR_DEVICE);
}

void inmate_main(void)
{
	u32 n = (u32)cmdline_number("ask", 0), seen;

	if (!find()) {
		print("link: there is none\n");
		return;
	}
	write32(BARS + REG_CONTROL, 1);
	write32(BARS + REG_STATE, 1);
	irqs_on();
	print("link: peer %u of %u\n", link.me, link.peers);
	if (n)
		ask_all((u32)cmdline_number("to", 0), n);
	for (;;) {
		seen = link.rung;
		answer_all();
		wait(seen);
	}
}
