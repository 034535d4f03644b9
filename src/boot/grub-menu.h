/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/kargs.h"
#include "model/plan.h"

/*
 * Entries of our own in GRUB's menu.  They are copies of the entry of grub.cfg that started the
 * running kernel, and lie in custom.cfg beside it, which /etc/grub.d/41_custom of every GRUB 2 makes
 * grub.cfg read at each start: no grub-mkconfig has to run for them, and none removes them.
 *
 *	# vfio-wizard-before begins: …
 *	menuentry 'As before vfio-wizard (Linux 6.1.0-28-amd64)' --class debian --id vfio-wizard-before {
 *		…
 *		linux	/vmlinuz-6.1.0-28-amd64 root=UUID=… ro  quiet vfio-wizard=off module_blacklist=vfio_pci
 *		initrd	/initrd.img-6.1.0-28-amd64
 *	}
 *	# vfio-wizard-before ends
 */
#define GRUB_MENU_BEFORE "vfio-wizard-before"
#define GRUB_MENU_TRIAL "vfio-wizard-trial"
#define GRUB_MENU_BEFORE_TITLE "As before vfio-wizard"

/* What the host's boot menu is made of. */
struct grub_menu {
	const char *folder;	/* "/boot/grub" or "/boot/grub2" */
	const char *custom;	/* FOLDER/custom.cfg */
	const char *entry;	/* source of the menuentry that started the running kernel; NULL none */
	size_t entry_len;
	const char *why_not;	/* entry NULL: translated sentence */
};

/* Reads grub.cfg; 0 also when it has no fitting entry.  ERR when it cannot be read. */
int grub_menu_read(struct host *h, struct arena *arena, struct grub_menu *ret, struct err *err) _must_check_;
/* The arguments of the entry that started the running kernel; M has one. */
void grub_menu_line(const struct grub_menu *m, struct kargs *ret);
/*
 * Adds to STAGE an entry ID with TITLE and the copied entry's arguments without REMOVE and with SET
 * to custom.cfg; one of that ID that is there already stays when KEEP, else it is replaced.
 */
int grub_menu_stage(struct host *h, const struct grub_menu *menu, const char *id, const char *title,
		    const char *const *set, const char *const *remove, bool keep, struct plan *plan,
		    struct stage *stage, struct err *err) _must_check_;
/* Takes entry ID out of custom.cfg; nothing when it is not there. */
int grub_menu_stage_removal(struct host *h, const struct grub_menu *menu, const char *id, struct plan *plan,
			    struct stage *stage, struct err *err) _must_check_;
/*
 * Can GRUB itself write FOLDER/grubenv at the start (it has to forget a trial)?  NULL: yes; else a
 * translated sentence (host's arena) why not, or why that is not known.  *RET_WAITS: the trial is
 * noted there already.
 */
const char *grub_menu_why_no_trial(struct host *h, const struct grub_menu *menu, bool *ret_waits);
/* Of struct bootloader. */
int grub_stage_way_back(struct host *h, struct plan *plan, struct stage *stage, struct err *err);
int grub_stage_trial(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
		     struct stage *stage, const char **ret_why_not, struct err *err);
const char *grub_rescue(struct host *h);
