/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/cpu-set.h"
#include "model/host.h"

/* The host's cores, from the facts of its threads. */
struct cpu_core {
	int first;		/* lowest CPU */
	int threads[8];		/* online CPUs, ascending */
	unsigned n;
	enum core_kind kind;
	int package, node, l3;	/* as struct cpu_thread has them */
	int64_t l3_bytes;
	bool of_host;		/* the core of the first CPU: interrupts and first tasks live there */
	bool allowed;		/* machines may run on all of its threads */
	bool isolated;		/* by isolcpus */
};

struct cpu_layout {
	struct cpu_core *cores;	/* by package, node, kind, level 3 cache, number */
	unsigned n;
};

/* ERR_NOT_POSSIBLE when which CPUs share a core is not known. */
int cpu_layout_read(const struct host *h, struct arena *arena, struct cpu_layout *ret, struct err *err)
	_must_check_;

/* What a machine wants. */
struct cpu_request {
	unsigned cpus;
	int node;		/* of its card, -1 unknown */
};

/* What it gets.  sockets * dies * cores * threads == cpus. */
struct cpu_choice {
	int *pins;		/* the host's CPU of every virtual one; siblings are neighbours */
	unsigned sockets, dies, cores, threads;
	enum core_kind kind;
	unsigned n_l3;		/* level 3 caches it spreads over */
	unsigned n_nodes;
	int nodes[8];		/* one per socket of the guest, in its order; else n_nodes are not counted */
	bool near;		/* all on the asked node, or none was asked */
	bool even;		/* every level 3 cache (and node) has as many of its cores */
	struct cpu_set machine, unused, emulator; /* unused: siblings of its cores that nobody gets */
};

/*
 * Whole cores, one kind, never the host's own; isolated ones first, then near the node, then in as few
 * level 3 caches as possible.  ERR_NOT_POSSIBLE names --cpus and says how many there are.
 */
int cpu_choose(const struct cpu_layout *l, const struct cpu_request *req, struct arena *arena,
	       const struct host *h, struct cpu_choice *ret, struct err *err) _must_check_;
/* How many CPUs a machine near NODE can have at most without leaving it; 0 none. */
unsigned cpu_most(const struct cpu_layout *l, const struct host *h, int node);
