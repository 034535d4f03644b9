/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/plan.h"

/*
 * Limine's own settings, limine.conf, or limine.cfg up to version 8
 * (https://github.com/limine-bootloader/limine, CONFIG.md and common/lib/config.c):
 *
 *	timeout: 5
 *	/Arch Linux                     limine.cfg: ":Arch Linux"
 *	    protocol: linux             "PROTOCOL=linux"
 *	    kernel_path: boot():/vmlinuz-linux
 *	    module_path: boot():/initramfs-linux.img#BLAKE2B
 *	    cmdline: root=UUID=… rw quiet
 *
 * A further "/" in front is one level deeper; "#" begins a comment line; "${NAME}=text" a macro.
 */
struct limine_entry {
	const char *title;	/* without the signs in front of it */
	size_t start, end;	/* bytes of the file, from its title line to the next one */
	size_t cmdline, cmdline_end; /* bytes of the arguments that count; 0, 0 none */
	unsigned line;		/* of the title */
	bool is_kernel_cmdline;	/* cmdline is of the option's older name */
	bool is_linux;		/* protocol linux */
	bool hashed;		/* a path of it ends in #BLAKE2B */
	const char *args;	/* of cmdline, "" none */
};

struct limine_config {
	const char *path;	/* "/boot/limine.conf" */
	const char *text;
	size_t len;
	bool old;		/* limine.cfg */
	struct limine_entry *entries;
	unsigned n_entries;
	const char *remember;	/* of remember_last_entry; NULL not set */
};

/*
 * The only file Limine can be reading, in the host's arena.  NULL: there is none, or there are
 * several and which one counts depends on Limine's version; *RET_WHY says which of it.
 */
const char *limine_config_find(struct host *h, const char **ret_why);
/* As it is once PLAN (may be NULL) is carried out. */
int limine_config_read(struct host *h, const struct plan *plan, struct arena *arena, const char *path,
		       struct limine_config *ret, struct err *err) _must_check_;
/* Does E start this root (root= and rootflags=), and is it not our own way back? */
bool limine_entry_is_ours(const struct host *h, const struct limine_entry *e);
/*
 * A checksum of limine.conf may lie in Limine's program ("limine enroll-config"), and a changed file
 * then stops every start.  0: in none of the programs; ERR: it is, or none could be looked into.
 */
int limine_check_enrolled(struct host *h, const char *config, struct err *err) _must_check_;
/*
 * Does Limine check the contents of IMAGE ("/boot/initramfs-linux.img")?  A new image then stops the
 * start until its line in the settings is changed, too.
 */
bool limine_checks_image(struct host *h, const char *image);
