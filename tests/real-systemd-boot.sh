#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What apply wrote on every recorded host with systemd-boot: the real bootctl reads its entries, and
# the real kernel-install gives a kernel that comes later the same arguments.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"

# list ROOT PARTITION: bootctl takes the root of a file system only, so the entries go onto one.
list() {
	esp=$tap_dir/esp
	mkdir -p "$esp"
	# shellcheck disable=SC2016 # for the inner shell
	SYSTEMD_RELAX_ESP_CHECKS=1 unshare -m sh -c 'mount -t tmpfs none "$1" && cp -r "$2/." "$1" &&
		bootctl --esp-path="$1" --no-pager list' sh "$esp" "$1$2" >"$tap_dir/list" 2>&1 || { cat "$tap_dir/list"; return 1; }
}
# Fields of the entry ID, as bootctl prints them.
entry() {
	awk -v id="$1" '/^ *type:/ { if (hit) printf "%s", block; block = ""; hit = 0 }
		{ block = block $0 "\n" } $1 == "id:" && $2 == id { hit = 1 } END { if (hit) printf "%s", block }' "$tap_dir/list"
}
has_args() {
	entry "$1" >"$tap_dir/entry"
	for arg in $2; do
		grep "^ *options: " "$tap_dir/entry" | tr ' ' '\n' | grep -qxF -- "$arg" || { cat "$tap_dir/list"; return 1; }
	done
}
# A kernel that comes later: what /bin/sh and the plugin of the real kernel-install make of it.
install_kernel() {
	boot=$tap_dir/boot; token=0123456789abcdef0123456789abcdef
	rm -rf "$boot"
	# The name of its folder, where this host has one of its own.
	mkdir -p "$boot/$token" "$boot/$(cat "$1/etc/kernel/entry-token" 2>/dev/null || echo "$token")"; echo kernel >"$tap_dir/kernel"
	env KERNEL_INSTALL_CONF_ROOT="$1/etc/kernel" MACHINE_ID=$token BOOT_ROOT="$boot" \
		KERNEL_INSTALL_PLUGINS=/usr/lib/kernel/install.d/90-loaderentry.install \
		kernel-install add 6.1.0-99-amd64 "$tap_dir/kernel" || return 1
	for arg in $2; do
		grep -h '^options ' "$boot"/loader/entries/*-6.1.0-99-amd64.conf | tr ' ' '\n' | grep -qxF -- "$arg" ||
			{ cat "$boot/loader/entries/"*; return 1; }
	done
}

for file in $(host_files); do
	name=$(basename "$file" .host) root=$tap_dir/root
	[ "$("$wizard" --host "$file" --json check | sed -n 's/.*"loader": "\(.*\)".*/\1/p')" = systemd-boot ] || continue
	ok "$name: unpacks" "$wizard" --host "$file" snapshot --unpack "$root"
	"$wizard" --root "$root" --json plan --passthrough-mode yes >"$tap_dir/plan"
	args=$(sed -n 's/.*"id": "cmdline:\(.*\)".*/\1/p' "$tap_dir/plan" | tr '\n' ' ')
	# 1: the computer has to be restarted.
	ok "$name: apply" exits 1 "$wizard" --root "$root" apply --yes --passthrough-mode yes
	if ! have bootctl || [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
		skip "$name: bootctl reads the entries" "needs root, mount namespaces and bootctl"
	else
		for partition in /boot /boot/efi /efi; do
			[ -d "$root$partition/loader/entries" ] || continue
			ok "$name: bootctl reads the entries" list "$root" "$partition"
			for path in $(sed -n 's/.*"path": "\(.*\.conf\)".*/\1/p' "$tap_dir/plan" | grep "^$partition/loader/entries/[^/]*$"); do
				id=${path##*/}
				want=$args
				[ "$id" = vfio-wizard-before.conf ] && want=vfio-wizard=off
				ok "$name: $id has $want" has_args "$id" "$want"
			done
		done
	fi
	if ! grep -q '"/etc/kernel/cmdline"' "$tap_dir/plan"; then
		skip "$name: kernel-install" "it does not make the entries of this host"
	elif ! have kernel-install || [ ! -e /usr/lib/kernel/install.d/90-loaderentry.install ]; then
		skip "$name: kernel-install" "not installed"
	else
		ok "$name: kernel-install gives the next kernel $args" install_kernel "$root" "$args"
	fi
	rm -rf "$root"
done
done_testing
