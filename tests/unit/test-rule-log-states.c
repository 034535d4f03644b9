/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel of some version wrote, and what is to be concluded from it.  Each row is one host: what
 * runs, which table there is, the command line and the lines of the log.
 */
#include "tests/lib/facts.h"

enum seen { NOTHING, DMAR_RUNS, DMAR_THERE, IVRS_RUNS, IVRS_THERE, SMMU_RUNS, ARM_BARE, POWER_BARE, GUEST_BARE };

struct state {
	const char *name;
	enum seen seen;
	const char *args;	/* separated by blanks */
	const char *log[6];
	int cpu;		/* enum virtualization, -1 not asked */
	enum iommu_state state;
	const char *finding;	/* that must be there, NULL none */
	const char *evidence;	/* of FINDING */
	const char *never;	/* finding that must not be there */
};

/* CPUID of Intel's and AMD's rows with a line about the processor is not known, so the log decides. */
static const struct state states[] = {
	{ "Intel, healthy, 6.12", DMAR_RUNS, "", { "DMAR: Host address width 39",
	  "DMAR-IR: Enabled IRQ remapping in x2apic mode", "DMAR: Intel(R) Virtualization Technology for Directed I/O" },
	  -1, IOMMU_ON, "iommu-on", "dmar0", "kernel-log-incomplete" },
	{ "Intel, interrupts remapped only", DMAR_THERE, "", { "DMAR: DRHD base: 0x000000fed91000 flags: 0x1",
	  "DMAR-IR: Enabled IRQ remapping in x2apic mode", "iommu: Default domain type: Translated" },
	  -1, IOMMU_OFF_IN_KERNEL, "iommu-off-in-kernel", "DMAR-IR: Enabled IRQ remapping", "firmware-bug-iommu" },
	{ "Intel, argument understood, nothing runs", DMAR_THERE, "intel_iommu=on", { "DMAR: IOMMU enabled" },
	  -1, IOMMU_FAILED, "iommu-failed", "intel_iommu=on", NULL },
	{ "Intel, argument taken back", DMAR_THERE, "intel_iommu=on intel_iommu=off",
	  { "DMAR: IOMMU enabled", "DMAR: IOMMU disabled" }, -1, IOMMU_OFF_IN_KERNEL, "iommu-off-in-kernel",
	  "intel_iommu=off", "iommu-failed" },
	{ "Intel, argument and no table", NOTHING, "intel_iommu=on", { "DMAR: IOMMU enabled" },
	  -1, IOMMU_OFF_IN_FIRMWARE, "iommu-off-in-firmware", "neither DMAR nor IVRS", NULL },
	{ "Intel, table that does not parse", DMAR_THERE, "", { "DMAR: Parse DMAR table failure." },
	  -1, IOMMU_FAILED, "iommu-failed", "Parse DMAR table failure", NULL },
	{ "Intel, table without units", DMAR_THERE, "", { "DMAR: No DMAR devices found" },
	  -1, IOMMU_FAILED, "iommu-failed", "No DMAR devices found", NULL },
	{ "Intel, IOMMU where there is none", DMAR_THERE, "", {
	  "DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address 0!" },
	  -1, IOMMU_FAILED, "firmware-bug-iommu-address", "address 0", NULL },
	{ "Intel, record past the end", DMAR_THERE, "", { "DMAR: [Firmware Bug]: Record passes table end" },
	  -1, IOMMU_FAILED, "firmware-bug-iommu", "passes table end", NULL },
	{ "Intel, forced off by the firmware, 7.3", DMAR_THERE, "intel_iommu=on", { "DMAR: IOMMU enabled",
	  "DMAR: Firmware forces DMA remapping off" }, -1, IOMMU_FAILED, "iommu-failed", "Firmware forces", NULL },
	{ "Intel, platform opt-in", DMAR_RUNS, "", { "DMAR: Intel-IOMMU force enabled due to platform opt in" },
	  -1, IOMMU_ON, "platform-opt-in", "platform opt in", NULL },
	{ "Intel, forced on and not running", DMAR_THERE, "",
	  { "DMAR: Intel-IOMMU force enabled due to platform opt in" }, -1, IOMMU_FAILED, "iommu-failed",
	  "force enabled", NULL },
	{ "Intel, x2APIC opt-out", DMAR_RUNS, "",
	  { "DMAR-IR: x2apic is disabled because BIOS sets x2apic opt out bit.",
	    "DMAR-IR: Enabled IRQ remapping in xapic mode" }, -1, IOMMU_ON, "x2apic-opt-out", "opt out bit", NULL },
	{ "Intel, bad RMRR", DMAR_RUNS, "", {
	  "DMAR: [Firmware Bug]: Your BIOS is broken; bad RMRR [0x000000006f760000-0x000000006f762fff]" },
	  -1, IOMMU_ON, "firmware-bug-reserved-memory", "bad RMRR", "firmware-bug-iommu" },
	{ "Intel, RMRR nobody covers", DMAR_RUNS, "", { "DMAR: [Firmware Bug]: No firmware reserved region can cover "
	  "this RMRR [0x000000009d800000-0x000000009fffffff], contact BIOS vendor for fixes" },
	  -1, IOMMU_ON, "firmware-bug-reserved-memory", "can cover", "firmware-bug-iommu" },
	{ "Intel, RHSA of no unit", DMAR_RUNS, "", {
	  "DMAR: [Firmware Bug]: Your BIOS is broken; RHSA refers to non-existent DMAR unit at fed90000" },
	  -1, IOMMU_ON, "firmware-bug-numa", "RHSA", NULL },
	{ "Intel, no shadow GTT", DMAR_RUNS, "",
	  { "pci 0000:00:00.0: DMAR: BIOS has allocated no shadow GTT; disabling IOMMU for graphics" },
	  -1, IOMMU_ON, "iommu-off-for-graphics", "shadow GTT", NULL },
	{ "Intel, kexec", DMAR_RUNS, "", { "DMAR-IR: IRQ remapping was enabled on dmar6 but we are not in kdump mode" },
	  -1, IOMMU_ON, "started-by-kexec", "dmar6", NULL },
	{ "Intel, faults", DMAR_RUNS, "", { "DMAR: DRHD: handling fault status reg 3", "DMAR: [DMA Read NO_PASID] Request "
	  "device [02:00.0] fault addr 0x9cdff000 [fault reason 0x06] PTE Read access is not set" },
	  -1, IOMMU_ON, "iommu-faults", "[02:00.0]", NULL },
	{ "Intel, RMRR refused, 6.1", DMAR_RUNS, "", { "vfio-pci 0000:06:00.0: DMAR: Device is ineligible for IOMMU "
	  "domain attach due to platform RMRR requirement.  Contact your platform vendor." },
	  -1, IOMMU_ON, "device-refused-by-reserved-memory", "0000:06:00.0", NULL },
	{ "Intel, 1:1 refused, 6.12", DMAR_RUNS, "", { "vfio-pci 0000:06:00.0: Firmware has requested this device have a "
	  "1:1 IOMMU mapping, rejecting configuring the device without a 1:1 mapping. Contact your platform vendor." },
	  -1, IOMMU_ON, "device-refused-by-reserved-memory", "1:1", NULL },
	{ "Intel, option of a patch", DMAR_RUNS, "intel_iommu=relax_rmrr", { "DMAR: Unknown option - 'relax_rmrr'" },
	  -1, IOMMU_ON, "iommu-option-unknown", "relax_rmrr", NULL },
	{ "another fault of the firmware", DMAR_RUNS, "", {
	  "[Firmware Bug]: TSC_DEADLINE disabled due to Errata; please update microcode to version: 0x22 (or later)" },
	  -1, IOMMU_ON, "iommu-on", "dmar0", "firmware-bug-iommu" },
	{ "AMD, healthy", IVRS_RUNS, "", { "AMD-Vi: Using global IVHD EFR:0x0, EFR2:0x0",
	  "AMD-Vi: Interrupt remapping enabled", "AMD-Vi: AMD IOMMUv2 functionality not available on this system - This is not a bug." },
	  -1, IOMMU_ON, "iommu-on", "ivhd0", "iommu-option-unknown" },
	{ "AMD, amd_iommu=on", IVRS_RUNS, "amd_iommu=on", { "AMD-Vi: Unknown option - 'on'" },
	  -1, IOMMU_ON, "iommu-option-unknown", "'on'", NULL },
	{ "AMD, EFR mismatch", IVRS_RUNS, "", {
	  "AMD-Vi: [Firmware Warn]: EFR mismatch. Use IVHD EFR (0xf77ef22294ada : 0x400f77ef22294ada)." },
	  -1, IOMMU_ON, "firmware-warn-efr", "EFR mismatch", NULL },
	{ "AMD, IOAPIC not in IVRS", IVRS_RUNS, "", { "AMD-Vi: [Firmware Bug]: : IOAPIC[4] not in IVRS table",
	  "AMD-Vi: Disabling interrupt remapping" }, -1, IOMMU_ON, "firmware-bug-ioapic", "IOAPIC[4]", "iommu-failed" },
	{ "AMD, no southbridge IOAPIC", IVRS_RUNS, "", { "AMD-Vi: [Firmware Bug]: : No southbridge IOAPIC found" },
	  -1, IOMMU_ON, "interrupt-remapping-off", "southbridge", NULL },
	{ "AMD, Stoney Ridge", IVRS_THERE, "", { "AMD-Vi: Disable IOMMU on Stoney Ridge" },
	  -1, IOMMU_OFF_IN_KERNEL, "iommu-off-in-kernel", "Stoney Ridge", "iommu-failed" },
	{ "AMD, checksum", IVRS_THERE, "", { "AMD-Vi: [Firmware Bug]: IVRS invalid checksum",
	  "AMD-Vi: IVRS invalid checksum" }, -1, IOMMU_FAILED, "iommu-failed", "checksum", NULL },
	{ "AMD, CMPXCHG16B, 6.12", IVRS_THERE, "",
	  { "AMD-Vi: Failed to initialize. The CMPXCHG16B feature is required." }, -1, IOMMU_FAILED, "iommu-failed",
	  "CMPXCHG16B", NULL },
	{ "AMD, page fault", IVRS_RUNS, "", { "nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000c "
	  "address=0xffffc080 flags=0x0050]" }, -1, IOMMU_ON, "iommu-faults", "0000:01:00.0", NULL },
	{ "guest without tables", GUEST_BARE, "", { "iommu: Default domain type: Translated",
	  "iommu: DMA domain TLB invalidation policy: lazy mode" }, -1, IOMMU_ABSENT, "iommu-absent", "neither", NULL },
	{ "POWER", POWER_BARE, "", { "iommu: Default domain type: Translated" },
	  -1, IOMMU_STATE_UNKNOWN, "iommu-unknown", "neither", "iommu-absent" },
	{ "ARM, SMMU and KVM", SMMU_RUNS, "", { "kvm [1]: Hyp mode initialized successfully",
	  "arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit, oas 48-bit" },
	  VIRTUALIZATION_ON, IOMMU_ON, "virtualization-on", "Hyp mode", "interrupt-remapping-off" },
	{ "ARM, protected", ARM_BARE, "", { "kvm [1]: Protected hVHE mode initialized successfully" },
	  VIRTUALIZATION_ON, IOMMU_STATE_UNKNOWN, "virtualization-on", "Protected hVHE", NULL },
	{ "ARM, nested", ARM_BARE, "", { "kvm [1]: VHE+NV2 mode initialized successfully" },
	  VIRTUALIZATION_ON, IOMMU_STATE_UNKNOWN, "virtualization-on", "VHE+NV2", NULL },
	{ "ARM, not at EL2", ARM_BARE, "", { "kvm [1]: HYP mode not available" },
	  VIRTUALIZATION_OFF_IN_FIRMWARE, IOMMU_STATE_UNKNOWN, "virtualization-off-in-firmware", "HYP", NULL },
	{ "ARM, bypass", SMMU_RUNS, "arm-smmu.disable_bypass=0", { NULL },
	  VIRTUALIZATION_UNKNOWN, IOMMU_ON, "smmu-bypass", "disable_bypass=0", NULL },
	{ "ARM, blocked stream", SMMU_RUNS, "", { "arm-smmu arm-smmu.0.auto: Blocked unknown Stream ID 0x2000; boot "
	  "with \"arm-smmu.disable_bypass=0\" to allow, but this may have security implications" },
	  -1, IOMMU_ON, "smmu-blocked-device", "0x2000", NULL },
	{ "VMX, firmware, since 5.6", DMAR_RUNS, "", { "x86/cpu: VMX (outside TXT) disabled by BIOS" },
	  VIRTUALIZATION_OFF_IN_FIRMWARE, IOMMU_ON, "virtualization-off-in-firmware", "outside TXT", NULL },
	{ "VMX, firmware, to 5.15", DMAR_RUNS, "", { "kvm: disabled by bios" },
	  VIRTUALIZATION_OFF_IN_FIRMWARE, IOMMU_ON, "virtualization-off-in-firmware", "disabled by bios", NULL },
	{ "VMX, firmware, 6.3", DMAR_RUNS, "", { "kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL on CPU 2" },
	  VIRTUALIZATION_OFF_IN_FIRMWARE, IOMMU_ON, "virtualization-off-in-firmware", "CPU 2", NULL },
	{ "VMX, firmware, 7.2", DMAR_RUNS, "",
	  { "kvm_intel: VMX not fully enabled on CPU 3.  Check kernel logs and/or BIOS" },
	  VIRTUALIZATION_OFF_IN_FIRMWARE, IOMMU_ON, "virtualization-off-in-firmware", "CPU 3", NULL },
	{ "VMX, silicon", DMAR_RUNS, "", { "kvm_intel: VMX not supported by CPU 0" },
	  VIRTUALIZATION_ABSENT, IOMMU_ON, "virtualization-absent", "VMX not supported", NULL },
	{ "SVM, firmware, to 6.2", IVRS_RUNS, "", { "kvm: support for 'kvm_amd' disabled by bios" },
	  VIRTUALIZATION_OFF_IN_FIRMWARE, IOMMU_ON, "virtualization-off-in-firmware", "kvm_amd", NULL },
	{ "SVM, firmware, 6.12", IVRS_RUNS, "",
	  { "SVM disabled (by BIOS) in MSR_VM_CR", "kvm_amd: SVM not supported by CPU 1" },
	  VIRTUALIZATION_OFF_IN_FIRMWARE, IOMMU_ON, "virtualization-off-in-firmware", "MSR_VM_CR", "virtualization-absent" },
	{ "SVM, the line that proves nothing", IVRS_RUNS, "", { "kvm_amd: SVM not supported by CPU 1" },
	  VIRTUALIZATION_UNKNOWN, IOMMU_ON, "virtualization-unknown", "SVM not supported", "virtualization-absent" },
};

