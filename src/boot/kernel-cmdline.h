/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/plan.h"

/* What kernels that are installed later get (kernel-install(8)), and all of them with proxmox-boot-tool. */
#define KERNEL_CMDLINE "/etc/kernel/cmdline"

/*
 * The arguments in KERNEL_CMDLINE, of its first line only with FIRST_LINE (proxmox-boot-tool), else
 * of the whole file (kernel-install takes line ends for blanks).  In ARENA.  0, -ENOENT without ERR,
 * or ERR.
 */
int kernel_cmdline_read(const struct host *h, const struct plan *plan, struct arena *arena, bool first_line,
			const char **ret, struct err *err) _must_check_;
/*
 * Edits it so that it has every SET argument and none of REMOVE, all else the same bytes.  Nothing
 * without the file.
 */
int kernel_cmdline_stage(const struct host *h, const char *const *set, const char *const *remove,
			 bool first_line, struct plan *plan, struct stage *stage, struct err *err) _must_check_;
