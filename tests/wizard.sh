#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The wizard as people meet it: line by line, from an answers file, on hosts that cannot do it, left and
# gone on with at any step, and in terminals of every size and kind.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/term.sh"
hosts=$top_srcdir/tests/hosts
root=$tap_dir/root

lay_out() { rm -rf "$root"; "$wizard" --host "$hosts/$1.host" snapshot --unpack "$root"; }
# plain STATUS INPUT OPTION...: the answers line by line; what was said is in $tap_dir/said
plain() {
	want=$1 input=$2; shift 2
	printf '%b' "$input" | LC_ALL=C.UTF-8 "$wizard" --plain "$@" >"$tap_dir/said" 2>&1
	got=$?
	[ "$got" -eq "$want" ] || { echo "exit status $got, expected $want"; tail -n 30 "$tap_dir/said"; return 1; }
}
# Nobody is there any more: the shell sees the signal or its status.
plain_ends() {
	input=$1; shift
	printf '%b' "$input" | LC_ALL=C.UTF-8 "$wizard" --plain "$@" >"$tap_dir/said" 2>&1
	[ $? -gt 128 ] || { tail -n 30 "$tap_dir/said"; return 1; }
}
said() { grep -qF -- "$1" "$tap_dir/said" || { echo "never said: $1"; tail -n 40 "$tap_dir/said"; return 1; }; }
from_file() { # from_file STATUS TEXT OPTION...: walks with an answers file
	want=$1; printf '%b' "$2" >"$tap_dir/answers.yaml"; shift 2
	timeout 60 "$wizard" --answers "$tap_dir/answers.yaml" "$@" >"$tap_dir/said" 2>&1 </dev/null
	got=$?
	[ "$got" -eq "$want" ] || { echo "exit status $got, expected $want"; cat "$tap_dir/said"; return 1; }
}

# line by line
fields='\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n'
ok "a host as files" lay_out intel-on-after-reboot
ok "line by line to the end" plain 0 "n\nn\nn\n01:00.0 Graphics\nn\nn\n${fields}n\nn\nconfirm\nWrite\nn\nfinish\n" --root "$root"
ok "both functions were marked" said '2 marked'
ok "the safe answer is the first" said '[ Go back ]'
domain=$root/etc/vfio-wizard/machines/win11.xml
ok "the domain is written with both functions" sh -c "[ \$(grep -c '<hostdev' '$domain') -eq 2 ]"
ok "a number opens a group, ? tells about it" plain_ends 'n\nn\nn\n1\n? 1\n' --host "$hosts/intel-on-after-reboot.host"
ok "help on a group names its devices" said '0000:01:00.1 GA106'
ok "what costs something has to be typed" plain_ends 'n\nn\nn\n00:02.0\n\n00:02.0\nno\nn\n' --host "$hosts/intel-on-after-reboot.host"
ok "the word is told" said 'Type GIVE to go on'
ok "another word marks nothing" said 'Error: No device is marked'
ok "the word marks it" plain_ends 'n\nn\nn\n00:02.0\ngive\n' --host "$hosts/intel-on-after-reboot.host"
ok "and it is shown" said '1 marked'
ok "no escape sequence is printed" sh -c "! LC_ALL=C grep -q '[[:cntrl:]]' '$tap_dir/said'"

# an answers file
rm -rf "$root"; lay_out intel-on-after-reboot
ok "an answers file walks to the end" from_file 0 'gpu: auto\nmemory: 8G\nname: games\n' --root "$root"
ok "its machine is written" grep -q "<memory unit='KiB'>8388608<" "$root/etc/vfio-wizard/machines/games.xml"
ok "a missing answer is status 3" from_file 3 'memory: 8G\n' --host "$hosts/intel-on-after-reboot.host"
ok "and is named" said '"device"'
ok "a refused card is status 2" from_file 2 'gpu: auto\n' --host "$hosts/laptop-one-gpu.host"
ok "with the reason" said "no other graphics card can"
lay_out intel-off-in-kernel-debian
ok "it stops at the restart" from_file 1 'gpu: auto\n' --root "$root"
ok "and again, without going in circles" from_file 1 'gpu: auto\n' --root "$root"
ok "what counts is written once" sh -c "[ \$(grep -c 'intel_iommu=on' '$root/etc/default/grub') -eq 1 ]"

# hosts that cannot
ok "one card on a laptop" plain_ends 'n\nn\nn\nGroup 0\n00:02.0\n' --host "$hosts/laptop-one-gpu.host"
ok "is said before anybody tries" said 'No graphics card can be given away here'
ok "and refused with the reason" said 'Error: Not possible:'
ok "no IOMMU: left with status 1" plain 1 'n\nn\nn\nleave\n' --host "$hosts/no-iommu.host"
ok "what to do is said" said 'no kernel option changes that here'
ok "a shared group" plain_ends 'n\nn\nn\n01:00.0 Graphics\n' --host "$hosts/z370-shared-group-ubuntu.host"
ok "names the other card" said '0000:02:00.0'
ok "and the port that does not separate" said '0000:00:01.0'
lay_out b650m-iommu-off-in-firmware
ok "off in the firmware: the words to look for" plain_ends 'n\n' --root "$root"
ok "are told" said 'set IOMMU to Enabled'

