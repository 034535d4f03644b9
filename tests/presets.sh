#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Presets through the program: what they set, what wins over them, what cannot be had, and the small files
# that Looking Glass needs on the host, written and taken back.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"

host=$top_srcdir/tests/hosts/intel-bound.host
# domain STATUS OPTION...: its text in $tap_dir/xml, what it says beside in $tap_dir/beside.
domain() {
	want=$1; shift
	"$wizard" --host "$host" domain --gpu auto "$@" >"$tap_dir/xml" 2>"$tap_dir/beside"
	got=$?
	[ "$got" -eq "$want" ] || { echo "exit status $got, expected $want"; cat "$tap_dir/beside"; return 1; }
}
has() { grep -qF -- "$1" "$tap_dir/xml" || { echo "not written: $1"; return 1; }; }
lacks() { ! grep -qF -- "$1" "$tap_dir/xml" || { echo "written: $1"; return 1; }; }
says() { tr '\n' ' ' <"$tap_dir/beside" | grep -qF -- "$1" || { echo "not said: $1"; cat "$tap_dir/beside"; return 1; }; }

every_reason() {
	for preset in gaming ai development content plain; do
		for os in windows11 windows10 linux other; do
			domain 0 --preset "$preset" --os "$os" --json || return 1
			# A sentence for each default, and none without one.
			[ "$(grep -c '"applied": true' "$tap_dir/xml")" -ge 3 ] || { echo "$preset $os: too few"; return 1; }
			[ "$(grep -c '"why": ".*\."' "$tap_dir/xml")" -eq "$(grep -c '"applied":' "$tap_dir/xml")" ] || return 1
			grep -q "\"preset\": \"$preset\"" "$tap_dir/xml" || return 1
		done
	done
}
ok "every preset for every system says what it sets and why" every_reason
ok "gaming ties the processors" domain 0 --preset gaming
ok "in the domain" has "<vcpupin vcpu='0'"
ok "and says why" says "pin is auto, by the preset gaming: A thread"
ok "an answer wins" domain 0 --preset gaming --pin none
ok "in the domain" lacks "<vcpupin"
ok "and is not called the preset's" sh -c "! grep -q 'pin is' '$tap_dir/beside'"
ok "a headless machine" domain 0 --preset ai --os linux
ok "has no screen" lacks "<graphics"
ok "a serial console" has "<console type='pty'>"
ok "and large pages" has "<page size='1048576' unit='KiB'/>"
planned() { "$wizard" --host "$host" plan --gpu auto --preset ai --os linux | grep -q '^promises .*hugepagesz=1G hugepages='; }
ok "and the kernel is told to set them aside" planned
ok "what cannot be had" domain 0 --preset ai --os linux --memory 5001M
ok "is left out" lacks "<hugepages>"
ok "and said" says "would set hugepages to 1G, but that cannot be had here."
ok "asked for by hand it is refused" domain 64 --os linux --memory 5001M --hugepages 1G
ok "an unknown preset" domain 64 --preset fast
ok "names the choices" says "gaming|ai|development|content|plain"
ok "a window until it is installed" domain 0 --preset gaming
ok "is there" has "<graphics type='spice'"
ok "with the way out" says "--installed yes"
ok "which works" domain 0 --preset gaming --installed yes
ok "then it is gone" lacks "<graphics"
ok "the same machine" has "<uuid>$("$wizard" --host "$host" domain --gpu auto 2>/dev/null | sed -n 's,.*<uuid>\(.*\)</uuid>,\1,p')</uuid>"

# wrong ones are refused by their name
for wrong in 'looking-glass 1x1 --display looking-glass' 'evdev /dev/input/event3' 'evdev ../x-event-kbd'; do
	# shellcheck disable=SC2086 # an option and its value
	ok "--$wrong is refused" domain 64 --$wrong
	ok "with its name" says "--${wrong%% *}:"
done
ok "a module that is not loaded" domain 2 --display looking-glass --looking-glass-memory kvmfr
ok "is named with the way to it" says "modprobe kvmfr static_size_mb=64"
ok "sound without a window" domain 2 --display none --audio spice
ok "keyboards of a host that cannot be looked at" domain 2 --evdev auto

# the files of Looking Glass
root=$tap_dir/root
"$wizard" --host "$host" snapshot --unpack "$root" || exit 1
listing "$root" >"$tap_dir/first"
rule=$root/etc/tmpfiles.d/10-vfio-wizard-looking-glass.conf
apply() {
	"$wizard" --root "$root" apply --yes --gpu auto --os linux --display looking-glass "$@" >"$tap_dir/said" 2>&1
	[ $? -le 1 ] || { cat "$tap_dir/said"; return 1; }
}
undone() {
	"$wizard" --root "$root" undo --all >/dev/null || return 1
	listing "$root" | grep -v ' \./var/lib/vfio-wizard\|^\./var/lib/vfio-wizard' >"$tap_dir/second"
	grep -v '^\./var/lib/vfio-wizard' "$tap_dir/first" | diff - "$tap_dir/second"
}
ok "the machine is written" apply
ok "with the file's owner" grep -qx 'f /dev/shm/looking-glass 0660 user kvm -' "$rule"
ok "undone" undone
mkdir -p "$root/etc/tmpfiles.d"
echo 'f /dev/shm/looking-glass 0660 somebody kvm -' >"$root/etc/tmpfiles.d/10-looking-glass.conf"
ok "beside a file made by hand" apply
ok "none is written" [ ! -e "$rule" ]
ok "and back" sh -c "'$wizard' --root '$root' undo --all >/dev/null"
mkdir -p "$root/sys/module/kvmfr/parameters"
echo 64 >"$root/sys/module/kvmfr/parameters/static_size_mb"
ok "with the module" apply
ok "a rule for its device" grep -q 'SUBSYSTEM=="kvmfr", GROUP="kvm"' "$root/etc/udev/rules.d/70-vfio-wizard-kvmfr.rules"
told() { "$wizard" --root "$root" domain --gpu auto --os linux --display looking-glass 2>&1 | grep -q cgroup_device_acl; }
ok "what libvirt has to be told is said" told
done_testing
