/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/bls-entry.h"
#include "boot/boot-evidence.h"
#include "boot/boot-line.h"
#include "boot/bootloader.h"

#include <errno.h>

/* What the firmware, the loader and the command line say, and what follows from it. */
static const struct {
	const char *loader_info, *stub_info, *path, *boot_image, *cmdline;
	enum boot_program program;
	bool measured, unified;
} evidence_rows[] = {
	{ "GRUB 2.12", NULL, "\\EFI\\fedora\\shimx64.efi", "(hd0,gpt2)/vmlinuz-6.12", NULL, BOOT_PROGRAM_GRUB, true, false },
	{ "systemd-boot 257.1", NULL, "\\EFI\\systemd\\systemd-bootx64.efi", NULL, "initrd=\\x\\initrd",
	  BOOT_PROGRAM_SYSTEMD_BOOT, true, false },
	/* GRUB that chain-loads a kernel by systemd-boot: the loader that spoke last counts. */
	{ "systemd-boot 252", "systemd-stub 252", "\\EFI\\debian\\grubx64.efi", NULL, NULL, BOOT_PROGRAM_SYSTEMD_BOOT,
	  true, true },
	{ "rEFInd 0.14.2", NULL, NULL, NULL, "initrd=boot\\initrd", BOOT_PROGRAM_REFIND, true, false },
	{ "Limine 9.2.3", NULL, "\\EFI\\BOOT\\BOOTX64.EFI", NULL, NULL, BOOT_PROGRAM_LIMINE, true, false },
	{ NULL, "systemd-stub 255", "\\EFI\\Linux\\arch.efi", NULL, NULL, BOOT_PROGRAM_FIRMWARE, true, true },
	{ "systemd-stub 256", "systemd-stub 256", NULL, NULL, NULL, BOOT_PROGRAM_FIRMWARE, true, true },
	{ NULL, NULL, "\\efi\\refind\\refind_x64.efi", NULL, NULL, BOOT_PROGRAM_REFIND, true, false },
	{ NULL, NULL, "\\EFI\\limine\\limine_x64.efi", NULL, NULL, BOOT_PROGRAM_LIMINE, true, false },
	/* By its name alone shim says nothing about what it started. */
	{ NULL, NULL, "\\EFI\\debian\\shimx64.efi", "/vmlinuz-6.1.0-28-amd64", NULL, BOOT_PROGRAM_GRUB, false, false },
	{ NULL, NULL, NULL, "/boot/vmlinuz-6.1.0-28-amd64", NULL, BOOT_PROGRAM_GRUB, false, false },
	{ NULL, NULL, NULL, "../vmlinuz-lts", NULL, BOOT_PROGRAM_OTHER, false, false },
	{ NULL, NULL, NULL, NULL, "initrd=\\initramfs-linux.img root=/dev/sda2", BOOT_PROGRAM_UNKNOWN, false, false },
	{ NULL, NULL, NULL, NULL, NULL, BOOT_PROGRAM_UNKNOWN, false, false },
};

START_TEST(evidence)
{
	const struct boot_evidence *e;

	fixture_host->firmware.loader_info = evidence_rows[_i].loader_info;
	fixture_host->firmware.stub_info = evidence_rows[_i].stub_info;
	fixture_host->firmware.boot_current_path = evidence_rows[_i].path;
	fixture_host->boot.boot_image = evidence_rows[_i].boot_image;
	if (evidence_rows[_i].cmdline) {
		struct kargs k;

		kargs_parse(evidence_rows[_i].cmdline, &k);
		for (char **a = k.args; *a; a++)
			arena_strv_add(fixture_host->arena, &fixture_host->kernel.args,
				       arena_strdup(fixture_host->arena, *a));
		kargs_done(&k);
	}
	e = boot_evidence(fixture_host);
	ck_assert_int_eq(e->program, evidence_rows[_i].program);
	ck_assert_int_eq(e->measured, evidence_rows[_i].measured);
	ck_assert_int_eq(e->unified, evidence_rows[_i].unified);
	ck_assert_ptr_nonnull(e->why);
}
END_TEST

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct {
	const char *line, *set, *remove, *result; /* one argument each; result NULL: unchanged */
} line_rows[] = {
	{ "root=UUID=1 ro quiet", "iommu=pt", NULL, "root=UUID=1 ro quiet iommu=pt" },
	{ "root=UUID=1  ro\tquiet ", "iommu=pt", NULL, "root=UUID=1  ro\tquiet iommu=pt " },
	{ "root=UUID=1  intel_iommu=off\tquiet", "intel_iommu=on", NULL, "root=UUID=1  intel_iommu=on\tquiet" },
	{ "a  b\tc", NULL, "b", "a\tc" },
	{ "a  b c", NULL, "a", "b c" },
	{ "  a b", NULL, "b", "  a" },
	{ "a b", NULL, "c", NULL },
	{ "iommu=pt a", "iommu=pt", NULL, NULL },
	{ "", "iommu=pt", NULL, "iommu=pt" },
	{ "dyndbg=\"file a  +p\"  x=1 -- single", "x=2", NULL, "dyndbg=\"file a  +p\"  x=2 -- single" },
	{ "x y -- single", "z=1", NULL, "x y z=1 -- single" },
	{ "hugepagesz=1G hugepages=8  hugepagesz=2M hugepages=16", "iommu=pt", NULL,
	  "hugepagesz=1G hugepages=8  hugepagesz=2M hugepages=16 iommu=pt" },
	{ "vfio-pci.ids=1:2 a vfio_pci.ids=3:4", "vfio-pci.ids=1:2,3:4", NULL, "a vfio-pci.ids=1:2,3:4" },
	{ "only", NULL, "only", "" },
};

