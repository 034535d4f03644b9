#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Starts a virtual machine with QEMU alone: takes its PCI devices from their drivers, runs, and gives
# them back.  Without arguments: needs root, but for devices that vfio-pci holds already.
#   --print       prints the QEMU command and does nothing
#   --prepare     makes the folder, the firmware's variables and the disk, and stops
#   --state DIR   keeps those in DIR
#   --software    without KVM: very slow, to try the machine where the processor or firmware has none
# shellcheck disable=SC2317 # functions that only the trap calls
set -eu

sysfs=/sys
state=/var/lib/vfio-wizard/machines/'win11'
[ "$(id -u)" -eq 0 ] || state=${XDG_STATE_HOME:-$HOME/.local/state}/vfio-wizard/machines/'win11'
mode=run
accel=kvm
while [ $# -gt 0 ]; do
	case $1 in
	--print) mode=print ;;
	--prepare) mode=prepare ;;
	--state) state=${2:?--state needs a folder}; shift ;;
	--software) accel=tcg ;;
	*) echo "usage: $0 [--print | --prepare] [--state DIR] [--software]" >&2; exit 64 ;;
	esac
	shift
done

die() {
	echo "$0: $*" >&2
	exit 2
}
# QEMU splits its options at commas; a doubled one is a comma.
comma() {
	printf '%s' "$1" | sed 's/,/,,/g'
}
# One word as the shell would read it back.
quote() {
	printf "'%s' " "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# The firmware's code and its variables: what the distribution's own descriptions said when this was
# written, and where that is gone, the places the large ones use.
ovmf_code=
ovmf_vars=
ovmf_code_format=raw
ovmf_vars_format=raw
ovmf_combined=no
try_ovmf() {
	if [ -z "$ovmf_code" ] && [ -r "$1" ] && [ -r "$2" ]; then
		ovmf_code=$1
		ovmf_vars=$2
		ovmf_code_format=${3:-raw}
		ovmf_vars_format=${4:-raw}
		ovmf_combined=${5:-no}
	fi
}
try_ovmf /usr/share/OVMF/OVMF_CODE_4M.ms.fd /usr/share/OVMF/OVMF_VARS_4M.ms.fd
try_ovmf /usr/share/edk2/ovmf/OVMF_CODE_4M.secboot.qcow2 /usr/share/edk2/ovmf/OVMF_VARS_4M.secboot.qcow2 qcow2 qcow2
try_ovmf /usr/share/edk2/ovmf/OVMF_CODE.secboot.fd /usr/share/edk2/ovmf/OVMF_VARS.secboot.fd
try_ovmf /usr/share/qemu/ovmf-x86_64-smm-ms-code.bin /usr/share/qemu/ovmf-x86_64-smm-ms-vars.bin
[ -n "$ovmf_code" ] ||
	die "no UEFI firmware with Secure Boot and enrolled keys was found: install ovmf or edk2-ovmf"

cpu=host,migratable=off,host-cache-info=on,host-phys-bits=on,hv_relaxed=on,hv_vapic=on,hv_spinlocks=0x1fff,hv_vpindex=on,hv_runtime=on,hv_synic=on,hv_time=on,hv_stimer=on,hv_stimer_direct=on,hv_reset=on,hv_frequencies=on,hv_reenlightenment=on,hv_tlbflush=on,hv_ipi=on
timer="-global kvm-pit.lost_tick_policy=delay"
if [ "$accel" = tcg ]; then
	cpu=max
	timer=
fi
# What QEMU is started with.
# shellcheck disable=SC2086 # two words, or none
set -- qemu-system-x86_64 -no-user-config -nodefaults \
	-name guest='win11' \
	-uuid 'a7a6ac98-3e73-59a7-a8e2-8e259ec5c7ba' \
	-machine q35,accel=$accel,vmport=off,hpet=off,smm=on \
	-m size='853' \
	-smp '2',sockets='1',dies='1',cores='2',threads='1' \
	-cpu "$cpu" \
	-rtc base=localtime,driftfix=slew \
	$timer \
	-global ICH9-LPC.disable_s3=1 -global ICH9-LPC.disable_s4=1 \
	-boot menu=on,splash-time='3000' \
	-qmp "unix:$(comma "$state/qmp.sock"),server=on,wait=off"
ovmf_state=$state/vars.fd
[ "$ovmf_vars_format" = raw ] || ovmf_state=$state/vars.$ovmf_vars_format
if [ "$ovmf_combined" = yes ]; then
	set -- "$@" -drive "if=pflash,unit=0,format=$ovmf_vars_format,file=$(comma "$ovmf_state")"
else
	set -- "$@" \
		-drive "if=pflash,unit=0,format=$ovmf_code_format,readonly=on,file=$(comma "$ovmf_code")" \
		-drive "if=pflash,unit=1,format=$ovmf_vars_format,file=$(comma "$ovmf_state")"
fi
set -- "$@" -global driver=cfi.pflash01,property=secure,value=on
set -- "$@" -chardev "socket,id=tpm,path=$(comma "$state/tpm.sock")" \
	-tpmdev emulator,id=tpm0,chardev=tpm -device tpm-crb,tpmdev=tpm0
set -- "$@" -drive if=none,id='disk0',cache='none',aio='native',discard='unmap',format='qcow2',file='/var/lib/libvirt/images/win11.qcow2' \
	-device ide-hd,bus=ide.'0',drive='disk0',bootindex='1'
# libvirt's networks are not there without libvirt: QEMU's own one reaches the same places.
set -- "$@" -netdev user,id=network \
	-device e1000e,netdev=network,mac='52:54:00:01:7d:fe'
set -- "$@" -device qemu-xhci,id=usb \
	-device usb-kbd,bus=usb.0 -device usb-tablet,bus=usb.0 \
	-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng
set -- "$@" -spice "unix=on,addr=$(comma "$state/spice.sock"),disable-ticketing=on" \
	-device virtio-serial-pci -chardev spicevmc,id=agent,name=vdagent \
	-device virtserialport,chardev=agent,name=com.redhat.spice.0
set -- "$@" -audiodev spice,id=audio \
	-device ich9-intel-hda -device hda-duplex,audiodev=audio
set -- "$@" -display none -vga std
set -- "$@" -device pcie-root-port,id=port'1',bus=pcie.0,chassis='1',port='1',addr='0x10'.'0x0',multifunction=on
set -- "$@" -device vfio-pci,host='0000:03:00.0',bus=port'1',addr='0x00'.'0x0',multifunction=on
set -- "$@" -device vfio-pci,host='0000:03:00.1',bus=port'1',addr='0x00'.'0x1'

if [ "$mode" = print ]; then
	for word; do quote "$word"; done
	echo
	exit 0
fi

prepare() {
	mkdir -p "$state"
	chmod 700 "$state"
	if ! [ -e "$ovmf_state" ]; then
		cp "$ovmf_vars" "$ovmf_state.new"
		chmod 600 "$ovmf_state.new"
		mv "$ovmf_state.new" "$ovmf_state"
	fi
	if ! [ -e '/var/lib/libvirt/images/win11.qcow2' ]; then
		mkdir -p "$(dirname '/var/lib/libvirt/images/win11.qcow2')"
		qemu-img create -q -f 'qcow2' -- '/var/lib/libvirt/images/win11.qcow2' '128849018880'
	fi
}
if [ "$mode" = prepare ]; then
	prepare
	exit 0
fi

# may_use ADDRESS: without root, a device can only be used that is on vfio-pci already and whose group may be opened.
may_use() {
	dev=$sysfs/bus/pci/devices/$1
	if ! [ -e "$dev/driver" ] || [ "$(basename "$(readlink "$dev/driver")")" != vfio-pci ]; then
		die "needs root, to hand $1 over to vfio-pci"
	fi
	group=/dev/vfio/$(basename "$(readlink "$dev/iommu_group")")
	if ! [ -r "$group" ] || ! [ -w "$group" ]; then
		die "$(id -un) may not open $group: as root, run: chown $(id -un) $group"
	fi
}
root=yes
[ "$(id -u)" -eq 0 ] || root=
if ! [ "$root" ]; then
	:
	may_use '0000:03:00.0'
	may_use '0000:03:00.1'
fi
command -v qemu-system-x86_64 >/dev/null || die "qemu-system-x86_64 is not installed"
[ "$accel" = tcg ] || [ -e /dev/kvm ] ||
	die "/dev/kvm is missing: virtualization is off in the firmware, or kvm is not loaded; to try without: --software"
command -v swtpm >/dev/null || die "swtpm is not installed: this machine has a TPM"


# "ADDRESS DRIVER" of devices that were taken, last one first; "-" had no driver.
taken=
tpm_pid=
qemu_pid=

# The driver of a device, "-" when it has none.
driver_of() {
	if [ -e "$1/driver" ]; then
		basename "$(readlink "$1/driver")"
	else
		echo -
	fi
}

# What a device is: "0x10de:0x1e07 0x1043:0x8675".
ids_of() {
	printf '%s:%s %s:%s' "$(cat "$1/vendor")" "$(cat "$1/device")" \
		"$(cat "$1/subsystem_vendor")" "$(cat "$1/subsystem_device")"
}
# Where a device with these ids is now.
found_at() {
	for other in "$sysfs"/bus/pci/devices/*; do
		if [ "$(ids_of "$other" 2>/dev/null)" = "$1" ]; then
			echo "; it, or one just like it, is at ${other##*/} now"
		fi
	done
}

