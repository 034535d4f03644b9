/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/json.h"
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
