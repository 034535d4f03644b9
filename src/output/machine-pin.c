/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/machine-parts.h"

#include "base/str.h"
#include "output/cpu-layout.h"
#include "output/feature.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/*
 * libvirt and QEMU take no more on x86 without an emulated IOMMU that has extended interrupt mode
 * (QEMU_MAX_VCPUS_WITHOUT_EIM in src/qemu/qemu_validate.c).
 */
#define PIN_CPUS_MOST 255

int machine_card_node(const struct machine *m)
{
	for (unsigned i = 0; i < m->n_hostdevs; i++)
		if (m->hostdevs[i].device->numa_node >= 0)
			return m->hostdevs[i].device->numa_node;
	return -1;
}

/*
 * What to do when nobody said: a machine with a real device runs with its memory pinned and wants its
 * CPUs to stay where their caches are, too.  Inside of another machine cores are only what its
 * hypervisor says they are.
 */
static bool pin_is_wanted(const struct machine *m, const struct host *h, const struct answers *a)
{
	const char *pin = answers_get(a, "pin");

	if (pin)
		return str_eq(pin, "auto");
	return m->n_hostdevs > 0 && h->cpu.hypervisor != 1;
}

/* Half of the host's CPUs in whole cores, and no more than a tied machine can have near its card. */
static unsigned pin_default_cpus(const struct host *h, unsigned per_core, const struct cpu_layout *layout,
				 int node)
{
	int half = h->cpu.threads > 0 ? h->cpu.threads / 2 : 2;
	unsigned cpus = half < 2 ? (h->cpu.threads == 1 ? 1 : 2) : (unsigned)half;
	unsigned most = layout ? cpu_most(layout, h, node) : 0;

	/* One CPU is too few for any system of today: better two that move about. */
	if (most >= 2 && cpus > most)
		cpus = most;
	if (cpus > PIN_CPUS_MOST)
		cpus = PIN_CPUS_MOST;
	return cpus > per_core ? cpus - cpus % per_core : cpus;
}

/* Threads that each of the host's cores has; 1 when they differ (hybrid), as nothing else would be true of all. */
static unsigned pin_same_threads(const struct host *h, const struct cpu_layout *layout)
{
	const struct cpu_facts *cpu = &h->cpu;

	for (unsigned i = 0; layout && i < layout->n; i++)
		if (layout->cores[i].n != layout->cores[0].n || layout->cores[i].kind != layout->cores[0].kind)
			return 1;
	if (layout)
		return layout->cores[0].n;
	if (cpu->threads_per_core < 2 || cpu->threads < 1 || cpu->cores < 1 ||
	    cpu->threads != cpu->cores * cpu->threads_per_core)
		return 1;
	return (unsigned)cpu->threads_per_core;
}

/* Threads of the cores that have most: what a tied machine gets a multiple of. */
static unsigned pin_most_threads(const struct cpu_layout *layout)
{
	unsigned threads = 1;

	for (unsigned i = 0; i < layout->n; i++)
		threads = layout->cores[i].n > threads ? layout->cores[i].n : threads;
	return threads;
}

static int pin_count(struct machine *m, const struct host *h, const struct answers *a,
		     const struct cpu_layout *layout, unsigned per_core, struct err *err)
{
	long long cpus = answers_get_number(a, "cpus");

	if (cpus < 0) {
		m->cpus = pin_default_cpus(h, per_core, layout, machine_card_node(m));
		return 0;
	}
	if (cpus < 1 || cpus > 512)
		return err_set(err, ERR_USAGE, -EINVAL, _("--cpus: %lld is no number of CPUs from 1 to 512."), cpus);
	if (h->cpu.threads > 0 && cpus > h->cpu.threads)
		return err_set(err, ERR_NOT_POSSIBLE, -EINVAL, _("--cpus: this host has %d CPUs, not %lld."),
			       h->cpu.threads, cpus);
	if (cpus > PIN_CPUS_MOST)
		return err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			       _("--cpus: a machine has %d CPUs at most, not %lld: more need an emulated IOMMU in it, which "
				 "stands in the way of real devices."),
			       PIN_CPUS_MOST, cpus);
	m->cpus = (unsigned)cpus;
	return 0;
}

/* The largest level 3 cache, when there are several sizes: the chip with the extra cache of an X3D. */
static const struct cpu_core *pin_largest_cache(const struct cpu_layout *l, enum core_kind kind, unsigned *ret_free)
{
	const struct cpu_core *best = NULL;
	bool differ = false;

	*ret_free = 0;
	for (unsigned i = 0; i < l->n; i++) {
		const struct cpu_core *c = &l->cores[i];

		if (c->kind != kind || c->l3_bytes < 0)
			continue;
		differ = differ || (best && c->l3_bytes != best->l3_bytes);
		if (!best || c->l3_bytes > best->l3_bytes)
			best = c;
	}
	for (unsigned i = 0; best && i < l->n; i++)
		if (l->cores[i].l3 == best->l3 && !l->cores[i].of_host && l->cores[i].allowed)
			*ret_free += l->cores[i].n;
	return differ ? best : NULL;
}

