# SPDX-License-Identifier: GPL-2.0-or-later
# The recorded hosts of the tests, and which of their devices the tests give away.

host_files() {
	for host_file in "$top_srcdir"/data/demo.host "$top_srcdir"/tests/hosts/*.host; do
		[ -e "$host_file" ] && echo "$host_file"
	done
}

# Options that choose devices on the host of that name.
host_devices() {
	case $1 in
	server-*) echo "--device 0000:18:10.0 --os linux" ;;
	lab-sr-iov) echo "--device 0000:05:00.2 --os linux" ;;
	vm-*) echo "--device 0000:00:04.0 --os linux" ;;
	*) echo "--gpu auto" ;;
	esac
}
# The same for binding at boot, which a virtual function is too late for.
host_bound() {
	case $1 in
	server-*) echo "--device 0000:af:00.0 --os linux --bind address" ;;
	lab-sr-iov) echo "--gpu auto --bind address" ;;
	intel-bound) echo "--gpu auto --bind address --disk /home/user/windows.qcow2,size=64G" ;;
	*) echo "$(host_devices "$1") --bind address" ;;
	esac
}

# cpu_hosts FOLDER: recorded hosts that differ in their CPUs alone (tests/unit/cpu-trees.h): those of one of
# ours are exchanged, and the card moves to the node they say.
cpu_hosts() {
	"$top_builddir/tests/unit/cpu-hosts" | while read -r cpus node; do
		grep -v '^/sys/devices/system/\(cpu\|node\)/\|^/sys/devices/cpu_' "$top_srcdir/tests/hosts/intel-bound.host" |
			sed "s|\(.*/0000:01:00\.[01]/numa_node\) = .*|\1 = $node|" >"$1/cpu-$cpus.host" || return 1
		"$top_builddir/tests/unit/cpu-hosts" "$cpus" >>"$1/cpu-$cpus.host" || return 1
	done
}

# Type, mode, owner, size, time and link target of everything; times of folders may move.
listing() {
	(cd "$1" && find . -type d -printf '%p %y %m %U %G\n' -o -printf '%p %y %m %U %G %s %T@ %l\n' | sort)
}
same_tree() {
	listing "$1" >"$tap_dir/a"; listing "$2" >"$tap_dir/b"
	diff -u "$tap_dir/a" "$tap_dir/b" && diff -r --no-dereference "$1" "$2"
}
