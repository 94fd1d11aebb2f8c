/* SPDX-License-Identifier: BSD-2-Clause */
/* When the CPU refuses a VMCS: which of its rules it was. */
#include "arch/x86/vmx/check.h"
#include "arch/x86/vmx/vmx.h"

#include "arch/x86/features.h"
#include "core/log.h"

static u64 read_current(const void *image, enum vmcs_field field)
{
	(void)image;
	return vmcs_read(field);
}

u32 vmx_find_broken(struct hw_vcpu *v, struct check_broken *out)
{
	u32 area = 0;

	const struct check_vmcs s = {
		.read = read_current,
		.caps = vmx_caps_get(),
		.phys_bits = features_get()->phys_bits,
		.vtpr = vmx_vcpu_get_tpr(v),
	};

	while (area < CHECK_AREAS && check_vmcs(&s, (enum check_area)area, out))
		area++;
	return area;
}

void vmx_check_launch(struct hw_vcpu *v)
{
	struct check_broken b;

	if (vmx_find_broken(v, &b) != CHECK_AREAS)
		log_guest("VM entry will fail: %s is %lx, must be: %s", b.field,
			  b.value, b.rule);
}

void vmx_explain(struct hw_vcpu *v, enum log_level level)
{
	struct check_broken b = { .rule = "not known", .field = "?" };

	vmx_find_broken(v, &b);
	log_print(level, "VM entry refused: %s is %lx, must be: %s", b.field,
		  b.value, b.rule);
	log_print(level,
		  "VM entry refused: at %lx, reason %lx, qualification %lx, "
		  "instruction error %lu",
		  v->regs.rip, vmcs_read(VMCS_EXIT_REASON),
		  vmcs_read(VMCS_QUALIFICATION), vmcs_read(VMCS_INSN_ERROR));
}
