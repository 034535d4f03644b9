/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU: on, off and by whom, broken, or not there; interrupt remapping; passthrough mode. */
#include "rules/iommu-state.h"
#include "rules/judge.h"

#include "base/str.h"

static void iommu_add_units(struct judgement *j, struct finding *f)
{
	const struct host *h = j->host;

	for (unsigned i = 0; i < h->iommu.n_units; i++)
		finding_add_evidence(j, f, "/sys/class/iommu: %s", h->iommu.units[i].name);
	if (!h->iommu.n_units)
		finding_add_evidence(j, f, "/sys/class/iommu: %s", h->iommu.units_hidden ? "not readable" : "empty");
	if (h->iommu.groups_hidden && (h->iommu.units_hidden || h->iommu.n_units))
		finding_add_evidence(j, f, "/sys/kernel/iommu_groups: not readable");
	else
		finding_add_evidence(j, f, "/sys/kernel/iommu_groups: %u", h->n_groups);
}

static void iommu_add_table(struct judgement *j, struct finding *f, const struct iommu_signs *s)
{
	if (s->table_line)
		finding_add_evidence(j, f, "%s", s->table_line);
	else if (s->table)
		finding_add_evidence(j, f, "/sys/firmware/acpi/tables/%s: present", s->table);
	else if (j->host->iommu.acpi_readable)
		finding_add_evidence(j, f, "/sys/firmware/acpi/tables: neither DMAR nor IVRS");
	else
		finding_add_evidence(j, f, "/sys/firmware/acpi/tables: not readable");
}

static void iommu_advise_log(struct judgement *j, struct finding *f)
{
	if (j->host->kernel.log_source == LOG_NONE)
		finding_add_advice(j, f, _("The kernel log could not be read here. As root, "
					   "journalctl -k -b shows the lines that start with DMAR or "
					   "AMD-Vi and say why."));
	else
		finding_add_advice(j, f, _("Look in the kernel log (journalctl -k -b) for lines that "
					   "start with DMAR or AMD-Vi: they say why."));
}

static void iommu_judge_on(struct judgement *j)
{
	struct finding *f;

	f = judgement_add(j, "iommu-on", SEVERITY_OK, "host",
			  _("The IOMMU is on (%u groups)."),
			  j->host->n_groups);
	iommu_add_units(j, f);
	if (j->iommu_kind == IOMMU_VIRTIO) {
		f = judgement_add(j, "iommu-virtio", SEVERITY_INFO, "host",
				  _("The IOMMU is one made by a hypervisor (virtio-iommu). Giving "
				    "devices on works when page sizes of both kernels agree."));
		finding_add_advice(j, f, _("Expect lower speed than on real hardware."));
	}
}

static void iommu_advise_intel(struct judgement *j, struct finding *f, const struct iommu_signs *s)
{
	const struct host *h = j->host;
	const char *on = judge_argument(h, "intel_iommu", "on", "off");
	const char *gfx = judge_argument(h, "intel_iommu", "igfx_off", NULL);

	if (s->off_argument)
		return;
	if (on) {
		finding_add_evidence(j, f, "/proc/cmdline: %s", on);
		iommu_advise_log(j, f);
		finding_add_advice(j, f, _("The argument that switches it on is there already, so "
					   "this kernel may be built without Intel IOMMU support; try "
					   "the kernel of your distribution."));
		return;
	}
	if (gfx) {
		finding_add_evidence(j, f, "/proc/cmdline: %s", gfx);
		finding_add_advice(j, f, _("igfx_off alone does not switch the IOMMU on, and with it "
					   "the built-in graphics cannot be given away."));
	}
	if (h->kernel.intel_iommu_default_on == 1 || h->kernel.intel_iommu_default_on_but_gfx == 1) {
		finding_add_evidence(j, f, "kernel configuration: the Intel IOMMU is on by default");
		iommu_advise_log(j, f);
	}
	finding_add_advice(j, f, _("Add intel_iommu=on to the kernel command line and restart."));
}

/* Interrupt remapping parses the table by itself: it is on also where DMA remapping stays off. */
static void iommu_note_remapping(struct judgement *j, struct finding *f)
{
	const char *line = host_log_find(j->host, "DMAR-IR: Enabled IRQ remapping");

	if (!line && j->host->iommu.irq_remapping != 1)
		return;
	finding_add_evidence(j, f, "%s", line ? line : "/proc/interrupts: IR- chips");
	finding_add_advice(j, f, _("Nothing is to be done in the firmware: interrupts are remapped "
				   "already, which proves that it has the IOMMU on."));
}

