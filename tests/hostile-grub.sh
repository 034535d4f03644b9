#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Settings of GRUB that are more shell script than settings.  What sh (dash on Debian) makes of the file
# before and after apply is compared: the old arguments in their order and the new ones, one assignment
# changed, undo gives every byte back.  What cannot be done that way is refused with file and line.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
host=$top_srcdir/tests/hosts/intel-off-in-kernel-debian.host
orig=$tap_dir/orig root=$tap_dir/root
settings=$root/etc/default/grub
N=GRUB_CMDLINE_LINUX_DEFAULT

# What grub-mkconfig gets: it stops at the first command that fails (set -e).
sourced() {
	(cd "$root" && sh -c 'set -e; . ./etc/default/grub
		for f in ./etc/default/grub.d/*.cfg; do [ ! -e "$f" ] || . "$f"; done
		printf "%s\n" "$GRUB_CMDLINE_LINUX_DEFAULT" >&3; printf "%s\n" "$GRUB_CMDLINE_LINUX" >&3' 3>&1 >/dev/null 2>&1 </dev/null)
}
# The arguments one a line, without those that the plan adds or takes away.
old_words() {
	tr -s ' \t\r' '\n' <"$1" | grep -vx 'intel_iommu=on\|iommu=pt\|intel_iommu=off\|' || :
}
# No more than $hunks lines of the settings are others than before.
one_assignment() {
	diff -a -U0 "$tap_dir/before" "$settings" >"$tap_dir/diff"
	[ "$(grep -ac '^@@' "$tap_dir/diff")" -le "$hunks" ] || { cat "$tap_dir/diff"; return 1; }
	[ "$(grep -ac '^-[^-]' "$tap_dir/diff")" -le "$hunks" ] || { cat "$tap_dir/diff"; return 1; }
}
fresh() {
	rm -rf "$root"; cp -a "$orig" "$root"; cat >"$settings"
	cp "$settings" "$tap_dir/before"
	[ -z "$drop_in" ] || { mkdir -p "$root/etc/default/grub.d" && printf '%b' "$drop_in" >"$root/etc/default/grub.d/50-x.cfg"; }
	cp -a "$root/etc/default" "$tap_dir/default.before.$tap_n"
}
changed() {
	fresh
	sourced >"$tap_dir/was" || { echo "sh itself refuses this file"; return 1; }
	"$wizard" --root "$root" apply --yes --passthrough-mode yes >"$tap_dir/said" 2>&1; status=$?
	[ "$status" -le 1 ] || { cat "$tap_dir/said"; echo "exit status $status"; return 1; }
	sourced >"$tap_dir/is" || { echo "sh refuses what was written"; return 1; }
	for new in intel_iommu=on iommu=pt; do
		tr -s ' \t\r' '\n' <"$tap_dir/is" | grep -qx "$new" || { echo "no $new:"; cat "$tap_dir/is"; return 1; }
	done
	! tr -s ' \t\r' '\n' <"$tap_dir/is" | grep -x 'intel_iommu=off' || return 1
	old_words "$tap_dir/was" >"$tap_dir/a"; old_words "$tap_dir/is" >"$tap_dir/b"
	diff -a "$tap_dir/a" "$tap_dir/b" && one_assignment || return 1
	"$wizard" --root "$root" undo --all && diff -r "$tap_dir/default.before.$tap_n" "$root/etc/default"
}
# refused STATUS LINE
refused() {
	fresh
	"$wizard" --root "$root" apply --yes --passthrough-mode yes >"$tap_dir/said" 2>&1; status=$?
	cat "$tap_dir/said"
	[ "$status" -eq "$1" ] || { echo "exit status $status"; return 1; }
	grep -qa "${3:-/etc/default/grub}:$2: " "$tap_dir/said" || { echo "line $2 is not named"; return 1; }
	diff -r "$tap_dir/default.before.$tap_n" "$root/etc/default"
}
# edits NAME TEXT: printf's escapes.
edits() {
	printf '%b' "$2" >"$tap_dir/text"; ok "$1" changed <"$tap_dir/text"
}
# refuses STATUS LINE NAME TEXT
refuses() {
	printf '%b' "$4" >"$tap_dir/text"; ok "$3: refused" refused "$1" "$2" <"$tap_dir/text"
}
drop_in='' hunks=1

ok "unpack" "$wizard" --host "$host" snapshot --unpack "$orig"
edits "quotes, an escaped one and a comment with one" "$N=\"quiet a=\\\\\"x y\\\\\"\" # don't \"\nX=1\n"
edits "no end of the last line" "X=1\n$N=\"quiet\""
edits "CR LF" "X=1\r\n$N=\"quiet splash\"\r\nGRUB_CMDLINE_LINUX=\"\"\r\n"
edits "continued inside quotes" "$N=\"quiet \\\\\n  splash \\\\\n  intel_iommu=off\"\nX=1\n"
edits "a line end inside quotes" "$N=\"quiet\n  splash\"\nX=1\n"
edits "the last of three assignments counts" "$N=a\n$N=\"b c\"\n$N='d e'\n"
edits "an assignment that adds to itself" "$N=\"a b\"\n$N=\"\$$N c\"\n$N=\"d \$$N\"\n"
edits "words glued of many quotes" "$N=qu\"ie\"t'  sp'lash\\\\ x\n"
edits "backticks elsewhere" "GRUB_DISTRIBUTOR=\`echo \"a'b\" | tr -d \"'\"\`\n$N=quiet\n"
edits "a command's output, quotes nested" "GRUB_DISTRIBUTOR=\"\$(echo \"\$(echo ')')\" \`echo x\`)\"\n$N=\"quiet\"\n"
edits "backticks as the value" "$N=\"\`echo quiet splash\`\"\n"
edits "a command's output as part of the value" "$N=\"quiet \$(echo b)\"\n"
edits "comment that ends in a backslash" "# this is no continuation \\\\\n$N=quiet\n"
edits "indented and exported" "  \t export $N=\"quiet\"\nX=1\n"
edits "two on one line" "X=1; $N=\"a b\"; GRUB_CMDLINE_LINUX=c # x\n"
hunks=2 # taken away where it stands, added where new ones belong
edits "of another variable" "A='quiet intel_iommu=off splash'\nB=\"\$A x\"\n$N=\"\$B\"\n"
hunks=1
edits "invalid UTF-8" "# \\0377\\0376 \\0300\nGRUB_DISTRIBUTOR=\"\\0351\"\n$N=\"quiet x=\\0344\"\n"
edits "UTF-8 in the value" "$N=\"quiet x=\\0303\\0244\"\n"
edits "nothing at all" ""
edits "no such assignment, no end of line" "GRUB_TIMEOUT=5"
edits "in an if" "$N=a\nif [ -e / ]; then\n\t$N=\"b c\"\nfi\n"
edits "in a for" "for x in a b; do $N=\"\$$N \$x\"; done\n"
edits "the variable of a for" "for $N in a b; do :; done\n"
edits "set by \${…:=…}" ": \"\${$N:=quiet splash}\"\n"
edits "behind &&" "true && $N=\"a b\"\n"
edits "in a case" "case x in\n(x) $N=\"a b\" ;;\n*) $N=c ;;\nesac\n"
edits "in a function that is called" "f() {\n\t$N=\"x y\"\n}\n$N=a\nf\n"
edits "in a function named done that is called" "d() { $N=\"x y\"; }\ndone_() { d; }\n$N=a\ndone_\n"
edits "in a function nobody calls" "f() {\n\t$N=\"x y\"\n}\n$N=a\n"
edits "in a subshell" "$N=a\n( $N=b )\n"
edits "in a pipe" "$N=a\n$N=b | cat\n"
edits "by eval" "eval \"$N='a b'\"\n"
edits "by eval behind a backslash" "$N=a\n\\\\eval \"$N='b c'\"\n"
edits "by eval in quotes" "$N=a\n'eval' \"$N='b c'\"\n"
edits "by command eval" "$N=a\ncommand eval \"$N='b c'\"\n"
edits "by a variable that holds a command" "X='eval $N=b'\n$N=a\n\$X\n"
edits "by an alias" "alias set_it='$N=b'\n$N=a\nset_it\n"
edits "another file, read by ." "$N=a\n. ./etc/os-release\n"
edits "another file, read by quoted ." "$N=a\n\"command\" . ./etc/os-release || :\n"
edits "unset" "$N=a\nunset $N\n"
edits "for one command only" "$N=a\n$N=b true\n"
drop_in="set_it\n"
edits "in a function that another file calls" "set_it() { $N=\"x y\"; }\n$N=a\n"
drop_in="$N=\"\$$N\"\n\$SET_IT\n"
edits "a command that another file runs" "SET_IT=\"eval $N=z\"\n$N=a\n"
drop_in="$N=\"\${$N% b} last\""
edits "a drop-in that cuts" "$N=\"a b\"\n"
drop_in="# \\\\\n$N='won'\r\n"
edits "a drop-in that wins, with CR LF" "$N=\"a b\"\n"
drop_in=
refuses 65 2 "a quote that is never closed" "X=1\n$N=\"quiet\nY=2\n"
refuses 65 1 "a single quote that is never closed" "$N='quiet\n"
refuses 65 3 "backtick that is never closed" "X=1\n\nY=\`date\n$N=a\n"
refuses 65 2 "if without fi" "$N=a\nif true; then\n$N=b\n"
refuses 65 2 "a NUL byte" "X=1\n$N=\"qui\\0000et\"\n"
refuses 65 2 "a here-document" "X=1\ncat <<E >/dev/null\n$N=\"no\"\nE\n$N=a\n"
refuses 65 1 "a byte order mark" "\\0357\\0273\\0277GRUB_TIMEOUT=5\n$N=a\n"
refuses 65 2 "an empty line that ends in CR LF" "X=1\r\n\r\n$N=a\r\n"

{ yes '# a comment "that is not closed' | head -n 40000; echo "$N=\"quiet\""; } >"$tap_dir/text"
ok "a file of over a megabyte" changed <"$tap_dir/text"
{ printf '%s="' "$N"; yes 'a=1 ' | head -n 20000 | tr -d '\n'; printf '"\n'; } >"$tap_dir/text"
ok "twenty thousand arguments" changed <"$tap_dir/text"
done_testing
