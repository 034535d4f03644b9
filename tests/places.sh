#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The same host seen by root, by a normal user, from a container and from a machine: nothing is guessed, and what is not known comes
# with how to find out.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
have jq || { echo "1..0 # SKIP jq is not installed"; exit 0; }
root=$tap_dir/host
as=

fresh() {
	rm -rf "$root"; "$wizard" --host "$top_srcdir/tests/hosts/$1.host" snapshot --unpack "$root" || return 1
	chmod 755 "$tap_dir"; chmod -R a+rX "$root"
}
# look ARGUMENT...: what check, groups and devices say; each "unknown" of check has a finding, each such finding an advice.
look() {
	for question in check groups devices; do
		timeout 20 $as "$wizard" "$@" --json $question >"$tap_dir/$question" 2>"$tap_dir/said"; got=$?
		case $got in 0 | 1 | 2) ;; *) echo "$question: exit status $got"; cat "$tap_dir/said"; return 1 ;; esac
	done
	# shellcheck disable=SC2016 # jq's own variable
	says check '
		def found($id): [.findings[].id] | any(startswith($id));
		(.cpu.virtualization != "unknown" or found("virtualization-unknown")) and
		(.firmware.mode != "unknown" or found("firmware-mode-unknown")) and
		(.firmware.secure_boot != "unknown" or found("secure-boot-unknown")) and
		(.firmware.lockdown != "unknown" or found("lockdown-unknown")) and
		(.firmware.opens_setup != null or .firmware.mode == "bios" or found("firmware-setup-unknown")) and
		(.iommu.state != "unknown" or found("iommu-unknown")) and
		(.iommu.state != "on" or .iommu.interrupt_remapping != "unknown" or (.iommu.kind | IN("smmu", "virtio")) or
			found("interrupt-remapping-unknown")) and
		(.iommu.state != "on" or .iommu.passthrough_mode != null or found("passthrough-mode-unknown")) and
		(.vfio.vfio_pci != "unknown" or found("vfio-unknown")) and
		(.boot.loader != "unknown" or found("boot-loader-unknown")) and
		(.boot.initramfs != "unknown" or found("initramfs-unknown")) and
		(.boot.cmdline != null or found("command-line-unknown"))' &&
	says check '[.findings[] | select((.id | test("unknown$|not-readable$|incomplete$")) and .advice == [] and .id != "passthrough-mode-unknown")] == []'
}
says() {
	jq -e "$2" "$tap_dir/$1" >/dev/null || { echo "not so: $2"; jq -c '.verdict, .iommu, .findings[]? | del(.text?)' "$tap_dir/$1" | head -c 4000; echo; return 1; }
}
has() { says check ".findings | map(.id) | index(\"$1\")"; }
has_not() { says check ".findings | map(.id) | index(\"$1\") | not"; }

# What a kernel shows to everybody: 64 bytes of configuration space, tables and logs not at all.
as_everybody() {
	find "$root/sys/devices" -name config -exec truncate -s '<64' {} +
	chmod -R go-rwx "$root/sys/firmware/acpi/tables/"* "$root/var/log" 2>/dev/null
	chmod 000 "$root/sys/firmware/efi/efivars"
	chmod 755 "$root/sys/firmware/acpi/tables"
}
root_sees() {
	fresh z370-shared-group-ubuntu && look --root "$root" && says check '.iommu.state == "on"' && has_not config-space-not-readable &&
		says groups '[.groups[] | select(.verdict == "shared") | .ports_without_acs | length] | any(. > 0)'
}
ok "root sees which port joins a group" root_sees
user_sees() {
	fresh z370-shared-group-ubuntu && as_everybody && look --root "$root" && has config-space-not-readable && has not-readable &&
		says check '.iommu.state == "on" and .cpu.virtualization == "on" and .firmware.mode == "uefi"' &&
		says check '.firmware.secure_boot == "unknown" and .firmware.opens_setup == null' &&
		says check '.findings[] | select(.id == "not-readable") | .advice | tostring | test("as root")' &&
		says groups '[.groups[] | select(.verdict == "shared")] | length > 0 and all(.ports_without_acs == null) and
			all(.reason | test("only be read as root"))' &&
		! grep -i '"[^"]*no ACS[^"]*"' "$tap_dir/groups" "$tap_dir/check"
}
user_off() {
	fresh intel-off-in-kernel-debian && as_everybody && look --root "$root" && has acpi-table-not-readable &&
		says check '.iommu.state == "off-in-kernel" and .iommu.groups == 0' && has kernel-log-not-readable
}
user_firmware() {
	fresh b650m-iommu-off-in-firmware && as_everybody && look --root "$root" && says check '.iommu.state == "off-in-firmware"' || return 1
	chmod 000 "$root/sys/firmware/acpi/tables"
	look --root "$root" && says check '.iommu.state == "unknown"' && has not-readable
}
if [ "$(id -u)" -ne 0 ] || have setpriv; then
	[ "$(id -u)" -ne 0 ] || as="setpriv --reuid 65534 --regid 65534 --clear-groups"
	ok "a normal user sees the groups and not why: ACS is not known, not missing" user_sees
	ok "a normal user sees that the IOMMU is off by the table that is there" user_off
	ok "a table that may not be listed is not one that is missing" user_firmware
	chmod -R u+rwX "$root"
	as=
