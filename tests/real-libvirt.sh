#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every machine of every recorded host fits libvirt's schema, and a real libvirtd takes it, gives it back
# with the same devices, and lets go of it.  The libvirtd is our own: its folders are empty ones in a
# mount namespace, its network another one, and it ends with this test.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"

schema=/usr/share/libvirt/schemas/domain.rng

# Inside of the namespace: the checks of the written machines, numbered on.
if [ "${1:-}" = inside ]; then
	shift
	machines=$1 tap_n=$2
	for folder in /run /var/log /var/cache /var/lib/libvirt /etc/libvirt; do
		if ! mount -t tmpfs none "$folder" 2>/dev/null; then
			skip "the machines are taken by libvirtd" "no empty $folder for it"
			exit
		fi
	done
	mkdir -p /run/libvirt /var/lib/libvirt/images
	# The user it would run machines as may not be there without libvirt's daemon package: here it is.
	for file in passwd group; do
		cp /etc/$file /run/$file
		grep -q '^libvirt-qemu:' /run/$file && continue
		case $file in passwd) rest=64055::/nonexistent:/usr/sbin/nologin ;; *) rest= ;; esac
		echo "libvirt-qemu:x:64055:$rest" >>/run/$file
		mount --bind /run/$file /etc/$file
	done
	printf 'user = "root"\ngroup = "root"\n' >/etc/libvirt/qemu.conf
	libvirtd >"$tap_dir/libvirtd" 2>&1 &
	virsh="virsh -q -c qemu:///system"
	i=0
	until $virsh version >/dev/null 2>&1; do
		[ $i -lt 150 ] || break
		sleep 0.2; i=$((i + 1))
	done
	if [ $i -ge 150 ]; then
		skip "the machines are taken by libvirtd" "it does not start here: $(tail -n 1 "$tap_dir/libvirtd")"
		exit
	fi
	# Without KVM libvirt takes no machine for it; nothing else differs.
	accel=kvm
	$virsh capabilities | grep -q "<domain type='kvm'" || accel=qemu
	addresses() {
		sed -n "/<hostdev/,/<\/source>/s/.*<address \(domain=.*\)\/>.*/\1/p" | sort
	}
	define_and_drop() {
		sed "s/<domain type='kvm'/<domain type='$accel'/" "$1" >"$tap_dir/domain.xml"
		if [ $accel = qemu ]; then
			sed -i "s/mode='host-passthrough' check='none' migratable='off'/mode='maximum'/; /<maxphysaddr/d
				/<cache mode='passthrough'/d; /<feature policy='require'/d" "$tap_dir/domain.xml"
		fi
		# Without swtpm_setup libvirt knows no TPM 2.0 (and the person was told).
		have swtpm_setup || sed -i '/<tpm /,/<\/tpm>/d' "$tap_dir/domain.xml"
		domain=$(sed -n 's/.*<name>\(.*\)<\/name>.*/\1/p' "$1")
		$virsh define --validate "$tap_dir/domain.xml" || return 1
		$virsh dumpxml --inactive "$domain" >"$tap_dir/dump.xml" || return 1
		addresses <"$1" >"$tap_dir/want"
		addresses <"$tap_dir/dump.xml" >"$tap_dir/got"
		$virsh undefine --nvram --tpm "$domain" || $virsh undefine --nvram "$domain" || return 1
		[ -s "$tap_dir/want" ] || { echo "no device in it"; return 1; }
		diff -u "$tap_dir/want" "$tap_dir/got" || return 1
		! $virsh list --all --name | grep -qx "$domain"
	}
	for file in "$machines"/*.xml; do
		ok "$(basename "$file" .xml): libvirtd takes it, with its devices, and drops it" define_and_drop "$file"
	done
	exit
fi

# Nothing of the machine under test itself may change.
libvirt_files() {
	find /etc/libvirt /var/lib/libvirt /var/cache/libvirt /run/libvirt \
		-printf '%p %y %m %U %G %s %T@ %l\n' 2>/dev/null | sort
}
libvirt_files >"$tap_dir/before"
same_libvirt_files() {
	libvirt_files | diff -u "$tap_dir/before" -
}

# All machines of one host.
machines=$tap_dir/machines
mkdir "$machines"
# shellcheck disable=SC2016 # a hash, not a variable
hash='$6$salt$0123456789012345678901234567890123456789'
write_machines() {
	host=$1 name=$2
	for os in windows11 windows10 linux; do
		for display in spice none looking-glass; do
			write_one "$os-$display" --os "$os" --display "$display" || return 1
		done
		write_one "$os-iso-bridge" --os "$os" --install "/srv/iso/it's <$os>&.iso" --drivers /srv/iso/virtio.iso \
			--network bridge:br0 --disk "/srv/vm/$os.raw,size=20G,format=raw" --name "vm-$os" || return 1
	done
	for preset in gaming ai development content plain; do
		for os in windows11 windows10 linux other; do
			write_one "$preset-$os" --preset "$preset" --os "$os" --name "p-$preset-$os" || return 1
		done
	done
	write_one "gaming-installed" --preset gaming --installed yes --evdev /dev/input/by-id/usb-Keys-event-kbd \
		--evdev /dev/input/by-id/usb-Mouse-event-mouse || return 1
	write_one "linux-bios" --os linux --firmware bios --tpm no --disk none --network none --pin none || return 1
	write_one "linux-media" --os linux --disk "/srv/vm/it's <1>&, two.qcow2,size=20G,serial=system,detect-zeroes=unmap" \
		--disk "/srv/vm/two.raw,size=9G,format=raw,bus=sata,cache=directsync,discard=ignore" --boot network --boot-timeout 9 \
		--disk /srv/vm/three.qcow2,from=/srv/cloud.qcow2,by=overlay --cloud-user anna --cloud-password-hash \
		"$hash" --network bridge:br0 || return 1
	write_one "windows10-pages" --os windows10 --hugepages 2M --pin auto --memory 768M --cpus 1 || return 1
}
write_one() {
	shape=$1; shift
	# shellcheck disable=SC2046 # a list of options
	"$wizard" --host "$host" domain $(host_devices "$name" | sed 's/--os [a-z0-9]*//') "$@" \
		-o "$machines/$name-$shape.xml" 2>/dev/null
}

