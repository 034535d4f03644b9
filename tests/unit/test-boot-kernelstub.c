/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/bootloader.h"

#define CONFIG "/etc/kernelstub/configuration"

static int stage_kargs(const char *set, const char *remove, struct stage **ret)
{
	const char *const sets[] = { set, NULL };
	const char *const removes[] = { remove, NULL };

	*ret = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_kernelstub.stage_kargs(fixture_host, sets, removes, fixture_plan, *ret,
						 &fixture_err);
}

static const struct {
	const char *set, *remove, *before, *after;
} edits[] = {
	/* As kernelstub writes it: only the one list that counts changes. */
	{ "iommu=pt", NULL,
	  "{\n  \"default\": {\n    \"kernel_options\": [\n      \"quiet\"\n    ],\n    "
	  "\"config_rev\": 3\n  },\n"
	  "  \"user\": {\n    \"kernel_options\": [\n      \"quiet\",\n      \"splash\"\n    ],\n"
	  "    \"setup_loader\": true,\n    \"config_rev\": 3\n  }\n}",
	  "{\n  \"default\": {\n    \"kernel_options\": [\n      \"quiet\"\n    ],\n    "
	  "\"config_rev\": 3\n  },\n"
	  "  \"user\": {\n    \"kernel_options\": [\n      \"quiet\",\n      \"splash\",\n      "
	  "\"iommu=pt\"\n    ],\n"
	  "    \"setup_loader\": true,\n    \"config_rev\": 3\n  }\n}" },
	/* Order and doubles are kept. */
	{ "intel_iommu=on", NULL,
	  "{\n  \"user\": {\n    \"kernel_options\": [\n      \"console=tty0\",\n      "
	  "\"intel_iommu=off\",\n"
	  "      \"console=ttyS0\"\n    ]\n  }\n}\n",
	  "{\n  \"user\": {\n    \"kernel_options\": [\n      \"console=tty0\",\n      "
	  "\"intel_iommu=on\",\n"
	  "      \"console=ttyS0\"\n    ]\n  }\n}\n" },
	/* By hand, on one line. */
	{ NULL, "amd_iommu=off",
	  "{\"user\": {\"kernel_options\": [\"amd_iommu=off\", \"quiet\"], \"x\": 1.50}}",
	  "{\"user\": {\"kernel_options\": [\"quiet\"], \"x\": 1.50}}" },
	/* Before revision 3: one text. */
	{ "iommu=pt", NULL,
	  "{ \"user\": { \"kernel_options\": \"quiet splash\", \"config_rev\": 2 } }\n",
	  "{ \"user\": { \"kernel_options\": \"quiet splash iommu=pt\", \"config_rev\": 2 } }\n" },
	/* Four blanks, an unusual outer level, an escape and a lookalike key in a text. */
	{ "iommu=pt", NULL,
	  "{\n    \"note\": \"\\\"user\\\": {\",\n    \"config_rev\": 3,\n    \"user\": {\n"
	  "        \"kernel_options\": [\n            \"quiet\"\n        ]\n    }\n}\n",
	  "{\n    \"note\": \"\\\"user\\\": {\",\n    \"config_rev\": 3,\n    \"user\": {\n"
	  "        \"kernel_options\": [\n            \"quiet\",\n            \"iommu=pt\"\n       "
	  " ]\n    }\n}\n" },
	/* Without "user" kernelstub takes a copy of "default". */
	{ "iommu=pt", NULL,
	  "{\n  \"default\": {\"kernel_options\": [\"quiet\"], \"config_rev\": 3}\n}\n",
	  "{\n  \"default\": {\"kernel_options\": [\"quiet\"], \"config_rev\": 3},\n"
	  "  \"user\": {\"kernel_options\": [\"quiet\", \"iommu=pt\"], \"config_rev\": 3}\n}\n" },
};

