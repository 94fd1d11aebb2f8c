/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/cpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADT_PATH   "/sys/firmware/acpi/tables/APIC"
#define ONLINE_PATH "/sys/devices/system/cpu/online"
#define MADT_MAX    65536

/* ACPI 6.4, 5.2.12: header 36 bytes, LAPIC address, flags, then entries. */
#define MADT_ENTRIES 44
#define MADT_LAPIC   0
#define MADT_X2APIC  9
#define MADT_ENABLED BIT(0)

static u32 get_le32(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static void cpus_add(struct cpus *cpus, u32 lapic_id, u32 flags)
{
	if ((flags & MADT_ENABLED) && cpus->count < CPUS_MAX)
		cpus->lapic_id[cpus->count++] = lapic_id;
}

int cpus_parse_madt(struct cpus *cpus, const void *madt, size_t len)
{
	const u8 *p = madt, *end, *e;

	if (len < MADT_ENTRIES || memcmp(p, "APIC", 4) ||
	    get_le32(p + 4) < MADT_ENTRIES || get_le32(p + 4) > len)
		return -EINVAL;
	end = p + get_le32(p + 4);
	cpus->count = 0;
	for (e = p + MADT_ENTRIES; end - e >= 2; e += e[1]) {
		if (e[1] < 2 || e[1] > end - e)
			return -EINVAL;
		if (e[0] == MADT_LAPIC && e[1] >= 8)
			cpus_add(cpus, e[3], get_le32(e + 4));
		if (e[0] == MADT_X2APIC && e[1] >= 16)
			cpus_add(cpus, get_le32(e + 4), get_le32(e + 8));
	}
	return cpus->count ? 0 : -EINVAL;
}

int cpus_parse_online(struct cpus *cpus, const char *list)
{
	unsigned long first, last;
	char *end;

	cpus->online = 0;
	for (;;) {
		first = strtoul(list, &end, 10);
		if (end == list)
			return -EINVAL;
		last = first;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last && first < CPUS_MAX; first++)
			cpus->online |= BIT64(first);
		if (*end != ',')
			return *end == 0 || *end == '\n' ? 0 : -EINVAL;
		list = end + 1;
	}
}

static int read_file(const char *path, void *buf, size_t size, size_t *len)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return -errno;
	*len = fread(buf, 1, size, f);
	fclose(f);
	return *len ? 0 : -EIO;
}

int cpus_read(struct cpus *cpus, struct dm_error *err)
{
	static const char bad[] = "cannot learn the machine's CPUs from %s:"
				  " %s";
	char online[512] = "";
	u8 *madt;
	size_t len = 0;
	int rc;

	madt = malloc(MADT_MAX);
	if (!madt)
		return dm_fail(err, -ENOMEM, bad, MADT_PATH, "no memory");
	rc = read_file(MADT_PATH, madt, MADT_MAX, &len);
	if (!rc)
		rc = cpus_parse_madt(cpus, madt, len);
	free(madt);
	if (rc)
		return dm_fail(err, rc, bad, MADT_PATH, strerror(-rc));
	rc = read_file(ONLINE_PATH, online, sizeof(online) - 1, &len);
	if (!rc)
		rc = cpus_parse_online(cpus, online);
	if (rc)
		return dm_fail(err, rc, bad, ONLINE_PATH, strerror(-rc));
	return 0;
}

static int cpus_find(const struct cpus *cpus, u32 lapic_id)
{
	u32 i;

	for (i = 0; i < cpus->count; i++)
		if (cpus->lapic_id[i] == lapic_id)
			return (int)i;
	return -ENOENT;
}

static int affinity_given(const struct cpus *cpus, const struct vm_config *cfg,
			  u64 *affinity, struct dm_error *err)
{
	u32 i;
	int n;

	for (i = 0; i < cfg->affinity_count; i++) {
		n = cpus_find(cpus, cfg->affinity[i]);
		if (n < 0)
			return dm_fail(err, -EINVAL,
				       "--cpu_affinity %u: no"
				       " CPU of this machine has this LAPIC"
				       " id",
				       cfg->affinity[i]);
		if (n == 0)
			return dm_fail(err, -EINVAL,
				       "--cpu_affinity %u: this"
				       " CPU started the Service VM and stays"
				       " with it",
				       cfg->affinity[i]);
		*affinity |= BIT64((u32)n);
	}
	return 0;
}

static int affinity_choose(const struct cpus *cpus, u32 want, u64 *affinity,
			   struct dm_error *err)
{
	u32 n, found = 0;

	for (n = cpus->count; n-- > 1 && found < want;) {
		if (!(cpus->online & BIT64(n)))
			continue;
		*affinity |= BIT64(n);
		found++;
	}
	if (found < want)
		return dm_fail(err, -EINVAL,
			       "-c %u: only %u CPUs are free;"
			       " a vCPU needs a CPU of its own, online and not"
			       " the first",
			       want, found);
	return 0;
}

int cpus_choose(const struct cpus *cpus, const struct vm_config *cfg,
		struct cpu_choice *choice, struct dm_error *err)
{
	u32 n;
	int rc;

	memset(choice, 0, sizeof(*choice));
	if (cfg->affinity_count)
		rc = affinity_given(cpus, cfg, &choice->affinity, err);
	else
		rc = affinity_choose(cpus, cfg->vcpus, &choice->affinity, err);
	if (rc)
		return rc;
	choice->online = choice->affinity & cpus->online;
	for (n = 0; n < cpus->count; n++)
		if (choice->affinity & BIT64(n))
			choice->lapic_id[choice->count++] = cpus->lapic_id[n];
	return 0;
}
