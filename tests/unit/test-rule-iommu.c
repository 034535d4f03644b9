/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decision table, row by row: sysfs and ACPI first, the log second, the command line never alone. */
#include "tests/lib/facts.h"

static struct judgement *judge(struct facts *f, enum iommu_kind kind, enum iommu_state state)
{
	struct judgement *j = rules_judge(f->h);

	ck_assert_str_eq(iommu_kind_name(j->iommu_kind), iommu_kind_name(kind));
	ck_assert_str_eq(iommu_state_name(j->iommu_state), iommu_state_name(state));
	return j;
}

/* One graphics card for the host, one to give, each in its group. */
static void facts_on(struct facts *f, const char *unit)
{
	facts_unit(f, unit);
	facts_device(f, "00:02.0", 0x8086, 0x9bc5, 0x030000, 0, NULL);
	facts_device(f, "01:00.0", 0x10de, 0x2504, 0x030000, 1, NULL);
	f->h->iommu.irq_remapping = 1;
}

START_TEST(test_xen)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	ck_no_finding(rules_judge(f.h), "xen-dom0");
	/* What the kernel sees below Xen: no flag of the processor, no table, no unit. */
	f.h->cpu.has_virtualization = f.h->cpu.flag_virtualization = 0;
	f.h->cpu.hypervisor = 1;
	f.h->kernel.xen_dom0 = "/proc/xen/capabilities: control_d";
	j = rules_judge(f.h);
	ck_assert_int_eq(facts_get(j, "xen-dom0")->severity, SEVERITY_BLOCK);
	ck_evidence(j, "xen-dom0", "/proc/xen/capabilities: control_d");
	ck_advice(j, "xen-dom0", "pci-assignable-add");
	ck_assert_int_eq(j->verdict, VERDICT_BLOCKED);
	ck_no_finding(j, "iommu-absent");
	ck_no_finding(j, "virtualization-absent");
	ck_no_finding(j, "virtualization-off-in-firmware");
}
END_TEST

START_TEST(test_d_on_whatever_the_command_line_says)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_on(&f, "dmar0");
	f.h->iommu.has_dmar = true;
	facts_arg(&f, "intel_iommu=off");
	j = judge(&f, IOMMU_INTEL, IOMMU_ON);
	ck_assert_int_eq(j->verdict, VERDICT_READY);
	ck_assert_int_eq(j->interrupt_remapping, 1);
	ck_assert_int_eq(j->passthrough_mode, 0);
	ck_evidence(j, "iommu-on", "dmar0");
}
END_TEST

START_TEST(test_e_off_in_kernel_intel)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.has_dmar = true;
	j = judge(&f, IOMMU_INTEL, IOMMU_OFF_IN_KERNEL);
	ck_assert_int_eq(j->verdict, VERDICT_WORK);
	ck_advice(j, "iommu-off-in-kernel", "intel_iommu=on");
	ck_evidence(j, "iommu-off-in-kernel", "/sys/firmware/acpi/tables/DMAR");
}
END_TEST

START_TEST(test_e_told_to_be_off)
{
	static const char *const args[] = { "intel_iommu=off", "iommu=off", "intel_iommu=sm_on,off" };

	for (unsigned i = 0; i < ARRAY_SIZE(args); i++) {
		_cleanup_facts_ struct facts f = { 0 };
		struct judgement *j;

		facts_init(&f);
		f.h->iommu.has_dmar = true;
		facts_arg(&f, args[i]);
		j = judge(&f, IOMMU_INTEL, IOMMU_OFF_IN_KERNEL);
		ck_evidence(j, "iommu-off-in-kernel", args[i]);
		ck_advice(j, "iommu-off-in-kernel", "Remove");
		ck_no_advice(j, "iommu-off-in-kernel", "Add intel_iommu=on");
	}
}
END_TEST

/* The last of several wins, and igfx_off takes nothing back. */
START_TEST(test_e_last_argument_wins)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.has_dmar = true;
	facts_arg(&f, "intel_iommu=off");
	facts_arg(&f, "intel_iommu=on");
	facts_arg(&f, "intel_iommu=igfx_off");
	j = judge(&f, IOMMU_INTEL, IOMMU_OFF_IN_KERNEL);
	ck_evidence(j, "iommu-off-in-kernel", "intel_iommu=on");
	ck_no_advice(j, "iommu-off-in-kernel", "Remove");
}
END_TEST

