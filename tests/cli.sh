#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole walk and its accidents by commands alone; only the first call names devices and answers.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
hosts=$top_srcdir/tests/hosts
root=$tap_dir/root
orig=$tap_dir/orig
state=$root/var/lib/vfio-wizard
grub=$root/etc/default/grub

fresh() {
	rm -rf "$root"
	"$wizard" --host "$hosts/$1.host" snapshot --unpack "$root"
}
# What a restart changes: the running kernel's view.
restart_as() {
	rm -rf "$tap_dir/next"
	"$wizard" --host "$hosts/$1.host" snapshot --unpack "$tap_dir/next" || return 1
	for part in proc sys run; do
		rm -rf "${root:?}/$part"
		[ ! -e "$tap_dir/next/$part" ] || cp -a "$tap_dir/next/$part" "$root/$part"
	done
}
# says STATUS PATTERN COMMAND...: that exit status, and a line like PATTERN on stdout or stderr.
says() {
	want=$1 pattern=$2; shift 2
	"$@" >"$tap_dir/said" 2>&1; got=$?
	cat "$tap_dir/said"
	[ "$got" -eq "$want" ] || { echo "exit status $got, expected $want"; return 1; }
	grep -qE -- "$pattern" "$tap_dir/said" || { echo "no line like: $pattern"; return 1; }
}
# silent_about PATTERN: what the last command did not say.
silent_about() { ! grep -E -- "$1" "$tap_dir/said"; }
sums() { (cd "$root" && find etc boot var -type f -exec md5sum {} + | sort -k 2); }
# unchanged STATUS PATTERN COMMAND...: as says, and nothing was written.
unchanged() {
	sums >"$tap_dir/before"
	says "$@" || return 1
	sums | diff "$tap_dir/before" -
}
same_as_first() {
	diff -r --no-dereference "$orig/etc" "$root/etc" && diff -r --no-dereference "$orig/boot" "$root/boot" &&
		diff -r --no-dereference "$orig/var/lib" "$root/var/lib"
}
run() { "$wizard" --root "$root" "$@"; }

# The walk.
fresh intel-off-in-kernel-debian; cp -a "$root" "$orig"
ok "nothing applied, nothing to verify" says 0 'nothing to measure' run verify
ok "nothing applied, nothing to undo" says 0 'changed nothing here' run undo
ok "an empty list of changes" says 0 'changed nothing here' run undo --list
ok "plan of the first stage" unchanged 1 'intel_iommu=on' run plan --gpu 0000:01:00.0 --bind address --name vm
ok "no machine before the groups are known" silent_about 'machines/vm'
ok "dry run" unchanged 1 'Stage 1 of 1' run --dry-run apply --yes
ok "nobody agreed" unchanged 2 'Nothing was changed' run apply </dev/null
ok "nobody agreed, in JSON" unchanged 3 '--yes' run --json apply
agree() { echo apply | "$wizard" --root "$root" apply --gpu 0000:01:00.0 --bind address --name vm; }
ok "agreed by typing" says 1 'Restart the computer' agree
ok "the argument is written" grep -q 'quiet intel_iommu=on' "$grub"
ok "promises are not kept yet" says 1 '^\[-\] The IOMMU is on' run verify
ok "the same in JSON" says 1 '"result": "not-yet"' run --json verify
ok "a restart is due: check" says 1 'restart is due' run check
ok "a restart is due: apply does not go on" unchanged 1 'Restart the computer' run apply --yes
ok "a restart is due: apply asks nothing" unchanged 1 'Restart the computer' run apply
ok "a restart is due: JSON" unchanged 1 '"restart_due": true' run --json apply --yes
ok "a restart is due: plan says so" says 1 'restart is due' run plan
ok "what waits for the restart can still be changed" says 1 'Change /etc/default/grub' \
	run apply --yes --passthrough-mode yes
ok "both arguments" grep -q 'quiet intel_iommu=on iommu=pt' "$grub"
ok "and be taken back alone" says 0 'Change 002 was taken back' run undo
ok "a restart is still due, and another answer is kept" says 1 'Restart the computer' \
	run apply --yes --passthrough-mode no

ok "restart 1" restart_as intel-on-after-reboot
ok "promises are kept" says 0 '^\[x\] The IOMMU is on' run verify
ok "the saved answers go on" says 1 'Make /etc/initramfs-tools' run apply --yes
ok "the machine waits for the restart" test ! -e "$root/etc/vfio-wizard"
ok "promises of devices wait" says 1 '^\[-\] 0000:01:00.0 is held by vfio-pci' run verify

