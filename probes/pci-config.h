/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

struct pci_access;
struct pci_dev;

/*
 * libpci below a root.  Its error hook may not return, so every call that can fail is made between
 * setjmp() and longjmp() here and nowhere else.
 */
struct pci_access *pci_config_open(struct host *h);
void pci_config_close(struct pci_access *access);
/*
 * Reads what config space tells of D: header type, revision, buses of a bridge, port type, ACS.  D has
 * its ids already.  Without root only the first 64 bytes can be read; then port type and ACS stay
 * unknown.
 */
void pci_config_read(struct pci_access *access, struct host *h, struct pci_device *d);