static void arrange(struct facts *f, const struct state *s)
{
	struct host *h;

	facts_init(f);
	h = f->h;
	if (s->cpu >= 0) {
		h->cpu.has_virtualization = -1;
		h->cpu.flag_virtualization = 0;
	}
	if (s->seen == IVRS_RUNS || s->seen == IVRS_THERE)
		facts_amd(f);
	if (s->seen == SMMU_RUNS || s->seen == ARM_BARE || s->seen == POWER_BARE) {
		h->cpu.vendor = s->seen == POWER_BARE ? CPU_OTHER : CPU_ARM;
		h->cpu.has_virtualization = h->cpu.flag_virtualization = -1;
	}
	h->cpu.hypervisor = s->seen == GUEST_BARE;
	h->iommu.has_dmar = s->seen == DMAR_RUNS || s->seen == DMAR_THERE;
	h->iommu.has_ivrs = s->seen == IVRS_RUNS || s->seen == IVRS_THERE;
	if (s->seen == DMAR_RUNS || s->seen == IVRS_RUNS || s->seen == SMMU_RUNS) {
		facts_unit(f, s->seen == DMAR_RUNS ? "dmar0" : s->seen == IVRS_RUNS ? "ivhd0" : "smmu3.0x0");
		facts_device(f, "01:00.0", 0x10de, 0x2504, 0x030000, 1, NULL);
	}
}

