/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

static json_t *groups_addresses(struct pci_device *const *devices, unsigned n, bool bridges, bool rest)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < n; i++)
		if (pci_device_is_bridge(devices[i]) ? bridges : rest)
			json_array_append_new(array, json_text(devices[i]->address));
	return array;
}

static json_t *groups_json_causes(const struct group_verdict *v)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < v->n_causes; i++) {
		json_t *cause = json_object();

		json_object_set_new(cause, "kind", json_text(group_cause_name(v->causes[i].kind)));
		json_object_set_new(cause, "address", json_text(v->causes[i].device->address));
		json_object_set_new(cause, "evidence", json_text(v->causes[i].evidence));
		json_array_append_new(array, cause);
	}
	return array;
}

/* [["0000:01:00.0"], ["0000:02:00.0", "0000:02:00.1"]]: endpoints only; null when it is not known. */
static json_t *groups_json_parts(const struct iommu_group *g, const struct override_effect *e)
{
	json_t *parts;

	if (!e->parts)
		return json_null();
	parts = json_array();
	for (unsigned i = 0; i < g->n_devices; i++) {
		json_t *part = json_array();
		bool seen = false;

		for (unsigned k = 0; k < i; k++)
			seen = seen || e->parts[k] == e->parts[i];
		for (unsigned k = i; !seen && k < g->n_devices; k++)
			if (e->parts[k] == e->parts[i] && !pci_device_is_bridge(g->devices[k]))
				json_array_append_new(part, json_text(g->devices[k]->address));
		if (json_array_size(part))
			json_array_append(parts, part);
		json_decref(part);
	}
	return parts;
}

static json_t *groups_json_override(const struct group_verdict *v)
{
	json_t *j = json_object();

	json_object_set_new(j, "downstream", groups_json_parts(v->group, &v->override[OVERRIDE_DOWNSTREAM]));
	json_object_set_new(j, "multifunction", groups_json_parts(v->group, &v->override[OVERRIDE_MULTIFUNCTION]));
	json_object_set_new(j, "both", groups_json_parts(v->group, &v->override[OVERRIDE_BOTH]));
	return j;
}

/* What a group to come has, too. */
static json_t *groups_json_any(const struct group_verdict *v, bool forecast)
{
	const struct iommu_group *g = v->group;
	json_t *j = json_object();

	json_object_set_new(j, "id", forecast ? json_null() : json_integer(g->id));
	json_object_set_new(j, "forecast", json_boolean(forecast));
	json_object_set_new(j, "verdict", json_text(group_verdict_name(v->kind)));
	json_object_set_new(j, "devices", groups_addresses(g->devices, g->n_devices, false, true));
	json_object_set_new(j, "bridges", groups_addresses(g->devices, g->n_devices, true, false));
	json_object_set_new(j, "reason", json_text(v->reason));
	json_object_set_new(j, "ports_without_acs",
			    v->ports_known ? groups_addresses(v->ports_without_acs, v->n_ports_without_acs,
							      true, true)
					   : json_null());
	json_object_set_new(j, "causes", groups_json_causes(v));
	return j;
}

static json_t *groups_json_one(const struct group_verdict *v)
{
	json_t *j = groups_json_any(v, false);

	json_object_set_new(j, "split_by_override", json_boolean(v->split_by_override));
	json_object_set_new(j, "override", groups_json_override(v));
	return j;
}

/* null when there is none: the kernel has groups, or not enough could be read. */
static json_t *groups_json_forecast(const struct judgement *jm)
{
	json_t *array;

	if (!jm->n_forecast)
		return json_null();
	array = json_array();
	for (unsigned i = 0; i < jm->n_forecast; i++)
		json_array_append_new(array, groups_json_any(&jm->forecast[i], true));
	return array;
}

static void groups_json(struct cli *c, const struct judgement *jm)
{
	json_t *j = json_object(), *groups = json_array(), *devices = json_array();

	for (unsigned i = 0; i < jm->host->n_groups; i++)
		json_array_append_new(groups, groups_json_one(&jm->groups[i]));
	for (unsigned i = 0; i < jm->host->n_devices; i++)
		json_array_append_new(devices, cli_json_device(&jm->devices[i]));
	json_object_set_new(j, "groups", groups);
	json_object_set_new(j, "forecast", groups_json_forecast(jm));
	json_object_set_new(j, "forecast_why_not", json_text(jm->forecast_why_not));
	json_object_set_new(j, "devices", devices);
	cli_print_json(c, j);
}

static const char *groups_mark(const struct judgement *jm, const struct pci_device *d)
{
	if (pci_device_is_bridge(d))
		return "--";
	switch (judgement_device(jm, d)->assignable) {
	case ASSIGNABLE_YES:
		return "OK";
	case ASSIGNABLE_CARE:
		return "! ";
	case ASSIGNABLE_NO:
		break;
	}
	return "no";
}

static void groups_text_members(struct cli *c, const struct judgement *jm, const struct iommu_group *g)
{
	for (unsigned k = 0; k < g->n_devices; k++) {
		const struct pci_device *d = g->devices[k];

		cli_printf(c, "  %s  %-12s %s: %s %s [%04x:%04x] %s\n", groups_mark(jm, d), d->address,
			   d->class_name, d->vendor_name, d->device_name, d->vendor, d->device,
			   d->driver ? d->driver : "-");
	}
}

static void groups_text_forecast(struct cli *c, const struct judgement *jm)
{
	cli_printf(c, _("There are no IOMMU groups: the IOMMU is not on. Run: vfio-wizard check\n"));
	if (jm->forecast_why_not)
		cli_printf(c, "%s %s\n", jm->forecast_why_not,
			   _("Run vfio-wizard groups as root, or switch the IOMMU on."));
	if (!jm->n_forecast)
		return;
	cli_printf(c, "%s\n", _("Forecast of the groups there will be when it is on; the kernel gives the numbers:"));
	for (unsigned i = 0; i < jm->n_forecast; i++) {
		const struct group_verdict *v = &jm->forecast[i];

		cli_printf(c, _("Forecast  %s  %s\n"), _(group_verdict_name(v->kind)), v->reason);
		groups_text_members(c, jm, v->group);
	}
}

static void groups_text(struct cli *c, const struct judgement *jm)
{
	for (unsigned i = 0; i < jm->host->n_groups; i++) {
		const struct group_verdict *v = &jm->groups[i];

		cli_printf(c, _("Group %d  %s  %s\n"), v->group->id, _(group_verdict_name(v->kind)), v->reason);
		if (v->split_by_override)
			cli_printf(c, "  %s\n", _("Split by the ACS override, not by hardware."));
		groups_text_members(c, jm, v->group);
	}
	if (jm->host->n_groups == 0)
		groups_text_forecast(c, jm);
}

static int groups_run(struct cli *c, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	int r = cli_open_session(c, &s, err);

	if (r == 0)
		r = session_look_at_devices(s, false, err);
	if (r < 0)
		return r;
	if (c->json)
		groups_json(c, s->judgement);
	else
		groups_text(c, s->judgement);
	r = session_check_input(s, err);
	return r < 0 ? r : s->host->n_groups == 0;
}

const struct command command_groups = {
	.name = "groups",
	.summary = N_("IOMMU groups with their devices, drivers, verdict and reason"),
	.run = groups_run,
};
