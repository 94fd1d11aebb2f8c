/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the processor, instructions of other trades, random code. */
#include "hostile/hostile.h"
#include "kit/apic.h"
#include "kit/hc.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define SHOTS    200
#define PROGRAMS 12

struct msr_shot {
	u32 msr;
	u64 val;
};

static void read_msr(void *arg)
{
	x86_rdmsr(((struct msr_shot *)arg)->msr);
}

static void write_msr(void *arg)
{
	const struct msr_shot *s = arg;

	x86_wrmsr(s->msr, s->val);
}

/* There and back at once: this program stands on the register. */
static void touch_msr(void *arg)
{
	const struct msr_shot *s = arg;
	u64 old = x86_rdmsr(s->msr);

	__asm__ volatile("wrmsr\n\t"
			 "movl %[lo], %%eax\n\t"
			 "movl %[hi], %%edx\n\t"
			 "wrmsr"
			 :
			 : "c"(s->msr), "a"((u32)s->val),
			   "d"((u32)(s->val >> 32)), [lo] "r"((u32)old),
			   [hi] "r"((u32)(old >> 32))
			 : "memory");
}

static bool is_vital(u32 msr)
{
	return msr == MSR_GS_BASE || msr == MSR_APIC_BASE || msr == MSR_EFER;
}

/* What sends to others has its own part, and so has what remaps. */
static bool is_elsewhere(u32 msr)
{
	return msr == MSR_X2APIC_ICR || msr == 0x83f;
}

static u32 random_msr(void)
{
	static const u32 base[] = {
		0,          0x10,       0x170,      0x1a0,      0x1d0,
		0x200,      0x250,      0x270,      0x2f0,      0x400,
		0x480,      0x6e0,      0x800,      0x810,      0x830,
		0xc80,      0xd90,      0xc0000080, 0xc0000100, 0xc0010000,
		0xc0010010, 0xc0010110, 0xc0011020, 0x4b564d00, 0x40000000
	};

	if (rnd(6) == 0)
		return (u32)random_value();
	return base[rnd(ARRAY_SIZE(base))] + (u32)rnd(32);
}

void fire_msrs(void)
{
	for (u32 i = 0; i < SHOTS; i++) {
		struct msr_shot s = { random_msr(), random_value() };

		if (is_elsewhere(s.msr))
			continue;
		if (rnd(2))
			fire(read_msr, &s);
		else if (is_vital(s.msr))
			fire(touch_msr, &s);
		else
			fire(write_msr, &s);
	}
	/* The clock page would be written wherever it was told to. */
	fire(write_msr, &(struct msr_shot){ 0x4b564d01, 0 });
	calm_irqs();
}

struct control_shot {
	u64 val;
	u32 index;
};

/*
 * Each is there and back. A CPU refuses most of what this program cannot live
 * with; QEMU does it, or ends the VM: such bits are for a rare occasion.
 */
#define RARE     400
#define CR0_LIFE (CR0_PE | CR0_PG)
#define CR4_LIFE                                                           \
	(CR4_PAE | CR4_LA57 | CR4_VMXE | CR4_SMEP | CR4_SMAP | BIT64(11) | \
	 BIT64(19))

static void shoot_cr0(void *arg)
{
	u64 old = x86_read_cr0(), val = ((struct control_shot *)arg)->val;

	x86_write_cr0(rnd(RARE) ? (u32)val | CR0_LIFE : val);
	x86_write_cr0(old);
}

static void shoot_cr0_bit(void *arg)
{
	u64 old = x86_read_cr0();
	u64 val = old ^ BIT64(((struct control_shot *)arg)->val & 63);

	x86_write_cr0(rnd(RARE) ? val | CR0_LIFE : val);
	x86_write_cr0(old);
}

static void shoot_cr4(void *arg)
{
	u64 old = x86_read_cr4();
	u64 bit = BIT64(((struct control_shot *)arg)->val % 22);

	if ((bit & CR4_LIFE) && rnd(RARE))
		return;
	x86_write_cr4(old ^ bit);
	x86_write_cr4(old);
}

/* The low and the high bits of CR3; the address stays. */
static void shoot_cr3(void *arg)
{
	u64 val = ((struct control_shot *)arg)->val;
	u64 old = x86_read_cr3();

	x86_write_cr3(old | (val & 0xfff) | (rnd(RARE) ? 0 : val << 48));
	x86_write_cr3(old);
}

static void shoot_cr8(void *arg)
{
	u64 val = ((struct control_shot *)arg)->val;

	__asm__ volatile("movq %0, %%cr8\n\tmovq %1, %%cr8"
			 :
			 : "r"(val), "r"(0UL)
			 : "memory");
}

static void shoot_xcr(void *arg)
{
	const struct control_shot *s = arg;

	__asm__ volatile("xsetbv"
			 :
			 : "c"(s->index & 1), "a"((u32)s->val),
			   "d"((u32)(s->val >> 40)));
}

