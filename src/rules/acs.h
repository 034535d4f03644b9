/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * Access Control Services as the kernel judges them: pci_acs_enabled() in drivers/pci/pci.c with its table
 * of exceptions, which is data/acs-quirks.def here.
 */

/* How somebody looks at a host. */
struct acs_view {
	bool ctrl_counts;	/* an IOMMU driver has set the control words; before, they say nothing */
	bool override_downstream, override_multifunction; /* pcie_acs_override= as the patch takes it */
	const char *override;	/* the argument's value, for its "id:vvvv:dddd"; NULL none */
};

enum acs_reason {
	ACS_UNREADABLE,		/* configuration space ends before it could tell */
	ACS_CONVENTIONAL,	/* conventional PCI or a bridge to it: never */
	ACS_MISSING,		/* no capability */
	ACS_SWITCHED_OFF,	/* there, but bits are not set in its control word */
	ACS_DENIED,		/* the kernel does not believe it */
	ACS_SET,		/* there, with all that matters set */
	ACS_QUIRK,		/* the kernel knows that it isolates */
	ACS_ALONE,		/* the only function of its slot: nobody to keep apart */
	ACS_OVERRIDDEN,		/* pcie_acs_override says so */
};

struct acs_verdict {
	int isolates;		/* tristate */
	enum acs_reason reason;
	const char *source;	/* row of the kernel's table, NULL none */
};

struct acs_verdict acs_judge(const struct host *h, const struct pci_device *d, const struct acs_view *view);
/* The view of a host as it runs now, without an override. */
struct acs_view acs_view_now(const struct host *h);
/* The same with VALUE of pcie_acs_override, "downstream,multifunction"; NULL none. */
struct acs_view acs_view_with(const struct host *h, const char *value);

/* Conventional PCI, or a bridge to or from it; false also when that is not known. */
bool acs_is_conventional(const struct pci_device *d);
/* One of several functions of its slot, as the kernel counts them. */
bool acs_is_multifunction(const struct pci_device *d);
/* "xx111@0000:00:1c.0", what pci=config_acs= of Linux 6.11 takes to switch ACS of D on; in the arena */
const char *acs_config(struct host *h, const struct pci_device *d) _returns_nonnull_;
/* "no ACS", "ACS is there but not set (capability 1f, control 00)", …; evidence, not translated; in the arena */
const char *acs_describe(struct host *h, const struct pci_device *d, const struct acs_view *view) _returns_nonnull_;
