/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "boot/bootloader.h"
#include "model/answers.h"
#include "model/finding.h"
#include "model/plan.h"

/* --acs-override and --kernel: what the planner asks of them before anything is staged, and what it promises. */

/* "downstream" or another value that does something; NULL: none is asked for. */
const char *override_wanted(const struct answers *a);
/* The release that --kernel names, when it is not the one that runs; NULL none ("auto"). */
const char *override_kernel(const struct judgement *j, const struct answers *a);
/* The override is asked for, and this start was not made with it: the groups will be others then. */
bool override_waits(const struct judgement *j, const struct answers *a);
/*
 * Refuses with ERR_NOT_POSSIBLE: a kernel that is not installed, one that does not know the override, an
 * override that helps no device that was named.  What cannot be known yet is a finding of PLAN.
 */
int override_judge(const struct judgement *j, const struct answers *a, struct plan *plan, struct err *err) _must_check_;
/*
 * Adds to STAGE what makes the next start take the kernel RELEASE, by LOADER.  One that cannot:
 * ERR_NOT_POSSIBLE, and what a person does instead (STAGE is not looked at then).
 */
int override_stage_kernel(struct host *h, const struct bootloader *loader, const char *release, struct plan *plan,
			  struct stage *stage, struct err *err) _must_check_;
/* What is to be true after the restart: the kernel, the override, the devices that were named apart from others. */
void override_promise(const struct judgement *j, const struct answers *a, struct plan *plan, struct stage *stage);
