/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/judge.h"
#include "tests/lib/facts.h"

static void add_menu(struct facts *f, const char *lines)
{
	struct boards b = { 0 };

	boards_add(&b, f->h, "test", lines, strlen(lines), false);
	f->h->firmware.menu = boards_find(&b, f->h, f->h->arena);
}

static struct firmware_attribute *add_attribute(struct facts *f, enum firmware_setting setting,
						const char *name, const char *value)
{
	struct firmware_facts *fw = &f->h->firmware;
	struct firmware_attribute *t;

	if (!fw->attributes)
		fw->attributes = arena_alloc(f->h->arena, 8 * sizeof(*fw->attributes));
	t = &fw->attributes[fw->n_attributes++];
	*t = (struct firmware_attribute){ setting, "thinklmi", name, name, value, "Disable;Enable", !value };
	fw->attributes_driver = "thinklmi";
	return t;
}

/* VT-x locked, no DMAR table. */
static void all_off(struct facts *f)
{
	facts_init(f);
	f->h->cpu.flag_virtualization = 0;
	f->h->identity.board_vendor = "Acme";
	f->h->identity.board = "X1";
}

#define VIRT "virtualization-off-in-firmware"
#define IOMMU "iommu-off-in-firmware"

START_TEST(path_of_this_board)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	all_off(&f);
	add_menu(&f, "maker=Acme | key=F12 | virtualization=Tab > VMX | source=manual of it\n"
		     "maker=Acme | iommu=Tab > Directed | source=unconfirmed: reported\n");
	j = rules_judge(f.h);
	ck_advice(j, VIRT, "Press F12 while");
	ck_advice(j, VIRT, "usually under: Tab > VMX");
	ck_advice(j, VIRT, "VT-x");
	ck_advice(j, IOMMU, "reported to be under: Tab > Directed");
	ck_advice(j, IOMMU, "not confirmed");
	ck_advice(j, IOMMU, "VT for Direct I/O");
	ck_no_finding(j, "board-not-known");
}
END_TEST

START_TEST(names_where_nothing_is_known)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	all_off(&f);
	j = rules_judge(f.h);
	ck_advice(j, IOMMU, "Press Del or F2");
	ck_advice(j, IOMMU, "VT for Direct I/O");
	ck_no_advice(j, IOMMU, "AMD-Vi");
	facts_amd(&f);
	j = rules_judge(f.h);
	ck_advice(j, IOMMU, "AMD-Vi");
	ck_no_advice(j, IOMMU, "VT-d");
	ck_advice(j, VIRT, "SVM Mode");
	f.h->cpu.hypervisor = 1;
	ck_assert_ptr_null(judge_firmware_advice(rules_judge(f.h), SETTING_IOMMU));
}
END_TEST

START_TEST(always_on)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	all_off(&f);
	add_menu(&f, "maker=Acme | iommu=always on | virtualization=- | source=its documents\n");
	j = rules_judge(f.h);
	ck_advice(j, IOMMU, "on always");
	ck_advice(j, IOMMU, "its documents");
	ck_no_advice(j, VIRT, "usually under");
}
END_TEST

START_TEST(line_for_an_unknown_board)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct boards b = { 0 };
	struct judgement *j;
	const char *line = NULL;

	all_off(&f);
	add_menu(&f, "maker=Other | key=F1 | source=a\n");
	ck_assert_int_eq(f.h->firmware.menu->match, BOARD_UNKNOWN);
	f.h->firmware.board_line = boards_line_to_fill(f.h, f.h->arena);
	j = rules_judge(f.h);
	ck_evidence(j, "board-not-known", "board_vendor: Acme");
	ck_advice(j, "board-not-known", "/etc/vfio-wizard/boards");
	for (const char *const *e = facts_get(j, "board-not-known")->evidence; e && *e; e++)
		if (str_starts_with(*e, "maker="))
			line = *e;
	ck_assert_ptr_nonnull(line);
	boards_add(&b, f.h, "own", line, strlen(line), true);
	ck_assert_uint_eq(boards_count(&b), 1);
}
END_TEST

START_TEST(settings_the_firmware_shows)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	all_off(&f);
	add_attribute(&f, SETTING_VIRTUALIZATION, "VirtualizationTechnology", "Disable");
	add_attribute(&f, SETTING_IOMMU, "VTdFeature", NULL);
	j = rules_judge(f.h);
	ck_evidence(j, VIRT, "/thinklmi/attributes/VirtualizationTechnology/current_value: Disable");
	ck_advice(j, VIRT, "set it to Enable.");
	ck_evidence(j, IOMMU, "VTdFeature/current_value: only root");
	ck_advice(j, IOMMU, "as root");
	ck_advice(j, "firmware-settings", "as root");
	ck_no_finding(j, "firmware-setting-off");
	ck_no_finding(j, "firmware-change-pending");
	f.h->firmware.attributes[1].value = "Enable";
	f.h->firmware.attributes[1].hidden = false;
	f.h->firmware.pending_reboot = 1;
	j = rules_judge(f.h);
	ck_advice(j, IOMMU, "is Enable already");
	ck_no_advice(j, "firmware-settings", "as root");
	ck_evidence(j, "firmware-change-pending", "/thinklmi/attributes/pending_reboot: 1");
}
END_TEST

