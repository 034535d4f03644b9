#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --bind hooks: the script that libvirt runs, as apply writes it, in a made-up /sys and /proc whose
# attributes answer as a kernel does.  With dash and with the shell of busybox where they are there.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"

lacks() { ! grep -e "$1" "$2"; }
host=$top_srcdir/tests/hosts/lab-intel-on.host
hooks=etc/libvirt/hooks/qemu.d
root=$tap_dir/root
"$wizard" --host "$host" snapshot --unpack "$root" || exit 1
cp -a "$root" "$tap_dir/orig"
cards='--device 0000:02:00.0 --device 0000:05:00.0'
# shellcheck disable=SC2086 # options
"$wizard" --root "$root" apply --yes --bind hooks --name m1 $cards >"$tap_dir/apply" 2>&1
ok "apply writes the hook, and it can be run" test -x "$root/$hooks/vfio-wizard-m1"
original=$tap_dir/original
cp "$root/$hooks/vfio-wizard-m1" "$original"
# shellcheck disable=SC2086
plan() { "$wizard" --root "$root" plan --bind hooks --name m1 $cards 2>&1; }
plan >"$tap_dir/plan"
ok "a second plan has nothing to do for it" lacks vfio-wizard-m1 "$tap_dir/plan"
"$wizard" --root "$root" undo --all >"$tap_dir/undo" 2>&1
ok "undo takes the hook away" test ! -e "$root/etc/libvirt"
ok "it never calls libvirt" lacks virsh "$original"
if have shellcheck; then ok "shellcheck" shellcheck -s sh "$original"; else skip shellcheck "not installed"; fi

# A libvirt before 6.5 asks one file only.
mkdir -p "$root/usr/lib/systemd/system" "$root/var/lib/dpkg"
: >"$root/usr/lib/systemd/system/libvirtd.service"
libvirt_is() { printf 'Package: libvirt-daemon\nStatus: install ok installed\nVersion: %s\n\n' "$1" >"$root/var/lib/dpkg/status"; }
libvirt_is 1:9.0.0-4
plan >"$tap_dir/plan"
ok "a libvirt that knows the folder needs no other file" lacks '/etc/libvirt/hooks/qemu$' "$tap_dir/plan"
ok "but looks there only when it starts" grep -q 'systemctl try-restart libvirtd.service' "$tap_dir/plan"
libvirt_is 6.0.0-0ubuntu8
plan >"$tap_dir/plan"
ok "an old libvirt gets a file that calls it" grep -q '/etc/libvirt/hooks/qemu$' "$tap_dir/plan"
ok "and is started anew" grep -q 'systemctl try-restart libvirtd.service' "$tap_dir/plan"
mkdir -p "$root/etc/libvirt/hooks"; echo '#!/bin/sh' >"$root/etc/libvirt/hooks/qemu"
plan >"$tap_dir/plan"
ok "somebody else's is never written over" lacks '/etc/libvirt/hooks/qemu$' "$tap_dir/plan"
ok "and it is said what to add" grep -q 'Add this line' "$tap_dir/plan"

sys=$tap_dir/fake/sys proc=$tap_dir/fake/proc dev=$tap_dir/fake/dev fake=$tap_dir/fake
A=0000:02:00.0 B=0000:05:00.0
ids() { sed -n "s/.*$1 0x\(....\):0x\(....\).*/0x\1 0x\2/p" "$original"; }

# The kernel: $1 written to $2.  Files in $fake tell it to fail, to hang or to refuse.
cat >"$tap_dir/kernel" <<'KERNEL'
#!/bin/sh
fake=$1; sys=$fake/sys; value=$2; attr=${3#"$fake/sys/"}
echo "$attr=$value" >>"$fake/writes"
if grep -qxF "$attr" "$fake/hang" 2>/dev/null; then sleep 4; exit 1; fi
if grep -qxF "$attr" "$fake/fail" 2>/dev/null; then exit 1; fi
pci=$sys/bus/pci
case $attr in
bus/pci/devices/*/driver_override)
	echo "${value:-(null)}" >"$sys/$attr" ;;
bus/pci/devices/*/driver/unbind)
	rm "$pci/devices/$value/driver" ;;
