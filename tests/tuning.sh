#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --hook hugepages, governor and isolate: the script that libvirt runs, as apply writes it, in a made-up /sys,
# /proc and /run: start, stop, crash of QEMU and of the daemon, started twice, two machines at once.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"

lacks() { ! grep -e "$1" "$2"; }
host=$top_srcdir/data/demo.host
hooks=etc/libvirt/hooks/qemu.d
root=$tap_dir/root fake=$tap_dir/fake
sys=$fake/sys proc=$fake/proc run=$fake/run notes=$fake/run/vfio-wizard/tuning
all='--hook hugepages --hook governor --hook isolate --hugepages 2M --memory 1G --pin auto --cpus 4'
"$wizard" --host "$host" snapshot --unpack "$root" || exit 1
cp -a "$root" "$tap_dir/orig"
# shellcheck disable=SC2086 # options
"$wizard" --root "$root" apply --yes --gpu auto --name m1 $all >"$tap_dir/apply" 2>&1
original=$tap_dir/original
ok "apply writes the hook, and it can be run" test -x "$root/$hooks/vfio-wizard-host@m1"
cp "$root/$hooks/vfio-wizard-host@m1" "$original"
ok "it never calls libvirt" lacks virsh "$original"
# shellcheck disable=SC2086
"$wizard" --root "$root" plan --gpu auto --name m1 $all >"$tap_dir/plan" 2>&1
ok "a second plan has nothing to do for it" lacks 'vfio-wizard-host@m1' "$tap_dir/plan"
"$wizard" --root "$root" undo --all >"$tap_dir/undo" 2>&1
ok "undo takes the hook away" test ! -e "$root/etc/libvirt"
if have shellcheck; then ok "shellcheck" shellcheck -s sh "$original"; else skip shellcheck "not installed"; fi
ask() { "$wizard" --host "$host" domain --gpu auto --format hook "$@"; }
ok "huge pages on demand need a machine in huge pages" exits 64 ask --hook hugepages
ok "isolation needs a machine that is tied to processors" exits 64 ask --pin none --hook isolate
ok "a machine without hooks has none to write" exits 64 ask
# Of the machine of the samples: 512 pages of 2 MiB, and these processors.
cpus=$(sed -n "s/.*note cpus '\([0-9,]*\)'.*/\1/p" "$original")
ok "four processors are kept free" test "$(echo "$cpus" | tr ',' '\n' | grep -c .)" -eq 4

# The kernel: $1 written to $2; a pool gives what $fake/pages allows.
mkdir "$tap_dir/bin"
cat >"$tap_dir/kernel" <<KERNEL
#!/bin/sh
echo "\${2#$fake}=\$1" >>$fake/writes
case \$2 in
*/nr_hugepages)
	most=\$(cat $fake/pages); n=\$1
	if [ "\$n" -gt "\$most" ]; then n=\$most; fi
	echo "\$n" >"\$2"
	[ ! -e $fake/killed ] || { rm $fake/killed; kill -9 \$PPID; } ;;
