/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "boot/bls-entry.h"

/*
 * What systemd-boot reads: LOADER.CONF on the EFI system partition and the entries of type 1 there
 * and on the extended boot partition (systemd-boot(7), loader.conf(5)); and who writes the entries.
 */
enum sdboot_maker {
	SDBOOT_BY_HAND,	       /* archinstall, Calamares: once, then nobody */
	SDBOOT_KERNEL_INSTALL, /* /TOKEN/RELEASE/linux: kernel-install(8), layout bls */
	SDBOOT_SDBOOTUTIL,     /* /TOKEN/RELEASE/linux-CHECKSUM: openSUSE */
	SDBOOT_MANAGE,	       /* CachyOS, EndeavourOS and Manjaro: sdboot-manage */
};

#define SDBOOT_MANAGE_FILE "/etc/sdboot-manage.conf"
#define SDBOOT_BEFORE	   "vfio-wizard-before.conf"
#define SDBOOT_TRIAL	   "vfio-wizard-trial.conf"

struct sdboot {
	struct bls_entry **entries; /* all of them, without those of ours */
	unsigned n;
	struct bls_entry **own; /* that start this system and get its arguments */
	unsigned n_own;
	struct bls_entry **spared; /* of this system, for emergencies: "fallback", "rescue" in the id */
	unsigned n_spared;
	struct bls_entry *running; /* what was started; NULL not known */
	const char *why;	   /* how the running one is known, or why not; host's arena */
	enum sdboot_maker maker;
	struct bls_entry *trial; /* ours, of an earlier stage; NULL none */
};

/* As it is once PLAN (may be NULL) is carried out; all in the host's arena. */
int sdboot_read(struct host *h, const struct plan *plan, struct sdboot *ret, struct err *err) _must_check_;
/* Some other loader or tool is in charge of the entries: a translated sentence; else NULL. */
const char *sdboot_foreign(struct host *h);
/* "/boot/loader/loader.conf", the first there is; NULL none. */
const char *sdboot_loader_conf(struct host *h);
/* The last value of KEY there, in the host's arena; NULL none. */
const char *sdboot_loader_value(struct host *h, const char *key);
/* "sort-key" and other keys that struct bls_entry does not hold; host's arena, NULL none. */
const char *sdboot_entry_value(struct host *h, const struct bls_entry *e, const char *key);
/*
 * NULL: an entry of the name ID, with SORT_KEY (may be NULL), is not started unless it is chosen.
 * Else a translated part of a sentence why that is not certain.
 */
const char *sdboot_why_default(struct host *h, const struct sdboot *s, const char *id, const char *sort_key);

int sdboot_stage_way_back(struct host *h, struct plan *plan, struct stage *stage, struct err *err);
int sdboot_stage_trial(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
		       struct stage *stage, const char **ret_why_not, struct err *err);
const char *sdboot_rescue(struct host *h);
