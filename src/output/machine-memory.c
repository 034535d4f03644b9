/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/machine-parts.h"

#include "base/str.h"
#include "model/guest-memory.h"

#include <string.h>

#define MIB (1LL << 20)

static const struct page_pool *memory_pool(const struct page_pool *pools, long long page_bytes)
{
	return &pools[page_bytes == PAGE_SIZE_BYTES(PAGES_1G) ? PAGES_1G : PAGES_2M];
}

/* What of it could be had at this moment: programs may be ended, but better before than after. */
static void memory_check_now(struct machine *m, const struct host *h)
{
	long long available = h->memory.available_bytes;
	const struct page_pool *pool = memory_pool(h->memory.pages, m->hugepage_bytes);

	if (available < 0)
		return;
	if (m->hugepage_bytes && pool->free > 0)
		available += pool->free * m->hugepage_bytes;
	if (m->memory_bytes > available)
		machine_say(m, "memory-not-free-now",
			     _("The machine takes %lld MiB when it starts, and only %lld MiB are free now: end programs "
			       "before, or give it less (--memory)."),
			     m->memory_bytes / MIB, available / MIB);
}

static void memory_note_pages(struct machine *m, const struct host *h)
{
	const struct page_pool *pool = memory_pool(h->memory.pages, m->hugepage_bytes);
	const char *size = guest_page_name(m->hugepage_bytes);

	if (!m->hugepages)
		return;
	if (m->hugepages_at_boot) {
		machine_say(m, "hugepages-at-boot",
			     _("The kernel sets %lld pages of %s (%lld MiB) aside at every start of the host. Nothing else "
			       "can use them, whether the machine runs or not."),
			     m->hugepages, size, m->memory_bytes / MIB);
		return;
	}
	if (m->hugepage_bytes == PAGE_SIZE_BYTES(PAGES_1G))
		machine_say(m, "hugepages-1g-at-start",
			     _("Pages of 1G need a free gibibyte in one piece each, which a host that has run for a while "
			       "rarely has. --hugepages-at boot gets them in any case."));
	if (pool->free < m->hugepages)
		machine_say(m, "hugepages-at-start",
			     _("%lld pages of %s are made just before the machine starts, and given back after it: by the "
			       "script for QEMU, and by a hook of libvirt."),
			     m->hugepages, size);
}

int machine_set_memory(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	struct guest_memory memory;
	int r = guest_memory_plan(h, a, &memory, err);

	if (r < 0)
		return r;
	m->memory_bytes = memory.bytes;
	m->hugepage_bytes = memory.page_bytes;
	m->hugepages = memory.pages;
	m->hugepages_at_boot = memory.at_boot;
	memory_check_now(m, h);
	memory_note_pages(m, h);
	return 0;
}

/* A part of the memory for each of the guest's sockets, whose CPUs are on one node of the host each. */
static void memory_set_cells(struct machine *m, const int *nodes, const struct host *h)
{
	long long unit = m->hugepage_bytes ? m->hugepage_bytes : MIB;
	long long part = m->memory_bytes / m->sockets / unit * unit;
	unsigned cpus = m->cpus / m->sockets;
	_cleanup_str_ struct str list = { 0 };

	m->cells = arena_alloc(m->arena, m->sockets * sizeof(*m->cells));
	for (unsigned i = 0; i < m->sockets; i++) {
		const struct numa_node *n = host_find_node(h, nodes[i]);
		struct machine_cell *c = &m->cells[i];

		c->cpus = cpus > 1 ? arena_printf(m->arena, "%u-%u", i * cpus, (i + 1) * cpus - 1) :
				     arena_printf(m->arena, "%u", i);
		c->node = nodes[i];
		c->memory_bytes = i + 1 < m->sockets ? part : m->memory_bytes - part * (m->sockets - 1);
		if (!n || n->total_bytes < c->memory_bytes + GUEST_MEMORY_HOST_KEEPS || part == 0)
			return; /* one of them has too little: the guest then sees one node */
		str_addf(&list, "%s%d", i ? "," : "", nodes[i]);
	}
	m->n_cells = m->sockets;
	m->memory_nodes = arena_strdup(m->arena, str_c(&list));
	m->memory_strict = true;
	machine_say(m, "memory-several-nodes",
		     _("The machine is too large for one NUMA node, so it gets %u nodes of its own, each on one of the "
		       "host's (%s)."),
		     m->n_cells, m->memory_nodes);
}

/* The nodes its pinned CPUs are on, one per socket; false when a socket has CPUs of several. */
static bool memory_cpu_nodes(const struct machine *m, const struct host *h, int *nodes)
{
	unsigned per_socket = m->cpus / m->sockets;

	for (unsigned i = 0; i < m->cpus; i++) {
		const struct cpu_thread *t = host_find_cpu(h, m->pins[i]);

		if (!t || t->node < 0)
			return false;
		if (i % per_socket == 0)
			nodes[i / per_socket] = t->node;
		else if (nodes[i / per_socket] != t->node)
			return false;
	}
	return true;
}

void machine_set_nodes(struct machine *m, const struct host *h)
{
	struct guest_memory memory = { .bytes = m->memory_bytes, .page_bytes = m->hugepage_bytes };
	int node = machine_card_node(m), nodes[64];
	const struct numa_node *on;
	bool by_socket = m->pins && m->sockets <= ARRAY_SIZE(nodes) && memory_cpu_nodes(m, h, nodes);

	if (h->memory.n_nodes < 2)
		return;
	if (by_socket && m->sockets > 1) {
		memory_set_cells(m, nodes, h);
		return;
	}
	/* Memory beside the CPUs that use it; where nothing is pinned, beside the card. */
	if (by_socket && !(m->hugepages_at_boot && node >= 0))
		node = nodes[0]; /* the kernel is told to set pages aside near the card */
	on = host_find_node(h, node);
	if (!on || on->total_bytes == 0)
		return;
	m->memory_nodes = arena_printf(m->arena, "%d", node);
	m->memory_strict = guest_memory_node(h, &memory, node) == node;
	if (!m->memory_strict && on->total_bytes > 0)
		machine_say(m, "memory-larger-than-node",
			     _("%lld MiB do not fit into NUMA node %d beside what the host needs there: the rest comes from "
			       "farther nodes and is slower. Less memory (--memory) stays near."),
			     m->memory_bytes / MIB, node);
}
