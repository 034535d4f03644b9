/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/kargs.h"

/*
 * limine-entry-tool (CachyOS, Omarchy) writes limine.conf from settings of its own.  They look like
 * shell and are not: a program reads them line by line.
 *
 *	KERNEL_CMDLINE[default]="quiet rw root=UUID=…"      everything so far is replaced
 *	KERNEL_CMDLINE[default]+=" splash"                  something is added
 *	KERNEL_CMDLINE[linux-lts]="…"                       for that kernel alone
 *
 * The files, the last one counts: /usr/share/limine-entry-tool.d, /etc/limine-entry-tool.conf,
 * /etc/limine-entry-tool.d, /etc/default/limine.  Without any such line it takes /etc/kernel/cmdline,
 * or else what the running kernel was started with.
 */

/* A file of its settings, NULL when this host has none: then limine.conf is a person's. */
const char *limine_tool(const struct host *h);
/* Its files that are there, in the order they count; arena strv. */
const char *const *limine_tool_files(struct host *h);
/* The arguments the next entry gets that it writes, as far as its files say. */
void limine_tool_configured(struct host *h, struct kargs *ret);
/*
 * How a person adds SET and takes REMOVE (strv, NULL none) out: which line of which file, and the
 * command behind it.  ERR_NOT_POSSIBLE; 0 when all is there already.
 */
int limine_tool_refuse(struct host *h, const char *conf, const char *const *set, const char *const *remove,
		       struct err *err) _must_check_;
