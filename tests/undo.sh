#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# apply --root COPY, then undo --root COPY, leaves every byte, mode, owner and time as before, on
# every recorded host; what apply wrote is accepted by the real GRUB tools.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"

differs() {
	! diff -rq --no-dereference "$1" "$2" >/dev/null
}
# What /bin/sh makes of the file, as grub-mkconfig sources it, drop-ins and all.
sourced_cmdline() {
	sh -c 'cd "$1" && . ./etc/default/grub; for f in ./etc/default/grub.d/*.cfg; do [ -e "$f" ] && . "$f"; done
		printf "%s %s\n" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"' sh "$1"
}
cmdline_has() {
	sourced_cmdline "$1" | tr -d '\r' | grep -qw -- "$2" || { sourced_cmdline "$1"; return 1; }
}
apply_status() {
	"$wizard" --root "$@" >"$tap_dir/apply" 2>&1
	status=$?
	cat "$tap_dir/apply"
	[ "$status" -le 1 ]
}
# What proxmox-boot-tool wrote cannot be seen: below another root a person is told to run it once more.
undo_all() {
	"$wizard" --root "$1" undo --all --json >"$tap_dir/undo"; status=$?
	case $name in
	proxmox-*) [ "$status" -eq 1 ] && grep -q '"proxmox-boot-tool refresh"' "$tap_dir/undo" ;;
	*) [ "$status" -eq 0 ] ;;
	esac || { cat "$tap_dir/undo"; return 1; }
}

for file in $(host_files); do
	name=$(basename "$file" .host)
	orig=$tap_dir/$name.orig; copy=$tap_dir/$name.copy
	"$wizard" --host "$file" snapshot --unpack "$orig" || { ok "$name: unpacks" false; continue; }
	cp -a "$orig" "$copy"
	loader=$("$wizard" --host "$file" --json check | sed -n 's/.*"loader": "\(.*\)".*/\1/p')
	if [ "$loader" = unknown ]; then
		skip "$name: apply and undo" "no boot loader on this host"
		rm -rf "$orig" "$copy"; continue
	fi
	# iommu=pt makes a kernel stage of every host that can have one.
	"$wizard" --root "$copy" apply --yes --passthrough-mode yes >"$tap_dir/apply" 2>&1; status=$?
	if [ "$status" -eq 2 ] || grep -q 'nothing was written' "$tap_dir/apply"; then
		ok "$name: not possible, and nothing was written" same_tree "$orig" "$copy"
	else
		ok "$name: apply" test "$status" -le 1
		ok "$name: something changed" differs "$orig" "$copy"
		if [ "$loader" = grub ]; then
			ok "$name: /etc/default/grub is still shell" sh -n "$copy/etc/default/grub"
			ok "$name: sourcing it gives the new argument" cmdline_has "$copy" iommu=pt
		fi
		ok "$name: a second apply changes nothing" apply_status "$copy" apply --yes --passthrough-mode yes
	fi
	# shellcheck disable=SC2046 # a list of options
	apply_status "$copy" apply --yes $(host_bound "$name") >/dev/null
	ok "$name: undo" undo_all "$copy"
	ok "$name: every byte, mode, owner and time is back" same_tree "$orig" "$copy"
	rm -rf "$orig" "$copy"
done
done_testing
