# SPDX-License-Identifier: GPL-2.0-or-later
# A real terminal for tests: tmux, on a server of its own, that is read until the expected text is
# there. TERM_UPDATE=yes writes the stored frames anew.
: "${TERM_UPDATE:=}"
TMUX_TMPDIR=$tap_dir
export TMUX_TMPDIR
unset TMUX
# Every terminal has a server of its own: one that is ending would take the next one with it.
term_n=0
# Steps that are waited for at most, 0.1 s each; slow machines only wait longer.
term_patience=300

term_tmux() { tmux -L "t$term_n" -f /dev/null "$@"; }
# term_start COLUMNS ROWS COMMAND...: TERM is $term_name inside, "tmux-256color" when unset.
term_start() {
	columns=$1 rows=$2; shift 2
	term_tmux kill-server 2>/dev/null
	term_n=$((term_n + 1))
	rm -f "$tap_dir/exit"
	term_command=
	for word; do term_command="$term_command '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"; done
	term_tmux new-session -d -x "$columns" -y "$rows" \
		"TERM=${term_name:-tmux-256color} LC_ALL=${term_locale:-C.UTF-8} $term_command; echo \$? >'$tap_dir/exit'; sleep 600"
	term_tmux set-option -g status off >/dev/null
}
term_frame() { term_tmux capture-pane -p; }
term_wait() {
	i=0
	while [ $i -lt "$term_patience" ]; do
		term_frame 2>/dev/null | grep -qF -- "$1" && { sleep 0.1; return 0; }
		sleep 0.1; i=$((i + 1))
	done
	echo "the screen never showed: $1"; term_frame
	return 1
}
# Keys one by one, so that a popup has time to be there.
term_keys() { for key; do term_tmux send-keys "$key"; sleep 0.15; done; }
term_type() { term_tmux send-keys -l "$1"; sleep 0.15; }
# The program is the child of the shell that the terminal runs.
term_pid() { pgrep -P "$(term_tmux display-message -p '#{pane_pid}')" | head -n 1; }
# term_golden FILE SED-SCRIPT: the screen becomes what FILE holds; SED-SCRIPT hides what differs every time.
term_golden() {
	i=0
	if [ "$TERM_UPDATE" ]; then sleep 0.5; term_frame | sed -E "$2" >"$1"; return 0; fi
	while :; do
		term_frame | sed -E "$2" >"$tap_dir/frame"
		cmp -s "$1" "$tap_dir/frame" && return 0
		[ $i -lt 30 ] || break
		sleep 0.1; i=$((i + 1))
	done
	diff -u "$1" "$tap_dir/frame"
}
term_kill() {
	pid=$(term_pid); [ "$pid" ] || { echo "nothing runs"; return 1; }
	kill "-${1:-KILL}" "$pid"
	i=0; while kill -0 "$pid" 2>/dev/null && [ $i -lt "$term_patience" ]; do sleep 0.1; i=$((i + 1)); done
	! kill -0 "$pid" 2>/dev/null
}
term_ended() {
	i=0; while [ ! -s "$tap_dir/exit" ] && [ $i -lt "$term_patience" ]; do sleep 0.1; i=$((i + 1)); done
	[ -s "$tap_dir/exit" ]
}
term_done() { term_tmux kill-server 2>/dev/null; rm -rf "$tap_dir"; }
trap term_done EXIT
