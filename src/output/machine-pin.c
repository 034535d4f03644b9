/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/machine-parts.h"

#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PIN_CPUS_MAX 1024

struct pin_set {
	bool cpu[PIN_CPUS_MAX];
};

/* A kernel CPU list: "0,8", "0-3,16-19".  Also /sys/devices/cpu_core/cpus of hybrid processors. */
static int pin_read(const struct host *h, struct arena *a, const char *path, struct pin_set *ret)
{
	const char *text;
	int r = fsroot_read_attr(h->root, a, path, &text);

	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	while (*text) {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (end == text)
			return -EINVAL;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if ((*end && *end != ',') || first > last || last >= PIN_CPUS_MAX)
			return -EINVAL;
		for (; first <= last; first++)
			ret->cpu[first] = true;
		text = *end ? end + 1 : end;
	}
	return 0;
}

/*
 * CPUs that may be pinned to: the large cores of a hybrid processor (mixed ones would look equal to
 * the guest), and of those the ones near the first device, where that leaves enough.
 */
static void pin_candidates(const struct machine *m, const struct host *h, struct arena *a,
			   struct pin_set *set)
{
	struct pin_set near, both;
	int node = m->n_hostdevs ? m->hostdevs[0].device->numa_node : -1;
	unsigned n = 0;

	if (pin_read(h, a, "/sys/devices/cpu_core/cpus", set) < 0)
		memset(set, 1, sizeof(*set));
	if (node < 0 ||
	    pin_read(h, a, arena_printf(a, "/sys/devices/system/node/node%d/cpulist", node), &near) < 0)
		return;
	for (unsigned i = 0; i < PIN_CPUS_MAX; i++) {
		both.cpu[i] = set->cpu[i] && near.cpu[i];
		n += both.cpu[i];
	}
	if (n >= m->cpus)
		*set = both;
}

/* Takes the whole core of CPU: its threads become neighbours in the guest as well. */
static void pin_take_core(struct machine *m, const struct pin_set *siblings, unsigned *n)
{
	for (unsigned i = 0; i < PIN_CPUS_MAX && *n < m->cpus; i++)
		if (siblings->cpu[i])
			m->pins[(*n)++] = i;
}

/* What the virtual CPUs leave, for QEMU itself and the host: "0-1,8". */
static const char *pin_rest(const struct machine *m, unsigned threads)
{
	_cleanup_str_ struct str s = { 0 };

	for (unsigned i = 0; i < threads; i++) {
		bool taken = false;

		for (unsigned k = 0; k < m->cpus; k++)
			taken = taken || m->pins[k] == i;
		if (!taken)
			str_addf(&s, "%s%u", s.len ? "," : "", i);
	}
	return arena_strdup(m->arena, str_c(&s));
}

int machine_set_pins(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new();
	struct pin_set candidates, siblings, done = { 0 };
	unsigned threads = h->cpu.threads > 0 ? (unsigned)h->cpu.threads : 0, n = 0;

	if (!str_eq(answers_get(a, "pin"), "auto"))
		return 0;
	m->pins = arena_alloc(m->arena, m->cpus * sizeof(*m->pins));
	pin_candidates(m, h, scratch, &candidates);
	/* From the end: the host's interrupts and first tasks live on its first core, which it keeps. */
	for (unsigned cpu = threads; cpu-- > 1 && n < m->cpus;) {
		const char *path = arena_printf(
			scratch, "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu);

		if (cpu >= PIN_CPUS_MAX || !candidates.cpu[cpu] || done.cpu[cpu])
			continue;
		if (pin_read(h, scratch, path, &siblings) < 0)
			return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
				       _("--pin: %s cannot be read, so nobody knows which CPUs share a "
					 "core."),
				       path);
		if (siblings.cpu[0])
			continue;
		for (unsigned i = 0; i < PIN_CPUS_MAX; i++)
			done.cpu[i] = done.cpu[i] || siblings.cpu[i];
		pin_take_core(m, &siblings, &n);
	}
	if (n < m->cpus) {
		m->pins = NULL;
		return err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			       _("--pin: %u CPUs cannot be tied to cores of their own: the host keeps its "
				 "first core, and %u are left."),
			       m->cpus, n);
	}
	m->emulator_cpus = pin_rest(m, threads);
	return 0;
}
