# SPDX-License-Identifier: GPL-2.0-or-later
# Shell tests source this: ok/not_ok by exit status, TAP on stdout, plan at the end.
tap_n=0
# Also when run by hand from anywhere.
: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${top_builddir:=$top_srcdir}"
: "${VFIO_WIZARD_DATADIR:=$top_srcdir}" "${LC_ALL:=C.UTF-8}"
export top_srcdir top_builddir VFIO_WIZARD_DATADIR LC_ALL
unset LANGUAGE
wizard=$top_builddir/vfio-wizard
tap_dir=$(mktemp -d)
trap 'rm -rf "$tap_dir"' EXIT
trap 'exit 1' HUP INT TERM

# ok NAME COMMAND...: one check; what the command printed is shown when it fails.
ok() {
	tap_n=$((tap_n + 1)); tap_name=$1; shift
	if "$@" >"$tap_dir/out" 2>&1; then
		echo "ok $tap_n - $tap_name"
	else
		echo "not ok $tap_n - $tap_name"
		sed 's/^/# /' "$tap_dir/out"
	fi
}
# skip NAME REASON
skip() {
	tap_n=$((tap_n + 1)); echo "ok $tap_n - $1 # SKIP $2"
}
# exits STATUS COMMAND...: succeeds when the command ends with that status.
exits() {
	want=$1; shift
	"$@"; got=$?
	[ "$got" -eq "$want" ] || { echo "exit status $got, expected $want: $*"; return 1; }
}
have() { command -v "$1" >/dev/null 2>&1; }
done_testing() { echo "1..$tap_n"; }
