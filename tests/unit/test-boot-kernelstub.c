/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/bootloader.h"
#include "change/journal.h"
#include "change/undo.h"

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


#define PROGRAM "/usr/lib/python3/dist-packages/kernelstub/application.py"
#define ESP_FOLDER "/boot/efi/EFI/Pop_OS-aa"

static int stage_kernel(const char *release, struct stage **ret)
{
	*ret = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_kernelstub.stage_kernel(fixture_host, release, fixture_plan, *ret, &fixture_err);
}

static void link_to(const char *target, const char *path)
{
	ck_assert_int_eq(fixture_run("ln -sfn '%s' '%s%s'", target, fixture_dir, path), 0);
}

/* Pop!_OS with kernelstub 3.1.1, two kernels and a third that was built with the patch. */
static void pop_host(void)
{
	static const char *const releases[] = { "5.3.0-20", "5.3.0-22", "5.3.0-acso" };

	fixture_write(CONFIG, "{\"user\": {\"kernel_options\": [\"quiet\"], \"setup_loader\": true}}");
	fixture_write(PROGRAM, "opsys.kernel_path = os.path.join(root_path, 'boot', opsys.kernel_name)\n");
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/boot/vmlinuz-%s", releases[i]);
		fixture_write(path, releases[i]);
		snprintf(path, sizeof(path), "/boot/initrd.img-%s", releases[i]);
		fixture_write(path, releases[i]);
	}
	link_to("vmlinuz-5.3.0-22", "/boot/vmlinuz");
	link_to("initrd.img-5.3.0-22", "/boot/initrd.img");
	fixture_write("/boot/efi/loader/entries/Pop_OS-current.conf",
		      "title Pop!_OS\nlinux /EFI/Pop_OS-aa/vmlinuz.efi\ninitrd /EFI/Pop_OS-aa/initrd.img\n"
		      "options root=UUID=aa ro quiet\n");
	fixture_write(ESP_FOLDER "/vmlinuz.efi", "5.3.0-22");
	fixture_write(ESP_FOLDER "/initrd.img", "5.3.0-22");
	fixture_host->identity.kernel = "5.3.0-22";
}

START_TEST(test_kernel)
{
	const struct change *link, *run;
	struct stage *stage;

	pop_host();
	ck_assert_msg(stage_kernel("5.3.0-acso", &stage) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 3);
	link = fixture_change(stage, "/boot/vmlinuz");
	ck_assert_int_eq(link->kind, CHANGE_LINK);
	ck_assert_str_eq(link->before, "vmlinuz-5.3.0-22");
	ck_assert_str_eq(link->after, "vmlinuz-5.3.0-acso");
	ck_assert_str_eq(fixture_change(stage, "/boot/initrd.img")->after, "initrd.img-5.3.0-acso");
	run = stage->changes[2];
	ck_assert_str_eq(run->argv[0], "kernelstub");
	ck_assert_ptr_null(run->argv[1]);
	/* All that it writes on the EFI system partition is kept, and what it copied is compared. */
	ck_assert_str_eq(run->outputs[0], "/boot/efi/loader/entries/Pop_OS-current.conf");
	ck_assert_str_eq(run->outputs[1], ESP_FOLDER "/initrd.img");
	ck_assert_str_eq(run->outputs[2], ESP_FOLDER "/vmlinuz.efi");
	ck_assert_str_eq(run->outputs[3], ESP_FOLDER "/vmlinuz-previous.efi");
	ck_assert_uint_eq(run->n_readbacks, 2);
	ck_assert_str_eq(run->readbacks[0].argv[0], "cmp");
	ck_assert_str_eq(run->readbacks[0].argv[1], "/boot/vmlinuz-5.3.0-acso");
	ck_assert_str_eq(run->readbacks[0].argv[2], ESP_FOLDER "/vmlinuz.efi");
	ck_assert(fixture_has_finding("kernel-links-follow-updates"));
}
END_TEST

/* With arguments, kernelstub runs once for both. */
START_TEST(test_kernel_and_arguments)
{
	struct stage *stage;
	unsigned runs = 0;

	pop_host();
	ck_assert_int_eq(stage_kargs("pcie_acs_override=downstream", NULL, &stage), 0);
	ck_assert_int_eq(stage_kernel("5.3.0-acso", &stage), 0);
	for (unsigned i = 0; i < stage->n_changes; i++)
		if (stage->changes[i]->kind == CHANGE_RUN) {
			runs++;
			ck_assert_str_eq(stage->changes[i]->readback_needles[0], " pcie_acs_override=downstream");
			ck_assert_uint_eq(stage->changes[i]->n_readbacks, 2);
		}
	ck_assert_uint_eq(runs, 1);
}
END_TEST

/* How the link is written stays as it was. */
static const struct {
	const char *boot_target, *root_target; /* /boot/vmlinuz, /vmlinuz; NULL none */
	const char *path, *after;
	bool old_version;		       /* 3.1.0: those of / only */
} link_rows[] = {
	{ "/boot/vmlinuz-5.3.0-22", NULL, "/boot/vmlinuz", "/boot/vmlinuz-5.3.0-acso", false },
	{ "./vmlinuz-5.3.0-22", NULL, "/boot/vmlinuz", "./vmlinuz-5.3.0-acso", false },
	{ NULL, "boot/vmlinuz-5.3.0-22", "/vmlinuz", "boot/vmlinuz-5.3.0-acso", false },
	{ "vmlinuz-5.3.0-22", "boot/vmlinuz-5.3.0-22", "/vmlinuz", "boot/vmlinuz-5.3.0-acso", true },
	/* It leads somewhere else: all that is certain is where the new kernel lies. */
	{ "/srv/vmlinuz-mine", NULL, "/boot/vmlinuz", "/boot/vmlinuz-5.3.0-acso", false },
};

