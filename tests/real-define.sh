#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines go into a real libvirtd (our own one, tests/lib/libvirtd.sh), are never overwritten unasked,
# get devices added, and come back as they were with undo.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/libvirtd.sh"

if [ "${1:-}" != inside ]; then
	why=$(libvirtd_why)
	if [ -n "$why" ]; then skip "machines go into libvirt" "$why"; else libvirtd_inside define; fi
	done_testing
	exit
fi

tap_n=$2
if ! libvirtd_start; then
	skip "machines go into libvirt" "libvirtd does not start here: $(tail -n 1 "$tap_dir/libvirtd")"
	exit
fi

# The shipped template, made to fit an emulated processor where there is no KVM.
template=$tap_dir/domain.xml.mustache
cp "$top_srcdir/templates/domain.xml.mustache" "$template"
domain_fit "$template"
state=/run/vfio-wizard
domain() {
	"$wizard" --state "$state" domain --template "$template" --tpm no --memory 512M "$@" 2>"$tap_dir/stderr"
	rc=$?
	cat "$tap_dir/stderr"
	return $rc
}
undo() { "$wizard" --state "$state" undo "$@"; }
dump() { $virsh dumpxml --inactive --security-info "$1"; }
# libvirt prints controllers in another order when it is given its own text.
like() { sort >"$tap_dir/a"; sort "$1" | diff - "$tap_dir/a"; }
# What was said has every one of these lines; has none of them.
says() {
	for pattern; do
		grep -q -- "$pattern" "$tap_dir/said" || { echo "not said: $pattern"; cat "$tap_dir/said"; return 1; }
	done
}
says_no() {
	for pattern; do
		! grep -- "$pattern" "$tap_dir/said" || return 1
	done
}
gone() { ! $virsh list --all --name | grep -qx -- "$1"; }
no_trace() {
	find /etc/vfio-wizard "$state" -type f >"$tap_dir/left" 2>/dev/null
	cat "$tap_dir/left"
	! [ -s "$tap_dir/left" ]
}

defined() {
	exits 0 domain --define --os linux --name one || return 1
	dump one >"$tap_dir/one" && grep -q '<name>one</name>' "$tap_dir/one" || return 1
	exits 0 "$wizard" --state "$state" verify
}
ok "a machine is defined, and verify sees it" defined

same_again() {
	for os in windows11 windows10 linux other; do
		for display in spice none looking-glass; do
			set -- --define --os $os --display $display --name "same-$os-$display"
			domain "$@" >"$tap_dir/first" || { cat "$tap_dir/first"; return 1; }
			exits 0 domain "$@" >"$tap_dir/second" || { cat "$tap_dir/second"; return 1; }
			grep -q 'nothing to change' "$tap_dir/second" || { cat "$tap_dir/second"; return 1; }
		done
	done
}
ok "what libvirt fills in is no difference, for every system and display" same_again

not_silently() {
	exits 2 domain --define --os linux --name one --cpus 1 >"$tap_dir/said" || { cat "$tap_dir/said"; return 1; }
	says '^-.*<vcpu>' '^+.*<vcpu>1</vcpu>' && says_no '^[-+].*<controller' '^[-+].*<address type=.pci' || return 1
	dump one | like "$tap_dir/one"
}
ok "another machine of that name is shown as a diff, and stays" not_silently

dry() {
	exits 1 domain --dry-run --define --os linux --name one --cpus 1 --yes && dump one | like "$tap_dir/one"
}
ok "--dry-run changes nothing" dry

replaced() {
	exits 0 domain --define --os linux --name one --cpus 1 --yes || return 1
	dump one | grep -q ">1</vcpu>" || return 1
	diff "$tap_dir/one" /etc/vfio-wizard/machines/before/one.xml || return 1
	exits 0 undo || return 1
	dump one | like "$tap_dir/one"
}
ok "with --yes it is replaced, the old one is kept, undo brings it back" replaced

# A machine somebody made: another UUID, a password, an option of QEMU, a place for a card.
cat >"$tap_dir/theirs.xml" <<'XML'
<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>theirs</name>
  <uuid>11111111-2222-4333-8444-555555555555</uuid>
  <memory unit='MiB'>512</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>
  <devices>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='pcie-root-port'/>
    <graphics type='spice' autoport='yes' passwd='secret'/>
  </devices>
  <qemu:commandline><qemu:arg value='-no-hpet'/></qemu:commandline>
