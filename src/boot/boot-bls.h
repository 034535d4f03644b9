/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "boot/bls-entry.h"
#include "boot/grub-env.h"

#define BLS_FOLDER "/boot/loader/entries"

/* GRUB's boot entries and the variables they are written with. */
struct bls_menu {
	struct host *h;
	const struct plan *plan; /* as they are once it is carried out; may be NULL */
	struct arena *arena;
	struct bls_entry **entries;
	unsigned n_entries;
	struct grub_env env;
	bool has_env;
};

int bls_menu_read(struct host *h, const struct plan *plan, struct arena *arena, struct bls_menu *ret,
		  struct err *err) _must_check_;
/* LINE with $kernelopts, $tuned_params and others as GRUB puts them in; what is not set is nothing. */
const char *bls_menu_expand(const struct bls_menu *m, const char *line);
/* Starts this system, is no rescue entry and none of ours. */
bool bls_menu_is_normal(const struct bls_menu *m, const struct bls_entry *e);
/* The entry of the next start as far as can be known, NULL none. */
struct bls_entry *bls_menu_default(const struct bls_menu *m);

/* boot-bls-menu.c: entries of our own */
int bls_stage_way_back(struct host *h, struct plan *plan, struct stage *stage, struct err *err);
int bls_stage_trial(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
		    struct stage *stage, const char **ret_why_not, struct err *err);
/* Removes the entry of a trial, if there is one. */
int bls_stage_trial_end(struct host *h, struct plan *plan, struct stage *stage, struct err *err);
const char *bls_rescue(struct host *h);
