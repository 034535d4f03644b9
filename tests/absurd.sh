#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts that cannot be: torn, endless, circular, full of other people's bytes.  Whatever is asked about them, the answer comes in
# seconds, is valid JSON or text without control bytes, ends with a documented status, and calls unknown what is unknown.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/term.sh"
have jq || { echo "1..0 # SKIP jq is not installed"; exit 0; }
root=$tap_dir/host
base=$top_srcdir/tests/hosts/intel-on-after-reboot.host
card=sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
# Set to a user's prefix where permissions have to count.
as=

fresh() { rm -rf "$root"; "$wizard" --host "${1:-$base}" snapshot --unpack "$root"; }

# clean FILE: valid UTF-8 without control characters but tab and newline, the eight-bit ones included.
clean() {
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null || { echo "no UTF-8"; return 1; }
	! LC_ALL=C grep -naP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$1"
}
# sane STATUSES ARGUMENT...: every question, as text and as JSON; those of STATUSES are allowed.
sane() {
	statuses=$1; shift
	for question in check groups devices plan; do
		for form in --plain --json; do
			timeout 20 $as "$wizard" "$@" $form $question >"$tap_dir/$question$form" 2>"$tap_dir/said" </dev/null; got=$?
			case " $statuses " in *" $got "*) ;; *)
				echo "$question $form: exit status $got, not one of $statuses"; head -c 2000 "$tap_dir/said"; echo; return 1 ;; esac
			{ clean "$tap_dir/$question$form" && clean "$tap_dir/said"; } || { echo "by $question $form"; return 1; }
			! grep -E 'Sanitizer|runtime error:' "$tap_dir/said" || return 1
			# A plan that cannot be is refused in a sentence.
			[ $form = --plain ] || { [ $question = plan ] && [ ! -s "$tap_dir/plan--json" ]; } ||
				jq -e '.schema == 1' "$tap_dir/$question--json" >/dev/null || { echo "$question: no JSON"; return 1; }
		done
	done
	# What is not known comes with how to find out.
	jq -e '[.findings[] | select(.id | test("unknown|not-readable|incomplete")) |
		select(.advice == [] and .id != "passthrough-mode-unknown")] == []' "$tap_dir/check--json" >/dev/null ||
		{ echo "an unknown without a way to find out"; jq '.findings[] | select(.advice == []) | .id' "$tap_dir/check--json"; return 1; }
}
# says QUESTION FILTER: the JSON of the last sane has it.
says() {
	jq -e "$2" "$tap_dir/$1--json" >/dev/null || { echo "not so: $2"; head -c 3000 "$tap_dir/$1--json"; echo; return 1; }
}
# holds ADDRESS FILTER: so does the device of that address.
holds() { says devices ".devices[] | select(.address == \"$1\") | $2"; }

# A recorded host: begin, then pci ADDRESS ABOVE VENDOR DEVICE CLASS GROUP [CONFIG], ABOVE being a path below /sys/devices.
begin() {
	cat <<-TEXT
	# vfio-wizard recorded host 1
	/proc/cmdline = root=/dev/sda2 ro intel_iommu=on
	/proc/sys/kernel/osrelease = 6.12.0-1-amd64
	/.vfio-wizard/cpuid = vendor=GenuineIntel vmx=1 svm=0 hypervisor=0
	/proc/interrupts = 16: 0 IR-IO-APIC 16-fasteoi
	/sys/devices/virtual/iommu/dmar0/intel-iommu/ecap = f020df
	/sys/class/iommu/dmar0 -> ../../devices/virtual/iommu/dmar0
	/sys/firmware/acpi/tables/DMAR ! EACCES
	/sys/firmware/efi/
	TEXT
}
pci() {
	up=$(echo "$2/x" | sed 's,[^/]*,..,g')/..
	cat <<-TEXT
	/sys/bus/pci/devices/$1 -> ../../../devices/$2/$1
	/sys/devices/$2/$1/vendor = 0x$3
	/sys/devices/$2/$1/device = 0x$4
	/sys/devices/$2/$1/class = 0x$5
	/sys/devices/$2/$1/iommu_group -> $up/kernel/iommu_groups/$6
	/sys/kernel/iommu_groups/$6/devices/$1 -> ../../../../devices/$2/$1
	TEXT
	[ -z "${7:-}" ] || echo "/sys/devices/$2/$1/config : $7"
}
# bridge VENDOR DEVICE SECONDARY: 64 bytes of a bridge (type 1) with that bus behind it; ids in the order of bytes.
bridge() { echo "$1${2}0700100000000406008001000000000000000000""00$3${3}00+36"| sed 's/+/ +/'; }

