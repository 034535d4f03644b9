#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# apply --bind address runs the real dracut on every recorded host that has it and its IOMMU on: the image
# holds vfio-pci, and our script is run before udev.  The packages of dracut exclude those of initramfs-tools,
# so that it is seldom installed: $VFIO_WIZARD_DRACUT names a folder with dracut and dracut-core as .deb files;
# where CI is set they are fetched.  The modules are made here.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
. "$top_srcdir/tests/lib/live.sh"

fetch() {
	mkdir -p "$tap_dir/packages" && cd "$tap_dir/packages" && timeout 120 apt-get -q download dracut dracut-core
}
packages=${VFIO_WIZARD_DRACUT:-}
why=$(live_missing)
for tool in dpkg-deb depmod cc jq cpio udevadm; do
	have $tool || why="no $tool"
done
[ -n "$why" ] || [ -e /usr/lib/systemd/systemd-udevd ] || why="no udev"
if [ -z "$why$packages" ] && ! have dracut; then
	if [ -z "${CI:-}" ]; then why="no dracut (VFIO_WIZARD_DRACUT=folder with its packages)"
	elif (fetch) >/dev/null 2>&1; then packages=$tap_dir/packages
	else why="dracut is not installed and could not be fetched"
	fi
fi
if [ -n "$why" ]; then
	skip "the real dracut" "$why"
	done_testing
	exit
fi

# All of /usr is read-only in there, except for the folder of modules.
# shellcheck disable=SC2016 # for the shell inside
writable='mount --bind "$dir/modules.d" "$dir/usr/lib/dracut/modules.d"'
live_extra=$writable
# dracut is put where it would be installed, and initramfs-tools is hidden.
prepare() {
	live_prepare "$1" "$2" || return 1
	rm -f "$2/usr/bin/dracut" "$2/usr/bin/lsinitrd"
	if [ -n "$packages" ]; then
		for package in "$packages"/dracut*.deb; do
			dpkg-deb -x "$package" "$tap_dir/dracut" || return 1
		done
		mkdir -p "$2/usr/bin" "$2/usr/lib" && cp -a "$tap_dir"/dracut/usr/bin/* "$2/usr/bin/" &&
			cp -a "$tap_dir/dracut/usr/lib/dracut" "$2/usr/lib/" || return 1
	else
		mkdir -p "$2/usr/bin" "$2/usr/lib" && cp -a /usr/bin/dracut /usr/bin/lsinitrd "$2/usr/bin/" &&
			cp -a /usr/lib/dracut "$2/usr/lib/" || return 1
	fi
	cp -a "$2/usr/lib/dracut/modules.d" "$2/modules.d"
	for program in update-initramfs mkinitramfs; do
		[ ! -e "/usr/sbin/$program" ] || mknod "$2/usr/sbin/$program" c 0 0 || return 1
	done
	for kernel in "$2"/usr/lib/modules/*; do
		[ -e "$kernel/modules.dep" ] || continue
		rm -rf "$kernel/kernel"
		live_modules "$2" "${kernel##*/}" || return 1
	done
	mkdir -p "$2/etc/dracut.conf.d"
	echo "compress=cat" >"$2/etc/dracut.conf.d/50-test.conf"
	[ -z "$3" ] || echo "omit_dracutmodules+=\" $3 \"" >>"$2/etc/dracut.conf.d/50-test.conf"
}
same_images() {
	for image in "$orig"/boot/initramfs-*; do
		cmp "$image" "$root/boot/${image##*/}" || return 1
	done
}
unpack() {
	rm -rf "$root/tmp/image" && mkdir "$root/tmp/image"
	# shellcheck disable=SC2016 # for the shell inside
	live_run "$root" sh -c 'cd /tmp/image && lsinitrd --unpack "$1"' sh "/boot/initramfs-$1.img"
	image=$root/tmp/image
	hook=$(find "$image" -path '*/hooks/pre-udev/00-vfio-wizard.sh')
	[ -n "$hook" ]
}
has_modules() {
	for wanted in vfio-pci vfio-pci-core vfio irqbypass; do
		find "$image/" -name "$wanted.ko*" | grep "/$1/" || { echo "no $wanted"; return 1; }
	done
	[ -x "$image/usr/sbin/modprobe" ] || [ -x "$image/sbin/modprobe" ]
}
# dracut's own init, and the unit of systemd, which only runs where the folder is not empty.
before_udev() {
	if [ "$1" ]; then
		[ ! -e "$image/usr/lib/systemd/systemd" ] || { echo "systemd is in it"; return 1; }
		grep -n 'source_hook pre-udev\|systemd-udevd\|udevd --daemon' "$image/init"
		ours=$(grep -n '^source_hook pre-udev' "$image/init" | cut -d: -f1)
		udev=$(grep -n 'udevd.* --daemon' "$image/init" | head -n 1 | cut -d: -f1)
		[ -n "$ours" ] && [ -n "$udev" ] && [ "$ours" -lt "$udev" ]
		return
	fi
	unit=$(find "$image" -path '*.target.wants/dracut-pre-udev.service' | head -n 1)
	[ -n "$unit" ] && unit=$image/usr/lib/systemd/system/dracut-pre-udev.service
	grep '^Before=.*systemd-udevd.service' "$unit" || { echo "the unit is not before udev"; return 1; }
	program=$(sed -n 's/^ExecStart=-*//p' "$unit")
	grep 'source_hook pre-udev' "$image$program"
}
# Read by the image's own shell as dracut's init does: without a sysfs it says so, and the start goes on.
is_harmless() {
	sed 's,^log=.*,log=/tmp/log,; s,^sys=.*,sys=/tmp/no-sysfs,' "$hook" >"$image/hook-test" &&
		mkdir -p "$image/tmp" "$image/proc" && : >"$image/proc/cmdline" && : >"$image/tmp/log" &&
		chroot "$image" /bin/sh -c 'set -e; . /hook-test; echo goes-on' >"$tap_dir/said" 2>&1
	cat "$tap_dir/said" "$image/tmp/log"
	grep -q '^goes-on$' "$tap_dir/said" && grep -q 'vfio-pci is not in this initial RAM disk' "$image/tmp/log"
}
hands_over() {
	for address in $addresses; do
		grep "^hand_over $address 0x" "$hook" || return 1
	done
}
# With /boot too small nothing is written at all.
no_room() {
	# shellcheck disable=SC2016 # for the shell inside
	live_extra=$writable'
		mount -t tmpfs -o size=200k none "$dir/mnt"; cp -a "$dir/boot/." "$dir/mnt/"
		mount --move "$dir/mnt" "$dir/boot"
		for image in "$dir"/boot/initramfs-[1-9]*; do head -c 72000 /dev/zero >"$image"; done'
	mkdir -p "$root/mnt"
	# shellcheck disable=SC2086 # a list of options
	( live_wizard "$root" plan $options ) >"$tap_dir/said" 2>&1
	status=$?
	live_extra=$writable
	rmdir "$root/mnt"
	cat "$tap_dir/said"
	[ "$status" -eq 2 ] && grep -q 'There is no room in /boot' "$tap_dir/said"
}

