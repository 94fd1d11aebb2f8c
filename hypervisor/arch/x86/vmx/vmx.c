/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMX backend: probing, entering, the table of its operations. */
#include "arch/x86/vmx/vmx.h"

#include "arch/x86/asm.h"
#include "arch/x86/mitigate.h"
#include "arch/x86/vmx/regs.h"
#include "core/log.h"

#define CPUID_VMX           BIT32(5)
#define MSR_FEATURE_CONTROL 0x3a
#define FEATURE_LOCKED      BIT64(0)
#define FEATURE_VMX         BIT64(2)

_Static_assert(HOST_RSP_FIELD == VMCS_HOST_RSP, "entry.S");

static struct vmx_caps caps;
static u32 absent_here; /* by option, or as the CPU's is broken */

static const char absent[] = "the CPU has no VMX (Intel VT-x)";

const struct vmx_caps *vmx_caps_get(void)
{
	return &caps;
}

void vmx_caps_read_own(struct vmx_caps *c)
{
	vmx_caps_read(c, x86_rdmsr, absent_here);
}

static void announce(void)
{
	char text[VMX_CAPS_TEXT];

	vmx_caps_describe(&caps, text, sizeof(text));
	log_info("VMX with %s", text);
}

static const char *vmx_probe(const char *without)
{
	u64 control;

	if (!(x86_cpuid(1, 0).ecx & CPUID_VMX))
		return absent;
	if (x86_read_cr4() & CR4_VMXE)
		return "another hypervisor has VMX in use";
	control = x86_rdmsr(MSR_FEATURE_CONTROL);
	if ((control & FEATURE_LOCKED) && !(control & FEATURE_VMX))
		return "VMX is disabled in the firmware's set-up";
	if (!vmx_caps_parse_without(without, &absent_here))
		return BACKEND_WITHOUT_WHAT;
	absent_here |= vmx_caps_broken(x86_cpuid(1, 0).eax);
	vmx_caps_read_own(&caps);
	announce();
	return vmx_caps_missing(&caps);
}

static const struct pt_format *vmx_s2_format(u8 *leaf_levels)
{
	*leaf_levels =
		caps.ept & EPT_LEAF_1G ? PT_LEAF_ALL : PT_LEAF_4K | PT_LEAF_2M;
	return &pt_format_ept;
}

/* Combined mappings of all tags go with those of the tables. */
static void flush(struct vmx_vcpu *s)
{
	s->flush = false;
	if (caps.ept & EPT_INVEPT_CONTEXT)
		CHECK(vmx_invept(INVEPT_CONTEXT, s->eptp));
	else
		CHECK(vmx_invept(INVEPT_ALL, 0));
}

static void sync_in(struct hw_vcpu *v, struct vmx_vcpu *s)
{
	if (v->regs.rip != s->rip)
		vmcs_write(VMCS_GUEST_RIP, s->rip = v->regs.rip);
	if (v->regs.gpr[GPR_RSP] != s->rsp)
		vmcs_write(VMCS_GUEST_RSP, s->rsp = v->regs.gpr[GPR_RSP]);
	if (v->regs.rflags != s->rflags)
		vmcs_write(VMCS_GUEST_RFLAGS, s->rflags = v->regs.rflags);
}

static void sync_out(struct hw_vcpu *v, struct vmx_vcpu *s)
{
	v->regs.rip = s->rip = vmcs_read(VMCS_GUEST_RIP);
	v->regs.gpr[GPR_RSP] = s->rsp = vmcs_read(VMCS_GUEST_RSP);
	v->regs.rflags = s->rflags = vmcs_read(VMCS_GUEST_RFLAGS);
}

/* Into the guest and out again; what must be around that, if anything. */
static inline u32 enter(struct hw_vcpu *v, struct vmx_vcpu *s, const u32 *kick)
{
	u32 how = s->launched ? VMX_HOW_RESUME : 0;

	if (likely(!mitigate_chosen))
		return vmx_enter(v, how, kick, &s->host_rsp);
	if (mitigate_chosen & MITIGATE_AROUND_GUEST)
		mitigate_before_entry(s->spec_ctrl);
	if (mitigate_chosen & MITIGATE(BUFFERS))
		how |= VMX_HOW_BUFFERS;
	how = vmx_enter(v, how, kick, &s->host_rsp);
	if (mitigate_chosen & MITIGATE_AROUND_GUEST)
		s->spec_ctrl = mitigate_after_exit();
	return how;
}

static bool vmx_vcpu_run(struct hw_vcpu *v, const u32 *kick,
			 struct exit_info *exit)
{
	struct vmx_vcpu *s = vmx_of(v);
	u32 how;

	if (unlikely(vmx_cpu()->loaded != s))
		vmx_load(s);
	if (unlikely(s->flush))
		flush(s);
	if (s->posting && unlikely(pi_is_on(&s->pi)))
		vmx_apic_take_posted(s);
	sync_in(v, s);
	if (s->timer_on)
		vmx_timer_load(s);
	if (VMX_CHECK_LAUNCH && !s->launched) {
		vmx_break_launch(v);
		vmx_check_launch(v);
	}
	how = enter(v, s, kick);
	if (how == VMX_ENTER_KICKED)
		return false;
	if (unlikely(how == VMX_ENTER_FAILED)) {
		vmx_explain(v, LOG_ERROR);
		panic("the CPU refuses a guest that Holm prepared");
	}
	s->launched = true;
	s->injected = false;
	s->cached = 0;
	sync_out(v, s);
	vmx_exit_facts(v, exit);
	return true;
}

static void vmx_vcpu_flush(struct hw_vcpu *v)
{
	vmx_of(v)->flush = true;
}

static u64 vmx_vcpu_tsc_offset(struct hw_vcpu *v, const u64 *set)
{
	struct vmx_vcpu *s = vmx_of(v);
	struct vmx_vcpu *before;

	if (!set)
		return s->tsc_offset;
	s->tsc_offset = *set;
	before = vmx_borrow(s);
	vmcs_write(VMCS_TSC_OFFSET, *set);
	vmx_return(s, before);
	return *set;
}

#define VMX_OP(ret, op, args) .op = vmx_##op,
const struct backend vmx_backend = {
	.name = "Intel VMX", .id = 1, .absent = absent, BACKEND_OPS(VMX_OP)
};