config_ones() {
	fresh || return 1
	find "$root/sys/devices" -name config | while read -r f; do
		head -c "$(stat -c %s "$f")" /dev/zero | LC_ALL=C tr '\000' '\377' >"$tap_dir/ones"; cat "$tap_dir/ones" >"$f"
	done
	sane "0 1 2 65" --root "$root" && holds 0000:01:00.0 '.assignable == "no" and .reset == ["bus"]' &&
		holds 0000:01:00.0 '.why | tostring | test("does not answer")'
}
ok "configuration space of 0xff: nothing answers, nothing is given away" config_ones

config_cut() {
	fresh "$top_srcdir/tests/hosts/z370-shared-group-ubuntu.host" || return 1
	find "$root/sys/devices" -name config -exec truncate -s "$1" {} +
	sane "0 1 2 65" --root "$root" && says groups '[.groups[] | select(.verdict == "shared") | .ports_without_acs] | all(. == null)' &&
		says check '.findings | map(.id) | index("config-space-not-readable")' &&
		! grep -i 'no ACS)' "$tap_dir/groups--plain"
}
for length in 0 3 63 64 200; do
	ok "configuration space cut to $length bytes: ACS is not known, not missing" config_cut "$length"
done

many_groups() {
	{ begin; n=0
	while [ $n -lt 300 ]; do
		pci "$(printf '0000:%02x:%02x.0' $((n / 32)) $((n % 32)))" pci0000:00 8086 10d3 020000 $((n * 7 + n % 3))
		n=$((n + 1))
	done; } >"$tap_dir/many.host"
	sane "0 1 2" --host "$tap_dir/many.host" &&
		says check '.iommu.groups == 300' && says groups '.groups | length == 300' &&
		says groups '[.groups[].id] == [range(300) | . * 7 + . % 3]' &&
		says groups '[.devices[].group] | unique | length == 300'
}
ok "300 groups with gaps between their numbers" many_groups

crowd() {
	{ begin; n=0
	while [ $n -lt 40 ]; do
		pci "$(printf '0000:05:%02x.%d' $((n / 2)) $((n % 2)))" pci0000:00 10de 2204 030000 9
		n=$((n + 1))
	done; } >"$tap_dir/crowd.host"
	sane "0 1 2" --host "$tap_dir/crowd.host" && says groups '.groups == [.groups[0]] and (.groups[0].devices | length) == 40' &&
		says groups '.groups[0] | .verdict == "shared" and .ports_without_acs == null' &&
		[ "$(grep -c '0000:05:' "$tap_dir/groups--plain")" -ge 40 ]
}
ok "40 devices in one group: shared, all are named, why is not known" crowd

far_domain() {
	{ begin; pci 10000:e1:00.0 pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0 144d a80a 010802 3
	pci 0000:00:0e.0 pci0000:00 8086 467f 010400 3
	pci ffff:00:00.0 pciffff:00 10de 2204 030000 4; pci 7fffffff:00:1f.0 pci7fffffff:00 8086 10d3 020000 5; } >"$tap_dir/far.host"
	sane "0 1 2" --host "$tap_dir/far.host" &&
		says devices '[.devices[].address] == ["0000:00:0e.0", "ffff:00:00.0", "10000:e1:00.0", "7fffffff:00:1f.0"]' &&
		holds 10000:e1:00.0 '.assignable == "no" and .group == 3' && holds 7fffffff:00:1f.0 '.group == 5'
}
ok "PCI domains 10000 and up: by number, behind VMD for the host" far_domain