START_TEST(test_e_igfx_off_alone)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.has_dmar = true;
	facts_arg(&f, "intel_iommu=igfx_off");
	j = judge(&f, IOMMU_INTEL, IOMMU_OFF_IN_KERNEL);
	ck_advice(j, "iommu-off-in-kernel", "igfx_off alone");
	ck_advice(j, "iommu-off-in-kernel", "Add intel_iommu=on");
}
END_TEST

START_TEST(test_e_failed)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.has_dmar = true;
	facts_arg(&f, "intel_iommu=on");
	facts_log(&f, "DMAR: IOMMU enabled");
	facts_log(&f, "DMAR: Parse DMAR table failure.");
	j = judge(&f, IOMMU_INTEL, IOMMU_FAILED);
	ck_assert_int_eq(j->verdict, VERDICT_WORK);
	ck_evidence(j, "iommu-failed", "DMAR: Parse DMAR table failure.");
}
END_TEST

/* "IOMMU enabled" is what the parser of the argument prints, also with VT-d off. */
START_TEST(test_f_off_in_firmware_intel)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_arg(&f, "intel_iommu=on");
	facts_log(&f, "DMAR: IOMMU enabled");
	facts_log(&f, "iommu: Default domain type: Translated");
	j = judge(&f, IOMMU_INTEL, IOMMU_OFF_IN_FIRMWARE);
	ck_assert_int_eq(j->verdict, VERDICT_WORK);
	ck_advice(j, "iommu-off-in-firmware", "VT-d");
	ck_advice(j, "iommu-off-in-firmware", "power off");
}
END_TEST

START_TEST(test_f_absent)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->cpu.model = "Intel(R) Core(TM) i5-2500K CPU @ 3.30GHz";
	j = judge(&f, IOMMU_NONE, IOMMU_ABSENT);
	ck_assert_int_eq(j->verdict, VERDICT_BLOCKED);
	ck_evidence(j, "iommu-absent", "i5-2500K");
	f.h->cpu.model = "Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz";
	judge(&f, IOMMU_INTEL, IOMMU_OFF_IN_FIRMWARE);
	facts_device(&f, "00:1f.0", 0x8086, 0x27b8, 0x060100, -1, NULL);
	j = judge(&f, IOMMU_NONE, IOMMU_ABSENT);
	ck_evidence(j, "iommu-absent", "[8086:27b8]");
	f.h->n_devices = 0;
	f.h->cpu.has_virtualization = f.h->cpu.flag_virtualization = 0;
	judge(&f, IOMMU_NONE, IOMMU_ABSENT);
}
END_TEST

START_TEST(test_f_folder_not_readable)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.acpi_readable = false;
	j = judge(&f, IOMMU_INTEL, IOMMU_STATE_UNKNOWN);
	ck_advice(j, "iommu-unknown", "root");
	facts_log(&f, "ACPI: DMAR 0x000000007A2D1000 0000A8 (v01 INTEL  EDK2)");
	j = judge(&f, IOMMU_INTEL, IOMMU_OFF_IN_KERNEL);
	ck_evidence(j, "iommu-off-in-kernel", "ACPI: DMAR 0x000000007A2D1000");
}
END_TEST

START_TEST(test_g_amd_off_in_kernel)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_amd(&f);
	f.h->iommu.has_ivrs = true;
	facts_arg(&f, "amd_iommu=off");
	j = judge(&f, IOMMU_AMD, IOMMU_OFF_IN_KERNEL);
	ck_evidence(j, "iommu-off-in-kernel", "amd_iommu=off");
	ck_advice(j, "iommu-off-in-kernel", "Remove amd_iommu=off");
}
END_TEST

START_TEST(test_g_amd_refused_and_failed)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_amd(&f);
	f.h->iommu.has_ivrs = true;
	facts_log(&f, "AMD-Vi: Disable IOMMU on Stoney Ridge");
	j = judge(&f, IOMMU_AMD, IOMMU_OFF_IN_KERNEL);
	ck_advice(j, "iommu-off-in-kernel", "amd_iommu=force_enable");
	facts_log(&f, "AMD-Vi: IVRS invalid checksum");
	j = judge(&f, IOMMU_AMD, IOMMU_FAILED);
	ck_evidence(j, "iommu-failed", "IVRS invalid checksum");
}
END_TEST

