/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can this processor run machines at all: VMX (Intel VT-x) or SVM (AMD-V). */
#include "rules/judge.h"

#include <string.h>

static const char *const cpu_bios_lines[] = {
	/* "x86/cpu: VMX (outside TXT) disabled by BIOS", since 5.6; clears the vmx flag */
	"x86/cpu: VMX (outside TXT) disabled by BIOS",
	"x86/cpu: VMX (inside TXT) disabled by BIOS",
	/* "SVM disabled (by BIOS) in MSR_VM_CR", with or without "kvm_amd: " */
	"SVM disabled (by BIOS) in MSR_VM_CR",
	"VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL",
	/* "kvm: disabled by bios" to 5.15, "kvm: support for 'kvm_amd' disabled by bios" to 6.2 */
	"kvm: disabled by bios",
	"' disabled by bios",
	/* "kvm_intel: VMX not fully enabled on CPU 3.  Check kernel logs and/or BIOS", since 7.2 */
	"kvm_intel: VMX not fully enabled on CPU",
};

/*
 * The kernel asked the processor itself and got a no.  "SVM not supported by CPU" does not belong here:
 * from 6.8 on it is said of a switch in the firmware as well.
 */
static const char *const cpu_silicon_lines[] = {
	"kvm_intel: VMX not supported by CPU",
	"kvm: no hardware support", /* to 6.2, with " for 'kvm_intel'" since 5.16 */
};

static const char *cpu_find_line(const struct host *h, const char *const *needles, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const char *line = host_log_find(h, needles[i]);

		if (line)
			return line;
	}
	return NULL;
}

/*
 * The flag alone cannot tell absent from switched off: current kernels drop it when the firmware
 * locked the feature, old ones keep svm although KVM refuses.  "SVM not supported by CPU" of 6.8 and
 * later is printed for both and proves neither.
 */
static enum virtualization cpu_decide(const struct host *h, const char *bios_line,
				      const char *silicon_line)
{
	const struct cpu_facts *c = &h->cpu;

	if (bios_line)
		return VIRTUALIZATION_OFF_IN_FIRMWARE;
	if (c->flag_virtualization == 1)
		return VIRTUALIZATION_ON;
	if (c->has_virtualization == 1 && c->flag_virtualization == 0)
		return VIRTUALIZATION_OFF_IN_FIRMWARE;
	if (c->has_virtualization == 0 || (c->has_virtualization < 0 && silicon_line))
		return VIRTUALIZATION_ABSENT;
	return VIRTUALIZATION_UNKNOWN;
}

/*
 * ARM has no flag for it.  KVM needs a kernel that was started at exception level 2, and says
 * (arch/arm64/kvm/arm.c, kvm_arm_init() of Linux 6.18, and how older ones put it):
 *	kvm [1]: Hyp mode initialized successfully
 *	kvm [1]: Hyp nVHE mode initialized successfully, Hyp hVHE, Protected nVHE, Protected hVHE
 *	kvm [1]: VHE mode initialized successfully, VHE+NV2
 *	kvm [1]: HYP mode not available
 */
static enum virtualization cpu_decide_arm(const struct host *h, const char **ret_line)
{
	for (const char *const *line = h->kernel.log; line && *line; line++) {
		if (!strstr(*line, "kvm [") || !strstr(*line, " mode initialized successfully"))
			continue;
		*ret_line = *line;
		return VIRTUALIZATION_ON;
	}
	*ret_line = host_log_find(h, "kvm [1]: HYP mode not available");
	return *ret_line ? VIRTUALIZATION_OFF_IN_FIRMWARE : VIRTUALIZATION_UNKNOWN;
}

static const char *cpu_switch_name(const struct host *h)
{
	switch (h->cpu.vendor) {
	case CPU_INTEL:
	case CPU_ZHAOXIN:
		return _("In the firmware setup, switch on the processor option called Intel "
			 "Virtualization Technology, VT-x or VMX.");
	case CPU_AMD:
	case CPU_HYGON:
		return _("In the firmware setup, switch on the processor option called SVM Mode, "
			 "AMD-V or SVM.");
	case CPU_ARM:
		return _("The firmware or boot loader starts the kernel without the right to run machines "
			 "(exception level 2): look for another version of it, or for an option.");
	case CPU_OTHER:
		break;
	}
	return _("In the firmware setup, switch on the processor option for virtualization.");
}

