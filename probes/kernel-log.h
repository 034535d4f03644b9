/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * Reads the kernel's messages of this boot into host->kernel: /dev/kmsg, else the journal (only of
 * the running machine), else /var/log/dmesg.  Fills log, log_source, and log_why_not when there is
 * none.  Another root has only /var/log/dmesg: whatever its last boot left.
 */
void kernel_log_read(struct host *h);