START_TEST(test_kernel_links)
{
	struct stage *stage;

	pop_host();
	fixture_write("/srv/vmlinuz-mine", "mine");
	ck_assert_int_eq(fixture_run("rm '%s/boot/vmlinuz'", fixture_dir), 0);
	if (link_rows[_i].boot_target)
		link_to(link_rows[_i].boot_target, "/boot/vmlinuz");
	if (link_rows[_i].root_target)
		link_to(link_rows[_i].root_target, "/vmlinuz");
	if (link_rows[_i].old_version) {
		fixture_write(PROGRAM, "opsys.kernel_path = os.path.join(root_path, opsys.kernel_name)\n");
		link_to("boot/initrd.img-5.3.0-22", "/initrd.img");
	}
	ck_assert_msg(stage_kernel("5.3.0-acso", &stage) == 0, "%s", fixture_err.msg);
	ck_assert_str_eq(fixture_change(stage, link_rows[_i].path)->after, link_rows[_i].after);
}
END_TEST

/* What stands in the way, as a script, and a part of what is said. */
static const struct {
	const char *script, *said;
} kernel_refusals[] = {
	{ "echo latest_option >> usr/lib/python3/dist-packages/kernelstub/application.py", "takes the newest one" },
	{ "rm -r usr/lib/python3", "cannot be read" },
	{ "rm boot/initrd.img-5.3.0-acso", "no /boot/initrd.img-5.3.0-acso" },
	{ "rm boot/vmlinuz; cp boot/vmlinuz-5.3.0-22 boot/vmlinuz", "no symbolic link" },
	{ "rm boot/efi/loader/entries/*", "is the EFI system partition mounted" },
	{ "sed -i s/true/false/ etc/kernelstub/configuration", "setup_loader is off" },
	{ "echo '{\"user\": {\"kernel_options\": [], \"live_mode\": true}}' > etc/kernelstub/configuration", "live_mode" },
};

START_TEST(test_kernel_refused)
{
	struct stage *stage;

	pop_host();
	ck_assert_int_eq(fixture_run("cd '%s' && %s", fixture_dir, kernel_refusals[_i].script), 0);
	ck_assert_int_lt(stage_kernel("5.3.0-acso", &stage), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(fixture_err.msg, kernel_refusals[_i].said) != NULL, "%s", fixture_err.msg);
	/* What to do instead, word for word. */
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "sudo kernelstub -k /boot/vmlinuz-5.3.0-acso -i /boot/initrd.img-5.3.0-acso"));
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

/* Applied, found done while it waits for the restart, and undone. */
START_TEST(test_kernel_there_and_back)
{
	const struct txn_options there = { .run_commands = false };
	struct txn_result res = { 0 };
	struct journal_entry **entries;
	struct stage *stage;
	unsigned n;

	pop_host();
	ck_assert_int_eq(stage_kernel("5.3.0-acso", &stage), 0);
	ck_assert_msg(txn_apply(fixture_root, "/var/lib/vfio-wizard", &there, fixture_plan, stage, NULL, &res, &fixture_err) == 0,
		      "%s", fixture_err.msg);
	ck_assert_str_eq(res.pending[0], "kernelstub");
	ck_assert_int_eq(fixture_run("test \"$(cat '%s/boot/vmlinuz')\" = 5.3.0-acso", fixture_dir), 0);
	ck_assert_int_eq(fixture_run("test \"$(cat '%s/boot/initrd.img')\" = 5.3.0-acso", fixture_dir), 0);
	fixture_write(ESP_FOLDER "/vmlinuz.efi", "5.3.0-acso");
	fixture_write(ESP_FOLDER "/initrd.img", "5.3.0-acso");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	ck_assert_int_eq(stage_kernel("5.3.0-acso", &stage), 0);
	ck_assert_uint_eq(stage->n_changes, 0);
	ck_assert_int_eq(journal_list(fixture_root, "/var/lib/vfio-wizard", &entries, &n, &fixture_err), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_msg(undo_apply(fixture_root, "/var/lib/vfio-wizard", &there, entries[0], UNDO_CONFLICT_RESTORE, NULL, &res,
				 &fixture_err) == 0, "%s", fixture_err.msg);
	journal_list_free(entries, n);
	ck_assert_int_eq(fixture_run("test \"$(readlink '%s/boot/vmlinuz')\" = vmlinuz-5.3.0-22", fixture_dir), 0);
	ck_assert_int_eq(fixture_run("test \"$(readlink '%s/boot/initrd.img')\" = initrd.img-5.3.0-22", fixture_dir), 0);
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
	tcase_add_test(t, test_kernel);
	tcase_add_test(t, test_kernel_and_arguments);
	tcase_add_loop_test(t, test_kernel_links, 0, ARRAY_SIZE(link_rows));
	tcase_add_loop_test(t, test_kernel_refused, 0, ARRAY_SIZE(kernel_refusals));
	tcase_add_test(t, test_kernel_there_and_back);
	suite_add_tcase(s, t);
	return unit_run(s);
}