START_TEST(line)
{
	const char *result = boot_line_edit(fixture_plan->arena, line_rows[_i].line,
					    line_rows[_i].set ? ARGS(line_rows[_i].set) : NULL,
					    line_rows[_i].remove ? ARGS(line_rows[_i].remove) : NULL);

	if (line_rows[_i].result)
		ck_assert_str_eq(result, line_rows[_i].result);
	else
		ck_assert_ptr_null(result);
}
END_TEST

#define FOLDER "/boot/loader/entries"
#define ENTRY                                                                                                       \
	"# made by hand\r\ntitle\tArch Linux\nversion 6.12.1-arch\nlinux /vmlinuz-linux\ninitrd /ucode.img\n"         \
	"initrd /initramfs-linux.img\noptions root=UUID=aa rw\n\n   options  quiet   splash \t\narchitecture x64"

static struct bls_entry **entries;
static unsigned n_entries;

static void read_entries(int expect)
{
	ck_assert_int_eq(bls_read(fixture_host, NULL, fixture_host->arena, FOLDER, &entries, &n_entries,
				  &fixture_err),
			 expect);
}

START_TEST(bls_parsed_and_edited)
{
	read_entries(0);
	ck_assert_uint_eq(n_entries, 0);
	fixture_write(FOLDER "/arch.conf", ENTRY);
	fixture_write(FOLDER "/notes.txt", "options no\n");
	read_entries(0);
	ck_assert_uint_eq(n_entries, 1);
	ck_assert_str_eq(entries[0]->title, "Arch Linux");
	ck_assert_str_eq(entries[0]->kernel, "/vmlinuz-linux");
	ck_assert_str_eq(entries[0]->initrds[1], "/initramfs-linux.img");
	ck_assert_str_eq(entries[0]->line, "root=UUID=aa rw quiet   splash");
	ck_assert_str_eq(bls_edit(fixture_host->arena, entries[0], ARGS("iommu=pt", "rw"), ARGS("quiet")),
			 "# made by hand\r\ntitle\tArch Linux\nversion 6.12.1-arch\nlinux /vmlinuz-linux\n"
			 "initrd /ucode.img\ninitrd /initramfs-linux.img\noptions root=UUID=aa rw\n\n"
			 "   options  splash iommu=pt \t\narchitecture x64");
	ck_assert_ptr_null(bls_edit(fixture_host->arena, entries[0], ARGS("rw"), ARGS("nothing")));
}
END_TEST

START_TEST(bls_without_options)
{
	fixture_write(FOLDER "/a.conf", "title A\nlinux /vmlinuz");
	read_entries(0);
	ck_assert_str_eq(bls_edit(fixture_host->arena, entries[0], ARGS("iommu=pt"), NULL),
			 "title A\nlinux /vmlinuz\noptions iommu=pt\n");
}
END_TEST

