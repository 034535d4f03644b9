#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# customize.sh ROOT: a freshly unpacked Debian becomes the lab's computer.  Run by mmdebstrap, as
# root of the machine or of a user namespace.
set -eu
root=$1

cat >"$root/etc/fstab" <<'TEXT'
UUID=1ab00000-0000-4000-8000-000000000001 / ext4 errors=remount-ro 0 1
UUID=1AB0-E5B0 /boot/efi vfat umask=0077 0 1
TEXT
mkdir -p "$root/boot/efi" "$root/boot/grub"
echo lab >"$root/etc/hostname"
printf '127.0.0.1 localhost lab\n' >"$root/etc/hosts"
: >"$root/etc/machine-id"
chroot "$root" passwd -d root >/dev/null
# Nothing can be fetched in there; what a walk installs itself comes along as packages.
mkdir "$root/opt/lab"
(cd "$root/opt/lab" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -q download systemd-boot systemd-boot-efi)
rm -rf "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*

# no_timer_check: on a busy computer an emulated timer can miss the ticks that the kernel waits for at
# its start, and then it panics.
cat >"$root/etc/default/grub" <<'TEXT'
# If you change this file, run 'update-grub' afterwards to update
# /boot/grub/grub.cfg.
# For full documentation of the options in this file, see:
#   info -f grub -n 'Simple configuration'

GRUB_DEFAULT=0
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200 no_timer_check"
GRUB_DISABLE_OS_PROBER=true
TEXT

# Root is logged in on the serial line, where the walks press their keys.
mkdir -p "$root/etc/systemd/system/serial-getty@ttyS0.service.d"
cat >"$root/etc/systemd/system/serial-getty@ttyS0.service.d/login.conf" <<'TEXT'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --noclear --keep-baud 115200 %I xterm-256color
TEXT
# The walks' other hand: a script that comes with the machine, not with the image.
cat >"$root/etc/systemd/system/lab-agent.service" <<'TEXT'
[Unit]
Description=Runs what the lab asks for on ttyS1
After=local-fs.target dbus.service systemd-logind.service systemd-udevd.service
[Service]
ExecStartPre=-/sbin/modprobe qemu_fw_cfg
ExecStart=/bin/sh /sys/firmware/qemu_fw_cfg/by_name/opt/lab/agent/raw
Restart=always
RestartSec=1
KillMode=process
[Install]
WantedBy=multi-user.target
TEXT
chroot "$root" systemctl -q enable lab-agent.service
# What happens by itself at some time would make every walk different; the rest only costs time.
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service e2scrub_all.timer fstrim.timer \
	dpkg-db-backup.timer systemd-tmpfiles-clean.timer systemd-timesyncd.service \
	systemd-networkd-wait-online.service libvirtd.service libvirtd.socket libvirtd-ro.socket \
	libvirtd-admin.socket libvirt-guests.service virtlogd.socket virtlockd.socket; do
	case $unit in
	*virt*) chroot "$root" systemctl -q disable "$unit" 2>/dev/null || : ;;
	*) chroot "$root" systemctl -q mask "$unit" 2>/dev/null || : ;;
	esac
done

# Replaced by a real update-grub when the image boots for the first time.
kernel=$(cd "$root/lib/modules" && printf '%s\n' * | sort -V | tail -n 1)
cat >"$root/boot/grub/grub.cfg" <<TEXT
set timeout=0
menuentry first {
  search --no-floppy --fs-uuid --set=root 1ab00000-0000-4000-8000-000000000001
  linux /boot/vmlinuz-$kernel root=UUID=1ab00000-0000-4000-8000-000000000001 ro console=tty0 console=ttyS0,115200 no_timer_check
  initrd /boot/initrd.img-$kernel
}
TEXT
