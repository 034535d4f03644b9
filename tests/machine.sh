#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What we write is taken by those it is written for: libvirt's schema, libvirt, the shell, QEMU.
. "${top_srcdir:-.}/tests/lib/tap.sh"

VFIO_WIZARD_DATADIR=$top_srcdir
export VFIO_WIZARD_DATADIR
samples=$tap_dir/samples
schema=/usr/share/libvirt/schemas/domain.rng
mkdir "$samples"
ok "machines of every shape are written" "$top_builddir/tests/unit/machine-samples" "$samples"
: >"$samples/win.iso"
: >"$samples/'; touch pwned; '.iso"

# What the machine under test may lack (KVM that works, bridges, huge pages, O_DIRECT, memory) is exchanged
# in the command the script prints; everything else goes to QEMU as it is.
fit_command() {
	sed -e "s/cache=none,aio=native/cache=writeback/; s/'bridge,id=network,br=br0'/'user,id=network'/" \
		-e "s/memory-backend-memfd,id=memory,hugetlb=on,hugetlbsize=2M,/memory-backend-ram,id=memory,/" \
		-e "s|/dev/shm/looking-glass|$samples/looking-glass|; s/accel=kvm/accel=tcg/; s/'host,/'max,/" \
		-e "s/\(hv_[a-z]*\)=on/\1=off/g; s/\(hv_stimer_direct\)=on/\1=off/" \
		-e "s/'-m' 'size=16384'/'-m' 'size=1024'/; s/,size=17179869184/,size=1073741824/" \
		-e "s/'-global' 'kvm-pit[^']*'//" "$1"
}

# QEMU reads all of the command and stops at the first device that is not on this host; a machine
# without any starts, and "quit" ends it.
qemu_takes() {
	state=$tap_dir/state-$1
	sh "$samples/$1.sh" --state "$state" --prepare || return 1
	sh "$samples/$1.sh" --state "$state" --print >"$tap_dir/printed" || return 1
	fit_command "$tap_dir/printed" >"$tap_dir/command"
	tpm=
	if grep -q tpm.sock "$tap_dir/command"; then
		mkdir "$state/tpm"
		swtpm socket --tpm2 --tpmstate "dir=$state/tpm" --terminate \
			--ctrl "type=unixio,path=$state/tpm.sock" >/dev/null 2>&1 &
		tpm=$!
		for _ in 1 2 3 4 5 6 7 8 9 10; do [ -S "$state/tpm.sock" ] || sleep 0.2; done
	fi
	(cd "$samples" && echo quit |
		sh -c "timeout 60 $(cat "$tap_dir/command") -S -monitor stdio") >"$tap_dir/said" 2>&1
	status=$?
	[ -z "$tpm" ] || kill "$tpm" 2>/dev/null
	cat "$tap_dir/command" "$tap_dir/said"
	# Only the missing device is an error.
	errors=$(grep 'qemu-system-x86_64: ' "$tap_dir/said" | grep -v 'warning: \|-device vfio-pci,host=' | head -n 1)
	[ -z "$errors" ] || return 1
	if grep -q vfio-pci "$tap_dir/command"; then
		grep -q -- '-device vfio-pci,host=.*: no such host device' "$tap_dir/said"
	else
		[ "$status" -eq 0 ]
	fi
}

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
	if ! have qemu-system-x86_64 || ! have qemu-img; then
		skip "$shape.sh is taken by QEMU" "no qemu-system-x86_64 or qemu-img"
	elif grep -q '^	swtpm\|^swtpm' "$file" && ! have swtpm; then
		skip "$shape.sh is taken by QEMU" "no swtpm"
	elif ! sh "$file" --print >/dev/null 2>&1; then
		skip "$shape.sh is taken by QEMU" "$(sh "$file" --print 2>&1)"
	else
		ok "$shape.sh is taken by QEMU up to the missing device" qemu_takes "$shape"
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
else
	skip "the script gives devices back" "no firmware or no qemu-img"
fi

no_injection() {
	[ ! -e "$samples/pwned" ] && [ ! -e pwned ]
}
ok "hostile names ran nothing" no_injection
done_testing
