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

static void graphics_judge(struct judgement *j)
{
	graphics_judge_single(j);
	for (unsigned i = 0; i < j->host->n_devices; i++)
		graphics_judge_reset(j, j->host->devices[i]);
}

const struct rule rule_graphics = { "graphics", graphics_judge };
