/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/cpu-set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define CPU_HAS_CPUID 1
#else
#define CPU_HAS_CPUID 0
#endif

static enum cpu_vendor cpu_vendor_of(const char *id)
{
	static const struct {
		const char *id;
		enum cpu_vendor vendor;
	} vendors[] = {
		{ "GenuineIntel", CPU_INTEL },   { "AuthenticAMD", CPU_AMD },
		{ "HygonGenuine", CPU_HYGON },   { "CentaurHauls", CPU_ZHAOXIN },
		{ "  Shanghai  ", CPU_ZHAOXIN }, { "Shanghai", CPU_ZHAOXIN },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(vendors); i++)
		if (str_eq(id, vendors[i].id))
			return vendors[i].vendor;
	return CPU_OTHER;
}

#if CPU_HAS_CPUID
/*
 * CPUID needs no privilege and, unlike the flags of /proc/cpuinfo, is not cleared by the kernel when
 * the firmware locked VMX or SVM: it tells "the silicon cannot" from "the firmware forbids".
 */
static void cpu_execute_cpuid(struct cpu_facts *cpu)
{
	unsigned a, b, c, d;
	char id[13];

	if (!__get_cpuid(0, &a, &b, &c, &d))
		return;
	memcpy(id, &b, 4);
	memcpy(id + 4, &d, 4);
	memcpy(id + 8, &c, 4);
	id[12] = '\0';
	cpu->vendor = cpu_vendor_of(id);
	if (!__get_cpuid(1, &a, &b, &c, &d))
		return;
	cpu->hypervisor = (c >> 31) & 1;
	cpu->has_virtualization = (c >> 5) & 1; /* VMX */
	if (__get_cpuid(0x80000001, &a, &b, &c, &d) && ((c >> 2) & 1) &&
	    (cpu->vendor == CPU_AMD || cpu->vendor == CPU_HYGON))
		cpu->has_virtualization = 1; /* SVM */
}
#else
static void cpu_execute_cpuid(struct cpu_facts *cpu _unused_)
{
}
#endif

static int cpu_recorded_bit(const char *value)
{
	return str_eq(value, "1") ? 1 : str_eq(value, "0") ? 0 : -1;
}

/* /.vfio-wizard/cpuid of a recorded host: "vendor=GenuineIntel vmx=1 svm=0 hypervisor=0" */
static void cpu_read_recorded(struct host *h)
{
	struct cpu_facts *cpu = &h->cpu;
	_cleanup_free_ char *text = probe_text(h, NULL, ".vfio-wizard/cpuid");
	int vmx = -1, svm = -1;
	char *rest, *word;

	if (!text)
		return;
	rest = text;
	text[strcspn(text, "\n")] = '\0';
	while ((word = probe_next_word(&rest))) {
		if (str_starts_with(word, "vendor="))
			cpu->vendor = cpu_vendor_of(word + strlen("vendor="));
		else if (str_starts_with(word, "vmx="))
			vmx = cpu_recorded_bit(word + strlen("vmx="));
		else if (str_starts_with(word, "svm="))
			svm = cpu_recorded_bit(word + strlen("svm="));
		else if (str_starts_with(word, "hypervisor="))
			cpu->hypervisor = cpu_recorded_bit(word + strlen("hypervisor="));
	}
	if (vmx == 1 || svm == 1)
		cpu->has_virtualization = 1;
	else if (vmx == 0 || svm == 0)
		cpu->has_virtualization = 0;
}

static bool cpu_has_flag(const char *flags, const char *flag)
{
	size_t n = strlen(flag);

	for (const char *p = flags; (p = strstr(p, flag)); p += n)
		if ((p == flags || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

static void cpu_read_flags(struct cpu_facts *cpu, const char *flags)
{
	cpu->flag_virtualization = cpu_has_flag(flags, "vmx") || cpu_has_flag(flags, "svm");
	cpu->has_1g_pages = cpu_has_flag(flags, "pdpe1gb");
	if (cpu->hypervisor < 0)
		cpu->hypervisor = cpu_has_flag(flags, "hypervisor");
}

/*
 * /proc/cpuinfo, one paragraph per thread:
 *	processor	: 0
 *	vendor_id	: AuthenticAMD
 *	model name	: AMD Ryzen 9 3900X 12-Core Processor
 *	physical id	: 0
 *	core id		: 0
 *	flags		: fpu vme …
 * ARM says "CPU implementer : 0x41" and has neither names nor these flags.
 */
static void cpu_read_cpuinfo(struct host *h)
{
	struct cpu_facts *cpu = &h->cpu;
	_cleanup_free_ char *text = probe_text(h, NULL, "proc/cpuinfo");
	_cleanup_strv_ char **cores = NULL;
	const char *package = "0";
	char *rest = text, *line;
	bool has_flags = false;
	int threads = 0;

	while ((line = probe_next_line(&rest))) {
		char *value = strchr(line, ':');

		if (!value)
			continue;
		*value++ = '\0';
		value = str_trim(value);
		line = str_trim(line);
		if (str_eq(line, "processor")) {
			threads++;
			package = "0";
		} else if (str_eq(line, "vendor_id") && cpu->vendor == CPU_OTHER) {
			cpu->vendor = cpu_vendor_of(value);
		} else if (str_eq(line, "CPU implementer")) {
			cpu->vendor = CPU_ARM;
		} else if (str_eq(line, "model name") && !cpu->model && *value) {
			cpu->model = arena_strdup(h->arena, value);
		} else if (str_eq(line, "physical id")) {
			package = value;
		} else if (str_eq(line, "core id")) {
			_cleanup_free_ char *core = xasprintf("%s/%s", package, value);

			if (!strv_contains(strv_const(cores), core))
				strv_add(&cores, core);
		} else if (str_eq(line, "flags") && !has_flags) {
			has_flags = true;
			cpu_read_flags(cpu, value);
		}
	}
	if (threads > 0)
		cpu->threads = threads;
	if (cores)
		cpu->cores = (int)strv_length(strv_const(cores));
}

/* CPU 0 is a performance core on hybrid parts: what guests are shaped after. */
static void cpu_read_topology(struct host *h)
{
	struct cpu_facts *cpu = &h->cpu;
	const char *path = "sys/devices/system/cpu/cpu0/topology/thread_siblings_list";
	const char *list = probe_word(h, "%s", path);

	if (list) {
		struct cpu_set siblings;

		if (cpu_set_parse(list, &siblings) == 0)
			cpu->threads_per_core = (int)cpu_set_count(&siblings);
		else
			probe_note(h, path, -EINVAL);
	}
	if (cpu->threads_per_core < 0 && cpu->cores > 0 && cpu->threads >= cpu->cores)
		cpu->threads_per_core = (cpu->threads + cpu->cores - 1) / cpu->cores;
}

static int cpu_run(struct host *h, struct err *err _unused_)
{
	if (fsroot_is_live(h->root))
		cpu_execute_cpuid(&h->cpu);
	else
		cpu_read_recorded(h);
	cpu_read_cpuinfo(h);
	cpu_read_topology(h);
	return 0;
}

const struct probe probe_cpu = {
	.name = "cpu",
	.title = N_("Processor"),
	.run = cpu_run,
};
