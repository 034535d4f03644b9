/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "boot/grub-file.h"
#include "model/host.h"
#include "model/plan.h"

/* Which files grub-mkconfig of a host sources, and their text. */
#define GRUB_MAIN "/etc/default/grub"
#define GRUB_DROPINS "/etc/default/grub.d"
#define GRUB_OURS GRUB_DROPINS "/zz-vfio-wizard.cfg"

/* Does grub-mkconfig of this host read the drop-in folder? */
bool grub_load_reads_dropins(const struct host *h);
/* Paths in the order they are sourced, with drop-ins PLAN (may be NULL) creates; arena strv. */
const char *const *grub_load_list(const struct host *h, const struct plan *plan,
				  struct arena *arena);
/* All of them as they are once PLAN is carried out; room for one more, our own drop-in, is kept. */
int grub_load_script(const struct host *h, const struct plan *plan, struct arena *arena,
		     struct grub_script *ret, struct err *err) _must_check_;
/*
 * The menu comes from /boot/loader/entries (Fedora since 30, RHEL since 8): grub.cfg has the command
 * "blscfg", or, where it cannot be read, the settings say GRUB_ENABLE_BLSCFG=true.
 */
bool grub_load_is_bls(struct host *h);
