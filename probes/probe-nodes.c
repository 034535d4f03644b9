/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/cpu-set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX 1024 /* MAX_NUMNODES of x86 */

static void nodes_read_pool(struct host *h, struct page_pool *pools, const char *dir)
{
	static const char *const names[PAGE_SIZES] = { [PAGES_2M] = "hugepages-2048kB",
						       [PAGES_1G] = "hugepages-1048576kB" };

	for (unsigned i = 0; i < PAGE_SIZES; i++) {
		uint64_t n;

		pools[i] = (struct page_pool){ -1, -1 };
		if (probe_number(h, INT64_MAX, &n, "%s/%s/nr_hugepages", dir, names[i]) == 0)
			pools[i].total = (int64_t)n;
		if (probe_number(h, INT64_MAX, &n, "%s/%s/free_hugepages", dir, names[i]) == 0)
			pools[i].free = (int64_t)n;
	}
}

/*
 * /sys/devices/system/node/node1/meminfo:
 *	Node 1 MemTotal:       132062240 kB
 *	Node 1 MemFree:         98214312 kB
 */
static void nodes_read_memory(struct host *h, struct numa_node *n)
{
	const char *path = arena_printf(h->arena, "sys/devices/system/node/node%d/meminfo", n->id);
	_cleanup_free_ char *text = probe_text(h, NULL, "%s", path);
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		const char *total = strstr(line, " MemTotal:"), *free = strstr(line, " MemFree:");
		const char *at = total ? total : free;
		long long kib;

		if (!at)
			continue;
		kib = strtoll(strchr(at, ':') + 1, NULL, 10);
		if (kib < 0 || kib > INT64_MAX >> 10)
			probe_note(h, path, -ERANGE);
		else
			*(total ? &n->total_bytes : &n->free_bytes) = kib << 10;
	}
}

/* /sys/devices/system/node/node1/distance: "21 10" */
static void nodes_read_distance(struct host *h, struct numa_node *n, unsigned n_nodes)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "sys/devices/system/node/node%d/distance", n->id);
	int *list = arena_alloc(h->arena, (n_nodes + 1) * sizeof(*list));
	char *rest, *word;
	unsigned got = 0;

	if (!text)
		return;
	text[strcspn(text, "\n")] = '\0';
	for (rest = text; got < n_nodes && (word = probe_next_word(&rest));)
		list[got++] = atoi(word);
	if (got != n_nodes)
		return;
	n->distance = list;
	n->n_distance = got;
}

/* cpulist "0-7,16-23", empty for a node that is memory alone */
static void nodes_mark_cpus(struct host *h, const struct numa_node *n)
{
	const char *path = arena_printf(h->arena, "sys/devices/system/node/node%d/cpulist", n->id);
	const char *text = probe_word(h, "%s", path);
	struct cpu_set cpus;
	int r;

	if (!text)
		return;
	r = cpu_set_parse(text, &cpus);
	if (r < 0) {
		probe_note(h, path, r);
		return;
	}
	for (unsigned i = 0; i < h->cpu.n_list; i++)
		if (cpu_set_has(&cpus, h->cpu.list[i].id))
			h->cpu.list[i].node = n->id;
}

static int nodes_compare(const void *a, const void *b)
{
	return ((const struct numa_node *)a)->id - ((const struct numa_node *)b)->id;
}

/* "node12" → 12, -1 other files of the folder */
static int nodes_number(const char *name)
{
	uint64_t n;

	if (!str_starts_with(name, "node") || str_to_u64(name + 4, NODES_MAX - 1, &n) < 0)
		return -1;
	return (int)n;
}

static int nodes_run(struct host *h, struct err *err _unused_)
{
	struct memory_facts *m = &h->memory;
	_cleanup_strv_ char **names = probe_list(h, "sys/devices/system/node");

	nodes_read_pool(h, m->pages, "sys/kernel/mm/hugepages");
	m->nodes = arena_alloc(h->arena, (strv_length(strv_const(names)) + 1) * sizeof(*m->nodes));
	for (char **name = names; name && *name; name++) {
		int id = nodes_number(*name);

		if (id >= 0)
			m->nodes[m->n_nodes++] = (struct numa_node){ .id = id, .total_bytes = -1, .free_bytes = -1 };
	}
	if (m->n_nodes)
		qsort(m->nodes, m->n_nodes, sizeof(*m->nodes), nodes_compare);
	for (unsigned i = 0; i < m->n_nodes; i++) {
		struct numa_node *n = &m->nodes[i];

		nodes_read_memory(h, n);
		nodes_read_pool(h, n->pages,
				arena_printf(h->arena, "sys/devices/system/node/node%d/hugepages", n->id));
		nodes_read_distance(h, n, m->n_nodes);
		nodes_mark_cpus(h, n);
	}
	return 0;
}

const struct probe probe_nodes = {
	.name = "nodes",
	.title = N_("Memory nodes"),
	.run = nodes_run,
};
