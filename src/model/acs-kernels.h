/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * Which kernels know pcie_acs_override=, and how to get one.  The running one is judged by the kernel probe
 * (kernel_facts.acs_override_known), an installed one by the symbols in /boot/System.map-RELEASE.
 */

/* That of RELEASE, which may be the running one: 1 knows it, 0 does not, -1 not known (or not installed). */
int acs_kernel_known(const struct host *h, const char *release);
/* Is /boot/vmlinuz-RELEASE there? */
bool acs_kernel_is_installed(const struct host *h, const char *release);
/* Installed kernels that know it, without the running one, joined by ", "; in the arena, NULL none. */
const char *acs_kernels_installed(const struct host *h);
/* How to get one on this distribution: translated sentences in the arena. */
const char *acs_kernels_how(const struct host *h) _returns_nonnull_;