static void iommu_judge_off_in_kernel(struct judgement *j, const struct iommu_signs *s)
{
	struct finding *f;

	if (s->off_argument) {
		f = judgement_add(j, "iommu-off-in-kernel", SEVERITY_WARN, "host",
				  _("The firmware has the IOMMU on, but the kernel was told to leave "
				    "it off (%s). Without it no device can be given to a machine."),
				  s->off_argument);
		finding_add_evidence(j, f, "/proc/cmdline: %s", s->off_argument);
		finding_add_advice(j, f, _("Remove %s from the kernel command line and restart."),
				   s->off_argument);
	} else {
		f = judgement_add(j, "iommu-off-in-kernel", SEVERITY_WARN, "host",
				  _("The firmware has the IOMMU on, but the kernel does not use it. "
				    "Without it no device can be given to a machine."));
	}
	iommu_add_table(j, f, s);
	iommu_add_units(j, f);
	if (j->iommu_kind == IOMMU_INTEL) {
		iommu_advise_intel(j, f, s);
	} else if (s->refused) {
		finding_add_evidence(j, f, "%s", s->refused);
		finding_add_advice(j, f, _("The kernel does not use it on this platform because of "
					   "known trouble; amd_iommu=force_enable switches it on at "
					   "your own risk."));
	} else if (j->iommu_kind == IOMMU_VIRTIO) {
		finding_add_advice(j, f, _("The driver virtio_iommu is not loaded or not part of this "
					   "kernel; use a kernel that has it."));
	} else if (!s->off_argument) {
		finding_add_advice(j, f, _("On AMD no kernel argument is needed, so something went "
					   "wrong."));
		iommu_advise_log(j, f);
	}
	iommu_note_remapping(j, f);
}

static void iommu_judge_off_in_firmware(struct judgement *j, const struct iommu_signs *s)
{
	struct finding *f;

	if (j->iommu_kind == IOMMU_INTEL) {
		f = judgement_add(j, "iommu-off-in-firmware", SEVERITY_WARN, "host",
				  _("VT-d is off in the firmware, or this platform lacks it: the "
				    "firmware shows no DMAR table. Without it no device can be given "
				    "to a machine."));
		finding_add_advice(j, f, _("Restart into the firmware setup and switch on VT-d, also "
					   "called Intel Virtualization Technology for Directed I/O."));
	} else {
		f = judgement_add(j, "iommu-off-in-firmware", SEVERITY_WARN, "host",
				  _("The IOMMU is off in the firmware, or this platform lacks it: the "
				    "firmware shows no IVRS table. Without it no device can be given "
				    "to a machine."));
		finding_add_advice(j, f, _("Restart into the firmware setup and set IOMMU to Enabled, "
					   "not Auto; no kernel argument can do it."));
	}
	iommu_add_table(j, f, s);
	iommu_add_units(j, f);
	judge_advise_firmware(j, f, SETTING_IOMMU);
	finding_add_advice(j, f, _("Many boards apply it only after the power was off: if nothing "
				   "changed, shut down, switch the power off for ten seconds, and "
				   "start again."));
	finding_add_advice(j, f, _("When the setup has no such option, look for a newer firmware; "
				   "without one this computer cannot do it."));
}

static void iommu_judge_absent(struct judgement *j, const struct iommu_signs *s)
{
	struct finding *f;

	if (j->host->cpu.hypervisor == 1) {
		f = judgement_add(j, "iommu-absent", SEVERITY_BLOCK, "host",
				  _("This machine has no IOMMU, so it cannot give devices on."));
		finding_add_advice(j, f, _("Give it one in its hypervisor: a virtio-iommu, or an "
					   "emulated Intel IOMMU with caching mode."));
	} else if (s->fused) {
		f = judgement_add(j, "iommu-absent", SEVERITY_BLOCK, "host",
				  _("This processor model was made without VT-d (%s), so no device "
				    "can be given to a machine on this computer."), s->fused);
		finding_add_evidence(j, f, "/proc/cpuinfo: model name: %s", s->fused);
	} else if (s->chipset) {
		f = judgement_add(j, "iommu-absent", SEVERITY_BLOCK, "host",
				  _("The chipset of this computer was made without VT-d, so no device "
				    "can be given to a machine on it."));
		finding_add_evidence(j, f, "%s [%04x:%04x] %s", s->chipset->address,
				     s->chipset->vendor, s->chipset->device,
				     s->chipset->device_name);
	} else {
		f = judgement_add(j, "iommu-absent", SEVERITY_BLOCK, "host",
				  _("This computer reports no IOMMU, so no device can be given to a "
				    "machine on it."));
		finding_add_advice(j, f, _("A newer firmware may show one; nothing on the side of the "
					   "kernel can."));
	}
	iommu_add_table(j, f, s);
	iommu_add_units(j, f);
}

