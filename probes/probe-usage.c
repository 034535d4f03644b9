/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/usage.h"

#include "probes/probe-util.h"

static int usage_run(struct host *h, struct err *err _unused_)
{
	usage_display(h);
	usage_disks(h);
	usage_network(h);
	usage_input(h);
	return 0;
}

const struct probe probe_usage = {
	.name = "usage",
	.title = N_("What this host needs itself"),
	.run = usage_run,
};
