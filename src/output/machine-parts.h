/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/json.h"
#include "model/answers.h"
#include "model/finding.h"
#include "model/machine.h"

/* Fills in the disk and the ISOs of a machine whose name, system and host devices are known. */
int machine_set_media(struct machine *m, const struct host *h, const struct answers *a,
		      struct err *err) _must_check_;
/* The PCI devices, by card: all functions of one share a slot of one root port. */
int machine_set_devices(struct machine *m, const struct host *h, const struct answers *a,
			struct pci_device *const *devices, unsigned n, struct err *err) _must_check_;
/* The USB devices: "046d:c52b", "port:1-4". */
int machine_set_usb(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* Ties the virtual CPUs of a machine, whose CPUs and devices are known, to the host's. */
int machine_set_pins(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* What the host does while the machine, whose memory and CPUs are known, runs. */
int machine_set_hooks(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* What a template sees of that: null, or {governor, isolate, pages}. */
json_t *machine_hooks_context(const struct machine *m) _returns_nonnull_;
