/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdict of each IOMMU group: isolated (one card), shared (several), host (nothing to give away).
 * Bridges never make a group shared.  The ACS words only explain; sysfs decides.
 */
#include "rules/group-explain.h"

#include "base/str.h"

#include <string.h>

#define GROUPS_SLOTS_NAMED 6

/* What is plugged in there, a bridge maybe; NULL nothing. */
static const struct pci_device *groups_behind(const struct host *h, const struct pci_device *port)
{
	for (unsigned i = 0; i < h->n_devices; i++)
		if (h->devices[i]->parent == port)
			return h->devices[i];
	return NULL;
}

/* A slot whose port isolates, as everything above it does. */
static bool groups_is_good_slot(struct judgement *j, const struct pci_device *port, const struct acs_view *view)
{
	unsigned steps = 0;

	if (port->slot_number <= 0 || (port->port_type != PCI_PORT_ROOT && port->port_type != PCI_PORT_DOWNSTREAM))
		return false;
	for (const struct pci_device *up = port; up && steps < 256; up = up->parent, steps++)
		if (acs_judge(j->host, up, view).isolates != 1)
			return false;
	return true;
}

/* The free ones, or those that hold a card of another group. */
static void groups_add_slots(struct judgement *j, const struct iommu_group *g, bool free, struct str *s, unsigned *n)
{
	const struct acs_view view = acs_view_now(j->host);

	for (unsigned i = 0; i < j->host->n_devices && *n < GROUPS_SLOTS_NAMED; i++) {
		const struct pci_device *port = j->host->devices[i], *d;

		if (port->group == g || !groups_is_good_slot(j, port, &view))
			continue;
		d = groups_behind(j->host, port);
		if (free != !d || (d && d->group == g))
			continue;
		str_add(s, (*n)++ ? ", " : "");
		if (d)
			str_addf(s, _("slot %d at %s (now %s)"), port->slot_number, port->address, d->address);
		else
			str_addf(s, _("slot %d at %s (free)"), port->slot_number, port->address);
	}
}

/* "slot 3 at 0000:00:1c.4 (free), slot 5 at …", NULL when none is known. */
static const char *groups_good_slots(struct judgement *j, const struct iommu_group *g)
{
	_cleanup_str_ struct str s = { 0 };
	unsigned n = 0;

	groups_add_slots(j, g, true, &s, &n);
	groups_add_slots(j, g, false, &s, &n);
	return n ? arena_strndup(j->host->arena, str_c(&s), s.len) : NULL;
}

static void groups_advise_slot(struct judgement *j, struct finding *f, const struct iommu_group *g)
{
	const char *slots = groups_good_slots(j, g);

	if (slots)
		finding_add_advice(j, f, _("Put the card into another slot. The ports of these have ACS: %s."), slots);
	else
		finding_add_advice(j, f, _("Put the card into another slot: slots of the processor and slots "
					   "of the chipset are in different groups."));
}

/* An argument that takes ACS away again: pci=disable_acs_redir=0000:00:1c.0, pci=config_acs=0xxxx@... */
static const char *groups_acs_argument(const struct host *h)
{
	for (const char *const *arg = h->kernel.args; arg && *arg; arg++)
		if (strstr(*arg, "disable_acs_redir=") || strstr(*arg, "config_acs="))
			return *arg;
	return NULL;
}

/*
 * Ports that have ACS, but not switched on.  pci_enable_acs() does that while the kernel finds devices, if an
 * IOMMU driver asked before (pci_request_acs), and then does what the arguments say; config_acs is there
 * since 6.11 (commit 47c8846a49ba).
 */
static void groups_advise_switched_off(struct judgement *j, struct finding *f, const struct group_verdict *v)
{
	const char *argument = groups_acs_argument(j->host);
	_cleanup_str_ struct str s = { 0 };
	unsigned n = 0;

	for (unsigned i = 0; i < v->n_causes; i++)
		if (v->causes[i].switched_off)
			str_addf(&s, "%s%s", n++ ? ";" : "pci=config_acs=", acs_config(j->host, v->causes[i].device));
	if (!n)
		return;
	if (argument) {
		finding_add_evidence(j, f, "/proc/cmdline: %s", argument);
		finding_add_advice(j, f, _("The kernel argument %s decides about ACS of ports. Take it away and restart."),
				   argument);
		return;
	}
	finding_add_advice(j, f, _("The kernel switches ACS on while it starts, and only when an IOMMU is on by then. "
				   "If the IOMMU was switched on since, restart and look again."));
	if (judge_kernel_at_least(j->host, 6, 11) == 0)
		finding_add_advice(j, f, _("If it stays off: Linux 6.11 and later can be told to switch it on, with the "
					   "kernel argument %s. This kernel is older."), str_c(&s));
	else
		finding_add_advice(j, f, _("If it stays off: Linux 6.11 and later can be told to switch it on, with the "
					   "kernel argument %s."), str_c(&s));
	if (n > 1)
		finding_add_advice(j, f, _("The semicolons in it part the ports. GRUB takes them for the end of a "
					   "command unless they are quoted."));
}

