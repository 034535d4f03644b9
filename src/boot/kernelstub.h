/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/json.h"
#include "model/host.h"
#include "model/plan.h"

/* What boot-kernelstub.c and kernelstub-kernel.c share. */

#define KERNELSTUB_FILE "/etc/kernelstub/configuration"

struct kernelstub_config {
	const char *text;
	size_t len;
	json_t *root;
	const json_t *section; /* "user", or "default" where there is no user */
	const char *section_name;
	const json_t *options; /* array, or string before revision 3; NULL none */
};

/* As PLAN (may be NULL) leaves it.  ERR_NOT_POSSIBLE, or ERR_INPUT for a broken one. */
int kernelstub_load(const struct host *h, const struct plan *plan, struct kernelstub_config *ret, struct err *err)
	_must_check_;
void kernelstub_done(struct kernelstub_config *c);
#define _cleanup_kernelstub_ _cleanup_(kernelstub_done)
bool kernelstub_is_on(const struct kernelstub_config *c, const char *key, bool fallback);
/* Where the EFI system partition is mounted. */
const char *kernelstub_esp(const struct kernelstub_config *c);
/* The path of "…-current.conf", the entry of the usual start; in the plan's arena, NULL: there is none yet. */
const char *kernelstub_entry(const struct host *h, const struct kernelstub_config *c, struct plan *plan);
/* The command that writes the entries anew, in STAGE; the one that is there already, else a new one. */
struct change *kernelstub_command(const struct host *h, const struct kernelstub_config *c, struct plan *plan,
				  struct stage *stage) _returns_nonnull_;

/* kernelstub-kernel.c: see struct bootloader */
int kernelstub_stage_kernel(struct host *h, const char *release, struct plan *plan, struct stage *stage,
			    struct err *err);
