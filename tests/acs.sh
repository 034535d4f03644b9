#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The ACS override as a person walks it: judged, another kernel taken by kernelstub's links, measured after the restart, and back.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"

orig=$tap_dir/orig copy=$tap_dir/copy
host=$top_srcdir/tests/hosts/pop-kernelstub-shared-group.host
"$wizard" --host "$host" snapshot --unpack "$orig" || exit 1
cp -a "$orig" "$copy"
ask="--acs-override downstream --kernel 5.3.0-acso --gpu 01:00.0"

has() { grep -q -e "$1" "$2" || { cat "$2"; return 1; }; }
# Refused, with the reason and the way out.
refused() { # WORDS OPTION...
	words=$1; shift
	exits 2 "$wizard" --root "$copy" plan "$@" >"$tap_dir/plan" 2>&1 || { cat "$tap_dir/plan"; return 1; }
	has "$words" "$tap_dir/plan"
}
ok "not with a kernel that does not know it" refused '--kernel 5.3.0-acso' --acs-override downstream --gpu 01:00.0
ok "not for a card that is alone" refused 'shares its IOMMU group with no other card' --acs-override downstream \
	--kernel 5.3.0-acso --device 00:1f.6
ok "not by a value that does not help" refused 'This would: --acs-override downstream' --acs-override multifunction \
	--kernel 5.3.0-acso --gpu 01:00.0
ok "not by a kernel that is not installed" refused 'There are: 5.3.0-7625-generic, 5.3.0-acso' --kernel 6.1.0
check() { "$wizard" --root "$copy" check >"$tap_dir/check"; grep -q "$1" "$tap_dir/check"; }
ok "check names the kernel that knows it" check 'Installed kernels that know pcie_acs_override: 5.3.0-acso'

# JSON: kinds and targets.
ok "the plan as JSON" exits 1 sh -c "'$wizard' --root '$copy' --json plan $ask >'$tap_dir/plan.json'"
ok "has links" has '"kind": "link"' "$tap_dir/plan.json"
ok "and where they lead" has '"target": "vmlinuz-5.3.0-acso"' "$tap_dir/plan.json"

# Applied: two links and one file; what cannot be run below another root is listed.
# shellcheck disable=SC2086
ok "apply" exits 1 "$wizard" --root "$copy" apply --yes $ask
leads() { [ "$(readlink "$copy/$1")" = "$2" ] || { readlink "$copy/$1"; return 1; }; }
ok "the kernel's link is turned" leads boot/vmlinuz vmlinuz-5.3.0-acso
ok "the initial RAM disk's link is turned" leads boot/initrd.img initrd.img-5.3.0-acso
ok "the argument is set" has pcie_acs_override=downstream "$copy/etc/kernelstub/configuration"
verify() { "$wizard" --root "$copy" --json verify >"$tap_dir/verify"; }
result() { # ID RESULT
	verify
	got=$(tr -d '\n' <"$tap_dir/verify" | sed 's/}/}\n/g' | sed -n "s/.*\"id\": \"$1\".*\"result\": \"\([a-z-]*\)\".*/\1/p")
	[ "$got" = "$2" ] || { echo "got \"$got\""; cat "$tap_dir/verify"; return 1; }
}
ok "nothing is claimed before the restart" result kernel:5.3.0-acso not-yet

# The restart: first with the old kernel, as when an update came in between.
echo 2ab00000-0000-4000-8000-000000000002 >"$copy/proc/sys/kernel/random/boot_id"
ok "another kernel was started" result kernel:5.3.0-acso broken
ok "which does not know it" result acs-override broken
echo 5.3.0-acso >"$copy/proc/sys/kernel/osrelease"
sed -i 's/$/ pcie_acs_override=downstream/' "$copy/proc/cmdline"
log=$copy/var/log/dmesg
echo '[    0.000000] Warning: PCIe ACS overrides enabled; This may allow non-IOMMU protected peer-to-peer DMA' >>"$log"
ok "the kernel was started" result kernel:5.3.0-acso kept
ok "it obeys" result acs-override kept
ok "but the group is whole" result apart:0000:01:00.0 broken
new=$copy/sys/kernel/iommu_groups/40
mkdir -p "$new/devices"
echo DMA >"$new/type"
for address in 0000:02:00.0 0000:02:00.1 0000:00:01.1; do
	mv "$copy/sys/kernel/iommu_groups/1/devices/$address" "$new/devices/"
	real=$(readlink -f "$copy/sys/bus/pci/devices/$address")
	link=$(readlink "$real/iommu_group")
	ln -sfn "${link%/*}/40" "$real/iommu_group"
done
ok "now it is split" result apart:0000:01:00.0 kept
# shellcheck disable=SC2086
"$wizard" --root "$copy" plan $ask >"$tap_dir/plan" 2>&1
ok "and the card goes on to the machine" has 'machines/.*\.xml' "$tap_dir/plan"

# Back: newest first, until nothing is left.
ok "undo" exits 0 "$wizard" --root "$copy" undo --all
ok "the links lead where they led" leads boot/vmlinuz vmlinuz-5.3.0-7625-generic
ok "both" leads boot/initrd.img initrd.img-5.3.0-7625-generic
ok "the settings are as before" cmp "$orig/etc/kernelstub/configuration" "$copy/etc/kernelstub/configuration"

# Somebody turned a link in between: asked, not overwritten.
rm -rf "$copy"
cp -a "$orig" "$copy"
# shellcheck disable=SC2086
"$wizard" --root "$copy" apply --yes $ask >/dev/null 2>&1
ln -sfn vmlinuz-mine "$copy/boot/vmlinuz"
ok "undo asks about a link that somebody turned" exits 2 "$wizard" --root "$copy" undo
ok "and leaves it" leads boot/vmlinuz vmlinuz-mine
ok "until told" exits 0 "$wizard" --root "$copy" undo --edited restore
ok "then it is back" leads boot/vmlinuz vmlinuz-5.3.0-7625-generic

# Where the newest kernel is taken whatever the links say.
echo '        latest_option, previous_option = KernelOption.latest_option(boot_path)' \
	>>"$copy/usr/lib/python3/dist-packages/kernelstub/application.py"
ok "a kernelstub that reads no links is not told by links" refused 'sudo kernelstub -k /boot/vmlinuz-5.3.0-acso' --kernel 5.3.0-acso
done_testing
