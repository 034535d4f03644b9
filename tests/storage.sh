#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The storage browser by keys, on screens of several sizes: real discs and images in the folder of a recorded host.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/term.sh"

why=
have tmux || why="no tmux"
have xorriso || why="no xorriso"
have qemu-img || why="no qemu-img"
if [ -n "$why" ]; then
	skip "the storage browser" "$why"
	done_testing
	exit 0
fi
root=$tap_dir/root
images=$root/var/lib/libvirt/images
"$wizard" --demo snapshot --unpack "$root" >/dev/null || exit 1
mkdir -p "$images" "$tap_dir/disc/viostor/w11/amd64"
echo x >"$tap_dir/disc/viostor/w11/amd64/x.inf"
disc() { xorriso -as mkisofs -quiet -V "$1" -iso-level 4 -o "$2" "$tap_dir/disc" 2>/dev/null; }
disc CCCOMA_X64FRE_EN-US_DV9 "$images/Win11.iso"
disc virtio-win-0.1.240 "$images/virtio-win.iso"
disc 'Debian 12.5.0 amd64 n' "$images/dé bian-名前-12 <x>.iso"
head -c 200000 "$images/Win11.iso" >"$images/short.iso"
qemu-img create -q -f qcow2 "$images/cloud.qcow2" 2G
qemu-img create -q -f vmdk "$images/old.vmdk" 1G
printf 'notes' >"$images/notes.txt"

# storage COLUMNS LINES [OPTION...]: opens the browser
storage() {
	columns=$1 lines=$2; shift 2
	term_start "$columns" "$lines" "$wizard" --root "$root" --dry-run --gpu auto --os windows11 "$@"
	for page in 'This computer' 'Firmware settings' 'Kernel options' 'Choose devices' 'How the devices'; do
		term_wait "$page" >/dev/null || return 1
		term_keys F8
	done
	term_wait 'Look for disks and discs' >/dev/null || return 1
	# Back from the button the page starts at
	term_keys Left Enter
	term_wait 'Whole disks of this host'
}
frame() { term_golden "$top_srcdir/tests/screens/storage-$1.txt" "s,$tap_dir,TMP,g; s/ +$//"; }
not_shown() { ! term_frame | grep -F "$1"; }

ok "the browser opens" storage 80 24
ok "screen: storage" frame wide
ok "what is no disc and no disk is not shown" not_shown notes.txt
term_keys Enter; ok "Enter takes the disc to install from" term_wait 'The machine gets /var/lib/libvirt/images/Win11.iso'
term_keys Down Enter; ok "an image is asked about" term_wait 'Make a copy'
ok "screen: image" frame image
term_keys Tab Tab Enter; ok "a disk is made from it" term_wait 'win11.qcow2,from=/var/lib/libvirt/images/cloud.qcow2'
term_keys Down Down Enter; ok "another program's image is not taken" term_wait 'converted to qcow2'
term_keys Down Enter; ok "nor a disc that is not whole" term_wait 'download it again'
term_keys Down Enter; ok "the disc with drivers is known" term_wait 'The machine gets /var/lib/libvirt/images/virtio-win.iso'
term_keys Down Enter; ok "a disk of the host itself is not taken" term_wait 'The host itself uses it'
term_keys Down Enter; ok "a whole disk is asked for by a word" term_wait 'GIVE'
term_keys Escape; sleep 1
term_keys Escape; ok "and back" term_wait 'Look for disks and discs'
term_kill KILL
ok "on a small screen" storage 60 16 --color never
ok "screen: small" frame small
term_kill KILL
done_testing
