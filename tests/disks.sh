#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks, discs and cloud-init seeds with the real tools: qemu-img makes the disks, xorriso the discs, and what is on the
# disc is read back.  The machine is a recorded host that the program takes for its own computer.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
. "$top_srcdir/tests/lib/live.sh"

why=$(live_missing)
have qemu-img || why="no qemu-img"
have xorriso || why="no xorriso"
have ssh-keygen || why="no ssh-keygen"
if [ -n "$why" ]; then
	skip "disks with real tools" "$why"
	done_testing
	exit
fi

root=$tap_dir/root
said() {
	cat "$tap_dir/said"
	grep -qF -- "$1" "$tap_dir/said"
}
# does STATUS OPTION...: the program inside ends with that status; what it said is kept.
does() {
	status=$1; shift
	live_wizard "$root" "$@" >"$tap_dir/said" 2>&1
	got=$?
	cat "$tap_dir/said"
	[ "$got" -eq "$status" ] || { echo "exit status $got, expected $status"; return 1; }
}
does_say() { words=$1; shift; does "$@" && said "$words"; }
# A disc with a label and files: disc LABEL FILE [FOLDER].
disc() {
	rm -rf "$tap_dir/disc"; mkdir -p "$tap_dir/disc/${3:-.}"
	echo x >"$tap_dir/disc/${3:-.}/x.inf"
	xorriso -as mkisofs -quiet -V "$1" -iso-level 4 -o "$2" "$tap_dir/disc" 2>/dev/null
}
# from SEED NAME: a file of the seed, on standard output
from() {
	rm -f "$tap_dir/out-file"
	xorriso -osirrox on -indev "$root$1" -extract "/$2" "$tap_dir/out-file" >/dev/null 2>&1
	cat "$tap_dir/out-file"
}
same_text() { from "$1" "$2" >"$tap_dir/a" && cmp "$tap_dir/a" "$root$3"; }
mode_is() { [ "$(stat -c '%a %u' "$root$2")" = "$1 0" ] || { stat "$root$2"; return 1; }; }
label_is() { [ "$(blkid -p -s LABEL -o value "$root$2")" = "$1" ]; }
info_has() { qemu-img info "$root$1" >"$tap_dir/info"; cat "$tap_dir/info"; grep -qF -- "$2" "$tap_dir/info"; }
no_backing() { ! grep backing "$tap_dir/info"; }
same_on_fat() { mcopy -n -i "$root$seed" ::user-data - | cmp - "$root$texts/user-data"; }
not_pwned() { ! find "$root" -name pwned | grep .; }
gone() { ! ls "$root$1"; }

ok "a host with the IOMMU on" live_prepare "$top_srcdir/tests/hosts/intel-on-after-reboot.host" "$root"
odd="it's a \"cloud\" \$(touch pwned) <&>, ü.img"
mkdir -p "$root/srv/vm" "$root/root/.ssh" "$root/var/lib/libvirt/images"
head -c 300000 /dev/urandom >"$tap_dir/system.raw"
truncate -s 1G "$tap_dir/system.raw"
qemu-img convert -q -f raw -O qcow2 "$tap_dir/system.raw" "$root/srv/vm/$odd"
before=$(sha256sum <"$root/srv/vm/$odd")
base_is_whole() { [ "$(sha256sum <"$root/srv/vm/$odd")" = "$before" ]; }
ssh-keygen -q -t ed25519 -N '' -C "it's \"me\": {a} # <b>" -f "$root/root/.ssh/id"
ssh-keygen -q -t rsa -b 2048 -N '' -C two -f "$root/root/.ssh/rsa"
# shellcheck disable=SC2016 # a hash, not a variable
hash='$6$salt$0123456789abcdefghij0123456789abcdefghij'
card="--gpu 0000:01:00.0 --os linux --name web"
seed=/var/lib/libvirt/images/web-seed.iso
texts=/etc/vfio-wizard/machines/web.seed
web="/srv/vm/web disk.qcow2"

