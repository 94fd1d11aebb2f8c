/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Holm needs of a machine, and what it makes use of. The same as its
 * backends ask for when it starts (arch/x86/svm/svm.c, vmx/caps.c), but seen
 * from Linux: where that hides the answer, it is said to be unknown.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "abi/holm.h"
#include "cell/inspect.h"
#include "holm/host.h"
#include "holm/names.h"

/* CPUID: AMD64 APM volume 3, appendix E; Intel SDM volume 2, CPUID. */
#define LEAF1_VMX        (1U << 5)  /* ECX */
#define LEAF1_X2APIC     (1U << 21) /* ECX */
#define LEAF1_DEADLINE   (1U << 24) /* ECX */
#define LEAF1_HYPERVISOR (1U << 31) /* ECX */
#define EXT1_SVM         (1U << 2)  /* ECX */
#define EXT1_NX          (1U << 20) /* EDX */
#define EXT1_1G          (1U << 26) /* EDX */
#define EXT1_LONG        (1U << 29) /* EDX */
#define EXT7_INVARIANT   (1U << 8)  /* EDX */
#define SVM_NPT          (1U << 0)  /* 8000000a EDX */

/* AMD64 APM volume 2, 15.30.1; Intel SDM volume 3, appendix A. */
#define MSR_VM_CR         0xc0010114U
#define VM_CR_SVMDIS      (1U << 4)
#define MSR_FEATURE       0x3aU
#define FEATURE_LOCKED    (1U << 0)
#define FEATURE_VMX       (1U << 2)
#define MSR_VMX_BASIC     0x480U
#define BASIC_TRUE        (1ULL << 55)
#define MSR_VMX_PIN       0x481U
#define MSR_VMX_PRIMARY   0x482U
#define MSR_VMX_EXIT      0x483U
#define MSR_VMX_ENTRY     0x484U
#define MSR_VMX_SECONDARY 0x48bU
#define MSR_VMX_EPT       0x48cU
/* What is really forced, where the CPU says that too. */
#define MSR_VMX_TRUE_PRIMARY 0x48eU
#define EPT_NEEDED \
	(1ULL << 6 | 1ULL << 8 | 1ULL << 14 | 1ULL << 16 | 1ULL << 20)
#define LEAST_RAM (256ULL << 20)
#define SECURE_BOOT                             \
	"/sys/firmware/efi/efivars/SecureBoot-" \
	"8be4df61-93ca-11d2-aa0d-00e098032b8c"

typedef enum verdict (*look_fn)(const struct host *h, char *why);

static void say_why(char *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say_why(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, FINDING_WHY, fmt, ap);
	va_end(ap);
}

static struct cpuid_regs cpuid(const struct host *h, uint32_t leaf)
{
	return h->cpuid(h->ctx, leaf);
}

static bool below_holm(const struct host *h)
{
	return (cpuid(h, 1).ecx & LEAF1_HYPERVISOR) &&
	       cpuid(h, HOLM_CPUID_LEAF).ebx == HOLM_CPUID_NAME;
}

static bool has_svm(const struct host *h)
{
	return (cpuid(h, 0x80000001).ecx & EXT1_SVM) != 0;
}

static bool has_vmx(const struct host *h)
{
	return (cpuid(h, 1).ecx & LEAF1_VMX) != 0;
}

static enum verdict unknown_msr(char *why, uint32_t msr, int err)
{
	say_why(why, "register %#x: %s", msr,
		err == -EACCES || err == -EPERM ? "only root reads it"
		: err == -ENOENT || err == -ENXIO
			? "load Linux's driver 'msr' (modprobe msr)"
			: strerror(-err));
	return VERDICT_UNKNOWN;
}

/* Yes or no with a sentence for no. */
static enum verdict ok_if(bool yes, char *why, const char *no)
{
	if (!yes)
		say_why(why, "%s", no);
	return yes ? VERDICT_OK : VERDICT_MISSING;
}

static enum verdict look_long_mode(const struct host *h, char *why)
{
	const uint32_t both = EXT1_LONG | EXT1_NX;

	return ok_if((cpuid(h, 0x80000001).edx & both) == both, why,
		     "the CPU has no 64-bit mode, or no NX");
}

static enum verdict look_extension(const struct host *h, char *why)
{
	if (below_holm(h))
		say_why(why, "Holm runs here, and keeps it");
	else if (has_svm(h))
		say_why(why, "SVM (AMD-V)");
	else if (has_vmx(h))
		say_why(why, "VMX (Intel VT-x)");
	else if (cpuid(h, 1).ecx & LEAF1_HYPERVISOR)
		return ok_if(false, why,
			     "this is a virtual machine whose hypervisor does "
			     "not nest");
	else
		return ok_if(false, why, "the CPU has neither SVM nor VMX");
	return VERDICT_OK;
}

