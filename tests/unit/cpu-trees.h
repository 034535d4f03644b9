/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * CPUs of many shapes as the part of a recorded host below /sys/devices/system: the smallest that have
 * the features of the real ones.  One function gives every thread of a shape its place.
 */
#include "base/arena.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct cpu_tree_thread {
	int core, l3;		/* lowest CPU of those that share it; l3 -1 none */
	int package, node, l3_kib;
	bool off, efficient;
	int max_mhz;		/* 0: no cpufreq */
};

struct cpu_tree {
	const char *name;
	int threads, nodes;
	struct cpu_tree_thread (*place)(int cpu);
	const char *more;	/* further lines of the recording */
	int card_node;
};

/* Ryzen 9 3900X: two chips (CCD) with two halves (CCX) of three cores each; siblings 0 and 12 */
static inline struct cpu_tree_thread tree_3900x(int c)
{
	return (struct cpu_tree_thread){ .core = c % 12, .l3 = c % 12 / 3 * 3, .l3_kib = 16384 };
}

/* Ryzen 9 7950X3D: eight cores with a level 3 cache of 96 MiB, eight with 32 MiB; siblings 0 and 16 */
static inline struct cpu_tree_thread tree_x3d(int c)
{
	return (struct cpu_tree_thread){ .core = c % 16, .l3 = c % 16 / 8 * 8,
					 .l3_kib = c % 16 < 8 ? 98304 : 32768 };
}

/* Ryzen 9 5900X: two chips with six cores that share one cache each; siblings 0 and 12 */
static inline struct cpu_tree_thread tree_5900x(int c)
{
	return (struct cpu_tree_thread){ .core = c % 12, .l3 = c % 12 / 6 * 6, .l3_kib = 32768 };
}

/* Core i9-12900K: CPUs 0-15 on eight performance cores (siblings 0,1), 16-23 on efficient ones */
static inline struct cpu_tree_thread tree_12900k(int c)
{
	return (struct cpu_tree_thread){ .core = c < 16 ? c / 2 * 2 : c, .l3 = 0, .l3_kib = 30720,
					 .efficient = c >= 16 };
}

/* Two Xeons of ten cores: node 0 has 0-9,20-29; siblings 0 and 20 */
static inline struct cpu_tree_thread tree_xeons(int c)
{
	int socket = c % 20 / 10;

	return (struct cpu_tree_thread){ .core = c % 20, .l3 = socket * 10, .l3_kib = 28160,
					 .package = socket, .node = socket };
}

/* Two Xeons as some firmware numbers them: even CPUs on node 0, odd ones on node 1; siblings 0 and 8 */
static inline struct cpu_tree_thread tree_even_odd(int c)
{
	return (struct cpu_tree_thread){ .core = c % 8, .l3 = c % 2, .l3_kib = 20480, .package = c % 2,
					 .node = c % 2 };
}

/* Core i7-9700K: eight cores without a second thread */
static inline struct cpu_tree_thread tree_9700k(int c)
{
	return (struct cpu_tree_thread){ .core = c, .l3 = 0, .l3_kib = 12288 };
}

/* Core i7-10700K: siblings 0 and 8 */
static inline struct cpu_tree_thread tree_far(int c)
{
	return (struct cpu_tree_thread){ .core = c % 8, .l3 = 0, .l3_kib = 16384 };
}

/* The same cores on a host that numbers siblings 0 and 1 */
static inline struct cpu_tree_thread tree_adjacent(int c)
{
	return (struct cpu_tree_thread){ .core = c / 2 * 2, .l3 = 0, .l3_kib = 16384 };
}

/* ... with CPUs 12-15 off, the second threads of cores 4 to 7 */
static inline struct cpu_tree_thread tree_offline(int c)
{
	struct cpu_tree_thread t = tree_far(c);

	t.off = c >= 12;
	return t;
}

/* Four threads a core, as the Xeon Phi has them */
static inline struct cpu_tree_thread tree_four(int c)
{
	return (struct cpu_tree_thread){ .core = c / 4 * 4, .l3 = -1 };
}

/* EPYC with 64 cores in eight caches on four nodes (NPS4); siblings 0 and 64 */
static inline struct cpu_tree_thread tree_epyc(int c)
{
	return (struct cpu_tree_thread){ .core = c % 64, .l3 = c % 64 / 8 * 8, .l3_kib = 32768,
					 .node = c % 64 / 16 };
}

/* Ryzen 5 8500G: two Zen 4 cores (siblings 0,6) and four Zen 4c, told apart by the clock alone */
static inline struct cpu_tree_thread tree_8500g(int c)
{
	return (struct cpu_tree_thread){ .core = c % 6, .l3 = 0, .l3_kib = 16384,
					 .max_mhz = c % 6 < 2 ? 5000 : 3700 };
}