START_TEST(test_h_amd_off_in_firmware)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_amd(&f);
	facts_arg(&f, "amd_iommu=on");
	j = judge(&f, IOMMU_AMD, IOMMU_OFF_IN_FIRMWARE);
	ck_advice(j, "iommu-off-in-firmware", "Enabled");
	ck_finding(j, "amd-iommu-on-does-nothing");
}
END_TEST

START_TEST(test_i_no_interrupt_remapping)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_on(&f, "dmar0");
	f.h->iommu.irq_remapping = 0;
	f.h->iommu.dmar_flags = 0;
	facts_arg(&f, "intremap=off");
	j = judge(&f, IOMMU_INTEL, IOMMU_ON);
	ck_assert_int_eq(j->interrupt_remapping, 0);
	ck_evidence(j, "interrupt-remapping-off", "intremap=off");
	ck_evidence(j, "interrupt-remapping-off", "flags 0x00");
	ck_advice(j, "interrupt-remapping-off", "allow_unsafe_interrupts");
	f.h->iommu.irq_remapping = -1;
	j = judge(&f, IOMMU_INTEL, IOMMU_ON);
	ck_assert_int_eq(j->interrupt_remapping, -1);
	ck_finding(j, "interrupt-remapping-unknown");
	facts_log(&f, "DMAR-IR: Enabled IRQ remapping in x2apic mode");
	ck_assert_int_eq(rules_judge(f.h)->interrupt_remapping, 1);
}
END_TEST

START_TEST(test_j_interrupt_remapping_only)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.has_dmar = true;
	f.h->iommu.irq_remapping = 1;
	facts_log(&f, "DMAR: DRHD base: 0x000000fed91000 flags: 0x1");
	facts_log(&f, "DMAR-IR: Enabled IRQ remapping in x2apic mode");
	j = judge(&f, IOMMU_INTEL, IOMMU_OFF_IN_KERNEL);
	ck_advice(j, "iommu-off-in-kernel", "intel_iommu=on");
	ck_evidence(j, "iommu-off-in-kernel", "DMAR-IR: Enabled IRQ remapping in x2apic mode");
	ck_advice(j, "iommu-off-in-kernel", "Nothing is to be done in the firmware");
	ck_no_finding(j, "interrupt-remapping-off");
}
END_TEST

START_TEST(test_k_passthrough_mode)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_on(&f, "ivhd0");
	f.h->groups[0]->type = f.h->groups[1]->type = "identity";
	j = judge(&f, IOMMU_AMD, IOMMU_ON);
	ck_assert_int_eq(j->passthrough_mode, 1);
	ck_assert_int_eq(facts_get(j, "passthrough-mode")->severity, SEVERITY_INFO);
	f.h->groups[1]->type = "DMA";
	ck_assert_int_eq(rules_judge(f.h)->passthrough_mode, 0);
	f.h->groups[0]->type = f.h->groups[1]->type = NULL;
	j = rules_judge(f.h);
	ck_assert_int_eq(j->passthrough_mode, -1);
	ck_finding(j, "passthrough-mode-unknown");
}
END_TEST

START_TEST(test_l_smmu)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->cpu.vendor = CPU_ARM;
	f.h->cpu.has_virtualization = f.h->cpu.flag_virtualization = -1;
	facts_on(&f, "smmu3.0x0000000009050000");
	f.h->iommu.has_iort = true;
	f.h->iommu.irq_remapping = -1;
	j = judge(&f, IOMMU_SMMU, IOMMU_ON);
	ck_no_finding(j, "interrupt-remapping-off");
	ck_no_finding(j, "interrupt-remapping-unknown");
	f.h->iommu.n_units = 0;
	f.h->n_groups = 0;
	judge(&f, IOMMU_SMMU, IOMMU_STATE_UNKNOWN);
}
END_TEST

START_TEST(test_m_virtio)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->cpu.hypervisor = 1;
	facts_on(&f, "virtio0");
	f.h->iommu.has_viot = true;
	j = judge(&f, IOMMU_VIRTIO, IOMMU_ON);
	ck_finding(j, "iommu-virtio");
	ck_finding(j, "inside-vm");
}
END_TEST