circle() {
	a=pci0000:00/0000:00:01.0
	{ begin; pci 0000:00:01.0 "$a/0000:01:00.0" 8086 1901 060400 1 "$(bridge 8680 0119 01)"
	pci 0000:01:00.0 "$a" 104c 8232 060400 1 "$(bridge 4c10 3282 00)"
	pci 0000:02:00.0 "pci0000:00/0000:02:00.0" 10de 2204 030000 1
	pci 0000:03:00.0 "$a/0000:01:00.0/$a/0000:01:00.0" 10de 1aef 040300 1; } >"$tap_dir/circle.host"
	sane "0 1 2 65" --host "$tap_dir/circle.host" && says groups '.groups[0].id == 1' && says devices '.devices | length == 4'
}
ok "bridges that are above each other, a device above itself" circle
links() {
	fresh || return 1
	ln -s . "$root/$card/loop"; ln -s .. "$root/$card/up"; ln -s 0000:09:00.0 "$root/sys/bus/pci/devices/0000:09:00.0"
	ln -s ../../../devices/nowhere "$root/sys/bus/pci/devices/0000:0a:00.0"
	rm "$root/$card/driver" "$root/$card/iommu_group"; ln -s driver "$root/$card/driver"; ln -s ../0000:01:00.0/iommu_group "$root/$card/iommu_group"
	ln -s / "$root/sys/devices/root"; rm -rf "$root/sys/class/block"; mkdir -p "$root/sys/class/block"
	ln -s ../block "$root/sys/class/block/sda"; ln -s sdb "$root/sys/class/block/sdb"
	sane "0 1 2 65" --root "$root" && holds 0000:01:00.0 '.assignable == "no" or .group != null' &&
		holds 0000:09:00.0 '.assignable == "no"' && holds 0000:0a:00.0 '.assignable == "no"' &&
		says check '.findings | map(.id) | index("not-readable")'
}
ok "links in /sys that lead to themselves or nowhere" links

# The facts of the log are in line 10, before everything that is too much.
long_log() {
	fresh "$top_srcdir/tests/hosts/intel-off-in-kernel-debian.host" || return 1
	mkdir -p "$root/var/log"
	{ echo '[    0.000000] Linux version 6.1.0-28-amd64 (gcc)'; echo '[    0.000000] Command line: quiet'
	echo '[    0.010000] DMAR: Host address width 39'
	"$@"; echo '[    9.000000] DMAR-IR: Enabled IRQ remapping in x2apic mode'; } >"$root/var/log/dmesg"
	sane "0 1 2" --root "$root" && says check '.iommu.state == "off-in-kernel"' &&
		says check '.findings[] | select(.id == "iommu-off-in-kernel") | .evidence | tostring | test("Enabled IRQ remapping")'
}
five_megabytes() { yes '[    1.000000] usb 1-1: new high-speed USB device number 4 using xhci_hcd' | head -c 5000000; echo; }
long_line() { head -c 1000000 /dev/zero | tr '\000' x; head -c 70000 /dev/zero; printf '\n\000\000\n'; }
ok "a log of 5 MB is read to its end" long_log five_megabytes
ok "a line of 1 MB and zeros between lines" long_log long_line
binary_line() { printf '[    2.000000] DMAR: [Firmware Bug]: \033[31m\007red\302\233\377\376 \033]0;title\007\r\n'; }
ok "a log that would paint the terminal" long_log binary_line
binary_evidence() {
	fresh || return 1
	mkdir -p "$root/var/log"
	printf '[    2.0] DMAR: [Firmware Bug]: Your BIOS is broken; bad RMRR [\033[2J\007\302\233\377\376\033]0;x\007]\r\n' >"$root/var/log/dmesg"
	head -c 100000 /dev/zero | tr '\000' y >>"$root/var/log/dmesg"
	sane "0 1 2" --root "$root" && says check '.findings | map(.id) | index("firmware-bug-reserved-memory")'
}
ok "such a line as evidence" binary_evidence
long_evidence() {
	fresh || return 1
	mkdir -p "$root/var/log"
	{ printf '[    2.0] DMAR: [Firmware Bug]: Your BIOS is broken; bad RMRR ['; head -c 1000000 /dev/zero | tr '\000' y; echo; } >"$root/var/log/dmesg"
	sane "0 1 2" --root "$root" && [ "$(wc -c <"$tap_dir/check--plain")" -lt 100000 ] && [ "$(wc -c <"$tap_dir/check--json")" -lt 100000 ]
}
ok "evidence of 1 MB is cut" long_evidence

