/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/plan.h"

/* What the loaders, initramfs tools and ways to bind share. */

/*
 * The text PATH has once PLAN so far (may be NULL) is carried out, in ARENA.  0, -ENOENT, or
 * another -errno with ERR set.
 */
int boot_text_read(const struct host *h, const struct plan *plan, struct arena *arena,
		   const char *path, const char **ret, size_t *ret_len,
		   struct err *err) _must_check_;
/* A finding of the plan; printf-like text, copied. */
struct finding *boot_add_finding(struct plan *plan, const char *id, enum severity severity,
				 const char *subject, const char *fmt, ...)
	_printf_(5, 6) _returns_nonnull_;
void boot_add_evidence(struct plan *plan, struct finding *f, const char *text);
void boot_add_advice(struct plan *plan, struct finding *f, const char *text);