static enum verdict look_firmware_lock(const struct host *h, char *why)
{
	const bool svm = has_svm(h);
	const uint32_t msr = svm ? MSR_VM_CR : MSR_FEATURE;
	uint64_t v;
	bool off;
	int err;

	if (below_holm(h))
		return VERDICT_OK;
	if (!svm && !has_vmx(h))
		return ok_if(false, why, "there is nothing to switch on");
	err = h->rdmsr(h->ctx, msr, &v);
	if (err)
		return unknown_msr(why, msr, err);
	off = svm ? (v & VM_CR_SVMDIS) != 0
		  : (v & FEATURE_LOCKED) && !(v & FEATURE_VMX);
	return ok_if(!off, why, "switched off in the firmware's set-up");
}

static enum verdict look_ept(const struct host *h, char *why)
{
	uint64_t controls, ept;
	int err = h->rdmsr(h->ctx, MSR_VMX_SECONDARY, &controls);

	if (err)
		return unknown_msr(why, MSR_VMX_SECONDARY, err);
	if (!(controls >> 32 & 1U << 1))
		return ok_if(false, why, "the CPU has VMX but no EPT");
	err = h->rdmsr(h->ctx, MSR_VMX_EPT, &ept);
	if (err)
		return unknown_msr(why, MSR_VMX_EPT, err);
	return ok_if((ept & EPT_NEEDED) == EPT_NEEDED, why,
		     "its EPT lacks four levels, a memory type, pages of "
		     "2 MiB or INVEPT");
}

static enum verdict look_nested_paging(const struct host *h, char *why)
{
	if (below_holm(h))
		return VERDICT_OK;
	if (has_svm(h))
		return ok_if(cpuid(h, 0x8000000a).edx & SVM_NPT, why,
			     "the CPU has SVM but no nested paging");
	if (has_vmx(h))
		return look_ept(h, why);
	return ok_if(false, why, "the CPU has neither SVM nor VMX");
}

/* Controls that the VMX backend cannot do without. */
static const struct {
	uint32_t msr, bits;
	const char *name;
} controls[] = {
	{ MSR_VMX_PIN, 1U << 0 | 1U << 3 | 1U << 5, "exits for NMIs" },
	{ MSR_VMX_PRIMARY, 1U << 3 | 1U << 25 | 1U << 28 | 1U << 31,
	  "TSC offset, I/O and MSR bitmaps, secondary controls" },
	{ MSR_VMX_PRIMARY, 1U << 2 | 1U << 7 | 1U << 11 | 1U << 22,
	  "interrupt and NMI windows, exits for HLT and RDPMC" },
	{ MSR_VMX_SECONDARY, 1U << 7, "unrestricted guest" },
	{ MSR_VMX_EXIT, 1U << 2 | 1U << 9 | 0xfU << 18,
	  "PAT and EFER at exits" },
	{ MSR_VMX_ENTRY, 1U << 2 | 1U << 9 | 3U << 14,
	  "PAT and EFER at entries" },
};

/* Old CPUs cannot do without exits for CR3. */
static enum verdict look_forced(const struct host *h, char *why)
{
	uint64_t basic, v;
	uint32_t msr = MSR_VMX_PRIMARY;
	int err = h->rdmsr(h->ctx, MSR_VMX_BASIC, &basic);

	if (err)
		return unknown_msr(why, MSR_VMX_BASIC, err);
	if (basic & BASIC_TRUE)
		msr = MSR_VMX_TRUE_PRIMARY;
	err = h->rdmsr(h->ctx, msr, &v);
	if (err)
		return unknown_msr(why, msr, err);
	return ok_if(!(v & (1U << 15 | 1U << 16)), why,
		     "its VMX makes every move to or from CR3 exit");
}

static enum verdict look_controls(const struct host *h, char *why)
{
	uint64_t v;
	size_t i;
	int err;

	if (below_holm(h) || has_svm(h))
		return VERDICT_OK;
	if (!has_vmx(h))
		return ok_if(false, why, "the CPU has neither SVM nor VMX");
	for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		err = h->rdmsr(h->ctx, controls[i].msr, &v);
		if (err)
			return unknown_msr(why, controls[i].msr, err);
		if (controls[i].bits & ~(uint32_t)(v >> 32))
			return ok_if(false, why, controls[i].name);
	}
	return look_forced(h, why);
}

static bool exists(const struct host *h, const char *path)
{
	FILE *f = machine_open(h->root, "%s", path);

	if (f)
		fclose(f);
	return f != NULL;
}

