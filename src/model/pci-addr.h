/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stdint.h>

/* Domains have up to 32 bits: Intel VMD makes 10000: and up.  Never parse them with a fixed width. */
struct pci_addr {
	uint32_t domain;
	uint8_t bus, slot, func;
};

#define PCI_ADDR_TEXT 17 /* "ffffffff:ff:1f.7" and NUL */

/* "0000:01:00.0", "01:00.0" (domain 0), "10000:e1:00.0".  The whole string.  0 or -EINVAL. */
int pci_addr_parse(const char *text, struct pci_addr *ret) _must_check_;
/* "dddd:bb:ss.f", domain four digits or more. */
const char *pci_addr_format(struct pci_addr a, char buf[static PCI_ADDR_TEXT]);
int pci_addr_compare(struct pci_addr a, struct pci_addr b);
static inline bool pci_addr_equal(struct pci_addr a, struct pci_addr b)
{
	return pci_addr_compare(a, b) == 0;
}
/* The same card position: domain, bus and slot. */
bool pci_addr_same_slot(struct pci_addr a, struct pci_addr b);
