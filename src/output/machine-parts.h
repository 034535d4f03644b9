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
/* Memory and its pages; the devices are known. */
int machine_set_memory(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/*
 * How many virtual CPUs, in what shape, and tied to which of the host's; memory and devices are known.
 */
int machine_set_cpus(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* Where the memory comes from, and the guest's own nodes; the CPUs are known. */
void machine_set_nodes(struct machine *m, const struct host *h);
/* Node of the first of its cards that knows one; -1 none does. */
int machine_card_node(const struct machine *m);
/* Adds a note, its text copied; ID is a stable word. */
void machine_note(struct machine *m, const char *id, const char *fmt, ...) _printf_(3, 4);
/* What the host does while the machine, whose memory and CPUs are known, runs. */
int machine_set_hooks(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* What a template sees of that: null, or {governor, isolate, pages}. */
json_t *machine_hooks_context(const struct machine *m) _returns_nonnull_;