static void iommu_judge_failed(struct judgement *j, const struct iommu_signs *s)
{
	struct finding *f;

	f = judgement_add(j, "iommu-failed", SEVERITY_WARN, "host",
			  _("The IOMMU is there, but the kernel could not start it. Without it no "
			    "device can be given to a machine."));
	if (s->failure)
		finding_add_evidence(j, f, "%s", s->failure);
	if (s->forced)
		finding_add_evidence(j, f, "%s", s->forced);
	if (s->on_argument) {
		finding_add_evidence(j, f, "/proc/cmdline: %s", s->on_argument);
		finding_add_advice(j, f, _("The argument that switches it on was understood (\"DMAR: IOMMU "
					   "enabled\" says no more than that), and still nothing runs."));
	}
	iommu_add_table(j, f, s);
	iommu_add_units(j, f);
	if (s->off_argument) {
		finding_add_evidence(j, f, "/proc/cmdline: %s", s->off_argument);
		finding_add_advice(j, f, _("Remove %s from the kernel command line and restart."),
				   s->off_argument);
	}
	if (!s->failure)
		iommu_advise_log(j, f);
	finding_add_advice(j, f, _("This is usually a fault of the firmware: install a newer one, or "
				   "reset its settings and switch the IOMMU on again."));
	finding_add_advice(j, f, _("Shut down, switch the power off for ten seconds, and start "
				   "again; then try a newer kernel."));
}

/* What the log has to say where /sys is silent: no proof, but the best there is. */
static void iommu_add_log(struct judgement *j, struct finding *f)
{
	static const char *const signs[] = { "DMAR: Intel(R) Virtualization Technology for Directed I/O",
					     "AMD-Vi: Interrupt remapping enabled", "DMAR: ", "AMD-Vi: ", "arm-smmu" };

	for (unsigned i = 0; i < ARRAY_SIZE(signs); i++) {
		const char *line = host_log_find(j->host, signs[i]);

		if (!line)
			continue;
		finding_add_evidence(j, f, "%s", line);
		return;
	}
}

static void iommu_judge_unknown(struct judgement *j, const struct iommu_signs *s)
{
	const struct iommu_facts *io = &j->host->iommu;
	struct finding *f;

	if (io->units_hidden || (io->n_units && io->groups_hidden))
		f = judgement_add(j, "iommu-unknown", SEVERITY_WARN, "host",
				  _("It is not known whether an IOMMU runs: what the kernel says about it in "
				    "/sys cannot be seen from here."));
	else if (j->host->n_groups)
		f = judgement_add(j, "iommu-unknown", SEVERITY_WARN, "host",
				  _("There are IOMMU groups, but no IOMMU: this is what the unsafe "
				    "mode without one looks like. It does not keep devices apart."));
	else
		f = judgement_add(j, "iommu-unknown", SEVERITY_WARN, "host",
				  _("No IOMMU is running, and it is not known whether the firmware "
				    "has one."));
	iommu_add_table(j, f, s);
	iommu_add_units(j, f);
	iommu_add_log(j, f);
	finding_add_advice(j, f, _("Run this program as root on the host itself."));
	iommu_advise_log(j, f);
}

/* /proc/interrupts names the chips "IR-PCI-MSI", "IR-IO-APIC" when it is on; the log comes second. */
static int iommu_remaps_interrupts(const struct host *h, enum iommu_kind kind, const char **ret_line)
{
	static const char *const bad[] = { "DMAR-IR: Failed to enable irq remapping",
					   "DMAR-IR: Not enabling interrupt remapping",
					   "AMD-Vi: Disabling interrupt remapping",
					   "AMD-Vi: [Firmware Bug]: : No southbridge IOAPIC found" };

	*ret_line = NULL;
	if (kind != IOMMU_INTEL && kind != IOMMU_AMD)
		return -1; /* ARM: the GIC's ITS does it; virtio: not visible from inside */
	for (unsigned i = 0; i < ARRAY_SIZE(bad) && !*ret_line; i++)
		*ret_line = host_log_find(h, bad[i]);
	if (h->iommu.irq_remapping >= 0)
		return h->iommu.irq_remapping;
	if (*ret_line)
		return 0;
	if (host_log_find(h, "DMAR-IR: Enabled IRQ remapping") ||
	    host_log_find(h, "AMD-Vi: Interrupt remapping enabled"))
		return 1;
	return -1;
}