# A cloud image.
# shellcheck disable=SC2086 # a list of options
{
ok "a machine from a cloud image is set up" does 0 apply --yes $card --disk "$web,from=/srv/vm/$odd,size=2G" \
	--cloud-user anna --cloud-ssh-key /root/.ssh/id.pub --cloud-ssh-key /root/.ssh/rsa.pub --cloud-package vim \
	--cloud-package no --cloud-password-hash "$hash"
ok "the copying was seen" said '(100.00/100%)'
ok "the disk has the size that was asked for" info_has "$web" '2147483648 bytes'
ok "it lies on nothing" no_backing
ok "it holds the image" qemu-img compare -q "$root/srv/vm/$odd" "$root$web"
ok "the image is as it was" base_is_whole
ok "nothing is left beside it" gone "$web.new"
ok "nobody else may read the seed" mode_is 600 "$seed"
ok "nor its texts" mode_is 600 "$texts/user-data"
ok "the disc is called as cloud-init wants it" label_is cidata "$seed"
ok "user-data is on it" same_text "$seed" user-data "$texts/user-data"
ok "meta-data is on it" same_text "$seed" meta-data "$texts/meta-data"
if have python3 && python3 -c 'import yaml' 2>/dev/null; then
	cat >"$tap_dir/read.py" <<-'READ'
		import sys, yaml
		data = yaml.safe_load(open(sys.argv[1]))
		keys = [open(name).read().strip() for name in sys.argv[3:]]
		user = data['users'][0]
		assert user['name'] == 'anna' and user['ssh_authorized_keys'] == keys, user
		assert user['passwd'] == sys.argv[2] and user['lock_passwd'] is False, user
		assert data['packages'] == ['vim', 'no'] and data['hostname'] == 'web', data
	READ
	ok "another reader of YAML finds the same in it" python3 "$tap_dir/read.py" "$root$texts/user-data" "$hash" \
		"$root/root/.ssh/id.pub" "$root/root/.ssh/rsa.pub"
else
	skip "another reader of YAML finds the same in it" "no python3 with yaml"
fi
if have cloud-init; then
	ok "cloud-init itself takes it" cloud-init schema --config-file "$root$texts/user-data"
else
	skip "cloud-init itself takes it" "no cloud-init"
fi
again="$card --cloud-user anna --cloud-ssh-key /root/.ssh/id.pub --cloud-ssh-key /root/.ssh/rsa.pub"
ok "everything is there" does_say 'nothing to change' 0 plan
cp "$root$seed" "$tap_dir/first-seed"
ok "another package" does 0 apply --yes $again --cloud-package git
ok "is on the disc" grep -q git "$root$texts/user-data"
ok "which was made anew" same_text "$seed" user-data "$texts/user-data"
ok "still for nobody else" mode_is 600 "$seed"
ok "undo" does 0 undo
ok "brings back the disc byte for byte" cmp "$root$seed" "$tap_dir/first-seed"
ok "undo of the first" does 0 undo --all
ok "takes the seed away" gone "$seed"
ok "and its texts" gone "$texts"
ok "and leaves the disk" info_has "$web" '2147483648 bytes'

# On top of the image.
ok "a disk on top of an image" does 0 apply --yes $card --disk "/srv/vm/new folder/top.qcow2,from=/srv/vm/$odd,by=overlay,size=3G"
ok "lies on it" info_has "/srv/vm/new folder/top.qcow2" "backing file: /srv/vm/$odd"
ok "has its size" info_has "/srv/vm/new folder/top.qcow2" '3221225472 bytes'
ok "the image is as it was then, too" base_is_whole
does 0 undo --all >/dev/null

# Without a tool for discs it is FAT; without any it is said.
for tool in xorriso genisoimage mkisofs; do mkdir -p "$root/usr/bin"; rm -f "$root/usr/bin/$tool"; : >"$root/usr/bin/$tool"; done
if have mkfs.vfat && have mcopy; then
	ok "without xorriso" does 0 apply --yes $card --disk "$web" --cloud-ssh-key /root/.ssh/id.pub
	ok "the seed is FAT with the same label" label_is CIDATA "$seed"
	ok "for nobody else" mode_is 600 "$seed"
	ok "user-data is on it" same_on_fat
	does 0 undo --all >/dev/null
else
	skip "without xorriso" "no mkfs.vfat or mcopy"
fi
: >"$root/usr/bin/mcopy"
ok "without any tool it is said which one to install" does_say 'xorriso' 2 apply --yes $card --disk "$web" \
	--cloud-ssh-key /root/.ssh/id.pub
ok "and nothing was written" gone "$texts"
rm -f "$root/usr/bin/mcopy" "$root/usr/bin/xorriso" "$root/usr/bin/genisoimage" "$root/usr/bin/mkisofs"

# A copy that fails leaves nothing.
head -c 100000 "$root/srv/vm/$odd" >"$root/srv/vm/cut.qcow2"
ok "a base that is cut off fails" does_say 'exceeding the end of the file' 2 apply --yes $card --disk "/srv/vm/c.qcow2,from=/srv/vm/cut.qcow2,size=2G"
ok "no disk is there" gone /srv/vm/c.qcow2
ok "nor half of one" gone /srv/vm/c.qcow2.new
}

