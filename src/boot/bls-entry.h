/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/plan.h"

/*
 * Boot entries of type 1, /boot/loader/entries/NAME.conf
 * (https://uapi-group.org/specifications/specs/boot_loader_specification/):
 *
 *	title      Debian GNU/Linux 12 (bookworm)
 *	version    6.1.0-28-amd64
 *	machine-id 0123456789abcdef0123456789abcdef
 *	options    root=UUID=… ro quiet
 *	linux      /0123…/6.1.0-28-amd64/linux
 *	initrd     /0123…/6.1.0-28-amd64/initrd.img-6.1.0-28-amd64
 *
 * Keys may come in any order, "options" and "initrd" several times; "#" begins a comment line.
 */
struct bls_entry {
	const char *path;	/* "/boot/loader/entries/NAME.conf" */
	const char *id;		/* "NAME.conf", as LoaderEntrySelected says it */
	const char *title, *version, *machine_id, *kernel; /* NULL: not there; kernel: "linux" or "efi" */
	const char *const *initrds;
	const char *const *options; /* each options line */
	const char *line;	/* all options, in one line */
	const char *text;	/* of the file */
	size_t len;
};

/*
 * The entries in FOLDER ("/boot/loader/entries"), as they are once PLAN (may be NULL) is carried out,
 * by name; count tries left in a name ("+3-1.conf") stay in the id.  0 also when there is no such
 * folder; ERR when a file cannot be read.
 */
int bls_read(struct host *h, const struct plan *plan, struct arena *arena, const char *folder,
	     struct bls_entry ***ret, unsigned *ret_n, struct err *err) _must_check_;
/*
 * The entry the running kernel was started from: the one LoaderEntrySelected names, else the only
 * one whose version or kernel path is of the running release and whose options are those of the
 * running command line (the argument root= at least).  NULL: none, or more than one; *RET_WHY
 * (host's arena, may be NULL) says which of it.
 */
struct bls_entry *bls_find_running(struct host *h, struct bls_entry *const *entries, unsigned n,
				   const char **ret_why);
/*
 * The text of E with its arguments changed as boot_line_edit() does; an argument is set in the last
 * options line.  NULL: nothing changes.
 */
const char *bls_edit(struct arena *arena, const struct bls_entry *e, const char *const *set,
		     const char *const *remove);
