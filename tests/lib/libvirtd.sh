# SPDX-License-Identifier: GPL-2.0-or-later
# A libvirtd of our own for a test: empty folders in a mount namespace, another network, and it ends
# with the test.  The test calls itself again in there:
#
#	libvirtd_why        why that is not possible here; prints nothing when it is
#	libvirtd_inside ARGS…   runs "$0 inside ARGS…" in the namespaces, and goes on counting its checks
#	libvirtd_start      in there: starts it; fails when it does not come up
#
# Without KVM libvirt takes no machine for it: domain_fit FILE then makes the few lines fit.

virsh="virsh -q -c qemu:///system"

libvirtd_why() {
	if [ "$(id -u)" -ne 0 ]; then echo "needs root"
	elif ! have libvirtd || ! have virsh; then echo "no libvirtd or no virsh"
	elif ! unshare --mount --net --pid --fork --kill-child true 2>/dev/null; then
		echo "no namespaces of its own allowed (unshare)"
	fi
}

# ARGS at least one word.
libvirtd_inside() {
	unshare --mount --net --pid --fork --kill-child --mount-proc sh "$0" inside "$tap_n" "$@" >"$tap_dir/inside"
	cat "$tap_dir/inside"
	tap_n=$(sed -n 's/^\(not \)\{0,1\}ok \([0-9]*\) .*/\2/p' "$tap_dir/inside" | tail -n 1)
}

libvirtd_start() {
	# A copy of /etc: what is written there goes with the namespace.
	mkdir "$tap_dir/etc" && cp -a /etc/. "$tap_dir/etc" && mount --bind "$tap_dir/etc" /etc || return 1
	for folder in /run /var/log /var/cache /var/lib/libvirt; do
		# Where libvirt's daemon package is not installed, a folder is missing: not made here, it would stay.
		[ -d "$folder" ] || { mount -t tmpfs none "$(dirname "$folder")" && mkdir "$folder"; } || return 1
		mount -t tmpfs none "$folder" || return 1
	done
	rm -rf /etc/libvirt /etc/vfio-wizard
	mkdir -p /etc/libvirt /run/libvirt /var/lib/libvirt/images
	# Likewise the user that runs machines, without which libvirtd does not start.
	grep -q '^libvirt-qemu:' /etc/passwd || echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >>/etc/passwd
	grep -q '^libvirt-qemu:' /etc/group || echo 'libvirt-qemu:x:64055:' >>/etc/group
	printf 'user = "root"\ngroup = "root"\nstdio_handler = "file"\n' >/etc/libvirt/qemu.conf
	libvirtd >"$tap_dir/libvirtd" 2>&1 &
	i=0
	until $virsh version >/dev/null 2>&1; do
		[ $i -lt 150 ] || return 1
		sleep 0.2; i=$((i + 1))
	done
	accel=kvm
	$virsh capabilities | grep -q "<domain type='kvm'" || accel=qemu
}

domain_fit() {
	[ "$accel" = qemu ] || return 0
	sed -i "s/<domain type='kvm'/<domain type='qemu'/
		s/mode='host-passthrough' check='none' migratable='off'/mode='maximum'/; /<maxphysaddr/d
		/<cache mode='passthrough'/d; /<feature policy='require'/d" "$1"
}
