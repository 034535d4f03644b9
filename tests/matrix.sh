#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Systems × firmware × displays × presets, each on a recorded host in turn: every domain fits libvirt's
# schema; libvirtd takes it, gives it back, and what it gives back is taken and given back the same;
# virt-manager's parser edits it and nothing else changes; every script is clean and QEMU takes it.
# And hostile words: right, or refused with a reason, never run.
#
# Without a preset the product is complete, with one it is every pair (a third of the product); the hosts go
# round in it.  Of what takes long (libvirtd, shellcheck, QEMU, virt-xml) there is a sample, the same each
# time and spread over all.  MATRIX=full leaves nothing out.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
. "$top_srcdir/tests/lib/qemu.sh"
. "$top_srcdir/tests/lib/libvirtd.sh"

# some N FILE...: N of them, the same ones each time, spread over all.
some() {
	n=$1; shift
	printf '%s\n' "$@" | awk -v n="$n" -v all="${MATRIX:-}" '
		{ line[NR] = $0 }
		END { for (i = 1; i <= NR; i++) if (all == "full" || int(i * n / NR) > int((i - 1) * n / NR)) print line[i] }'
}

if [ "${1:-}" = inside ]; then
	tap_n=$2 machines=$3
	if ! libvirtd_start; then
		skip "libvirtd takes them" "it does not start here: $(tail -n 1 "$tap_dir/libvirtd")"
		exit
	fi
	tpm=yes
	$virsh domcapabilities --machine q35 2>/dev/null | grep -q "<tpm supported='yes'" && have swtpm_setup || tpm=no
	fit() {
		cp "$1" "$tap_dir/domain.xml"
		domain_fit "$tap_dir/domain.xml"
		[ $tpm = yes ] || sed -i '/<tpm model/,/<\/tpm>/d' "$tap_dir/domain.xml"
	}
	devices() {
		sed -n "/<hostdev/,/<\/source>/s/.*<address \(domain=.*\)\/>.*/\1/p" | sort
	}
	# Controllers come in another order when libvirt reads its own text.
	round() {
		fit "$1"
		domain=$(sed -n 's/.*<name>\(.*\)<\/name>.*/\1/p' "$1")
		$virsh define --validate "$tap_dir/domain.xml" || return 1
		$virsh dumpxml --inactive "$domain" >"$tap_dir/first.xml" || return 1
		devices <"$1" >"$tap_dir/want"; devices <"$tap_dir/first.xml" >"$tap_dir/got"
		[ -s "$tap_dir/want" ] && diff -u "$tap_dir/want" "$tap_dir/got" || return 1
		$virsh define --validate "$tap_dir/first.xml" || return 1
		$virsh dumpxml --inactive "$domain" >"$tap_dir/second.xml" || return 1
		sort "$tap_dir/first.xml" >"$tap_dir/a"; sort "$tap_dir/second.xml" >"$tap_dir/b"
		diff -u "$tap_dir/a" "$tap_dir/b" || return 1
		if [ "$2" = edit ]; then
			virt-xml --connect qemu:///system "$domain" --edit --metadata title=edited --print-diff --no-define \
				>"$tap_dir/edited" 2>&1 || { cat "$tap_dir/edited"; return 1; }
			# It reads it all and writes it all: only the title is new.
			grep '^[-+][^-+]' "$tap_dir/edited" >"$tap_dir/changed"
			echo '+ <title>edited</title>' | diff -w - "$tap_dir/changed" || return 1
		fi
		$virsh undefine --nvram "$domain"
	}
	[ $tpm = yes ] || skip "with their TPM" "this libvirt has none here (swtpm_setup)"
	n=0
	for file in $(some 16 "$machines"/*.xml); do
		n=$((n + 1)) edit=
		if have virt-xml && { [ $((n % 4)) -eq 1 ] || [ "${MATRIX:-}" = full ]; }; then edit=edit; fi
		ok "$(basename "$file" .xml): libvirtd takes it${edit:+, virt-xml edits it}, and it stays what it is" \
			round "$file" "$edit"
	done
	have virt-xml || skip "virt-manager's parser reads them" "no virt-xml"
	exit
fi

# What this program offers, by its own help; presets once they do something.
choices() {
	"$wizard" domain --help | sed -n "s/^ *--$1 \([a-z0-9|-]*\).*/\1/p" | tr '|' ' '
}
presets=
for preset in $(choices preset); do
	"$wizard" --demo domain --preset "$preset" >/dev/null 2>&1 && presets="$presets $preset"
