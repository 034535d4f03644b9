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
/* A note of SEVERITY_INFO, its text made. */
void machine_say(struct machine *m, const char *id, const char *fmt, ...) _printf_(3, 4);
/* What the host does while the machine, whose memory and CPUs are known, runs. */
int machine_set_hooks(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* What a template sees of that: null, or {governor, isolate, pages}. */
json_t *machine_hooks_context(const struct machine *m) _returns_nonnull_;
/* The firmware and the TPM of a machine whose system and versions are known. */
int machine_set_firmware(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* Screen, sound, shared keyboard and mouse of a machine whose host devices are known. */
int machine_set_display(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
int machine_set_looking_glass(struct machine *m, const struct host *h, const struct answers *a,
			      struct err *err) _must_check_;
int machine_set_evdev(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
int machine_set_audio(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* Something to know of M; TEXT is kept as it is (an arena's or a constant), evidence and advice are set on it. */
struct machine_note *machine_note(struct machine *m, const char *id, enum severity severity, const char *text)
	_returns_nonnull_;
/* Sets "path", and "qemu_path" with its commas doubled. */
void context_set_path(json_t *o, const char *path);
/* The keys of a template that machine-context-display.c knows. */
void machine_context_display(json_t *o, const struct machine *m);
/* The cloud-init seed; what it would start has to be known. */
int machine_set_seed(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* What is started first, and the boot menu. */
int machine_set_boot(struct machine *m, const struct answers *a, struct err *err) _must_check_;
/* The installation disc and the driver disc: looked at by their content. */
int machine_set_isos(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* The guest can be expected to have virtio drivers from its start. */
bool machine_has_virtio(const struct machine *m);

/* The same for SUBJECT, a path, or "host"; all is copied. */
struct machine_note *machine_note_of(struct machine *m, const char *id, enum severity severity,
				     const char *subject, const char *fmt, ...)
	_printf_(5, 6) _returns_nonnull_;
void machine_note_advice(struct machine *m, struct machine_note *note, const char *fmt, ...) _printf_(3, 4);

/* A path goes into files that are read line by line; libvirt and QEMU want it absolute. */
int machine_check_path(const char *path, const char *key, struct err *err) _must_check_;
