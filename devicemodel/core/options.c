/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/options.h"

#include "backend/console.h"
#include "core/rundir.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#define HUGE_2M (2 * MIB)

struct option_def {
	int letter;       /* short option, or a number above 255 */
	const char *name; /* long name or NULL */
	const char *arg;  /* name of the argument or NULL */
	int (*parse)(struct vm_config *cfg, const char *arg,
		     struct dm_error *err);
	const char *help;
};

static int parse_u32(const char *text, u32 max, u32 *out)
{
	unsigned long v;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	v = strtoul(text, &end, 0);
	if (errno || *end || v > max)
		return -EINVAL;
	*out = (u32)v;
	return 0;
}

int options_parse_size(const char *text, u64 *bytes)
{
	static const char units[] = "kmg";
	unsigned long long v;
	const char *unit;
	u32 shift = 20;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno)
		return -EINVAL;
	if (*end) {
		unit = strchr(units, tolower((unsigned char)*end));
		if (!unit)
			return -EINVAL;
		shift = (u32)(unit - units + 1) * 10;
		end++;
		if (*end == 'b' || *end == 'B')
			end++;
	}
	if (*end || v > (~0ULL >> shift))
		return -EINVAL;
	*bytes = v << shift;
	return 0;
}

static int opt_memory(struct vm_config *cfg, const char *arg,
		      struct dm_error *err)
{
	u64 size;

	if (options_parse_size(arg, &size))
		return dm_fail(err, -EINVAL,
			       "-m %s: not a size; give a number"
			       " with K, M or G, a plain number counts MiB",
			       arg);
	if (size < DM_MIN_MEM || size > DM_MAX_MEM)
		return dm_fail(err, -EINVAL,
			       "-m %s: memory must be at least"
			       " 128M and at most 254G",
			       arg);
	cfg->mem_size = align_up(size, HUGE_2M);
	return 0;
}

static int opt_vcpus(struct vm_config *cfg, const char *arg,
		     struct dm_error *err)
{
	u32 n;

	if (parse_u32(arg, DM_MAX_VCPUS, &n) || n == 0)
		return dm_fail(err, -EINVAL,
			       "-c %s: the number of vCPUs must"
			       " be 1 to %d",
			       arg, DM_MAX_VCPUS);
	cfg->vcpus = n;
	cfg->vcpus_given = true;
	return 0;
}

static int opt_kernel(struct vm_config *cfg, const char *arg,
		      struct dm_error *err)
{
	if (!*arg)
		return dm_fail(err, -EINVAL,
			       "-k '': give the path of a"
			       " bzImage");
	cfg->kernel = arg;
	return 0;
}

static int opt_ramdisk(struct vm_config *cfg, const char *arg,
		       struct dm_error *err)
{
	if (!*arg)
		return dm_fail(err, -EINVAL,
			       "-r '': give the path of a"
			       " ramdisk image");
	cfg->ramdisk = arg;
	return 0;
}

static int opt_bootargs(struct vm_config *cfg, const char *arg,
			struct dm_error *err)
{
	(void)err;
	cfg->bootargs = arg;
	return 0;
}

static int slot_parse_place(const char *text, size_t len, struct slot_config *s)
{
	char place[16];
	char *colon;
	u32 slot, func = 0;

	if (len == 0 || len >= sizeof(place))
		return -EINVAL;
	memcpy(place, text, len);
	place[len] = 0;
	colon = strchr(place, ':');
	if (colon) {
		*colon = 0;
		if (parse_u32(colon + 1, 7, &func))
			return -EINVAL;
	}
	if (parse_u32(place, 31, &slot))
		return -EINVAL;
	s->slot = (u8)slot;
	s->func = (u8)func;
	return 0;
}

static int slot_check_free(const struct vm_config *cfg,
			   const struct slot_config *s, const char *arg,
			   struct dm_error *err)
{
	u32 i;

	for (i = 0; i < cfg->slot_count; i++) {
		const struct slot_config *o = &cfg->slots[i];

		if (o->slot == s->slot && o->func == s->func)
			return dm_fail(err, -EINVAL,
				       "-s %s: slot %u:%u"
				       " already holds %s; a slot takes one"
				       " device",
				       arg, s->slot, s->func, o->device);
	}
	if (cfg->slot_count == DM_MAX_SLOTS)
		return dm_fail(err, -EINVAL, "-s %s: at most %d devices", arg,
			       DM_MAX_SLOTS);
	return 0;
}

