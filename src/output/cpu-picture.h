/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/json.h"
#include "model/host.h"
#include "model/machine.h"

/* Who gets a CPU of the host while the machine runs. */
enum cpu_use {
	CPU_USE_OFF,		/* offline */
	CPU_USE_HOST,
	CPU_USE_EMULATOR,	/* the host's, and QEMU's own threads run there */
	CPU_USE_MACHINE,
	CPU_USE_UNUSED,		/* shares a core with one of the machine's, and nobody gets it */
};
const char *cpu_use_name(enum cpu_use u); /* "off", "host", "emulator", "machine", "unused" */
/* M NULL, or not tied to CPUs: everything online is the host's. */
enum cpu_use cpu_use_of(const struct machine *m, const struct cpu_thread *t);

/* CPU_PICTURE_WIDTH columns at most, ASCII; no end of line in the lines. */
#define CPU_PICTURE_WIDTH 70 /* a popup of the wizard at 80 columns */
/*
 * A picture of the host's CPU with who gets what, by socket, NUMA node, kind and level 3 cache; every
 * column is a core.  An arena strv; empty where the cores are not known.
 */
const char *const *cpu_picture(const struct host *h, const struct machine *m, struct arena *arena);
/* The same as data: {pinned, picture, threads: [{cpu, core, package, node, l3, kind, use, vcpu}]}. */
json_t *cpu_picture_json(const struct host *h, const struct machine *m) _returns_nonnull_;
