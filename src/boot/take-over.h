/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "boot/initramfs.h"
#include "model/answers.h"
#include "model/legacy.h"
#include "model/plan.h"

/* What becomes of settings made by hand or by other tools (model/legacy.h), by --take-over. */

/* Is any of them to be taken over?  ERR_USAGE for a word that is neither yes, no nor an id: -errno. */
int take_over_check(const struct answers *a, struct err *err) _must_check_;
/* Kernel arguments of CONFIGURED (strv) that go: added to *REMOVE, in the host's arena. */
void take_over_args(struct host *h, const struct answers *a, const char *const *configured,
		    const char *const **remove);
/* Does any line of a file go? */
bool take_over_has_files(struct host *h, const struct answers *a);
/* Lines of files that go: edits in STAGE. */
int take_over_files(struct host *h, const struct answers *a, struct plan *plan, struct stage *stage,
		    struct err *err) _must_check_;
/*
 * After all else: the initial RAM disk made anew by TOOL (may be NULL) when it holds one of those files
 * and STAGE does not do that yet.
 */
int take_over_rebuild(struct host *h, const struct answers *a, const struct initramfs_tool *tool, struct plan *plan,
		      struct stage *stage, struct err *err) _must_check_;
/*
 * What stays and speaks against the plan for DEVICES by BIND, as findings of PLAN; also the devices that
 * go back to the host.  ERR_NOT_POSSIBLE where both cannot be.
 */
int take_over_judge(struct host *h, const struct answers *a, const struct pci_device *const *devices,
		    unsigned n, struct plan *plan, struct err *err) _must_check_;
