/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "model/cpu-set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOPOLOGY_CPU "sys/devices/system/cpu"

/* A list of CPUs in PATH, "0-3,8"; -ENOENT also when it is empty or cannot be read. */
static int topology_list(struct host *h, const char *path, struct cpu_set *ret)
{
	const char *text = probe_word(h, "%s", path);
	int r = text ? cpu_set_parse(text, ret) : -ENOENT;

	if (text && r < 0)
		probe_note(h, path, r);
	return r;
}

/* A number that the kernel may not know itself: "-1" and 65535 stand for that; MISSING then. */
static int64_t topology_number(struct host *h, int64_t missing, const char *path)
{
	const char *text = probe_word(h, "%s", path);
	char *end;
	long long n;

	if (!text)
		return missing;
	n = strtoll(text, &end, 10);
	return *end || n < 0 || n == 65535 ? missing : n;
}

/* "32768K", as cache/index3/size has it */
static int64_t topology_size(struct host *h, const char *path)
{
	const char *text = probe_word(h, "%s", path);
	char *end;
	long long n;

	if (!text)
		return -1;
	n = strtoll(text, &end, 10);
	if (n < 0 || n > INT64_MAX >> 21 || (*end && *end != 'K' && *end != 'M'))
		return -1;
	return n << (*end == 'K' ? 10 : *end == 'M' ? 20 : 0);
}

/*
 * /sys/devices/system/cpu/cpu3/cache/index3/level            3
 * /sys/devices/system/cpu/cpu3/cache/index3/shared_cpu_list  0-7,16-23
 * /sys/devices/system/cpu/cpu3/cache/index3/size             98304K
 * Indices are not levels by contract; where no level is given, index3 is what x86 calls level 3.
 */
static void topology_caches(struct host *h, struct cpu_thread *t)
{
	struct arena *a = h->arena;

	for (int i = 0; i < 8; i++) {
		const char *dir = arena_printf(a, TOPOLOGY_CPU "/cpu%d/cache/index%d", t->id, i);
		const char *list = arena_printf(a, "%s/shared_cpu_list", dir);
		struct cpu_set shared;
		int64_t level;

		if (!probe_exists(h, "%s", dir)) {
			if (i >= 4)
				break;
			continue;
		}
		level = topology_number(h, i == 3 ? 3 : -1, arena_printf(a, "%s/level", dir));
		if ((level != 2 && level != 3) || topology_list(h, list, &shared) < 0)
			continue;
		*(level == 2 ? &t->l2 : &t->l3) = cpu_set_first(&shared);
		if (level == 3)
			t->l3_bytes = topology_size(h, arena_printf(a, "%s/size", dir));
	}
}

/*
 * /sys/devices/system/cpu/cpu3/topology/core_cpus_list  3,19 (thread_siblings_list before Linux 5.3)
 * An offline CPU has no topology folder.
 */
static void topology_thread(struct host *h, struct cpu_thread *t)
{
	static const char *const lists[] = { "core_cpus_list", "thread_siblings_list" };
	struct arena *a = h->arena;
	const char *dir = arena_printf(a, TOPOLOGY_CPU "/cpu%d", t->id);
	const struct {
		const char *name;
		int *to;
	} numbers[] = {
		{ "core_id", &t->core_id },
		{ "physical_package_id", &t->package },
		{ "die_id", &t->die },
		{ "cluster_id", &t->cluster },
	};

	if (!t->online)
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(lists) && t->core < 0; i++) {
		struct cpu_set siblings;

		if (topology_list(h, arena_printf(a, "%s/topology/%s", dir, lists[i]), &siblings) == 0)
			t->core = cpu_set_first(&siblings);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		*numbers[i].to = (int)topology_number(
			h, -1, arena_printf(a, "%s/topology/%s", dir, numbers[i].name));
	topology_caches(h, t);
	t->max_khz = topology_number(h, -1, arena_printf(a, "%s/cpufreq/cpuinfo_max_freq", dir));
	t->base_khz = topology_number(h, -1, arena_printf(a, "%s/cpufreq/base_frequency", dir));
	t->highest_perf = (int)topology_number(h, -1, arena_printf(a, "%s/acpi_cppc/highest_perf", dir));
}

/* Without hybrid folders: cores built for less than four fifths of the best one's clock (Zen 4c, Zen 5c). */
static void topology_kinds_by_clock(struct cpu_facts *cpu)
{
	int64_t best = -1;
	bool slower = false;

	for (unsigned i = 0; i < cpu->n_list; i++) {
		if (cpu->list[i].online && cpu->list[i].max_khz < 0)
			return;
		if (cpu->list[i].max_khz > best)
			best = cpu->list[i].max_khz;
	}
	for (unsigned i = 0; i < cpu->n_list; i++)
		slower = slower || (cpu->list[i].online && cpu->list[i].max_khz < best / 5 * 4);
	for (unsigned i = 0; slower && i < cpu->n_list; i++)
		if (cpu->list[i].online)
			cpu->list[i].kind = cpu->list[i].max_khz < best / 5 * 4 ? CORE_EFFICIENT : CORE_PERFORMANCE;
}

