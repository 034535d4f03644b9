/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Graphics cards: is there a second one, and which families do not come back from a reset. */
#include "rules/judge.h"

static const struct device_line *graphics_reset_line(const struct pci_device *d)
{
	const struct device_line *line = device_known(d, DEVICE_RESET_BUG);

	return line ? line : device_known(d, DEVICE_RESET_REPORTS);
}

static void graphics_judge_reset(struct judgement *j, const struct pci_device *d)
{
	const struct device_line *line = graphics_reset_line(d);
	struct finding *f;

	if (!line || !judge_is_real_gpu(d))
		return;
	f = judgement_add(j, "gpu-reset-trouble", SEVERITY_INFO, d->address, "%s",
			  device_line_text(j->host->arena, line));
	finding_add_evidence(j, f, "%s [%04x:%04x]", d->address, d->vendor, d->device);
	finding_add_evidence(j, f, "%s: %s", judge_line_place(j, line), line->source);
	finding_add_advice(j, f, _("Test it: start the machine, stop it, start it again, with all "
				   "other work saved."));
	if (line->topic == DEVICE_RESET_BUG)
		finding_add_advice(j, f, _("If it fails, the kernel module vendor-reset helps on many "
					   "kernels, but not on all of 6.12 and later."));
}

static void graphics_judge_single(struct judgement *j)
{
	const struct pci_device *only = NULL;
	struct finding *f;

	for (unsigned i = 0; i < j->host->n_devices; i++) {
		const struct pci_device *d = j->host->devices[i];

		if (d->class_code >> 16 != 0x03 || d->physfn)
			continue;
		if (only && !judge_same_card(only, d))
			return;
		only = d;
	}
	if (!only || !judge_is_real_gpu(only))
		return;
	f = judgement_add(j, "single-gpu", SEVERITY_WARN, only->address,
			  _("This is the only graphics card. While a machine has it, the host has no "
			    "screen."));
	finding_add_evidence(j, f, "%s [%04x:%04x] %s", only->address, only->vendor, only->device,
			     only->class_name);
	finding_add_advice(j, f, _("Look in the firmware setup whether graphics built into the processor "
				   "are switched off, and switch them on."));
	finding_add_advice(j, f, _("Or add a second card, a simple one is enough, for the host."));
	finding_add_advice(j, f, _("Without a second one, set up ssh from another computer first: it is "
				   "the only way in while the machine runs."));
}

/*
 * vfio-pci takes such a framebuffer away by itself since Linux 6.0 (aperture_remove_conflicting_pci_devices
 * in vfio_pci_core.c, for class VGA); before, the start ended with "BAR 1: can't reserve".
 */
static void graphics_judge_framebuffer(struct judgement *j, const struct pci_device *d)
{
	int modern = judge_kernel_at_least(j->host, 6, 1);
	struct finding *f;

	if (!d->framebuffer || !judge_is_real_gpu(d) || (modern == 1 && d->class_code >> 8 == 0x0300))
		return;
	f = judgement_add(j, "framebuffer-in-card", SEVERITY_INFO, d->address,
			  _("The picture of the boot lies in the memory of this card and holds it. A machine "
			    "may then not start, with \"BAR 1: can't reserve\" in the kernel's messages."));
	finding_add_evidence(j, f, "/proc/iomem: %s in %s", d->framebuffer, d->address);
	finding_add_advice(j, f, _("Choose the other card as first display in the firmware setup."));
	finding_add_advice(j, f, _("Kernels from 6.1 on take the picture away by themselves. On older ones, and "
				   "only when that message came, the kernel argument initcall_blacklist=sysfb_init "
				   "helps; the screen then stays dark until the graphics driver starts."));
}

static void graphics_judge(struct judgement *j)
{
	graphics_judge_single(j);
	for (unsigned i = 0; i < j->host->n_devices; i++) {
		graphics_judge_reset(j, j->host->devices[i]);
		graphics_judge_framebuffer(j, j->host->devices[i]);
	}
}

const struct rule rule_graphics = { "graphics", graphics_judge };
