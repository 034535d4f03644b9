/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access Control Services as the kernel judges them (drivers/pci/pci.c pci_acs_enabled() and the table
 * pci_dev_acs_enabled of quirks.c).  Only to explain a group: what sysfs lists is the truth.
 */
#include "rules/judge.h"

enum {
	ACS_SOURCE_VALIDATION = 0x01,
	ACS_REQUEST_REDIRECT = 0x04,
	ACS_COMPLETION_REDIRECT = 0x08,
	ACS_UPSTREAM_FORWARDING = 0x10,
	ACS_NEEDED = ACS_SOURCE_VALIDATION | ACS_REQUEST_REDIRECT | ACS_COMPLETION_REDIRECT |
		     ACS_UPSTREAM_FORWARDING,
};

struct acs_quirk {
	uint16_t vendor, first, last;
};

/* Ports without a (readable) ACS capability that the kernel nevertheless isolates. */
static const struct acs_quirk acs_quirks[] = {
	/* Intel PCH root ports, programmed through RCBA (pci_quirk_intel_pch_acs_ids) */
	{ 0x8086, 0x3b42, 0x3b51 },
	{ 0x8086, 0x1c10, 0x1c1f },
	{ 0x8086, 0x1e10, 0x1e1f },
	{ 0x8086, 0x8c10, 0x8c1f },
	{ 0x8086, 0x8c90, 0x8c9f },
	{ 0x8086, 0x9c10, 0x9c1b },
	{ 0x8086, 0x9c90, 0x9c9b },
	{ 0x8086, 0x1d10, 0x1d1e },
	{ 0x8086, 0x8d10, 0x8d1e },
	/* 100 and 200 series: the registers are there, but laid out as dwords (control at +8) */
	{ 0x8086, 0xa110, 0xa11f },
	{ 0x8086, 0xa167, 0xa16a },
	{ 0x8086, 0xa290, 0xa29f },
	{ 0x8086, 0xa2e7, 0xa2ee },
	{ 0x8086, 0x9d10, 0x9d1b },
};

static bool acs_is_quirk(const struct pci_device *d)
{
	for (unsigned i = 0; i < ARRAY_SIZE(acs_quirks); i++)
		if (d->vendor == acs_quirks[i].vendor && d->device >= acs_quirks[i].first &&
		    d->device <= acs_quirks[i].last)
			return true;
	return false;
}

bool acs_port_matters(const struct pci_device *d)
{
	switch (d->port_type) {
	case PCI_PORT_ROOT:
	case PCI_PORT_DOWNSTREAM:
	case PCI_PORT_PCIE_TO_PCI:
	case PCI_PORT_PCI_TO_PCIE:
		return true;
	case PCI_PORT_UNKNOWN:
		return d->header_type == 1;
	case PCI_PORT_ENDPOINT:
	case PCI_PORT_LEGACY_ENDPOINT:
	case PCI_PORT_UPSTREAM:
	case PCI_PORT_RC_ENDPOINT:
	case PCI_PORT_RC_EVENT_COLLECTOR:
		break;
	}
	return false;
}

int acs_port_isolates(const struct host *h, const struct pci_device *d)
{
	int needed;

	if (acs_is_quirk(d))
		return 1;
	if (d->port_type == PCI_PORT_PCIE_TO_PCI || d->port_type == PCI_PORT_PCI_TO_PCIE)
		return 0;
	/* A program without CAP_SYS_ADMIN gets the first 64 bytes, which hold no capability at all. */
	if (d->config_len <= 64)
		return -1;
	if (d->port_type == PCI_PORT_UNKNOWN) /* no PCI Express capability: conventional PCI */
		return 0;
	if (d->acs_cap < 0)
		return -1;
	if (d->acs_cap == 0)
		return 0;
	/* Bits that are not in the capability are hard-wired to "isolated" (pci_acs_flags_enabled). */
	needed = ACS_NEEDED & d->acs_cap;
	/* The kernel sets the control word only when an IOMMU driver runs; before, it says nothing. */
	if (h->iommu.n_units && d->acs_ctrl >= 0 && (d->acs_ctrl & needed) != needed)
		return 0;
	return 1;
}