try_host() {
	ok "$name$with: unpacks, with dracut and modules" prepare "$host" "$root" "$omit"
	kernels=$(jq -r '.stages[0].changes[] | select(.kind == "run") | .argv[3]' "$tap_dir/plan")
	cp -a "$root" "$orig"
	if [ -z "$omit" ]; then ok "$name: no room in /boot" no_room; fi
	# shellcheck disable=SC2086 # a list of options
	ok "$name$with: apply runs dracut, and a restart is due" exits 1 live_wizard "$root" apply --yes $options
	for kernel in $kernels; do
		ok "$name$with: the image of $kernel holds our script" unpack "$kernel"
		ok "$name$with: which comes before udev" before_udev "$omit"
		ok "$name$with: and vfio-pci with what it needs" has_modules "$kernel"
		ok "$name$with: and hands over every device" hands_over
		ok "$name$with: and is harmless for the image's shell" is_harmless
	done
	rm -rf "$root/tmp/image"
	ok "$name$with: undo" live_wizard "$root" undo --all
	ok "$name$with: puts the very images back" same_images
	rm -f "$root/usr/sbin/update-initramfs" "$root/usr/sbin/mkinitramfs" \
		"$orig/usr/sbin/update-initramfs" "$orig/usr/sbin/mkinitramfs"
	ok "$name$with: and everything else" same_tree "$orig" "$root"
	rm -rf "$root" "$orig"
}

for file in $(host_files); do
	name=$(basename "$file" .host)
	[ "$("$wizard" --host "$file" --json check | jq -r .boot.initramfs)" = dracut ] || continue
	options=$(host_bound "$name")
	# shellcheck disable=SC2086 # a list of options
	"$wizard" --host "$file" --json plan $options >"$tap_dir/plan" 2>"$tap_dir/why"
	if ! jq -e '.stages[0].name == "bind"' "$tap_dir/plan" >/dev/null 2>&1; then
		skip "$name: the initial RAM disk" "nothing is bound as the next step of this host"
		continue
	fi
	addresses=$(jq -r '.stages[0].promises[].id | select(startswith("driver:")) | ltrimstr("driver:")' "$tap_dir/plan")
	host=$file root=$tap_dir/$name orig=$tap_dir/$name.orig
	omit='' with=''; try_host
	omit="systemd systemd-initrd dracut-systemd" with=", without systemd in it"; try_host
done
done_testing