/* help, SLOT,help or SLOT,DEVICE,help */
static bool slot_asks_help(struct vm_config *cfg, const char *arg)
{
	const char *last = strrchr(arg, ',');

	if (strcmp(last ? last + 1 : arg, "help"))
		return false;
	cfg->show_devices = arg;
	return true;
}

static int opt_slot(struct vm_config *cfg, const char *arg,
		    struct dm_error *err)
{
	const char *comma = strchr(arg, ',');
	struct slot_config s = { 0 };
	size_t len;
	int rc;

	if (slot_asks_help(cfg, arg))
		return 0;
	if (!comma || slot_parse_place(arg, (size_t)(comma - arg), &s))
		return dm_fail(err, -EINVAL,
			       "-s %s: give slot[:func],device"
			       " with a slot of 0 to 31 and a function of 0"
			       " to 7",
			       arg);
	len = strcspn(comma + 1, ",");
	if (len == 0 || len >= sizeof(s.device))
		return dm_fail(err, -EINVAL,
			       "-s %s: the device name must have"
			       " 1 to %zu characters",
			       arg, sizeof(s.device) - 1);
	memcpy(s.device, comma + 1, len);
	if (comma[1 + len] == ',')
		s.opts = comma + 2 + len;
	rc = slot_check_free(cfg, &s, arg, err);
	if (!rc)
		cfg->slots[cfg->slot_count++] = s;
	return rc;
}

static int console_parse(const char *text, struct console_config *c)
{
	size_t len = strcspn(text, ":");
	bool has_path = text[len] == ':' && text[len + 1], needs_path;
	enum console_kind kind;

	if (!console_find(text, len, &kind, &needs_path) ||
	    needs_path != has_path || (!has_path && text[len]))
		return -EINVAL;
	c->kind = kind;
	c->path = has_path ? text + len + 1 : NULL;
	return 0;
}

static int opt_lpc(struct vm_config *cfg, const char *arg, struct dm_error *err)
{
	u32 other, com;

	if (strncmp(arg, "com1,", 5) && strncmp(arg, "com2,", 5))
		return dm_fail(err, -EINVAL,
			       "-l %s: the LPC device must be"
			       " com1 or com2, followed by its backend",
			       arg);
	com = arg[3] == '1' ? COM1 : COM2;
	other = com == COM1 ? COM2 : COM1;
	if (cfg->com[com].kind != CONSOLE_NONE)
		return dm_fail(err, -EINVAL,
			       "-l %s: this port already has a"
			       " backend",
			       arg);
	if (console_parse(arg + 5, &cfg->com[com]))
		return dm_fail(err, -EINVAL,
			       "-l %s: the backend must be"
			       " stdio, pty, socket:PATH, file:PATH or none",
			       arg);
	if (cfg->com[com].kind == CONSOLE_STDIO &&
	    cfg->com[other].kind == CONSOLE_STDIO)
		return dm_fail(err, -EINVAL,
			       "-l %s: only one port can use"
			       " stdio",
			       arg);
	return 0;
}

static int opt_uuid(struct vm_config *cfg, const char *arg,
		    struct dm_error *err)
{
	if (uuid_parse(arg, cfg->uuid))
		return dm_fail(err, -EINVAL,
			       "-U %s: not a UUID; the form is"
			       " xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in"
			       " hexadecimal",
			       arg);
	return 0;
}

static int affinity_add(struct vm_config *cfg, const char *item)
{
	u32 i, id;

	if (parse_u32(item, 0xfffffffe, &id) ||
	    cfg->affinity_count == DM_MAX_VCPUS)
		return -EINVAL;
	for (i = 0; i < cfg->affinity_count; i++)
		if (cfg->affinity[i] == id)
			return -EINVAL;
	cfg->affinity[cfg->affinity_count++] = id;
	return 0;
}

static int opt_affinity(struct vm_config *cfg, const char *arg,
			struct dm_error *err)
{
	const char *p = arg;
	char item[16];
	size_t len;

	cfg->affinity_count = 0;
	for (;;) {
		len = strcspn(p, ",");
		if (len >= sizeof(item))
			break;
		memcpy(item, p, len);
		item[len] = 0;
		if (affinity_add(cfg, item))
			break;
		if (!p[len])
			return 0;
		p += len + 1;
	}
	return dm_fail(err, -EINVAL,
		       "--cpu_affinity %s: give 1 to %d"
		       " different LAPIC ids, separated by commas",
		       arg, DM_MAX_VCPUS);
}

