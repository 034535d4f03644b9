#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The German translation: complete, seen by a program that is not installed, and only where people read;
# keys, ids, exit codes and everything written are the same in every language.
# TERM_UPDATE=yes writes the frames tests/screens/de-*.txt anew: read the diff before you commit it.
. "${top_srcdir:-$(dirname "$0")/..}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/hosts.sh"
. "$top_srcdir/tests/lib/term.sh"
hosts=$top_srcdir/tests/hosts

complete() { # complete CATALOGUE: no format string damaged, nothing untranslated, nothing fuzzy
	LC_ALL=C msgfmt -c --statistics -o /dev/null "$1" 2>&1 | tee "$tap_dir/statistics"
	grep -qE '^[0-9]+ translated messages?\.$' "$tap_dir/statistics"
}
if have msgfmt; then
	for catalogue in "$top_srcdir"/po/*.po; do
		ok "$(basename "$catalogue") is complete" complete "$catalogue"
	done
else
	skip "the catalogues are complete" "msgfmt is not installed"
fi

# gettext translates nothing in the C locale, so another one with UTF-8 is needed: this system's or one made here.
find_locale() {
	for wanted in '^de_DE\.utf-?8$' '^en_US\.utf-?8$' '^[a-z]+_[A-Z]+\.utf-?8$'; do
		term_locale=$(locale -a 2>/dev/null | grep -iE "$wanted" | head -n 1)
		[ "$term_locale" ] && return 0
	done
	have localedef && mkdir "$tap_dir/locales" &&
		localedef -i de_DE -f UTF-8 "$tap_dir/locales/de_DE.UTF-8" 2>/dev/null || return 1
	term_locale=de_DE.UTF-8 LOCPATH=$tap_dir/locales
	export LOCPATH
}
if ! find_locale; then
	skip "German is shown" "no locale with UTF-8, and localedef cannot make one (package locales)"
	done_testing; exit 0
fi
if ! [ -e "$top_builddir/po/locale/de/LC_MESSAGES/vfio-wizard.mo" ]; then
	skip "German is shown" "built without translations (--disable-nls)"
	done_testing; exit 0
fi
german() { LC_ALL=$term_locale LANGUAGE=de "$wizard" "$@"; }
says() { # says TEXT OPTION...
	text=$1; shift
	german "$@" >"$tap_dir/said" 2>&1
	grep -qF -- "$text" "$tap_dir/said" || { echo "never said: $text"; cat "$tap_dir/said"; return 1; }
}
off=$hosts/intel-off-in-kernel-debian.host
ok "the verdict in German" says 'Es bleibt etwas zu tun, bevor ein Gerät abgegeben werden kann.' --host "$off" check
ok "a finding in German" says 'aber der Kernel benutzt sie nicht' --host "$off" check
ok "a word that JSON has as an id in German" says 'IOMMU       im Kernel aus' --host "$off" check
ok "the help in German" says 'Aufruf: vfio-wizard [globale Optionen] [Befehl]' --help
ok "the help of an option in German" says '-o, --output DATEI' domain --help
ok "an error in German" says 'Den Befehl „frobnicate“ gibt es nicht.' frobnicate
ok "an error of an answer in German" says '„1T5“ ist keine Größe' --host "$off" domain --memory 1T5
ok "a plural in German" says '13 Gruppen' --host "$hosts/intel-on-after-reboot.host" check

# Sentences and names out of JSON, so that what is left has to be the same in every language.
skeleton() {
	sed -E '/"(evidence|advice|why|log)": \[$/,/^ *\]/d
		s/"(text|reason|why|detail|use|vendor_name|device_name|class_name)": ".*"/"\1": ""/'
}
same_json() { # same_json OPTION...: keys, ids, words and exit status are those of the C locale
	"$wizard" "$@" >"$tap_dir/json.c" 2>/dev/null; status=$?
	german "$@" >"$tap_dir/json.de" 2>/dev/null; got=$?
	[ $got -eq $status ] || { echo "exit status $got, $status in English"; return 1; }
	skeleton <"$tap_dir/json.c" >"$tap_dir/a"
	skeleton <"$tap_dir/json.de" >"$tap_dir/b"
	diff "$tap_dir/a" "$tap_dir/b"
}
for file in $(host_files); do
	for command in check groups devices plan; do
		ok "$(basename "$file" .host): $command keeps ids and exit status" same_json --host "$file" --json "$command"
	done
done
ok "sentences in JSON are German" says '"text": "In der Firmware ist die IOMMU an' --host "$off" --json check
same_bytes() { "$wizard" "$@" >"$tap_dir/a" && german "$@" >"$tap_dir/b" && cmp "$tap_dir/a" "$tap_dir/b"; }
on=$hosts/intel-on-after-reboot.host
ok "the domain knows no language" same_bytes --host "$on" domain --gpu auto
echo '{"a": 0.5, "b": 1234.25}' >"$tap_dir/numbers.json"
echo '{{a}} {{b}}' >"$tap_dir/numbers.mustache"
ok "numbers know no language" says '0.5 1234.25' render --template "$tap_dir/numbers.mustache" \
	--context "$tap_dir/numbers.json"
ok "the script knows no language" same_bytes --host "$on" domain --gpu auto --format qemu

if ! have tmux; then
	skip "the screens in German" "tmux is not installed"; done_testing; exit 0
fi
LANGUAGE=de
export LANGUAGE
# frame NAME: the screen, compared with tests/screens/de-NAME.txt
frame() {
	term_frame | sed -E 's/ +$//' >"$tap_dir/frame"
	[ -z "$TERM_UPDATE" ] || cp "$tap_dir/frame" "$top_srcdir/tests/screens/de-$1.txt"
	diff -u "$top_srcdir/tests/screens/de-$1.txt" "$tap_dir/frame"
}
# fits: the title bar and the line of keys are whole, and no button or step is cut off
fits() {
	! LC_ALL=C.UTF-8 grep -E '.{81}' "$tap_dir/frame" &&
		grep -q 'Passthrough einrichten - .*NUR LESEN$' "$tap_dir/frame" &&
		grep -q 'q Ende$' "$tap_dir/frame" &&
		sed -n 2p "$tap_dir/frame" | grep -q ' Test$'
}
term_start 80 24 "$wizard" --host "$on"
ok "the first screen" term_wait 'Dieser Rechner'
ok "screen: host" frame host
ok "the first screen fits 80 columns" fits
term_keys n; ok "firmware" term_wait 'Firmware-Einstellungen'
ok "firmware" frame firmware
term_keys n; ok "kernel" term_wait 'Kernel-Optionen'
term_keys n; ok "devices" term_wait 'Geräte wählen'
ok "screen: devices" frame devices
ok "the devices fit 80 columns" fits
term_keys q; term_wait 'Beenden?' >/dev/null; ok "asks before it ends" term_wait '[ Bleiben ]'
done_testing
