/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/bootloader.h"

#define LINE_FILE "/etc/kernel/cmdline"
#define ZFS "root=ZFS=rpool/ROOT/pve-1 boot=zfs"

static struct stage *stage;

static int stage_kargs(const char *set, const char *remove)
{
	const char *const sets[] = { set, NULL };
	const char *const removes[] = { remove, NULL };

	stage = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_proxmox.stage_kargs(fixture_host, sets, removes, fixture_plan, stage, &fixture_err);
}

static void set_args(const char *const *args)
{
	fixture_host->kernel.args = args;
	fixture_host->kernel.cmdline = "x";
}

static void write_host(void)
{
	static const char *const args[] = { "initrd=\\EFI\\proxmox\\6.8.12-4-pve\\initrd.img-6.8.12-4-pve",
					    "root=ZFS=rpool/ROOT/pve-1", "boot=zfs", NULL };

	fixture_write("/etc/kernel/proxmox-boot-uuids", "0000-0001\n");
	fixture_write("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	fixture_write("/usr/sbin/grub-mkconfig", "for x in ${sysconfdir}/default/grub.d/*.cfg ; do\n");
	set_args(args);
}

static void check_refresh(const struct change *c)
{
	ck_assert_str_eq(c->argv[0], "proxmox-boot-tool");
	ck_assert_str_eq(c->argv[1], "refresh");
	ck_assert(c->undo_again);
	ck_assert_ptr_null(c->readback_path);
}

START_TEST(systemd_boot)
{
	const char *why;

	write_host();
	/* The second line is not read by the tool. */
	fixture_write(LINE_FILE, ZFS " intel_iommu=off\n# iommu=pt\n");
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL), 0);
	fixture_write(LINE_FILE, ZFS "  intel_iommu=off\niommu=pt\n");
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_proxmox);
	ck_assert_msg(stage_kargs("iommu=pt", "intel_iommu=off") == 0, "%s", fixture_err.msg);
	ck_assert_str_eq(fixture_change(stage, LINE_FILE)->after, ZFS "  iommu=pt\niommu=pt\n");
	ck_assert_uint_eq(stage->n_changes, 2);
	check_refresh(stage->changes[1]);
	ck_assert(fixture_has_finding("proxmox-not-read-back"));
	ck_assert_int_eq(stage_kargs("iommu=pt", NULL), 0);
	ck_assert_uint_eq(stage->n_changes, 2);
}
END_TEST

START_TEST(grub)
{
	static const char *const args[] = { "BOOT_IMAGE=/vmlinuz-6.8.12-4-pve", "root=ZFS=rpool/ROOT/pve-1", NULL };
	const char *why;

	write_host();
	fixture_write(LINE_FILE, ZFS "\n");
	set_args(args);
	fixture_host->boot.boot_image = "/vmlinuz-6.8.12-4-pve";
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_proxmox);
	ck_assert_msg(stage_kargs("iommu=pt", NULL) == 0, "%s", fixture_err.msg);
	ck_assert(!fixture_has_change(stage, LINE_FILE));
	ck_assert_str_eq(fixture_change(stage, "/etc/default/grub")->after,
			 "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=pt\"\n");
	ck_assert_uint_eq(stage->n_changes, 2);
	check_refresh(stage->changes[1]);
}
END_TEST

START_TEST(without_a_file)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *line = NULL;

	write_host();
	ck_assert_int_eq(bootloader_proxmox.configured(fixture_host, &k, &fixture_err), 0);
	line = kargs_format(&k);
	ck_assert_str_eq(line, ZFS);
	ck_assert_int_eq(stage_kargs("iommu=pt", NULL), 0);
	ck_assert_str_eq(fixture_change(stage, LINE_FILE)->after, ZFS " iommu=pt\n");
}
END_TEST

START_TEST(refused)
{
	const char *why;

	write_host();
	fixture_write(LINE_FILE, "\n" ZFS "\n");
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "root="));
	set_args(NULL);
	ck_assert_ptr_null(bootloader_detect(fixture_host, &why));
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "proxmox-boot-tool refresh"));
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-proxmox");
	TCase *t = tcase_create("proxmox");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_test(t, systemd_boot);
	tcase_add_test(t, grub);
	tcase_add_test(t, without_a_file);
	tcase_add_test(t, refused);
	suite_add_tcase(s, t);
	return unit_run(s);
}
