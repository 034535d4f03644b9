/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments and modprobe lines that do nothing or harm, and facts that could not be read. */
#include "tests/lib/facts.h"

START_TEST(test_amd_iommu_on)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_amd(&f);
	facts_arg(&f, "amd_iommu=on");
	facts_arg(&f, "intel_iommu=on");
	facts_arg(&f, "iommu=on");
	j = rules_judge(f.h);
	ck_assert_int_eq(facts_get(j, "amd-iommu-on-does-nothing")->severity, SEVERITY_INFO);
	ck_evidence(j, "amd-iommu-on-does-nothing", "/proc/cmdline: amd_iommu=on");
	ck_finding(j, "intel-iommu-on-amd");
	ck_finding(j, "iommu-on-does-nothing");
}
END_TEST

START_TEST(test_values_that_are_known)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_amd(&f);
	facts_arg(&f, "amd_iommu=pgtbl_v2");
	facts_arg(&f, "iommu=pt");
	facts_arg(&f, "vfio-pci.ids=10de:2504,10de:228e");
	j = rules_judge(f.h);
	ck_no_finding(j, "amd-iommu-on-does-nothing");
	ck_no_finding(j, "iommu-on-does-nothing");
	ck_no_finding(j, "vfio-ids-repeated");
}
END_TEST

START_TEST(test_intel_graphics)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_unit(&f, "dmar0");
	facts_device(&f, "00:02.0", 0x8086, 0x9bc5, 0x030000, 0, NULL);
	f.h->kernel.intel_iommu_default_on_but_gfx = 1;
	j = rules_judge(f.h);
	ck_advice(j, "intel-graphics-bypasses-iommu", "intel_iommu=on");
	facts_arg(&f, "intel_iommu=on");
	ck_no_finding(rules_judge(f.h), "intel-graphics-bypasses-iommu");
	facts_arg(&f, "intel_iommu=on,igfx_off");
	ck_advice(rules_judge(f.h), "intel-graphics-bypasses-iommu", "Remove");
}
END_TEST

START_TEST(test_virqfd)
{
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	facts_arg(&f, "rd.driver.pre=vfio_virqfd");
	facts_modprobe(&f, "/etc/modprobe.d/vfio.conf:3: softdep nvidia pre: vfio_virqfd");
	ck_no_finding(rules_judge(f.h), "vfio-virqfd"); /* 6.1 has the module */
	f.h->identity.kernel = "6.12.9+bpo-amd64";
	ck_assert_uint_eq(facts_count(rules_judge(f.h), "vfio-virqfd"), 2);
}
END_TEST

START_TEST(test_repeated_ids)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_arg(&f, "vfio-pci.ids=10de:2504");
	facts_arg(&f, "vfio_pci.ids=10de:228e");
	facts_arg(&f, "pci=nommconf");
	j = rules_judge(f.h);
	ck_evidence(j, "vfio-ids-repeated", "10de:228e");
	ck_finding(j, "pci-nommconf");
}
END_TEST

START_TEST(test_modprobe_lines)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_modprobe(&f, "/etc/modprobe.d/vfio.conf:1: options vfio-pci ids=10de:2504");
	ck_no_finding(rules_judge(f.h), "vfio-ids-several-lines");
	f.h->vfio.vfio_pci = MODULE_BUILTIN;
	ck_finding(rules_judge(f.h), "vfio-ids-builtin");
	facts_modprobe(&f, "/etc/modprobe.d/vfio.conf:2: options vfio_pci ids=10de:228e disable_vga=1");
	facts_modprobe(&f, "/etc/modprobe.d/old.conf:1: blacklist vfio-pci");
	j = rules_judge(f.h);
	ck_evidence(j, "vfio-ids-several-lines", "/etc/modprobe.d/vfio.conf:2: ");
	ck_evidence(j, "vfio-blocked", "old.conf:1");
}
END_TEST

START_TEST(test_ids_in_both_places)
{
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	facts_arg(&f, "vfio-pci.ids=10de:2504");
	facts_modprobe(&f, "/etc/modprobe.d/vfio.conf:1: options vfio-pci ids=10de:228e");
	ck_evidence(rules_judge(f.h), "vfio-ids-twice", "vfio.conf:1");
}
END_TEST

START_TEST(test_unreadable)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	ck_no_finding(rules_judge(f.h), "not-readable");
	f.h->is_root = false;
	f.h->kernel.log_source = LOG_NONE;
	f.h->kernel.log_why_not = "the kernel shows it to root only.";
	host_note_unreadable(f.h, "sys/firmware/acpi/tables/DMAR", -EACCES);
	j = rules_judge(f.h);
	ck_evidence(j, "not-readable", "sys/firmware/acpi/tables/DMAR");
	ck_advice(j, "not-readable", "root");
	ck_assert(strstr(facts_get(j, "kernel-log-not-readable")->text, "root only") != NULL);
}
END_TEST

/* A host nobody could look at: everything stays unknown, nothing is claimed, nothing crashes. */
START_TEST(test_nothing_known)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct err err = { 0 };
	struct judgement *j;

	ck_assert_int_eq(fsroot_open("/tmp", &f.root, &err), 0);
	f.h = host_new(f.root);
	j = rules_judge(f.h);
	ck_assert_int_eq(j->virtualization, VIRTUALIZATION_UNKNOWN);
	ck_assert_int_eq(j->iommu_state, IOMMU_STATE_UNKNOWN);
	ck_assert_int_eq(j->secure_boot, SECURE_BOOT_UNKNOWN);
	ck_assert_int_eq(j->verdict, VERDICT_WORK);
	ck_assert_int_eq(j->interrupt_remapping, -1);
	ck_finding(j, "vfio-unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rule-boot");
	TCase *t = tcase_create("boot");

	tcase_add_test(t, test_amd_iommu_on);
	tcase_add_test(t, test_values_that_are_known);
	tcase_add_test(t, test_intel_graphics);
	tcase_add_test(t, test_virqfd);
	tcase_add_test(t, test_repeated_ids);
	tcase_add_test(t, test_modprobe_lines);
	tcase_add_test(t, test_ids_in_both_places);
	tcase_add_test(t, test_unreadable);
	tcase_add_test(t, test_nothing_known);
	suite_add_tcase(s, t);
	return unit_run(s);
}
