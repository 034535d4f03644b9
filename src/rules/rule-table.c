/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tables DMAR and IVRS say of themselves: damaged, not readable, and the wishes of the firmware. */
#include "rules/judge.h"

#define TABLE_DMAR "/sys/firmware/acpi/tables/DMAR"

static void table_judge_state(struct judgement *j, const struct acpi_table *t, const char *name)
{
	struct finding *f;

	if (t->state == ACPI_TABLE_NOT_READABLE) {
		f = judgement_add(j, "acpi-table-not-readable", SEVERITY_INFO, name,
				  _("The table %s of the firmware could not be read, so it is not known which "
				    "devices it reserves memory for."), name);
		finding_add_evidence(j, f, "/sys/firmware/acpi/tables/%s: not readable", name);
		finding_add_advice(j, f, _("Run this program as root: only root may read the tables."));
	} else if (t->damage) {
		f = judgement_add(j, "acpi-table-damaged", SEVERITY_WARN, name,
				  _("The table %s of the firmware is there, but it is damaged: %s"), name,
				  t->damage);
		finding_add_evidence(j, f, "/sys/firmware/acpi/tables/%s: %s", name, t->damage);
		finding_add_advice(j, f, _("Install a newer firmware, or reset its settings."));
	}
}

/* bit 1: nobody is harmed, VFIO least; but interrupts of more than 255 processors need x2APIC. */
static void table_judge_x2apic(struct judgement *j)
{
	const char *line = host_log_find(j->host, "x2apic is disabled because BIOS sets x2apic opt out bit");
	int flags = j->host->iommu.dmar_flags;
	struct finding *f;

	if (flags >= 0 && !(flags & DMAR_INTR_REMAP))
		return;
	if (!line && (flags < 0 || !(flags & DMAR_X2APIC_OPT_OUT)))
		return;
	f = judgement_add(j, "x2apic-opt-out", SEVERITY_INFO, "host",
			  _("The firmware asks the kernel not to use x2APIC. Interrupts are remapped all the "
			    "same, so this does not matter for giving devices away."));
	if (line)
		finding_add_evidence(j, f, "%s", line);
	else
		finding_add_evidence(j, f, TABLE_DMAR ": flags 0x%02x", (unsigned)flags);
}

static void table_judge_opt_in(struct judgement *j)
{
	const struct host *h = j->host;
	const char *line = host_log_find(h, "Intel-IOMMU force enabled due to platform opt in");
	struct finding *f;

	if (!line || j->iommu_state != IOMMU_ON)
		return;
	f = judgement_add(j, "platform-opt-in", SEVERITY_INFO, "host",
			  _("The kernel switched the IOMMU on because the firmware asked for it, to guard against "
			    "devices plugged in from outside. Devices inside bypass it until they are given to a "
			    "machine. It stays on only as long as the firmware asks."));
	finding_add_evidence(j, f, "%s", line);
	if (h->iommu.dmar_flags >= 0)
		finding_add_evidence(j, f, TABLE_DMAR ": flags 0x%02x", (unsigned)h->iommu.dmar_flags);
	finding_add_advice(j, f, _("To be independent of the firmware's settings, add intel_iommu=on to the kernel "
				   "command line."));
}

/* While the IOMMU is off, nothing else tells what is to come. */
static void table_judge_interrupts(struct judgement *j)
{
	const struct host *h = j->host;
	struct finding *f;

	if (h->iommu.dmar_flags < 0 || (h->iommu.dmar_flags & DMAR_INTR_REMAP) || j->iommu_state == IOMMU_ON)
		return;
	f = judgement_add(j, "interrupt-remapping-not-offered", SEVERITY_WARN, "host",
			  _("The firmware says that this computer cannot remap interrupts. VFIO will refuse to give "
			    "devices away when the IOMMU is on."));
	finding_add_evidence(j, f, TABLE_DMAR ": flags 0x%02x, no interrupt remapping",
			     (unsigned)h->iommu.dmar_flags);
	finding_add_advice(j, f, _("Look for a newer firmware and for an x2APIC or interrupt remapping option in "
				   "its setup."));
}

static void table_judge_opt_out(struct judgement *j)
{
	const struct host *h = j->host;
	struct finding *f;

	if (h->iommu.dmar_flags < 0 || !(h->iommu.dmar_flags & DMAR_REMAP_OPT_OUT))
		return;
	f = judgement_add(j, "firmware-forces-iommu-off", SEVERITY_WARN, "host",
			  _("The firmware asks the kernel to leave DMA remapping off. Kernels since 7.3 obey, "
			    "whatever the command line says."));
	finding_add_evidence(j, f, TABLE_DMAR ": flags 0x%02x", (unsigned)h->iommu.dmar_flags);
	finding_add_advice(j, f, _("Restart into the firmware setup and switch VT-d on, or look for a newer "
				   "firmware."));
}

static void table_judge(struct judgement *j)
{
	const struct iommu_facts *io = &j->host->iommu;

	table_judge_state(j, &io->dmar, "DMAR");
	table_judge_state(j, &io->ivrs, "IVRS");
	if (io->dmar_flags >= 0 || j->iommu_kind == IOMMU_INTEL) {
		table_judge_interrupts(j);
		table_judge_x2apic(j);
		table_judge_opt_in(j);
		table_judge_opt_out(j);
	}
}

const struct rule rule_table = { "table", table_judge };
