/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tables of the firmware mean: pinned devices, damage, wishes. */
#include "tests/lib/facts.h"

struct scene {
	struct pci_device *gpu, *disk, *usb;
	struct dmar_scope scopes[3];
	struct reserved_memory m;
};

/* One block of memory for a graphics card, a disk controller and USB; the IOMMU is off. */
static void scene_init(struct facts *f, struct scene *s, const char *table)
{
	facts_init(f);
	s->gpu = facts_device(f, "01:00.0", 0x10de, 0x2504, 0x030000, -1, NULL);
	s->disk = facts_device(f, "02:00.0", 0x1000, 0x0097, 0x010700, -1, NULL);
	s->usb = facts_device(f, "03:00.0", 0x1b21, 0x2142, 0x0c0330, -1, NULL);
	for (unsigned i = 0; i < 3; i++)
		s->scopes[i] = (struct dmar_scope){ .type = DMAR_SCOPE_ENDPOINT, .path = "",
						    .device = f->h->devices[i] };
	s->m = (struct reserved_memory){ .table = table, .start = 0x7a000000, .end = 0x7a0fffff,
					 .scopes = s->scopes, .n_scopes = 3, .last = 0xffff };
	f->h->iommu.reserved = &s->m;
	f->h->iommu.n_reserved = 1;
	f->h->iommu.has_dmar = str_eq(table, "DMAR");
	f->h->iommu.has_ivrs = !f->h->iommu.has_dmar;
	if (f->h->iommu.has_ivrs)
		facts_amd(f);
}

START_TEST(intel_relaxes_usb_and_graphics)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;
	struct scene s;

	scene_init(&f, &s, "DMAR");
	j = rules_judge(f.h);
	ck_evidence(j, "firmware-reserves-memory", "0x7a000000-0x7a0fffff for 0000:02:00.0");
	ck_assert(!facts_says(facts_get(j, "firmware-reserves-memory")->evidence, "0000:01:00.0"));
	ck_evidence(j, "firmware-reserves-memory-relaxable", "0000:01:00.0");
	ck_evidence(j, "firmware-reserves-memory-relaxable", "0000:03:00.0");
	ck_assert_int_eq(judgement_device(j, s.disk)->assignable, ASSIGNABLE_NO);
	ck_assert_int_ne(judgement_device(j, s.gpu)->assignable, ASSIGNABLE_NO);
	ck_assert_int_ne(judgement_device(j, s.usb)->assignable, ASSIGNABLE_NO);
}
END_TEST

START_TEST(amd_relaxes_nothing)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;
	struct scene s;

	scene_init(&f, &s, "IVRS");
	s.m.last = 0x0200; /* up to 02:00.0 */
	j = rules_judge(f.h);
	ck_evidence(j, "firmware-reserves-memory", "0000:01:00.0");
	ck_evidence(j, "firmware-reserves-memory", "0000:02:00.0");
	ck_assert(!facts_says(facts_get(j, "firmware-reserves-memory")->evidence, "0000:03:00.0"));
	ck_no_finding(j, "firmware-reserves-memory-relaxable");
}
END_TEST

/* A kernel that is told to relax what the table says has no direct region: it is believed. */
START_TEST(the_kernel_has_the_last_word)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct iommu_group *g;
	struct judgement *j;
	struct scene s;

	scene_init(&f, &s, "DMAR");
	facts_unit(&f, "dmar0");
	g = facts_group(&f, 7);
	s.disk->group = g;
	g->devices[g->n_devices++] = s.disk;
	j = rules_judge(f.h);
	ck_no_finding(j, "firmware-reserves-memory");
	g->has_direct_region = -1; /* it says nothing: then the table is what is known */
	j = rules_judge(f.h);
	ck_evidence(j, "firmware-reserves-memory", "0000:02:00.0");
	ck_assert_int_eq(judgement_device(j, s.disk)->assignable, ASSIGNABLE_NO);
	g->has_direct_region = 1;
	j = rules_judge(f.h);
	ck_evidence(j, "firmware-reserves-memory", "0000:02:00.0");
	ck_finding(j, "group-direct-region");
}
END_TEST

START_TEST(tables_speak_for_themselves)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.has_dmar = true;
	f.h->iommu.dmar_flags = DMAR_X2APIC_OPT_OUT | DMAR_REMAP_OPT_OUT;
	j = rules_judge(f.h);
	ck_evidence(j, "interrupt-remapping-not-offered", "flags 0x0a");
	ck_evidence(j, "firmware-forces-iommu-off", "flags 0x0a");
	ck_no_finding(j, "x2apic-opt-out");
	f.h->iommu.dmar_flags = DMAR_INTR_REMAP | DMAR_X2APIC_OPT_OUT;
	j = rules_judge(f.h);
	ck_finding(j, "x2apic-opt-out");
	ck_no_finding(j, "interrupt-remapping-not-offered");
	f.h->iommu.dmar.state = ACPI_TABLE_NOT_READABLE;
	j = rules_judge(f.h);
	ck_advice(j, "acpi-table-not-readable", "root");
	ck_no_finding(j, "acpi-table-damaged");
	ck_assert_int_eq(j->iommu_state, IOMMU_OFF_IN_KERNEL);
}
END_TEST

START_TEST(damage_is_no_absence)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.has_dmar = true;
	f.h->iommu.dmar = (struct acpi_table){ ACPI_TABLE_DAMAGED, "it is short.", false };
	j = rules_judge(f.h);
	ck_assert_int_eq(j->iommu_state, IOMMU_FAILED);
	ck_evidence(j, "iommu-failed", "it is short.");
	ck_evidence(j, "acpi-table-damaged", "it is short.");
	/* Intel's driver does not care for the checksum, AMD's does. */
	f.h->iommu.dmar = (struct acpi_table){ ACPI_TABLE_DECODED, "its sum is wrong.", true };
	f.h->iommu.n_dmar_units = 1;
	j = rules_judge(f.h);
	ck_assert_int_eq(j->iommu_state, IOMMU_OFF_IN_KERNEL);
	ck_finding(j, "acpi-table-damaged");
	f.h->iommu.has_dmar = false;
	f.h->iommu.has_ivrs = true;
	facts_amd(&f);
	f.h->iommu.ivrs = f.h->iommu.dmar;
	f.h->iommu.dmar = (struct acpi_table){ 0 };
	f.h->iommu.n_ivrs_units = 1;
	ck_assert_int_eq(rules_judge(f.h)->iommu_state, IOMMU_FAILED);
	f.h->iommu.ivrs = (struct acpi_table){ ACPI_TABLE_DECODED, NULL, false };
	ck_assert_int_eq(rules_judge(f.h)->iommu_state, IOMMU_OFF_IN_KERNEL);
	f.h->iommu.n_ivrs_units = 0;
	ck_evidence(rules_judge(f.h), "iommu-failed", "no IOMMU in it");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rules: reserved memory and tables");
	TCase *t = tcase_create("tables");

	tcase_add_test(t, intel_relaxes_usb_and_graphics);
	tcase_add_test(t, amd_relaxes_nothing);
	tcase_add_test(t, the_kernel_has_the_last_word);
	tcase_add_test(t, tables_speak_for_themselves);
	tcase_add_test(t, damage_is_no_absence);
	suite_add_tcase(s, t);
	return unit_run(s);
}