# take ADDRESS IDS SERIAL: cards that were added, removed or moved change the addresses, so look before.
# A disk tells its serial number, which twins differ in, while the kernel's NVMe driver holds it.
take() {
	dev=$sysfs/bus/pci/devices/$1
	[ -d "$dev" ] || die "there is no PCI device $1$(found_at "$2"): write this script anew"
	[ "$(ids_of "$dev")" = "$2" ] ||
		die "$1 is no longer $2 but $(ids_of "$dev")$(found_at "$2"): write this script anew"
	for serial in "$dev"/nvme/nvme*/serial; do
		if [ -n "$3" ] && [ -r "$serial" ] && [ "$(sed 's/ *$//' "$serial")" != "$3" ]; then
			die "$1 is another disk of the same kind: its serial number is not the one it was: write this script anew"
		fi
	done
	[ -e "$dev/iommu_group" ] || die "$1 has no IOMMU group: the IOMMU is off"
	old=$(driver_of "$dev")
	[ "$old" = vfio-pci ] && return 0
	taken="$1 $old
$taken"
	echo vfio-pci >"$dev/driver_override"
	[ "$old" = - ] || echo "$1" >"$dev/driver/unbind"
	echo "$1" >"$sysfs/bus/pci/drivers_probe"
	[ "$(driver_of "$dev")" = vfio-pci ] || die "$1 could not be given to vfio-pci: see dmesg"
}