# Bytes that no name has: control, eight-bit control, no UTF-8, a terminal's commands, text that runs from right to left.
bytes() { printf 'A\001\033[31;1m\033]0;gone\007\302\233\177B\377\300\200\355\240\200\342\200\256C'; }
binary_names() {
	fresh || return 1
	for f in sys_vendor product_name board_vendor board_name bios_vendor bios_version bios_date; do
		{ bytes; echo; } >"$root/sys/devices/virtual/dmi/id/$f"
	done
	{ bytes; head -c 10240 /dev/urandom; } >"$root/sys/devices/virtual/dmi/id/product_name"
	bytes >"$root/$card/label"; bytes >"$root/proc/cmdline"; bytes >"$root/proc/sys/kernel/osrelease"
	bytes >"$root/etc/os-release"; printf 'PRETTY_NAME="%s"\nID=debian\n' "$(bytes)" >"$root/etc/os-release"
	find "$root/sys/devices" \( -name product -o -name manufacturer -o -name model -o -name label \) -type f | while read -r f; do bytes >"$f"; done
	sed "s/^model name.*/model name	: $(bytes)/" "$root/proc/cpuinfo" >"$tap_dir/cpuinfo"; cp "$tap_dir/cpuinfo" "$root/proc/cpuinfo"
	sane "0 1 2 65" --root "$root" && says check '.host.product == null or (.host.product | length) < 1000'
}
ok "DMI, labels, names and the command line full of other bytes" binary_names

big_vendor() {
	fresh && head -c 1000000 /dev/zero | tr '\000' 1 >"$root/$card/vendor" && sane 65 --root "$root" && says plan '.stages == []'
}
ok "a vendor of 1 MB" big_vendor

vanishing() {
	fresh && rm "$root/$card/$1" && sane "0 1 2 65" --root "$root"
}
for attribute in vendor device class modalias config iommu_group boot_vga reset_method; do
	ok "a device half gone: no $attribute" vanishing "$attribute"
done
no_folder() { fresh && rm -rf "${root:?}/$card" && sane "0 1 2 65" --root "$root" && holds 0000:01:00.0 '.assignable == "no"'; }
ok "a device gone between list and look" no_folder

numbers() {
	fresh || return 1
	echo 99999999999999999999 >"$root/$card/numa_node"; echo 0xffffffffff >"$root/$card/class"
	echo -7 >"$root/$card/boot_vga"; echo 4294967296 >"$root/$card/sriov_totalvfs"; echo 0 >"$root/$card/revision"
	rm "$root/$card/iommu_group"; ln -s ../../../../kernel/iommu_groups/99999999999 "$root/$card/iommu_group"
	mkdir -p "$root/sys/kernel/iommu_groups/-1/devices" "$root/sys/kernel/iommu_groups/18446744073709551616" "$root/sys/kernel/iommu_groups/x"
	sane 65 --root "$root" && holds 0000:01:00.0 '.group == null and .numa_node == null and .boot_vga == null and .assignable == "no"'
}
ok "numbers past the end of everything" numbers

