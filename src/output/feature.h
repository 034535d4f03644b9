/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/json.h"
#include "model/machine.h"

/* What the installed versions of libvirt, QEMU and the kernel can do; one row in feature.def each. */
enum feature {
#define FEATURE(id, ...) FEATURE_##id,
#include "output/feature.def"
#undef FEATURE
	FEATURE_COUNT
};

/*
 * Where a version is not known, or the program is not there yet, it counts as one that every
 * distribution with support has by now.
 */
#define FEATURE_LIBVIRT_MAJOR 8
#define FEATURE_LIBVIRT_MINOR 0
#define FEATURE_QEMU_MAJOR 6
#define FEATURE_QEMU_MINOR 2
#define FEATURE_KERNEL_MAJOR 5
#define FEATURE_KERNEL_MINOR 15

/* Fills in M's versions and what they know, from the host's facts. */
void machine_set_versions(struct machine *m, const struct host *h);
bool machine_libvirt_knows(const struct machine *m, enum feature f);
bool machine_qemu_knows(const struct machine *m, enum feature f);
/* Notes what the finished machine would have with newer versions. */
void machine_note_left_out(struct machine *m);
/* {"maxphysaddr": true, …}, for templates. */
json_t *feature_context(uint64_t known) _returns_nonnull_;
