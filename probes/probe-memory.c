/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>

/*
 * /proc/meminfo:
 *	MemTotal:       32780296 kB
 *	MemAvailable:   27510980 kB
 *	HugePages_Total:       0
 *	HugePages_Free:        0
 *	Hugepagesize:       2048 kB
 */
static int memory_run(struct host *h, struct err *err _unused_)
{
	struct memory_facts *m = &h->memory;
	const struct {
		const char *name;
		int64_t *to;
	} fields[] = {
		{ "MemTotal", &m->total_bytes },
		{ "MemAvailable", &m->available_bytes },
		{ "HugePages_Total", &m->hugepages_total },
		{ "HugePages_Free", &m->hugepages_free },
		{ "Hugepagesize", &m->hugepage_bytes },
	};
	_cleanup_free_ char *text = probe_text(h, NULL, "proc/meminfo");
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *value = strchr(line, ':'), *number, *unit;
		uint64_t n;

		if (!value)
			continue;
		*value++ = '\0';
		for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
			if (!str_eq(line, fields[i].name))
				continue;
			number = probe_next_word(&value);
			unit = probe_next_word(&value);
			if (!number || str_to_u64(number, INT64_MAX / 1024, &n) < 0)
				probe_note(h, "proc/meminfo", -EINVAL);
			else
				*fields[i].to = (int64_t)(str_eq(unit, "kB") ? n * 1024 : n);
			break;
		}
	}
	return 0;
}

const struct probe probe_memory = {
	.name = "memory",
	.title = N_("Memory"),
	.run = memory_run,
};
