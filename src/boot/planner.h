/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "boot/bind.h"
#include "boot/bootloader.h"
#include "boot/initramfs.h"
#include "model/answers.h"
#include "model/finding.h"
#include "model/plan.h"

/* What the stage "kernel" is called when only the next start gets its arguments. */
#define PLANNER_TRIAL_TITLE N_("Try the kernel arguments for one start")

/*
 * Facts, verdicts and answers → the boot stages of the plan:
 *   "kernel": parameters the IOMMU needs (only when measured to be needed), iommu=pt and the ACS
 *             override when answered; ends in a reboot
 *   "bind":   the chosen devices to vfio-pci in the chosen way; ends in a reboot where needed
 * A host that cannot do it (firmware off) gets a plan with a "firmware" stage that ends in
 * STAGE_END_FIRMWARE and has no changes of ours, so that the walk stops there.
 */
int planner_add_boot_stages(const struct judgement *j, const struct answers *a, struct plan *plan,
			    struct err *err) _must_check_;

/*
 * The chosen devices: --gpu/--nvme (auto or address), --device, with every other function of their
 * cards, and the siblings accepted.  Refuses what the host needs, a shared group not wholly
 * accepted, what is not there: ERR_NOT_POSSIBLE and why.  `auto` says what it picked and why as a
 * finding of PLAN (may be NULL).  The array is in the plan's (or host's) arena.
 */
int planner_choose_devices(const struct judgement *j, const struct answers *a, struct plan *plan,
			   struct pci_device ***ret, unsigned *ret_n, struct err *err) _must_check_;
/* Devices are chosen, but the groups they go with are only there once the ACS override is in force. */
bool planner_devices_wait(const struct judgement *j, const struct answers *a);
/* The arguments the kernel stage sets on this host with these answers; arena strv, NULL none. */
const char *const *planner_kernel_args(const struct judgement *j, const struct answers *a);
