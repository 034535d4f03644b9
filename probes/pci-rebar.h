/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

#include <stddef.h>

/*
 * Resizable BARs as CONFIG, LEN bytes of configuration space, tells them: sets possible of those BARS
 * that it names, and size where nothing else told it.  What makes no sense is left alone (PCI Express
 * Base Specification, Resizable BAR Extended Capability, id 0x0015).  True when there is one.
 */
bool pci_rebar_decode(const unsigned char *config, size_t len, struct pci_bar bars[static 6]);
/*
 * One line of the attribute "resource": first and last address, flags (include/linux/ioport.h):
 *	0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200
 * False when that is not what it is.
 */
bool pci_bar_parse(const char *line, struct pci_bar *ret);