START_TEST(test_edits)
{
	const struct change *c;
	struct stage *stage;

	fixture_write(CONFIG, edits[_i].before);
	ck_assert_msg(stage_kargs(edits[_i].set, edits[_i].remove, &stage) == 0, "%s",
		      fixture_err.msg);
	c = fixture_change(stage, CONFIG);
	ck_assert_ptr_nonnull(c->path);
	ck_assert_str_eq(c->after, edits[_i].after);
	ck_assert_uint_eq(stage->n_changes, 2);
	ck_assert_str_eq(stage->changes[1]->argv[0], "kernelstub");
	ck_assert_ptr_null(stage->changes[1]->argv[1]);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
} broken[] = {
	{ "{\n  \"user\": {\n    \"kernel_options\": [\"quiet\",],\n  },\n}\n", 3 },
	{ "{\n  \"user\": {\n    \"kernel_options\": [],\n    \"config_rev\": 4\n  }\n}\n", 4 },
	{ "{\n  \"user\": {\n    \"kernel_options\": 7\n  }\n}\n", 3 },
	{ "{\n  \"user\": {\n    \"kernel_options\": [\"a\", 1]\n  }\n}\n", 3 },
	{ "{\n  \"user\": {\n  }\n}\n", 2 },
	{ "{}\n", 1 },
	{ "[]\n", 1 },
	{ "", 1 },
};

START_TEST(test_broken)
{
	struct stage *stage;
	char where[64];

	fixture_write(CONFIG, broken[_i].text);
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL, &stage), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_INPUT);
	snprintf(where, sizeof(where), CONFIG ":%u: ", broken[_i].line);
	ck_assert_msg(str_starts_with(fixture_err.msg, where), "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(test_entries)
{
	struct stage *stage;
	const struct change *run;

	fixture_write(CONFIG,
		      "{\"user\": {\"kernel_options\": [\"quiet\"], \"esp_path\": \"/efi\"}}");
	fixture_write("/efi/loader/entries/Pop_OS-current.conf", "options quiet\n");
	fixture_write("/efi/loader/entries/Pop_OS-oldkern.conf", "options quiet\n");
	fixture_write("/efi/loader/entries/Recovery.conf", "options quiet\n");
	ck_assert_int_eq(stage_kargs("iommu=pt", NULL, &stage), 0);
	run = stage->changes[1];
	ck_assert_str_eq(run->readback_path, "/efi/loader/entries/Pop_OS-current.conf");
	ck_assert_str_eq(run->readback_needles[0], " iommu=pt");
	ck_assert_str_eq(run->outputs[0], "/efi/loader/entries/Pop_OS-current.conf");
	ck_assert_str_eq(run->outputs[1], "/efi/loader/entries/Pop_OS-oldkern.conf");
	ck_assert_ptr_null(run->outputs[2]);
}
END_TEST

START_TEST(test_refused)
{
	struct stage *stage;

	ck_assert_int_lt(stage_kargs("iommu=pt", NULL, &stage), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	fixture_write(CONFIG, "{\"user\": {\"kernel_options\": [], \"live_mode\": true}}");
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "live_mode"));
	fixture_write(CONFIG, "{\"user\": {\"kernel_options\": [], \"setup_loader\": false}}");
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "kernelstub -a \"iommu=pt\""));
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(test_detect)
{
	static const char *const args[] = { "initrd=\\EFI\\Pop_OS-1\\initrd.img", "root=/dev/x",
					    NULL };
	const char *why;

	fixture_write(CONFIG, "{\"user\": {\"kernel_options\": []}}");
	fixture_write("/etc/default/grub", "");
	ck_assert_ptr_null(bootloader_detect(fixture_host, &why));
	fixture_host->kernel.args = args;
	fixture_host->kernel.cmdline = "initrd=\\EFI\\Pop_OS-1\\initrd.img root=/dev/x";
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_kernelstub);
	fixture_host->boot.boot_image = "/vmlinuz";
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_grub);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-kernelstub");
	TCase *t = tcase_create("kernelstub");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_loop_test(t, test_edits, 0, ARRAY_SIZE(edits));
	tcase_add_loop_test(t, test_broken, 0, ARRAY_SIZE(broken));
	tcase_add_test(t, test_entries);
	tcase_add_test(t, test_refused);
	tcase_add_test(t, test_detect);
	suite_add_tcase(s, t);
	return unit_run(s);
}