static void shoot_dr(void *arg)
{
	u64 val = ((struct control_shot *)arg)->val;

	__asm__ volatile("movq %0, %%dr0\n\tmovq %0, %%dr3\n\t"
			 "movq %0, %%dr6\n\tmovq %1, %%dr7\n\tmovq %2, %%dr7"
			 :
			 : "r"(val), "r"(val & 0xffff0300), "r"(0x400UL));
}

static void shoot_step(void *arg)
{
	(void)arg;
	__asm__ volatile("pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\t"
			 "cpuid\n\tinb $0x40, %%al"
			 :
			 :
			 : "rax", "rbx", "rcx", "rdx", "cc", "memory");
}

static void (*const control_shots[])(void *arg) = {
	shoot_cr0, shoot_cr0_bit, shoot_cr4, shoot_cr3,
	shoot_cr8, shoot_xcr,     shoot_dr,  shoot_step,
};

void fire_control(void)
{
	for (u32 i = 0; i < SHOTS; i++) {
		struct control_shot s = { random_value(), (u32)rnd(4) };

		irq_disable();
		fire(control_shots[rnd(ARRAY_SIZE(control_shots))], &s);
	}
}

/* What only a hypervisor, or only a Service VM, may say. */
static void shoot_call(void *arg)
{
	u64 nr = rnd(4) ? HC_ID(rnd(256)) : random_value();

	(void)arg;
	if (rnd(2))
		vmmcall(nr, random_place(), random_place());
	else
		vmcall(nr, random_place(), random_place());
}

#define WORD(name, text)                                              \
	static void name(void *arg)                                   \
	{                                                             \
		u64 a = random_place(), b = 0, c = rnd(64), d = 0;    \
                                                                      \
		(void)arg;                                            \
		__asm__ volatile(text                                 \
				 : "+a"(a), "+b"(b), "+c"(c), "+d"(d) \
				 :                                    \
				 : "memory", "cc", "rdi", "rsi");     \
	}

WORD(say_vmrun, "vmrun")
WORD(say_vmload, "vmload")
WORD(say_vmsave, "vmsave")
WORD(say_clgi, "clgi")
WORD(say_stgi, "stgi")
WORD(say_skinit, "skinit")
WORD(say_invlpga, "invlpga")
WORD(say_vmxon,
     "pushq %%rax\n\t.byte 0xf3, 0x0f, 0xc7, 0x34, 0x24\n\tpopq %%rax")
WORD(say_cpuid, "cpuid")
WORD(say_rdpmc, "rdpmc")
WORD(say_rdtscp, "rdtscp")
WORD(say_monitor, "monitor")
WORD(say_wbinvd, "wbinvd")
WORD(say_invd, "invd")
WORD(say_pause, "pause")
WORD(say_int3, "int3")
WORD(say_int, "int $0x20")
WORD(say_ud2, "ud2")
WORD(say_rsm, "rsm")
WORD(say_xgetbv, "xgetbv")
WORD(say_smsw, "smsw (%%rax)")
WORD(say_str, "str (%%rax)")

static void (*const words[])(void *arg) = {
	say_vmrun,   say_vmload, say_vmsave, say_clgi,  say_stgi,   say_skinit,
	say_invlpga, say_vmxon,  say_cpuid,  say_rdpmc, say_rdtscp, say_monitor,
	say_wbinvd,  say_invd,   say_pause,  say_int3,  say_int,    say_ud2,
	say_rsm,     say_xgetbv, say_smsw,   say_str,
};

void fire_calls(void)
{
	for (u32 i = 0; i < SHOTS; i++)
		fire(rnd(2) ? shoot_call : words[rnd(ARRAY_SIZE(words))], NULL);
}

/*
 * Moves of segment registers 6 and 7, which do not exist, crash QEMU 10.0
 * itself while it translates them (8c, 8e): none of these.
 */
static void make_code(void)
{
	u8 *p = (u8 *)(uintptr_t)CODE;

	for (u32 i = 0; i < CODE_SIZE; i++) {
		p[i] = (u8)rnd(256);
		if (p[i] == 0x8c || p[i] == 0x8e)
			p[i] = 0x90;
	}
}

static void run_code(void *arg)
{
	u64 at = *(u64 *)arg;

	__asm__ volatile("pushq %%rbx\n\tpushq %%rbp\n\t"
			 "movq %%rax, %%rbx\n\tmovq %%rax, %%rbp\n\t"
			 "call *%%rax\n\tpopq %%rbp\n\tpopq %%rbx"
			 : "+a"(at)
			 : "D"(random_place()), "S"(random_place()),
			   "c"(rnd(64)), "d"(random_value())
			 : "memory", "cc", "r8", "r9", "r10", "r11", "r12",
			   "r13", "r14", "r15");
}

void fire_code(void)
{
	u64 at;

	for (u32 i = 0; i < PROGRAMS; i++) {
		make_code();
		at = CODE + rnd(CODE_SIZE - 64);
		irq_disable();
		fire(run_code, &at);
	}
}
