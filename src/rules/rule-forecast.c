/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The groups there will be when the IOMMU is on, as far as configuration space tells. */
#include "rules/group-explain.h"

static bool forecast_is_due(const struct judgement *j)
{
	if (j->host->n_groups || !j->host->n_devices)
		return false;
	switch (j->iommu_state) {
	case IOMMU_OFF_IN_KERNEL:
	case IOMMU_OFF_IN_FIRMWARE:
	case IOMMU_FAILED:
	case IOMMU_STATE_UNKNOWN:
		return true;
	case IOMMU_ON:
	case IOMMU_ABSENT:
		break;
	}
	return false;
}

static bool forecast_is_known(const struct group_forecast *f)
{
	for (unsigned i = 0; i < f->n_groups; i++)
		if (!f->known[i])
			return false;
	return f->n_groups > 0;
}

static void forecast_make_groups(struct judgement *j, const struct group_forecast *f)
{
	struct arena *a = j->host->arena;
	struct iommu_group *groups = arena_alloc(a, f->n_groups * sizeof(*groups));

	j->forecast = arena_alloc(a, f->n_groups * sizeof(*j->forecast));
	j->n_forecast = f->n_groups;
	for (unsigned i = 0; i < f->n_devices; i++)
		if (f->devices[i].join != FORECAST_NONE)
			groups[f->devices[i].group].n_devices++;
	for (unsigned i = 0; i < f->n_groups; i++) {
		groups[i].id = (int)i;
		groups[i].devices = arena_alloc(a, groups[i].n_devices * sizeof(*groups[i].devices));
		groups[i].n_devices = 0;
		j->forecast[i].group = &groups[i];
	}
	for (unsigned i = 0; i < f->n_devices; i++) {
		struct iommu_group *g = &groups[f->devices[i].group];

		if (f->devices[i].join != FORECAST_NONE)
			g->devices[g->n_devices++] = f->devices[i].device;
	}
	for (unsigned i = 0; i < f->n_groups; i++) {
		struct group_verdict *v = &j->forecast[i];

		v->kind = group_kind(j, v->group);
		group_explain(j, v, f);
		v->reason = group_reason(j, v);
	}
}

static void forecast_say(struct judgement *j)
{
	unsigned shared = 0;
	struct finding *f;

	for (unsigned i = 0; i < j->n_forecast; i++)
		shared += j->forecast[i].kind == GROUP_SHARED;
	if (shared)
		f = judgement_add(j, "groups-forecast", SEVERITY_INFO, "host",
				  _("Forecast: when the IOMMU is on, this host will have %u groups, and in %u of "
				    "them devices of several cards."),
				  j->n_forecast, shared);
	else
		f = judgement_add(j, "groups-forecast", SEVERITY_INFO, "host",
				  _("Forecast: when the IOMMU is on, this host will have %u groups, and in none of "
				    "them devices of several cards that can be given away."),
				  j->n_forecast);
	for (unsigned i = 0; i < j->n_forecast; i++) {
		const struct group_verdict *v = &j->forecast[i];

		if (v->kind != GROUP_SHARED)
			continue;
		finding_add_evidence(j, f, "forecast: %s",
				     judge_addresses(j, v->group->devices, v->group->n_devices));
		for (unsigned k = 0; k < v->n_causes; k++)
			finding_add_evidence(j, f, "%s", v->causes[k].evidence);
	}
	finding_add_advice(j, f, _("Switch the IOMMU on and look again: what the kernel then says is what counts. "
				   "The command groups shows the forecast."));
}

static void forecast_judge(struct judgement *j)
{
	const struct acs_view now = acs_view_now(j->host);
	struct group_forecast *plan;
	struct finding *f;

	if (!forecast_is_due(j))
		return;
	plan = forecast_groups(j->host, &now);
	if (forecast_is_known(plan)) {
		forecast_make_groups(j, plan);
		forecast_say(j);
		return;
	}
	j->forecast_why_not = _("Which groups there will be cannot be told yet: the configuration space of some "
				"devices was not readable in full.");
	f = judgement_add(j, "groups-no-forecast", SEVERITY_INFO, "host", "%s", j->forecast_why_not);
	finding_add_evidence(j, f, "/sys/bus/pci/devices/*/config: %u of %u devices", plan->n_unreadable,
			     j->host->n_devices);
	finding_add_advice(j, f, _("Run vfio-wizard groups as root, or switch the IOMMU on."));
}

const struct rule rule_forecast = { "forecast", forecast_judge };
