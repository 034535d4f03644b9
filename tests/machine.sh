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
# Looking Glass's module, with as much memory as a picture of the default size needs.
mkdir -p "$samples/sys/module/kvmfr/parameters"
echo 64 >"$samples/sys/module/kvmfr/parameters/static_size_mb"
# The firmware that is installed here, by its own descriptions.
if [ -d /usr/share/qemu/firmware ]; then
	mkdir -p "$samples/usr/share/qemu"
	cp -R /usr/share/qemu/firmware "$samples/usr/share/qemu/"
fi
ok "machines of every shape are written" "$top_builddir/tests/unit/machine-samples" "$samples"
: >"$samples/win.iso"
: >"$samples/virtio.iso"
have qemu-img && qemu-img create -q -f qcow2 "$samples/base.qcow2" 1G
: >"$samples/'; touch pwned; '.iso"

for file in "$samples"/*.xml; do
	shape=$(basename "$file" .xml)
	# 9.0 is what Debian 12 has; what is written for newer ones is for newer schemas.
	case $shape in *-newest) this_schema=${LIBVIRT_SCHEMAS:-none}/domain.rng ;; *) this_schema=$schema ;; esac
	if [ "${LIBVIRT_SCHEMAS:-}" ] && have xmllint; then
		ok "$shape.xml fits the schema in LIBVIRT_SCHEMAS" \
			xmllint --nonet --noout --relaxng "$LIBVIRT_SCHEMAS/domain.rng" "$file"
	fi
	if ! have xmllint; then
		skip "$shape.xml fits libvirt's schema" "no xmllint"
	elif ! [ -r "$this_schema" ]; then
		skip "$shape.xml fits libvirt's schema" "no $this_schema"
	else
		ok "$shape.xml fits libvirt's schema" xmllint --nonet --noout --relaxng "$this_schema" "$file"
	fi
	if [ "${shape%-newest}" != "$shape" ]; then
		skip "$shape.xml is defined by libvirt's test driver" "written for a newer libvirt than this"
	elif have virsh && virsh -c test:///default version >/dev/null 2>&1; then
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
# An object of QEMU is made after all of its options were read: only the device is wrong then.
takes_shared_keys() {
	sh "$samples/windows11-kvmfr.sh" --print | tr '\n' ' ' | sed "s/.*'-object' \('input-linux,id=evdev0.*grab-toggle=[a-z-]*'\).*/\1/" \
		>"$tap_dir/object"
	grep -q "evdev=/dev/input/by-id/usb-a,,b" "$tap_dir/object" || return 1
	echo quit | timeout 30 qemu-system-x86_64 -display none -S -monitor stdio -object \
		"$(sed "s|evdev=.*,grab_all|evdev=/dev/null,grab_all|; s/^'//; s/'$//" "$tap_dir/object")" >"$tap_dir/said" 2>&1
	cat "$tap_dir/object" "$tap_dir/said"
	grep -q 'not an evdev device' "$tap_dir/said"
}
if have qemu-system-x86_64; then
	ok "QEMU takes the options of a shared keyboard" takes_shared_keys
else
	skip "QEMU takes the options of a shared keyboard" "no qemu-system-x86_64"
fi
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

# Without root: what has to be done before is said, and nothing is tried that cannot work.
fake_user() { # DRIVER KIB-THAT-MAY-BE-LOCKED
	fake_host 0x1e07 "exit 0"
	ln -sfn "$fake/bus/pci/drivers/$1" "$dev/driver"
	rm "$dev/iommu_group"
	mkdir -p "$fake/groups/7"
	ln -s "$fake/groups/7" "$dev/iommu_group"
	: >"$fake/vfio-7"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\n[ "$1" = -un ] && echo tester || echo 1000\n' >"$fake/bin/id"
	sed -i "s|group=/dev/vfio/|group=$fake/vfio-|; s|ulimit -l unlimited|false|; s|\$(ulimit -l)|$2|" "$fake/run.sh"
}
as_user() { # STATUS WORDS
	(PATH=$fake/bin:$PATH XDG_STATE_HOME=$fake/home exits "$1" sh "$fake/run.sh") >"$fake/said" 2>&1
	rc=$?
	cat "$fake/said"
	[ "$rc" -eq 0 ] && grep -q "$2" "$fake/said"
}
user_needs_root() { fake_user nouveau unlimited && as_user 2 "needs root, to hand 0000:01:00.0 over"; }
user_may_lock_little() { fake_user vfio-pci 8192 && as_user 2 "tester - memlock [0-9]*\" to /etc/security/limits.d"; }
user_goes_on() {
	fake_user vfio-pci unlimited && as_user 0 "The screen" && [ -d "$fake/home/vfio-wizard/machines/hostile" ] &&
		[ "$(readlink "$dev/driver")" = "$fake/bus/pci/drivers/vfio-pci" ]
}
if { have qemu-img && sh "$samples/hostile.sh" --print; } >/dev/null 2>&1; then
	ok "without root the script needs devices that are handed over already" user_needs_root
	ok "it says what limit of locked memory is too small" user_may_lock_little
	ok "it runs without root where nothing stands in the way" user_goes_on
