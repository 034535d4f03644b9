#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ./bootstrap on systems that are not this one: only the tools it may call are in PATH.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
bin=$tap_dir/bin
mkdir "$bin"
for tool in sh dirname pwd cat env nproc grep id printf mktemp awk rm tee; do
	path=$(command -v "$tool") && [ -x "$path" ] && ln -s "$path" "$bin/$tool"
done

# Runs bootstrap with nothing but those tools, and what a test put beside them.
alone() { PATH="$bin" "$bin/sh" "$top_srcdir/bootstrap" "$@"; }
says() { # says STATUS TEXT COMMAND...: that status, and all of the words of TEXT in the output
	want=$1 text=$2; shift 2
	"$@" >"$tap_dir/said" 2>&1; got=$?
	cat "$tap_dir/said"
	[ "$got" -eq "$want" ] || { echo "exit status $got, expected $want"; return 1; }
	for word in $text; do
		grep -qF -- "$word" "$tap_dir/said" || { echo "does not say: $word"; return 1; }
	done
}

ok "help" says 0 "run check deps build" alone help
ok "unknown word" says 64 "Usage:" alone frobnicate
ok "unknown system: prints the list" says 2 "libncurses-dev libkmod-dev check tmux" alone deps

# A package manager that has nothing installed and says what it is asked to do.
# with_manager NAME QUERY-TOOL INSTALL-WORDS
with_manager() {
	printf '#!/bin/sh\nexit 1\n' >"$bin/$2"
	# shellcheck disable=SC2016 # the stand-in expands it
	printf '#!/bin/sh\ncase $1 in -Q*) exit 1 ;; esac\necho "ran: %s $*"\n' "$1" >"$bin/$1"
	printf '#!/bin/sh\nexec "$@"\n' >"$bin/sudo"
	chmod +x "$bin/$2" "$bin/$1" "$bin/sudo"
	ok "$1: says what it installs, and installs it" says 0 "installing $3 ran:" alone deps
	rm -f "${bin:?}/$2" "$bin/$1" "$bin/sudo"
}
with_manager apt-get dpkg-query "install libkmod-dev libncurses-dev"
with_manager dnf rpm "install kmod-devel ncurses-devel"
with_manager pacman true "-S kmod ncurses"
with_manager zypper rpm "install libkmod-devel ncurses-devel"

printf '#!/bin/sh\nexit 1\n' >"$bin/dpkg-query"; printf '#!/bin/sh\nexit 0\n' >"$bin/apt-get"
printf '#!/bin/sh\necho 1000\n' >"$tap_dir/id"; rm "$bin/id"; cp "$tap_dir/id" "$bin/id"
chmod +x "$bin/dpkg-query" "$bin/apt-get" "$bin/id"
ok "no root and no sudo: names the command" says 77 "apt-get root" alone deps
done_testing