ok "restart 2" restart_as intel-bound
ok "all promises are kept" says 0 '^\[x\] 0000:01:00.1 is held by vfio-pci' run verify
ok "the machine" says 1 'qemu-img create' run apply --yes
ok "both formats" test -s "$root/etc/vfio-wizard/machines/vm.xml" -a -x "$root/etc/vfio-wizard/machines/vm.sh"
ok "nothing to do" unchanged 0 'nothing to change' run apply --yes
ok "nothing to plan" unchanged 0 'nothing to change' run plan
run domain >"$tap_dir/vm.xml"
ok "domain is what was written" diff "$tap_dir/vm.xml" "$root/etc/vfio-wizard/machines/vm.xml"
ok "list of changes" says 0 '^003 .*vm$' run undo --list
ok "newest only" says 0 'Change 003 was taken back' run undo
ok "the others are still measured" says 0 '^\[x\] 0000:01:00.0' run verify
ok "all the rest" says 0 'next restart' run undo --all
ok "everything is as before the walk" same_as_first

# The promises live in the journal: a kill before state.json was saved loses none.
fresh intel-off-in-kernel-debian
run apply --yes >/dev/null; rm "$state/state.json"
ok "state.json lost: the restart is still due" unchanged 1 'Restart the computer' run apply --yes
ok "state.json lost: promises are still measured" says 1 '^\[-\] The IOMMU is on' run verify
restart_as intel-on-after-reboot
ok "state.json lost: and kept" says 0 '^\[x\] The IOMMU is on' run verify
ok "state.json lost: undo" says 0 'Change 001' run undo
ok "nothing is left" same_as_first

# A linked state folder is somebody's arrangement.
fresh intel-off-in-kernel-debian; mkdir "$root/real"; ln -s /real "$state"
ok "linked state folder" says 1 'Done' run apply --yes
ok "written through the link" test -e "$root/real/state.json"
ok "undone through the link" says 0 'taken back' run undo
ok "link and folder stay" test -L "$state" -a -d "$root/real"
rmdir "$root/real"
ok "a link that leads nowhere" unchanged 2 'leads nowhere' run apply --yes
ok "another state folder" says 1 'Done' run --state /srv/walk/ apply --yes
ok "its change" says 0 '^001 ' run --state /srv/walk undo --list
ok "undone there" says 0 'taken back' run --state srv/walk undo
ok "no trace of it" test ! -e "$root/srv"
ok "not the root itself" unchanged 64 'folder of its own' run --state / apply --yes

# Files edited since.
edit() { sed -i "$1" "$grub"; }
fresh intel-off-in-kernel-debian; run apply --yes >/dev/null; edit 's/GRUB_TIMEOUT=5/GRUB_TIMEOUT=9/'
ok "edited in other lines" says 0 'taken back' run undo
edit 's/GRUB_TIMEOUT=9/GRUB_TIMEOUT=5/'
ok "only the edit stayed" same_as_first
run apply --yes >/dev/null; edit 's/quiet intel_iommu=on/splash/'
ok "edited in the same line: refused with the difference" unchanged 2 '^\+GRUB_CMDLINE_LINUX_DEFAULT="quiet"' run undo
ok "and with what to type" says 2 'undo --edited restore' run undo
ok "a word that is none" unchanged 64 'keep or restore' run undo --edited perhaps
ok "the edited file stays" says 0 'taken back' run undo --edited keep
ok "it did" grep -q '"splash"' "$grub"
cp "$orig/etc/default/grub" "$grub"; run apply --yes >/dev/null; edit 's/quiet intel_iommu=on/splash/'
ok "the old file comes back" says 0 'taken back' run undo --edited restore
ok "it did" same_as_first

# The disk of a machine is made by a command after its files: what was written stays right.
fresh intel-on-after-reboot
run apply --yes --gpu 0000:01:00.0 --name vm --os linux >/dev/null
mkdir -p "$root/var/lib/libvirt/images"
# the head of a qcow2 image of 64 GiB
{ printf 'QFI\373\0\0\0\2'; head -c 20 /dev/zero; printf '\20\0\0\0'; head -c 4064 /dev/zero; } \
	>"$root/var/lib/libvirt/images/vm.qcow2"
ok "with its disk there, nothing is to be written anew" says 0 'nothing to change' run plan --gpu 0000:01:00.0 --name vm --os linux

# Devices that moved since they were chosen.
card=sys/devices/pci0000:00/0000:00:01.0
choose() {
	fresh intel-on-after-reboot
	run apply --yes --gpu 0000:01:00.0 --bind address --name vm >/dev/null; [ $? -eq 1 ]
}
move() { # move FUNCTION: to bus 2
	mv "$root/$card/0000:01:00.$1" "$root/$card/0000:02:00.$1"
	for at in sys/bus/pci/devices sys/kernel/iommu_groups/1/devices; do
		target=$(readlink "$root/$at/0000:01:00.$1" | sed 's,[^/]*$,,')
		rm "$root/$at/0000:01:00.$1"; ln -s "${target}0000:02:00.$1" "$root/$at/0000:02:00.$1"
	done
}
ok "chosen" choose
rm -r "$root/sys/bus/pci/devices/0000:01:00.0" "${root:?}/$card/0000:01:00.0"
for command in plan "apply --yes" domain; do
	# shellcheck disable=SC2086 # words
	ok "gone: $command" unchanged 2 '0000:01:00.0 .*is not there any more|There is no device 0000:01:00.0' run $command
