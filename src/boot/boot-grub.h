/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/kargs.h"
#include "model/plan.h"

/* What loaders that keep arguments in the settings of GRUB share with plain GRUB. */

/*
 * Edits /etc/default/grub and its drop-ins so that what grub-mkconfig makes of them has every SET
 * argument and none of REMOVE; adds no command.  *RET_LINE (plan's arena): those of SET that then
 * stand there word for word, NULL when nothing had to be changed.
 */
int grub_stage_settings(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
			struct stage *stage, const char *const **ret_line, struct err *err) _must_check_;
/* The arguments of the settings, both variables on one line. */
int grub_settings_args(struct host *h, struct kargs *ret, struct err *err) _must_check_;