static int opt_hugetlb_path(struct vm_config *cfg, const char *arg,
			    struct dm_error *err)
{
	if (arg[0] != '/' && strcmp(arg, "auto"))
		return dm_fail(err, -EINVAL,
			       "--hugetlb-path %s: give the"
			       " absolute path of a hugetlbfs mount, or auto",
			       arg);
	cfg->hugetlb_path = arg;
	return 0;
}

static int opt_debugexit(struct vm_config *cfg, const char *arg,
			 struct dm_error *err)
{
	(void)arg;
	(void)err;
	cfg->debugexit = true;
	return 0;
}

static int opt_acpi(struct vm_config *cfg, const char *arg,
		    struct dm_error *err)
{
	(void)cfg;
	(void)arg;
	(void)err;
	return 0;
}

static int opt_help(struct vm_config *cfg, const char *arg,
		    struct dm_error *err)
{
	(void)arg;
	(void)err;
	cfg->show_help = true;
	return 0;
}

static int opt_version(struct vm_config *cfg, const char *arg,
		       struct dm_error *err)
{
	(void)arg;
	(void)err;
	cfg->show_version = true;
	return 0;
}

static int opt_run_dir(struct vm_config *cfg, const char *arg,
		       struct dm_error *err)
{
	if (arg[0] != '/')
		return dm_fail(err, -EINVAL,
			       "--run-dir %s: give an absolute path", arg);
	cfg->run_dir = arg;
	return 0;
}

enum { OPT_AFFINITY = 256, OPT_HUGETLB_PATH, OPT_DEBUGEXIT, OPT_RUN_DIR };

/* clang-format off */
static const struct option_def options[] = {
	{ 'm', "memory", "SIZE", opt_memory,
	  "memory, 128M or more, in K, M or G (default unit M, default 256M)" },
	{ 'c', "ncpus", "N", opt_vcpus,
	  "number of vCPUs, 1 to 16 (default 1)" },
	{ 'k', "kernel", "FILE", opt_kernel, "Linux kernel, a bzImage" },
	{ 'r', "ramdisk", "FILE", opt_ramdisk, "initial ramdisk" },
	{ 'B', "bootargs", "TEXT", opt_bootargs, "kernel command line" },
	{ 's', "pci_slot", "SLOT[:FUNC],DEVICE[,OPTS]", opt_slot,
	  "a PCI device; -s help lists them with their options" },
	{ 'l', "lpc", "COM,BACKEND", opt_lpc,
	  "com1 or com2 on stdio, pty, socket:PATH, file:PATH or none" },
	{ 'U', "uuid", "UUID", opt_uuid, "UUID of the VM (default: random)" },
	{ OPT_AFFINITY, "cpu_affinity", "ID,ID...", opt_affinity,
	  "LAPIC ids of the CPUs to run on (default: chosen)" },
	{ OPT_HUGETLB_PATH, "hugetlb-path", "DIR", opt_hugetlb_path,
	  "memory from files in this hugetlbfs mount; auto: search one" },
	{ OPT_DEBUGEXIT, "debugexit", NULL, opt_debugexit,
	  "a byte V written to port 0xf4 ends with status V * 2 + 1" },
	{ OPT_RUN_DIR, "run-dir", "DIR", opt_run_dir,
	  "where DIR/NAME with the VM's sockets is made (default /run/acrn)" },
	{ 'A', "acpi", NULL, opt_acpi, "ACPI tables (always there)" },
	{ 'h', "help", NULL, opt_help, "print this text" },
	{ 'v', "version", NULL, opt_version, "print the version" },
};
/* clang-format on */

static void print_option(FILE *out, const struct option_def *o)
{
	char letter[8] = "    ";
	char left[64];
	int len;

	if (o->letter < 256)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	len = snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
		       o->arg ? " " : "", o->arg ? o->arg : "");
	if (len > 26)
		fprintf(out, "  %s\n  %26s  %s\n", left, "", o->help);
	else
		fprintf(out, "  %-26s  %s\n", left, o->help);
}

void options_print_help(FILE *out)
{
	size_t i;

	fprintf(out, "Usage: acrn-dm [OPTIONS] -k KERNEL NAME\n"
		     "Run the User VM NAME (1 to 15 characters).\n\n");
	for (i = 0; i < ARRAY_SIZE(options); i++)
		print_option(out, &options[i]);
	fprintf(out, "\nExit status: 0 the guest powered off, 1 failure, 2 bad"
		     " usage, 3 the guest died.\n");
}

