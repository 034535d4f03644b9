/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the kernel log came from, when it was not its own buffer, and whether its beginning is there. */
#include "rules/judge.h"

static void log_judge_source(struct judgement *j)
{
	const struct kernel_facts *k = &j->host->kernel;

	if (!k->log_second_best)
		return;
	if (k->log_source == LOG_JOURNAL)
		judgement_add(j, "kernel-log-from-journal", SEVERITY_INFO, "host",
			      _("The kernel's messages were read from the journal: %s"),
			      k->log_second_best);
	else if (k->log_source == LOG_FILE)
		judgement_add(j, "kernel-log-from-file", SEVERITY_INFO, "host",
			      _("The kernel's messages were read from /var/log/dmesg: %s"),
			      k->log_second_best);
}

static void log_judge(struct judgement *j)
{
	const struct kernel_facts *k = &j->host->kernel;
	struct finding *f;

	log_judge_source(j);
	if (k->log_source == LOG_NONE || k->log_whole != 0)
		return;
	f = judgement_add(j, "kernel-log-incomplete", SEVERITY_INFO, "host",
			  _("The beginning of the kernel log was overwritten. What the kernel said about the "
			    "processor and the IOMMU when it started is not in it, so a missing line proves "
			    "nothing."));
	if (k->log && k->log[0])
		finding_add_evidence(j, f, "%s", k->log[0]);
	finding_add_advice(j, f, _("As root, journalctl -k -b may still have it. Otherwise restart with "
				   "log_buf_len=16M on the kernel command line."));
}

const struct rule rule_log = { "log", log_judge };
