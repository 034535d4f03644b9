# SPDX-License-Identifier: GPL-2.0-or-later
# A recorded host made a root of its own for this machine's real programs: only /usr and the few files
# of /etc a program cannot start without come from here, and all of that read-only.  Everything else,
# /proc and /sys too, is what the recording says, so a vfio-wizard inside takes it for its computer.
# Nothing outside of the folder can be reached for writing.

# live_missing: why it cannot be done here; nothing when it can.
live_missing() {
	if [ "$(id -u)" -ne 0 ]; then echo "needs root"
	# They look for their settings and for leaks through /proc, and there it is a recorded one.
	elif grep -qs "^SAN_CFLAGS='.*fsanitize" "$top_builddir/config.log"; then echo "built with sanitizers"
	elif ! unshare -m true 2>/dev/null; then echo "no mount namespace of its own allowed (unshare -m)"
	else
		mkdir -p "$tap_dir/probe/a" "$tap_dir/probe/b"
		unshare -m mount -t overlay -o "ro,lowerdir=$tap_dir/probe/a:/usr" overlay "$tap_dir/probe/b" \
			2>/dev/null || echo "no overlay mounts allowed"
	fi
}

# live_prepare HOST-FILE DIR: unpacks, and exchanges the recorded programs, mere names, for real ones.
live_prepare() {
	"$wizard" --host "$1" snapshot --unpack "$2" || return 1
	rm -rf "${2:?}/usr/bin" "${2:?}/etc/grub.d"
	for file in "$2"/usr/sbin/*; do
		rm -f "$file"
		[ -e "/usr/sbin/${file##*/}" ] && cp -a "/usr/sbin/${file##*/}" "$file"
	done
	mkdir -p "$2/usr/sbin" "$2/dev" "$2/tmp" "$2/root" "$2/build" "$2/source" "$2/var/tmp" "$2/etc"
	chmod 1777 "$2/tmp" "$2/var/tmp"
	for link in bin sbin lib lib64 lib32 libx32; do
		if [ ! -e "/$link" ] || [ -e "$2/$link" ]; then continue; fi
		if [ -L "/$link" ]; then cp -a "/$link" "$2/$link"; else mkdir "$2/$link"; fi
	done
	for file in passwd group ld.so.cache alternatives grub.d; do
		[ -e "/etc/$file" ] && [ ! -e "$2/etc/$file" ] && cp -a "/etc/$file" "$2/etc/$file"
	done
	# The recorded host's disk is not there to ask.
	cat >"$2/usr/sbin/grub-probe" <<-'PROBE'
		#!/bin/sh
		case "$*" in
		*--target=device*) echo /dev/nvme0n1p2 ;;
		*--target=fs_uuid*) echo 0aaaaaaa-0000-4000-8000-000000000002 ;;
		*--target=fs*) echo ext2 ;;
		*--target=partmap*) echo gpt ;;
		*--target=hints_string*) echo --hint=hd0,gpt2 ;;
		*--target=compatibility_hint*) echo hd0,gpt2 ;;
		esac
	PROBE
	chmod 755 "$2/usr/sbin/grub-probe"
}

# live_module FOLDER FILE NEEDED...: a module that needs others as the real one does; what else is in it
# does not matter here.
live_module() {
	object=$1/$2.ko
	provides=$(basename "$2" | tr - _)
	shift 2
	mkdir -p "${object%/*}"
	{
		echo "__attribute__((section(\"__ksymtab_strings\"), used)) static const char s[] = \"$provides\";"
		echo "__attribute__((section(\".modinfo\"), used)) static const char i[] = \"license=GPL\";"
		echo "__attribute__((section(\".modinfo\"), used)) static const char d[] = \"depends=$(echo "$*" | tr ' ' ,)\";"
		for needed; do echo "void $needed(void);"; done
		echo "void $provides(void);"
		echo "void $provides(void) {"
		for needed; do echo "$needed();"; done
		echo "}"
	} >"$tap_dir/module.c"
	cc -c -o "$tap_dir/module.o" "$tap_dir/module.c" && mv "$tap_dir/module.o" "$object"
}
# live_modules DIR KERNEL: vfio-pci and what it needs, for that kernel.
live_modules() {
	folder=$1/usr/lib/modules/$2/kernel
	live_module "$folder" virt/lib/irqbypass && live_module "$folder" drivers/vfio/vfio &&
		live_module "$folder" drivers/vfio/pci/vfio-pci-core vfio irqbypass &&
		live_module "$folder" drivers/vfio/pci/vfio-pci vfio_pci_core && depmod -b "$1" "$2"
}

# live_exec DIR COMMAND...: becomes the command inside; "live_exec … &" is the command for kill, too.
# Shell lines in $live_extra are run before, with $dir.
live_exec() {
	dir=$1; shift
	# shellcheck disable=SC2016 # for the shell inside
	exec unshare -m sh -c '
		set -e
		dir=$1; build=$2; source=$3; live_extra=$4; shift 4
		mount --make-rprivate /
		mount -t overlay -o "ro,lowerdir=$dir/usr:/usr" overlay "$dir/usr"
		for link in bin sbin lib lib64 lib32 libx32; do
			if [ -d "/$link" ] && ! [ -L "/$link" ]; then mount --bind -o ro "/$link" "$dir/$link"; fi
		done
		mount --rbind /dev "$dir/dev"
		mount --bind -o ro "$build" "$dir/build"
		mount --bind -o ro "$source" "$dir/source"
		eval "$live_extra"
		cd /
		exec env -i --default-signal=INT PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LC_ALL=C.UTF-8 TERM=dumb VFIO_WIZARD_DATADIR=/source \
			${LSAN_OPTIONS:+LSAN_OPTIONS=$LSAN_OPTIONS} chroot "$dir" "$@"
	' live "$dir" "$top_builddir" "$top_srcdir" "${live_extra:-}" "$@"
}
live_run() ( live_exec "$@" )
live_wizard() { inside=$1; shift; live_run "$inside" /build/vfio-wizard "$@"; }
