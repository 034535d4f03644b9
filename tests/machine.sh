#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What we write is taken by those it is written for: libvirt's schema, libvirt, the shell, QEMU.
. "${top_srcdir:-.}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/qemu.sh"

VFIO_WIZARD_DATADIR=$top_srcdir
export VFIO_WIZARD_DATADIR
samples=$tap_dir/samples
schema=/usr/share/libvirt/schemas/domain.rng
mkdir "$samples"
ok "machines of every shape are written" "$top_builddir/tests/unit/machine-samples" "$samples"
: >"$samples/win.iso"
: >"$samples/'; touch pwned; '.iso"

for file in "$samples"/*.xml; do
	shape=$(basename "$file" .xml)
	if ! have xmllint; then
		skip "$shape.xml fits libvirt's schema" "no xmllint"
	elif ! [ -r "$schema" ]; then
		skip "$shape.xml fits libvirt's schema" "no $schema"
	else
		ok "$shape.xml fits libvirt's schema" xmllint --nonet --noout --relaxng "$schema" "$file"
	fi
	if have virsh && virsh -c test:///default version >/dev/null 2>&1; then
		ok "$shape.xml is defined by libvirt's test driver" \
			virsh -c test:///default define "$file"
	else
		skip "$shape.xml is defined by libvirt's test driver" "no virsh with a test driver"
	fi
done

for file in "$samples"/*.sh; do
	shape=$(basename "$file" .sh)
	ok "$shape.sh is read by sh" sh -n "$file"
	if have shellcheck; then
		ok "$shape.sh passes shellcheck" shellcheck -S info -e SC2016 "$file"
	else
		skip "$shape.sh passes shellcheck" "no shellcheck"
	fi
	why=$(qemu_missing "$file")
	if [ -n "$why" ]; then
		skip "$shape.sh is taken by QEMU" "$why"
	else
		ok "$shape.sh is taken by QEMU up to the missing device" qemu_takes "$file" "$tap_dir/state-$shape"
	fi
done
# A device is taken, QEMU runs, and the device is back with its driver whatever QEMU's end was.  What the
# kernel does when these files of sysfs are written stands in for the writing.
fake=$tap_dir/sysfs
fake_host() {
	dev=$fake/bus/pci/devices/0000:01:00.0
	rm -rf "$fake"
	mkdir -p "$dev" "$fake/bus/pci/drivers/vfio-pci" "$fake/bus/pci/drivers/nouveau" "$fake/bin"
	echo 0x10de >"$dev/vendor"
	echo "$1" >"$dev/device"
	echo 0x0000 >"$dev/subsystem_vendor"
	echo 0x0000 >"$dev/subsystem_device"
	: >"$dev/iommu_group"
	ln -s "$fake/bus/pci/drivers/nouveau" "$dev/driver"
	printf '#!/bin/sh\necho 0\n' >"$fake/bin/id"
	printf '#!/bin/sh\n' >"$fake/bin/modprobe"
	printf '#!/bin/sh\nreadlink "%s/driver"\n%s\n' "$dev" "$2" >"$fake/bin/qemu-system-x86_64"
	chmod +x "$fake/bin"/*
	# shellcheck disable=SC2016 # for the script, not for us
	sed -e "s|^sysfs=/sys|sysfs=$fake|; s|-e /dev/kvm|-d /|" \
		-e 's|echo "$1" >"$dev/driver/unbind"|rm "$dev/driver"|' \
		-e 's|echo "$1" >"$sysfs/bus/pci/drivers_probe"|ln -s "$sysfs/bus/pci/drivers/$(cat "$dev/driver_override")" "$dev/driver"|' \
		-e 's|echo "$1" >"$sysfs/bus/pci/drivers/$2/bind"|ln -s "$sysfs/bus/pci/drivers/$2" "$dev/driver"|' \
		"$samples/hostile.sh" >"$fake/run.sh"
}
# given_back DEVICE-ID QEMU-ENDS STATUS
given_back() {
	fake_host "$1" "$2"
	(PATH=$fake/bin:$PATH exits "$3" sh "$fake/run.sh" --state "$fake/state") >"$fake/said" 2>&1 || {
		cat "$fake/said"
		return 1
	}
	cat "$fake/said"
	[ "$(readlink "$dev/driver")" = "$fake/bus/pci/drivers/nouveau" ] || return 1
	[ "$3" -eq 2 ] || { grep -q "^$fake/bus/pci/drivers/vfio-pci" "$fake/said" &&
		[ -z "$(cat "$dev/driver_override")" ]; }
}
if { have qemu-img && sh "$samples/hostile.sh" --print; } >/dev/null 2>&1; then
	ok "the script gives devices back when QEMU ends well" given_back 0x1e07 "exit 0" 0
	ok "the script gives devices back when QEMU fails" given_back 0x1e07 "exit 3" 3
	# shellcheck disable=SC2016 # QEMU's stand-in ends the script that started it
	ok "the script gives devices back when it is ended" \
		given_back 0x1e07 'kill -TERM $PPID; exec sleep 20' 143
	ok "the script leaves a device alone that is another one now" given_back 0x9999 "exit 0" 2
	moved() {
		fake_host 0x9999 "exit 0"
		mkdir "$fake/bus/pci/devices/0000:05:00.0"
		for id in vendor=0x10de device=0x1e07 subsystem_vendor=0x0000 subsystem_device=0x0000; do
			echo "${id#*=}" >"$fake/bus/pci/devices/0000:05:00.0/${id%%=*}"
		done
		(PATH=$fake/bin:$PATH exits 2 sh "$fake/run.sh" --state "$fake/state") >"$fake/said" 2>&1 || return 1
		cat "$fake/said"
		grep -q 'is at 0000:05:00.0 now' "$fake/said" && [ ! -e "$dev/driver_override" ]
	}
	ok "the script says where it is now" moved
	other_card() {
		fake_host 0x1e07 "exit 0"
		echo 0x1043 >"$dev/subsystem_vendor"
		(PATH=$fake/bin:$PATH exits 2 sh "$fake/run.sh" --state "$fake/state") && [ ! -e "$dev/driver_override" ]
	}
	ok "the script leaves a card of another maker alone" other_card
	other_disk() {
		fake_host 0x1e07 "exit 0"
		sed -i "s/^take .*/take 0000:01:00.0 '0x10de:0x1e07 0x0000:0x0000' 'S1'/" "$fake/run.sh"
		mkdir -p "$dev/nvme/nvme3"
		echo "$1   " >"$dev/nvme/nvme3/serial"
		(PATH=$fake/bin:$PATH sh "$fake/run.sh" --state "$fake/state")
	}
	ok "the script takes the disk with its serial number" other_disk S1
	ok "the script leaves its twin alone" exits 2 other_disk S2
else
	skip "the script gives devices back" "no firmware or no qemu-img"
fi

no_injection() {
	[ ! -e "$samples/pwned" ] && [ ! -e pwned ]
}
ok "hostile names ran nothing" no_injection
done_testing
