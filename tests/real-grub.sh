#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The real grub-mkconfig on what apply wrote, on every recorded host that GRUB starts: the menu is
# made, GRUB can read it, and every argument is where it belongs.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
. "$top_srcdir/tests/lib/live.sh"

why=$(live_missing)
for tool in grub-mkconfig grub-script-check jq; do
	have $tool || why="no $tool"
done
if [ -n "$why" ]; then
	skip "the real grub-mkconfig" "$why"
	done_testing
	exit
fi

options="--passthrough-mode yes"

# The kernel lines of the menu, "recovery" or "normal" ones: what stands behind the kernel's name.
menu_lines() {
	sed -n 's/^[[:space:]]*linux[[:space:]]\{1,\}[^[:space:]]*//p' "$2" | tr -d '\r' | case $1 in
	recovery) grep -w 'single\|recovery' ;;
	*) grep -vw 'single\|recovery' ;;
	esac
}
normal_entries_have() {
	[ "$(menu_lines normal "$1" | wc -l)" -ge 2 ] || { echo "no normal entries"; return 1; }
	! menu_lines normal "$1" | sed 's/$/ /' | grep -vF " $2 "
}
recovery_entries_lack() {
	[ "$(menu_lines recovery "$1" | wc -l)" -ge 1 ] || { echo "no recovery entry"; return 1; }
	! menu_lines recovery "$1" | sed 's/$/ /' | grep -F " $2 "
}
# Every argument the host had on normal entries before is still there, but for what kept the IOMMU off.
nothing_lost() {
	menu_lines normal "$1" | tr ' ' '\n' | sort -u >"$tap_dir/had"
	menu_lines normal "$2" | tr ' ' '\n' | sort -u >"$tap_dir/has"
	! comm -23 "$tap_dir/had" "$tap_dir/has" | grep -vx 'intel_iommu=off\|amd_iommu=off\|iommu=off' | grep .
}
make_menu() {
	live_run "$1" grub-mkconfig -o /boot/made.cfg
}

for file in $(host_files); do
	name=$(basename "$file" .host)
	root=$tap_dir/$name orig=$tap_dir/$name.orig
	if [ "$("$wizard" --host "$file" --json check | jq -r .boot.loader)" != grub ]; then continue; fi
	ok "$name: unpacks" live_prepare "$file" "$root"
	# shellcheck disable=SC2086 # a list of options; a host that cannot do it at all has no plan
	"$wizard" --root "$root" --json plan $options >"$tap_dir/plan" 2>/dev/null
	args=$(jq -r '.stages[].promises[].id | select(startswith("cmdline:")) | ltrimstr("cmdline:")' "$tap_dir/plan")
	if [ -z "$args" ]; then
		skip "$name: the menu" "no argument is wanted on this host"
		rm -rf "$root"; continue
	fi
	cp -a "$root" "$orig"
	ok "$name: grub-mkconfig makes the menu of before" make_menu "$root"
	mv "$root/boot/made.cfg" "$tap_dir/before.cfg"
	# shellcheck disable=SC2086
	ok "$name: apply" exits 1 "$wizard" --root "$root" apply --yes $options
	ok "$name: grub-mkconfig makes the menu" make_menu "$root"
	ok "$name: GRUB can read it" grub-script-check "$root/boot/made.cfg"
	for arg in $args; do
		ok "$name: normal entries have $arg" normal_entries_have "$root/boot/made.cfg" "$arg"
		ok "$name: recovery entries lack $arg" recovery_entries_lack "$root/boot/made.cfg" "$arg"
	done
	ok "$name: no argument got lost" nothing_lost "$tap_dir/before.cfg" "$root/boot/made.cfg"
	rm -f "$root/boot/made.cfg"
	ok "$name: undo" "$wizard" --root "$root" undo --all
	ok "$name: every byte, mode, owner and time is back" same_tree "$orig" "$root"
	ok "$name: and so is the menu" make_menu "$root"
	ok "$name: byte for byte" cmp "$tap_dir/before.cfg" "$root/boot/made.cfg"
	rm -rf "$root" "$orig"
done
done_testing
