/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"

/*
 * Entries that a person wrote into refind.conf, beside rEFInd's program
 * (https://www.rodsbooks.com/refind/configfile.html):
 *
 *	menuentry "Arch Linux" {
 *	    loader   /vmlinuz-linux
 *	    options  "root=UUID=… rw quiet"
 *	    disabled
 *	}
 *
 * Their options are their own: refind_linux.conf does not count for them.
 */
struct refind_menuentry {
	const char *path; /* "/boot/EFI/refind/refind.conf" */
	const char *title;
	unsigned line;	  /* of its options */
};

/*
 * The first entry that is not disabled and whose options have this host's root=.  False: there is
 * none, or no refind.conf can be read.
 */
bool refind_menu_find(struct host *h, struct refind_menuentry *ret);
/* The quoted text, or the bare word, at *AT of a line that ends at END; NULL: none.  In ARENA. */
const char *refind_word(struct arena *arena, const char *text, size_t end, size_t *at);