# give_back ADDRESS DRIVER: goes on whatever fails, so that the other devices get theirs.
give_back() {
	dev=$sysfs/bus/pci/devices/$1
	echo >"$dev/driver_override" || :
	if [ "$(driver_of "$dev")" = vfio-pci ]; then
		echo "$1" >"$dev/driver/unbind" || :
	fi
	if [ "$2" != - ] && ! [ -e "$dev/driver" ]; then
		echo "$1" >"$sysfs/bus/pci/drivers/$2/bind" ||
			echo "$0: $1 could not be given back to $2" >&2
	fi
}

cleanup() {
	status=$?
	trap - EXIT
	trap '' HUP INT TERM
	if [ -n "$qemu_pid" ] && kill "$qemu_pid" 2>/dev/null; then
		wait "$qemu_pid" || :
	fi
	if [ -n "$tpm_pid" ]; then
		kill "$tpm_pid" 2>/dev/null || :
	fi
	printf '%s' "$taken" | while read -r address driver; do
		give_back "$address" "$driver"
	done
	exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

prepare
[ -z "$root" ] || modprobe vfio-pci || die "vfio-pci cannot be loaded"
take '0000:03:00.0' '0x1002:0x5046 0x1af4:0x1100' ''
take '0000:03:00.1' '0x8086:0x293e 0x1af4:0x1100' ''
mkdir -p "$state/tpm"
rm -f "$state/tpm.sock"
swtpm socket --tpm2 --tpmstate "dir=$state/tpm" --ctrl "type=unixio,path=$state/tpm.sock" --terminate &
tpm_pid=$!
tries=0
until [ -S "$state/tpm.sock" ]; do
	tries=$((tries + 1))
	[ "$tries" -le 50 ] || die "swtpm did not start"
	sleep 0.1
done

# VFIO pins all of the machine's memory, and a little more for itself.  POSIX does not know -l; dash, bash and
# busybox do.
# shellcheck disable=SC3045
may_lock() {
	ulimit -l unlimited 2>/dev/null || ulimit -l "$(ulimit -H -l)" 2>/dev/null || :
	limit=$(ulimit -l)
	[ "$limit" = unlimited ] || [ "$limit" -ge '1922048' ]
}
if ! may_lock && ! [ "$root" ]; then
	die "VFIO locks all of the machine's memory," '1922048' "KiB, and $(id -un) may lock $limit KiB. As root, write the line" \
		"\"$(id -un) - memlock" '1922048'"\" to /etc/security/limits.d/50-vfio.conf, then log out and in again;" \
		"a service of systemd needs LimitMEMLOCK="'1922048'"K instead."
fi
echo "The screen: remote-viewer spice+unix://$state/spice.sock"
"$@" <&0 &
qemu_pid=$!
wait "$qemu_pid" && status=0 || status=$?
qemu_pid=
exit "$status"
stderr: vfio-wizard: The machine has a TPM, and swtpm is not installed: it will not start.
stderr:   Install swtpm (and swtpm-tools where there is such a package).
stderr: vfio-wizard: The machine's CPUs are not tied to the host's: 2 CPUs cannot be tied to cores of their own: the host keeps its first core, and 1 are left.
stderr: vfio-wizard: The version of libvirt here is not known, of QEMU not known. What came after libvirt 8.0 and QEMU 6.2 is left out of the domain, to be safe.
stderr:     <maxphysaddr mode='passthrough'>: libvirt 8.7
stderr:     hyperv xmm_input: libvirt 10.7, QEMU 7.1
stderr:     hyperv emsr_bitmap: libvirt 10.7, QEMU 7.1
stderr:     hyperv tlbflush direct and extended: libvirt 11.0, QEMU 7.1, Linux 6.2
exit: 0
