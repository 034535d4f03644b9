/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/iommu-state.h"

#include "base/str.h"
#include "rules/judge.h"

#include <string.h>

/* Lines that say DMA remapping failed; those about interrupt remapping alone do not belong here. */
static const char *const iommu_failures_intel[] = {
	"DMAR: No DMAR devices found",
	"DMAR: Parse DMAR table failure",
	"DMAR: Initialization failed",
	"DMAR: Firmware forces DMA remapping off",
	"DMAR: [Firmware Bug]: Record passes table end",
	"DMAR: DMAR hardware is malfunctioning",
	"not syncing: DMAR hardware is malfunctioning",
	"Your BIOS is broken; DMAR reported at address",
	"intel_iommu_init+0x", /* call trace of a crash: "RIP: 0010:intel_iommu_init+0x46b/0x…" */
};
static const char *const iommu_failures_amd[] = {
	"AMD-Vi: IVRS table error",
	"AMD-Vi: IVRS invalid checksum",
	"The CMPXCHG16B feature is required",
	"AMD-Vi: Host Address Translation is not supported",
	"AMD-Vi: Failed to initialize",
};

/* Sandy Bridge to Haswell K models: Intel sold them without VT-d. */
static const char *const iommu_fused_models[] = {
	"i5-2500K", "i7-2600K", "i7-2700K", "i5-3570K", "i7-3770K", "i5-4670K", "i7-4770K",
};

static const char *iommu_find_line(const struct host *h, const char *const *needles, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const char *line = host_log_find(h, needles[i]);

		if (line)
			return line;
	}
	return NULL;
}

static enum iommu_kind iommu_kind_of_unit(const char *name)
{
	if (str_starts_with(name, "dmar"))
		return IOMMU_INTEL;
	if (str_starts_with(name, "ivhd"))
		return IOMMU_AMD;
	if (str_starts_with(name, "smmu") || str_starts_with(name, "arm-smmu"))
		return IOMMU_SMMU;
	if (str_starts_with(name, "virtio"))
		return IOMMU_VIRTIO;
	return IOMMU_KIND_UNKNOWN;
}

static enum iommu_kind iommu_kind_of_cpu(enum cpu_vendor v)
{
	switch (v) {
	case CPU_INTEL:
	case CPU_ZHAOXIN:
		return IOMMU_INTEL;
	case CPU_AMD:
	case CPU_HYGON:
		return IOMMU_AMD;
	case CPU_ARM:
		return IOMMU_SMMU;
	case CPU_OTHER:
		break;
	}
	return IOMMU_KIND_UNKNOWN;
}

/* The table that stands for an IOMMU; printed by the ACPI core before anyone decides: "ACPI: DMAR 0x…". */
static void iommu_read_table(const struct host *h, struct iommu_signs *s)
{
	static const struct {
		const char *name, *needle;
	} tables[] = { { "DMAR", "ACPI: DMAR 0x" },
		       { "IVRS", "ACPI: IVRS 0x" },
		       { "VIOT", "ACPI: VIOT 0x" },
		       { "IORT", "ACPI: IORT 0x" } };
	const bool has[] = { h->iommu.has_dmar, h->iommu.has_ivrs, h->iommu.has_viot,
			     h->iommu.has_iort };

	for (unsigned i = 0; i < ARRAY_SIZE(tables); i++)
		if (has[i]) {
			s->table = tables[i].name;
			return;
		}
	if (h->iommu.acpi_readable)
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(tables); i++) {
		s->table_line = host_log_find(h, tables[i].needle);
		if (s->table_line) {
			s->table = tables[i].name;
			return;
		}
	}
}

static void iommu_read_kind(const struct host *h, struct iommu_signs *s)
{
	for (unsigned i = 0; i < h->iommu.n_units; i++) {
		s->kind = iommu_kind_of_unit(h->iommu.units[i].name);
		if (s->kind != IOMMU_KIND_UNKNOWN)
			return;
	}
	if (str_eq(s->table, "DMAR"))
		s->kind = IOMMU_INTEL;
	else if (str_eq(s->table, "IVRS"))
		s->kind = IOMMU_AMD;
	else if (str_eq(s->table, "VIOT"))
		s->kind = IOMMU_VIRTIO;
	else
		s->kind = iommu_kind_of_cpu(h->cpu.vendor);
}

static const char *iommu_find_off(const struct host *h, enum iommu_kind kind)
{
	const char *arg = NULL;

	if (kind == IOMMU_INTEL)
		arg = judge_argument(h, "intel_iommu", "off", "on");
	else if (kind == IOMMU_AMD)
		arg = judge_argument(h, "amd_iommu", "off", NULL);
	return arg ? arg : judge_argument(h, "iommu", "off", NULL);
}

static const char *iommu_fused(const struct host *h)
{
	if (!h->cpu.model || h->cpu.vendor != CPU_INTEL)
		return NULL;
	for (unsigned i = 0; i < ARRAY_SIZE(iommu_fused_models); i++)
		if (strstr(h->cpu.model, iommu_fused_models[i]))
			return h->cpu.model;
	return NULL;
}

