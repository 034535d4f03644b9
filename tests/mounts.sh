#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Real mounts and real files with something special: read-only, full, not mounted, unchangeable, linked,
# labelled.  What cannot be done is refused while planning, with the command that mends it and not a byte
# written; what can be done keeps everything else as it is, over apply and undo.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
host=$top_srcdir/tests/hosts/intel-off-in-kernel-debian.host
root=$tap_dir/root
settings=$root/etc/default/grub # the file itself, should it move
options="--yes --passthrough-mode yes"

fresh() {
	rm -rf "$root" && "$wizard" --host "$host" snapshot --unpack "$root"
}
apply() {
	# shellcheck disable=SC2086 # a list of options
	"$wizard" --root "$root" apply $options
}
# refused PATTERN: exit 2, such a sentence or advice, and every file as before.
refused() {
	find "$root" -xdev -type f -exec md5sum {} + | sort >"$tap_dir/before"
	apply >"$tap_dir/said" 2>&1; status=$?
	cat "$tap_dir/said"
	[ "$status" -eq 2 ] || { echo "exit status $status"; return 1; }
	tr '\n' ' ' <"$tap_dir/said" | grep -qE -- "$1" || { echo "nothing like: $1"; return 1; }
	find "$root" -xdev -type f -exec md5sum {} + | sort | diff "$tap_dir/before" -
}
applied() {
	apply >"$tap_dir/said" 2>&1; status=$?
	cat "$tap_dir/said"
	[ "$status" -le 1 ] && grep -q iommu=pt "$settings"
}
undone() {
	"$wizard" --root "$root" undo --all && cmp "$settings" "$tap_dir/settings"
}
keep() {
	cp -a "$settings" "$tap_dir/settings"
}

# What the recorded tables say, for which nobody has to be root.
not_mounted() {
	fresh || return 1
	printf '/dev/sda3 /boot ext4 noauto 0 2\n' >>"$root/etc/fstab"
	refused '/boot, but it is not mounted.*Mount it at /boot below the folder given with --root,'
}
ok "/boot of fstab is not mounted" not_mounted
# From a rescue system: the root alone is mounted, and its tables of mounts are empty folders.
undo_without_boot() {
	fresh && keep && applied || return 1
	printf '/dev/sda3 /boot ext4 defaults 0 2\n' >>"$root/etc/fstab"
	rm -r "$root/proc" && mv "$root/boot" "$tap_dir/boot.aside" && mkdir "$root/boot" || return 1
	"$wizard" --root "$root" undo --all --edited restore >"$tap_dir/said" 2>&1; status=$?
	rmdir "$root/boot" && mv "$tap_dir/boot.aside" "$root/boot" || return 1
	cat "$tap_dir/said"
	[ "$status" -eq 2 ] && grep -q '/boot, but it is not mounted' "$tap_dir/said" &&
		grep -q iommu=pt "$settings" && undone
}
ok "undo waits until /boot is mounted" undo_without_boot
recorded_read_only() {
	fresh || return 1
	for table in "$root/proc/mounts" "$root/proc/self/mounts"; do
		echo '/dev/sda3 /boot ext4 ro,relatime 0 0' >>"$table"
	done
	refused '/boot is mounted read-only.*mount -o remount,rw /boot,'
}
ok "/boot is mounted read-only, says the table" recorded_read_only

hard_link() {
	fresh && keep && ln "$settings" "$root/etc/grub-copy" || return 1
	"$wizard" --root "$root" plan --passthrough-mode yes | tr -s ' \n' ' ' | grep -q '/etc/default/grub has 2 names' ||
		{ echo "not said"; return 1; }
	applied && cmp "$root/etc/grub-copy" "$tap_dir/settings" && undone
}
ok "a hard link is said, and its other name keeps the old text" hard_link

symbolic_link() {
	fresh && keep && mkdir "$root/etc/shared" && mv "$settings" "$root/etc/shared/grub" &&
		ln -s "$1" "$settings" || return 1
	link=$settings settings=$root/etc/shared/grub
	applied && [ "$(readlink "$link")" = "$1" ] && undone && [ "$(readlink "$link")" = "$1" ]; status=$?
	settings=$link
	return $status
}
ok "settings behind a relative link: the link stays" symbolic_link ../shared/grub
ok "settings behind an absolute link: the link stays" symbolic_link /etc/shared/grub

