#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Broken input of every kind: one clear sentence with file and line, exit 65, nothing written.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
demo=$top_srcdir/data/demo.host
intel=$top_srcdir/tests/hosts/intel-off-in-kernel-debian.host

# refuses STATUS PATTERN COMMAND...: that exit status, and a message like PATTERN on stderr.
refuses() {
	want=$1 pattern=$2; shift 2
	"$@" >"$tap_dir/stdout" 2>"$tap_dir/stderr"; got=$?
	cat "$tap_dir/stderr"
	[ "$got" -eq "$want" ] || { echo "exit status $got, expected $want"; return 1; }
	grep -qE -- "$pattern" "$tap_dir/stderr" || { echo "no message like: $pattern"; return 1; }
}
# The same below an unpacked host, which must not change.
refuses_root() {
	root=$1; shift
	find "$root" -type f -exec md5sum {} + | sort >"$tap_dir/before"
	refuses "$@" || return 1
	find "$root" -type f -exec md5sum {} + | sort | diff - "$tap_dir/before"
}
fresh() {
	rm -rf "$tap_dir/root"
	"$wizard" --host "$1" snapshot --unpack "$tap_dir/root"
}

printf '# vfio-wizard recorded host 1\n/proc/cmdline = quiet\nwhat is this\n' >"$tap_dir/broken.host"
ok "broken recorded host" refuses 65 'broken\.host:3: ' "$wizard" --host "$tap_dir/broken.host" check
printf 'no header\n' >"$tap_dir/header.host"
ok "no recorded host at all" refuses 65 'header\.host:1: ' "$wizard" --host "$tap_dir/header.host" check
printf '# vfio-wizard recorded host 1\n/../etc/passwd = x\n' >"$tap_dir/escape.host"
ok "a recorded host cannot lead out of its folder" refuses 65 'escape\.host:2: ' "$wizard" --host "$tap_dir/escape.host" check
ok "recorded host that is not there" refuses 65 'absent\.host' "$wizard" --host "$tap_dir/absent.host" check

printf 'memory: 16G\nmemroy: 8G\n' >"$tap_dir/key.yaml"
ok "unknown answer" refuses 65 'key\.yaml:2: .*memroy' "$wizard" --demo --answers "$tap_dir/key.yaml" plan
printf 'name: x\nmemory: much\n' >"$tap_dir/value.yaml"
ok "wrong answer" refuses 65 'value\.yaml:2: ' "$wizard" --demo --answers "$tap_dir/value.yaml" plan
printf 'name: [x\nmemory: 1G\n' >"$tap_dir/syntax.yaml"
ok "answers that are no YAML" refuses 65 'syntax\.yaml:[0-9]+: ' "$wizard" --demo --answers "$tap_dir/syntax.yaml" plan

printf '<a>{{#open}}\n</a>\n' >"$tap_dir/broken.xml.mustache"
echo '{}' >"$tap_dir/context.json"
ok "broken template" refuses 65 'broken\.xml\.mustache:[0-9]+: ' \
	"$wizard" render --template "$tap_dir/broken.xml.mustache" --context "$tap_dir/context.json"
ok "broken template of a domain" refuses 65 'broken\.xml\.mustache:[0-9]+: ' \
	"$wizard" --demo domain --gpu auto --template "$tap_dir/broken.xml.mustache"
printf '{\n "a": 1,\n}\n' >"$tap_dir/context.json"
printf 'x' >"$tap_dir/fine.mustache"
ok "broken context" refuses 65 'context\.json:3: ' \
	"$wizard" render --template "$tap_dir/fine.mustache" --context "$tap_dir/context.json"

fresh "$intel"
printf 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet\n' >"$tap_dir/root/etc/default/grub"
ok "broken grub file" refuses_root "$tap_dir/root" 65 '/etc/default/grub:2: ' "$wizard" --root "$tap_dir/root" apply --yes
ok "broken grub file, plan" refuses_root "$tap_dir/root" 65 '/etc/default/grub:2: ' "$wizard" --root "$tap_dir/root" plan

fresh "$demo"
printf '{\n  "user": {\n    "kernel_options": [\n' >"$tap_dir/root/etc/kernelstub/configuration"
ok "broken kernelstub JSON" refuses_root "$tap_dir/root" 65 '/etc/kernelstub/configuration:[0-9]+: ' \
	"$wizard" --root "$tap_dir/root" apply --yes --passthrough-mode yes

fresh "$intel"
mkdir -p "$tap_dir/root/var/lib/vfio-wizard"
printf '{\n  "schema": 1,\n  oops\n' >"$tap_dir/root/var/lib/vfio-wizard/state.json"
ok "broken state file" refuses_root "$tap_dir/root" 65 'state\.json:3: ' "$wizard" --root "$tap_dir/root" apply --yes

# broken_attribute NAME TEXT: of the graphics card.  Nothing is planned or written, what can be shown is.
broken_attribute() {
	card=sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
	fresh "$intel" || return 1
	[ -e "$tap_dir/root/$card/$1" ] || { echo "the host has no $card/$1"; return 1; }
	printf '%s\n' "$2" >"$tap_dir/root/$card/$1"
	for command in apply plan check devices groups; do
		yes=; [ "$command" != apply ] || yes=--yes
		refuses_root "$tap_dir/root" 65 "^vfio-wizard: /$card/$1:1: " "$wizard" --root "$tap_dir/root" "$command" $yes ||
			{ echo "by $command"; return 1; }
		case $command in devices) grep -q '^0000:01:00.1' "$tap_dir/stdout" || return 1 ;; esac
	done
}
for attribute in vendor device class modalias boot_vga numa_node; do
	ok "broken sysfs attribute $attribute" broken_attribute "$attribute" garbage
done
ok "sysfs tells of another vendor than modalias" broken_attribute vendor 0x1234
ok "sysfs tells of another class than modalias" broken_attribute class 0x020000
config_of_another() {
	card=sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
	fresh "$intel" && printf '\001\002\003\004' | dd of="$tap_dir/root/$card/config" conv=notrunc 2>/dev/null &&
		refuses_root "$tap_dir/root" 65 "/$card/config:1: " "$wizard" --root "$tap_dir/root" plan
}
ok "a config header of another device" config_of_another

ok "unknown option" refuses 64 'no option --frobnicate' "$wizard" --frobnicate
ok "unknown command" refuses 64 'no command "frobnicate"' "$wizard" frobnicate
ok "option without its value" refuses 64 'needs a value' "$wizard" check --root
ok "address that is none" refuses 64 'xx:yy' "$wizard" --demo devices --device xx:yy
ok "device that is not there" refuses 2 '0000:7f:1f\.7' "$wizard" --demo domain --device 0000:7f:1f.7
ok "a recorded host is not written to" refuses 2 'recorded host' "$wizard" --demo apply --yes --passthrough-mode yes

if [ "$(id -u)" -eq 0 ] && have setpriv; then
	fresh "$intel"; chmod -R go+rX "$tap_dir"
	ok "without root: looks fine, writes nothing, names the command" \
		refuses 77 'Run: sudo .*vfio-wizard apply --yes$' \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$wizard" apply --yes
else
	ok "without root: looks fine, writes nothing, names the command" refuses 77 'Run: sudo .*vfio-wizard apply --yes$' "$wizard" apply --yes
fi
done_testing
