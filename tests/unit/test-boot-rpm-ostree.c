/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/bootloader.h"

#define ENTRY(n, options)                                                                                   \
	"title Fedora Linux 41 (Silverblue) (ostree:0)\nversion " n "\noptions " options                     \
	" ostree=/ostree/boot.1/fedora/0/0\nlinux /ostree/fedora-0/vmlinuz-6.11.6\n"

static struct stage *stage;

static int stage_kargs(const char *const *set, const char *const *remove)
{
	stage = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_rpm_ostree.stage_kargs(fixture_host, set, remove, fixture_plan, stage, &fixture_err);
}

static void write_silverblue(const char *newest)
{
	fixture_write("/run/ostree-booted", "");
	fixture_write("/usr/bin/rpm-ostree", "");
	fixture_write("/boot/loader/entries/ostree-9.conf", ENTRY("9", "rhgb old=1"));
	fixture_write("/boot/loader/entries/ostree-10.conf", newest);
	fixture_write("/boot/loader/entries/other.conf", ENTRY("99", "x"));
}

static void check_argv(const char *const *argv, const char *want)
{
	_cleanup_str_ struct str line = { 0 };

	for (; *argv; argv++)
		str_addf(&line, "%s%s", line.len ? " " : "", *argv);
	ck_assert_str_eq(str_c(&line), want);
}

START_TEST(arguments)
{
	static const char *const set[] = { "intel_iommu=on", "iommu=pt", "quiet", NULL };
	static const char *const remove[] = { "amd_iommu=off", "absent", NULL };
	const char *why;

	write_silverblue(ENTRY("10", "intel_iommu=off quiet amd_iommu=off root=UUID=1 rw"));
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_rpm_ostree);
	ck_assert_msg(stage_kargs(set, remove) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 1);
	check_argv(stage->changes[0]->argv, "rpm-ostree kargs --delete-if-present=intel_iommu=off "
					    "--delete-if-present=amd_iommu=off --append-if-missing=intel_iommu=on "
					    "--append-if-missing=iommu=pt");
	check_argv(stage->changes[0]->undo_argv, "rpm-ostree kargs --append-if-missing=intel_iommu=off "
						 "--append-if-missing=amd_iommu=off --delete-if-present=intel_iommu=on "
						 "--delete-if-present=iommu=pt");
	ck_assert(fixture_has_finding("rpm-ostree-old-deployment"));
	ck_assert(!fixture_has_finding("rpm-ostree-staged"));
}
END_TEST

START_TEST(nothing_to_do)
{
	static const char *const set[] = { "iommu=pt", NULL };

	write_silverblue(ENTRY("10", "rhgb iommu=pt"));
	ck_assert_int_eq(stage_kargs(set, NULL), 0);
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(staged_update)
{
	static const char *const set[] = { "iommu=pt", NULL };

	write_silverblue(ENTRY("10", "rhgb"));
	fixture_write("/run/ostree/staged-deployment", "x");
	ck_assert_int_eq(stage_kargs(set, NULL), 0);
	ck_assert(fixture_has_finding("rpm-ostree-staged"));
}
END_TEST

START_TEST(refused)
{
	static const char *const remove[] = { "amd_iommu=off", NULL };
	const char *why;

	write_silverblue(ENTRY("10", "amd_iommu=off rhgb amd_iommu=off"));
	ck_assert_int_lt(stage_kargs(NULL, remove), 0);
	ck_assert_uint_eq(stage->n_changes, 0);
	fixture_run("rm -r %s/boot", fixture_dir);
	ck_assert_int_lt(stage_kargs(NULL, remove), 0);
	fixture_run("rm %s/usr/bin/rpm-ostree", fixture_dir);
	ck_assert_int_eq(bootloader_rpm_ostree.detect(fixture_host, &why), 0);
}
END_TEST

/* What is added goes to the end, behind the size that stands last there. */
START_TEST(pages)
{
	static const char *const set[] = { "hugepagesz=1G hugepages=8", NULL };

	write_silverblue(ENTRY("10", "rhgb"));
	ck_assert_msg(stage_kargs(set, NULL) == 0, "%s", fixture_err.msg);
	ck_assert_str_eq(stage->changes[0]->argv[2], "--append-if-missing=hugepagesz=1G");
	ck_assert_str_eq(stage->changes[0]->argv[3], "--append-if-missing=hugepages=8");
	write_silverblue(ENTRY("10", "hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=16 rhgb"));
	ck_assert_int_lt(stage_kargs(set, NULL), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	/* The same count of another size would be taken for ours. */
	write_silverblue(ENTRY("10", "hugepagesz=2M hugepages=8 rhgb"));
	ck_assert_int_lt(stage_kargs(set, NULL), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-rpm-ostree");
	TCase *t = tcase_create("rpm-ostree");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_test(t, arguments);
	tcase_add_test(t, nothing_to_do);
	tcase_add_test(t, pages);
	tcase_add_test(t, staged_update);
	tcase_add_test(t, refused);
	suite_add_tcase(s, t);
	return unit_run(s);
}