# attributes FILE: names and values of all extended attributes.
attributes() {
	python3 -c 'import os, sys
for name in sorted(os.listxattr(sys.argv[1])): print(name, os.getxattr(sys.argv[1], name).hex())' "$1"
}
# set_attribute FILE NAME HEX
set_attribute() {
	python3 -c 'import os, sys
os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]))' "$@" 2>/dev/null
}
# keeps_attribute NAME HEX: over apply and undo.
keeps_attribute() {
	attributes "$settings" | grep -qx "$1 $2" && applied &&
		attributes "$settings" | grep -qx "$1 $2" && undone && attributes "$settings" | grep -qx "$1 $2"
}
# An access list: user rw, uid 1000 r, group r, mask r, others r (linux/posix_acl_xattr.h, version 2).
acl=0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000400ffffffff
label=$(printf 'system_u:object_r:etc_t:s0\000' | od -An -tx1 | tr -d ' \n')
for attribute in "user.note 6162" "system.posix_acl_access $acl" "security.selinux $label"; do
	name=${attribute% *} value=${attribute#* }
	if ! have python3; then
		skip "$name is kept" "no python3"
	elif ! { fresh && keep; } >"$tap_dir/out" 2>&1 || ! set_attribute "$settings" "$name" "$value"; then
		skip "$name is kept" "it cannot be set here"
	else
		ok "$name is kept" keeps_attribute "$name" "$value"
	fi
done

unchangeable() {
	refused "/etc/default/grub was made unchangeable.*chattr -i /etc/default/grub,"
	status=$?
	chattr -i "$settings"
	[ "$status" -eq 0 ] && applied && undone
}
if { fresh && keep; } >"$tap_dir/out" 2>&1 && have chattr && chattr +i "$settings" 2>/dev/null; then
	ok "an unchangeable file" unchangeable
else
	skip "an unchangeable file" "chattr +i does not work here"
fi

# in_mounts SCRIPT: in a mount namespace of its own, with the functions above.
if [ "$(id -u)" -ne 0 ] || ! unshare -m mount -t tmpfs tmpfs "$tap_dir" 2>/dev/null; then
	for name in "read-only bind mount" "file system of its own" "full file system" "too small for the image"; do
		skip "$name" "needs root and mounts"
	done
	done_testing
	exit
fi

# mounted MOUNTS COMMAND: COMMAND while MOUNTS are there; they are gone afterwards.
mounted() {
	fresh && keep && eval "$1" || return 1
	shift
	"$@"; mounted_status=$?
	while umount "$root/boot" 2>/dev/null; do :; done
	return $mounted_status
}
bind_read_only() {
	mount --bind "$root/boot" "$root/boot" && mount -o remount,bind,ro "$root/boot"
}
# own SIZE: /boot with all it holds on a small file system of its own.
own() {
	cp -a "$root/boot" "$tap_dir/boot.copy" && mount -t tmpfs -o "size=$1" tmpfs "$root/boot" &&
		cp -a "$tap_dir/boot.copy/." "$root/boot" && rm -rf "$tap_dir/boot.copy"
}
ok "read-only bind mount" mounted bind_read_only refused '/boot is mounted read-only.*remount,rw /boot,'
there_and_back() {
	applied && undone
}
ok "file system of its own" mounted "own 64m" there_and_back
fill() {
	own 256k || return 1
	dd if=/dev/zero of="$root/boot/filler" bs=4k 2>/dev/null
	return 0
}
ok "full file system" mounted fill refused '/boot.* has too little free space: [0-9]+ bytes are needed, [0-9]+ are left'
# 24 MiB menu: the new one beside the old does not fit onto 32 MiB.
small() {
	truncate -s 0 "$tap_dir/big" && head -c 25165824 /dev/zero | tr '\0' '#' >"$tap_dir/big" &&
		own 32m && cat "$tap_dir/big" >>"$root/boot/grub/grub.cfg"
}
ok "too small for the image" mounted small refused '/boot.* has too little free space: 50[0-9]{6} bytes'
done_testing