for file in $(host_files); do
	name=$(basename "$file" .host)
	# shellcheck disable=SC2046
	"$wizard" --host "$file" domain $(host_devices "$name") >/dev/null 2>"$tap_dir/why"
	case $? in
	2) skip "$name: machines" "$(head -n 1 "$tap_dir/why" | cut -c 14-100)" ;;
	*) ok "$name: every machine is written" write_machines "$file" "$name" ;;
	esac
done
# CPUs of every shape: pins, dies, sockets, the guest's own nodes, pages.
mkdir "$tap_dir/cpus"
ok "hosts with CPUs of every shape" cpu_hosts "$tap_dir/cpus"
write_cpus() {
	host=$1 name=$2
	write_one plain --os linux --disk /srv/vm/a.raw,size=1G,format=raw || return 1
	write_one pages --os windows10 --pin auto --cpus 2 --hugepages 1G || return 1
	[ "$name" != cpu-xeons ] || write_one nodes --os linux --cpus 36 --hugepages 2M --hugepages-at start
}
for file in "$tap_dir"/cpus/*.host; do
	name=$(basename "$file" .host)
	ok "$name: machines with pinned CPUs are written" write_cpus "$file" "$name"
	ok "$name: they are pinned" grep -q "<vcpupin vcpu='1'" "$machines/$name-plain.xml"
done
if ! have xmllint; then
	skip "they fit libvirt's schema" "no xmllint"
elif [ ! -r $schema ]; then
	skip "they fit libvirt's schema" "no $schema"
else
	ok "they fit libvirt's schema" xmllint --nonet --noout --relaxng $schema "$machines"/*.xml
fi
# A newer libvirt's schemas: LIBVIRT_SCHEMAS names the folder, say of an unpacked libvirt-common.
if [ "${LIBVIRT_SCHEMAS:-}" ] && have xmllint; then
	ok "they fit the schema in LIBVIRT_SCHEMAS, too" \
		xmllint --nonet --noout --relaxng "$LIBVIRT_SCHEMAS/domain.rng" "$machines"/*.xml
else
	skip "they fit a newer schema" "LIBVIRT_SCHEMAS names no folder"
fi
if have virt-xml-validate; then
	ok "virt-xml-validate says so, too" virt-xml-validate "$machines/demo-linux-spice.xml" domain
fi
if [ "$(id -u)" -ne 0 ]; then
	why="needs root"
elif ! have libvirtd || ! have virsh; then
	why="no libvirtd or no virsh"
elif ! unshare --mount --net --pid --fork --kill-child true 2>/dev/null; then
	why="no namespaces of its own allowed (unshare)"
else
	why=
fi
if [ -n "$why" ]; then
	skip "the machines are taken by libvirtd" "$why"
	done_testing
else
	# One a host and more would only repeat; the shapes go round.
	mkdir "$tap_dir/defined"
	i=0
	for file in "$machines"/*.xml; do
		case $file in */cpu-*) cp "$file" "$tap_dir/defined/" ;; esac
		[ $((i % 13)) -eq 0 ] && cp "$file" "$tap_dir/defined/"
		i=$((i + 1))
	done
	unshare --mount --net --pid --fork --kill-child --mount-proc sh "$0" inside "$tap_dir/defined" "$tap_n" \
		>"$tap_dir/inside"
	cat "$tap_dir/inside"
	tap_n=$(sed -n 's/^\(not \)\{0,1\}ok \([0-9]*\) .*/\2/p' "$tap_dir/inside" | tail -n 1)
	ok "the libvirt of the machine under test was not touched" same_libvirt_files
	done_testing
fi
