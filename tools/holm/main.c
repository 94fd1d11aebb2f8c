/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holm NOUN VERB [NAME] [--json]. Exit status: 0 done, 1 failed, 2 wrong
 * usage, 3 there is no such thing (no hypervisor, no such VM).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "holm/show.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOT_FOUND = 3 };

struct verb {
	const char *noun, *verb, *args, *help;
	int (*fn)(const struct show *sh);
	bool takes_name, has_json;
};

/* clang-format off */
static const struct verb verbs[] = {
	{ "hv", "info", "", "the hypervisor, its memory and start-up time",
	  show_info, false, true },
	{ "hv", "log", "", "what the hypervisor has said so far",
	  show_log, false, false },
	{ "cpu", "list", "", "each CPU: who owns it, how it exits",
	  show_cpus, false, true },
	{ "vm", "list", "", "each VM: state, CPUs, memory",
	  show_vms, false, true },
	{ "vm", "stats", "[NAME]", "exits by reason, of one VM or of all",
	  show_stats, true, true },
};
/* clang-format on */

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_usage(FILE *out)
{
	size_t i;

	fprintf(out, "usage: holm NOUN VERB [--json]\n");
	for (i = 0; i < VERBS; i++)
		fprintf(out, "  holm %-4s %-6s %-7s %s\n", verbs[i].noun,
			verbs[i].verb, verbs[i].args, verbs[i].help);
	fprintf(out, "--json prints one JSON document instead of a table.\n");
}

static const struct verb *find_verb(const char *noun, const char *verb)
{
	size_t i;

	for (i = 0; i < VERBS; i++) {
		if (!strcmp(verbs[i].noun, noun) &&
		    !strcmp(verbs[i].verb, verb))
			return &verbs[i];
	}
	return NULL;
}

static int parse_rest(const struct verb *v, struct show *sh, char **args)
{
	for (; *args; args++) {
		if (!strcmp(*args, "--json") && v->has_json) {
			sh->json = true;
		} else if (v->takes_name && !sh->name && (*args)[0] != '-') {
			sh->name = *args;
		} else {
			fprintf(stderr, "holm: '%s %s' takes no '%s'\n",
				v->noun, v->verb, *args);
			return EXIT_USAGE;
		}
	}
	return 0;
}

static int report_error(const struct verb *v, const struct show *sh, int err)
{
	if (err == -ENOENT && sh->name) {
		fprintf(stderr, "holm: no VM is named '%s'; see holm vm list\n",
			sh->name);
		return EXIT_NOT_FOUND;
	}
	fprintf(stderr, "holm: %s %s: %s\n", v->noun, v->verb, strerror(-err));
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct show sh = { .out = stdout };
	const struct verb *v;
	struct source src;
	int err;

	if (argc == 2 &&
	    (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		print_usage(stdout);
		return 0;
	}
	v = argc >= 3 ? find_verb(argv[1], argv[2]) : NULL;
	if (!v) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (parse_rest(v, &sh, argv + 3))
		return EXIT_USAGE;
	err = source_open(&src);
	if (err) {
		fprintf(stderr,
			"holm: /dev/holm: %s; is Linux running on Holm, with "
			"the acrn_hsm driver loaded?\n",
			strerror(-err));
		return EXIT_NOT_FOUND;
	}
	sh.src = &src;
	err = v->fn(&sh);
	source_close(&src);
	return err ? report_error(v, &sh, err) : 0;
}