*/drop_caches) [ ! -e $fake/caches ] || cp $fake/caches $fake/pages ;;
*) [ -e "\$2" ] && echo "\$1" >"\$2" ;;
esac
KERNEL
cat >"$tap_dir/bin/systemctl" <<PROGRAM
#!/bin/sh
echo "systemctl \$*" >>$fake/writes
case \$1 in
show) eval unit=\\\$\$#; cat $fake/units/\$unit ;;
set-property) [ ! -e $fake/stubborn ] && echo "\${5#AllowedCPUs=}" >$fake/units/\$4 ;;
esac
PROGRAM
printf '#!/bin/sh\nshift 3\necho "$*" >>%s/log\n' "$fake" >"$tap_dir/bin/logger"
chmod +x "$tap_dir/kernel" "$tap_dir/bin"/*

make_hook() { # NAME CPUS
	sed -e "s,^sys=.*,sys=$sys," -e "s,^proc=.*,proc=$proc," -e "s,^run=.*,run=$run," -e "s,^machine=.*,machine=$1," \
		-e "s,^PATH=.*,PATH=$tap_dir/bin:/usr/bin:/bin," -e "s/note cpus '[0-9,]*'/note cpus '${2:-$cpus}'/" \
		-e "s,{ printf '%s.n' \"\$1\" >\"\$2\"; } 2>/dev/null,$tap_dir/kernel \"\$1\" \"\$2\"," "$original" >"$fake/$1"
}
pool=$sys/kernel/mm/hugepages/hugepages-2048kB
fresh() {
	rm -rf "$fake"
	mkdir -p "$pool" "$run/systemd/system" "$run/libvirt/qemu" "$sys/fs/cgroup/system.slice" "$fake/units" \
		"$proc/sys/vm" "$proc/$$" "$proc/5000" "$sys/devices/system/cpu/cpufreq"
	echo 16 >"$pool/nr_hugepages"; echo 4096 >"$fake/pages"
	: >"$proc/sys/vm/compact_memory"; : >"$proc/sys/vm/drop_caches"
	for policy in 0 1; do
		mkdir "$sys/devices/system/cpu/cpufreq/policy$policy"
		echo 'performance powersave schedutil' >"$sys/devices/system/cpu/cpufreq/policy$policy/scaling_available_governors"
	done
	echo powersave >"$sys/devices/system/cpu/cpufreq/policy0/scaling_governor"
	echo performance >"$sys/devices/system/cpu/cpufreq/policy1/scaling_governor"
	echo 0-23 >"$sys/devices/system/cpu/online"
	echo 'cpuset cpu io memory pids' >"$sys/fs/cgroup/cgroup.controllers"
	echo >"$fake/units/system.slice"; echo 0-20 >"$fake/units/user.slice"; echo >"$fake/units/init.scope"
	daemon=5000; make_hook m1; make_hook m2 4,5; : >"$fake/writes"
}
# The made-up /proc has the process of the hook itself, too.
runs() { # SHELL-WORDS... is one argument
	sh -c 'mkdir -p "$1/$$"; shift; exec $0 "$@"' "$shell" "$proc" "$fake/$1" "$@" -
}
hook() { VFIO_WIZARD_DAEMON=$daemon runs "$@" >"$fake/out" 2>&1 || { result=$?; cat "$fake/out"; return "$result"; }; }
take() { hook "${1:-m1}" prepare begin; }
give() { hook "${1:-m1}" release end; }
pages() { [ "$(cat "$pool/nr_hugepages")" = "$1" ] || { cat "$pool/nr_hugepages" "$fake/out"; return 1; }; }
governor() { [ "$(cat "$sys"/devices/system/cpu/cpufreq/policy*/scaling_governor | tr '\n' ' ')" = "$1 " ]; }
allowed() { [ "$(cat "$fake/units/$1")" = "$2" ] || { cat "$fake/units/$1" "$fake/out"; return 1; }; }
without() { # CPUS: what is left of 0-23
	i=0; left=
	while [ $i -le 23 ]; do
		case ",$1," in *",$i,"*) ;; *) left=$left${left:+,}$i ;; esac
		i=$((i + 1))
	done
	echo "$left"
}
tuned() { pages 528 && governor "performance performance" && allowed system.slice "$(without "$cpus")" && allowed init.scope "$(without "$cpus")"; }
as_before() {
	ls "$notes"; cat "$fake/out"
	pages 16 && governor "powersave performance" && allowed system.slice "" && allowed user.slice 0-20 &&
		[ -z "$(ls "$notes")" ]
}
says() { grep -q "$1" "$fake/out" || { cat "$fake/out"; return 1; }; }
qemu_runs() { echo "$2" >"$run/libvirt/qemu/$1.pid"; mkdir -p "$proc/$2"; }
qemu_dies() { rmdir "$proc/$(cat "$run/libvirt/qemu/$1.pid")"; rm "$run/libvirt/qemu/$1.pid"; }

test_one() {
	fresh; ok "$1: the start is prepared" take; ok "$1: pages, governor and processors are the machine's" tuned
	ok "$1: all other calls do nothing" quiet
	ok "$1: prepared twice is prepared once" take; ok "$1: with as many pages" tuned
	qemu_runs m1 6000; hook m1 reconnect begin; ok "$1: a daemon that looks again changes nothing" tuned
	qemu_dies m1; ok "$1: a crash of QEMU calls release" give; ok "$1: all is as before" as_before
	ok "$1: all processors before none" grep -q 'system.slice AllowedCPUs=0-23' "$fake/writes"
	: >"$fake/writes"; give; ok "$1: once more does nothing" not_written
}
quiet() { cp "$fake/writes" "$fake/before"; for call in 'start begin' 'started begin' 'stopped end' 'migrate begin'; do
	# shellcheck disable=SC2086 # two words
	hook m1 $call || return 1; done; hook m3 2>/dev/null; cmp "$fake/writes" "$fake/before"; }
