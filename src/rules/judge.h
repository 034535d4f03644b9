/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/rule.h"

/* What several rules ask of the same facts. */

/*
 * The last argument of NAME whose comma-separated value holds WORD ("off" in "intel_iommu=sm_on,off")
 * with no later one holding UNLESS (may be NULL); NULL none.  The kernel hands every intel_iommu= to
 * the parser one after another, so igfx_off does not take back an earlier on.
 */
const char *judge_argument(const struct host *h, const char *name, const char *word,
			   const char *unless);
/* Is release "6.1.0-28-amd64" of this host at least MAJOR.MINOR?  -1 when it is not known. */
int judge_kernel_at_least(const struct host *h, int major, int minor);

/* No bridge of any sort: something that a machine could get. */
bool judge_is_endpoint(const struct pci_device *d);
/* Position of the card, that of its physical function for a virtual one. */
struct pci_addr judge_card(const struct pci_device *d);
bool judge_same_card(const struct pci_device *a, const struct pci_device *b);
/* A graphics card a person could see a picture on: no BMC, no adapter made by a hypervisor. */
bool judge_is_real_gpu(const struct pci_device *d);
bool judge_is_bmc_vga(const struct pci_device *d);
bool judge_is_laptop(const struct host *h);
/*
 * What the host cannot do without that D does for it, NULL nothing.  A screen is vital only while no
 * other graphics card could show it, a network card only while there is no other.
 */
const struct host_use *judge_vital_use(const struct host *h, const struct pci_device *d);
/* Another card than D's that could show the host's screen. */
bool judge_has_other_gpu(const struct host *h, const struct pci_device *d);
/* "0000:01:00.0 (NVIDIA GA104)", in the arena. */
const char *judge_label(struct judgement *j, const struct pci_device *d) _returns_nonnull_;
/* Addresses joined by ", ", in the arena. */
const char *judge_addresses(struct judgement *j, struct pci_device *const *devices, unsigned n)
	_returns_nonnull_;