else
	skip "a normal user" "setpriv is not installed"
fi

# What Docker leaves of a host: its own /etc, /boot and /dev, /sys/firmware hidden.
contain() {
	fresh "$1" && : >"$root/.dockerenv" || return 1
	( cd "$root" && rm -rf boot lib/modules usr/lib/modules etc/default etc/kernel etc/kernelstub usr/sbin usr/bin dev var sys/firmware \
		sys/kernel/security etc/initramfs-tools etc/fstab ) || return 1
	mkdir -p "$root/sys/firmware" "$root/proc/self"
	printf '1 0 0:50 / / rw - overlay overlay rw\n' >"$root/proc/self/mountinfo"
	printf 'overlay / overlay rw 0 0\n' >"$root/proc/mounts"
	: >"$root/proc/swaps"
	chmod -R a-w "$root/sys"
}
in_container() {
	contain intel-on-after-reboot && look --root "$root" && has inside-container &&
		says check '.verdict == "work" and .iommu.state == "on" and .cpu.virtualization == "on"' &&
		says check '.firmware.mode == "unknown" and .firmware.secure_boot == "unknown" and .vfio.vfio_pci == "unknown" and .boot.loader == "unknown"' &&
		says devices '[.devices[] | select(.assignable == "yes")] == []' &&
		says devices '.devices[] | select(.address == "0000:03:00.0") | .why | tostring | test("inside a container")' || return 1
	exits 2 "$wizard" --root "$root" plan --gpu auto
}
ok "in a container: the host's IOMMU, and nobody knows what the host needs" in_container
in_container_off() {
	contain "$1" && look --root "$root" && has inside-container && says check '.iommu.state == "unknown" and .verdict == "work"' &&
		has_not iommu-off-in-firmware && has_not iommu-absent
}
ok "in a container: no table is seen, so nobody says where the IOMMU is off" in_container_off intel-off-in-kernel-debian
ok "the same on AMD" in_container_off b650m-iommu-off-in-firmware
in_container_without_sys() {
	contain intel-on-after-reboot && chmod -R u+w "$root/sys" && rm -rf "${root:?}/sys" && mkdir "$root/sys" && look --root "$root" &&
		says check '.iommu.state == "unknown"' && says groups '.groups == []' &&
		says check '.findings[] | select(.id == "iommu-unknown") | .evidence | index("/sys/class/iommu: not readable")'
}
ok "in a container without /sys" in_container_without_sys
named() {
	fresh intel-on-after-reboot && mkdir -p "$root/run/systemd" && printf '%s\n' "$1" >"$root/run/systemd/container" && look --root "$root" &&
		says check '.findings[] | select(.id == "inside-container") | .evidence == ["/run/systemd/container"] and (.text | test("'"$2"'"))'
}
ok "a container says what it is" named lxc '[(]lxc[)]'
ok "a container's name is not trusted" named "$(printf 'x\033[31m%s' "$(head -c 5000 /dev/zero | tr '\000' y)")" '^.{20,200}$'
leftover() {
	fresh intel-on-after-reboot && : >"$root/.dockerenv" && mkdir -p "$root/proc/self" || return 1
	printf '25 1 8:2 / / rw shared:1 - ext4 /dev/sda2 rw\n' >"$root/proc/self/mountinfo"
	look --root "$root" && has_not inside-container && says check '.verdict == "ready"' || return 1
	printf '25 1 0:26 /var/lib/docker/btrfs/subvolumes/3f9c / rw - btrfs /dev/sda2 rw\n' >"$root/proc/self/mountinfo"
	look --root "$root" && has inside-container
}
ok "a disk made from a container's image is no container" leftover
recorded() {
	contain intel-on-after-reboot && "$wizard" --root "$root" snapshot -o "$tap_dir/in.host" && look --host "$tap_dir/in.host" && has inside-container
}
ok "a recording made in a container says so" recorded
not_in_one() { for h in "$top_srcdir"/tests/hosts/*.host; do { look --host "$h" && has_not inside-container; } || { echo "$h"; return 1; }; done; }
ok "no other recorded host is in a container, and none has an unknown without a word" not_in_one

in_machine() {
	look --host "$top_srcdir/tests/hosts/$1.host" && has inside-vm && says check ".cpu.hypervisor and $2" &&
		! jq -r '.findings[].advice[]' "$tap_dir/check" | grep -iE 'firmware setup|power off|another slot'
}
ok "in a machine with a virtio-iommu" in_machine vm-virtio-iommu '.iommu.kind == "virtio" and .iommu.state == "on"'
ok "in a machine of a cloud" in_machine vm-cloudimg-grub-dropin '.iommu.state == "off-in-kernel"'
bare_machine() {
	fresh vm-cloudimg-grub-dropin && rm -f "$root"/sys/firmware/acpi/tables/DMAR && look --root "$root" &&
		says check '.verdict == "blocked" and .iommu.state == "absent"' &&
		says check '.findings[] | select(.id == "iommu-absent") | .advice | tostring | test("hypervisor")'
}
ok "in a machine without an IOMMU: its hypervisor can give it one" bare_machine
done_testing