/* ICH6, ICH7 and NM10: no chipset with these LPC bridges has VT-d. */
static const struct pci_device *iommu_old_chipset(const struct host *h)
{
	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *d = h->devices[i];

		if (d->vendor != 0x8086 || d->class_code >> 8 != 0x0601)
			continue;
		if ((d->device >= 0x2640 && d->device <= 0x2642) ||
		    (d->device >= 0x27b0 && d->device <= 0x27bd))
			return d;
	}
	return NULL;
}

/* Nothing runs and the firmware shows no table: switched off there, or not built in at all. */
static enum iommu_state iommu_without_table(const struct host *h, struct iommu_signs *s)
{
	/* May come from a device tree (ARM) or from firmware without ACPI (POWER): no table proves nothing. */
	if (h->cpu.vendor == CPU_ARM || (h->cpu.vendor == CPU_OTHER && h->cpu.has_virtualization < 0 &&
					 h->cpu.hypervisor != 1))
		return IOMMU_STATE_UNKNOWN;
	if (!h->iommu.acpi_readable)
		return IOMMU_STATE_UNKNOWN;
	s->fused = iommu_fused(h);
	s->chipset = iommu_old_chipset(h);
	/* A processor without VMX or SVM never has VT-d or AMD-Vi beside it. */
	if (s->fused || s->chipset || h->cpu.hypervisor == 1 || h->cpu.has_virtualization == 0 ||
	    h->cpu.vendor == CPU_OTHER) {
		s->kind = IOMMU_NONE;
		return IOMMU_ABSENT;
	}
	return IOMMU_OFF_IN_FIRMWARE;
}

/*
 * What the table itself says without any log: the kernel needs one unit at least, and AMD's driver a sum
 * of bytes that is right.
 */
static const char *iommu_bad_table(const struct host *h, enum iommu_kind kind)
{
	const struct iommu_facts *io = &h->iommu;
	const struct acpi_table *t = kind == IOMMU_AMD ? &io->ivrs : &io->dmar;
	const char *path = kind == IOMMU_AMD ? "/sys/firmware/acpi/tables/IVRS" :
					       "/sys/firmware/acpi/tables/DMAR";

	if (t->state == ACPI_TABLE_DAMAGED || (kind == IOMMU_AMD && t->bad_checksum))
		return arena_printf(h->arena, "%s: %s", path, t->damage);
	if (t->state == ACPI_TABLE_DECODED && !(kind == IOMMU_AMD ? io->n_ivrs_units : io->n_dmar_units))
		return arena_printf(h->arena, "%s: no IOMMU in it", path);
	return NULL;
}

/*
 * "DMAR: IOMMU enabled" is printed by whoever parses intel_iommu=on: no success, but it proves that this
 * kernel knows the argument.  With a table there and no unit running it tried and failed.
 */
static const char *iommu_understood_on(const struct host *h)
{
	const char *on = judge_argument(h, "intel_iommu", "on", "off");

	return on && !judge_argument(h, "iommu", "off", NULL) && host_log_find(h, "DMAR: IOMMU enabled") ?
		       on : NULL;
}

static enum iommu_state iommu_with_table(const struct host *h, struct iommu_signs *s)
{
	if (str_eq(s->table, "IORT"))
		return IOMMU_STATE_UNKNOWN; /* every ARM server has one, with or without an SMMU */
	if (s->kind == IOMMU_INTEL)
		s->failure = iommu_find_line(h, iommu_failures_intel,
					     ARRAY_SIZE(iommu_failures_intel));
	else if (s->kind == IOMMU_AMD)
		s->failure = iommu_find_line(h, iommu_failures_amd, ARRAY_SIZE(iommu_failures_amd));
	if (!s->failure && !s->off_argument && (s->kind == IOMMU_INTEL || s->kind == IOMMU_AMD))
		s->failure = iommu_bad_table(h, s->kind);
	if (s->failure)
		return IOMMU_FAILED;
	if (s->kind == IOMMU_INTEL && !s->off_argument) {
		s->on_argument = iommu_understood_on(h);
		s->forced = host_log_find(h, "Intel-IOMMU force enabled due to platform opt in");
		if (!s->forced)
			s->forced = host_log_find(h, "DMAR: Forcing Intel-IOMMU to enabled"); /* tboot */
		if (s->on_argument || s->forced)
			return IOMMU_FAILED;
	}
	if (s->kind == IOMMU_AMD)
		s->refused = host_log_find(h, "AMD-Vi: Disable IOMMU on Stoney Ridge");
	return IOMMU_OFF_IN_KERNEL;
}

void iommu_signs_read(const struct host *h, struct iommu_signs *ret)
{
	*ret = (struct iommu_signs){ 0 };
	iommu_read_table(h, ret);
	iommu_read_kind(h, ret);
	ret->off_argument = iommu_find_off(h, ret->kind);
	if (h->iommu.n_units && h->n_groups)
		ret->state = IOMMU_ON;
	else if (h->iommu.n_units && !h->iommu.groups_hidden)
		ret->state = IOMMU_FAILED; /* a unit that registered and has nothing behind it */
	else if (h->n_groups || h->iommu.n_units || h->iommu.units_hidden)
		ret->state = IOMMU_STATE_UNKNOWN; /* groups without a unit: unsafe no-IOMMU mode */
	else if (ret->table)
		ret->state = iommu_with_table(h, ret);
	else
		ret->state = iommu_without_table(h, ret);
}