START_TEST(setting_that_the_next_start_misses)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_unit(&f, "dmar0");
	facts_group(&f, 0);
	f.h->iommu.has_dmar = true;
	add_attribute(&f, SETTING_VIRTUALIZATION, "VirtualizationTechnology", "Enable");
	add_attribute(&f, SETTING_IOMMU, "VTdFeature", "Disable");
	add_attribute(&f, SETTING_SECURE_BOOT, "SecureBoot", "Disable");
	j = rules_judge(f.h);
	ck_assert_uint_eq(facts_count(j, "firmware-setting-off"), 1);
	ck_evidence(j, "firmware-setting-off", "VTdFeature/current_value: Disable");
}
END_TEST

START_TEST(missing_programs_by_package)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	ck_no_finding(rules_judge(f.h), "qemu-missing"); /* nobody looked */
	f.h->software.looked = true;
	ck_advice(rules_judge(f.h), "qemu-missing", "Install QEMU");
	arena_strv_add(f.h->arena, &f.h->identity.os_like, "pop");
	arena_strv_add(f.h->arena, &f.h->identity.os_like, "ubuntu");
	f.h->software.swtpm = "";
	j = rules_judge(f.h);
	ck_advice(j, "qemu-missing", "qemu-system-x86");
	ck_advice(j, "libvirt-missing", "libvirt-daemon-system");
	ck_advice(j, "ovmf-missing", "ovmf");
	ck_no_finding(j, "swtpm-missing");
	f.h->software.qemu = "1:7.2+dfsg-7+deb12u13";
	j = rules_judge(f.h);
	ck_no_finding(j, "qemu-missing");
	ck_evidence(j, "qemu-old", "deb12u13");
	f.h->software.qemu = "1:8.1.0";
	ck_no_finding(rules_judge(f.h), "qemu-old");
	f.h->software.qemu = "10.0.0-1";
	ck_no_finding(rules_judge(f.h), "qemu-old");
	f.h->software.qemu = "";
	ck_no_finding(rules_judge(f.h), "qemu-old");
}
END_TEST

static const char *says_of_libvirt(struct facts *f, const char *version)
{
	struct judgement *j;

	f->h->software.libvirt = version;
	j = rules_judge(f->h);
	return facts_find(j, "libvirt-old") ? "old" : "";
}

START_TEST(versions_that_are_new_enough)
{
	static struct pci_details details = { .bars_known = true };
	_cleanup_facts_ struct facts f = { 0 };
	struct software_facts *s;
	struct pci_device *d;

	facts_init(&f);
	s = &f.h->software;
	s->looked = true;
	ck_assert_str_eq(says_of_libvirt(&f, "7.0.0-3+deb11u3"), "old");
	ck_assert_str_eq(says_of_libvirt(&f, "6.0.0-0ubuntu8"), "old");
	ck_assert_str_eq(says_of_libvirt(&f, "7.2.0"), "");
	ck_assert_str_eq(says_of_libvirt(&f, "8.0.0-1ubuntu7.10"), "");
	ck_assert_str_eq(says_of_libvirt(&f, "8.6.0"), "");
	ck_assert_str_eq(says_of_libvirt(&f, "10.1.0"), "");
	ck_assert_str_eq(says_of_libvirt(&f, ""), "");
	s->libvirt = "7.0.0";
	s->libvirt_from = "/usr/lib64/libvirt.so.0.7000.0";
	ck_evidence(rules_judge(f.h), "libvirt-old", "7.0.0 (/usr/lib64/libvirt.so.0.7000.0)");

	d = facts_device(&f, "01:00.0", 0x10de, 0x2684, 0x030000, 1, NULL);
	d->details = &details;
	details.bars[1].size = UINT64_C(32) << 30;
	s->ovmf = "2022.02-3ubuntu0.22.04.2";
	ck_finding(rules_judge(f.h), "ovmf-old");
	s->ovmf = "202208-3";
	ck_finding(rules_judge(f.h), "ovmf-old");
	s->ovmf = "2022.11-6+deb12u2";
	ck_no_finding(rules_judge(f.h), "ovmf-old");
	s->ovmf = "202405-1";
	ck_no_finding(rules_judge(f.h), "ovmf-old");
	s->ovmf = "4.2023.08-4"; /* Proxmox counts otherwise: not guessed */
	ck_no_finding(rules_judge(f.h), "ovmf-old");
	s->ovmf = "2020.11-2";
	details.bars[1].size = UINT64_C(16) << 30;
	ck_no_finding(rules_judge(f.h), "ovmf-old");

	arena_strv_add(f.h->arena, &f.h->identity.os_like, "debian");
	ck_advice(rules_judge(f.h), "swtpm-missing", "packages swtpm swtpm-tools");
	s->swtpm = "0.7.1";
	ck_no_finding(rules_judge(f.h), "swtpm-setup-missing"); /* not known */
	s->has_swtpm_setup = 0;
	ck_advice(rules_judge(f.h), "swtpm-setup-missing", "swtpm-tools");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("firmware");
	TCase *tc = tcase_create("firmware");

	tcase_add_test(tc, path_of_this_board);
	tcase_add_test(tc, names_where_nothing_is_known);
	tcase_add_test(tc, always_on);
	tcase_add_test(tc, line_for_an_unknown_board);
	tcase_add_test(tc, settings_the_firmware_shows);
	tcase_add_test(tc, setting_that_the_next_start_misses);
	tcase_add_test(tc, missing_programs_by_package);
	tcase_add_test(tc, versions_that_are_new_enough);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
