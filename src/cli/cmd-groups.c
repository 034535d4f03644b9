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

static json_t *groups_json_one(const struct group_verdict *v)
{
	const struct iommu_group *g = v->group;
	json_t *j = json_object();

	json_object_set_new(j, "id", json_integer(g->id));
	json_object_set_new(j, "verdict", json_text(group_verdict_name(v->kind)));
	json_object_set_new(j, "devices", groups_addresses(g->devices, g->n_devices, false, true));
	json_object_set_new(j, "bridges", groups_addresses(g->devices, g->n_devices, true, false));
	json_object_set_new(j, "reason", json_text(v->reason));
	json_object_set_new(j, "ports_without_acs",
			    v->ports_known ? groups_addresses(v->ports_without_acs, v->n_ports_without_acs,
							      true, true)
					   : json_null());
	return j;
}

static void groups_json(struct cli *c, const struct judgement *jm)
{
	json_t *j = json_object(), *groups = json_array(), *devices = json_array();

	for (unsigned i = 0; i < jm->host->n_groups; i++)
		json_array_append_new(groups, groups_json_one(&jm->groups[i]));
	for (unsigned i = 0; i < jm->host->n_devices; i++)
		json_array_append_new(devices, cli_json_device(&jm->devices[i]));
	json_object_set_new(j, "groups", groups);
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

static void groups_text(struct cli *c, const struct judgement *jm)
{
	for (unsigned i = 0; i < jm->host->n_groups; i++) {
		const struct group_verdict *v = &jm->groups[i];

		cli_printf(c, _("Group %d  %s  %s\n"), v->group->id, _(group_verdict_name(v->kind)), v->reason);
		for (unsigned k = 0; k < v->group->n_devices; k++) {
			const struct pci_device *d = v->group->devices[k];

			cli_printf(c, "  %s  %-12s %s: %s %s [%04x:%04x] %s\n", groups_mark(jm, d), d->address,
				   d->class_name, d->vendor_name, d->device_name, d->vendor, d->device,
				   d->driver ? d->driver : "-");
		}
	}
	if (jm->host->n_groups == 0)
		cli_printf(c, _("There are no IOMMU groups: the IOMMU is not on. Run: vfio-wizard check\n"));
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
