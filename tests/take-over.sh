#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Settings made by hand: found, left alone, taken over line by line, and back byte for byte.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"

lacks() { ! grep -e "$1" "$2"; }
orig=$tap_dir/orig copy=$tap_dir/copy
"$wizard" --host "$top_srcdir/tests/hosts/lab-intel-on.host" snapshot --unpack "$orig" || exit 1

put() { mkdir -p "$orig/$(dirname "$1")"; cat >"$orig/$1"; }
# A host that went through several guides: each file has something that stays.
put etc/modprobe.d/vfio.conf <<'FILE'
# my card
options vfio-pci ids=10de:2206
options snd_hda_intel power_save=1
options vfio-pci \
   ids=10de:1aef
softdep nouveau pre: vfio-pci
FILE
printf 'options kvm ignore_msrs=1\r\nblacklist nouveau\r\n# end without a line end\r\nsoftdep amdgpu pre: vfio-pci' |
	put etc/modprobe.d/gpu.conf
printf 'loop\nvfio\nvfio_virqfd\nlp\n' | put etc/initramfs-tools/modules
put etc/mkinitcpio.conf <<'FILE'
MODULES=(ext4
	vfio_pci vfio_virqfd)
HOOKS=(base udev bind_vfio)
FILE
put etc/udev/rules.d/10-vfio.rules <<'FILE'
SUBSYSTEM=="usb", MODE="0666"
SUBSYSTEM=="pci", KERNEL=="0000:02:00.0", ATTR{driver_override}="vfio-pci"
FILE
echo nouveau | put etc/driverctl.d/pci-0000:05:00.0
put etc/initramfs-tools/scripts/init-top/vfio.sh <<'FILE'
#!/bin/sh
PASSWORD=secret
echo vfio-pci > /sys/bus/pci/devices/0000:02:00.0/driver_override
FILE
put etc/libvirt/hooks/qemu.d/win10/prepare/begin/start.sh <<'FILE'
#!/bin/bash
virsh nodedev-detach pci_0000_02_00_0
FILE
echo '"vfio_enable": true' | put etc/supergfxd.conf
args='amd_iommu=on nofb vfio-pci.ids=10de:2206'
sed -i "s/\$/ $args/" "$orig/proc/cmdline"
sed -i "s/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on $args\"/" "$orig/etc/default/grub"
echo 6.8.0-31-generic >"$orig/proc/sys/kernel/osrelease"
cp -a "$orig" "$copy"

"$wizard" --root "$copy" --json check >"$tap_dir/check"
found() { grep -q "\"id\": \"$1\"" "$tap_dir/check"; }
for id in vfio-ids-several-lines vfio-softdep driver-kept-out kvm-ignore-msrs vfio-virqfd vfio-modules udev-override \
	driverctl-override boot-script hook-tree-not-run supergfxctl-vfio amd-iommu-on-does-nothing argument-without-effect \
	vfio-ids-not-here; do
	ok "check finds $id" found "$id"
done
ok "with the very line" grep -q '"/etc/modprobe.d/vfio.conf:6: softdep nouveau pre: vfio-pci"' "$tap_dir/check"

"$wizard" --root "$copy" plan >"$tap_dir/plan"
ok "nothing is touched unless asked" lacks modprobe.d "$tap_dir/plan"
"$wizard" --root "$copy" plan --take-over no >"$tap_dir/plan"
ok "nor with no" lacks modprobe.d "$tap_dir/plan"
ok "what it does not know is refused" exits 64 "$wizard" --root "$copy" plan --take-over everything
ok "so is what it never changes" exits 2 "$wizard" --root "$copy" plan --take-over boot-script
ok "another driver for a chosen device is refused" exits 2 "$wizard" --root "$copy" plan --device 0000:05:00.0 --bind address \
	--accept-sibling 0000:05:00.0
"$wizard" --root "$copy" --json plan --device 0000:02:00.0 --bind libvirt >"$tap_dir/plan" 2>&1
ok "what binds a device at the start is told" grep -q 'It hands over 0000:02:00.0 at every' "$tap_dir/plan"
"$wizard" --root "$copy" --json plan --device 0000:02:00.0 --bind address >"$tap_dir/plan" 2>&1
ok "but not when that is what is planned" lacks 'It hands over' "$tap_dir/plan"