done
choose; echo 0x1234 >"$root/$card/0000:01:00.0/device"
sed -i 's/d00002504/d00001234/' "$root/$card/0000:01:00.0/modalias"
printf '\336\020\064\022' | dd of="$root/$card/0000:01:00.0/config" conv=notrunc 2>/dev/null
for command in plan "apply --yes" domain; do
	# shellcheck disable=SC2086 # words
	ok "another card there: $command" unchanged 2 'Another device is at 0000:01:00.0 now: 10de:1234' run $command
done
choose; move 0; move 1
for command in plan "apply --yes" domain; do
	# shellcheck disable=SC2086 # words
	ok "moved: $command" unchanged 2 '0000:01:00.0 .*has moved.*0000:02:00.0' run $command
done
ok "chosen anew" says 1 'Change /etc/initramfs-tools' run apply --yes --gpu 0000:02:00.0
ok "only the new address is promised" says 1 '0000:02:00.0 is held' run verify
ok "not the old one" silent_about '0000:01:00'
ok "the choice is saved" says 0 'domain type' run domain

# Answers from a file; what is missing is named.
fresh intel-on-after-reboot
printf 'gpu: 0000:01:00.0\nname: fromfile\nmemory: 4G\n' >"$tap_dir/a.yaml"
ok "plan with an answers file" says 1 'machines/fromfile.xml' run --answers "$tap_dir/a.yaml" plan
ok "domain with an answers file" says 0 "<memory unit='KiB'>4194304" run --answers "$tap_dir/a.yaml" domain
ok "the command line wins" says 0 '<name>other</name>' run --answers "$tap_dir/a.yaml" domain --name other
ok "apply with an answers file" says 1 'Done' run --answers "$tap_dir/a.yaml" apply --yes
ok "and without it afterwards" says 0 '<name>fromfile</name>' run domain

# Two at once: one wins, the other is refused and harms nothing.
fresh intel-off-in-kernel-debian
for i in 1 2 3 4; do (run apply --yes >/dev/null 2>&1; echo $? >"$tap_dir/race.$i") & done; wait
ok "at least one of four runs succeeds, the others are refused" sh -c "cat '$tap_dir'/race.* | sort -u | tr -d '\n' | grep -qE '^12?\$'"
ok "there is one change" says 0 '^001 ' run undo --list
run undo --all >/dev/null
ok "and it can be undone" same_as_first

# A recording of a recording says the same, but for the masked UUIDs.
masked() { sed -E 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g' | sed -E '/"(before|after)_sha256"|"diff"/d'; }
replays() {
	"$wizard" --host "$1" snapshot -o "$tap_dir/again.host" || return 1
	for command in check groups devices plan; do
		"$wizard" --host "$1" --json $command 2>&1 | masked >"$tap_dir/first"
		"$wizard" --host "$tap_dir/again.host" --json $command 2>&1 | masked | diff "$tap_dir/first" - || return 1
	done
}
for file in "$top_srcdir/data/demo.host" "$hosts"/*.host; do
	ok "$(basename "$file"): recorded again it says the same" replays "$file"
done
"$wizard" snapshot -o "$tap_dir/live.host" 2>/dev/null
same_live() {
	"$wizard" --json check | masked >"$tap_dir/first"
	"$wizard" --host "$tap_dir/live.host" --json check | masked | diff "$tap_dir/first" -
}
ok "this machine: recorded it says the same" same_live

# Outputs that cannot be written.
ok "a full disk" sh -c "'$wizard' --demo check >/dev/full 2>/dev/null; [ \$? -eq 73 ]"
ok "a closed output" sh -c "'$wizard' --demo check >&- 2>/dev/null; [ \$? -eq 73 ]"
ok "a closed input" sh -c "'$wizard' --demo check <&- >/dev/null"
ok "a domain where nothing can be written" says 73 'Cannot write /proc/vm.xml' "$wizard" --demo domain -o /proc/vm.xml
renders() { # renders TEMPLATE CONTEXT WANTED: with XML escaping
	printf '%s' "$1" >"$tap_dir/one.mustache"; printf '%s' "$2" >"$tap_dir/one.json"
	got=$("$wizard" render --template "$tap_dir/one.mustache" --context "$tap_dir/one.json" --escape xml)
	[ "$got" = "$3" ] || { echo "$got"; return 1; }
}
ok "render: a context that is a lone text" renders '<{{.}}>' '"a & b"' '<a &amp; b>'
ok "render: a context that is a list" renders '{{#.}}({{n}}){{/.}}' '[{"n":1},{"n":2}]' '(1)(2)'
done_testing