</domain>
XML
keeps_uuid() {
	$virsh define "$tap_dir/theirs.xml" && dump theirs >"$tap_dir/theirs" || return 1
	exits 0 domain --define --os linux --name theirs --yes >"$tap_dir/said" || { cat "$tap_dir/said"; return 1; }
	dump theirs | grep -q '11111111-2222-4333-8444-555555555555' || return 1
	says_no secret || return 1
	exits 0 undo || return 1
	dump theirs | like "$tap_dir/theirs" && grep -q "passwd='secret'" "$tap_dir/theirs"
}
ok "a machine of somebody else keeps its UUID, and comes back with its password" keeps_uuid

other_name() {
	uuid=$($virsh domuuid one)
	sed "s/theirs/renamed/; s/11111111-2222-4333-8444-555555555555/$uuid/" "$tap_dir/theirs.xml" >"$tap_dir/renamed.xml"
	$virsh undefine --nvram one && $virsh define "$tap_dir/renamed.xml" || return 1
	exits 2 domain --define --os linux --name one --yes >"$tap_dir/said" || return 1
	says renamed
}
ok "a machine that was renamed is not made a second time" other_name

# Devices: the template stands in for a host that has them.
giver=$tap_dir/giver.xml.mustache
awk '/<memballoon/ { print "<hostdev mode=\"subsystem\" type=\"pci\" managed=\"yes\"><source><address domain=\"0x0000\" bus=\"0x0a\" slot=\"0x00\" function=\"0x0\"/></source><boot order=\"1\"/><rom bar=\"off\"/><address type=\"pci\" domain=\"0x0000\" bus=\"0x01\" slot=\"0x00\" function=\"0x0\" multifunction=\"on\"/></hostdev><hostdev mode=\"subsystem\" type=\"pci\" managed=\"yes\"><source><address domain=\"0x0000\" bus=\"0x0a\" slot=\"0x00\" function=\"0x1\"/></source><address type=\"pci\" domain=\"0x0000\" bus=\"0x01\" slot=\"0x00\" function=\"0x1\"/></hostdev>" } { print }' \
	"$template" >"$giver"
add_to() {
	"$wizard" --state "$state" domain --template "$giver" --tpm no --memory 512M --usb 1234:abcd --add-to "$@" 2>&1
}
only_shown() {
	exits 1 add_to theirs >"$tap_dir/said" || { cat "$tap_dir/said"; return 1; }
	says "^+.*bus='0x0a' slot='0x00' function='0x1'" 'add --yes' && says_no '^-[^-]' secret || return 1
	dump theirs | like "$tap_dir/theirs"
}
ok "--add-to shows what it would do" only_shown
added() {
	exits 0 add_to theirs --yes || return 1
	dump theirs >"$tap_dir/added"
	# Nothing is gone; the root port that libvirt adds has an address of its own.
	sort "$tap_dir/theirs" >"$tap_dir/a"; sort "$tap_dir/added" >"$tap_dir/b"
	[ -z "$(comm -23 "$tap_dir/a" "$tap_dir/b")" ] || { comm -23 "$tap_dir/a" "$tap_dir/b"; return 1; }
	[ "$(grep -c "<hostdev mode='subsystem'" "$tap_dir/added")" -eq 3 ] || { cat "$tap_dir/added"; return 1; }
	grep -q "<rom bar='off'/>" "$tap_dir/added" && ! grep -q '<boot order' "$tap_dir/added" &&
		grep -q "no-hpet" "$tap_dir/added"
}
ok "--add-to --yes adds the card and nothing else" added
add_again() {
	exits 0 add_to theirs --yes >"$tap_dir/said" && says 'already' && dump theirs | like "$tap_dir/added"
}
ok "a second time there is nothing to add" add_again
add_undone() {
	exits 0 undo && dump theirs | like "$tap_dir/theirs"
}
ok "undo takes the devices out again" add_undone
ok "a machine that is not there is named" exits 2 add_to nobody --yes

runs() {
	exits 1 add_to theirs >"$tap_dir/said" && says 'started next'
}
if $virsh start theirs >"$tap_dir/why" 2>&1; then
	ok "for a machine that runs it is said when it counts" runs
	$virsh destroy theirs >"$tap_dir/why"
else
	skip "for a machine that runs it is said when it counts" "it does not start here: $(tail -n 1 "$tap_dir/why")"
fi

