# SPDX-License-Identifier: GPL-2.0-or-later
# A real terminal for tests: tmux, on a server of its own, that is read until the expected text is
# there. TERM_UPDATE=yes writes the stored frames anew.
: "${TERM_UPDATE:=}"
term_socket=vfio-wizard-test-$$
# Steps that are waited for at most, 0.1 s each; slow machines only wait longer.
term_patience=300

term_tmux() { tmux -L "$term_socket" -f /dev/null "$@"; }
# term_start COLUMNS ROWS COMMAND...: TERM is $term_name inside, "tmux-256color" when unset.
term_start() {
	columns=$1 rows=$2; shift 2
	term_tmux kill-server 2>/dev/null
	: >"$tap_dir/exit"
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
term_pid() { pgrep -f -- "^$wizard --root $root" | head -n 1; }
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
