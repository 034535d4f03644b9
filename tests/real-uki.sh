#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A unified kernel image on what vfio-wizard takes for its own computer: it runs mkinitcpio, reads the
# command line back from the image, undoes, and takes everything back when mkinitcpio fails or lies.
# Debian has no mkinitcpio: one that does with the command line what build_uki() of the real one does.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
. "$top_srcdir/tests/lib/live.sh"

why=$(live_missing)
if [ -n "$why" ]; then
	skip "a unified kernel image on a live host" "$why"
	done_testing
	exit
fi

root=$tap_dir/root orig=$tap_dir/orig
image=$root/boot/EFI/Linux/arch-linux.efi

# Headers of an executable with one section, .cmdline, of 512 bytes at 256.
header() {
	{
		printf 'MZ'; head -c 58 /dev/zero; printf '\100\0\0\0PE\0\0\0\0\1\0'; head -c 16 /dev/zero
		printf '.cmdline\0\2\0\0\0\0\0\0\0\2\0\0\0\1\0\0'; head -c 144 /dev/zero
	}
}
# tool LINE...: the host's mkinitcpio.
tool() {
	printf '#!/bin/sh\n' >"$root/usr/sbin/mkinitcpio"
	printf '%s\n' "$@" >>"$root/usr/sbin/mkinitcpio"
	chmod 755 "$root/usr/sbin/mkinitcpio"
}
# shellcheck disable=SC2016 # for the shell inside
build='{ cat /header; cat /etc/kernel/cmdline /etc/cmdline.d/*.conf | grep "^[^#]" | tr -s "\n" " "; printf "\n"; } >/new
	[ "$1" = -P ] && truncate -s 1K /new && cp /new /boot/EFI/Linux/arch-linux.efi && truncate -s $(cat /size) /boot/EFI/Linux/arch-linux.efi
	rm -f /new'
# fresh SIZE LINE...: the host anew, its image made by its tool, which then is LINE...
fresh() {
	size=$1; shift
	rm -rf "$root" "$orig"
	live_prepare "$top_srcdir/tests/hosts/arch-uki.host" "$root" || return 1
	rm -r "$root/.vfio-wizard/cmdline"
	header >"$root/header"; echo "$size" >"$root/size"
	tool "$build"
	live_run "$root" mkinitcpio -P || return 1
	tool "$@"
	cp -a "$root" "$orig"
}
does() {
	status=$1; shift
	live_wizard "$root" "$@" >"$tap_dir/said" 2>&1
	got=$?
	cat "$tap_dir/said"
	[ "$got" -eq "$status" ] || { echo "exit status $got, expected $status"; return 1; }
}
configured_has() { sed -n '/"configured"/,/\]/p' "$tap_dir/said" | grep -qF "\"$1\""; }
has() { tr '\0' '\n' <"$image" | grep -a "root=" | tr ' ' '\n' | grep -qxF -- "$1"; }
lacks() { ! has "$1"; }
same_files() {
	listing "$orig/boot" >"$tap_dir/a"; listing "$root/boot" >"$tap_dir/b"
	diff -u "$tap_dir/a" "$tap_dir/b" && diff -r "$orig/boot" "$root/boot" && diff -r "$orig/etc" "$root/etc"
}
same_settings() { diff -r "$orig/etc" "$root/etc"; }

ok "a host that was started by a unified image" fresh 1K "$build"
# 1: something is left to do.
ok "what is inside the image is what counts" does 1 check --json
ok "it has intel_iommu=off" configured_has intel_iommu=off
ok "apply runs mkinitcpio, and a restart is due" does 1 apply --yes --passthrough-mode yes
ok "the image has intel_iommu=on" has intel_iommu=on
ok "the image has iommu=pt" has iommu=pt
ok "the image keeps its other arguments" has quiet
ok "a comment is no argument" lacks '#'
ok "undo" does 0 undo --all
ok "every byte of images and settings is back" same_files

ok "a tool that does nothing and says it did" fresh 1K "exit 0"
ok "apply sees that by what is in the image" does 2 apply --yes --passthrough-mode yes
ok "nothing has changed" same_files

ok "a tool that breaks the image and fails" fresh 1K "echo half >/boot/EFI/Linux/arch-linux.efi; exit 1"
ok "apply fails" does 2 apply --yes --passthrough-mode yes
ok "the image is the old one" same_files

ok "an image too large for the journal" fresh 70M "$build"
ok "apply with it" does 1 apply --yes --passthrough-mode yes
ok "the large image has intel_iommu=on" has intel_iommu=on
ok "undo makes it anew" does 0 undo --all
ok "the large image has intel_iommu=off again" has intel_iommu=off
ok "the large image does not have iommu=pt" lacks iommu=pt
ok "the settings are back" same_settings
done_testing
