# Tests of the whole program; the real-*.sh with real parts: GRUB, initramfs-tools, libvirt, QEMU.
WHOLE_TESTS = \
	tests/lint.sh \
	tests/bootstrap.sh \
	tests/expect.sh \
	tests/cli.sh \
	tests/undo.sh \
	tests/hooks.sh \
	tests/tuning.sh \
	tests/take-over.sh \
	tests/acs.sh \
	tests/bad-input.sh \
	tests/absurd.sh tests/presets.sh \
	tests/places.sh \
	tests/mounts.sh \
	tests/hostile-grub.sh \
	tests/walk.sh \
	tests/wizard.sh \
	tests/bench.sh \
	tests/i18n.sh \
	tests/real-grub.sh \
	tests/real-systemd-boot.sh \
	tests/real-uki.sh \
	tests/real-apply.sh \
	tests/real-libvirt.sh \
	tests/real-define.sh \
	tests/matrix.sh \
	tests/real-initramfs.sh \
	tests/real-dracut.sh \
	tests/real-qemu.sh \
	tests/disks.sh \
	tests/storage.sh
TESTS += $(WHOLE_TESTS)
EXTRA_DIST += $(WHOLE_TESTS) tests/expect tests/lib/hosts.sh tests/lib/term.sh tests/lib/live.sh tests/lib/qemu.sh tests/lib/libvirtd.sh
