#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Names what was forgotten: a file without its row, a row without its file, a file in no local.mk or
# not open to translators; and keeps the floors' promises that the linker cannot see.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
cd "$top_srcdir" || exit 1

# registered FOLDER PREFIX MACRO LIST
registered() {
	rc=0
	for f in "$1/$2"-*.c; do
		id=$(basename "$f" .c | sed "s/^$2-//; s/-/_/g")
		grep -q "const struct [a-z_]* [a-z_]*_$id = {\|const struct [a-z_]* [a-z_]*_${id}_[a-z]* = {" "$f" || continue
		grep -q "^$3($id)\|^$3(${id}_" "$4" || { echo "$4 has no row for $f"; rc=1; }
	done
	sed -n "s/^$3(\([a-z0-9_]*\)).*/\1/p" "$4" | while read -r id; do
		grep -rqs "_$id = {" "$1" || { echo "$4: $id has no file"; exit 1; }
	done || rc=1
	return $rc
}
ok "every probe has a row" registered probes probe PROBE probes/probe.def
ok "every rule has a row" registered src/rules rule RULE src/rules/rule.def
ok "every boot loader has a row" registered src/boot boot BOOTLOADER src/boot/bootloader.def
ok "every initramfs tool has a row" registered src/boot initramfs INITRAMFS src/boot/initramfs.def
ok "every way to bind has a row" registered src/boot bind BIND_METHOD src/boot/bind.def
ok "every machine format has a row" registered src/output machine MACHINE_FORMAT src/output/machine-format.def
ok "every step has a row" registered src/wizard step STEP src/wizard/step.def
ok "every command has a row" registered src/cli cmd COMMAND src/cli/cmd.def

in_makefiles() {
	rc=0
	for f in $(find src probes ui -name '*.[ch]' | sort); do
		grep -qs -- "$f" src/*.mk src/*/*.mk probes/*.mk ui/*.mk || { echo "$f is in no local.mk"; rc=1; }
	done
	return $rc
}
in_potfiles() {
	rc=0
	for f in $(grep -lE '(^|[^A-Za-z_])N?_\("|ngettext\(' $(find src probes ui -name '*.[ch]' -o -name '*.def' | grep '^src\|^probes\|^ui')); do
		[ "$f" = src/base/macro.h ] || grep -qx "$f" po/POTFILES.in || { echo "$f is not in po/POTFILES.in"; rc=1; }
	done
	for f in $(grep -v '^#' po/POTFILES.in); do
		[ -e "$f" ] || { echo "po/POTFILES.in names $f, which is not there"; rc=1; }
	done
	return $rc
}
ok "every source file is built and shipped" in_makefiles
ok "every translated file is in po/POTFILES.in" in_potfiles

none() { # none PATTERN FILE...: no line matches
	pattern=$1; shift
	! grep -nE -- "$pattern" "$@"
}
ok "curses is known to ui only" none '#include <(n?curses|ncursesw/)' $(find src probes -name '*.[ch]')
ok "only base/spawn.c runs programs" none '(^|[^a-z_>.])(fork|execve?|execvp|popen|system|posix_spawn)\(' \
	$(find src probes ui -name '*.c' ! -path src/base/spawn.c)
ok "nothing below wizard prints" none '(^|[^a-z_>.f])(printf|puts|putchar|perror)\(|fprintf\(std|(^|[^_a-z])exit\(' \
	$(find src/model src/change src/rules src/boot src/output src/session probes -name '*.c')
ok "rules and probes read no path of their own" none '(^|[^a-z_>.])(open|fopen|opendir|stat|lstat|readlink)\("' \
	$(find src/rules src/boot src/change probes -name '*.c')
if have shellcheck; then
	ok "shell scripts are clean" shellcheck -s sh -e SC1091,SC3013,SC2046,SC2086,SC2013,SC2044,SC2317,SC2034,SC2154 bootstrap tests/*.sh tests/lib/*.sh \
		tests/lab/image/*.sh tests/lab/guest/*.sh
else
	skip "shell scripts are clean" "shellcheck is not installed"
fi
if have python3; then
	ok "the lab can be read" python3 -c 'import sys
for name in sys.argv[1:]: compile(open(name).read(), name, "exec")' tests/lab/run tests/lab/*.py tests/lab/walks/*.py
else
	skip "the lab can be read" "python3 is not installed"
fi
done_testing
