/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What this computer's libvirt says, through virsh: it finds the daemon (libvirtd, or virtqemud and its
 * socket) and asks for a password where one is needed the way the distribution set it up, and a library
 * would be one more thing without which the program does not start.
 */
#define LIBVIRT_URI "qemu:///system"

/* Every machine that is defined or runs; strv_free() it.  ERR_NOT_POSSIBLE with libvirt's words. */
int libvirt_names(char ***ret, struct err *err) _must_check_;
/* The definition that counts at its next start, with passwords; free() it. */
int libvirt_definition(const char *name, char **ret, size_t *ret_len, struct err *err) _must_check_;
bool libvirt_is_running(const char *name);
/* virsh's ORDER for a machine: "start", "shutdown". */
int libvirt_order(const char *order, const char *name, struct err *err) _must_check_;
/* The machine that has this UUID, NULL none; free() it. */
char *libvirt_name_of(const char *uuid);
