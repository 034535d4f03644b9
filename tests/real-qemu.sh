#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The QEMU scripts of every recorded host are read by every shell, and QEMU takes what they print up to
# the first device of the recorded host, which is not here.  tests/machine.sh has the shapes of machines;
# here are the devices, processors and memory that real hosts lead to.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
. "$top_srcdir/tests/lib/qemu.sh"

mkdir "$tap_dir/machines"
write_script() {
	# shellcheck disable=SC2046,SC2086 # lists of options
	"$wizard" --host "$file" domain $(host_devices "$name" | sed 's/--os [a-z0-9]*//') --os "$os" $options \
		--disk "$tap_dir/machines/$name-$os.qcow2,size=1G,format=qcow2" --format qemu -o "$script"
}

for file in $(host_files); do
	name=$(basename "$file" .host)
	# shellcheck disable=SC2046
	if ! "$wizard" --host "$file" domain $(host_devices "$name") >/dev/null 2>"$tap_dir/why"; then
		skip "$name: scripts" "$(head -n 1 "$tap_dir/why" | cut -c 14-100)"
		continue
	fi
	for os in windows11 linux; do
		options=
		[ $os = windows11 ] || options="--display none --hugepages none"
		have swtpm || options="$options --tpm no"
		script=$tap_dir/machines/$name-$os.sh
		ok "$name: script for $os" write_script
		for shell in dash bash "busybox sh"; do
			if have "${shell%% *}"; then ok "$name: ${shell% *} can read it" $shell -n "$script"; fi
		done
		why=$(qemu_missing "$script")
		if [ -n "$why" ]; then
			skip "$name: QEMU takes it for $os" "$why"
		else
			ok "$name: QEMU takes it for $os up to the missing device" \
				qemu_takes "$script" "$tap_dir/state-$name-$os"
		fi
	done
done

# CPUs of every shape, and memory from a node and in pages.
mkdir "$tap_dir/cpus"
ok "hosts with CPUs of every shape" cpu_hosts "$tap_dir/cpus"
for file in "$tap_dir"/cpus/*.host; do
	name=$(basename "$file" .host) os=linux
	options="--display none --pin auto"
	[ "$name" != cpu-xeons ] || options="--display none --cpus 36 --hugepages 2M"
	script=$tap_dir/machines/$name-$os.sh
	ok "$name: script" write_script
	why=$(qemu_missing "$script")
	if [ -n "$why" ]; then skip "$name: QEMU takes it" "$why"
	else ok "$name: QEMU takes it up to the missing device" qemu_takes "$script" "$tap_dir/state-$name"
	fi
done
done_testing
