#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Speed as ratios within one run: `groups` on a host of 400 devices against lspci on the same tree.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"

sh "$top_srcdir/tests/lib/make-400.sh" >"$tap_dir/400.host"
ok "a host of 400 devices unpacks" "$wizard" --host "$tap_dir/400.host" snapshot --unpack "$tap_dir/tree"
tree=$tap_dir/tree
sanitized=$(sed -n "s/^SAN_CFLAGS='\(.*fsanitize.*\)'/\1/p" "$top_builddir/config.log" 2>/dev/null)

ours() { "$wizard" --root "$tree" groups >"$tap_dir/groups"; }
theirs() { lspci -O sysfs.path="$tree/sys/bus/pci" -Dnnmmk >"$tap_dir/lspci"; }
# One run in microseconds.
took() {
	start=$(date +%s%N); "$1"; end=$(date +%s%N)
	echo $(((end - start) / 1000))
}
# The shortest of several runs, taken in turns: what each needs when nothing else disturbs it.
faster() {
	a=$(took ours) b=$(took theirs)
	for run in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		x=$(took ours) y=$(took theirs)
		[ "$x" -lt "$a" ] && a=$x
		[ "$y" -lt "$b" ] && b=$y
	done
	echo "groups ${a} us, lspci ${b} us"
	[ "$a" -lt "$b" ]
}
if ! have lspci; then
	skip "groups is faster than lspci on the same tree" "lspci is not installed"
elif [ "$sanitized" ]; then
	skip "groups is faster than lspci on the same tree" "built with sanitizers"
else
	ok "groups is faster than lspci on the same tree" faster
	echo "# $(cat "$tap_dir/out")"
	ok "lists every group" sh -c "[ \$(grep -c '^Group ' '$tap_dir/groups') -eq \$(ls '$tree/sys/kernel/iommu_groups' | wc -l) ]"
	ok "lists every device" sh -c "[ \$(grep -c '\\[[0-9a-f]*:[0-9a-f]*\\]' '$tap_dir/groups') -eq \$(wc -l <'$tap_dir/lspci') ]"
fi
starts_nothing() {
	strace -f -e trace=clone,clone3,fork,vfork,execve -o "$tap_dir/strace" "$wizard" --root "$tree" groups >/dev/null
	cat "$tap_dir/strace"
	[ "$(grep -cE 'execve\(|clone3?\(|v?fork\(' "$tap_dir/strace")" -eq 1 ]
}
if have strace && strace -o /dev/null true 2>/dev/null && [ -z "$sanitized" ]; then
	ok "groups starts no process" starts_nothing
else
	skip "groups starts no process" "strace cannot be used here"
fi
done_testing