if ! have tmux; then
	skip "in terminals" "tmux is not installed"; done_testing; exit 0
fi

# left and gone on with, at every step
lay_out intel-on-after-reboot
at() { # at KEYS TITLE NEXT: quits there and comes back there
	term_start 80 24 "$wizard" --root "$root"
	term_wait "$4" >/dev/null || return 1
	# shellcheck disable=SC2086
	term_keys $1
	term_wait "$2" || return 1
	term_keys F10; term_wait 'Leave?' || return 1
	term_keys Tab Enter
	term_ended || { echo "did not end"; term_frame; return 1; }
	term_start 80 24 "$wizard" --root "$root"
	term_wait "$3" && term_kill TERM
}
ok "left and resumed at the firmware" at 'n' 'Firmware settings' 'Next   Firmware settings' 'This computer'
ok "at the kernel options" at 'Enter n' 'Kernel options' 'Next   Kernel options' 'Continue?'
ok "at the devices" at 'Enter n Space' '2 marked' 'Next   Choose devices' 'Continue?'
ok "at the binding" at 'Enter n' 'handed over' 'Next   How the devices' 'Continue?'
ok "at the machine" at 'Enter n' 'Virtual machine' 'Next   Virtual machine' 'Continue?'
ok "at the review" at 'Enter n' 'Nothing below is written' 'Next   Review' 'Continue?'
ok "the state is private" sh -c "[ \"\$(stat -c %a '$root/var/lib/vfio-wizard/state.json')\" = 600 ]"

# whatever ends it: what was answered is there again
for signal in HUP TERM KILL; do
	term_start 80 24 "$wizard" --root "$root"
	ok "resumed before SIG$signal" term_wait 'Next   Review'
	term_keys Enter b
	ok "a step back" term_wait 'Virtual machine'
	ok "ended by SIG$signal" term_kill $signal
	term_start 80 24 "$wizard" --root "$root"
	ok "goes on after SIG$signal" term_wait 'Next   Virtual machine'
	term_keys Enter; term_wait 'Virtual machine' >/dev/null
	term_keys n; term_wait 'Nothing below is written' >/dev/null
	term_kill TERM >/dev/null
done

# Ctrl-C asks, and again leaves; a question before the first page has a page behind it
term_start 80 24 "$wizard" --root "$root"
ok "resume question" term_wait 'Continue with: Review'
ok "whose it is" term_wait '[Review]'
term_keys C-c; ok "Ctrl-C asks" term_wait 'Leave?'
term_keys C-c; ok "and again leaves" term_ended

# sizes, during a page, a popup and a form
term_start 80 24 "$wizard" --host "$hosts/intel-on-after-reboot.host"
resized() { # resized TEXT: too small and back
	term_tmux resize-window -x 40 -y 10
	term_wait 'Nothing is lost' || return 1
	term_tmux resize-window -x 80 -y 24
	term_wait "$1"
}
term_wait 'This computer' >/dev/null
ok "resized on a page" resized 'vfio-pci'
term_keys '?'; term_wait 'Help: This computer' >/dev/null
ok "resized in the help" resized 'Help: This computer'
term_keys Escape n n n Space; term_wait '2 marked' >/dev/null
ok "resized in a list" resized '2 marked'
term_keys n n; term_wait 'Virtual machine' >/dev/null
term_keys g Down Down; term_type 'x'; ok "typed" term_wait 'win11x'
ok "resized in a form, what is typed stays" resized 'win11x'

# kinds of terminals
for kind in linux vt100 xterm-256color; do
	for size in '60 16' '80 24' '132 43'; do
		term_name=$kind term_locale=C
		# shellcheck disable=SC2086
		term_start $size "$wizard" --ascii --host "$hosts/intel-on-after-reboot.host"
		ok "$kind $size: first screen" term_wait 'Continue without writing'
		term_keys n n n; ok "$kind $size: devices" term_wait 'Choose devices'
		term_keys Space; ok "$kind $size: marks" term_wait '[x] 01:00.0'
		term_keys n n; ok "$kind $size: form" term_wait 'win11'
		term_keys n; ok "$kind $size: review" term_wait '[1 Summary]'
		term_keys 3 n; ok "$kind $size: written" term_wait 'recorded host'
		term_keys n; ok "$kind $size: test" term_wait 'Finish'
		term_keys Enter; ok "$kind $size: ends" term_ended
	done
done
done_testing
