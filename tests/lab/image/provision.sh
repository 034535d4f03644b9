#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run inside, once, when the image boots for the first time: the boot loader is installed the way an
# installer does it, for UEFI (with its entry in the firmware) and for BIOS.
set -eu
disk=/dev/$(lsblk -no PKNAME "$(findmnt -no SOURCE /)")
grub-install --target=x86_64-efi --efi-directory=/boot/efi --bootloader-id=debian --recheck
grub-install --target=i386-pc "$disk"
update-grub
efibootmgr
journalctl -q --rotate
journalctl -q --vacuum-time=1s
fstrim /
sync
