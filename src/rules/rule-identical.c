/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two cards with the same ids: binding by id would take both, perhaps the one the host runs on. */
#include "rules/judge.h"

static bool identical_counts(const struct pci_device *d)
{
	if (!judge_is_endpoint(d) || d->physfn)
		return false;
	switch (pci_device_class(d)) {
	case DEVICE_GPU:
	case DEVICE_NVME:
	case DEVICE_NIC:
	case DEVICE_USB:
	case DEVICE_STORAGE:
		return true;
	case DEVICE_AUDIO: /* goes with its card, which is named already */
	case DEVICE_BRIDGE:
	case DEVICE_OTHER:
		break;
	}
	return false;
}

static bool identical_is(const struct pci_device *a, const struct pci_device *b)
{
	return a->vendor == b->vendor && a->device == b->device && identical_counts(b);
}

/* Told at the first of them, and only when they are on more than one card. */
static bool identical_is_news(const struct host *h, unsigned i)
{
	const struct pci_device *d = h->devices[i];

	if (!identical_counts(d))
		return false;
	for (unsigned k = 0; k < i; k++)
		if (identical_is(d, h->devices[k]))
			return false;
	for (unsigned k = i + 1; k < h->n_devices; k++)
		if (identical_is(d, h->devices[k]) && !judge_same_card(d, h->devices[k]))
			return true;
	return false;
}

static void identical_judge(struct judgement *j)
{
	const struct host *h = j->host;

	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *d = h->devices[i];
		struct finding *f;

		if (!identical_is_news(h, i))
			continue;
		f = judgement_add(j, "identical-devices", SEVERITY_INFO, d->address,
				  _("There is more than one device with the ids %04x:%04x. Binding by "
				    "id would take all of them from the host."),
				  d->vendor, d->device);
		for (unsigned k = i; k < h->n_devices; k++)
			if (identical_is(d, h->devices[k]))
				finding_add_evidence(j, f, "%s [%04x:%04x]", h->devices[k]->address,
						     d->vendor, d->device);
		finding_add_advice(j, f, _("Bind by address."));
	}
}

const struct rule rule_identical = { "identical", identical_judge };
