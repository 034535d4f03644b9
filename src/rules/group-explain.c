/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the devices of a group are together, from how the kernel's way of making groups put them there. */
#include "rules/group-explain.h"

#include "base/str.h"

#include <string.h>

unsigned group_count_endpoints(const struct iommu_group *g)
{
	unsigned n = 0;

	for (unsigned i = 0; i < g->n_devices; i++)
		n += judge_is_endpoint(g->devices[i]);
	return n;
}

const struct pci_device *group_first_endpoint(const struct iommu_group *g)
{
	for (unsigned i = 0; i < g->n_devices; i++)
		if (judge_is_endpoint(g->devices[i]))
			return g->devices[i];
	return NULL;
}

bool group_is_one_card(const struct iommu_group *g)
{
	const struct pci_device *first = group_first_endpoint(g);

	for (unsigned i = 0; i < g->n_devices; i++)
		if (judge_is_endpoint(g->devices[i]) && !judge_same_card(first, g->devices[i]))
			return false;
	return true;
}

static bool group_is_for_host(const struct judgement *j, const struct iommu_group *g)
{
	for (unsigned i = 0; i < g->n_devices; i++)
		if (judge_is_endpoint(g->devices[i]) &&
		    judgement_device(j, g->devices[i])->assignable != ASSIGNABLE_NO)
			return false;
	return true;
}

enum group_verdict_kind group_kind(const struct judgement *j, const struct iommu_group *g)
{
	if (group_is_for_host(j, g))
		return GROUP_HOST;
	return group_is_one_card(g) ? GROUP_ISOLATED : GROUP_SHARED;
}

bool group_has_cause(const struct group_verdict *v, enum group_cause_kind kind)
{
	for (unsigned i = 0; i < v->n_causes; i++)
		if (v->causes[i].kind == kind)
			return true;
	return false;
}

const struct pci_device *group_slot_above(const struct pci_device *d)
{
	const struct pci_addr card = judge_card(d);
	const struct pci_device *up = d->parent;

	if (pci_addr_same_slot(card, d->addr))
		return up;
	for (const struct pci_device *p = up; p; p = p->parent)
		if (pci_addr_same_slot(p->addr, card))
			return p->parent;
	return up;
}

static bool group_has(const struct iommu_group *g, const struct pci_device *d)
{
	for (unsigned i = 0; d && i < g->n_devices; i++)
		if (g->devices[i] == d)
			return true;
	return false;
}

/* Is PORT above an endpoint of its group, and not a switch on that endpoint's own card? */
static bool group_port_is_above(const struct iommu_group *g, const struct pci_device *port)
{
	for (unsigned i = 0; i < g->n_devices; i++) {
		const struct pci_device *d = g->devices[i];
		unsigned steps = 0;

		if (!judge_is_endpoint(d))
			continue;
		for (const struct pci_device *up = group_slot_above(d); up && steps < 256; up = up->parent, steps++)
			if (up == port)
				return true;
	}
	return false;
}

/* Without a header not even a port is known to be one. */
static bool group_is_readable(const struct iommu_group *g)
{
	for (unsigned i = 0; i < g->n_devices; i++)
		if (!g->devices[i]->config_len && !g->devices[i]->physfn)
			return false;
	return true;
}

struct cause_list {
	struct judgement *j;
	const struct acs_view *view;
	struct group_cause *items;
	unsigned n;
};

static void cause_add(struct cause_list *l, enum group_cause_kind kind, struct pci_device *d)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->items[i].kind == kind && l->items[i].device == d)
			return;
	l->items[l->n].kind = kind;
	l->items[l->n].device = d;
	l->items[l->n].evidence = arena_printf(l->j->host->arena, "%s [%04x:%04x]: %s", d->address, d->vendor,
					       d->device, acs_describe(l->j->host, d, l->view));
	l->n++;
}

/* A port or bridge of the group itself. */
static void cause_add_port(struct cause_list *l, struct group_verdict *v, struct pci_device *d)
{
	const struct acs_verdict acs = acs_judge(l->j->host, d, l->view);

	if (d->header_type != 1 || !group_port_is_above(v->group, d))
		return;
	if (acs.isolates < 0)
		v->ports_known = false;
	else if (acs.reason == ACS_CONVENTIONAL)
		cause_add(l, CAUSE_CONVENTIONAL, d);
	else if (!acs.isolates) {
		cause_add(l, CAUSE_PORT, d);
		l->items[l->n - 1].switched_off = acs.reason == ACS_SWITCHED_OFF;
	}
}

static void cause_add_join(struct cause_list *l, struct group_verdict *v, const struct forecast_device *f)
{
	if (!group_has(v->group, f->with))
		return;
	switch (f->join) {
	case FORECAST_FUNCTION:
		if (!group_is_one_card(v->group) && acs_judge(l->j->host, f->device, l->view).isolates < 0)
			v->ports_known = false;
		/* Of ports it says nothing that their own lack of ACS does not. */
		if (f->device->header_type == 0) {
			cause_add(l, CAUSE_FUNCTIONS, f->with);
			cause_add(l, CAUSE_FUNCTIONS, f->device);
		}
		break;
	case FORECAST_ALIAS:
		cause_add(l, CAUSE_ALIAS, f->with);
		cause_add(l, CAUSE_ALIAS, f->device);
		break;
	case FORECAST_VMD:
		cause_add(l, CAUSE_VMD, f->with);
		break;
	case FORECAST_BRIDGE:
	case FORECAST_PORT:
	case FORECAST_FIRST:
	case FORECAST_NONE:
		break;
	}
}