/* /sys/devices/cpu_core/cpus "0-15" and /sys/devices/cpu_atom/cpus "16-23": the PMUs of hybrid processors. */
static void topology_kinds(struct host *h)
{
	struct cpu_facts *cpu = &h->cpu;
	struct cpu_set core, atom;

	if (topology_list(h, "sys/devices/cpu_core/cpus", &core) < 0 ||
	    topology_list(h, "sys/devices/cpu_atom/cpus", &atom) < 0) {
		topology_kinds_by_clock(cpu);
		return;
	}
	for (unsigned i = 0; i < cpu->n_list; i++) {
		struct cpu_thread *t = &cpu->list[i];

		if (cpu_set_has(&core, t->id))
			t->kind = CORE_PERFORMANCE;
		else if (cpu_set_has(&atom, t->id))
			t->kind = CORE_EFFICIENT;
	}
}

/* /proc/self/status, "Cpus_allowed_list:\t0-7": what taskset or a cgroup left this very process. */
static const char *topology_own_limit(struct host *h)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "proc/self/status");
	char *rest = text, *line;

	while ((line = probe_next_line(&rest)))
		if (str_starts_with(line, "Cpus_allowed_list:"))
			return arena_strdup(h->arena, str_trim(strchr(line, ':') + 1));
	return NULL;
}

/*
 * Where machines may run: libvirt puts them below machine.slice, and all CPUs that no cgroup may use
 * (cpuset partitions of others, containers) are missing in the effective list of the root.
 */
static void topology_limits(struct host *h)
{
	static const char *const files[] = {
		"sys/fs/cgroup/machine.slice/cpuset.cpus.effective",
		"sys/fs/cgroup/cpuset.cpus.effective",
		"sys/fs/cgroup/cpuset/machine.slice/cpuset.effective_cpus",
		"proc/self/status",
	};
	struct cpu_facts *cpu = &h->cpu;
	struct cpu_set online = { 0 }, allowed;

	for (unsigned i = 0; i < cpu->n_list; i++)
		if (cpu->list[i].online)
			cpu_set_add(&online, cpu->list[i].id);
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++) {
		const char *text = str_starts_with(files[i], "proc/") ? topology_own_limit(h) :
									 probe_word(h, "%s", files[i]);
		bool less = false;

		if (!text || cpu_set_parse(text, &allowed) < 0 || cpu_set_first(&allowed) < 0)
			continue;
		for (int c = 0; c < CPU_SET_MAX; c++)
			less = less || (cpu_set_has(&online, c) && !cpu_set_has(&allowed, c));
		if (!less)
			continue;
		cpu->allowed = text;
		cpu->allowed_from = arena_printf(h->arena, "/%s", files[i]);
		return;
	}
}

/* /sys/devices/system/cpu/present "0-31", online "0-15"; each is one word */
static void topology_find(struct host *h)
{
	struct cpu_facts *cpu = &h->cpu;
	struct cpu_set present, online;

	if (topology_list(h, TOPOLOGY_CPU "/present", &present) < 0 &&
	    topology_list(h, TOPOLOGY_CPU "/online", &present) < 0)
		return;
	if (topology_list(h, TOPOLOGY_CPU "/online", &online) < 0)
		online = present;
	cpu->list = arena_alloc(h->arena, (cpu_set_count(&present) + 1) * sizeof(*cpu->list));
	for (int i = 0; i < CPU_SET_MAX; i++) {
		if (!cpu_set_has(&present, i))
			continue;
		cpu->list[cpu->n_list++] = (struct cpu_thread){
			.id = i, .online = cpu_set_has(&online, i), .core = -1, .core_id = -1, .package = -1,
			.die = -1, .cluster = -1, .node = -1, .l2 = -1, .l3 = -1, .l3_bytes = -1,
			.max_khz = -1, .base_khz = -1, .highest_perf = -1,
		};
	}
}

static int topology_run(struct host *h, struct err *err _unused_)
{
	struct cpu_facts *cpu = &h->cpu;
	struct cpu_set set;

	topology_find(h);
	for (unsigned i = 0; i < cpu->n_list; i++)
		topology_thread(h, &cpu->list[i]);
	for (unsigned i = 0, n = 0; i < cpu->n_list; i++) {
		n += cpu->list[i].online;
		cpu->threads = (int)n;
	}
	topology_kinds(h);
	topology_limits(h);
	/* Empty when there are none; nohz_full says "(null)" then. */
	if (topology_list(h, TOPOLOGY_CPU "/isolated", &set) == 0)
		cpu->isolated = cpu_set_format(&set, h->arena);
	if (!str_eq(probe_word(h, TOPOLOGY_CPU "/nohz_full"), "(null)") &&
	    topology_list(h, TOPOLOGY_CPU "/nohz_full", &set) == 0)
		cpu->nohz_full = cpu_set_format(&set, h->arena);
	return 0;
}

const struct probe probe_topology = {
	.name = "topology",
	.title = N_("Cores and caches"),
	.run = topology_run,
};
