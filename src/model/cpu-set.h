/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/macro.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A set of the host's CPUs, by the kernel's numbers.  Its text form is the kernel's own, as in
 * /sys/devices/system/cpu/online: "0-3,8,10-11".  The kernel's largest NR_CPUS on x86 is 8192.
 */
#define CPU_SET_MAX 8192

struct cpu_set {
	uint64_t bits[CPU_SET_MAX / 64];
};

/* 0, -EINVAL (no such list), -ERANGE (a number too large); *RET is written on success only. */
int cpu_set_parse(const char *text, struct cpu_set *ret) _must_check_;
/* "0-3,8"; "" for an empty one. */
const char *cpu_set_format(const struct cpu_set *s, struct arena *arena) _returns_nonnull_;
unsigned cpu_set_count(const struct cpu_set *s);
/* The lowest number in S, -1 when it is empty. */
int cpu_set_first(const struct cpu_set *s);

static inline bool cpu_set_has(const struct cpu_set *s, int cpu)
{
	return cpu >= 0 && cpu < CPU_SET_MAX && (s->bits[cpu / 64] >> (cpu % 64) & 1);
}

static inline void cpu_set_add(struct cpu_set *s, int cpu)
{
	if (cpu >= 0 && cpu < CPU_SET_MAX)
		s->bits[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}
