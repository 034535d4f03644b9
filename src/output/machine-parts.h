/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/answers.h"
#include "model/finding.h"
#include "model/machine.h"

/* Fills in the disk and the ISOs of a machine whose name, system and host devices are known. */
int machine_set_media(struct machine *m, const struct host *h, const struct answers *a,
		      struct err *err) _must_check_;
/* The USB devices: "046d:c52b", "port:1-4". */
int machine_set_usb(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
/* Ties the virtual CPUs of a machine, whose CPUs and devices are known, to the host's. */
int machine_set_pins(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
	_must_check_;
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

/* Something to say about the machine that is no reason against it; strings are copied. */
struct finding *machine_note(struct machine *m, const char *id, enum severity severity,
			     const char *subject, const char *fmt, ...)
	_printf_(5, 6) _returns_nonnull_;
void machine_note_advice(struct machine *m, struct finding *f, const char *fmt, ...) _printf_(3, 4);

/* A path goes into files that are read line by line; libvirt and QEMU want it absolute. */
int machine_check_path(const char *path, const char *key, struct err *err) _must_check_;
