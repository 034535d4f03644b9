/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults of the firmware and other trouble with the IOMMU that the kernel reports in its log.  One row
 * a fault; lines that start with other names ("TSC_DEADLINE disabled …") have nothing to do with it.
 */
#include "rules/judge.h"

#include "base/str.h"

#include <string.h>

#define BUGS_MAX_LINES 8

struct bug {
	const char *needle;
	const char *id;
	enum severity severity;
	const char *text, *advice; /* advice may be NULL */
};

/* The first row that fits a line counts; rows of one id become one finding with the first one's text. */
static const struct bug bugs[] = {
	{ "Your BIOS is broken; DMAR reported at address", "firmware-bug-iommu-address", SEVERITY_WARN,
	  N_("The firmware names an IOMMU where there is none; the kernel leaves that one out."),
	  N_("Install a newer firmware, or switch VT-d off and on again in its setup.") },
	{ "DMAR: [Firmware Bug]: Your BIOS is broken; bad RMRR", "firmware-bug-reserved-memory", SEVERITY_INFO,
	  N_("The firmware reserves memory for devices that it does not mark as reserved. The kernel warns and "
	     "goes on; giving devices away is not hindered."), NULL },
	{ "DMAR: [Firmware Bug]: No firmware reserved region can cover this RMRR", "firmware-bug-reserved-memory",
	  SEVERITY_INFO,
	  N_("The firmware reserves memory for devices that it does not mark as reserved. The kernel warns and "
	     "goes on; giving devices away is not hindered."), NULL },
	{ "RMRR entry for device", "firmware-bug-reserved-memory-device", SEVERITY_INFO,
	  N_("The firmware names a device for reserved memory in a wrong way; the kernel works around it."), NULL },
	{ "RHSA refers to non-existent DMAR unit", "firmware-bug-numa", SEVERITY_INFO,
	  N_("The firmware says wrongly which memory is near which IOMMU. This costs some speed at most."), NULL },
	{ "BIOS has allocated no shadow GTT; disabling IOMMU for graphics", "iommu-off-for-graphics", SEVERITY_WARN,
	  N_("The kernel leaves the IOMMU off for the built-in graphics, so that cannot be given to a machine. Other "
	     "devices are not concerned."),
	  N_("Give the built-in graphics more memory in the firmware setup, and look for a newer firmware.") },
	{ "Disabling IOMMU for graphics on this chipset", "iommu-off-for-graphics", SEVERITY_WARN,
	  N_("The kernel leaves the IOMMU off for the built-in graphics, so that cannot be given to a machine. Other "
	     "devices are not concerned."),
	  NULL },
	{ "not in IVRS table", "firmware-bug-ioapic", SEVERITY_WARN,
	  N_("The firmware forgot an interrupt controller in its table for the IOMMU, so the kernel leaves "
	     "interrupt remapping off."),
	  N_("Install a newer firmware. Experts can name the controller with ivrs_ioapic= on the kernel command "
	     "line; the right value differs from board to board.") },
	{ "No southbridge IOAPIC found", "firmware-bug-ioapic", SEVERITY_WARN,
	  N_("The firmware forgot an interrupt controller in its table for the IOMMU, so the kernel leaves "
	     "interrupt remapping off."),
	  N_("Install a newer firmware. Experts can name the controller with ivrs_ioapic= on the kernel command "
	     "line; the right value differs from board to board.") },
	{ "AMD-Vi: [Firmware Warn]: EFR mismatch", "firmware-warn-efr", SEVERITY_INFO,
	  N_("The firmware and the IOMMU disagree about what the IOMMU can do. The kernel uses the firmware's "
	     "word; this is harmless."), NULL },
	{ "but we are not in kdump mode", "started-by-kexec", SEVERITY_INFO,
	  N_("This kernel was started by another one (kexec), which had interrupt remapping on. The kernel starts "
	     "it anew."),
	  N_("When devices behave strangely, restart the computer as a whole.") },
	{ "fault addr", "iommu-faults", SEVERITY_INFO,
	  N_("The IOMMU stopped accesses to memory that a device was not allowed. After a start this is often "
	     "left over from the firmware; again and again it is a fault of a driver or device."), NULL },
	{ "AMD-Vi: Event logged [", "iommu-faults", SEVERITY_INFO,
	  N_("The IOMMU stopped accesses to memory that a device was not allowed. After a start this is often "
	     "left over from the firmware; again and again it is a fault of a driver or device."), NULL },
	{ "hardware is malfunctioning", "iommu-hardware-malfunction", SEVERITY_WARN,
	  N_("The IOMMU stopped answering the kernel."),
	  N_("Install a newer firmware and a newer kernel; when it happens at suspend, do not suspend while a device "
	     "is given away.") },
	{ "Blocked unknown Stream ID", "smmu-blocked-device", SEVERITY_WARN,
	  N_("The SMMU stops a device that the firmware does not tell it about. Such a device has no group and "
	     "cannot be given away."),
	  N_("Install a newer firmware or device tree. arm-smmu.disable_bypass=0 lets the device past the SMMU, which "
	     "then guards nothing from it.") },
	{ "[Firmware Bug]", "firmware-bug-iommu", SEVERITY_INFO,
	  N_("The kernel reports a fault of the firmware about the IOMMU."),
	  N_("Look for a newer firmware.") },
};

