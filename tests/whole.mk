# Tests of the whole program.
TESTS += tests/lint.sh tests/cli.sh tests/expect.sh tests/undo.sh tests/bad-input.sh tests/walk.sh tests/bench.sh tests/i18n.sh
EXTRA_DIST += tests/lint.sh tests/cli.sh tests/expect.sh tests/undo.sh tests/bad-input.sh tests/lib/hosts.sh tests/lib/term.sh
EXTRA_DIST += tests/expect
EXTRA_DIST += tests/i18n.sh
# With real parts: GRUB, initramfs-tools, libvirt, QEMU.
TESTS += tests/real-grub.sh tests/real-apply.sh
EXTRA_DIST += tests/real-grub.sh tests/real-apply.sh tests/lib/live.sh