static unsigned groups_count_switched_off(const struct group_verdict *v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < v->n_causes; i++)
		n += v->causes[i].switched_off;
	return n;
}

/* What helps depends on what joins them. */
static void groups_advise_hardware(struct judgement *j, struct finding *f, const struct group_verdict *v)
{
	bool known = v->ports_known && v->n_causes;

	if (group_has_cause(v, CAUSE_CONVENTIONAL))
		finding_add_advice(j, f,
				   _("ACS does not help conventional PCI, and no firmware option does. Use a "
				     "PCI Express card instead, or a card that is alone behind its bridge."));
	if (group_has_cause(v, CAUSE_ALIAS))
		finding_add_advice(j, f, _("No setting mends a chip that uses one name for several functions. "
					   "They go together, or another card takes its place."));
	if (group_has_cause(v, CAUSE_VMD))
		finding_add_advice(j, f, _("Switch off VMD (Intel RST, RAID mode) in the firmware setup, if the host "
					   "does not start from a drive behind it: then each drive is a device of its own."));
	if (group_has_cause(v, CAUSE_FUNCTIONS) && !v->n_ports_without_acs)
		finding_add_advice(j, f, _("Parts of one chip stay together in every slot. For a part of the chipset a "
					   "card of your own does the same work in a group of its own."));
	if (known)
		groups_advise_switched_off(j, f, v);
	if (known && v->n_ports_without_acs == groups_count_switched_off(v))
		return;
	/* A machine's slots and firmware are what its hypervisor makes of them. */
	if (j->host->cpu.hypervisor == 1) {
		finding_add_advice(j, f, _("In the hypervisor that runs this machine, put each device behind a root "
					   "port of its own."));
		return;
	}
	groups_advise_slot(j, f, v->group);
	finding_add_advice(j, f, _("In the firmware setup, switch on ACS Enable, AER and ARI where "
				   "they exist."));
	judge_advise_firmware(j, f, SETTING_ACS);
	finding_add_advice(j, f, _("Install a newer firmware."));
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
	for (unsigned i = 0; v->ports_known && i < v->n_causes; i++)
		finding_add_evidence(j, f, "%s", v->causes[i].evidence);
	groups_advise_hardware(j, f, v);
	if (!needed)
		finding_add_advice(j, f, _("Give the whole group to one machine; devices the machine "
					   "does not need are merely taken from the host."));
	group_advise_override(j, f, v);
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
			    !judge_is_bmc_vga(g->devices[i]) && !g->devices[i]->dma_device)
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

	if (g->has_direct_region != 1)
		return;
	snprintf(subject, sizeof(subject), "group %d", g->id);
	f = judgement_add(j, "group-direct-region", SEVERITY_WARN, subject, "%s",
			  judge_refuses_direct(j->host) ?
				  _("The firmware reserves memory for a device of this group (RMRR). The "
				    "kernel refuses to give such a device to a machine.") :
				  _("The firmware reserves memory for a device of this group. This kernel gives "
				    "it to a machine all the same, with that memory out of its reach; Linux 6.6 "
				    "and later refuse."));
	finding_add_evidence(j, f, "/sys/kernel/iommu_groups/%d/reserved_regions: direct", g->id);
	judge_advise_dma_protection(j, f);
	finding_add_advice(j, f, _("Ask the maker of the computer for a firmware setting that drops the "
				   "reservation; HP servers have one for each slot."));
	finding_add_advice(j, f, _("Or use another slot."));
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
		finding_add_advice(j, f, _("Run this program as root on the host itself."));
		return;
	}
}

static void groups_judge(struct judgement *j)
{
	static const char *const values[] = { "downstream", "multifunction", "downstream,multifunction" };
	const char *override = group_override_active(j);
	struct group_forecast *plain, *with[3];
	const struct acs_view now = acs_view_now(j->host);

	if (!j->host->n_groups)
		return;
	plain = forecast_groups(j->host, &now);
	for (int i = OVERRIDE_DOWNSTREAM; i <= OVERRIDE_BOTH; i++) {
		const struct acs_view view = acs_view_with(j->host, values[i]);

		with[i] = forecast_groups(j->host, &view);
	}
	for (unsigned i = 0; i < j->host->n_groups; i++) {
		struct group_verdict *v = &j->groups[i];

		v->kind = group_kind(j, v->group);
		group_explain(j, v, plain);
		v->reason = group_reason(j, v);
		if (!group_is_one_card(v->group) && !override)
			group_try_override(j, v, with);
		groups_judge_direct(j, v->group);
		if (v->kind == GROUP_SHARED || (v->kind == GROUP_HOST && !group_is_one_card(v->group) &&
						groups_holds_back(j, v->group)))
			groups_add_ways_out(j, v);
	}
	if (override)
		group_mark_split(j, plain);
	groups_judge_unreadable(j);
}

const struct rule rule_groups = { "groups", groups_judge };
