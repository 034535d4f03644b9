/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * A device's folder is opened once below the root and its files from there: with hundreds of functions
 * most of the time goes into walking long paths.  Files in it are never links, links are only read.
 */
struct pci_dir {
	struct host *h;
	struct pci_device *d;
	int fd;
	bool has_mdev; /* some device of this host has mediated types */
};

/* Trimmed, in the arena; NULL when absent, unreadable or a driver's refusal. */
const char *pci_attribute_text(const struct pci_dir *dir, const char *name);
/* The same, NULL when it is empty, too. */
const char *pci_attribute_word(const struct pci_dir *dir, const char *name);
/* 0, or a negative errno: no such file, or no number up to MAX, which is noted. */
int pci_attribute_number(const struct pci_dir *dir, const char *name, uint64_t max, uint64_t *ret);
bool pci_attribute_exists(const struct pci_dir *dir, const char *name);
/* Last component of what a link says: "../../../bus/pci/drivers/nvme" → "nvme". */
const char *pci_attribute_link(const struct pci_dir *dir, const char *name);
/* Notes that NAME could not be read or believed, not that it is absent; returns CODE. */
int pci_attribute_note(const struct pci_dir *dir, const char *name, int code);
