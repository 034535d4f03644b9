# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the lab's computer.  A line "ID BASE64(SCRIPT)" comes in on ttyS1; out goes
# "LAB-DONE ID STATUS BASE64(GZIP(OUTPUT))", and at the start "LAB-READY BOOT_ID".
exec 3<>/dev/ttyS1 || exit 1
stty -F /dev/ttyS1 raw -echo 115200
given=/sys/firmware/qemu_fw_cfg/by_name/opt/lab
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TERM=dumb
cd /root || exit 1

# Software emulation knows no VMX, so no kernel could report it: an Intel processor that has it is
# made by what everybody reads.
if [ -e $given/vmx ] && ! grep -qw vmx /proc/cpuinfo; then
	sed 's/^flags.*/& vmx/' /proc/cpuinfo >/run/lab-cpuinfo && mount --bind /run/lab-cpuinfo /proc/cpuinfo
fi
udevadm settle -t 120
# The program under test comes on a USB stick, as a tarball without a file system.
stick=/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_LABPROGRAM-0:0
if [ -e $stick ] && ! [ -e /var/lib/lab-program ]; then
	tar -C / -xf $stick && : >/var/lib/lab-program
fi
echo "LAB-READY $(cat /proc/sys/kernel/random/boot_id)" >&3
while IFS=' ' read -r id script <&3; do
	[ "$script" ] || continue
	work=$(mktemp -d /run/lab.XXXXXX)
	printf %s "$script" | base64 -d >"$work/script"
	sh "$work/script" >"$work/out" 2>&1 </dev/null 3>&-
	echo "LAB-DONE $id $? $(gzip -1c "$work/out" | base64 -w0)" >&3
	rm -rf "$work"
done