fi

# Pages are made and taken back, QEMU and its virtual CPU go where they belong.  A program stands in for the
# kernel, which has as many pages as memory in one piece allows.
pool=$fake/kernel/mm/hugepages/hugepages-2048kB
fake_pages() { # PAGES-THERE PAGES-POSSIBLE WHAT-QEMU-DOES
	rm -rf "$fake"
	mkdir -p "$pool" "$fake/bin"
	echo "$1" >"$pool/nr_hugepages"
	echo "$1" >"$pool/free_hugepages"
	# shellcheck disable=SC2016 # for the stand-ins
	printf '#!/bin/sh\nread -r n; [ "$n" -le %s ] || n=%s\necho "$n" >%s/nr_hugepages; echo "$n" >%s/free_hugepages\n' \
		"$2" "$2" "$pool" "$pool" >"$fake/bin/pool"
	printf '#!/bin/sh\necho 0\n' >"$fake/bin/id"
	printf '#!/bin/sh\n' >"$fake/bin/modprobe"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "$1 $2 ${3##*/}" >>"%s/tied"\n[ "$1" != -c ] || { shift 2; exec "$@"; }\n' "$fake" \
		>"$fake/bin/taskset"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nprintf "CPU 0/KVM" >/proc/$$/comm\necho "pages: $(cat "%s/nr_hugepages")"\nsleep 0.5\n%s\n' \
		"$pool" "$3" >"$fake/bin/qemu-system-x86_64"
	chmod +x "$fake/bin"/*
	# shellcheck disable=SC2016
	sed -e "s|^sysfs=/sys|sysfs=$fake|; s|-e /dev/kvm|-d /|; s|/proc/sys/vm/|$fake/|; s|/run/vfio-wizard-pages|$fake/made|" \
		-e "s#>\"\$pool/nr_hugepages\"#| $fake/bin/pool#" "$samples/linux-pages.sh" >"$fake/run.sh"
}
run_pages() { # STATUS PAGES-AFTER
	(PATH=$fake/bin:$PATH exits "$1" sh "$fake/run.sh" --state "$fake/state") >"$fake/said" 2>&1 || {
		cat "$fake/said"
		return 1
	}
	cat "$fake/said"
	[ "$(cat "$pool/nr_hugepages")" = "$2" ] && [ ! -e "$fake/made-linux-pages" ]
}
pages_made() { fake_pages "$1" 4096 "$2" && run_pages "$3" "$1" && grep -q '^pages: 1024$' "$fake/said"; }
ok "the script makes the pages and takes them back" pages_made 0 "exit 0" 0
ok "it leaves those of others" pages_made 100 "exit 0" 0
ok "it takes them back when QEMU fails" pages_made 0 "exit 3" 3
# shellcheck disable=SC2016 # QEMU's stand-in ends the script that started it
ok "it takes them back when it is ended" pages_made 0 'kill -TERM $PPID; exec sleep 20' 143
pages_there() { fake_pages 2000 2000 "exit 0" && run_pages 0 2000; }
ok "it makes none where enough are free" pages_there
too_few() { fake_pages 7 500 "exit 0" && run_pages 2 7 && grep -q 'only 500 of 1024 pages.*small pieces' "$fake/said"; }
ok "it says so when the memory lies in small pieces, and gives back what it got" too_few
killed_before() { fake_pages 1024 4096 "exit 0" && echo 1024 >"$fake/made-linux-pages" && run_pages 0 0; }
ok "it takes back what an earlier start left that was killed" killed_before
pinned() {
	fake_pages 0 4096 "exit 0" && run_pages 0 0 || return 1
	cat "$fake/tied"
	grep -q '^-c 0-6,8-14 qemu-system-x86_64' "$fake/tied" && grep -q '^-pc 7 [0-9]' "$fake/tied"
}
ok "QEMU runs on the host's CPUs and its virtual one on its own" pinned

no_injection() {
	[ ! -e "$samples/pwned" ] && [ ! -e pwned ]
}
ok "hostile names ran nothing" no_injection
done_testing