static void group_list_ports(struct judgement *j, struct group_verdict *v)
{
	unsigned n = 0;

	/* Half of the truth would name the wrong port. */
	if (!v->ports_known)
		return;
	v->ports_without_acs = arena_alloc(j->host->arena, (v->n_causes + 1) * sizeof(*v->ports_without_acs));
	for (unsigned i = 0; i < v->n_causes; i++)
		if (v->causes[i].kind == CAUSE_PORT)
			v->ports_without_acs[n++] = v->causes[i].device;
	v->n_ports_without_acs = n;
}

void group_explain(struct judgement *j, struct group_verdict *v, const struct group_forecast *f)
{
	const struct acs_view view = acs_view_now(j->host);
	struct cause_list list = { .j = j, .view = &view };
	unsigned i, k = 0;

	/* A device is the cause of two kinds at most. */
	list.items = arena_alloc(j->host->arena, (2 * v->group->n_devices + 1) * sizeof(*list.items));
	v->ports_known = group_is_one_card(v->group) || group_is_readable(v->group);
	/* One card below its own port has nobody to be kept apart from. */
	for (i = 0; !group_is_one_card(v->group) && i < v->group->n_devices; i++)
		cause_add_port(&list, v, v->group->devices[i]);
	/* Both lists are by address. */
	for (i = 0; i < f->n_devices && k < v->group->n_devices; i++) {
		if (f->devices[i].device != v->group->devices[k])
			continue;
		cause_add_join(&list, v, &f->devices[i]);
		k++;
	}
	v->causes = list.items;
	v->n_causes = list.n;
	group_list_ports(j, v);
}

static const char *group_reason_host(struct judgement *j, const struct iommu_group *g)
{
	if (!g->n_devices)
		return _("There is no PCI device in it.");
	if (!group_count_endpoints(g))
		return _("There are only bridges in it; they stay with the host.");
	if (g->has_direct_region == 1 && judge_refuses_direct(j->host))
		return _("The firmware reserves memory for one of its devices (RMRR), so the kernel "
			 "refuses to give it away.");
	for (unsigned i = 0; i < g->n_devices; i++)
		if (judge_vital_use(j->host, g->devices[i]))
			return arena_printf(j->host->arena, _("The host needs %s."),
					    judge_label(j, g->devices[i]));
	return _("Nothing in it can be given away; its devices belong to the host.");
}

/* Addresses of the causes of one kind, joined. */
static const char *group_cause_addresses(struct judgement *j, const struct group_verdict *v,
					 enum group_cause_kind kind, bool switched_off)
{
	_cleanup_str_ struct str s = { 0 };

	for (unsigned i = 0; i < v->n_causes; i++)
		if (v->causes[i].kind == kind && v->causes[i].switched_off == switched_off)
			str_addf(&s, "%s%s", s.len ? ", " : "", v->causes[i].device->address);
	return arena_strndup(j->host->arena, str_c(&s), s.len);
}

static const char *group_cause_sentence(enum group_cause_kind kind, bool switched_off)
{
	switch (kind) {
	case CAUSE_PORT:
		if (switched_off)
			return _("%s could keep apart what is behind it (ACS), but that is not switched on.");
		return _("Nothing keeps apart what is behind %s (no ACS).");
	case CAUSE_CONVENTIONAL:
		return _("Behind %s is conventional PCI, where all devices carry the bridge's name: no "
			 "setting can keep them apart.");
	case CAUSE_FUNCTIONS:
		return _("%s are parts of one chip that does not promise to keep them apart (no ACS).");
	case CAUSE_ALIAS:
		return _("%s reach memory under one name: a flaw of the chip.");
	case CAUSE_VMD:
		break;
	}
	return _("Everything behind %s (Intel VMD) reaches memory under its name.");
}

static void group_add_cause(struct judgement *j, const struct group_verdict *v, enum group_cause_kind kind,
			    bool switched_off, struct str *s)
{
	const char *addresses = group_cause_addresses(j, v, kind, switched_off);

	if (!*addresses)
		return;
	str_addc(s, ' ');
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	/* Each sentence has exactly one %s. */
	str_addf(s, group_cause_sentence(kind, switched_off), addresses);
#pragma GCC diagnostic pop
}

static const char *group_reason_shared(struct judgement *j, const struct group_verdict *v)
{
	_cleanup_str_ struct str s = { 0 };

	str_add(&s, _("Devices of several cards share it."));
	for (int k = CAUSE_PORT; k <= CAUSE_VMD; k++) {
		group_add_cause(j, v, (enum group_cause_kind)k, false, &s);
		group_add_cause(j, v, (enum group_cause_kind)k, true, &s);
	}
	if (!v->n_causes)
		str_addf(&s, " %s", _("No port above them lacks ACS; the kernel knows a reason that this program "
				      "does not."));
	return arena_strndup(j->host->arena, str_c(&s), s.len);
}

const char *group_reason(struct judgement *j, const struct group_verdict *v)
{
	const struct iommu_group *g = v->group;

	switch (v->kind) {
	case GROUP_HOST:
		return group_reason_host(j, g);
	case GROUP_ISOLATED:
		if (group_count_endpoints(g) == 1)
			return arena_printf(j->host->arena, _("%s has it for itself."),
					    judge_label(j, group_first_endpoint(g)));
		return _("All its devices are on one card.");
	case GROUP_SHARED:
		break;
	}
	if (!v->ports_known)
		return _("Devices of several cards share it. Why can only be read as root.");
	return group_reason_shared(j, v);
}
