#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pack.sh ROOT DISK: writes ROOT as a disk that UEFI and BIOS can boot.  No loop device: works inside a
# user namespace too, where owners are what they will be.
set -eu
root=$1 disk=$2
disk_mib=4096 esp_mib=128
work=$(mktemp -d "$(dirname "$disk")/pack.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The removable-media path of the firmware: signed shim and GRUB, so that Secure Boot starts it too.
truncate -s ${esp_mib}M "$work/esp"
mkfs.vfat -F 32 -i 1AB0E5B0 -n ESP "$work/esp" >/dev/null
cat >"$work/grub.cfg" <<'TEXT'
search.fs_uuid 1ab00000-0000-4000-8000-000000000001 root
set prefix=($root)/boot/grub
configfile $prefix/grub.cfg
TEXT
MTOOLS_SKIP_CHECK=1
export MTOOLS_SKIP_CHECK
mmd -i "$work/esp" ::/EFI ::/EFI/BOOT ::/EFI/debian
mcopy -i "$work/esp" "$root/usr/lib/shim/shimx64.efi.signed" ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$work/esp" "$root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" ::/EFI/BOOT/grubx64.efi
mcopy -i "$work/esp" "$work/grub.cfg" ::/EFI/debian/grub.cfg

truncate -s $((disk_mib - esp_mib - 4))M "$work/root"
# /proc, /sys and /dev are mounted in ROOT while hooks run; a second, plain view of it is without them.
mkdir "$work/view"
# shellcheck disable=SC2016 # for the inner shell
unshare -m sh -euc 'mount --bind "$1" "$2/view"
	exec mke2fs -q -t ext4 -L root -U 1ab00000-0000-4000-8000-000000000001 \
		-E lazy_itable_init=0,lazy_journal_init=0 -d "$2/view" "$2/root"' pack "$root" "$work"

truncate -s ${disk_mib}M "$disk"
sfdisk -q "$disk" <<TEXT
label: gpt
label-id: 1AB00000-0000-4000-8000-0000000000D1
1: start=4096, size=$((esp_mib * 2048)), type=U, name=ESP, uuid=1AB00000-0000-4000-8000-0000000000E1
2: size=$(((disk_mib - esp_mib - 4) * 2048)), type=L, name=root, uuid=1AB00000-0000-4000-8000-0000000000E2
3: start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name=bios
TEXT
dd if="$work/esp" of="$disk" bs=1M seek=2 conv=notrunc,sparse status=none
dd if="$work/root" of="$disk" bs=1M seek=$((2 + esp_mib)) conv=notrunc,sparse status=none
chmod 644 "$disk"
