/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "change/journal.h"
#include "model/host.h"
#include "model/plan.h"

/*
 * Can what PLAN writes, and what its commands make, be written where it belongs?  Nothing mounted at
 * a place that /etc/fstab names, a read-only mount, too little free space and files that must not be
 * changed (chattr +i) are ERR_NOT_POSSIBLE with the command that mends it; a file with several names
 * gets a finding.  Looks at the tables and file systems below host->root.
 */
int boot_mounts_check(struct host *h, struct plan *plan, struct err *err) _must_check_;
/* The same for the files that are put back when E is taken back. */
int boot_mounts_check_undo(struct host *h, const struct journal_entry *e, struct err *err) _must_check_;
/*
 * The first of /boot, /boot/efi and /efi that /etc/fstab names and where nothing is mounted: then what
 * the loader reads is not there to be seen.  0: none, else the same error as above.
 */
int boot_mounts_check_places(struct host *h, struct err *err) _must_check_;
