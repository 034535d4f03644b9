/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/bootloader.h"

/* Where the arguments of a system are not ours to write: it is told, and says how it is done there. */
static const struct {
	const char *file, *os, *loader_info, *boot_image;
	const char *title; /* NULL: another loader, or none */
	const char *hint;
} rows[] = {
	{ "/etc/NIXOS", NULL, "systemd-boot 257", NULL, "NixOS",
	  "boot.kernelParams = [ \"intel_iommu=on\" \"iommu=pt\" ];" },
	{ "/etc/x", "nixos", "GRUB 2.12", "/nix/vmlinuz", "NixOS", "nixos-rebuild boot" },
	{ "/run/ostree-booted", NULL, "GRUB 2.12", "/ostree/vmlinuz", "bootc", "kargs = [\"intel_iommu=on\", \"iommu=pt\"]" },
	{ "/boot/extlinux/extlinux.conf", NULL, NULL, NULL, "extlinux", "\"append\" line: intel_iommu=on iommu=pt" },
	{ "/boot/extlinux/extlinux.conf", NULL, NULL, "../vmlinuz-lts", "extlinux", "way back" },
	{ "/boot/firmware/cmdline.txt", NULL, NULL, NULL, "Raspberry Pi", "/boot/firmware/cmdline.txt" },
	{ "/etc/zipl.conf", "rhel", NULL, "0", "zipl", "line \"parameters\": intel_iommu=on iommu=pt; name it" },
	{ "/etc/zipl.conf", "debian", NULL, NULL, "zipl", "sudo zipl" },
	/* Left over from another installation. */
	{ "/boot/extlinux/extlinux.conf", NULL, "systemd-boot 257", NULL, NULL, NULL },
	{ "/boot/cmdline.txt", NULL, NULL, "/boot/vmlinuz-6.1", NULL, NULL },
	{ "/etc/x", "debian", NULL, NULL, NULL, NULL },
};

START_TEST(foreign)
{
	static const char *const set[] = { "intel_iommu=on", "iommu=pt", NULL };
	static const char *const remove[] = { "amd_iommu=off", NULL };
	const struct bootloader *l;
	struct stage *stage = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	const char *why;

	fixture_write(rows[_i].file, "");
	fixture_host->identity.os_id = rows[_i].os;
	fixture_host->firmware.loader_info = rows[_i].loader_info;
	fixture_host->boot.boot_image = rows[_i].boot_image;
	l = bootloader_detect(fixture_host, &why);
	if (!rows[_i].title) {
		ck_assert_msg(!l || strcmp(l->name, "unknown") != 0, "%s", l->title);
		return;
	}
	ck_assert_ptr_nonnull(l);
	ck_assert_str_eq(l->title, rows[_i].title);
	ck_assert_str_eq(l->name, "unknown");
	ck_assert_int_lt(l->stage_kargs(fixture_host, set, remove, fixture_plan, stage, &fixture_err), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(fixture_err.hint, rows[_i].hint) && strstr(fixture_err.hint, "amd_iommu=off"), "%s",
		      fixture_err.hint);
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-foreign");
	TCase *t = tcase_create("foreign");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_loop_test(t, foreign, 0, (int)ARRAY_SIZE(rows));
	suite_add_tcase(s, t);
	return unit_run(s);
}