START_TEST(state_of_log)
{
	const struct state *s = &states[_i];
	_cleanup_facts_ struct facts f = { 0 };
	char args[128], *arg, *rest = args;
	struct judgement *j;

	arrange(&f, s);
	snprintf(args, sizeof(args), "%s", s->args);
	while ((arg = strsep(&rest, " ")))
		if (*arg)
			facts_arg(&f, arg);
	for (unsigned i = 0; i < ARRAY_SIZE(s->log) && s->log[i]; i++)
		facts_log(&f, s->log[i]);
	j = rules_judge(f.h);
	ck_assert_msg(j->iommu_state == s->state, "%s: IOMMU %s", s->name, iommu_state_name(j->iommu_state));
	if (s->cpu >= 0)
		ck_assert_msg(j->virtualization == (enum virtualization)s->cpu, "%s: processor %s", s->name,
			      virtualization_name(j->virtualization));
	ck_assert_msg(facts_find(j, s->finding) != NULL, "%s: no %s", s->name, s->finding);
	ck_assert_msg(facts_says(facts_get(j, s->finding)->evidence, s->evidence), "%s: %s without %s", s->name,
		      s->finding, s->evidence);
	if (s->never)
		ck_assert_msg(!facts_find(j, s->never), "%s: %s", s->name, s->never);
}
END_TEST

