/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe.h"

#include "base/strv.h"

const struct probe *const probe_table[] = {
#define PROBE(id) &probe_##id,
#include "probes/probe.def"
#undef PROBE
};
const unsigned probe_count = ARRAY_SIZE(probe_table);

int probe_run_all(struct host *h, void (*on_probe)(void *user, const struct probe *p), void *user,
		  struct err *err)
{
	for (unsigned i = 0; i < probe_count; i++) {
		int r;

		if (on_probe)
			on_probe(user, probe_table[i]);
		r = probe_table[i]->run(h, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int probe_run_some(struct host *h, const char *const *names, struct err *err)
{
	for (unsigned i = 0; i < probe_count; i++) {
		int r;

		if (!strv_contains(names, probe_table[i]->name))
			continue;
		r = probe_table[i]->run(h, err);
		if (r < 0)
			return r;
	}
	return 0;
}
