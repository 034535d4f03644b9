/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/finding.h"

/* Which IOMMU, and in which state: the decision table, sysfs and ACPI before the log, the log before the
 * command line. */
struct iommu_signs {
	enum iommu_kind kind;
	enum iommu_state state;
	const char *failure;	/* kernel log line that says what went wrong, NULL none */
	const char *off_argument; /* "intel_iommu=off": what keeps it off, NULL none */
	const char *table;	/* "DMAR": ACPI table that says the firmware has it on, NULL none */
	const char *table_line; /* kernel log line that showed TABLE when the folder was not readable */
	const char *fused;	/* processor model that is known to lack VT-d, NULL not known to */
	const struct pci_device *chipset; /* one that is known to lack VT-d, NULL not known to */
	const char *on_argument; /* "intel_iommu=on" that the kernel understood, NULL none */
	const char *forced;	/* kernel log line: it switched the IOMMU on unasked, NULL none */
	const char *refused;	/* kernel log line: this kernel does not use it on this platform */
};
void iommu_signs_read(const struct host *h, struct iommu_signs *ret);
