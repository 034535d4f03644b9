/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/boot-mounts.h"

#define MAIN "/etc/default/grub"
#define MENU "/boot/grub/grub.cfg"
#define ROOT "/dev/sda2 / ext4 rw,relatime 0 0\n"
#define BOOT "/dev/sda3 /boot ext4 rw,relatime 0 0\n"
#define ESP "/dev/sda1 /boot/efi vfat rw,relatime 0 0\n"

/* A plan that edits /etc/default/grub, makes the menu anew and writes one file onto the ESP. */
static void plan_it(void)
{
	static const char *const argv[] = { "update-grub", NULL };
	static const char *const outputs[] = { MENU, NULL };
	struct stage *stage = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);

	fixture_write(MAIN, "a\n");
	fixture_write(MENU, "menu\n");
	fixture_write("/boot/efi/loader/loader.conf", "b\n");
	stage_add_file(fixture_plan, stage, MAIN, "a\n", 2, "x\n", 2, 0, NULL);
	stage_add_file(fixture_plan, stage, "/boot/efi/loader/entries/x.conf", NULL, 0, "y\n", 2, 0644, NULL);
	stage_add_run(fixture_plan, stage, argv, NULL)->outputs = outputs;
}

static int check_it(void)
{
	memset(&fixture_err, 0, sizeof(fixture_err));
	return boot_mounts_check(fixture_host, fixture_plan, &fixture_err);
}

static const struct {
	const char *fstab, *mounts, *msg, *hint; /* MSG NULL: may be written */
} tables[] = {
	{ ROOT BOOT ESP, ROOT BOOT ESP, NULL, NULL },
	{ ROOT, ROOT, NULL, NULL },
	{ "# " BOOT ROOT "tmpfs /boot-not tmpfs rw 0 0\n/dev/sda4 none swap sw 0 0\nshort /boot\n", ROOT, NULL, NULL },
	{ ROOT BOOT, ROOT ESP, "for /boot,", "Mount it at /boot below" },
	{ ROOT BOOT "UUID=0000-0001\t/boot/efi\tvfat\tnoauto,umask=0077\t0\t2\n", ROOT BOOT, "for /boot/efi,",
	  "Mount it at /boot/efi below" },
	/* An automount that was not looked into yet, which another root cannot do. */
	{ ROOT BOOT, ROOT "systemd-1 /boot autofs rw,fd=51,timeout=0 0 0\n", NULL, NULL },
	{ "", ROOT "/dev/sda3 /boot ext4 ro,relatime 0 0\n", "/boot is mounted read-only, and /boot/", "remount,rw /boot," },
	{ "", ROOT "/dev/sda3 /boot ext4 rw,errors=remount-ro 0 0\n", NULL, NULL },
	/* The later of two at the same place counts. */
	{ "", ROOT "/dev/sda3 /boot ext4 ro 0 0\n" BOOT, NULL, NULL },
	{ "", "/dev/sda2 / ext4 ro 0 0\n" BOOT ESP, "/ is mounted read-only, and " MAIN, "remount,rw /," },
	{ "", "/dev/sda2 / ext4 ro 0 0\n/dev/sda5 /etc ext4 rw 0 0\n" BOOT ESP, NULL, NULL },
	/* Without a table of mounts only an empty folder tells. */
	{ ROOT BOOT ESP, NULL, NULL, NULL },
};

START_TEST(test_tables)
{
	int r;

	plan_it();
	fixture_write("/etc/fstab", tables[_i].fstab);
	if (tables[_i].mounts)
		fixture_write("/proc/mounts", tables[_i].mounts);
	r = check_it();
	ck_assert_msg((r == 0) == !tables[_i].msg, "%d %s", r, fixture_err.msg);
	if (!tables[_i].msg)
		return;
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(fixture_err.msg, tables[_i].msg) != NULL, "%s", fixture_err.msg);
	ck_assert_msg(strstr(fixture_err.hint, tables[_i].hint) != NULL, "%s", fixture_err.hint);
}
END_TEST

