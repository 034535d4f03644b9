/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcie_acs_override: what it does to groups where it is on, and what it would do where it is not.  The patch
 * was never part of Linux: lkml.org/lkml/2013/5/30/513.
 */
#include "rules/group-explain.h"

#include "base/str.h"
#include "model/acs-kernels.h"

#include <limits.h>
#include <string.h>

static const char *const override_values[] = { "downstream", "multifunction", "downstream,multifunction" };

/* Is the part NUMBER the endpoints of one card?  RET_ANY: it has an endpoint. */
static bool override_is_one_card(const struct iommu_group *g, const unsigned *parts, unsigned number, bool *ret_any)
{
	const struct pci_device *first = NULL;

	for (unsigned i = 0; i < g->n_devices; i++) {
		if (parts[i] != number || !judge_is_endpoint(g->devices[i]))
			continue;
		if (first && !judge_same_card(first, g->devices[i]))
			return false;
		first = g->devices[i];
		*ret_any = true;
	}
	return first != NULL;
}

/* The forecast's number of each device of G; NULL when one of them is not known. */
static unsigned *override_parts(struct judgement *j, const struct iommu_group *g, const struct group_forecast *f)
{
	unsigned *parts = arena_alloc(j->host->arena, (g->n_devices + 1) * sizeof(*parts)), k = 0;

	/* Both lists are by address. */
	for (unsigned i = 0; i < f->n_devices && k < g->n_devices; i++) {
		if (f->devices[i].device != g->devices[k])
			continue;
		if (f->devices[i].join == FORECAST_NONE || !f->known[f->devices[i].group])
			return NULL;
		parts[k++] = f->devices[i].group;
	}
	return k == g->n_devices ? parts : NULL;
}

static void override_count(const struct iommu_group *g, struct override_effect *e)
{
	for (unsigned i = 0; i < g->n_devices; i++) {
		bool seen = false, any = false, one_card;

		for (unsigned k = 0; k < i; k++)
			seen = seen || e->parts[k] == e->parts[i];
		if (seen)
			continue;
		one_card = override_is_one_card(g, e->parts, e->parts[i], &any);
		e->n += any;
		e->helps = e->helps || one_card;
	}
	e->helps = e->helps && e->n > 1;
}

void group_try_override(struct judgement *j, struct group_verdict *v, struct group_forecast *const with[3])
{
	for (int i = OVERRIDE_DOWNSTREAM; i <= OVERRIDE_BOTH; i++) {
		v->override[i].parts = override_parts(j, v->group, with[i]);
		if (v->override[i].parts)
			override_count(v->group, &v->override[i]);
	}
}

/* "0000:01:00.0 0000:01:00.1 | 0000:02:00.0", endpoints only */
static const char *override_list_parts(struct judgement *j, const struct group_verdict *v,
				       const struct override_effect *e)
{
	const struct iommu_group *g = v->group;
	_cleanup_str_ struct str s = { 0 };

	for (unsigned i = 0; i < g->n_devices; i++) {
		bool first = true;

		for (unsigned k = 0; k < i; k++)
			first = first && (e->parts[k] != e->parts[i] || !judge_is_endpoint(g->devices[k]));
		if (!first || !judge_is_endpoint(g->devices[i]))
			continue;
		str_add(&s, s.len ? " |" : "");
		for (unsigned k = i; k < g->n_devices; k++)
			if (e->parts[k] == e->parts[i] && judge_is_endpoint(g->devices[k]))
				str_addf(&s, "%s%s", s.len ? " " : "", g->devices[k]->address);
	}
	return arena_strndup(j->host->arena, str_c(&s), s.len);
}

/* When the kernel that runs does not know it, or that is not known: another kernel. */
static void override_advise_other_kernel(struct judgement *j, struct finding *f)
{
	const char *installed = acs_kernels_installed(j->host);

	if (j->host->kernel.acs_override_known == 1)
		return;
	if (installed)
		/* TRANSLATORS: %s is a list of kernel releases */
		finding_add_advice(j, f,
				   _("Installed kernels that know pcie_acs_override: %s. \"vfio-wizard plan --acs-override … "
				     "--kernel RELEASE\" shows what starting one takes."),
				   installed);
	else
		finding_add_advice(j, f, "%s", acs_kernels_how(j->host));
}

static void override_advise_kernel(struct judgement *j, struct finding *f)
{
	switch (j->host->kernel.acs_override_known) {
	case 1:
		finding_add_advice(j, f,
				   _("Last of all: this kernel knows pcie_acs_override. It splits the "
				     "group on paper only; the devices can still reach each other past "
				     "the IOMMU, and so can a machine. Only for machines you trust."));
		break;
	case 0:
		finding_add_advice(j, f,
				   _("This kernel does not know pcie_acs_override. Kernels that do split "
				     "the group on paper only; the devices can still reach each other "
				     "past the IOMMU."));
		break;
	default:
		finding_add_advice(j, f,
				   _("It is not known whether this kernel knows pcie_acs_override. It "
				     "would split the group on paper only; the devices can still reach "
				     "each other past the IOMMU."));
		break;
	}
}

static void override_advise_none(struct judgement *j, struct finding *f, const struct group_verdict *v)
{
	if (group_has_cause(v, CAUSE_CONVENTIONAL))
		finding_add_advice(j, f,
				   _("pcie_acs_override does not split this group: it leaves conventional "
				     "PCI alone."));
	else if (group_has_cause(v, CAUSE_ALIAS) || group_has_cause(v, CAUSE_VMD))
		finding_add_advice(j, f,
				   _("pcie_acs_override does not split this group: its devices reach memory "
				     "under one name."));
	else
		finding_add_advice(j, f,
				   _("pcie_acs_override does not split this group: it leaves alone "
				     "conventional devices and ports that have ACS, switched on or not."));
}

