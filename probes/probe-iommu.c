/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

/*
 * /sys/class/iommu: dmar0 (Intel), ivhd0 (AMD), smmu3.0x… (ARM), virtio0.  A unit is there only while
 * its driver runs; the folder itself exists without any.  Where there is no /sys/class at all, as in a
 * container, nobody runs what cannot be seen.
 */
static void iommu_units(struct host *h)
{
	struct iommu_facts *io = &h->iommu;
	_cleanup_strv_ char **names = NULL;
	const char *path = "sys/class/iommu";
	int r = fsroot_list(h->root, path, &names);
	size_t n = strv_length(strv_const(names));

	if (r < 0 && r != -ENOENT)
		probe_note(h, path, r);
	io->units_hidden = r < 0 && (r != -ENOENT || !fsroot_exists(h->root, "sys/class"));
	if (n == 0)
		return;
	io->units = arena_alloc(h->arena, n * sizeof(*io->units));
	for (size_t i = 0; i < n; i++)
		io->units[io->n_units++].name = arena_strdup(h->arena, names[i]);
}

/*
 * The folder is readable for everyone, so existence counts; the tables themselves are mode 0400 and
 * decoded by probe-dmar.c and probe-ivrs.c.
 */
static void iommu_acpi(struct host *h)
{
	struct iommu_facts *io = &h->iommu;
	_cleanup_strv_ char **tables = NULL;
	const char *path = "sys/firmware/acpi/tables";
	int r = fsroot_list(h->root, path, &tables);

	if (r < 0) {
		if (r != -ENOENT)
			probe_note(h, path, r);
		return;
	}
	io->acpi_readable = true;
	io->has_dmar = strv_contains(strv_const(tables), "DMAR");
	io->has_ivrs = strv_contains(strv_const(tables), "IVRS");
	io->has_iort = strv_contains(strv_const(tables), "IORT");
	io->has_viot = strv_contains(strv_const(tables), "VIOT");
}

/*
 * /proc/interrupts names the interrupt chips; with remapping they start with "IR-":
 *	 16:          0          0  IR-IO-APIC   16-fasteoi   i801_smbus
 *	125:          0     104332  IR-PCI-MSI 524288-edge      xhci_hcd
 * Without any of the x86 chips (ARM) it says nothing.
 */
static int iommu_irq_remapping(struct host *h)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "proc/interrupts");

	if (!text)
		return -1;
	if (strstr(text, " IR-"))
		return 1;
	return strstr(text, " IO-APIC") || strstr(text, " PCI-MSI") ? 0 : -1;
}

static int iommu_run(struct host *h, struct err *err _unused_)
{
	iommu_units(h);
	iommu_acpi(h);
	h->iommu.irq_remapping = iommu_irq_remapping(h);
	return 0;
}

const struct probe probe_iommu = {
	.name = "iommu",
	.title = N_("IOMMU"),
	.run = iommu_run,
};
