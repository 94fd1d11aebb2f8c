# SPDX-License-Identifier: BSD-2-Clause
FUZZERS += fuzz_acpi
fuzz_acpi_SRC := arch/x86/acpi.c