nothing() {
	rm -rf "$root"; mkdir -p "$root"; [ "$1" = nothing ] || { mkdir -p "$root/sys" "$root/proc"; }
	sane "0 1 2" --root "$root" && says check '.verdict != "ready" and .iommu.state == "unknown" and .cpu.virtualization == "unknown"' &&
		says check '.firmware.mode == "unknown" and .vfio.vfio_pci == "unknown" and .firmware.secure_boot == "unknown"' &&
		says groups '.groups == [] and .devices == []'
}
ok "an empty root: nothing is known" nothing nothing
ok "an empty /sys and /proc: nothing is known" nothing empty

folders() {
	fresh || return 1
	for f in proc/cmdline proc/cpuinfo etc/default/grub sys/devices/virtual/dmi/id/product_name "$card/config" "$card/vendor"; do
		rm -f "$root/$f"; mkdir -p "$root/$f"
	done
	sane "0 1 2 65" --root "$root" && holds 0000:01:00.0 '.assignable != null'
}
ok "folders where files should be" folders

damaged_table() {
	fresh && "$@" >"$tap_dir/table" && rm -f "$root/sys/firmware/acpi/tables/DMAR" && cp "$tap_dir/table" "$root/sys/firmware/acpi/tables/DMAR" &&
		sane "0 1 2" --root "$root" && says check '.iommu.state == "on" and .iommu.kind == "intel"'
}
ones() { head -c 4096 /dev/zero | LC_ALL=C tr '\000' '\377'; }
# A table whose first record has length 0, and one that claims 4 GB.
zero_record() { printf 'DMAR\070\000\000\000\001\000'; head -c 46 /dev/zero; }
endless() { printf 'DMAR\377\377\377\377\001\000'; head -c 30 /dev/zero; printf '\047\001'; head -c 400 /dev/urandom; }
for table in ones zero_record endless true; do ok "a DMAR table that is none: $table" damaged_table $table; done

if [ "$(id -u)" -ne 0 ]; then
	unreadable=yes
elif have setpriv; then
	unreadable=yes as="setpriv --reuid 65534 --regid 65534 --clear-groups"
fi
hidden() {
	fresh || return 1
	chmod 755 "$tap_dir"; chmod -R a+rX "$root"
	find "$root/sys/devices" -name config -exec chmod 000 {} +
	chmod 000 "$root/$card/vendor" "$root/$card/class" "$root/proc/cmdline" "$root/sys/firmware/acpi/tables" "$root/etc/default/grub" \
		"$root/sys/kernel/iommu_groups"
	sane "0 1 2 65 77" --root "$root" && says check '.findings | map(.id) | index("not-readable")' &&
		says check '.iommu.state == "unknown" and .verdict != "ready"' &&
		says check '.findings[] | select(.id == "iommu-unknown") | .evidence | index("/sys/kernel/iommu_groups: not readable")'
}
if [ "${unreadable:-}" ]; then
	ok "files that may not be read: unknown, not absent" hidden
	chmod -R u+rwX "$root"
else
	skip "files that may not be read: unknown, not absent" "setpriv is not installed"
fi
as=
if have tmux; then
	painted() {
		binary_names >/dev/null 2>&1; bytes >"$tap_dir/painted"
		term_start 100 30 "$wizard" --root "$root" --state "$tap_dir/state"
		term_wait 'This computer' || return 1
		term_frame >"$tap_dir/frame1"; term_keys Enter; sleep 0.5; term_frame >"$tap_dir/frame2"
		clean "$tap_dir/frame1" && clean "$tap_dir/frame2" && [ "$(term_tmux display-message -p '#{pane_title}')" != gone ]
	}
	ok "the wizard shows such names without obeying them" painted
else
	skip "the wizard shows such names without obeying them" "tmux is not installed"
fi
done_testing