static void cpu_absent(struct judgement *j, const char *model, const char *line)
{
	struct finding *f;

	if (j->host->cpu.hypervisor == 1) {
		f = judgement_add(j, "virtualization-absent", SEVERITY_BLOCK, "host",
				  _("This host is itself a machine, and its processor does not report "
				    "virtualization. The hypervisor below does not pass it on."));
		finding_add_advice(j, f, _("Switch on nested virtualization in the hypervisor that "
					   "runs this machine, and give it the processor of its host."));
	} else {
		f = judgement_add(j, "virtualization-absent", SEVERITY_BLOCK, "host",
				  _("This CPU does not report virtualization (%s). Without it no "
				    "machine runs under KVM."), model);
		finding_add_advice(j, f, _("Some firmware hides the feature when it is switched off: "
					   "look for a virtualization option in the firmware setup, and "
					   "switch the power off once after a change."));
		judge_advise_firmware(j, f, SETTING_VIRTUALIZATION);
	}
	if (j->host->cpu.has_virtualization == 0)
		finding_add_evidence(j, f, "CPUID: neither VMX nor SVM");
	if (line)
		finding_add_evidence(j, f, "%s", line);
	finding_add_evidence(j, f, "/proc/cpuinfo: model name: %s", model);
}

static void cpu_judge(struct judgement *j)
{
	const struct host *h = j->host;
	const char *model = h->cpu.model ? h->cpu.model : cpu_vendor_name(h->cpu.vendor);
	const char *line = cpu_find_line(h, cpu_bios_lines, ARRAY_SIZE(cpu_bios_lines));
	const char *silicon = cpu_find_line(h, cpu_silicon_lines, ARRAY_SIZE(cpu_silicon_lines));
	struct finding *f;

	/* Xen hides it; rule-xen.c has said so. */
	if (h->kernel.xen_dom0)
		return;
	if (h->cpu.vendor == CPU_ARM)
		j->virtualization = cpu_decide_arm(h, &line);
	else
		j->virtualization = cpu_decide(h, line, silicon);
	switch (j->virtualization) {
	case VIRTUALIZATION_ON:
		f = judgement_add(j, "virtualization-on", SEVERITY_OK, "host",
				  _("The processor can run machines (%s)."), model);
		if (line)
			finding_add_evidence(j, f, "%s", line);
		break;
	case VIRTUALIZATION_OFF_IN_FIRMWARE:
		f = judgement_add(j, "virtualization-off-in-firmware", SEVERITY_WARN, "host",
				  _("The processor can run machines, but the firmware has that "
				    "switched off. Without it KVM does not start."));
		if (line)
			finding_add_evidence(j, f, "%s", line);
		else
			finding_add_evidence(j, f, "CPUID: virtualization is there; /proc/cpuinfo "
						   "flags: neither vmx nor svm");
		finding_add_advice(j, f, "%s", cpu_switch_name(h));
		judge_advise_firmware(j, f, SETTING_VIRTUALIZATION);
		finding_add_advice(j, f, _("Save, and switch the power off completely once before "
					   "starting again."));
		break;
	case VIRTUALIZATION_ABSENT:
		cpu_absent(j, model, silicon);
		break;
	case VIRTUALIZATION_UNKNOWN:
		f = judgement_add(j, "virtualization-unknown", SEVERITY_WARN, "host",
				  _("It is not known whether this processor can run machines: the "
				    "list of its features alone cannot tell missing from switched "
				    "off."));
		if (h->cpu.flag_virtualization == 0)
			finding_add_evidence(j, f, "/proc/cpuinfo flags: neither vmx nor svm");
		if ((line = host_log_find(h, "SVM not supported by CPU"))) {
			finding_add_evidence(j, f, "%s", line);
			finding_add_advice(j, f, _("The line about SVM proves nothing: kernels since 6.8 "
						   "say it also when only the firmware has it off."));
		}
		finding_add_advice(j, f, _("Run this program on the host itself, as root, so that it "
					   "can ask the processor and read the kernel log."));
		break;
	}
	if (h->cpu.hypervisor == 1) {
		f = judgement_add(j, "inside-vm", SEVERITY_WARN, "host",
				  _("This host is itself a machine. Only what its hypervisor gave it "
				    "can be given on, and only with an IOMMU made by the hypervisor."));
		finding_add_evidence(j, f, "CPUID leaf 1 ECX bit 31 or /proc/cpuinfo flags: hypervisor");
		finding_add_advice(j, f, _("Expect lower speed; go on only when nesting is what you "
					   "want."));
	}
}

const struct rule rule_cpu = { "cpu", cpu_judge };