# Refused with a reason, without a change.
d() { status=$1 words=$2; shift 2; does_say "$words" "$status" domain --os linux --network none "$@"; }
iso() { disc "$1" "$root/srv/$2" "${3:-.}"; }
ok "discs are made" iso 'CCCOMA_X64FRE_EN-US_DV9' win.iso
iso 'virtio-win-0.1.240' virtio.iso viostor/w11/amd64
iso 'Debian 12.5.0 amd64 n' "debian <1> 'x'.iso"
head -c 300000 "$root/srv/virtio.iso" >"$root/srv/short.iso"
ok "an installer is recognised by its label" d 0 'Debian installer' --install "/srv/debian <1> 'x'.iso" --disk none
ok "drivers are no installer" d 2 'the disc with drivers' --install /srv/virtio.iso --disk none
ok "an installer is no drivers" d 2 'fedorapeople.org' --drivers /srv/win.iso --disk none
ok "a disc for another system is said" d 0 'is made for linux' --install /srv/win.iso --disk none
ok "a download that was cut off" d 2 'not whole' --install /srv/short.iso --disk none
ok "a disk image is no disc" d 2 'It is a disk image' --install "/srv/vm/$odd" --disk none
ok "where the driver is" does_say 'viostor\w11\amd64' 0 domain --os windows11 --network none --install /srv/win.iso \
	--drivers /srv/virtio.iso --disk /srv/vm/w.qcow2,size=64G
ok "a size that was not meant" d 2 'not the disk that was' --disk "$web,size=5G"
ok "the wrong format" d 2 'by its content' --disk "$web,format=raw"
ok "a disc is no disk" d 2 '--install /srv/win.iso' --disk /srv/win.iso
qemu-img create -q -f vmdk "$root/srv/vm/x.vmdk" 1G
ok "another program's image" d 2 'qemu-img convert' --disk /srv/vm/x.vmdk
ok "more than there is" d 2 'free' --disk /srv/vm/big.raw,size=900T,format=raw,preallocation=full
ok "more than there is, little by little" d 0 'is thin' --disk /srv/vm/big.qcow2,size=900T
ok "a private key" d 64 'private half' --disk none --cloud-ssh-key /root/.ssh/id
ok "a password" d 64 'no hash' --disk none --cloud-user a --cloud-password-hash hunter2
ok "nobody could log in" d 64 'log in' --disk none --cloud-user anna
ok "nothing of all this ran in a shell" not_pwned
long=/srv/vm/$(printf '%0140d' 0)/$(printf '%0148d' 0)
ok "a path of 300 characters" d 0 "$long" --disk "$long,size=2G"
ok "a name that no file system takes" d 64 'longer than 255' --disk "/srv/vm/$(printf '%0290d' 0),size=2G"
ok "a line end in a path" d 64 'control character' --disk "/srv/a
b,size=2G"
done_testing