static void pin_note_caches(struct machine *m, const struct host *h, const struct cpu_layout *l,
			    const struct cpu_choice *c)
{
	unsigned room;
	const struct cpu_core *large = pin_largest_cache(l, c->kind, &room);
	const struct cpu_thread *first = host_find_cpu(h, c->pins[0]);

	if (c->n_l3 > c->sockets && c->even && !machine_libvirt_knows(m, FEATURE_topology_dies))
		machine_say(m, "pin-dies-unknown",
			     _("No level 3 cache has %u cores to spare: the machine's are spread evenly over %u of them. "
			       "libvirt %s cannot show it which of its CPUs share one (6.1 can). Fewer CPUs (--cpus) would "
			       "share one."),
			     m->cpus / c->threads, c->n_l3, h->software.libvirt);
	else if (c->n_l3 > c->sockets)
		machine_say(m, "pin-several-caches",
			     c->even ? _("No level 3 cache has %u cores to spare: the machine's are spread evenly over %u of "
					 "them, which it sees as dies of its own. Fewer CPUs (--cpus) would share one.") :
				       _("No level 3 cache has %u cores to spare, and %u of them do not share the machine's "
					 "cores evenly: it cannot be shown which of its CPUs share one. Another number of "
					 "CPUs (--cpus) may fit."),
			     m->cpus / c->threads, c->n_l3);
	if (large && first && first->l3_bytes < large->l3_bytes && room)
		machine_say(m, "pin-larger-cache",
			     _("The cores with the larger level 3 cache (%lld MiB) have room for %u CPUs beside the host's: "
			       "with --cpus %u or fewer the machine gets them."),
			     (long long)large->l3_bytes >> 20, room, room);
}

static void pin_note_others(struct machine *m, const struct host *h, const struct cpu_choice *c)
{
	int node = machine_card_node(m);
	struct cpu_set isolated;
	bool outside = false;

	if (!c->near)
		machine_say(m, "pin-far-from-card",
			     _("NUMA node %d, where the card is, has too few cores for %u CPUs: some of the machine's are on "
			       "farther nodes."),
			     node, m->cpus);
	if (c->kind == CORE_EFFICIENT)
		machine_say(m, "pin-efficient-cores",
			     _("The machine gets efficient cores: the host cannot spare that many performance cores, and "
			       "both kinds are never mixed."));
	if (!h->cpu.isolated || cpu_set_parse(h->cpu.isolated, &isolated) < 0)
		return;
	for (unsigned i = 0; i < m->cpus; i++)
		outside = outside || !cpu_set_has(&isolated, c->pins[i]);
	if (outside)
		machine_say(m, "pin-isolated-too-few",
			     _("The CPUs that isolcpus keeps free (%s) are too few or no whole cores for %u CPUs, so the "
			       "machine gets others."),
			     h->cpu.isolated, m->cpus);
}

static int pin_choose(struct machine *m, const struct host *h, const struct cpu_layout *layout, struct err *err)
{
	struct cpu_request req = { .cpus = m->cpus, .node = machine_card_node(m) };
	struct cpu_choice c;
	int r = cpu_choose(layout, &req, m->arena, h, &c, err);

	if (r < 0)
		return r;
	m->pins = c.pins;
	m->sockets = c.sockets;
	m->dies = c.dies;
	m->cores = c.cores;
	m->threads = c.threads;
	m->emulator_set = c.emulator;
	m->unused_set = c.unused;
	if (cpu_set_first(&c.emulator) >= 0)
		m->emulator_cpus = cpu_set_format(&c.emulator, m->arena);
	pin_note_caches(m, h, layout, &c);
	pin_note_others(m, h, &c);
	if (c.sockets > 1 && (m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10))
		machine_say(m, "windows-sockets",
			     _("The machine has %u sockets, as its memory is on as many nodes. The Home editions of Windows "
			       "use one socket only."),
			     c.sockets);
	return 0;
}

int machine_set_cpus(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	bool wanted = pin_is_wanted(m, h, a), asked = answers_is_set(a, "pin");
	struct cpu_layout layout;
	struct err why = { 0 };
	int known = cpu_layout_read(h, m->arena, &layout, &why);
	unsigned per_core = pin_same_threads(h, known == 0 ? &layout : NULL);
	bool tie = known == 0 && wanted;
	int r = pin_count(m, h, a, tie ? &layout : NULL, tie ? pin_most_threads(&layout) : per_core, err);

	if (r < 0)
		return r;
	m->sockets = m->dies = 1;
	m->threads = m->cpus % per_core ? 1 : per_core;
	m->cores = m->cpus / m->threads;
	if (wanted) {
		r = known < 0 ? known : pin_choose(m, h, &layout, &why);
		if (r < 0 && asked) {
			if (err)
				*err = why;
			return known < 0 ? err_prefix(err, "--pin") : r;
		}
		if (r < 0)
			machine_say(m, "pin-none", _("The machine's CPUs are not tied to the host's: %s"),
				     why.msg + (str_starts_with(why.msg, "--cpus: ") ? strlen("--cpus: ") : 0));
	}
	/* Without dies the rest of the shape has to make up for them. */
	if (!machine_libvirt_knows(m, FEATURE_topology_dies)) {
		m->cores *= m->dies;
		m->dies = 1;
	}
	/* Without topoext QEMU hides the second thread of AMD cores ("doesn't support hyperthreading"). */
	m->amd_topoext = m->threads > 1 && (h->cpu.vendor == CPU_AMD || h->cpu.vendor == CPU_HYGON);
	return 0;
}
