/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host would lose with each device it uses. */
#include "rules/judge.h"

static void hostuse_judge(struct judgement *j)
{
	for (unsigned i = 0; i < j->host->n_devices; i++) {
		const struct pci_device *d = j->host->devices[i];
		struct finding *f;

		if (!d->n_uses)
			continue;
		if (judge_vital_use(j->host, d))
			f = judgement_add(j, "host-needs-device", SEVERITY_INFO, d->address,
					  _("The host cannot do without %s. It stays with the host."),
					  judge_label(j, d));
		else
			f = judgement_add(j, "host-uses-device", SEVERITY_INFO, d->address,
					  _("The host uses %s and would lose that when it is given "
					    "away."), judge_label(j, d));
		for (unsigned k = 0; k < d->n_uses; k++)
			finding_add_evidence(j, f, "%s: %s", host_use_kind_name(d->uses[k].kind),
					     d->uses[k].detail ? d->uses[k].detail : d->address);
	}
}

const struct rule rule_hostuse = { "hostuse", hostuse_judge };
