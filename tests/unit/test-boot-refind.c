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

static const struct {
	const char *initrd, *more, *image, *kernel, *path; /* PATH NULL: refused */
} invented[] = {
	{ "", "", "/boot/initrd.img", "/boot/vmlinuz", "/boot/refind_linux.conf" },
	{ "initrd=\\initramfs-linux.img", "", "/boot/initramfs-linux.img", "/boot/vmlinuz-linux", "/boot/refind_linux.conf" },
	{ "initrd=\\boot\\initrd.img-6", "", "/boot/initrd.img-6", "/boot/vmlinuz-6", "/boot/refind_linux.conf" },
	{ "initrd=\\EFI\\gentoo\\i.img", "", "/boot/efi/EFI/gentoo/i.img", "/boot/efi/EFI/gentoo/vmlinuz-6.efi",
	  "/boot/efi/EFI/gentoo/refind_linux.conf" },
	{ "initrd=\\elsewhere\\i.img", "", "/boot/i.img", "/boot/vmlinuz-6", NULL },
	{ "initrd=\\i.img", " initrd=\\ucode.img", "/boot/i.img", "/boot/vmlinuz-6", NULL },
	{ "", "", "/boot/initrd.img", "/boot/grub/x", NULL },
};

START_TEST(test_invented)
{
	const char *expected = OURS "\"" ROOT " ro x=\"\"a b\"\" iommu=pt\"\n\"Boot with standard options\"  \"" ROOT
				    " ro x=\"\"a b\"\"\"\n";
	_cleanup_kargs_ struct kargs now = { 0 };
	struct stage *stage;
	int r;

	host_with("");
	ck_assert_int_eq(fixture_run("rm '%s" CONF "'", fixture_dir), 0);
	fixture_write(invented[_i].image, "");
	fixture_write(invented[_i].kernel, "");
	arena_strv_add(fixture_host->arena, &fixture_host->kernel.args, invented[_i].initrd);
	fixture_host->kernel.cmdline = arena_printf(fixture_host->arena, "BOOT_IMAGE=x " ROOT " ro x=\"a b\" %s%s",
						    invented[_i].initrd, invented[_i].more);
	r = stage_it("iommu=pt", NULL, &stage);
	ck_assert_msg((r == 0) == (invented[_i].path != NULL), "%s", fixture_err.msg);
	if (!invented[_i].path)
		return;
	ck_assert_int_eq(fixture_change(stage, invented[_i].path)->kind, CHANGE_CREATE);
	ck_assert_str_eq(fixture_change(stage, invented[_i].path)->after, expected);
	ck_assert_int_eq(bootloader_refind.configured(fixture_host, &now, &fixture_err), 0);
	ck_assert(kargs_has(&now, ROOT) && !kargs_has(&now, "BOOT_IMAGE=x"));
	/* The same plan goes on in it. */
	ck_assert_int_eq(stage_it("a=1", NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(plan_last_change(fixture_plan, invented[_i].path)->after, " iommu=pt a=1\"\n\"Boot"));
}
END_TEST

#define MENU "/boot/EFI/refind/refind.conf"

static const struct {
	const char *text;
	unsigned line; /* of options that count; 0: none do */
} menus[] = {
	{ "timeout 20\nmenuentry \"A \"\"b\"\"\" {\n  loader /vmlinuz\n  options \"ro " ROOT "\"\n}\n", 4 },
	{ "menuentry Arch {\r\n\tOptions \"" ROOT "\"\r\n}\r\n", 2 },
	{ "menuentry A {\n options \"" ROOT "\"\n disabled\n}\n", 0 },
	{ "#menuentry A {\n# options \"" ROOT "\"\n#}\n", 0 },
	{ "menuentry A {\n options \"root=/dev/sdb1\"\n submenuentry x {\n  options \"" ROOT "\"\n }\n}\n", 0 },
	{ "menuentry A {\n options \"root=/dev/sdb1\"\n submenuentry x {\n  disabled\n }\n}\nmenuentry B {\n options \"" ROOT
	  "\"\n}\n", 8 },
};

START_TEST(test_menus)
{
	struct stage *stage;
	char where[64];
	int r;

	host_with("\"a\" \"" ROOT "\"\n");
	fixture_write(MENU, menus[_i].text);
	r = stage_it("iommu=pt", NULL, &stage);
	ck_assert_msg((r == 0) == !menus[_i].line, "%s", fixture_err.msg);
	if (!menus[_i].line)
		return;
	snprintf(where, sizeof(where), MENU ":%u: ", menus[_i].line);
	ck_assert_msg(str_starts_with(fixture_err.msg, where), "%s", fixture_err.msg);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "iommu=pt"));
	ck_assert_uint_eq(stage->n_changes, 0);
	/* The same from a file that is included, but not from one that only lies there. */
	fixture_write("/boot/EFI/refind/manual.conf", menus[_i].text);
	fixture_write(MENU, "#include manual.conf\n");
	ck_assert_msg(stage_it("iommu=pt", NULL, &stage) == 0, "%s", fixture_err.msg);
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	fixture_write(MENU, "timeout 5\ninclude manual.conf\n");
	ck_assert_int_lt(stage_it("iommu=pt", NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "/boot/EFI/refind/manual.conf:"));
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
	tcase_add_loop_test(t, test_invented, 0, ARRAY_SIZE(invented));
	tcase_add_loop_test(t, test_menus, 0, ARRAY_SIZE(menus));
	suite_add_tcase(s, t);
	return unit_run(s);
}
