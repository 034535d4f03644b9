/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * Is the symbol in the table PATH (/proc/kallsyms, /boot/System.map-RELEASE)?  SYMBOL begins with a blank.
 * -1 when the table does not name functions of the PCI core either: a stub (Debian's System.map) or hidden.
 */
int kernel_has_symbol(struct host *h, const char *path, const char *symbol);
/* The patch of pcie_acs_override= leaves this name in the table of a kernel that has it. */
#define KERNEL_SYMBOL_ACS_OVERRIDE " pcie_acs_override"