#define OPTION_COUNT ARRAY_SIZE(options)

/* The tables getopt_long wants, made from ours. */
static void getopt_tables(struct option *lopts, char *sopts)
{
	size_t i;

	*sopts++ = ':';
	for (i = 0; i < OPTION_COUNT; i++) {
		const struct option_def *o = &options[i];

		lopts[i] = (struct option){
			.name = o->name,
			.has_arg = o->arg ? required_argument : no_argument,
			.val = o->letter,
		};
		if (o->letter > 255)
			continue;
		*sopts++ = (char)o->letter;
		if (o->arg)
			*sopts++ = ':';
	}
	*sopts = 0;
	lopts[OPTION_COUNT] = (struct option){ 0 };
}

static const struct option_def *option_find(int letter)
{
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

static int option_bad(int c, char **argv, struct dm_error *err)
{
	const struct option_def *o = option_find(optopt);
	const char *word = argv[optind - 1];

	if (c == ':' && o)
		return dm_fail(err, -EINVAL, "option %s needs an argument: %s",
			       word, o->arg);
	if (optopt > 0 && optopt < 256 && !o)
		return dm_fail(err, -EINVAL,
			       "unknown option -%c; --help lists"
			       " the options",
			       optopt);
	return dm_fail(err, -EINVAL,
		       "unknown or malformed option %s; --help"
		       " lists the options",
		       word);
}

static int check_name(struct vm_config *cfg, int argc, char **argv,
		      struct dm_error *err)
{
	const char *name = optind < argc ? argv[optind] : "";
	size_t i, len = strlen(name);

	if (argc - optind != 1)
		return dm_fail(err, -EINVAL,
			       "%d VM names given; give exactly"
			       " one, after the options",
			       argc - optind);
	if (len == 0 || len >= DM_NAME_LEN)
		return dm_fail(err, -EINVAL,
			       "VM name '%s': must have 1 to %d"
			       " characters",
			       name, DM_NAME_LEN - 1);
	/* It names a directory, too. */
	if (name[0] == '.' || strchr(name, '/'))
		return dm_fail(err, -EINVAL,
			       "VM name '%s': must not begin with a dot"
			       " nor contain a slash",
			       name);
	for (i = 0; i < len; i++)
		if (!isgraph((unsigned char)name[i]))
			return dm_fail(err, -EINVAL,
				       "VM name '%s': must be"
				       " printable, without spaces",
				       name);
	memcpy(cfg->name, name, len + 1);
	return 0;
}

static int check_whole(struct vm_config *cfg, int argc, char **argv,
		       struct dm_error *err)
{
	int rc = check_name(cfg, argc, argv, err);

	if (rc)
		return rc;
	if (!cfg->kernel)
		return dm_fail(err, -EINVAL,
			       "no kernel given; -k FILE names"
			       " the bzImage to boot");
	if (!cfg->affinity_count)
		return 0;
	if (cfg->vcpus_given && cfg->vcpus != cfg->affinity_count)
		return dm_fail(err, -EINVAL,
			       "-c %u: does not match the %u"
			       " CPUs of --cpu_affinity; give one vCPU a CPU",
			       cfg->vcpus, cfg->affinity_count);
	cfg->vcpus = cfg->affinity_count;
	return 0;
}

int options_parse(int argc, char **argv, struct vm_config *cfg,
		  struct dm_error *err)
{
	struct option lopts[OPTION_COUNT + 1];
	char sopts[2 * OPTION_COUNT + 2];
	const struct option_def *o;
	int c, rc;

	memset(cfg, 0, sizeof(*cfg));
	cfg->mem_size = 256 * MIB;
	cfg->vcpus = 1;
	cfg->bootargs = "";
	cfg->run_dir = RUNDIR_BASE;
	getopt_tables(lopts, sopts);
	uuid_generate_random(cfg->uuid);
	optind = 0; /* start over, for callers that parse twice */
	opterr = 0;
	while ((c = getopt_long(argc, argv, sopts, lopts, NULL)) != -1) {
		o = option_find(c);
		if (!o)
			return option_bad(c, argv, err);
		rc = o->parse(cfg, optarg, err);
		if (rc)
			return rc;
	}
	if (cfg->show_help || cfg->show_version || cfg->show_devices)
		return 0;
	return check_whole(cfg, argc, argv, err);
}
