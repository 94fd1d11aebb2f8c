/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may follow a device's name in -s SLOT,DEVICE,...: items separated by
 * commas, from a table that is also the help.
 */
#ifndef PCI_PCI_OPTS_H
#define PCI_PCI_OPTS_H

#include "core/error.h"
#include "core/types.h"

#include <stdio.h>

struct pci_opt {
	/** NULL: takes each item that is none of the other names. */
	const char *name;
	/** What stands after the '=', for the help; NULL: a bare word. */
	const char *arg;
	/** Store into the device's settings. value is "" for a bare word. */
	int (*set)(void *settings, char *value, struct dm_error *err);
	const char *help;
};

struct pci_opts {
	const struct pci_opt *opt;
	size_t count;
};

/**
 * Cut text into items and set each. Values point into text, which is changed
 * and must live as long as they do. -EINVAL with a sentence, or what set said.
 */
int pci_opts_parse(const struct pci_opts *opts, char *text, void *settings,
		   struct dm_error *err);

/** One line an option, indented. */
void pci_opts_print(const struct pci_opts *opts, FILE *out);

#endif
