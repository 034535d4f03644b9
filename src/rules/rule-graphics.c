/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Graphics cards: is there a second one, and which families do not come back from a reset. */
#include "rules/judge.h"

struct graphics_family {
	uint16_t first, last;
	const char *name;
};

/* AMD devices covered by vendor-reset's device-db.h. */
static const struct graphics_family graphics_reset_families[] = {
	{ 0x67c0, 0x67cf, "Polaris 10" }, { 0x67df, 0x67df, "Polaris 10" },
	{ 0x6fdf, 0x6fdf, "Polaris 20" }, { 0x67e0, 0x67ef, "Polaris 11" },
	{ 0x67ff, 0x67ff, "Polaris 11" }, { 0x6980, 0x699f, "Polaris 12" },
	{ 0x6860, 0x687f, "Vega 10" },	  { 0x66a0, 0x66af, "Vega 20" },
	{ 0x7310, 0x731f, "Navi 10" },	  { 0x7340, 0x734f, "Navi 14" },
	{ 0x7360, 0x7360, "Navi 12" },	  { 0x7362, 0x7362, "Navi 12" },
	{ 0x738c, 0x738c, "MI100" },
};

static void graphics_judge_reset(struct judgement *j, const struct pci_device *d)
{
	struct finding *f;

	if (d->vendor != 0x1002 || !judge_is_real_gpu(d))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(graphics_reset_families); i++) {
		const struct graphics_family *family = &graphics_reset_families[i];

		if (d->device < family->first || d->device > family->last)
			continue;
		f = judgement_add(j, "gpu-reset-trouble", SEVERITY_INFO, d->address,
				  _("Cards of this family (%s) often do not come back after the machine "
				    "stops: the next start then needs a restart of the host."),
				  family->name);
		finding_add_evidence(j, f, "%s [%04x:%04x]", d->address, d->vendor, d->device);
		finding_add_advice(j, f, _("Test it: start the machine, stop it, start it again, with all "
					   "other work saved."));
		finding_add_advice(j, f, _("If it fails, the kernel module vendor-reset helps on many "
					   "kernels, but not on all of 6.12 and later."));
		return;
	}
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
