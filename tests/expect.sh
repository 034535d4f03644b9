#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What every command says of every recorded host, compared with tests/expect/<host>/<name>.
# tests/expect.sh --update writes the expectations anew: read the diff before you commit it.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
expect=$top_srcdir/tests/expect
update=; [ "${1:-}" = --update ] && update=yes

# say HOST-FILE COMMAND...: output, messages and exit status in one text.
say() {
	file=$1; shift
	"$wizard" --host "$file" "$@" 2>"$tap_dir/err"
	status=$?
	# The name of the file depends on where the tree lies.
	sed "s,$file,HOST,g; s/^/stderr: /" "$tap_dir/err"
	echo "exit: $status"
}

compare() {
	want=$expect/$1/$2; got=$tap_dir/got; name=$1; what=$2; shift 2
	say "$@" >"$got"
	if [ "$update" ]; then
		mkdir -p "$expect/$name"; cp "$got" "$want"
	fi
	ok "$name: $what" diff -u "$want" "$got"
}

has_keys() {
	for key in $2; do
		grep -q "\"$key\":" "$1" || { echo "no key \"$key\""; return 1; }
	done
}

for file in $(host_files); do
	name=$(basename "$file" .host)
	chosen=$(host_devices "$name") bound=$(host_bound "$name")
	for command in check groups devices plan; do
		compare "$name" "$command.txt" "$file" "$command"
		compare "$name" "$command.json" "$file" --json "$command"
	done
	# shellcheck disable=SC2086 # options of this host, a list of words
	{
		compare "$name" plan-bind.txt "$file" plan $bound
		compare "$name" plan-bind.json "$file" --json plan $bound
		compare "$name" domain.xml "$file" domain $chosen
		compare "$name" domain.json "$file" --json domain $chosen
		compare "$name" domain.sh "$file" domain $chosen --format qemu
	}
	say "$file" --json check >"$tap_dir/json"
	ok "$name: every key of check" has_keys "$tap_dir/json" "schema verdict host vendor product board
		firmware_version firmware_date distribution kernel cpu model virtualization hypervisor firmware mode
		secure_boot lockdown opens_setup iommu kind state interrupt_remapping passthrough_mode groups vfio
		vfio_pci boot loader initramfs cmdline configured files findings"
	say "$file" --json devices >"$tap_dir/json"
	ok "$name: every key of a device" has_keys "$tap_dir/json" "schema address vendor device subsystem_vendor
		subsystem_device revision class vendor_name device_name class_name driver modules group numa_node
		boot_vga reset rom sriov mdev host_use assignable why"
	say "$file" --json groups >"$tap_dir/json"
	if grep -q '"groups": \[\]' "$tap_dir/json"; then keys="schema groups devices"
	else keys="schema groups id verdict devices bridges reason ports_without_acs"; fi
	ok "$name: every key of groups" has_keys "$tap_dir/json" "$keys"
	say "$file" --json plan >"$tap_dir/json"
	ok "$name: every key of plan" has_keys "$tap_dir/json" "schema stages findings"
done
done_testing
