#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian switches VT-d and AMD-Vi on by itself.  This makes the computer one of the many where the
# kernel was told not to: one disk serves Intel and AMD.
set -eu
sed -i 's/^GRUB_CMDLINE_LINUX="/&intel_iommu=off amd_iommu=off /' /etc/default/grub
update-grub
sync
