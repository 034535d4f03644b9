/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"

/* /etc/mkinitcpio.d/NAME.preset: which images "mkinitcpio -p NAME" makes, from which settings. */
struct mkinitcpio_preset {
	const char *name;		/* "linux" */
	const char *const *outputs;	/* images and unified kernel images, absolute */
	const char *const *configs;	/* settings given by name; these are read without drop-ins */
	bool uses_default;		/* at least one image is made from /etc/mkinitcpio.conf as such */
};

/*
 * All presets, in the host's arena.  ERR_NOT_POSSIBLE when one is more of a program than can be
 * understood: a variable or a command in the name of an image.
 */
int mkinitcpio_presets(struct host *h, struct mkinitcpio_preset **ret, unsigned *ret_n,
		       struct err *err) _must_check_;