START_TEST(test_empty_folder)
{
	plan_it();
	fixture_write("/etc/fstab", ROOT ESP);
	ck_assert_int_eq(fixture_run("rm -r '%s/boot/efi/loader'", fixture_dir), 0);
	ck_assert_int_lt(check_it(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "Mount it at /boot/efi below"));
	ck_assert_int_lt(boot_mounts_check_places(fixture_host, &fixture_err), 0);
	/* A table that knows of it is the better witness. */
	fixture_write("/proc/mounts", ROOT ESP);
	ck_assert_int_eq(check_it(), 0);
	ck_assert_int_eq(boot_mounts_check_places(fixture_host, &fixture_err), 0);
}
END_TEST

/* /boot/efi is a link to /efi, as some have it, and a blank in fstab is written \040. */
START_TEST(test_links)
{
	plan_it();
	ck_assert_int_eq(fixture_run("cd '%s' && mv boot/efi efi && ln -s /efi boot/efi", fixture_dir), 0);
	fixture_write("/etc/fstab", ROOT "/dev/sda1 /efi vfat rw 0 0\n/dev/sda9 /boot\\040x ext4 rw 0 0\n");
	fixture_write("/proc/mounts", ROOT);
	ck_assert_int_lt(check_it(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "Mount it at /efi below"));
	fixture_write("/proc/mounts", ROOT "/dev/sda1 /efi vfat rw 0 0\n");
	ck_assert_msg(check_it() == 0, "%s", fixture_err.msg);
	fixture_write("/proc/mounts", ROOT "/dev/sda1 /efi vfat ro 0 0\n");
	ck_assert_int_lt(check_it(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "/efi is mounted read-only"));
}
END_TEST

START_TEST(test_space)
{
	plan_it();
	fixture_write("/proc/mounts", ROOT BOOT);
	ck_assert_int_eq(check_it(), 0);
	/* A file with nothing in it that says it has a tebibyte: so much is not free. */
	ck_assert_int_eq(fixture_run("truncate -s 1T '%s" MENU "'", fixture_dir), 0);
	ck_assert_int_lt(check_it(), 0);
	ck_assert_int_eq(fixture_err.code, -ENOSPC);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "too little free space: "));
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, " bytes are needed, "));
}
END_TEST

START_TEST(test_hard_link)
{
	plan_it();
	ck_assert_int_eq(check_it(), 0);
	ck_assert(!fixture_has_finding("file-has-other-names"));
	ck_assert_int_eq(fixture_run("cd '%s' && ln etc/default/grub a && ln a b", fixture_dir), 0);
	ck_assert_int_eq(check_it(), 0);
	ck_assert_str_eq(fixture_finding("file-has-other-names")->subject, MAIN);
	ck_assert_ptr_nonnull(strstr(fixture_finding("file-has-other-names")->text, " has 3 names"));
}
END_TEST

START_TEST(test_unchangeable)
{
	plan_it();
	if (fixture_run("chattr +i '%s" MAIN "' 2>/dev/null", fixture_dir) != 0)
		return; /* no root, or a file system without flags; tests/mounts.sh says so */
	ck_assert_int_lt(check_it(), 0);
	ck_assert_int_eq(fixture_run("chattr -i '%s" MAIN "'", fixture_dir), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, MAIN " was made unchangeable"));
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "sudo chattr -i " MAIN ","));
	ck_assert_int_eq(check_it(), 0);
	ck_assert_int_eq(fixture_run("chattr +i '%s/boot/grub'", fixture_dir), 0);
	ck_assert_int_lt(check_it(), 0);
	ck_assert_int_eq(fixture_run("chattr -i '%s/boot/grub'; chattr +a '%s" MENU "'", fixture_dir, fixture_dir), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "sudo chattr -i /boot/grub,"));
	ck_assert_int_lt(check_it(), 0);
	ck_assert_int_eq(fixture_run("chattr -a '%s" MENU "'", fixture_dir), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "sudo chattr -a " MENU ","));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-mounts");
	TCase *t = tcase_create("mounts");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_loop_test(t, test_tables, 0, ARRAY_SIZE(tables));
	tcase_add_test(t, test_empty_folder);
	tcase_add_test(t, test_links);
	tcase_add_test(t, test_space);
	tcase_add_test(t, test_hard_link);
	tcase_add_test(t, test_unchangeable);
	suite_add_tcase(s, t);
	return unit_run(s);
}
