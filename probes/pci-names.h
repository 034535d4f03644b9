/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

struct pci_access;

/*
 * Names of devices and classes.  A root that carries a small list of its own
 * (/usr/share/misc/pci.ids: recorded hosts) is read by that list alone, so that its names do not
 * depend on the machine that looks at it.  Else the machine's udev hardware database, which is
 * indexed; the text list, which takes longer to parse than all devices to read, only where there
 * is no such database.
 */
struct pci_names;

/* ACCESS is borrowed and must outlive the names. */
struct pci_names *pci_names_open(const struct host *h, struct pci_access *access) _returns_nonnull_;
void pci_names_close(struct pci_names *n);
/* Fills vendor_name, device_name and class_name; needs the ids, class_code and modalias. */
void pci_names_fill(struct pci_names *n, struct host *h, struct pci_device *d);
