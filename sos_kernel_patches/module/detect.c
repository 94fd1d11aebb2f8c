/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Is there a hypervisor below, and is this its Service VM. */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "hsm.h"

#define CPUID_SIGNATURE    0x40000000
#define CPUID_FEATURES     0x40000001
#define FEATURE_SERVICE_VM BIT(0)

/**
 * hsm_detect() - may this kernel drive User VMs
 *
 * Return: 0, -ENODEV without a hypervisor of ACRN's interface, -EPERM in a
 * User VM.
 */
int hsm_detect(void)
{
	u32 eax, sig[3];

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR)) {
		pr_err("no hypervisor below this kernel\n");
		return -ENODEV;
	}
	cpuid(CPUID_SIGNATURE, &eax, &sig[0], &sig[1], &sig[2]);
	if (memcmp(sig, "ACRNACRNACRN", sizeof(sig))) {
		pr_err("the hypervisor below this kernel is \"%.12s\", not "
		       "Holm or ACRN\n",
		       (const char *)sig);
		return -ENODEV;
	}
	if (eax < CPUID_FEATURES ||
	    !(cpuid_eax(CPUID_FEATURES) & FEATURE_SERVICE_VM)) {
		pr_err("this kernel runs in a User VM, not in the Service "
		       "VM\n");
		return -EPERM;
	}
	return 0;
}
