/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/acs.h"

#include <stdio.h>
#include <string.h>

enum {
	ACS_SOURCE_VALIDATION = 0x01,
	ACS_REQUEST_REDIRECT = 0x04,
	ACS_COMPLETION_REDIRECT = 0x08,
	ACS_UPSTREAM_FORWARDING = 0x10,
	/* What groups need.  Egress control (0x20) is no part of it, whether set or not. */
	ACS_NEEDED = ACS_SOURCE_VALIDATION | ACS_REQUEST_REDIRECT | ACS_COMPLETION_REDIRECT |
		     ACS_UPSTREAM_FORWARDING,
};

enum acs_rule {
	ACS_RULE_ISOLATES,
	ACS_RULE_ROOT_PORT,
	ACS_RULE_PORT,
	ACS_RULE_RC_ENDPOINT,
	ACS_RULE_WIDE, /* a matter of where to read, and of the probe */
	ACS_RULE_SOUTHBRIDGE,
	ACS_RULE_NEVER,
	ACS_RULE_NEVER_PORT,
};

struct acs_quirk {
	uint16_t vendor, first, last, step;
	enum acs_rule rule;
	const char *source;
};

static const struct acs_quirk acs_quirks[] = {
#define ACS_QUIRK(vendor, first, last, step, rule, source) \
	{ vendor, first, last, step, ACS_RULE_##rule, source },
#include "data/acs-quirks.def"
#undef ACS_QUIRK
};

static bool acs_is_readable(const struct pci_device *d)
{
	/* A program without CAP_SYS_ADMIN gets the first 64 bytes, which hold no capability at all. */
	return d->physfn || d->config_len > 64 || d->port_type != PCI_PORT_UNKNOWN;
}

bool acs_is_conventional(const struct pci_device *d)
{
	if (d->port_type == PCI_PORT_PCIE_TO_PCI || d->port_type == PCI_PORT_PCI_TO_PCIE)
		return true;
	return !d->physfn && d->port_type == PCI_PORT_UNKNOWN && d->config_len > 64;
}

bool acs_is_multifunction(const struct pci_device *d)
{
	/* pci_scan_slot() marks what it finds above function 0; virtual functions have a slot to themselves. */
	return !d->physfn && (d->multifunction || d->addr.func);
}

/* Where only 64 bytes can be read, the ids of ports are taken for being ports. */
static bool acs_is_port(const struct pci_device *d, bool downstream_too)
{
	if (d->port_type == PCI_PORT_UNKNOWN)
		return d->header_type == 1 && d->config_len <= 64;
	return d->port_type == PCI_PORT_ROOT || (downstream_too && d->port_type == PCI_PORT_DOWNSTREAM);
}

/* 1, 0, or -1: the row is not about such a device. */
static int acs_apply_quirk(const struct host *h, const struct pci_device *d, enum acs_rule rule)
{
	switch (rule) {
	case ACS_RULE_ISOLATES:
		return 1;
	case ACS_RULE_ROOT_PORT:
		return acs_is_port(d, false) ? 1 : -1;
	case ACS_RULE_PORT:
		return acs_is_port(d, true) ? 1 : -1;
	case ACS_RULE_RC_ENDPOINT:
		return d->port_type == PCI_PORT_RC_ENDPOINT ? 1 : -1;
	case ACS_RULE_SOUTHBRIDGE:
		return acs_is_multifunction(d) && !d->parent && h->iommu.has_ivrs ? 1 : -1;
	case ACS_RULE_NEVER:
		return 0;
	case ACS_RULE_NEVER_PORT:
		return acs_is_port(d, true) ? 0 : -1;
	case ACS_RULE_WIDE:
		break;
	}
	return -1;
}

static const struct acs_quirk *acs_find_quirk(const struct host *h, const struct pci_device *d, int *ret)
{
	for (unsigned i = 0; i < ARRAY_SIZE(acs_quirks); i++) {
		const struct acs_quirk *q = &acs_quirks[i];

		if (d->vendor != q->vendor || d->device < q->first || d->device > q->last ||
		    (d->device - q->first) % q->step)
			continue;
		*ret = acs_apply_quirk(h, d, q->rule);
		if (*ret >= 0)
			return q;
	}
	return NULL;
}

/* pcie_acs_override=id:10de:2504,id:8086:1901 */
static bool acs_is_named(const struct pci_device *d, const char *override)
{
	while (override && (override = strstr(override, "id:"))) {
		unsigned vendor, device;

		override += 3;
		if (sscanf(override, "%4x:%4x", &vendor, &device) == 2 && vendor == d->vendor && device == d->device)
			return true;
	}
	return false;
}

/*
 * The patch (lkml.org/lkml/2013/5/30/513) leaves alone conventional devices and what has the capability,
 * set or not.
 */
static bool acs_is_overridden(const struct pci_device *d, const struct acs_view *view)
{
	if (acs_is_named(d, view->override))
		return true;
	switch (d->port_type) {
	case PCI_PORT_ROOT:
	case PCI_PORT_DOWNSTREAM:
		return view->override_downstream;
	case PCI_PORT_ENDPOINT:
	case PCI_PORT_LEGACY_ENDPOINT:
	case PCI_PORT_UPSTREAM:
	case PCI_PORT_RC_ENDPOINT:
		return view->override_multifunction && acs_is_multifunction(d);
	case PCI_PORT_UNKNOWN:
	case PCI_PORT_PCIE_TO_PCI:
	case PCI_PORT_PCI_TO_PCIE:
	case PCI_PORT_RC_EVENT_COLLECTOR:
		break;
	}
	return false;
}

static struct acs_verdict acs_judge_capability(const struct pci_device *d, const struct acs_view *view)
{
	int needed;

	if (d->acs_cap < 0)
		return (struct acs_verdict){ -1, ACS_UNREADABLE, NULL };
	if (!d->acs_cap && !d->acs_offset)
		return acs_is_overridden(d, view) ? (struct acs_verdict){ 1, ACS_OVERRIDDEN, NULL } :
						    (struct acs_verdict){ 0, ACS_MISSING, NULL };
	/* Bits that are not in the capability are hard-wired to "isolated" (pci_acs_flags_enabled). */
	needed = ACS_NEEDED & d->acs_cap;
	if (view->ctrl_counts && d->acs_ctrl >= 0 && (d->acs_ctrl & needed) != needed)
		return (struct acs_verdict){ 0, ACS_SWITCHED_OFF, NULL };
	return (struct acs_verdict){ 1, ACS_SET, NULL };
}

struct acs_verdict acs_judge(const struct host *h, const struct pci_device *d, const struct acs_view *view)
{
	int answer;
	const struct acs_quirk *q = acs_find_quirk(h, d, &answer);

	if (q)
		return (struct acs_verdict){ answer, answer ? ACS_QUIRK : ACS_DENIED, q->source };
	if (!acs_is_readable(d))
		return (struct acs_verdict){ -1, ACS_UNREADABLE, NULL };
	if (acs_is_conventional(d) || d->port_type == PCI_PORT_RC_EVENT_COLLECTOR)
		return (struct acs_verdict){ 0, ACS_CONVENTIONAL, NULL };
	if (d->port_type != PCI_PORT_ROOT && d->port_type != PCI_PORT_DOWNSTREAM && !acs_is_multifunction(d))
		return (struct acs_verdict){ 1, ACS_ALONE, NULL };
	return acs_judge_capability(d, view);
}

struct acs_view acs_view_now(const struct host *h)
{
	/* The kernel sets the control words when an IOMMU driver asks for it (pci_request_acs). */
	return (struct acs_view){ .ctrl_counts = h->iommu.n_units || h->n_groups };
}

struct acs_view acs_view_with(const struct host *h, const char *value)
{
	struct acs_view view = acs_view_now(h);

	view.override = value;
	view.override_downstream = value && strstr(value, "downstream");
	view.override_multifunction = value && strstr(value, "multifunction");
	return view;
}

const char *acs_config(struct host *h, const struct pci_device *d)
{
	char flags[6] = "xxxxx";

	/* The rightmost is bit 0; bits that the capability does not have are left alone. */
	for (unsigned bit = 0; bit < 5; bit++)
		if (d->acs_cap > 0 && (ACS_NEEDED & d->acs_cap & 1 << bit))
			flags[4 - bit] = '1';
	return arena_printf(h->arena, "%s@%s", flags, d->address);
}

const char *acs_describe(struct host *h, const struct pci_device *d, const struct acs_view *view)
{
	const struct acs_verdict v = acs_judge(h, d, view);

	switch (v.reason) {
	case ACS_CONVENTIONAL:
		return d->header_type == 1 ? "bridge to conventional PCI" : "conventional PCI";
	case ACS_MISSING:
		return "no ACS";
	case ACS_SWITCHED_OFF:
		return arena_printf(h->arena, "ACS at %03x not switched on (capability %02x, control %02x)",
				    (unsigned)d->acs_offset, (unsigned)d->acs_cap, (unsigned)d->acs_ctrl);
	case ACS_SET:
		return arena_printf(h->arena, "ACS (capability %02x)", (unsigned)d->acs_cap);
	case ACS_DENIED:
	case ACS_QUIRK:
		return arena_printf(h->arena, "%s by the kernel's table (%s)",
				    v.isolates ? "isolates" : "does not isolate", v.source);
	case ACS_ALONE:
		return "the only function of its slot";
	case ACS_OVERRIDDEN:
		return "no ACS, overridden";
	case ACS_UNREADABLE:
		break;
	}
	return "configuration space not readable";
}