START_TEST(bls_running)
{
	const char *why;

	fixture_host->identity.kernel = "6.1.0-28-amd64";
	arena_strv_add(fixture_host->arena, &fixture_host->kernel.args, "root=UUID=aa");
	fixture_write(FOLDER "/id-6.1.0-27-amd64.conf",
		      "version 6.1.0-27-amd64\noptions root=UUID=aa\nlinux /id/6.1.0-27-amd64/linux\n");
	fixture_write(FOLDER "/id-6.1.0-28-amd64.conf", "options root=UUID=aa\nlinux /id/6.1.0-28-amd64/linux\n");
	fixture_write(FOLDER "/other-6.1.0-28-amd64.conf",
		      "version 6.1.0-28-amd64\noptions root=UUID=bb\nlinux /other/6.1.0-28-amd64/linux\n");
	read_entries(0);
	ck_assert_str_eq(bls_find_running(fixture_host, entries, n_entries, &why)->id, "id-6.1.0-28-amd64.conf");
	/* A second one that starts the same: not to be guessed, unless the loader said which. */
	fixture_write(FOLDER "/copy.conf", "version 6.1.0-28-amd64\noptions root=UUID=aa\nlinux /vmlinuz\n");
	read_entries(0);
	ck_assert_ptr_null(bls_find_running(fixture_host, entries, n_entries, &why));
	ck_assert_ptr_nonnull(strstr(why, "copy.conf"));
	fixture_host->firmware.loader_entry = "COPY.conf";
	ck_assert_str_eq(bls_find_running(fixture_host, entries, n_entries, &why)->id, "copy.conf");
	/* A release that only begins like the running one is another. */
	fixture_host->firmware.loader_entry = NULL;
	fixture_host->identity.kernel = "6.1.0-2";
	ck_assert_ptr_null(bls_find_running(fixture_host, entries, n_entries, &why));
}
END_TEST

START_TEST(bls_no_text)
{
	fixture_write(FOLDER "/a.conf", "title A\n");
	ck_assert_int_eq(fixture_run("printf 'options a\\000b\\n' > '%s" FOLDER "/b.conf'", fixture_dir), 0);
	read_entries(-EBADMSG);
	ck_assert_int_eq((int)fixture_err.kind, (int)ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "b.conf"));
}
END_TEST

/* Two loaders that both could be it are a question, not a choice. */
START_TEST(two_are_a_question)
{
	const char *why;

	fixture_write("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	fixture_write("/boot/grub/grub.cfg", "\n");
	fixture_host->boot.boot_image = "/vmlinuz";
	ck_assert_str_eq(bootloader_detect(fixture_host, &why)->name, "grub");
	ck_assert_ptr_nonnull(strstr(why, "BOOT_IMAGE=/vmlinuz"));
	fixture_host->boot.boot_image = NULL;
	ck_assert_ptr_null(bootloader_detect(fixture_host, &why));
	ck_assert_ptr_nonnull(strstr(why, "GRUB"));
}
END_TEST

START_TEST(partitions)
{
	static const char *const mounted[] = { "/efi", NULL }, *const other[] = { "/mnt/other", NULL };
	struct block_device second = { .name = "sda1", .is_esp = true, .mounts = other, .part_uuid = "bb" };
	struct block_device esp = { .name = "sdb1", .is_esp = true, .mounts = mounted, .part_uuid = "aa" };
	struct block_device *blocks[] = { &second, &esp };
	const char *const *list;

	ck_assert_int_eq(fixture_run("mkdir -p '%s/boot/EFI' '%s/efi' '%s/mnt/other'", fixture_dir, fixture_dir, fixture_dir),
			 0);
	list = boot_partitions(fixture_host);
	ck_assert_str_eq(list[0], "/boot");
	ck_assert_ptr_null(list[1]);
	fixture_host->blocks = blocks;
	fixture_host->n_blocks = 2;
	list = boot_partitions(fixture_host);
	ck_assert_str_eq(list[0], "/mnt/other");
	ck_assert_str_eq(list[1], "/efi");
	ck_assert_str_eq(list[2], "/boot");
	/* What was started comes first: said by the firmware, or better by the loader. */
	fixture_host->firmware.boot_current_partition = "AA";
	ck_assert_str_eq(boot_partitions(fixture_host)[0], "/efi");
	fixture_host->firmware.loader_partition = "bb";
	ck_assert_str_eq(boot_partitions(fixture_host)[0], "/mnt/other");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("evidence");
	Suite *s = suite_create("boot-evidence");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_loop_test(t, evidence, 0, ARRAY_SIZE(evidence_rows));
	tcase_add_loop_test(t, line, 0, ARRAY_SIZE(line_rows));
	tcase_add_test(t, bls_parsed_and_edited);
	tcase_add_test(t, bls_without_options);
	tcase_add_test(t, bls_running);
	tcase_add_test(t, bls_no_text);
	tcase_add_test(t, two_are_a_question);
	tcase_add_test(t, partitions);
	suite_add_tcase(s, t);
	return unit_run(s);
}