void group_advise_override(struct judgement *j, struct finding *f, const struct group_verdict *v)
{
	const struct override_effect *e = NULL;
	int i;

	if (!v->override[OVERRIDE_BOTH].parts) {
		override_advise_kernel(j, f);
		override_advise_other_kernel(j, f);
		return;
	}
	for (i = OVERRIDE_DOWNSTREAM; i <= OVERRIDE_BOTH && !(e && e->helps); i++)
		e = &v->override[i];
	if (!e || !e->helps) {
		override_advise_none(j, f, v);
		return;
	}
	override_advise_kernel(j, f);
	/* TRANSLATORS: %s are an argument's value and addresses: A | B C */
	finding_add_advice(j, f, _("What pcie_acs_override=%s would make of this group: %s."), override_values[i - 1],
			   override_list_parts(j, v, e));
	override_advise_other_kernel(j, f);
}

/*
 * The command line asks for it; does this kernel listen?  One that does not may say
 * "Unknown kernel command line parameters "pcie_acs_override=downstream", will be passed to user space."
 */
const char *group_override_active(struct judgement *j)
{
	const struct host *h = j->host;
	const char *value = host_cmdline_value(h, "pcie_acs_override");
	const char *line = host_log_find(h, "Warning: PCIe ACS overrides enabled");
	const char *unknown = host_log_find(h, "Unknown kernel command line parameters");
	struct finding *f;

	if (!value)
		return NULL;
	if (unknown && !strstr(unknown, "pcie_acs_override"))
		unknown = NULL;
	if (!line && (unknown || h->kernel.acs_override_known == 0)) {
		f = judgement_add(j, "acs-override-ignored", SEVERITY_WARN, "/proc/cmdline",
				  _("pcie_acs_override is on the command line, but this kernel does not "
				    "know it. It does nothing."));
		finding_add_evidence(j, f, "/proc/cmdline: pcie_acs_override=%s", value);
		if (unknown || h->kernel.acs_override_evidence)
			finding_add_evidence(j, f, "%s", unknown ? unknown : h->kernel.acs_override_evidence);
		finding_add_advice(j, f, _("Remove it, or start a kernel that carries the ACS override "
					   "patch if you accept what it means."));
		return NULL;
	}
	f = judgement_add(j, "acs-override-active", SEVERITY_WARN, "/proc/cmdline",
			  _("The ACS override is on: some groups are split by it and not by hardware. "
			    "Devices of split groups can still reach each other past the IOMMU, and so "
			    "can a machine that has one of them."));
	finding_add_evidence(j, f, "/proc/cmdline: pcie_acs_override=%s", value);
	if (line)
		finding_add_evidence(j, f, "%s", line);
	finding_add_advice(j, f, _("Keep it only for machines you trust as much as the host, and look "
				   "for a slot or a firmware option that makes it needless."));
	return value;
}

/* What without the override would be one group. */
struct override_whole {
	const struct iommu_group *group;	/* of its first device */
	const struct pci_device *card;		/* its first endpoint */
	bool split, cards;			/* over several groups; has endpoints of several cards */
};

static struct override_whole *override_wholes(struct judgement *j, const struct group_forecast *f)
{
	struct override_whole *wholes = arena_alloc(j->host->arena, (f->n_groups + 1) * sizeof(*wholes));

	for (unsigned i = 0; i < f->n_devices; i++) {
		const struct pci_device *d = f->devices[i].device;
		struct override_whole *w = &wholes[f->devices[i].group];

		if (f->devices[i].join == FORECAST_NONE || !d->group)
			continue;
		if (!w->group)
			w->group = d->group;
		w->split = w->split || w->group != d->group;
		if (!judge_is_endpoint(d))
			continue;
		if (!w->card)
			w->card = d;
		w->cards = w->cards || !judge_same_card(w->card, d);
	}
	return wholes;
}

static void override_say_split(struct judgement *j, struct group_verdict *v, const struct forecast_device *fd, bool cards)
{
	const struct acs_view view = acs_view_now(j->host);
	const struct pci_device *guilty = fd->with ? fd->with : fd->device;
	struct finding *f;
	char subject[32];

	v->split_by_override = true;
	snprintf(subject, sizeof(subject), "group %d", v->group->id);
	if (cards)
		f = judgement_add(j, "group-split-by-override", SEVERITY_WARN, subject,
				  _("This group is split by the ACS override, not by hardware."));
	else
		f = judgement_add(j, "group-split-by-override", SEVERITY_INFO, subject,
				  _("This group is split by the ACS override from its own port only; it would "
				    "have no other card in it without."));
	finding_add_evidence(j, f, "%s [%04x:%04x]: %s", guilty->address, guilty->vendor, guilty->device,
			     acs_describe(j->host, guilty, &view));
}

void group_mark_split(struct judgement *j, const struct group_forecast *f)
{
	const struct override_whole *wholes = override_wholes(j, f);

	for (unsigned i = 0; i < f->n_devices; i++) {
		const struct pci_device *d = f->devices[i].device;
		const struct override_whole *w = &wholes[f->devices[i].group];
		struct group_verdict *v;

		if (f->devices[i].join == FORECAST_NONE || !d->group || !judge_is_endpoint(d) || !w->split ||
		    !f->known[f->devices[i].group])
			continue;
		v = &j->groups[judgement_group(j, d->group) - j->groups];
		if (!v->split_by_override)
			override_say_split(j, v, &f->devices[i], w->cards);
	}
}
