#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The wizard itself, driven by keys in a real terminal (tmux): from the first screen to a written
# domain on a recorded host, killed at both checkpoints, resumed with a new boot_id, and undone.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/term.sh"

if ! have tmux; then
	skip "the whole walk" "tmux is not installed"; done_testing; exit 0
fi
hosts=$top_srcdir/tests/hosts
root=$tap_dir/root
orig=$tap_dir/orig

# What a restart changes: the running kernel's view. /etc, /boot and /var stay as they are.
restart_as() {
	rm -rf "$tap_dir/next"
	"$wizard" --host "$hosts/$1.host" snapshot --unpack "$tap_dir/next" || return 1
	for part in proc sys run; do
		rm -rf "${root:?}/$part"
		[ ! -e "$tap_dir/next/$part" ] || cp -a "$tap_dir/next/$part" "$root/$part"
	done
	if [ -e "$tap_dir/next/var/log/dmesg" ]; then cp -a "$tap_dir/next/var/log/dmesg" "$root/var/log/dmesg"; fi
}
# Everything but what the restarts replaced.
listing() {
	(cd "$1" && find . \( -path ./proc -o -path ./sys -o -path ./run -o -path ./var/log/dmesg \) -prune -o \
		-type d -printf '%p %y %m\n' -o -printf '%p %y %m %U %G %s %l\n' | sort
	 find . \( -path ./proc -o -path ./sys -o -path ./run -o -path ./var/log/dmesg \) -prune -o -type f -exec md5sum {} + | sort)
}
same_but_kernel() {
	listing "$orig" >"$tap_dir/a"; listing "$root" >"$tap_dir/b"; diff -u "$tap_dir/a" "$tap_dir/b"
}
# frame NAME: the screen as it is, compared with tests/screens/walk-NAME.txt
frame() {
	term_golden "$top_srcdir/tests/screens/walk-$1.txt" \
		"s,$tap_dir,TMP,g; s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5}/DATE            /g; s/saved [0-9]{2}:[0-9]{2}/saved HH:MM/; s/ +$//"
}

"$wizard" --host "$hosts/intel-off-in-kernel-debian.host" snapshot --unpack "$root" || exit 1
cp -a "$root" "$orig"

term_start 80 24 "$wizard" --root "$root"
ok "the first screen" term_wait 'This computer'
ok "screen: host" frame host
term_keys n; ok "firmware" term_wait 'Firmware settings'
term_keys n; ok "kernel options with the diff" term_wait 'intel_iommu=on'
ok "screen: kernel" frame kernel
term_keys n; ok "the question before writing" term_wait 'Go back'
ok "screen: kernel question" frame kernel-question
term_keys Enter; ok "Enter by reflex writes nothing" sh -c "! grep -q intel_iommu '$root/etc/default/grub'"
ok "back on the kernel screen" term_wait 'Write this change'
term_keys n; term_wait 'Go back' >/dev/null
term_keys Tab Enter; ok "the first checkpoint" term_wait 'Restart 1 of 2'
ok "screen: restart" frame restart
ok "written" grep -q 'intel_iommu=on' "$root/etc/default/grub"
ok "killed at the checkpoint" term_kill

ok "restart 1" restart_as intel-on-after-reboot
term_start 80 24 "$wizard" --root "$root"
ok "resumes and has measured" term_wait 'everything that was'
ok "screen: resume" frame resume
term_keys Enter; ok "goes on with the devices" term_wait 'Choose devices'
ok "screen: devices" frame devices
term_keys / ; term_type '01:00.0'; term_keys Enter
term_keys Space; ok "the card is marked with its audio" term_wait '2 marked'
term_keys Escape
term_keys n; ok "how it is handed over" term_wait 'handed over'
term_keys Down Space; ok "by address at every start" term_wait '(*) At every start, by address'
ok "screen: bind" frame bind
term_keys n; ok "asks before writing" term_wait 'Go back'
term_keys Tab Enter; ok "the second checkpoint" term_wait 'Restart 2 of 2'
ok "hung up at the checkpoint" term_kill HUP

ok "restart 2" restart_as intel-bound
term_start 80 24 "$wizard" --root "$root"
ok "resumes again" term_wait 'everything that was'
term_keys Enter; ok "goes on with the machine" term_wait 'Virtual machine'
ok "screen: machine" frame machine
term_keys BTab BTab Enter; ok "processor and memory" term_wait 'Tie them'
ok "screen: processor and memory" frame machine-cpu
term_keys Escape
term_keys F8; ok "review" term_wait 'Nothing below is written yet'
ok "screen: review" frame review
term_keys 3; ok "the domain in the review" term_wait '<domain'
term_keys n; ok "asks before writing the machine" term_wait 'Go back'
term_keys Tab Enter; ok "written" term_wait 'The machine is written'
term_keys n; ok "measured" term_wait 'Does it work'
ok "screen: test" frame test
domain=$root/etc/vfio-wizard/machines/win11.xml
ok "the domain is there and has both functions" sh -c "[ \$(grep -c '<hostdev' '$domain') -eq 2 ]"
term_keys u; ok "undo centre" term_wait 'newest first'
ok "screen: undo" frame undo
term_keys d; ok "what undo would do" term_wait 'was new, is removed'
term_keys Escape Tab Tab Enter; ok "asks before undoing" term_wait 'byte for byte'
ok "screen: undo question" frame undo-question
term_keys Tab Enter; ok "undone" term_wait 'changed nothing here'
term_keys q; ok "asks before leaving" term_wait 'Everything was taken back'
term_keys Tab Enter
ok "the terminal is given back" term_ended
ok "every byte and mode is as before the walk" same_but_kernel
done_testing