static const struct cpu_tree cpu_trees[] = {
	{ "3900x", 24, 1, tree_3900x, "", -1 },
	{ "5900x", 24, 1, tree_5900x, "", -1 },
	{ "x3d", 32, 1, tree_x3d, "", -1 },
	{ "12900k", 24, 1, tree_12900k, "", -1 },
	{ "xeons", 40, 2, tree_xeons, "", 1 },
	{ "even-odd", 16, 2, tree_even_odd, "", 1 },
	{ "9700k", 8, 1, tree_9700k, "", -1 },
	{ "far", 16, 1, tree_far, "", -1 },
	{ "adjacent", 16, 1, tree_adjacent, "", -1 },
	{ "offline", 16, 1, tree_offline, "", -1 },
	{ "four", 16, 1, tree_four, "", -1 },
	{ "epyc", 128, 4, tree_epyc, "", 2 },
	{ "8500g", 12, 1, tree_8500g, "", -1 },
	{ "isolated", 16, 1, tree_far, "/sys/devices/system/cpu/isolated = 1-4,9-12\n", -1 },
	{ "limited", 16, 1, tree_far,
	  "/sys/fs/cgroup/machine.slice/cpuset.cpus.effective = 0-3,8-11\n", -1 },
};

static inline const struct cpu_tree *cpu_tree_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(cpu_trees); i++)
		if (str_eq(cpu_trees[i].name, name))
			return &cpu_trees[i];
	return NULL;
}

enum { TREE_CORE, TREE_L3, TREE_NODE, TREE_EFFICIENT, TREE_PERFORMANCE, TREE_ON };

/* CPUs of which WHAT is VALUE, "0,12" */
static inline void cpu_tree_list(const struct cpu_tree *t, int what, int value, struct str *out)
{
	bool any = false;

	for (int c = 0; c < t->threads; c++) {
		struct cpu_tree_thread p = t->place(c);
		int is = what == TREE_CORE ? p.core : what == TREE_L3 ? p.l3 : what == TREE_NODE ? p.node :
			 what == TREE_EFFICIENT ? p.efficient : what == TREE_PERFORMANCE ? !p.efficient : 1;

		if (is != value || (p.off && what != TREE_NODE))
			continue;
		str_addf(out, "%s%d", any ? "," : "", c);
		any = true;
	}
	str_addc(out, '\n');
}

static inline void cpu_tree_thread_text(const struct cpu_tree *t, int c, struct str *out)
{
	struct cpu_tree_thread p = t->place(c);
	_cleanup_free_ char *dir = xasprintf("/sys/devices/system/cpu/cpu%d", c);

	str_addf(out, "%s/\n", dir);
	if (p.off)
		return;
	str_addf(out, "%s/topology/core_id = %d\n", dir, p.core);
	str_addf(out, "%s/topology/physical_package_id = %d\n", dir, p.package);
	str_addf(out, "%s/topology/core_cpus_list = ", dir);
	cpu_tree_list(t, TREE_CORE, p.core, out);
	str_addf(out, "%s/topology/thread_siblings_list = ", dir);
	cpu_tree_list(t, TREE_CORE, p.core, out);
	if (p.l3 >= 0) {
		str_addf(out, "%s/cache/index3/level = 3\n%s/cache/index3/size = %dK\n", dir, dir, p.l3_kib);
		str_addf(out, "%s/cache/index3/shared_cpu_list = ", dir);
		cpu_tree_list(t, TREE_L3, p.l3, out);
	}
	if (p.max_mhz)
		str_addf(out, "%s/cpufreq/cpuinfo_max_freq = %d000\n", dir, p.max_mhz);
}

/* Lines of a recording; free() them. */
static inline char *cpu_tree_text(const struct cpu_tree *t)
{
	struct str out = { 0 };
	bool hybrid = false;

	str_addf(&out, "/sys/devices/system/cpu/present = 0-%d\n/sys/devices/system/cpu/online = ", t->threads - 1);
	cpu_tree_list(t, TREE_ON, 1, &out);
	for (int c = 0; c < t->threads; c++) {
		cpu_tree_thread_text(t, c, &out);
		hybrid = hybrid || t->place(c).efficient;
	}
	if (hybrid) {
		str_add(&out, "/sys/devices/cpu_core/cpus = ");
		cpu_tree_list(t, TREE_PERFORMANCE, 1, &out);
		str_add(&out, "/sys/devices/cpu_atom/cpus = ");
		cpu_tree_list(t, TREE_EFFICIENT, 1, &out);
	}
	for (int n = 0; n < t->nodes; n++) {
		str_addf(&out, "/sys/devices/system/node/node%d/cpulist = ", n);
		cpu_tree_list(t, TREE_NODE, n, &out);
		str_addf(&out, "/sys/devices/system/node/node%d/meminfo <<\n\tNode %d MemTotal:       33554432 kB\n"
			       "\tNode %d MemFree:        30000000 kB\n", n, n, n);
		str_addf(&out, "/sys/devices/system/node/node%d/distance = ", n);
		for (int to = 0; to < t->nodes; to++)
			str_addf(&out, "%d%s", to == n ? 10 : 21, to + 1 < t->nodes ? " " : "\n");
	}
	str_add(&out, t->more);
	return str_steal(&out);
}
