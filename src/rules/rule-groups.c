/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdict of each IOMMU group: isolated (one card), shared (several), host (nothing to give away).
 * Bridges never make a group shared.  The ACS words only explain; sysfs decides.
 */
#include "rules/judge.h"

#include <string.h>

static unsigned groups_count_endpoints(const struct iommu_group *g)
{
	unsigned n = 0;

	for (unsigned i = 0; i < g->n_devices; i++)
		n += judge_is_endpoint(g->devices[i]);
	return n;
}

static const struct pci_device *groups_first_endpoint(const struct iommu_group *g)
{
	for (unsigned i = 0; i < g->n_devices; i++)
		if (judge_is_endpoint(g->devices[i]))
			return g->devices[i];
	return NULL;
}

static bool groups_is_one_card(const struct iommu_group *g)
{
	const struct pci_device *first = groups_first_endpoint(g);

	for (unsigned i = 0; i < g->n_devices; i++)
		if (judge_is_endpoint(g->devices[i]) && !judge_same_card(first, g->devices[i]))
			return false;
	return true;
}

static bool groups_is_for_host(const struct judgement *j, const struct iommu_group *g)
{
	for (unsigned i = 0; i < g->n_devices; i++)
		if (judge_is_endpoint(g->devices[i]) &&
		    judgement_device(j, g->devices[i])->assignable != ASSIGNABLE_NO)
			return false;
	return true;
}

/* The first port above D that is not part of the switch on D's own card. */
static const struct pci_device *groups_slot_above(const struct pci_device *d)
{
	const struct pci_addr card = judge_card(d);
	const struct pci_device *up = d->parent;

	if (pci_addr_same_slot(card, d->addr))
		return up;
	for (const struct pci_device *p = up; p; p = p->parent)
		if (pci_addr_same_slot(p->addr, card))
			return p->parent;
	return up;
}

/* Is PORT above an endpoint of its group, and not a switch on that endpoint's own card? */
static bool groups_port_is_above(const struct iommu_group *g, const struct pci_device *port)
{
	for (unsigned i = 0; i < g->n_devices; i++) {
		const struct pci_device *d = g->devices[i];

		if (!judge_is_endpoint(d))
			continue;
		for (const struct pci_device *up = groups_slot_above(d); up; up = up->parent)
			if (up == port)
				return true;
	}
	return false;
}

static void groups_find_ports(struct judgement *j, struct group_verdict *v)
{
	const struct iommu_group *g = v->group;
	struct pci_device **ports = arena_alloc(j->host->arena, (g->n_devices + 1) * sizeof(*ports));
	unsigned n = 0;

	v->ports_known = true;
	for (unsigned i = 0; i < g->n_devices; i++) {
		int isolates;

		if (!acs_port_matters(g->devices[i]) || !groups_port_is_above(g, g->devices[i]))
			continue;
		isolates = acs_port_isolates(j->host, g->devices[i]);
		if (isolates < 0)
			v->ports_known = false;
		else if (!isolates)
			ports[n++] = g->devices[i];
	}
	/* Half of the truth would name the wrong port. */
	if (v->ports_known) {
		v->ports_without_acs = ports;
		v->n_ports_without_acs = n;
	}
}

static const char *groups_reason_host(struct judgement *j, const struct iommu_group *g)
{
	struct arena *a = j->host->arena;

	if (!g->n_devices)
		return _("There is no PCI device in it.");
	if (!groups_count_endpoints(g))
		return _("There are only bridges in it; they stay with the host.");
	if (g->has_direct_region)
		return _("The firmware reserves memory for one of its devices (RMRR), so the kernel "
			 "refuses to give it away.");
	for (unsigned i = 0; i < g->n_devices; i++)
		if (judge_vital_use(j->host, g->devices[i]))
			return arena_printf(a, _("The host needs %s."),
					    judge_label(j, g->devices[i]));
	return _("Nothing in it can be given away; its devices belong to the host.");
}

