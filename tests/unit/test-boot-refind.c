/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/bootloader.h"

#define CONF "/boot/refind_linux.conf"
#define ROOT "root=UUID=0a1b2c3d-0000-4000-8000-000000000001"
#define OURS "\"Boot with vfio-wizard's options\"  "

static void host_with(const char *text)
{
	fixture_write(CONF, text);
	arena_strv_add(fixture_host->arena, &fixture_host->kernel.args, ROOT);
	fixture_host->firmware.boot_current_path = "\\EFI\\refind\\refind_x64.efi";
}

static int stage_it(const char *set, const char *remove, struct stage **ret)
{
	const char *const s[] = { set, NULL }, *const r[] = { remove, NULL };

	*ret = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_refind.stage_kargs(fixture_host, s, r, fixture_plan, *ret, &fixture_err);
}

static const struct {
	const char *before, *after;
} edits[] = {
	{ "# c\n\n\"Std\" \"" ROOT " ro  quiet\"\n\"Single\" \"single\"\n",
	  "# c\n\n" OURS "\"" ROOT " ro  quiet iommu=pt\"\n\"Std\" \"" ROOT " ro  quiet\"\n\"Single\" \"single\"\n" },
	/* Doubled quotes, CR LF, no end of line. */
	{ "#\r\n  \"a \"\"b\"\"\"\t\"" ROOT " x=\"\"1 2\"\"\"",
	  "#\r\n" OURS "\"" ROOT " x=\"\"1 2\"\" iommu=pt\"\r\n  \"a \"\"b\"\"\"\t\"" ROOT " x=\"\"1 2\"\"\"" },
};

START_TEST(test_edits)
{
	const char *why;
	struct stage *stage;

	host_with(edits[_i].before);
	ck_assert_int_eq(bootloader_refind.detect(fixture_host, &why), 100);
	ck_assert_msg(stage_it("iommu=pt", NULL, &stage) == 0, "%s", fixture_err.msg);
	ck_assert_str_eq(fixture_change(stage, CONF)->after, edits[_i].after);
	ck_assert(fixture_has_finding("refind-old-entry-stays"));
	/* The same again is nothing; a further argument goes into the entry of our own. */
	ck_assert_int_eq(stage_it("iommu=pt", NULL, &stage), 0);
	ck_assert_str_eq(plan_last_change(fixture_plan, CONF)->after, edits[_i].after);
	ck_assert_int_eq(stage_it("a=1", "iommu=pt", &stage), 0);
	ck_assert_ptr_nonnull(strstr(plan_last_change(fixture_plan, CONF)->after, " a=1\""));
	ck_assert_ptr_null(strstr(plan_last_change(fixture_plan, CONF)->after, "iommu=pt"));
	ck_assert_ptr_null(strstr(strstr(plan_last_change(fixture_plan, CONF)->after, OURS) + 1, OURS));
}
END_TEST

static const struct {
	const char *text, *sentence;
} broken[] = {
	{ "\n\"a\" \"" ROOT "\n", CONF ":2: " },
	{ "\"a\"\n", CONF ":1: " },
	{ "a b\n", CONF ":1: " },
	{ "# nothing\n", CONF ":1: " },
	{ "", CONF ":1: " },
	{ "\"a\" \"root=/dev/sdb1\"\n", "another root" },
};

START_TEST(test_refusals)
{
	struct stage *stage;

	host_with(broken[_i].text);
	ck_assert_int_lt(stage_it("iommu=pt", NULL, &stage), 0);
	ck_assert_msg(strstr(fixture_err.msg, broken[_i].sentence) != NULL, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(test_no_file)
{
	struct stage *stage;
	const char *why;

	ck_assert_int_eq(bootloader_refind.detect(fixture_host, &why), 0);
	host_with("");
	ck_assert_int_eq(fixture_run("rm '%s" CONF "'", fixture_dir), 0);
	ck_assert_int_eq(bootloader_refind.detect(fixture_host, &why), 60);
	ck_assert_int_lt(stage_it("iommu=pt", NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "mkrlconf"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-refind");
	TCase *t = tcase_create("refind");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_loop_test(t, test_edits, 0, ARRAY_SIZE(edits));
	tcase_add_loop_test(t, test_refusals, 0, ARRAY_SIZE(broken));
	tcase_add_test(t, test_no_file);
	suite_add_tcase(s, t);
	return unit_run(s);
}