bus/pci/drivers_probe)
	driver=$(cat "$pci/devices/$value/native"); override=$(cat "$pci/devices/$value/driver_override")
	[ "$override" = vfio-pci ] && driver=vfio-pci
	if [ -e "$pci/devices/$value/driver" ] || [ -z "$driver" ]; then exit 0; fi
	if [ "$driver" = vfio-pci ] && [ -e "$fake/refuse" ]; then exit 1; fi
	ln -s "../../drivers/$driver" "$pci/devices/$value/driver" ;;
class/vtconsole/*/bind)
	echo "$value" >"$sys/$attr" ;;
bus/platform/drivers/*/unbind)
	rm "$sys/${attr%/unbind}/$value" ;;
bus/platform/drivers/*/bind)
	: >"$sys/${attr%/bind}/$value" ;;
*)	exit 1 ;;
esac
KERNEL
# Programs of the host: what they were asked is written down.
mkdir "$tap_dir/bin"
cat >"$tap_dir/bin/systemctl" <<PROGRAM
#!/bin/sh
echo "systemctl \$*" >>$fake/writes
case "\$*" in
*is-active*) [ -e $fake/session ] ;;
*stop*) [ -e $fake/stubborn ] || rm -rf $proc/77 ;;
esac
PROGRAM
printf '#!/bin/sh\necho "modprobe $*" >>%s/writes\n' "$fake" >"$tap_dir/bin/modprobe"
printf '#!/bin/sh\nshift 3\necho "$*" >>%s/log\n' "$fake" >"$tap_dir/bin/logger"
chmod +x "$tap_dir/kernel" "$tap_dir/bin"/*

# hook NAME ADDRESS...: the written script in the made-up host, for that machine.
make_hook() {
	sed -e "s,^sys=.*,sys=$sys," -e "s,^proc=.*,proc=$proc," -e "s,^dev=.*,dev=$dev," \
		-e "s,^units=.*,units=$fake/units," -e "s,^state=.*,state=$fake/run/\$machine," -e 's,^steps=.*,steps=30,' \
		-e "s,^PATH=.*,PATH=$tap_dir/bin:/usr/bin:/bin," -e "s,^machine=.*,machine=$1," \
		-e "s,{ printf '%s.n' \"\$1\" >\"\$2\"; } 2>/dev/null,$tap_dir/kernel $fake \"\$1\" \"\$2\"," "$original" >"$fake/$1"
}
add_device() { # ADDRESS DRIVER
	where=$sys/devices/pci0000:00/0000:00:01.0/$1
	mkdir -p "$where" "$sys/bus/pci/drivers/$2" "$sys/bus/pci/devices"
	ln -s "$where" "$sys/bus/pci/devices/$1"
	# shellcheck disable=SC2046 # two words
	set -- "$1" "$2" $(ids "$1")
	echo "$3" >"$where/vendor"; echo "$4" >"$where/device"; echo "$2" >"$where/native"
	echo '(null)' >"$where/driver_override"
	ln -s "../../drivers/$2" "$where/driver"
}
fresh() {
	rm -rf "$fake"; mkdir -p "$sys/bus/pci/drivers/vfio-pci" "$proc/self" "$dev/dri" "$fake/units"
	add_device $A nouveau; add_device $B nvme
	: >"$fake/writes"; : >"$proc/self/mounts"; : >"$proc/swaps"
	make_hook m1
}
run() { $shell "$fake/$1" "$@" - >"$fake/out" 2>&1 || { result=$?; cat "$fake/out"; return "$result"; }; }
take() { run "${1:-m1}" prepare begin; }
give() { run "${1:-m1}" release end; }
driver() { basename "$(readlink "$sys/bus/pci/devices/$1/driver" || echo none)"; }
is_on() { [ "$(driver "$1")" = "$2" ] || { driver "$1"; cat "$fake/out"; return 1; }; }
as_before() {
	[ "$(cat $sys/bus/pci/devices/*/driver_override)" = "$(printf '(null)\n(null)')" ] || return 1
	is_on $A nouveau && is_on $B nvme && [ ! -e "$fake/run/m1" ]
}
taken() { is_on $A vfio-pci && is_on $B vfio-pci; }
writes_nothing() { ! grep -v '^modprobe\|is-active' "$fake/writes"; }
says() { grep -q "$1" "$fake/out" || { cat "$fake/out"; return 1; }; }
process() { # PID NAME NODE
	mkdir -p "$proc/$1/fd"; echo "$2" >"$proc/$1/comm"; ln -s "$3" "$proc/$1/fd/7"
}
graphics() {
	mkdir -p "$sys/bus/pci/devices/$A/drm/card1" "$sys/bus/pci/devices/$A/drm/renderD129"
}
screen() { # the only card of the computer, with a desktop on it
	graphics; echo 1 >"$sys/bus/pci/devices/$A/boot_vga"
	mkdir -p "$sys/class/vtconsole/vtcon0" "$sys/class/vtconsole/vtcon1" "$sys/bus/platform/drivers/efi-framebuffer"
	echo 1 >"$sys/class/vtconsole/vtcon0/bind"; echo '(S) dummy device' >"$sys/class/vtconsole/vtcon0/name"
	echo 1 >"$sys/class/vtconsole/vtcon1/bind"; echo '(M) frame buffer device' >"$sys/class/vtconsole/vtcon1/name"
	: >"$sys/bus/platform/drivers/efi-framebuffer/efi-framebuffer.0"
	ln -s /usr/lib/systemd/system/gdm3.service "$fake/units/display-manager.service"; : >"$fake/session"
	process 77 Xorg "$dev/dri/card1"
}

