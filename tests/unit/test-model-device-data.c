/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "base/strv.h"
#include "tests/lib/facts.h"

#include <sys/stat.h>

static void add(struct facts *f, const char *text, bool own)
{
	device_data_add(f->h, own ? "/etc/vfio-wizard/devices" : "data/test", text, strlen(text), own);
}

static void write_below(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(every_shipped_line_parses_and_has_a_source)
{
	_cleanup_facts_ struct facts f = { 0 };
	const char *dir = getenv("VFIO_WIZARD_DATADIR");
	_cleanup_free_ char *path = xasprintf("%s/data/devices", dir ? dir : ".");
	FILE *file = fopen(path, "r");
	unsigned lines = 0, lacking = 0;
	char line[1024];

	facts_init(&f);
	ck_assert_msg(!f.h->broken, "%s", f.h->broken ? f.h->broken[0] : "");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file)) {
		const char *source = strrchr(line, '|');

		if (*line == '#' || *line == '\n')
			continue;
		lines++;
		/* a source names a file, a thread, a listing: more than one word */
		lacking += !source || strlen(source) < 8 || !strchr(source + 2, ' ');
	}
	fclose(file);
	ck_assert_uint_ge(lines, 100);
	ck_assert_uint_eq(lacking, 0);
}
END_TEST

/* Every id, range and rule of the file, tried with a device that it is about. */
START_TEST(known_devices)
{
	static const struct {
		uint16_t vendor, device;
		uint32_t class_code;
		enum device_topic topic;
		const char *name;
	} known[] = {
		{ 0x1002, 0x67df, 0x030000, DEVICE_RESET_BUG, "Polaris 10" },
		{ 0x1002, 0x731f, 0x030000, DEVICE_RESET_BUG, "Navi 10" },
		{ 0x1002, 0x738c, 0x038000, DEVICE_RESET_BUG, "MI100" },
		{ 0x1002, 0x73bf, 0x030000, DEVICE_RESET_REPORTS, "Navi 21, Radeon RX 6800 and 6900" },
		{ 0x1022, 0x149c, 0x0c0330, DEVICE_NO_FLR, "AMD Matisse USB 3.0" },
		{ 0x168c, 0x003e, 0x028000, DEVICE_NO_BUS_RESET, "Atheros QCA6174" },
		{ 0x1b21, 0x1164, 0x010601, DEVICE_NO_BUS_RESET, "ASMedia ASM1164" },
		{ 0x144d, 0xa804, 0x010802, DEVICE_SPECIAL_RESET,
		  "the controller is switched off before the function level reset" },
		{ 0x8086, 0x467f, 0x010400, DEVICE_VMD, "Alder Lake" },
		{ 0x8086, 0x9a0b, 0x010400, DEVICE_VMD, "Tiger Lake" },
		{ 0x8086, 0x5912, 0x030000, DEVICE_GVT_G, "Kaby Lake" },
		{ 0x1a03, 0x2000, 0x030000, DEVICE_BMC, "ASPEED" },
		{ 0x102b, 0x0534, 0x030000, DEVICE_BMC, "Matrox G200" },
		{ 0x10de, 0x1ad9, 0x0c8000, DEVICE_CARD_USB, "NVIDIA Turing and later: USB-C" },
		{ 0x1002, 0x1479, 0x060400, DEVICE_CARD_SWITCH, "AMD Navi" },
		{ 0x10de, 0x2342, 0x030200, DEVICE_VARIANT, "nvgrace_gpu_vfio_pci" },
	};
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *other;

	facts_init(&f);
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		_cleanup_free_ char *address = xasprintf("0000:%02x:00.0", i + 1);

		facts_device(&f, address, known[i].vendor, known[i].device, known[i].class_code, -1, NULL);
	}
	other = facts_device(&f, "0000:70:00.0", 0x10de, 0x2482, 0x030000, -1, NULL);
	device_data_match(f.h);
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		const struct device_line *l = device_known(f.h->devices[i], known[i].topic);

		ck_assert_msg(l != NULL, "%s is not known", known[i].name);
		ck_assert_str_eq(l->name, known[i].name);
		ck_assert_ptr_nonnull(strstr(device_line_text(f.h->arena, l), l->name));
	}
	ck_assert_uint_eq(other->n_known, 0);
	/* sound of the same family has the family's id range, and is no graphics card */
	ck_assert_ptr_null(device_known(f.h->devices[0], DEVICE_NO_FLR));
}
END_TEST

/* What depends on more than the ids. */
START_TEST(rules_of_a_line)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *pf, *vf, *bound;

	facts_init(&f);
	pf = facts_device(&f, "0000:01:00.0", 0x15b3, 0x101d, 0x020000, -1, NULL);
	vf = facts_device(&f, "0000:01:00.1", 0x15b3, 0x101e, 0x020000, -1, NULL);
	bound = facts_device(&f, "0000:02:00.0", 0x1234, 0x5678, 0x010400, -1, NULL);
	add(&f, "1234:5678 revision 02 | d3 | one | a test of this file\n"
		"1234:5678 class 0104 | d3 | two | a test of this file\n", false);
	bound->driver = "vmd";
	bound->revision = 1;
	device_data_match(f.h);
	ck_assert_ptr_null(device_known(vf, DEVICE_VARIANT)); /* not known to be a virtual function */
	ck_assert_ptr_nonnull(device_known(bound, DEVICE_VMD));
	ck_assert_str_eq(device_known(bound, DEVICE_D3)->name, "two");
	vf->physfn = pf;
	device_data_match(f.h);
	ck_assert_str_eq(device_known(vf, DEVICE_VARIANT)->name, "mlx5_vfio_pci");
	ck_assert_ptr_null(device_known(pf, DEVICE_VARIANT));
}
END_TEST

