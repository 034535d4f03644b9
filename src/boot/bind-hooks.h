/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"
#include "model/plan.h"

/*
 * The part of the hook that is the same for every machine: a POSIX shell script that expects
 * machine='NAME' and devices='ADDRESS 0xVVVV:0xDDDD', one a line, to be set before it.
 */
extern const char hook_body[];

/*
 * Adds TEXT to STAGE as a hook that libvirt runs, /etc/libvirt/hooks/qemu.d/NAME, with what this host's
 * libvirt needs so that it does run it; what stands in the way is said as findings.
 */
int hooks_add(struct host *h, struct plan *plan, struct stage *stage, const char *name, const char *text,
	      const char *why, struct err *err) _must_check_;