static const char *groups_reason(struct judgement *j, const struct group_verdict *v)
{
	struct arena *a = j->host->arena;
	const struct iommu_group *g = v->group;

	switch (v->kind) {
	case GROUP_HOST:
		return groups_reason_host(j, g);
	case GROUP_ISOLATED:
		if (groups_count_endpoints(g) == 1)
			return arena_printf(a, _("%s has it for itself."),
					    judge_label(j, groups_first_endpoint(g)));
		return _("All its devices are on one card.");
	case GROUP_SHARED:
		break;
	}
	if (!v->ports_known)
		return _("Devices of several cards share it. Why can only be read as root.");
	if (v->n_ports_without_acs)
		return arena_printf(a, _("Devices of several cards share it, because nothing keeps "
					 "them apart at %s (no ACS)."),
				    judge_addresses(j, v->ports_without_acs, v->n_ports_without_acs));
	return _("Devices of several cards share it, although no port above them lacks ACS.");
}

static void groups_advise_override(struct judgement *j, struct finding *f)
{
	switch (j->host->kernel.acs_override_known) {
	case 1:
		finding_add_advice(j, f,
				   _("Last of all: this kernel knows pcie_acs_override. It splits the "
				     "group on paper only; the devices can still reach each other past "
				     "the IOMMU, and so can a machine. Only for machines you trust."));
		break;
	case 0:
		finding_add_advice(j, f,
				   _("This kernel does not know pcie_acs_override. Kernels that do split "
				     "the group on paper only; the devices can still reach each other "
				     "past the IOMMU."));
		break;
	default:
		finding_add_advice(j, f,
				   _("It is not known whether this kernel knows pcie_acs_override. It "
				     "would split the group on paper only; the devices can still reach "
				     "each other past the IOMMU."));
		break;
	}
}

static void groups_add_ways_out(struct judgement *j, const struct group_verdict *v)
{
	const struct iommu_group *g = v->group;
	bool needed = v->kind == GROUP_HOST;
	char subject[32];
	struct finding *f;

	snprintf(subject, sizeof(subject), "group %d", g->id);
	f = judgement_add(j, needed ? "group-needed-by-host" : "group-shared",
			  needed ? SEVERITY_INFO : SEVERITY_WARN, subject, "%s",
			  needed ? _("Devices of several cards share this group, and the host needs one "
				     "of them. None of them can be given away.") :
				   _("Devices of several cards share this group. They can only be given "
				     "to one machine, all together."));
	for (unsigned i = 0; i < g->n_devices; i++)
		finding_add_evidence(j, f, "/sys/kernel/iommu_groups/%d/devices: %s %s", g->id,
				     g->devices[i]->address, g->devices[i]->class_name);
	for (unsigned i = 0; i < v->n_ports_without_acs; i++)
		finding_add_evidence(j, f, "%s [%04x:%04x]: no ACS", v->ports_without_acs[i]->address,
				     v->ports_without_acs[i]->vendor, v->ports_without_acs[i]->device);
	finding_add_advice(j, f, _("Put the card into another slot: slots of the processor and slots "
				   "of the chipset are in different groups."));
	finding_add_advice(j, f, _("In the firmware setup, switch on ACS Enable, AER and ARI where "
				   "they exist."));
	judge_advise_firmware(j, f, SETTING_ACS);
	finding_add_advice(j, f, _("Install a newer firmware."));
	if (!needed)
		finding_add_advice(j, f, _("Give the whole group to one machine; devices the machine "
					   "does not need are merely taken from the host."));
	groups_advise_override(j, f);
}

/* Is there something that only its neighbours keep from being given away? */
static bool groups_holds_back(const struct judgement *j, const struct iommu_group *g)
{
	for (unsigned i = 0; i < g->n_devices; i++) {
		switch (pci_device_class(g->devices[i])) {
		case DEVICE_GPU:
		case DEVICE_NVME:
		case DEVICE_NIC:
		case DEVICE_USB:
			if (!judge_vital_use(j->host, g->devices[i]) &&
			    !judge_is_bmc_vga(g->devices[i]) && g->devices[i]->addr.domain < 0x10000)
				return true;
			break;
		case DEVICE_AUDIO:
		case DEVICE_STORAGE:
		case DEVICE_BRIDGE:
		case DEVICE_OTHER:
			break;
		}
	}
	return false;
}

static void groups_judge_direct(struct judgement *j, const struct iommu_group *g)
{
	char subject[32];
	struct finding *f;

	if (!g->has_direct_region)
		return;
	snprintf(subject, sizeof(subject), "group %d", g->id);
	f = judgement_add(j, "group-direct-region", SEVERITY_WARN, subject,
			  _("The firmware reserves memory for a device of this group (RMRR). The "
			    "kernel refuses to give such a device to a machine."));
	finding_add_evidence(j, f, "/sys/kernel/iommu_groups/%d/reserved_regions: direct", g->id);
	finding_add_advice(j, f, _("Ask the maker of the computer for a firmware setting that drops the "
				   "reservation; HP servers have one for each slot."));
	finding_add_advice(j, f, _("Or use another slot."));
}

