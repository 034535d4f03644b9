/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"

/*
 * A probe = one file probe-<subject>.c ending in one const struct, and one row in probe.def.  It
 * looks below host->root only, judges nothing, starts no process.  What is absent stays unknown;
 * what is there but unreadable or broken is noted with host_note_unreadable() and the rest goes on.
 * Only what makes every later fact wrong is an error.
 */
struct probe {
	const char *name;  /* "iommu" */
	const char *title; /* N_("IOMMU groups"): what the first screen shows while it runs */
	int (*run)(struct host *h, struct err *err) _must_check_;
};
#define PROBE(id) extern const struct probe probe_##id;
#include "probes/probe.def"
#undef PROBE
extern const struct probe *const probe_table[];
extern const unsigned probe_count;

/*
 * Runs every probe in the order of probe.def.  ON_PROBE (may be NULL) is told each one's title before
 * it runs.
 */
int probe_run_all(struct host *h, void (*on_probe)(void *user, const struct probe *p), void *user,
		  struct err *err) _must_check_;
/* Only those a command needs, by name (NULL-terminated), in table order. */
int probe_run_some(struct host *h, const char *const *names, struct err *err) _must_check_;
