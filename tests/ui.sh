#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The screens as a terminal shows them: tests/lib/ui-demo in tmux, frames compared with tests/screens.
# UPDATE=1 writes the frames anew.  Waits for text to appear and never for a time to pass.
. "$(dirname "$0")/lib/tap.sh"
demo=$top_builddir/tests/lib/ui-demo
screens=$top_srcdir/tests/screens

if ! have tmux; then
	echo "1..0 # SKIP tmux is not installed"
	exit 0
fi
TMUX_TMPDIR=$tap_dir
export TMUX_TMPDIR
unset TMUX
# every terminal gets a server of its own: one that is ending would take the next one with it
servers=0
t() { tmux -L "ui$servers" -f /dev/null "$@"; }
new_server() { t kill-server 2>/dev/null; servers=$((servers + 1)); }
trap 't kill-server 2>/dev/null; rm -rf "$tap_dir"' EXIT

# start SIZE "VAR=VALUE..." OPTION...: a terminal with the demo, which says "ended STATUS" behind it
start() {
	size=$1 vars=$2; shift 2
	new_server
	rm -f "$tap_dir/after"
	t -u new-session -d -x "${size%x*}" -y "${size#*x}" \
		"stty -a >$tap_dir/before; env $vars $demo $*; echo ended \$?; stty -a >$tap_dir/after; exec cat"
}
frame() { t capture-pane -p; }
same_frame() { frame | diff "$1" -; }
coloured() { t capture-pane -p -e | grep -q '\[[34][0-7]m'; }
plain_frame() { ! coloured; }
# sees TEXT: waits until it stands on the screen, ten seconds or so at most
sees() {
	sees_n=0
	until frame | grep -qF -- "$1"; do
		sees_n=$((sees_n + 1))
		if ! t has-session 2>/dev/null || [ $sees_n -ge 250 ]; then echo "never seen: $1"; frame; return 1; fi
		sleep 0.02
	done
}
keys() { t send-keys "$@"; }
# press KEY... TEXT: the last argument is what must appear
press() {
	while [ $# -gt 1 ]; do keys "$1"; shift; done
	sees "$1"
}
# golden NAME: the frame is the kept one; '>' marks it with the line of the cursor
golden() {
	{ frame; t display-message -p 'cursor #{cursor_y},#{cursor_x}'; } >"$tap_dir/frame"
	[ -z "$UPDATE" ] || cp "$tap_dir/frame" "$screens/ui-$1.txt"
	diff -u "$screens/ui-$1.txt" "$tap_dir/frame"
}
# restored [STATUS]: it ended so, and the terminal is as it was (a leak would be status 1 or 23)
restored() { sees "ended ${1:-0}" && sees_file && diff "$tap_dir/before" "$tap_dir/after"; }
sees_file() {
	sees_n=0
	until [ -s "$tap_dir/after" ]; do
		sees_n=$((sees_n + 1)); [ $sees_n -lt 500 ] || return 1
		sleep 0.02
	done
}
demo_pid() { pgrep -P "$(t display-message -p '#{pane_pid}')" -f ui-demo; }

# walk NAME SIZE VARS OPTION...: the fixed frames of one terminal
walk() {
	name=$1 size=$2 vars=$3; shift 3
	start "$size" "$vars" "$@"
	ok "$name: host" sees "This computer"
	sees "answers are saved" >/dev/null
	ok "$name: host frame" golden "$name-host"
	ok "$name: devices" press n "Choose devices"
	keys Space
	ok "$name: devices marked" sees "[x] 00:00.0"
	ok "$name: devices frame" golden "$name-devices"
	keys Down Down Space
	ok "$name: refused" sees "Not possible"
	keys / c a r d Space 3 9
	ok "$name: filter" sees "1 of 50"
	ok "$name: filter frame" golden "$name-filter"
	keys Enter
	keys Escape
	ok "$name: filter cleared" sees "more"
	ok "$name: details" press d "Nobody has it open."
	keys Escape
	ok "$name: form" press n "Virtual machine"
	ok "$name: form frame" golden "$name-form"
	ok "$name: popup" press Down n "Write 1 file"
	ok "$name: popup frame" golden "$name-popup"
	ok "$name: typed" press Right Enter "Type BLACK"
	keys b l a c k
	ok "$name: typed word" sees "black_"
	ok "$name: typed frame" golden "$name-typed"
	ok "$name: progress" press Enter "Step 2 of 3"
	ok "$name: progress frame" golden "$name-progress"
	ok "$name: ends" press Enter "progress: stopped"
	ok "$name: events" sees 'black: button confirm "black"'
	ok "$name: terminal restored" restored
}

ascii=--ascii
walk linux 80x24 "TERM=linux LC_ALL=C.UTF-8" $ascii
walk vt100 80x24 "TERM=vt100 LC_ALL=C" $ascii
walk nocolor 80x24 "TERM=xterm-256color NO_COLOR=1 LC_ALL=C.UTF-8" $ascii
walk small 60x16 "TERM=linux LC_ALL=C.UTF-8" $ascii
walk wide 132x43 "TERM=linux LC_ALL=C.UTF-8" $ascii

# colours only repeat what is there
start 80x24 "TERM=xterm-256color LC_ALL=C.UTF-8"
sees "answers are saved" >/dev/null
ok "colour is used where it may be" coloured
start 80x24 "TERM=xterm-256color NO_COLOR=1 LC_ALL=C.UTF-8"
sees "answers are saved" >/dev/null
ok "NO_COLOR takes it away" plain_frame

# a form keeps what is typed and where the error is
start 80x24 "TERM=linux LC_ALL=C.UTF-8" $ascii --start=form
sees "win11_" >/dev/null
keys C-u; t send-keys -l "bad name"; keys Tab
ok "a wrong field is told" sees "Error: a name has no blanks."
t send-keys -l "x"
ok "and keeps the focus" sees "bad namex_"
ok "Escape brings the old value back" press Escape "bad name__"
keys Tab Right
ok "a list steps" sees "< Windows 10 >"
ok "and opens" press Enter "Leave as it is"
keys Down Enter
ok "and takes what is chosen" sees "< Linux >"
ok "a step back is one event" press b "Choose devices"

# typed words: nothing happens without the word
start 80x24 "TERM=linux LC_ALL=C.UTF-8" $ascii --start=black
sees "Type BLACK" >/dev/null
keys Enter Tab Tab Enter
ok "the button asks for the word" sees "Note: Type the word first."
ok "Escape leaves the question" press Escape "Write 1 file"

# sizes
start 80x24 "TERM=linux LC_ALL=C.UTF-8" $ascii
sees "answers are saved" >/dev/null
frame >"$tap_dir/normal"
t resize-window -x 40 -y 10
ok "too small is said" sees "(now 40x10). Nothing is lost."
t resize-window -x 80 -y 24
ok "and is over when there is room again" sees "Secure Boot"
ok "the frame is the same" same_frame "$tap_dir/normal"

# ways out
for signal in TERM HUP INT; do
	start 80x24 "TERM=linux LC_ALL=C.UTF-8" $ascii
	sees "answers are saved" >/dev/null
	kill -$signal "$(demo_pid)"
	ok "SIG$signal ends it and restores the terminal" restored
done
start 80x24 "TERM=linux LC_ALL=C.UTF-8" $ascii
sees "answers are saved" >/dev/null
kill -SEGV "$(demo_pid)"
ok "a crash says so" sees "because of an error in it"
ok "and restores the terminal" restored 139

# stop and go on
new_server
t -u new-session -d -x 80 -y 24 "env TERM=linux PS1='shell: ' sh -i"
sees "shell:" >/dev/null
t send-keys -l "$demo --ascii"; keys Enter
sees "answers are saved" >/dev/null
frame >"$tap_dir/normal"
keys C-z
ok "Ctrl-Z gives the shell back" sees "Stopped"
keys f g Enter
ok "fg paints again" sees "Nothing is changed until"
ok "the same frame" same_frame "$tap_dir/normal"

# the terminal goes away
start 80x24 "TERM=linux LC_ALL=C.UTF-8" $ascii
sees "answers are saved" >/dev/null
gone=$(demo_pid)
t kill-server
ends() {
	ends_n=0
	while kill -0 "$1" 2>/dev/null; do
		ends_n=$((ends_n + 1)); [ $ends_n -lt 250 ] || return 1
		sleep 0.02
	done
}
ok "it ends when its terminal is gone" ends "$gone"

# no full screen
ok "no terminal: status 2 and a reason" sh -c "'$demo' </dev/null 2>&1 | grep -q 'not a terminal'"
start 80x24 "TERM=dumb LC_ALL=C.UTF-8"
ok "TERM=dumb: a reason" sees "cannot move its cursor"
done_testing