test_simple() {
	fresh; ok "$1: the devices are taken" take; ok "$1: and held by vfio-pci" taken
	ok "$1: a second call is fine" take; ok "$1: they stay" taken
	ok "$1: they are given back" give; ok "$1: and all is as before" as_before
	: >"$fake/writes"; give; ok "$1: giving back twice does nothing" writes_nothing
	take; : >"$fake/writes"
	run m1 started begin; run m1 stopped end; run m1 reconnect begin; ok "$1: other calls do nothing" writes_nothing
	$shell "$fake/m1" other release end -; ok "$1: another machine's end does nothing" taken
	# libvirt with managed='yes' has given them back before it calls.
	for address in $A $B; do
		echo '(null)' >"$sys/bus/pci/devices/$address/driver_override"; rm "$sys/bus/pci/devices/$address/driver"
		ln -s "../../drivers/$(cat "$sys/bus/pci/devices/$address/native")" "$sys/bus/pci/devices/$address/driver"
	done
	give; ok "$1: what libvirt gave back is left alone" as_before
	fresh; take; rm -rf "$fake/run"; give; ok "$1: what it did not take it does not give away" taken
}
test_refusals() {
	fresh; echo 0x1234 >"$sys/bus/pci/devices/$B/device"; ok "$1: another card at the address" exits 1 take
	ok "$1: is named" says 'another card sits there'; ok "$1: and nothing was touched" writes_nothing
	fresh; rm "$sys/bus/pci/devices/$B"; ok "$1: a device that is not there" exits 1 take
	ok "$1: leaves the other alone" writes_nothing
	fresh; graphics; process 4711 blender "$dev/dri/renderD129"; ok "$1: a program on the card" exits 1 take
	ok "$1: is named by name and number" says 'blender (4711) has .*/dev/dri/renderD129'
	ok "$1: nothing was touched" writes_nothing
	fresh; graphics; process 4711 blender "$dev/dri/renderD128"; ok "$1: one on another card does not matter" take
	fresh; graphics; mkdir -p "$proc/driver/nvidia/gpus/$A"; mkdir -p "$sys/bus/pci/drivers/nvidia"
	rm "$sys/bus/pci/devices/$A/driver"; ln -s ../../drivers/nvidia "$sys/bus/pci/devices/$A/driver"
	echo 'Device Minor: 	 1' >"$proc/driver/nvidia/gpus/$A/information"; : >"$dev/nvidia0"; : >"$dev/nvidia1"; : >"$dev/nvidiactl"
	process 812 nvidia-persiste "$dev/nvidia1"; ok "$1: NVIDIA's own device files count" exits 1 take
	ok "$1: and are named" says 'nvidia-persiste (812) has .*/dev/nvidia1'
	rm "$proc/812/fd/7"; ln -s "$dev/nvidia0" "$proc/812/fd/7"; ok "$1: those of another card do not" take
	fresh; mkdir -p "$sys/class/block" "$sys/bus/pci/devices/$B/nvme/nvme0/nvme0n1"
	ln -s "$sys/devices/pci0000:00/0000:00:01.0/$B/nvme/nvme0/nvme0n1" "$sys/class/block/nvme0n1"
	ok "$1: a disk that nobody uses may go" take
	give; echo '/dev/nvme0n1p2 /home ext4 rw 0 0' >"$proc/self/mounts"; ok "$1: a mounted one stays" exits 1 take
	ok "$1: and it is said what for" says 'nvme0n1p2 is in use (/home)'
	: >"$proc/self/mounts"; mkdir -p "$sys/class/block/nvme0n1/nvme0n1p3/holders/dm-0"; ok "$1: so does a part of LVM" exits 1 take
	ok "$1: nothing is left over" as_before
}
test_failures() {
	fresh; : >"$fake/refuse"; ok "$1: refused by vfio-pci" exits 1 take; ok "$1: all is given back" as_before
	fresh; rmdir "$sys/bus/pci/drivers/vfio-pci"; ok "$1: a kernel without vfio-pci" exits 1 take; ok "$1: nothing was touched" writes_nothing
	fresh; : >"$fake/run"; ok "$1: no place for notes" exits 1 take; ok "$1: nothing was touched" writes_nothing
	# Each write of a whole start fails, and works again when it is taken back.
	fresh; screen; take; sort -u "$fake/writes" | sed -n 's/^\(bus.*\|class.*\)=.*/\1/p' | sort -u >"$tap_dir/steps"
	while read -r step; do
		fresh; screen; echo "$step" >"$fake/fail"
		ok "$1: $step fails" exits 1 take
		ok "$1: after that the devices are the host's" not_held
	done <"$tap_dir/steps"
	fresh; echo "bus/pci/devices/$A/driver/unbind" >"$fake/hang"
	ok "$1: a driver that hangs" exits 1 take; ok "$1: is given up" says 'only a restart'
	ok "$1: the other device is the host's" is_on $B nvme
}
not_held() { [ "$(driver $A)" != vfio-pci ] && [ "$(driver $B)" != vfio-pci ] && [ ! -e "$fake/run/m1" ]; }
test_screen() {
	fresh; screen; ok "$1: the card of the screen is taken" take; ok "$1: and held by vfio-pci" taken
	ok "$1: the display manager was stopped" grep -q 'stop gdm3.service' "$fake/writes"
	ok "$1: the text console let go" grep -qx 0 "$sys/class/vtconsole/vtcon1/bind"
	ok "$1: one without a picture was left" grep -qx 1 "$sys/class/vtconsole/vtcon0/bind"
	ok "$1: so did the firmware's picture" test ! -e "$sys/bus/platform/drivers/efi-framebuffer/efi-framebuffer.0"
	: >"$fake/writes"; give; ok "$1: all is given back" as_before
	sed -n 's/^bus.pci.drivers_probe.*/card/p; s/.*efi-framebuffer.bind.*/picture/p; s/.*vtcon1.*/console/p
		s/.*start gdm3.*/session/p' "$fake/writes" | tr '\n' ' ' >"$tap_dir/order"
	ok "$1: in the order of before, backwards" grep -qx 'card card picture console session ' "$tap_dir/order"
	fresh; screen; : >"$fake/stubborn"; ok "$1: a session that does not end" exits 1 take
	ok "$1: is named" says 'Xorg (77) has'; ok "$1: the display manager is started again" grep -q 'start gdm3.service' "$fake/writes"
	ok "$1: nothing else was touched" as_before
	fresh; screen; rm "$fake/session"; ok "$1: a session without a display manager" exits 1 take; ok "$1: is not ended" as_before
}
test_two_machines() {
	fresh; make_hook m2; take m1; take m2; give m2
	ok "$1: the end of a second machine takes nothing from the first" taken
	give m1; ok "$1: the first gives back" as_before
	fresh; take; rm "$sys/bus/pci/devices/$B"; give; ok "$1: a device that vanished meanwhile does not keep the other" is_on $A nouveau
}
for shell in dash 'busybox sh' sh; do
	# shellcheck disable=SC2086 # two words
	if ! have ${shell%% *}; then skip "$shell" "not installed"; continue; fi
	test_simple "$shell"; test_refusals "$shell"; test_failures "$shell"; test_screen "$shell"; test_two_machines "$shell"
done
done_testing
