/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside a container the kernel's facts are the host's, but mounts, network and files of /etc and /boot are not. */
#include "rules/judge.h"

static void container_judge(struct judgement *j)
{
	const char *name = j->host->identity.container;
	struct finding *f;

	if (!name)
		return;
	f = judgement_add(j, "inside-container", SEVERITY_WARN, "host",
			  _("This program runs inside a container (%s). Which disks and network cards the host needs and "
			    "how it starts cannot be seen from here."), name);
	finding_add_evidence(j, f, "%s", j->host->identity.container_sign);
	finding_add_advice(j, f, _("Run this program as root on the host itself."));
}

const struct rule rule_container = { "container", container_judge };