/*
 * "DMAR: …", "pci 0000:00:02.0: DMAR: …", "AMD-Vi: …"; and "fault addr" of the lines without name that old
 * kernels wrote below "DMAR: DRHD: handling fault status reg 3".
 */
static bool bugs_is_about_iommu(const char *line)
{
	return strstr(line, "DMAR") || strstr(line, "AMD-Vi") || strstr(line, "IVRS") || strstr(line, "arm-smmu");
}

static const struct bug *bugs_find(const char *line)
{
	if (!bugs_is_about_iommu(line))
		return NULL;
	for (unsigned i = 0; i < ARRAY_SIZE(bugs); i++)
		if (strstr(line, bugs[i].needle))
			return &bugs[i];
	return NULL;
}

struct bug_seen {
	const struct bug *bug;
	struct finding *finding;
	unsigned n;
};

static void bugs_add(struct judgement *j, struct bug_seen *seen, const struct bug *b, const char *line)
{
	struct bug_seen *s = seen;

	while (s->bug && !str_eq(s->bug->id, b->id))
		s++;
	if (!s->bug) {
		s->bug = b;
		s->finding = judgement_add(j, b->id, b->severity, "host", "%s", _(b->text));
		if (b->advice)
			finding_add_advice(j, s->finding, "%s", _(b->advice));
	}
	if (s->n++ < BUGS_MAX_LINES)
		finding_add_evidence(j, s->finding, "%s", line);
	else if (s->n == BUGS_MAX_LINES + 1)
		finding_add_evidence(j, s->finding, "…");
}

/* "AMD-Vi: Unknown option - 'on'" and "DMAR: Unknown option - 'relax_rmrr'": printed once an argument. */
static void bugs_judge_option(struct judgement *j, const char *line)
{
	const char *name = strstr(line, "AMD-Vi") ? "amd_iommu" : "intel_iommu";
	const char *option = strstr(line, "Unknown option - '");
	struct finding *f;

	if (!option)
		return;
	option += strlen("Unknown option - '");
	f = judgement_add(j, "iommu-option-unknown", SEVERITY_INFO, name,
			  _("This kernel does not know %s=%.*s and ignores it."), name,
			  (int)strcspn(option, "'"), option);
	finding_add_evidence(j, f, "%s", line);
	finding_add_advice(j, f, _("Take it off the kernel command line, or correct its spelling."));
}

/* "arm-smmu.disable_bypass=0": what no stream is set up for goes past the SMMU. */
static void bugs_judge_bypass(struct judgement *j)
{
	const char *value = host_cmdline_value(j->host, "arm-smmu.disable_bypass");
	struct finding *f;

	if (!str_eq(value, "0") && !str_eq(value, "n") && !str_eq(value, "N"))
		return;
	f = judgement_add(j, "smmu-bypass", SEVERITY_WARN, "host",
			  _("The SMMU lets devices pass that it knows nothing of. A machine is still kept inside its "
			    "own memory, but such a device of the host is not."));
	finding_add_evidence(j, f, "/proc/cmdline: arm-smmu.disable_bypass=%s", value);
	finding_add_advice(j, f, _("Remove %s from the kernel command line and restart."),
			   "arm-smmu.disable_bypass");
}

static void bugs_judge(struct judgement *j)
{
	struct bug_seen seen[ARRAY_SIZE(bugs) + 1] = { 0 };
	unsigned options = 0;

	for (const char *const *l = j->host->kernel.log; l && *l; l++) {
		const struct bug *b = bugs_find(*l);

		if (b)
			bugs_add(j, seen, b, *l);
		else if (bugs_is_about_iommu(*l) && strstr(*l, "Unknown option - '") &&
			 options++ < BUGS_MAX_LINES)
			bugs_judge_option(j, *l);
	}
	bugs_judge_bypass(j);
}

const struct rule rule_firmware_bugs = { "firmware-bugs", bugs_judge };