START_TEST(test_vm_without_iommu)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->cpu.hypervisor = 1;
	j = judge(&f, IOMMU_NONE, IOMMU_ABSENT);
	ck_advice(j, "iommu-absent", "virtio-iommu");
	ck_assert_int_eq(j->verdict, VERDICT_BLOCKED);
}
END_TEST

START_TEST(test_units_without_groups)
{
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	facts_unit(&f, "dmar0");
	judge(&f, IOMMU_INTEL, IOMMU_FAILED);
}
END_TEST

START_TEST(test_groups_without_units)
{
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	facts_on(&f, "dmar0");
	f.h->iommu.n_units = 0;
	judge(&f, IOMMU_INTEL, IOMMU_STATE_UNKNOWN);
}
END_TEST

START_TEST(test_verdict_needs_vfio)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_on(&f, "dmar0");
	f.h->vfio.vfio_pci = MODULE_MISSING;
	j = rules_judge(f.h);
	ck_assert_int_eq(j->verdict, VERDICT_WORK);
	ck_finding(j, "vfio-missing");
	f.h->vfio.vfio_pci = MODULE_BUILTIN;
	ck_assert_int_eq(rules_judge(f.h)->verdict, VERDICT_READY);
	f.h->cpu.flag_virtualization = 0;
	ck_assert_int_eq(rules_judge(f.h)->verdict, VERDICT_WORK);
}
END_TEST

/* What cannot be seen is neither off nor broken: a container without /sys, a folder that may not be listed. */
START_TEST(test_hidden)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.has_dmar = true;
	f.h->iommu.units_hidden = f.h->iommu.groups_hidden = true;
	facts_log(&f, "DMAR: Intel(R) Virtualization Technology for Directed I/O");
	j = rules_judge(f.h);
	ck_assert_int_eq(j->iommu_state, IOMMU_STATE_UNKNOWN);
	ck_evidence(j, "iommu-unknown", "/sys/class/iommu: not readable");
	ck_evidence(j, "iommu-unknown", "/sys/kernel/iommu_groups: not readable");
	ck_evidence(j, "iommu-unknown", "Directed I/O");
	ck_advice(j, "iommu-unknown", "as root on the host itself");
	f.h->iommu.units_hidden = false;
	j = rules_judge(f.h);
	ck_assert_int_eq(j->iommu_state, IOMMU_OFF_IN_KERNEL);
	facts_unit(&f, "dmar0");
	j = rules_judge(f.h);
	ck_assert_int_eq(j->iommu_state, IOMMU_STATE_UNKNOWN);
	ck_evidence(j, "iommu-unknown", "dmar0");
	f.h->iommu.groups_hidden = false;
	j = rules_judge(f.h);
	ck_assert_int_eq(j->iommu_state, IOMMU_FAILED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rule-iommu");
	TCase *t = tcase_create("table");

	tcase_add_test(t, test_xen);
	tcase_add_test(t, test_d_on_whatever_the_command_line_says);
	tcase_add_test(t, test_e_off_in_kernel_intel);
	tcase_add_test(t, test_e_told_to_be_off);
	tcase_add_test(t, test_e_last_argument_wins);
	tcase_add_test(t, test_e_igfx_off_alone);
	tcase_add_test(t, test_e_failed);
	tcase_add_test(t, test_f_off_in_firmware_intel);
	tcase_add_test(t, test_f_absent);
	tcase_add_test(t, test_f_folder_not_readable);
	tcase_add_test(t, test_g_amd_off_in_kernel);
	tcase_add_test(t, test_g_amd_refused_and_failed);
	tcase_add_test(t, test_h_amd_off_in_firmware);
	tcase_add_test(t, test_i_no_interrupt_remapping);
	tcase_add_test(t, test_j_interrupt_remapping_only);
	tcase_add_test(t, test_k_passthrough_mode);
	tcase_add_test(t, test_l_smmu);
	tcase_add_test(t, test_m_virtio);
	tcase_add_test(t, test_vm_without_iommu);
	tcase_add_test(t, test_units_without_groups);
	tcase_add_test(t, test_groups_without_units);
	tcase_add_test(t, test_verdict_needs_vfio);
	tcase_add_test(t, test_hidden);
	suite_add_tcase(s, t);
	return unit_run(s);
}
