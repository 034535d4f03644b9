#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vfio-wizard on what it takes for its own computer: it really runs grub-mkconfig, live, reads the menu
# back, puts it in place, keeps a journal, undoes, and takes everything back when grub-mkconfig fails
# or it is killed.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
. "$top_srcdir/tests/lib/live.sh"

why=$(live_missing)
have grub-mkconfig || why="no grub-mkconfig"
if [ -n "$why" ]; then
	skip "apply on a live host" "$why"
	done_testing
	exit
fi

# Nothing of the machine under test itself may change.
machine() {
	for place in /etc/default /etc/grub.d /etc/initramfs-tools /etc/vfio-wizard /boot /var/lib/vfio-wizard; do
		[ -e "$place" ] || { echo "$place is not there"; continue; }
		find "$place" -printf '%p %y %m %U %G %s %T@ %l\n'
		find "$place" -type f -exec sha256sum {} +
	done | sort
}
machine >"$tap_dir/machine.before"
same_machine() {
	machine | diff -u "$tap_dir/machine.before" -
}

root=$tap_dir/root orig=$tap_dir/orig
menu=$root/boot/grub/grub.cfg
apply="apply --yes --passthrough-mode yes"

# fresh [SHELL-LINE]...: the host anew; with lines, these are its grub-mkconfig.
fresh() {
	rm -rf "$root" "$orig"
	live_prepare "$top_srcdir/tests/hosts/intel-off-in-kernel-debian.host" "$root" || return 1
	if [ $# -gt 0 ]; then
		cp -a /usr/sbin/grub-mkconfig "$root/usr/sbin/grub-mkconfig.real"
		printf '#!/bin/sh\n' >"$root/usr/sbin/grub-mkconfig"
		printf '%s\n' "$@" >>"$root/usr/sbin/grub-mkconfig"
		chmod 755 "$root/usr/sbin/grub-mkconfig"
	fi
	cp -a "$root" "$orig"
}
said() {
	cat "$tap_dir/said"
	grep -qF -- "$1" "$tap_dir/said"
}
# does STATUS OPTION...: the program inside ends with that status; what it said is kept.
does() {
	status=$1; shift
	live_wizard "$root" "$@" >"$tap_dir/said" 2>&1
	got=$?
	cat "$tap_dir/said"
	[ "$got" -eq "$status" ] || { echo "exit status $got, expected $status"; return 1; }
}
wait_for() {
	i=0
	until "$@" >/dev/null 2>&1; do
		[ $i -lt 300 ] || { echo "never: $*"; said ''; return 1; }
		sleep 0.1; i=$((i + 1))
	done
}
# What stays of a run that was rolled back: nothing at all.
# Which of the files is the one too many depends on the file system.
said_full() { said 'No space left on device' || said 'The command "grub-mkconfig'; }
nothing_beside() { ! ls "$root"/boot/grub/*.vfio-wizard* "$root"/boot/grub/*.new; }
as_before() { same_tree "$orig" "$root"; }
kernel_lines() { grep -c "linux	.*$1" "$menu"; }
menu_has() { [ "$(kernel_lines "$1")" -ge 2 ]; }
# Output lines are whole lines: none was torn where the pipe happened to end.
whole_lines() {
	said '  | Generating grub configuration file ...' && said '  | Found linux image: /boot/vmlinuz-6.1.0-28-amd64' &&
		said '  | done' && ! grep -qx '  | ' "$tap_dir/said"
}

# It works.
ok "a host with the IOMMU off in the kernel" fresh
# shellcheck disable=SC2086 # a list of options
{
ok "apply runs grub-mkconfig, and a restart is due" does 1 $apply
ok "what grub-mkconfig says is shown, line by line" whole_lines
ok "the real menu has intel_iommu=on" menu_has ' intel_iommu=on'
ok "the real menu has iommu=pt" menu_has ' iommu=pt'
ok "GRUB can read it" live_run "$root" grub-script-check /boot/grub/grub.cfg
ok "nothing is left beside it" nothing_beside
ok "an untouched entry is in the menu" grep -q "vfio-wizard=off" "$root/boot/grub/custom.cfg"
ok "which GRUB can read" live_run "$root" grub-script-check /boot/grub/custom.cfg
ok "there is a journal" test -e "$root/var/lib/vfio-wizard/journal/001/entry.json"
cp -a "$menu" "$tap_dir/menu"
ok "applying again changes nothing" does 1 $apply
ok "not the menu either" cmp "$tap_dir/menu" "$menu"
ok "undo" does 0 undo
ok "puts the menu and everything else back, byte for byte" as_before

# The restart: the kernel of the same computer with the arguments in force, and the promises kept.
restart() {
	rm -rf "$root/proc" "$root/sys" "$tap_dir/next"
	"$wizard" --host "$top_srcdir/tests/hosts/intel-on-after-reboot.host" snapshot --unpack "$tap_dir/next" &&
		mv "$tap_dir/next/proc" "$tap_dir/next/sys" "$root/" &&
		sed -i 's/$/ iommu=pt/' "$root/proc/cmdline"
}
fresh
ok "apply before a restart" does 1 $apply
ok "before it verify says that it is due" does 1 verify
ok "the restart" restart
ok "after it every promise is kept" does 0 verify
ok "nothing is left to do" does 0 $apply

# grub-mkconfig fails.
fresh 'echo "half a menu" >/boot/grub/grub.cfg' 'echo "/usr/sbin/grub-probe: error: cannot find a device for /."' 'exit 1'
ok "a failing grub-mkconfig: not possible" does 2 $apply
ok "the message names the command" said \
	'vfio-wizard: The command "grub-mkconfig -o /boot/grub/grub.cfg.vfio-wizard" failed with exit status 1.'
ok "and what it said" said '  /usr/sbin/grub-probe: error: cannot find a device for /.'
ok "and, on a line of its own, that all is as before" grep -qx 'Everything is as it was before.' "$tap_dir/said"
ok "everything is as before" as_before
ok "the next try starts from the beginning and fails as well" does 2 $apply
ok "and leaves nothing either" as_before

# grub-mkconfig ends well and has done nothing.
fresh 'echo "nothing to do"'
ok "a grub-mkconfig that does nothing: not possible" does 2 $apply
ok "the message says what is missing" said '/boot/grub/grub.cfg.vfio-wizard does not hold " intel_iommu=on" afterwards.'
ok "everything is as before" as_before

# A full /boot, which is what really makes grub-mkconfig fail.
fresh
# shellcheck disable=SC2016 # for the shell inside
live_extra='mount -t tmpfs -o size=4k,nr_inodes=20 full "$dir/root"; cp -a "$dir/boot/." "$dir/root/" 2>/dev/null || :
	mount --move "$dir/root" "$dir/boot"'
ok "a full /boot: not possible" does 2 $apply
ok "the message says so" said_full
ok "and that all is as before" grep -qx 'Everything is as it was before.' "$tap_dir/said"
unset live_extra
ok "everything outside of it is as before" as_before

# Ctrl-C and the like wait for grub-mkconfig and then take everything back.
for signal in INT TERM HUP; do
	fresh 'echo begun' 'sleep 1' 'exec grub-mkconfig.real "$@"'
	: >"$tap_dir/said"
	live_exec "$root" /build/vfio-wizard $apply >"$tap_dir/said" 2>&1 &
	pid=$!
	ok "grub-mkconfig's output is shown while it runs" wait_for said '  | begun'
	kill -$signal $pid
	wait $pid
	ok "SIG$signal during grub-mkconfig: not done" test $? -eq 2
	ok "it says so" said 'Everything is as it was before.'
	ok "everything is as before" as_before
done

# Killed during grub-mkconfig, which goes on writing alone.
fresh 'echo begun' 'echo half >/boot/grub/grub.cfg.vfio-wizard' 'sleep 3' 'grub-mkconfig.real "$@" >/dev/null 2>&1' \
	'echo torn >/boot/grub/grub.cfg.vfio-wizard.new' ': >/tmp/ended'
: >"$tap_dir/said"
live_exec "$root" /build/vfio-wizard $apply >"$tap_dir/said" 2>&1 &
pid=$!
ok "grub-mkconfig has begun" wait_for said '  | begun'
kill -9 $pid
wait $pid 2>/dev/null
ok "/etc/default/grub is changed, half way" grep -q iommu=pt "$root/etc/default/grub"
ok "a start while grub-mkconfig still writes changes nothing" does 2 check
ok "and says why" said 'Another run of vfio-wizard, or a command it started, is still changing this host'
ok "grub-mkconfig ended" wait_for test -e "$root/tmp/ended"
rm -f "$root/tmp/ended"
ok "the menu itself is still the old one" cmp "$orig/boot/grub/grub.cfg" "$menu"
ok "the next start takes it back" does 1 check
ok "and says so" said 'was interrupted; the files are as they were before it.'
ok "everything is as before" as_before
cp -a /usr/sbin/grub-mkconfig "$root/usr/sbin/grub-mkconfig"
ok "then it can be applied" does 1 $apply
ok "and the menu has it" menu_has ' intel_iommu=on'
}
ok "the machine under test was not touched" same_machine
done_testing