/*
 * The command line asks for it; does this kernel listen?  One that does not may say
 * "Unknown kernel command line parameters "pcie_acs_override=downstream", will be passed to user space."
 */
static bool groups_override_is_active(struct judgement *j)
{
	const struct host *h = j->host;
	const char *value = host_cmdline_value(h, "pcie_acs_override");
	const char *line = host_log_find(h, "Warning: PCIe ACS overrides enabled");
	const char *unknown = host_log_find(h, "Unknown kernel command line parameters");
	struct finding *f;

	if (!value)
		return false;
	if (!line && ((unknown && strstr(unknown, "pcie_acs_override")) ||
		      h->kernel.acs_override_known == 0)) {
		f = judgement_add(j, "acs-override-ignored", SEVERITY_WARN, "/proc/cmdline",
				  _("pcie_acs_override is on the command line, but this kernel does not "
				    "know it. It does nothing."));
		finding_add_evidence(j, f, "/proc/cmdline: pcie_acs_override=%s", value);
		if (unknown)
			finding_add_evidence(j, f, "%s", unknown);
		finding_add_advice(j, f, _("Remove it, or start a kernel that carries the ACS override "
					   "patch if you accept what it means."));
		return false;
	}
	f = judgement_add(j, "acs-override-active", SEVERITY_WARN, "/proc/cmdline",
			  _("The ACS override is on: some groups are split by it and not by hardware. "
			    "Devices of split groups can still reach each other past the IOMMU, and so "
			    "can a machine that has one of them."));
	finding_add_evidence(j, f, "/proc/cmdline: pcie_acs_override=%s", value);
	if (line)
		finding_add_evidence(j, f, "%s", line);
	finding_add_advice(j, f, _("Keep it only for machines you trust as much as the host, and look "
				   "for a slot or a firmware option that makes it needless."));
	return true;
}

/* A group that ends below a port without ACS cannot have been split by hardware. */
static void groups_judge_split(struct judgement *j, const struct iommu_group *g)
{
	const struct pci_device *d = groups_first_endpoint(g);
	struct finding *f;
	char subject[32];

	for (const struct pci_device *up = d ? groups_slot_above(d) : NULL; up; up = up->parent) {
		if (up->group == g || !acs_port_matters(up) || acs_port_isolates(j->host, up) != 0)
			continue;
		snprintf(subject, sizeof(subject), "group %d", g->id);
		f = judgement_add(j, "group-split-by-override", SEVERITY_WARN, subject,
				  _("This group is split by the ACS override, not by hardware."));
		finding_add_evidence(j, f, "%s [%04x:%04x]: no ACS", up->address, up->vendor,
				     up->device);
		return;
	}
}

static void groups_judge_unreadable(struct judgement *j)
{
	struct finding *f;

	for (unsigned i = 0; i < j->host->n_groups; i++) {
		if (j->groups[i].ports_known)
			continue;
		f = judgement_add(j, "config-space-not-readable", SEVERITY_INFO, "host",
				  _("The configuration space of PCI ports was not readable in full, so "
				    "it is not known which port joins the devices of a group."));
		finding_add_advice(j, f, _("Run this program as root."));
		return;
	}
}

static void groups_judge(struct judgement *j)
{
	bool override = groups_override_is_active(j);

	for (unsigned i = 0; i < j->host->n_groups; i++) {
		struct group_verdict *v = &j->groups[i];
		bool one_card = groups_is_one_card(v->group);

		if (groups_is_for_host(j, v->group))
			v->kind = GROUP_HOST;
		else
			v->kind = one_card ? GROUP_ISOLATED : GROUP_SHARED;
		v->ports_known = true;
		if (!one_card)
			groups_find_ports(j, v);
		v->reason = groups_reason(j, v);
		groups_judge_direct(j, v->group);
		if (v->kind == GROUP_SHARED ||
		    (v->kind == GROUP_HOST && !one_card && groups_holds_back(j, v->group)))
			groups_add_ways_out(j, v);
		else if (v->kind == GROUP_ISOLATED && override)
			groups_judge_split(j, v->group);
	}
	groups_judge_unreadable(j);
}

const struct rule rule_groups = { "groups", groups_judge };
