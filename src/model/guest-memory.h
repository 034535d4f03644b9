/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/answers.h"
#include "model/host.h"

/*
 * How much memory a machine gets, in what pages, and what the host keeps.  VFIO pins all of it from
 * the machine's start to its end: what the guest gets, the host does not have.
 */
#define GUEST_MEMORY_HOST_KEEPS (2LL << 30) /* at least; of a node that a machine is tied to as well */
#define GUEST_MEMORY_LEAST (512LL << 20)   /* what UEFI firmware needs */

struct guest_memory {
	long long bytes;	/* whole MiB */
	long long page_bytes;	/* of the huge pages that back it, 0 = ordinary ones */
	long long pages;	/* how many of these, 0 = ordinary ones */
	bool at_boot;		/* set aside by the kernel's arguments, else made when the machine starts */
};

/* --memory, --hugepages, --hugepages-at or what suits this host; ERR_USAGE / ERR_NOT_POSSIBLE name the key. */
int guest_memory_plan(const struct host *h, const struct answers *a, struct guest_memory *ret,
		      struct err *err) _must_check_;
/*
 * The kernel argument that sets the pages of M aside, "hugepagesz=1G hugepages=16", on NODE alone
 * ("hugepages=1:16", Linux 5.16) when it is not -1.  What the running kernel was told for pages of that
 * size is never made less.
 */
const char *guest_memory_karg(const struct host *h, const struct guest_memory *m, int node)
	_returns_nonnull_;
/*
 * NODE when the memory fits there beside what the host keeps, else -1: also on hosts with one node and
 * for a card whose node nobody knows.
 */
int guest_memory_node(const struct host *h, const struct guest_memory *m, int node);
/* Linux understands hugepages=NODE:COUNT; false also when its release is not known. */
bool guest_memory_knows_nodes(const struct host *h);
/* "2M", "1G" */
const char *guest_page_name(long long page_bytes);