done
hosts=
for file in $(host_files); do
	"$wizard" --host "$file" domain $(host_devices "$(basename "$file" .host)") >/dev/null 2>&1 && hosts="$hosts $file"
done
machines=$tap_dir/machines
mkdir "$machines"

# next_host: goes round.
n_machines=0
next_host() {
	set -- $hosts
	shift $((n_machines % $#))
	host=$1
}
# write OS FIRMWARE DISPLAY PRESET: both formats, on the next host.
write() {
	next_host
	name=$(basename "$host" .host)
	n_machines=$((n_machines + 1))
	# NNN first: the order of making is the order of files, so that turns are taken by all.
	base=$machines/$(printf %03d $n_machines)-$1-$2-$3-$4-$name
	tpm=
	[ "$2" = bios ] && tpm="--tpm no"
	set -- --host "$host" domain $(host_devices "$name" | sed 's/--os [a-z0-9]*//') --name "m$n_machines" \
		--os "$1" --firmware "$2" --display "$3" $tpm $([ "$4" = plain ] || echo "--preset $4") \
		--disk "$machines/disk-$n_machines.qcow2,size=1G,format=qcow2"
	"$wizard" "$@" -o "$base.xml" && "$wizard" "$@" --format qemu -o "$base.sh"
}
all_written() {
	turn=0
	for os in $(choices os); do for firmware in $(choices firmware); do for display in $(choices display); do
		for preset in plain $presets; do
			turn=$((turn + 1))
			if [ "$os-$firmware" = windows11-bios ]; then
				next_host
				[ $preset != plain ] || exits 2 "$wizard" --host "$host" domain --os "$os" --firmware "$firmware" \
					$(host_devices "$(basename "$host" .host)" | sed 's/--os [a-z0-9]*//') || return 1
			elif [ $preset = plain ] || [ $((turn % 3)) -eq 0 ] || [ "${MATRIX:-}" = full ]; then
				write "$os" "$firmware" "$display" "$preset" || { echo "$os $firmware $display $preset on $name"; return 1; }
			fi
		done
	done; done; done
	# As many as there are hosts, at least.
	while [ $n_machines -lt "$(echo $hosts | wc -w)" ]; do write linux uefi spice plain || return 1; done
}
ok "the help offers systems, firmwares and displays" [ "$(echo $(choices os) $(choices firmware) $(choices display) | wc -w)" -ge 10 ]
ok "every system, firmware, display and preset (${presets:- none yet}), on $(echo $hosts | wc -w) hosts in turn" all_written

schema=/usr/share/libvirt/schemas/domain.rng
if have xmllint && [ -r $schema ]; then
	ok "every domain fits libvirt's schema" xmllint --nonet --noout --relaxng $schema "$machines"/*.xml
else
	skip "every domain fits libvirt's schema" "no xmllint or no $schema"
fi

# Every line that is not in everybody's domain has its reason right above it.
reasons() {
	for file in $(some 30 "$machines"/*.xml); do
		awk '
			/<!--.*-->/ { said = 1; next }
			/<(hugepages|iothreads|cputune|bootmenu|hyperv|vmport|smm|cache|maxphysaddr|rom bar|tpm|shmem|memballoon|video|pm|hostdev)|topoext|pcie-root-port|mode=.host-passthrough|<rng/ {
				if (!said && !($0 ~ /<hugepages/ && before ~ /memoryBacking/)) { print FILENAME ": " $0; bad = 1 }
			}
			{ said = 0; before = $0 }
			END { exit bad }' "$file" || return 1
		grep -q '<description>' "$file" || return 1
	done
}
ok "every unusual line has its reason above it" reasons

scripts_read() {
	for shell in dash bash "busybox sh"; do
		have "${shell%% *}" || continue
		for file in "$machines"/*.sh; do $shell -n "$file" || { echo "$shell $file"; return 1; }; done
	done
}
ok "every script is read by dash, bash and busybox" scripts_read
if have shellcheck; then
	ok "the scripts pass shellcheck" shellcheck -S info -e SC2016 $(some 4 "$machines"/*.sh)
else
	skip "the scripts pass shellcheck" "no shellcheck"
fi
for file in $(some 4 "$machines"/*.sh); do
	why=$(qemu_missing "$file")
	if [ -n "$why" ]; then
		skip "$(basename "$file" .sh): QEMU takes every option" "$why"
	else
		ok "$(basename "$file" .sh): QEMU takes every option" qemu_takes "$file" "$tap_dir/state-$(basename "$file" .sh)"
	fi
done

# Hostile words.  What is taken has to come back from the written files just as it was given.
newline='
'
long=$(printf '%0300d' 0)
hostile_name() { # hostile_name NAME: refused by its option, with a reason
	"$wizard" --demo domain --name "$1" >"$tap_dir/said" 2>&1
	status=$?
	cat "$tap_dir/said"
	[ $status -eq 64 ] && grep -q -- '--name' "$tap_dir/said"
}
# shellcheck disable=SC2016 # not to be expanded by anybody
for name in "a b" "it's" 'a"b' '<a>&' '$(touch pwned)' '`touch pwned`' "a${newline}b" 'größe' "$long" -a ../a a/b '' . ..; do
	ok "a machine is not called $(printf '%.20s' "$name" | tr '\n' '?')" hostile_name "$name"
done
hostile_path() { # hostile_path DIR-OR-FILE-NAME: a disk and an ISO below it
	rm -f "$tap_dir/h.xml" "$tap_dir/h.sh"
	set -- "$tap_dir/$1"
	: >"$1.iso" || return 1
	"$wizard" --demo domain --gpu auto --os linux --disk "$1,size=1G,format=qcow2" --install "$1.iso" -o "$tap_dir/h.xml" &&
		"$wizard" --demo domain --gpu auto --os linux --disk "$1,size=1G,format=qcow2" --install "$1.iso" --format qemu \
			-o "$tap_dir/h.sh" || return 1
	if have xmllint; then
		[ "$(xmllint --xpath 'string(//disk[@device="disk"]/source/@file)' "$tap_dir/h.xml")" = "$1" ] || return 1
		[ "$(xmllint --xpath 'string(//disk[@device="cdrom"]/source/@file)' "$tap_dir/h.xml")" = "$1.iso" ] || return 1
	fi
	sh "$tap_dir/h.sh" --print >"$tap_dir/printed" 2>"$tap_dir/why" || { cat "$tap_dir/why"; grep -q 'no UEFI firmware' "$tap_dir/why"; return; }
	# The words QEMU would get; a comma is doubled for it.
	eval "set -- \"\$1\" $(cat "$tap_dir/printed")"
	want=$(printf '%s' "$1" | sed 's/,/,,/g'); shift
	for word; do
		case $word in *",file=$want.iso"*) return 0 ;; esac
	done
	echo "not in: $*"
	return 1
}
# shellcheck disable=SC2016 # likewise
for path in "a b" "it's" 'a"b' '<a>&b;' '$(touch pwned)' '`touch pwned`' 'größe ✓' -a 'x{{name}}y' 'a\b' "$(printf '%0200d' 0)"; do
	ok "a disk is called $(printf '%.20s' "$path")" hostile_path "$path"
done
refused_path() { # refused_path PATH: by its option, with a reason
	"$wizard" --demo domain --os linux --disk "$1" -o "$tap_dir/r.xml" >"$tap_dir/said" 2>&1
	status=$?
	echo "exit status $status"; cat "$tap_dir/said"
	[ $status -ne 0 ] && [ $status -lt 70 ] && grep -q -- '--disk' "$tap_dir/said"
}
for path in relative "$tap_dir/a${newline}b,size=1G" "/$long,size=1G"; do
	ok "a disk is not called $(printf '%.20s' "${path##*/}" | tr '\n' '?')" refused_path "$path"
done
not_run() {
	[ ! -e pwned ] && [ ! -e "$tap_dir/pwned" ]
}
ok "nothing was run" not_run

why=$(libvirtd_why)
if [ -n "$why" ]; then
	skip "libvirtd takes them" "$why"
else
	libvirtd_inside "$machines"
fi
done_testing