static void iommu_judge_interrupts(struct judgement *j, const char *line)
{
	static const char *const causes[] = { "nointremap", "noapic", "nox2apic" };
	const struct host *h = j->host;
	struct finding *f;

	if (j->iommu_state != IOMMU_ON)
		return;
	if (j->interrupt_remapping < 0) {
		if (j->iommu_kind != IOMMU_INTEL && j->iommu_kind != IOMMU_AMD)
			return;
		f = judgement_add(j, "interrupt-remapping-unknown", SEVERITY_INFO, "host",
				  _("It is not known whether interrupts are remapped."));
		finding_add_advice(j, f, _("On the running host, /proc/interrupts tells it: names "
					   "that start with IR- mean yes."));
		return;
	}
	if (j->interrupt_remapping == 1)
		return;
	f = judgement_add(j, "interrupt-remapping-off", SEVERITY_WARN, "host",
			  _("Interrupts are not remapped. VFIO then refuses to give devices away, "
			    "because a machine could send false interrupts to the host."));
	if (h->iommu.irq_remapping == 0)
		finding_add_evidence(j, f, "/proc/interrupts: no IR- chip");
	if (line)
		finding_add_evidence(j, f, "%s", line);
	if (h->iommu.dmar_flags >= 0 && !(h->iommu.dmar_flags & 1))
		finding_add_evidence(j, f, "/sys/firmware/acpi/tables/DMAR: flags 0x%02x, no "
					   "interrupt remapping", (unsigned)h->iommu.dmar_flags);
	for (unsigned i = 0; i < ARRAY_SIZE(causes); i++)
		if (host_cmdline_value(h, causes[i])) {
			finding_add_evidence(j, f, "/proc/cmdline: %s", causes[i]);
			finding_add_advice(j, f, _("Remove %s from the kernel command line and "
						   "restart."), causes[i]);
		}
	if (judge_argument(h, "intremap", "off", "on")) {
		finding_add_evidence(j, f, "/proc/cmdline: intremap=off");
		finding_add_advice(j, f, _("Remove %s from the kernel command line and restart."),
				   "intremap=off");
	}
	finding_add_advice(j, f, _("Look for a newer firmware and for an x2APIC option in its "
				   "setup."));
	finding_add_advice(j, f, _("As a last resort allow_unsafe_interrupts=1 makes it work without: "
				   "only for a machine you trust as much as the host."));
}

static void iommu_judge_passthrough(struct judgement *j)
{
	const struct host *h = j->host;
	unsigned known = 0, identity = 0;

	for (unsigned i = 0; i < h->n_groups; i++) {
		if (!h->groups[i]->type)
			continue;
		known++;
		identity += str_eq(h->groups[i]->type, "identity");
	}
	if (known)
		j->passthrough_mode = identity == known;
	else if (j->iommu_state == IOMMU_ON)
		judgement_add(j, "passthrough-mode-unknown", SEVERITY_INFO, "host",
			      _("It is not known whether host devices bypass the IOMMU. It does not "
				"matter for giving devices away."));
	if (j->passthrough_mode == 1) {
		struct finding *f = judgement_add(
			j, "passthrough-mode", SEVERITY_INFO, "host",
			_("Devices of the host bypass the IOMMU (passthrough mode). A device given "
			  "to a machine is still kept apart; the mode is neither needed for that "
			  "nor in its way."));

		finding_add_evidence(j, f, "/sys/kernel/iommu_groups/*/type: identity");
	}
}

static void iommu_judge(struct judgement *j)
{
	struct iommu_signs s;
	const char *line;

	iommu_signs_read(j->host, &s);
	j->iommu_kind = s.kind;
	j->iommu_state = s.state;
	if (j->host->kernel.xen_dom0) {
		j->iommu_state = IOMMU_STATE_UNKNOWN; /* rule-xen.c has said why */
		return;
	}
	j->interrupt_remapping = iommu_remaps_interrupts(j->host, s.kind, &line);
	switch (s.state) {
	case IOMMU_ON:
		iommu_judge_on(j);
		break;
	case IOMMU_OFF_IN_KERNEL:
		iommu_judge_off_in_kernel(j, &s);
		break;
	case IOMMU_OFF_IN_FIRMWARE:
		iommu_judge_off_in_firmware(j, &s);
		break;
	case IOMMU_ABSENT:
		iommu_judge_absent(j, &s);
		break;
	case IOMMU_FAILED:
		iommu_judge_failed(j, &s);
		break;
	case IOMMU_STATE_UNKNOWN:
		iommu_judge_unknown(j, &s);
		break;
	}
	iommu_judge_interrupts(j, line);
	iommu_judge_passthrough(j);
}

const struct rule rule_iommu = { "iommu", iommu_judge };