static enum verdict look_acpi(const struct host *h, char *why)
{
	struct stat st;
	char path[256];

	snprintf(path, sizeof(path), "%s/sys/firmware/acpi/tables/APIC",
		 h->root);
	return ok_if(stat(path, &st) == 0, why,
		     "no ACPI table of APICs: CPUs cannot be found");
}

static enum verdict look_memory(const struct host *h, char *why)
{
	FILE *f = machine_open(h->root, "/proc/meminfo");
	uint64_t kib = 0;
	char text[32];

	if (f) {
		if (fscanf(f, "MemTotal: %" SCNu64, &kib) != 1)
			kib = 0;
		fclose(f);
	}
	format_size(kib << 10 & ~0xfffffULL, text, sizeof(text));
	say_why(why, "%s%s", text,
		kib << 10 < LEAST_RAM ? ", less than 256 MiB" : "");
	return kib << 10 < LEAST_RAM ? VERDICT_MISSING : VERDICT_OK;
}

/* Four bytes of attributes, then the value: UEFI 2.10, 3.3. */
static bool secure_boot(const struct host *h)
{
	FILE *f = machine_open(h->root, SECURE_BOOT);
	uint8_t var[5] = { 0 };
	bool on = false;

	if (!f)
		return false;
	on = fread(var, 1, sizeof(var), f) == sizeof(var) && var[4] == 1;
	fclose(f);
	return on;
}

static enum verdict look_boot(const struct host *h, char *why)
{
	if (secure_boot(h))
		return ok_if(false, why,
			     "Secure Boot is on, and Holm is not signed");
	say_why(why, "by GRUB, multiboot2, from %s",
		exists(h, "/sys/firmware/efi/fw_platform_size") ? "UEFI"
								: "BIOS");
	return VERDICT_OK;
}

static enum verdict look_cpus(const struct host *h, char *why)
{
	char list[64];

	machine_line(h->root, "/sys/devices/system/cpu/present", list,
		     sizeof(list));
	say_why(why, "%s", list);
	return ok_if(strpbrk(list, "-,") != NULL, why,
		     "one CPU: none is left for a User VM or a cell");
}

static enum verdict look_x2apic(const struct host *h, char *why)
{
	return ok_if(cpuid(h, 1).ecx & LEAF1_X2APIC, why,
		     "every write to a local APIC exits");
}

static enum verdict look_deadline(const struct host *h, char *why)
{
	return ok_if(cpuid(h, 1).ecx & LEAF1_DEADLINE, why,
		     "cells use the local APIC's counter");
}

static enum verdict look_tsc(const struct host *h, char *why)
{
	return ok_if(cpuid(h, 0x80000007).edx & EXT7_INVARIANT, why,
		     "the time stamp counter may change its speed");
}

static enum verdict look_gigabyte(const struct host *h, char *why)
{
	return ok_if(cpuid(h, 0x80000001).edx & EXT1_1G, why,
		     "page tables grow with the memory");
}

static enum verdict look_huge_pages(const struct host *h, char *why)
{
	return ok_if(exists(h, "/sys/kernel/mm/hugepages/hugepages-2048kB/"
			       "nr_hugepages"),
		     why, "this kernel gives no memory to User VMs or cells");
}

static enum verdict look_iommu(const struct host *h, char *why)
{
	return ok_if(exists(h, "/sys/firmware/acpi/tables/DMAR") ||
			     exists(h, "/sys/firmware/acpi/tables/IVRS"),
		     why, "a device that a VM has reaches all memory");
}

static const struct {
	const char *name;
	bool needed;
	look_fn look;
} looks[] = {
	{ "64-bit mode", true, look_long_mode },
	{ "virtualisation", true, look_extension },
	{ "firmware lets it", true, look_firmware_lock },
	{ "nested paging", true, look_nested_paging },
	{ "its controls", true, look_controls },
	{ "ACPI", true, look_acpi },
	{ "memory", true, look_memory },
	{ "way to boot", true, look_boot },
	{ "CPUs", false, look_cpus },
	{ "x2APIC", false, look_x2apic },
	{ "TSC deadline", false, look_deadline },
	{ "invariant TSC", false, look_tsc },
	{ "1 GiB pages", false, look_gigabyte },
	{ "huge pages", false, look_huge_pages },
	{ "IOMMU", false, look_iommu },
};

bool host_look(const struct host *host, unsigned int nth, struct finding *f)
{
	if (nth >= sizeof(looks) / sizeof(looks[0]))
		return false;
	f->name = looks[nth].name;
	f->needed = looks[nth].needed;
	f->why[0] = '\0';
	f->verdict = looks[nth].look(host, f->why);
	return true;
}
