/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/facts.h"

static struct judgement *judge_cpu(struct facts *f, int silicon, int flag, int hypervisor)
{
	f->h->cpu.has_virtualization = silicon;
	f->h->cpu.flag_virtualization = flag;
	f->h->cpu.hypervisor = hypervisor;
	return rules_judge(f->h);
}

START_TEST(test_row_a_absent)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	j = judge_cpu(&f, 0, 0, 0);
	ck_assert_int_eq(j->virtualization, VIRTUALIZATION_ABSENT);
	ck_assert_int_eq(j->verdict, VERDICT_BLOCKED);
	ck_finding(j, "virtualization-absent");
	ck_assert(strstr(facts_get(j, "virtualization-absent")->text, "does not report") != NULL);
	ck_no_advice(j, "virtualization-absent", "buy");
}
END_TEST

START_TEST(test_row_b_off_in_firmware)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	j = judge_cpu(&f, 1, 0, 0);
	ck_assert_int_eq(j->virtualization, VIRTUALIZATION_OFF_IN_FIRMWARE);
	ck_assert_int_eq(j->verdict, VERDICT_WORK);
	ck_advice(j, "virtualization-off-in-firmware", "VT-x");
}
END_TEST

/* Old kernels keep the flag although the firmware locked it: the line of the log decides. */
START_TEST(test_flag_there_but_locked)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_amd(&f);
	facts_log(&f, "kvm: support for 'kvm_amd' disabled by bios");
	j = judge_cpu(&f, 1, 1, 0);
	ck_assert_int_eq(j->virtualization, VIRTUALIZATION_OFF_IN_FIRMWARE);
	ck_evidence(j, "virtualization-off-in-firmware", "'kvm_amd' disabled by bios");
	ck_advice(j, "virtualization-off-in-firmware", "SVM");
}
END_TEST

/* "SVM not supported" is printed since 6.8 also when only the firmware has it off. */
START_TEST(test_misleading_not_supported)
{
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	facts_amd(&f);
	facts_log(&f, "kvm_amd: SVM not supported by CPU 1");
	ck_assert_int_eq(judge_cpu(&f, -1, 0, 0)->virtualization, VIRTUALIZATION_UNKNOWN);
	facts_log(&f, "SVM disabled (by BIOS) in MSR_VM_CR");
	ck_assert_int_eq(judge_cpu(&f, -1, 0, 0)->virtualization, VIRTUALIZATION_OFF_IN_FIRMWARE);
}
END_TEST

START_TEST(test_missing_flag_alone_is_unknown)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	j = judge_cpu(&f, -1, 0, -1);
	ck_assert_int_eq(j->virtualization, VIRTUALIZATION_UNKNOWN);
	ck_finding(j, "virtualization-unknown");
}
END_TEST

START_TEST(test_row_c_inside_vm)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	j = judge_cpu(&f, 0, 0, 1);
	ck_finding(j, "inside-vm");
	ck_advice(j, "virtualization-absent", "nested");
}
END_TEST

START_TEST(test_secure_boot)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->firmware.secure_boot = 1;
	f.h->firmware.lockdown = "integrity";
	f.h->firmware.opens_setup = 0;
	j = rules_judge(f.h);
	ck_assert_int_eq(j->secure_boot, SECURE_BOOT_ON);
	ck_assert_int_eq(facts_get(j, "secure-boot-on")->severity, SEVERITY_INFO);
	ck_evidence(j, "lockdown", "integrity");
	ck_finding(j, "firmware-setup-by-key");

	f.h->firmware.setup_mode = 1;
	ck_assert_int_eq(rules_judge(f.h)->secure_boot, SECURE_BOOT_SETUP_MODE);
	f.h->firmware.setup_mode = 0;
	f.h->firmware.secure_boot = -1;
	f.h->firmware.lockdown = NULL;
	f.h->firmware.opens_setup = -1;
	j = rules_judge(f.h);
	ck_assert_int_eq(j->secure_boot, SECURE_BOOT_UNKNOWN);
	ck_finding(j, "secure-boot-unknown");
	ck_finding(j, "lockdown-unknown");
	ck_finding(j, "firmware-setup-unknown");
	f.h->firmware.mode = FIRMWARE_BIOS;
	ck_assert_int_eq(rules_judge(f.h)->secure_boot, SECURE_BOOT_UNSUPPORTED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rule-cpu");
	TCase *t = tcase_create("cpu");

	tcase_add_test(t, test_row_a_absent);
	tcase_add_test(t, test_row_b_off_in_firmware);
	tcase_add_test(t, test_flag_there_but_locked);
	tcase_add_test(t, test_misleading_not_supported);
	tcase_add_test(t, test_missing_flag_alone_is_unknown);
	tcase_add_test(t, test_row_c_inside_vm);
	tcase_add_test(t, test_secure_boot);
	suite_add_tcase(s, t);
	return unit_run(s);
}