/* Hundreds of lines of one sort are one finding of a few lines. */
START_TEST(many_lines_are_one_finding)
{
	_cleanup_facts_ struct facts f = { 0 };
	const char *const *e;
	struct judgement *j;
	unsigned n = 0;

	arrange(&f, &states[0]);
	for (unsigned i = 0; i < 500; i++)
		facts_log(&f, "AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0001]");
	j = rules_judge(f.h);
	ck_assert_uint_eq(facts_count(j, "iommu-faults"), 1);
	for (e = facts_get(j, "iommu-faults")->evidence; *e; e++)
		n++;
	ck_assert_uint_eq(n, 9);
	ck_assert_str_eq(e[-1], "…");
}
END_TEST

/* Missing, restricted, from the journal, from a file, overwritten. */
START_TEST(where_the_log_is_from)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	arrange(&f, &states[0]);
	j = rules_judge(f.h);
	ck_no_finding(j, "kernel-log-not-readable");
	ck_no_finding(j, "kernel-log-from-journal");
	f.h->kernel.log_source = LOG_JOURNAL;
	f.h->kernel.log_second_best = "it was so.";
	j = rules_judge(f.h);
	ck_assert_ptr_nonnull(strstr(facts_get(j, "kernel-log-from-journal")->text, "it was so."));
	f.h->kernel.log_source = LOG_FILE;
	ck_finding(rules_judge(f.h), "kernel-log-from-file");
	f.h->kernel.log_second_best = NULL;
	f.h->kernel.log_whole = 0;
	facts_log(&f, "[  812.5] usb 1-1: new device");
	j = rules_judge(f.h);
	ck_evidence(j, "kernel-log-incomplete", "usb 1-1");
	ck_no_finding(j, "kernel-log-from-file");
	f.h->kernel.log_source = LOG_NONE;
	f.h->kernel.log = NULL;
	f.h->kernel.log_why_not = "Nobody may.";
	j = rules_judge(f.h);
	ck_assert_ptr_nonnull(strstr(facts_get(j, "kernel-log-not-readable")->text, "Nobody may."));
	ck_no_finding(j, "kernel-log-incomplete");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rules: states of the log");
	TCase *t = tcase_create("log");

	tcase_add_loop_test(t, state_of_log, 0, ARRAY_SIZE(states));
	tcase_add_test(t, many_lines_are_one_finding);
	tcase_add_test(t, where_the_log_is_from);
	suite_add_tcase(s, t);
	return unit_run(s);
}