not_written() { ! grep -v '^systemctl show' "$fake/writes"; }
test_lacking() {
	fresh; echo 300 >"$fake/pages"; ok "$1: too few pages refuse the start" exits 1 take
	ok "$1: and say how many" says 'only 284 of 512'; ok "$1: what was had is given back" as_before
	fresh; echo 300 >"$fake/pages"; echo 4096 >"$fake/caches"; ok "$1: memory that holds files makes room" take
	ok "$1: for all pages" tuned
	fresh; rm -r "$pool"; ok "$1: a kernel without such pages refuses" exits 1 take
	fresh; rm -r "$sys/devices/system/cpu/cpufreq"/policy*; ok "$1: no governor is no reason against a start" take
	ok "$1: but said" says 'no governor named performance'
	fresh; echo 'cpu io' >"$sys/fs/cgroup/cgroup.controllers"; ok "$1: neither is a lack of control groups" take
	ok "$1: said as well" says 'cannot be kept free'; give; ok "$1: and all is given back" as_before
	fresh; : >"$fake/stubborn"; ok "$1: a systemd that refuses is no reason against a start" take; ok "$1: but said" says 'system.slice keeps all'
	fresh; echo 0-3 >"$sys/devices/system/cpu/online"; make_hook m1 0,1,2,3; take; ok "$1: the host keeps a processor" says 'no processor would be left'
	fresh; rm -r "$run/systemd"; echo 0-23 >"$sys/fs/cgroup/system.slice/cpuset.cpus"; mkdir "$sys/fs/cgroup/machine"
	echo 0-23 >"$sys/fs/cgroup/machine/cpuset.cpus"; take; group=$sys/fs/cgroup/system.slice/cpuset.cpus
	ok "$1: without systemd the groups themselves are set" test "$(cat "$group")" = "$(without "$cpus")"
	ok "$1: but those of machines" test "$(cat "$sys/fs/cgroup/machine/cpuset.cpus")" = 0-23
	give; ok "$1: and set back" test "$(cat "$group")" = 0-23
	fresh; mkdir -p "$run"; : >"$run/vfio-wizard"; ok "$1: no place for notes refuses" exits 1 take; ok "$1: without touching anything" not_written
}
test_two() {
	fresh; take m1; qemu_runs m1 6001; take m2; qemu_runs m2 6002
	ok "$1: the second machine has its own pages" pages 1040
	ok "$1: both have their processors" allowed system.slice "$(without "$cpus,4,5")"
	qemu_dies m1; give m1; ok "$1: the first ends: the governor stays for the second" governor "performance performance"
	ok "$1: its pages go" pages 528; ok "$1: its processors are the host's again" allowed system.slice "$(without 4,5)"
	qemu_dies m2; give m2; ok "$1: the second ends: all is as before" as_before
	# Started at the same moment.
	fresh
	for name in m1 m2 m3 m4; do
		make_hook $name; (VFIO_WIZARD_DAEMON=$daemon runs $name prepare begin >/dev/null 2>&1) &
	done
	wait
	ok "$1: four at the same moment have theirs" pages 2064
	for name in m1 m2 m3 m4; do (VFIO_WIZARD_DAEMON=$daemon runs $name release end >/dev/null 2>&1) & done
	wait
	ok "$1: and four ends leave nothing" as_before
}
test_crash() {
	fresh; take m1; qemu_runs m1 6001; qemu_dies m1; rmdir "$proc/5000"; daemon=5001; mkdir "$proc/5001"
	ok "$1: after a crash of libvirt and QEMU another machine starts" take m2
	ok "$1: and what was left of the first is given back" pages 528
	ok "$1: which is said" says 'm1 ended without'
	give m2; ok "$1: in the end all is as before" as_before
	fresh; take m1; rmdir "$proc/5000"; daemon=5001; mkdir "$proc/5001"; ok "$1: the same machine starts again" take m1
	ok "$1: with no more than it needs" tuned; give; ok "$1: and leaves nothing" as_before
	fresh; take m1; qemu_runs m1 6001; rmdir "$proc/5000"; daemon=5001; mkdir "$proc/5001"; hook m1 reconnect begin; take m2
	ok "$1: one that survived the daemon keeps what it has" pages 1040
	qemu_dies m1; give m1; give m2; ok "$1: until it ends" as_before
	fresh; : >"$fake/killed"; take m1 2>/dev/null; ok "$1: killed while pages are made" pages 528
	rm -rf "$fake/killed"; take m1; ok "$1: the next start counts them" tuned; give; ok "$1: and leaves none" as_before
}
for shell in dash bash 'busybox sh'; do
	# shellcheck disable=SC2086 # two words
	if ! have ${shell%% *}; then skip "$shell" "not installed"; continue; fi
	test_one "$shell"; test_lacking "$shell"; test_two "$shell"; test_crash "$shell"
done
done_testing
