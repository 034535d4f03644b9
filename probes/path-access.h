/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * Walks to PATH, absolute, as the user whom libvirt runs QEMU as (host->confinement, which has to be
 * known; with no user only the real path is found).  Access lists count.  Texts are in the host's arena.
 */
void path_access_look(struct host *h, const char *path, struct path_access *ret);