START_TEST(own_lines_win)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *navi, *polaris, *vega;

	facts_init(&f);
	navi = facts_device(&f, "0000:01:00.0", 0x1002, 0x731f, 0x030000, -1, NULL);
	polaris = facts_device(&f, "0000:02:00.0", 0x1002, 0x67df, 0x030000, -1, NULL);
	vega = facts_device(&f, "0000:03:00.0", 0x1002, 0x687f, 0x030000, -1, NULL);
	add(&f, "1002:731f | -reset-bug | mine comes back | tried ten times\n"
		"1002:67c0-67df | reset-bug | my card | tried once\n", true);
	device_data_match(f.h);
	ck_assert_ptr_null(f.h->broken);
	ck_assert_ptr_null(device_known(navi, DEVICE_RESET_BUG));
	ck_assert_ptr_nonnull(device_known(navi, DEVICE_NO_PM_RESET)); /* the rest stays */
	ck_assert_str_eq(device_known(polaris, DEVICE_RESET_BUG)->name, "my card");
	ck_assert_str_eq(device_known(vega, DEVICE_RESET_BUG)->name, "Vega 10");
}
END_TEST

START_TEST(wrong_lines_are_named)
{
	static const char *const wrong[] = {
		"1002:731f | reset-bug | no source",
		"1002:731f | reset-bug | name | source | more",
		"1002:731f | reset-bug | name | ",
		"1002:731f | reset-bug |  | source",
		"1002:731f | no-such-word | name | source",
		"1002:731f | - | name | source",
		"1002:73 | d3 | name | source",
		"1002:7320-7310 | d3 | name | source",
		"1002:731g | d3 | name | source",
		"0x1002:731f | d3 | name | source",
		"1002 | d3 | name | source",
		"1002:731f class | d3 | name | source",
		"1002:731f class 030 | d3 | name | source",
		"1002:731f class zz | d3 | name | source",
		"1002:731f revision | d3 | name | source",
		"1002:731f driver | d3 | name | source",
		"1002:731f colour red | d3 | name | source",
		"*:* | d3 | name | source",
		" | d3 | name | source",
		"\xff\xfe\x01",
	};
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_free_ char *text = xasprintf("# comment\n\n%s\n", wrong[i]);

		f.h->broken = NULL;
		add(&f, text, true);
		ck_assert_msg(strv_length(f.h->broken) == 1, "accepted: %s", wrong[i]);
		ck_assert_msg(str_starts_with(f.h->broken[0], "/etc/vfio-wizard/devices:3: "), "%s",
			      f.h->broken[0]);
	}
	f.h->broken = NULL;
	device_data_add(f.h, "binary", "a\0b", 3, true);
	ck_assert(facts_says(f.h->broken, "binary:1: "));
	f.h->broken = NULL;
	add(&f, "1002:731f | d3 | without a line end | a test of this file", true);
	add(&f, "", true);
	ck_assert_ptr_null(f.h->broken);
}
END_TEST

/* A folder of files, or one file; what an editor leaves behind does not count. */
START_TEST(own_files)
{
	char dir[] = "/tmp/device-data-XXXXXX";
	_cleanup_free_ char *etc = NULL, *wizard = NULL, *folder = NULL;
	struct fsroot *root = NULL;
	struct err err = { 0 };
	struct host *h;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	etc = xasprintf("%s/etc", dir);
	wizard = xasprintf("%s/vfio-wizard", etc);
	folder = xasprintf("%s/devices", wizard);
	ck_assert_int_eq(mkdir(etc, 0755) | mkdir(wizard, 0755), 0);
	ck_assert_int_eq(fsroot_open(dir, &root, &err), 0);
	h = host_new(root);
	device_data_add_own(h);
	ck_assert(!h->broken && !h->unreadable);
	write_below(wizard, "devices", "nonsense\n");
	device_data_add_own(h);
	ck_assert(facts_says(h->broken, "/etc/vfio-wizard/devices:1: "));
	ck_assert_int_eq(unlink(folder), 0);
	ck_assert_int_eq(mkdir(folder, 0755), 0);
	h->broken = NULL;
	write_below(folder, "gpu", "1002:731f | d3 | x | a test of this file\nnonsense\n");
	write_below(folder, "gpu~", "nonsense\n");
	write_below(folder, ".gpu.swp", "nonsense\n");
	device_data_add_own(h);
	ck_assert_uint_eq(strv_length(h->broken), 1);
	ck_assert(facts_says(h->broken, "/etc/vfio-wizard/devices/gpu:2: "));
	host_free(h);
	fsroot_free(root);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const names[] = { "gpu", "gpu~", ".gpu.swp" };
		_cleanup_free_ char *path = xasprintf("%s/%s", folder, names[i]);

		ck_assert_int_eq(unlink(path), 0);
	}
	ck_assert_int_eq(rmdir(folder) | rmdir(wizard) | rmdir(etc) | rmdir(dir), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("model: knowledge about devices");
	TCase *t = tcase_create("lines");

	tcase_add_test(t, every_shipped_line_parses_and_has_a_source);
	tcase_add_test(t, known_devices);
	tcase_add_test(t, rules_of_a_line);
	tcase_add_test(t, own_lines_win);
	tcase_add_test(t, wrong_lines_are_named);
	tcase_add_test(t, own_files);
	suite_add_tcase(s, t);
	return unit_run(s);
}
