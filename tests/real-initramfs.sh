#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# apply --bind address runs the real update-initramfs on every recorded host that has initramfs-tools and
# its IOMMU on: the image holds vfio-pci, and our script comes before udev.  The modules are made here.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
. "$top_srcdir/tests/lib/live.sh"

why=$(live_missing)
for tool in update-initramfs mkinitramfs unmkinitramfs depmod cc jq; do
	have $tool || why="no $tool"
done
[ -n "$why" ] || [ -e /usr/lib/systemd/systemd-udevd ] || [ -e /lib/systemd/systemd-udevd ] || why="no udev"
if [ -n "$why" ]; then
	skip "the real update-initramfs" "$why"
	done_testing
	exit
fi

script=scripts/init-top/aa-vfio-wizard

make_modules() {
	kernel=$(ls "$1/usr/lib/modules")
	live_modules "$1" "$kernel"
}
# The folders of this machine's own initramfs-tools, and a kernel that can unpack images.
prepare() {
	live_prepare "$1" "$2" && make_modules "$2" || return 1
	for place in /etc/initramfs-tools /var/lib/initramfs-tools /etc/kernel /etc/udev /etc/modprobe.d; do
		[ -d "$place" ] && mkdir -p "$2$place" && cp -an "$place/." "$2$place/"
	done
	printf 'CONFIG_RD_%s=y\n' GZIP ZSTD LZ4 >>"$2/boot/config-$kernel"
}
same_initrd() { cmp "$orig/boot/initrd.img-$kernel" "$root/boot/initrd.img-$kernel"; }
new_initrd() { ! same_initrd >/dev/null 2>&1; }
unpack() {
	rm -rf "$tap_dir/image"
	unmkinitramfs "$root/boot/initrd.img-$kernel" "$tap_dir/image"
	image=$tap_dir/image
	[ ! -d "$image/main" ] || image=$tap_dir/image/main
	[ -f "$image/$script" ]
}
# ORDER: "/scripts/init-top/NAME "$@"" line by line, as it is run.
before_udev() {
	cat "$image/scripts/init-top/ORDER"
	ours=$(grep -n '^/scripts/init-top/aa-vfio-wizard ' "$image/scripts/init-top/ORDER" | cut -d: -f1)
	udev=$(grep -n '^/scripts/init-top/udev ' "$image/scripts/init-top/ORDER" | cut -d: -f1)
	[ -n "$ours" ] && [ -n "$udev" ] && [ "$ours" -lt "$udev" ]
}
has_modules() {
	for wanted in vfio-pci vfio-pci-core vfio irqbypass; do
		find "$image/" -name "$wanted.ko*" | grep . || { echo "no $wanted"; return 1; }
	done
}
hands_over() {
	for address in $addresses; do
		grep "^hand_over $address 0x" "$image/$script" || return 1
	done
}

for file in $(host_files); do
	name=$(basename "$file" .host)
	root=$tap_dir/$name orig=$tap_dir/$name.orig
	[ "$("$wizard" --host "$file" --json check | jq -r .boot.initramfs)" = initramfs-tools ] || continue
	# shellcheck disable=SC2046,SC2086 # a list of options
	options=$(host_bound "$name")
	"$wizard" --host "$file" --json plan $options >"$tap_dir/plan" 2>"$tap_dir/why"
	if ! jq -e '.stages[0].name == "bind"' "$tap_dir/plan" >/dev/null 2>&1; then
		skip "$name: the initial RAM disk" "nothing is bound as the next step of this host"
		continue
	fi
	addresses=$(jq -r '.stages[0].promises[].id | select(startswith("driver:")) | ltrimstr("driver:")' "$tap_dir/plan")
	ok "$name: unpacks, with modules" prepare "$file" "$root"
	kernel=$(ls "$root/usr/lib/modules")
	cp -a "$root" "$orig"
	ok "$name: apply runs update-initramfs, and a restart is due" exits 1 live_wizard "$root" apply --yes $options
	ok "$name: the image is a new one" new_initrd
	ok "$name: it holds our script" unpack
	ok "$name: which comes before udev" before_udev
	ok "$name: and vfio-pci with what it needs" has_modules
	ok "$name: and hands over every device" hands_over
	for shell in dash "busybox sh" "$image/bin/sh"; do
		if have "${shell%% *}"; then ok "$name: ${shell#"$image"} can read the script" $shell -n "$image/$script"; fi
	done
	ok "$name: undo" live_wizard "$root" undo --all
	ok "$name: puts the very image back" same_initrd
	ok "$name: and everything else" same_tree "$orig" "$root"
	rm -rf "$root" "$orig"
done
done_testing
