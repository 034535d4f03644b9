/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts that could not be looked up: what is not known is said, together with how to find out. */
#include "rules/judge.h"

static void unreadable_judge_log(struct judgement *j)
{
	const struct host *h = j->host;
	struct finding *f;

	if (h->kernel.log_source != LOG_NONE)
		return;
	if (h->kernel.log_why_not)
		f = judgement_add(j, "kernel-log-not-readable", SEVERITY_INFO, "host",
				  _("The kernel log is not known here: %s"), h->kernel.log_why_not);
	else
		f = judgement_add(j, "kernel-log-not-readable", SEVERITY_INFO, "host",
				  _("The kernel log is not known here, so faults it names are not "
				    "either."));
	finding_add_advice(j, f, _("Run this program as root, or look at journalctl -k -b yourself."));
}

static void unreadable_judge(struct judgement *j)
{
	const struct host *h = j->host;
	struct finding *f;

	unreadable_judge_log(j);
	if (!h->unreadable || !h->unreadable[0])
		return;
	f = judgement_add(j, "not-readable", SEVERITY_INFO, "host",
			  _("Some facts could not be read. What depends on them is shown as not "
			    "known."));
	for (const char *const *u = h->unreadable; *u; u++)
		finding_add_evidence(j, f, "%s", *u);
	if (h->is_root)
		finding_add_advice(j, f, _("Look at the files named above: they are damaged, or the "
					   "kernel refuses to show them."));
	else
		finding_add_advice(j, f, _("Run this program as root."));
}

const struct rule rule_unreadable = { "unreadable", unreadable_judge };
