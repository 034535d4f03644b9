/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/rule.h"

#include "model/device-data.h"

static const struct rule *const rules_table[] = {
#define RULE(id) &rule_##id,
#include "rules/rule.def"
#undef RULE
};

static bool rules_has_vfio(const struct judgement *j)
{
	switch (j->host->vfio.vfio_pci) {
	case MODULE_AVAILABLE:
	case MODULE_BUILTIN:
	case MODULE_LOADED:
		return true;
	case MODULE_UNKNOWN:
	case MODULE_MISSING:
		break;
	}
	return false;
}

static bool rules_has_device(const struct judgement *j)
{
	for (unsigned i = 0; i < j->host->n_devices; i++)
		if (j->devices[i].assignable != ASSIGNABLE_NO)
			return true;
	return false;
}

/*
 * Blocked is what nobody can change on this host as it is; a switch in the firmware, a kernel
 * argument or a package is work.
 */
static enum verdict rules_conclude(const struct judgement *j)
{
	if (j->host->kernel.xen_dom0)
		return VERDICT_BLOCKED;
	if (j->virtualization == VIRTUALIZATION_ABSENT || j->iommu_state == IOMMU_ABSENT)
		return VERDICT_BLOCKED;
	if (j->iommu_state != IOMMU_ON || j->virtualization == VIRTUALIZATION_OFF_IN_FIRMWARE)
		return VERDICT_WORK;
	/* From inside a container nobody sees what the host needs. */
	if (!rules_has_vfio(j) || j->host->identity.container)
		return VERDICT_WORK;
	return rules_has_device(j) ? VERDICT_READY : VERDICT_WORK;
}

struct judgement *rules_judge(struct host *h)
{
	struct judgement *j = arena_alloc(h->arena, sizeof(*j));

	j->host = h;
	device_data_match(h);
	j->interrupt_remapping = -1;
	j->passthrough_mode = -1;
	j->groups = arena_alloc(h->arena, (h->n_groups + 1) * sizeof(*j->groups));
	j->devices = arena_alloc(h->arena, (h->n_devices + 1) * sizeof(*j->devices));
	for (unsigned i = 0; i < h->n_groups; i++)
		j->groups[i].group = h->groups[i];
	for (unsigned i = 0; i < h->n_devices; i++)
		j->devices[i].device = h->devices[i];
	for (unsigned i = 0; i < ARRAY_SIZE(rules_table); i++)
		rules_table[i]->judge(j);
	j->verdict = rules_conclude(j);
	if (j->iommu_state == IOMMU_ON && h->n_devices && !rules_has_device(j)) {
		struct finding *f = judgement_add(
			j, "nothing-to-give", SEVERITY_WARN, "host",
			_("No device of this host can be given to a machine as things are."));

		finding_add_advice(j, f, _("The list of devices says for each one why. A second "
					   "graphics card or a device in another slot changes it."));
	}
	return j;
}
