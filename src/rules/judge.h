/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/device-data.h"
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
/* Its configuration space reads as ones only: nothing is there any more. */
bool judge_is_lost(const struct pci_device *d);
bool judge_is_laptop(const struct host *h);
/*
 * What the host cannot do without that D does for it, NULL nothing.  A screen is vital only while no
 * other graphics card could show it, a network card only while there is no other or somebody works on
 * this host through it.
 */
const struct host_use *judge_vital_use(const struct host *h, const struct pci_device *d);
/* Another card than D's that could show the host's screen. */
bool judge_has_other_gpu(const struct host *h, const struct pci_device *d);
/*
 * Where a line of knowledge stands, for evidence: "data/devices" for what ships, wherever it is
 * installed; "/etc/vfio-wizard/devices:3" for a user's own.
 */
const char *judge_line_place(struct judgement *j, const struct device_line *line) _returns_nonnull_;
/* "0000:01:00.0 (NVIDIA GA104)", in the arena. */
const char *judge_label(struct judgement *j, const struct pci_device *d) _returns_nonnull_;
/* Addresses joined by ", ", in the arena. */
const char *judge_addresses(struct judgement *j, struct pci_device *const *devices, unsigned n)
	_returns_nonnull_;

/*
 * firmware-advice.c.  Where this computer's setup has SETTING, the key that opens the setup, and the
 * names to look for: a translated text in the arena.  NULL inside a machine, which has no setup, and
 * for SETTING_ACS when the path is not known.
 */
const char *judge_firmware_advice(struct judgement *j, enum firmware_setting setting);
/*
 * Adds that advice to F; and where the firmware shows its settings to the system, evidence and advice
 * with the very name and value.
 */
void judge_advise_firmware(struct judgement *j, struct finding *f, enum firmware_setting setting);
/* "Del or F2" where nothing else is known. */
const char *judge_setup_key(const struct host *h) _returns_nonnull_;
/* "/sys/class/firmware-attributes/thinklmi/attributes/VTdFeature/FILE", in the arena. */
const char *judge_attribute_path(struct judgement *j, const struct firmware_attribute *t, const char *file)
	_returns_nonnull_;
/* Its path and value as evidence, or that only root may read it. */
void judge_add_attribute(struct judgement *j, struct finding *f, const struct firmware_attribute *t);

/*
 * path-problem.c.  Why a machine of libvirt could not open the file of A for reading, or for writing too:
 * a finding about that path in the host's arena that is in no list yet; NULL when nothing is known to be
 * in the way.
 */
struct finding *judge_path(struct judgement *j, const struct path_access *a, bool writes);
/* rule-confinement.c: does AppArmor confine what libvirt starts? */
bool judge_apparmor_confines(const struct host *h);
