# Unit tests of the boot room: link only the floors it may use.
EXTRA_DIST += tests/unit/boot-fixture.h tests/unit/boot-trial-walk.h
if HAVE_CHECK
boot_tests = tests/unit/test-boot-grub tests/unit/test-boot-kernelstub tests/unit/test-boot-initramfs \
	tests/unit/test-boot-planner tests/unit/test-boot-evidence \
	tests/unit/test-boot-bls tests/unit/test-boot-rpm-ostree \
	tests/unit/test-boot-proxmox tests/unit/test-boot-foreign \
	tests/unit/test-boot-limine tests/unit/test-boot-refind \
	tests/unit/test-boot-systemd-boot tests/unit/test-boot-uki \
	tests/unit/test-boot-images tests/unit/test-boot-bind tests/unit/test-boot-mounts
check_PROGRAMS += $(boot_tests)
TESTS += $(boot_tests)
boot_test_flags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_boot_grub_SOURCES = tests/unit/test-boot-grub.c
tests_unit_test_boot_grub_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_grub_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_kernelstub_SOURCES = tests/unit/test-boot-kernelstub.c
tests_unit_test_boot_kernelstub_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_kernelstub_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_initramfs_SOURCES = tests/unit/test-boot-initramfs.c
tests_unit_test_boot_initramfs_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_initramfs_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_planner_SOURCES = tests/unit/test-boot-planner.c
tests_unit_test_boot_planner_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_planner_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_evidence_SOURCES = tests/unit/test-boot-evidence.c
tests_unit_test_boot_evidence_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_evidence_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_bls_SOURCES = tests/unit/test-boot-bls.c
tests_unit_test_boot_bls_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_bls_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_rpm_ostree_SOURCES = tests/unit/test-boot-rpm-ostree.c
tests_unit_test_boot_rpm_ostree_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_rpm_ostree_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_proxmox_SOURCES = tests/unit/test-boot-proxmox.c
tests_unit_test_boot_proxmox_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_proxmox_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_foreign_SOURCES = tests/unit/test-boot-foreign.c
tests_unit_test_boot_foreign_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_foreign_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_limine_SOURCES = tests/unit/test-boot-limine.c
tests_unit_test_boot_limine_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_limine_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_refind_SOURCES = tests/unit/test-boot-refind.c
tests_unit_test_boot_refind_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_refind_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_systemd_boot_SOURCES = tests/unit/test-boot-systemd-boot.c
tests_unit_test_boot_systemd_boot_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_systemd_boot_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_uki_SOURCES = tests/unit/test-boot-uki.c
tests_unit_test_boot_uki_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_uki_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_images_SOURCES = tests/unit/test-boot-images.c
tests_unit_test_boot_images_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_images_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_bind_SOURCES = tests/unit/test-boot-bind.c
tests_unit_test_boot_bind_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_bind_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
tests_unit_test_boot_mounts_SOURCES = tests/unit/test-boot-mounts.c
tests_unit_test_boot_mounts_CPPFLAGS = $(boot_test_flags)
tests_unit_test_boot_mounts_LDADD = $(FLOOR_BOOT) $(CHECK_LIBS)
endif
