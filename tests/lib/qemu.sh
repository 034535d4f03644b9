# SPDX-License-Identifier: GPL-2.0-or-later
# Is a script we wrote for QEMU taken by the QEMU that is installed?

# What the machine under test may lack (KVM that works, a seed, bridges, huge pages, O_DIRECT, memory) is exchanged
# in the command the script prints, and the address of a device by one that no machine has: should this
# one have that device, it keeps it.  Everything else goes to QEMU as it is.
fit_command() {
	sed -e "s/cache=none,aio=native/cache=writeback/; s/'bridge,id=network,br=br0'/'user,id=network'/" \
		-e "s/memory-backend-memfd,\(id=memory[0-9]*\),hugetlb=on,hugetlbsize=[12][MG],prealloc=on,/memory-backend-ram,\1,/g" \
		-e "s/,host-nodes=[0-9]*,policy=[a-z]*//g; s/'taskset' '-c' '[0-9,-]*' //" \
		-e "s|/var/lib/libvirt/images/[a-z-]*-seed.iso|$tap_dir/seed.iso|" \
		-e "s/cache=directsync,aio=native/cache=writeback/" \
		-e "s|/dev/shm/looking-glass|$tap_dir/looking-glass|; s|/dev/kvmfr0|$tap_dir/looking-glass|; s/accel=kvm/accel=tcg/; s/'host,/'max,/" \
		-e "s/\(hv_[a-z_]*\)=on/\1=off/g" -e "s/'-object' 'input-linux,[^ ]*' //g" \
		-e "s/'\(pa,server=[^,]*\|pipewire\|jack\),id=audio'/'none,id=audio'/" \
		-e "s/'-m' 'size=[0-9]*'/'-m' 'size=1024'/; s/,size=[0-9]\{10,\}/,size=1073741824/g" \
		-e "/id=memory1/s/'-m' 'size=1024'/'-m' 'size=2048'/" \
		-e "s/vfio-pci,host=[0-9a-f]*:/vfio-pci,host=ffff:/" \
		-e "s/'-global' 'kvm-pit[^']*'//" "$1"
}

# qemu_takes SCRIPT STATE-FOLDER: QEMU reads all of the command and stops at the first device, which is
# not on this host; a machine without any starts, and "quit" ends it.
qemu_takes() {
	state=$2
	sh "$1" --state "$state" --prepare || return 1
	sh "$1" --state "$state" --print >"$tap_dir/printed" || return 1
	fit_command "$tap_dir/printed" >"$tap_dir/command"
	head -c 2048 /dev/zero >"$tap_dir/seed.iso"
	tpm=
	if grep -q tpm.sock "$tap_dir/command"; then
		mkdir "$state/tpm"
		swtpm socket --tpm2 --tpmstate "dir=$state/tpm" --terminate \
			--ctrl "type=unixio,path=$state/tpm.sock" >/dev/null 2>&1 &
		tpm=$!
		for _ in 1 2 3 4 5 6 7 8 9 10; do [ -S "$state/tpm.sock" ] || sleep 0.2; done
	fi
	(cd "$(dirname "$1")" && echo quit |
		sh -c "timeout 60 $(cat "$tap_dir/command") -S -monitor stdio") >"$tap_dir/said" 2>&1
	status=$?
	[ -z "$tpm" ] || kill "$tpm" 2>/dev/null
	cat "$tap_dir/command" "$tap_dir/said"
	# Only the missing device is an error.
	errors=$(grep 'qemu-system-x86_64: ' "$tap_dir/said" | grep -v 'warning: \|-device vfio-pci,host=' | head -n 1)
	[ -z "$errors" ] || return 1
	if grep -q vfio-pci "$tap_dir/command"; then
		grep -q -- '-device vfio-pci,host=.*: no such host device' "$tap_dir/said"
	else
		[ "$status" -eq 0 ]
	fi
}
# qemu_missing SCRIPT: why that cannot be tried here; nothing when it can.
qemu_missing() {
	if ! have qemu-system-x86_64 || ! have qemu-img; then echo "no qemu-system-x86_64 or qemu-img"
	elif grep -q '^	swtpm\|^swtpm' "$1" && ! have swtpm; then echo "no swtpm"
	elif ! sh "$1" --print >/dev/null 2>"$tap_dir/why"; then cat "$tap_dir/why"
	fi
}