# The commands that are shown do what they say.
shown() {
	line=$(sed -n "s/^  $1  *//p" "$tap_dir/said")
	[ -n "$line" ] && sh -c "$line"
}
# Emulated: where KVM is there, it need not be able to run a machine.
cp "$top_srcdir/templates/domain.xml.mustache" "$tap_dir/soft.xml.mustache"
accel=qemu domain_fit "$tap_dir/soft.xml.mustache"
exits 0 domain --template "$tap_dir/soft.xml.mustache" --define --os linux --name shown --disk none --network none --display none >"$tap_dir/said"
if shown "start it" >"$tap_dir/why" 2>&1; then
	ok "the command shown for starting works" [ "$($virsh domstate shown)" = running ]
	ok "the one for shutting it down" shown "shut it down"
	ok "the one for pulling its plug" shown "pull its plug"
else
	skip "the commands shown for starting and stopping" "it does not start here: $(grep -v "^$" "$tap_dir/why" | tail -n 1)"
fi
ok "the one for removing it" shown "remove it"
ok "nothing is left of it" gone shown

invalid() {
	sed "s/<vcpu placement='static'>/<vcpu placement='sometimes'>/" "$template" >"$tap_dir/broken.xml.mustache"
	exits 65 "$wizard" --state "$state" domain --template "$tap_dir/broken.xml.mustache" --tpm no --define --name broken &&
		gone broken
}
ok "what libvirt's schema does not allow is refused before it is asked" invalid
libvirts_words() {
	sed "s/machine='q35'/machine='pc-q35-99.9'/" "$template" >"$tap_dir/wrong.xml.mustache"
	"$wizard" --state "$state" domain --template "$tap_dir/wrong.xml.mustache" --tpm no --define --name wrong >"$tap_dir/said" 2>&1
	[ $? -eq 2 ] && says '99.9' && gone wrong
}
ok "what libvirt does not take is said in its own words, and nothing stays" libvirts_words

as_json() {
	"$wizard" --state "$state" domain --template "$template" --tpm no --memory 512M --json --define --os linux --name json \
		>"$tap_dir/json" 2>/dev/null || return 1
	jq -e '.schema == 1 and .define.defined and (.define.existed | not) and .format == "libvirt"' "$tap_dir/json" || return 1
	"$wizard" --state "$state" domain --template "$template" --tpm no --memory 512M --json --define --os linux --name json --cpus 1 \
		>"$tap_dir/json" 2>/dev/null
	[ $? -eq 2 ] && jq -e '.define.existed and (.define.defined | not) and (.define.diff | contains("<vcpu>1<"))' "$tap_dir/json"
}
if have jq; then ok "the same in JSON" as_json; else skip "the same in JSON" "no jq"; fi

# People's own templates: /etc is a copy here.
own_templates() {
	mkdir -p /etc/vfio-wizard/templates || return 1
	sed 's/<name>{{name}}/<name>own-{{name}}/' "$template" >/etc/vfio-wizard/templates/domain.xml.mustache
	printf '{{name}} has {{memory_mib}} MiB\n' >/etc/vfio-wizard/templates/note.mustache
	"$wizard" render --list >"$tap_dir/said" || return 1
	says '^domain.xml.mustache .*/etc/vfio-wizard/templates/domain.xml.mustache (your own, used' \
		'^domain.xml.mustache .*(shipped, replaced by yours)' '^note.mustache  *- ' || return 1
	"$wizard" domain --os linux --name x --tpm no --memory 512M 2>/dev/null | grep -q '<name>own-x</name>' || return 1
	[ "$("$wizard" render --template note --os linux --name x --memory 512M 2>/dev/null)" = "x has 512 MiB" ]
}
ok "people's own templates are listed, and used" own_templates
broken_own() {
	{ cat "$template"; echo '{{#never}}'; } >/etc/vfio-wizard/templates/domain.xml.mustache
	"$wizard" domain --os linux >"$tap_dir/said" 2>&1
	[ $? -eq 65 ] && says '/etc/vfio-wizard/templates/domain.xml.mustache:[0-9]'
	r=$?
	rm -r /etc/vfio-wizard/templates
	return $r
}
ok "a broken one of theirs is named with its line" broken_own

taken_away() {
	$virsh undefine --nvram json || $virsh undefine json
	exits 0 undo --all || return 1
	gone same-linux-spice && no_trace || return 1
	# What others made is still there.
	$virsh list --all --name | grep -qx theirs
}
ok "undo --all takes all out again, also where somebody was faster" taken_away