# stages: each apply is one up to the restart.
"$wizard" --root "$copy" apply --yes --take-over yes >"$tap_dir/apply" 2>&1; status=$?
ok "--take-over yes" test "$status" -le 1
ok "the arguments are gone, the others not" grep -qx 'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on"' "$copy/etc/default/grub"
printf '# my card\noptions snd_hda_intel power_save=1\n' >"$tap_dir/want"
ok "lines of modprobe.d are gone, also one that goes on" cmp "$tap_dir/want" "$copy/etc/modprobe.d/vfio.conf"
printf 'options kvm ignore_msrs=1\r\nblacklist nouveau\r\n# end without a line end\r\n' >"$tap_dir/want"
ok "what may have another reason stays" cmp "$tap_dir/want" "$copy/etc/modprobe.d/gpu.conf"
printf 'loop\nvfio\nlp\n' >"$tap_dir/want"
ok "a module that is gone is no longer named" cmp "$tap_dir/want" "$copy/etc/initramfs-tools/modules"
printf 'MODULES=(ext4\n\tvfio_pci)\nHOOKS=(base udev bind_vfio)\n' >"$tap_dir/want"
ok "a list of modules keeps its other words" cmp "$tap_dir/want" "$copy/etc/mkinitcpio.conf"
ok "udev keeps its other rules" grep -qx 'SUBSYSTEM=="usb", MODE="0666"' "$copy/etc/udev/rules.d/10-vfio.rules"
ok "the rule is gone" lacks vfio "$copy/etc/udev/rules.d/10-vfio.rules"
ok "driverctl is told itself" grep -q 'driverctl --noprobe unset-override 0000:05:00.0' "$tap_dir/apply"
ok "the initial RAM disk is made anew" grep -q 'update-initramfs -u' "$tap_dir/apply"
ok "once for each kernel" test "$(grep -c 'update-initramfs -u' "$tap_dir/apply")" -le 2
ok "scripts stay" cmp "$orig/etc/initramfs-tools/scripts/init-top/vfio.sh" "$copy/etc/initramfs-tools/scripts/init-top/vfio.sh"
"$wizard" --root "$copy" undo --all >"$tap_dir/undo" 2>&1
rm -rf "$copy/var/lib/vfio-wizard"; rmdir "$copy/var/lib" "$copy/var" 2>/dev/null
ok "undo brings every byte back" same_tree "$orig" "$copy"

"$wizard" --root "$copy" apply --yes --take-over kvm-ignore-msrs --take-over supergfxctl-vfio >"$tap_dir/apply" 2>&1
printf 'blacklist nouveau\r\n# end without a line end\r\nsoftdep amdgpu pre: vfio-pci' >"$tap_dir/want"
ok "by id only that goes" cmp "$tap_dir/want" "$copy/etc/modprobe.d/gpu.conf"
ok "and a switch is turned" grep -qx '"vfio_enable": false' "$copy/etc/supergfxd.conf"
ok "the command line stays" cmp "$orig/etc/default/grub" "$copy/etc/default/grub"
"$wizard" --root "$copy" undo --all >"$tap_dir/undo" 2>&1

# A command line that no longer fits.
sed -i "s/quiet /quiet x=$(printf '%01990d' 0) /" "$copy/etc/default/grub"
ok "a line longer than the kernel takes is refused" exits 2 "$wizard" --root "$copy" plan --passthrough-mode yes
ok "but not when what goes makes room" exits 0 sh -c '"$@" | grep -q GRUB_CMDLINE' sh "$wizard" --root "$copy" plan \
	--take-over yes

"$wizard" --root "$orig" snapshot -o "$tap_dir/recorded.host" 2>/dev/null
"$wizard" --host "$tap_dir/recorded.host" --json check >"$tap_dir/check"
ok "a recorded host has them, too" found udev-override
ok "without the rest of a script" lacks secret "$tap_dir/recorded.host"
done_testing
