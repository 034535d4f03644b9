/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the firmware reserves for devices (RMRR in DMAR, IVMD in IVRS): which devices that pins,
 * also while the IOMMU is still off.  What a group's reserved_regions says is the groups' rule.
 */
#include "rules/judge.h"

#include "base/str.h"

#include <string.h>

#define RESERVED_MAX_LINES 32

/*
 * device_rmrr_is_relaxable() of drivers/iommu/intel/iommu.c, since 5.3: what USB and graphics used before
 * the kernel started they do not need any more.  AMD's driver makes no such difference.
 */
static bool reserved_is_relaxable(const struct reserved_memory *m, const struct pci_device *d)
{
	return str_eq(m->table, "DMAR") &&
	       (d->class_code >> 8 == 0x0c03 || d->class_code >> 16 == 0x03);
}

/* The first block that holds D and is RELAXABLE or not, NULL none. */
static const struct reserved_memory *reserved_find(const struct host *h, const struct pci_device *d,
						   bool relaxable)
{
	for (unsigned i = 0; i < h->iommu.n_reserved; i++)
		if (reserved_memory_is_for(&h->iommu.reserved[i], d) &&
		    reserved_is_relaxable(&h->iommu.reserved[i], d) == relaxable)
			return &h->iommu.reserved[i];
	return NULL;
}

/* The kernel's own answer counts where there is one: it may have dropped or relaxed what the table says. */
static bool reserved_is_in_force(const struct pci_device *d)
{
	return !d->group || d->group->has_direct_region != 0;
}

static void reserved_add_line(struct judgement *j, struct finding *f, unsigned n, const struct pci_device *d,
			      const struct reserved_memory *m)
{
	if (n < RESERVED_MAX_LINES)
		finding_add_evidence(j, f, "/sys/firmware/acpi/tables/%s: 0x%llx-0x%llx for %s", m->table,
				     (unsigned long long)m->start, (unsigned long long)m->end,
				     judge_label(j, d));
	else if (n == RESERVED_MAX_LINES)
		finding_add_evidence(j, f, "/sys/firmware/acpi/tables/%s: …", m->table);
}

/* Before the IOMMU is on, the device's own verdict cannot know it from its group. */
static void reserved_refuse(struct judgement *j, const struct pci_device *d)
{
	for (unsigned i = 0; i < j->host->n_devices; i++)
		if (j->host->devices[i] == d && j->iommu_state != IOMMU_ABSENT &&
		    (!d->group || d->group->has_direct_region < 0)) {
			j->devices[i].assignable = ASSIGNABLE_NO;
			arena_strv_add(j->host->arena, &j->devices[i].why,
				       _("The firmware reserves memory for it, so the kernel will refuse to "
					 "give it away when the IOMMU is on."));
		}
}

static void reserved_judge_pinned(struct judgement *j)
{
	const struct host *h = j->host;
	bool refuses = judge_refuses_direct(h);
	struct finding *f = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *d = h->devices[i];
		const struct reserved_memory *m;

		if (!judge_is_endpoint(d) || d->physfn || !reserved_is_in_force(d))
			continue;
		m = reserved_find(h, d, false);
		if (!m)
			continue;
		if (!f)
			f = judgement_add(j, "firmware-reserves-memory", SEVERITY_WARN, "host", "%s",
					  refuses ? _("The firmware insists on memory of its own for some devices. The "
						      "kernel refuses to give these, and whatever shares a group with "
						      "them, to a machine.") :
						    _("The firmware insists on memory of its own for some devices. This "
						      "kernel gives them to a machine all the same; Linux 6.6 and later "
						      "refuse."));
		reserved_add_line(j, f, n++, d, m);
		if (refuses)
			reserved_refuse(j, d);
	}
	if (!f)
		return;
	judge_advise_dma_protection(j, f);
	finding_add_advice(j, f, _("Look for a firmware setting that drops the reservation (HP servers have one for "
				   "each slot), or take another device."));
}

static void reserved_judge_relaxable(struct judgement *j)
{
	const struct host *h = j->host;
	struct finding *f = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *d = h->devices[i];
		const struct reserved_memory *m = reserved_find(h, d, true);

		if (!m || !judge_is_endpoint(d) || d->physfn || reserved_find(h, d, false))
			continue;
		if (!f)
			f = judgement_add(j, "firmware-reserves-memory-relaxable", SEVERITY_INFO, "host",
					  _("The firmware reserves memory for USB or graphics. The kernel does "
					    "not insist on that, so these devices can be given away all the "
					    "same."));
		reserved_add_line(j, f, n++, d, m);
	}
}

/*
 * What the kernel said when somebody tried:
 *	pci 0000:06:00.0: DMAR: Device is ineligible for IOMMU domain attach due to platform RMRR …
 *	vfio-pci 0000:06:00.0: Firmware has requested this device have a 1:1 IOMMU mapping, rejecting …
 */
static void reserved_judge_refusals(struct judgement *j)
{
	struct finding *f = NULL;
	unsigned n = 0;

	for (const char *const *l = j->host->kernel.log; l && *l; l++) {
		if (!strstr(*l, "ineligible for IOMMU domain attach due to platform RMRR") &&
		    !strstr(*l, "Firmware has requested this device have a 1:1 IOMMU mapping"))
			continue;
		if (!f)
			f = judgement_add(j, "device-refused-by-reserved-memory", SEVERITY_WARN, "host",
					  _("The kernel refused to give a device away, because the firmware "
					    "reserves memory for it."));
		if (n++ < RESERVED_MAX_LINES)
			finding_add_evidence(j, f, "%s", *l);
	}
	if (!f)
		return;
	judge_advise_dma_protection(j, f);
	finding_add_advice(j, f, _("Only the maker of the computer can change that: look for a newer "
				   "firmware or a setting for shared memory of the slot."));
}

static void reserved_judge(struct judgement *j)
{
	reserved_judge_pinned(j);
	reserved_judge_relaxable(j);
	reserved_judge_refusals(j);
}

const struct rule rule_reserved = { "reserved", reserved_judge };
