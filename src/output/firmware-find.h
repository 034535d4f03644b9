/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/machine.h"

/*
 * The UEFI firmware of a host by its own descriptions, as docs/interop/firmware.json of QEMU and libvirt
 * read them: the files of ~/.config/qemu/firmware, /etc/qemu/firmware and /usr/share/qemu/firmware in the
 * order of their names, a file of an earlier folder hiding that of the same name in a later one, an empty
 * file hiding it altogether.
 */
struct firmware_search {
	bool known;		/* there is a folder with descriptions */
	unsigned n_x86;		/* descriptions of a UEFI firmware for this kind of machine */
	bool secure_boot;	/* one of them has Secure Boot, whatever its keys */
	const char *const *broken; /* "PATH: why", not readable as a description */
};

/* The first one with (SECURE) or without Secure Boot; KEYS: with enrolled ones.  NULL: none. */
const struct machine_ovmf *firmware_find(const struct host *h, struct arena *a, const char *qemu_version,
					 bool secure, bool keys, struct firmware_search *ret);
