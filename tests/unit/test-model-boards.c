/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/boards.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/board-pattern.h"
#include "model/host.h"
#include "tests/lib/unit.h"

#include <string.h>

struct scene {
	struct fsroot *root;
	struct host *h;
	struct boards boards;
	char **wrong;
};

static void scene_done(struct scene *s)
{
	strv_free(s->wrong);
	host_free(s->h);
	fsroot_free(s->root);
}
#define SCENE(s) _cleanup_(scene_done) struct scene s = { 0 }; scene_init(&s)

static void scene_init(struct scene *s)
{
	struct err err = { 0 };

	ck_assert_int_eq(fsroot_open("/", &s->root, &err), 0);
	s->h = host_new(s->root);
	s->h->cpu.vendor = CPU_AMD;
}

static void scene_add(struct scene *s, const char *text, const char *name, bool own)
{
	boards_add(&s->boards, s->h, name, text, strlen(text), own);
	for (const char *const *sentence = s->h->broken; sentence && *sentence; sentence++)
		strv_add(&s->wrong, *sentence);
	s->h->broken = NULL;
}

static void scene_shipped(struct scene *s)
{
	_cleanup_free_ char *path = NULL, *file = xasprintf("%s/data/boards", unit_srcdir()), *text = NULL;
	size_t len;

	path = realpath(file, NULL);
	ck_assert_ptr_nonnull(path);
	ck_assert_int_eq(fsroot_read(s->root, path, &text, &len), 0);
	ck_assert_uint_eq(strlen(text), len);
	scene_add(s, text, "data/boards", false);
}

static void scene_dmi(struct scene *s, const char *vendor, const char *product, const char *board_vendor,
		      const char *board)
{
	s->h->identity.vendor = vendor;
	s->h->identity.product = product;
	s->h->identity.board_vendor = board_vendor;
	s->h->identity.board = board;
	s->h->identity.family = s->h->identity.version = NULL;
}

static const struct firmware_menu *scene_find(struct scene *s)
{
	return boards_find(&s->boards, s->h, s->h->arena);
}

static const char *scene_path(struct scene *s, enum firmware_setting setting)
{
	return scene_find(s)->settings[setting].path;
}

START_TEST(exact_beats_family_beats_maker)
{
	SCENE(s);

	scene_add(&s,
		  "maker=Acme | board=X1 Pro | iommu=exact | source=a\n"
		  "maker=Acme | family=X1* | iommu=family | acs=family | source=b\n"
		  "maker=Acme | key=Del | iommu=maker | acs=maker | virtualization=maker | source=c\n",
		  "f", false);
	ck_assert_ptr_null(s.wrong);
	scene_dmi(&s, NULL, NULL, "Acme Ltd.", "x1 PRO");
	ck_assert_int_eq(scene_find(&s)->match, BOARD_EXACT);
	ck_assert_str_eq(scene_find(&s)->where, "f:1");
	ck_assert_str_eq(scene_path(&s, SETTING_IOMMU), "exact");
	/* What the exact line does not say comes from the next. */
	ck_assert_str_eq(scene_path(&s, SETTING_ACS), "family");
	ck_assert_str_eq(scene_find(&s)->settings[SETTING_ACS].source, "b");
	ck_assert_str_eq(scene_path(&s, SETTING_VIRTUALIZATION), "maker");
	ck_assert_str_eq(scene_find(&s)->key, "Del");
	scene_dmi(&s, NULL, NULL, "Acme Ltd.", "X1 Plus");
	ck_assert_int_eq(scene_find(&s)->match, BOARD_FAMILY);
	ck_assert_str_eq(scene_path(&s, SETTING_IOMMU), "family");
	scene_dmi(&s, "ACME", "Y2", NULL, NULL);
	ck_assert_int_eq(scene_find(&s)->match, BOARD_MAKER);
	ck_assert_str_eq(scene_path(&s, SETTING_IOMMU), "maker");
	scene_dmi(&s, NULL, NULL, "Acmeworks", "X1 Pro");
	ck_assert_int_eq(scene_find(&s)->match, BOARD_UNKNOWN);
	ck_assert_ptr_null(scene_find(&s)->key);
	scene_dmi(&s, NULL, NULL, NULL, NULL);
	ck_assert_int_eq(scene_find(&s)->match, BOARD_UNKNOWN);
}
END_TEST

START_TEST(own_lines_processors_and_words)
{
	SCENE(s);

	scene_add(&s,
		  "maker=Acme | board=X1 | iommu=shipped exact | acs=shipped | source=a\n"
		  "maker=Acme | cpu=intel | rebar=intel | source=a\n"
		  "maker=Acme | rebar=both | source=a\n"
		  "maker=Acme | cpu=amd | above4g=amd | source=unconfirmed: b\n"
		  "maker=Acme | above4g=both | sriov=first | source=a\n"
		  "maker=Acme | sriov=second | source=a\n",
		  "shipped", false);
	scene_add(&s, "maker=Acme | iommu=own maker | virtualization=always on | acs=? | source=me\n", "own", true);
	scene_dmi(&s, NULL, NULL, "Acme", "X1");
	ck_assert_str_eq(scene_path(&s, SETTING_IOMMU), "own maker");
	ck_assert_str_eq(scene_find(&s)->where, "own:1");
	ck_assert_str_eq(scene_path(&s, SETTING_ACS), "shipped"); /* "?" says nothing */
	ck_assert(scene_find(&s)->settings[SETTING_VIRTUALIZATION].always_on);
	ck_assert_ptr_null(scene_path(&s, SETTING_VIRTUALIZATION));
	ck_assert_str_eq(scene_path(&s, SETTING_REBAR), "both");
	ck_assert_str_eq(scene_path(&s, SETTING_ABOVE_4G), "amd");
	ck_assert(!scene_find(&s)->settings[SETTING_ABOVE_4G].confirmed);
	ck_assert(scene_find(&s)->settings[SETTING_REBAR].confirmed);
	ck_assert_str_eq(scene_path(&s, SETTING_SRIOV), "second");
	s.h->cpu.vendor = CPU_INTEL;
	ck_assert_str_eq(scene_path(&s, SETTING_REBAR), "intel");
	ck_assert_str_eq(scene_path(&s, SETTING_ABOVE_4G), "both");
	s.h->cpu.vendor = CPU_OTHER;
	ck_assert_str_eq(scene_path(&s, SETTING_REBAR), "both");
	scene_add(&s, "maker=Acme | board=X1 | acs=- | source=me\n", "own", true);
	ck_assert_ptr_null(scene_path(&s, SETTING_ACS));
}
END_TEST

START_TEST(wrong_lines_are_named)
{
	static const struct {
		const char *line, *says;
	} wrong[] = {
		{ "maker=Acme | iommu", "no field" },
		{ "maker=Acme | imomu=x | source=a", "\"imomu\"" },
		{ "maker=Acme | iommu=x | iommu=y | source=a", "twice" },
		{ "maker=Acme | iommu= | source=a", "empty" },
		{ "maker=Acme | cpu=arm | iommu=x | source=a", "intel or amd" },
		{ "maker=Acme | iommu=x", "\"source\" is missing" },
		{ "iommu=x | source=a", "\"maker\" is missing" },
		{ "maker=Acme | source=a", "says nothing" },
		{ "maker=Acme\\q | iommu=x | source=a", "backslash" },
		{ "maker=Acme; ; B | iommu=x | source=a", "empty part" },
		{ "maker=Acme\\ | iommu=x | source=a", "backslash" },
		{ "maker=Acme\\x00 | iommu=x | source=a", "backslash" },
		{ "maker=Acme | iommu=\033[2J | source=a", "no text" },
		{ "maker=Acme | iommu=\\x1b[2J | source=a", "no text" },
		{ "maker=Acme | iommu=\xff | source=a", "no text" },
		{ "maker=Acme | | source=a", "no field" },
	};
	SCENE(s);

	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_free_ char *text = xasprintf("# comment\n\n  %s  \r\nmaker=B | key=F%u | source=b\n",
						      wrong[i].line, i);

		strv_free(s.wrong);
		s.wrong = NULL;
		scene_add(&s, text, "/etc/vfio-wizard/boards", true);
		ck_assert_msg(strv_length(strv_const(s.wrong)) == 1, "%s is taken", wrong[i].line);
		ck_assert_msg(str_starts_with(s.wrong[0], "/etc/vfio-wizard/boards:3: "), "%s", s.wrong[0]);
		ck_assert_msg(strstr(s.wrong[0], wrong[i].says) != NULL, "%s", s.wrong[0]);
	}
	/* The other lines count. */
	ck_assert_uint_eq(boards_count(&s.boards), ARRAY_SIZE(wrong));
	scene_dmi(&s, NULL, NULL, "B", "X");
	ck_assert_str_eq(scene_find(&s)->key, "F15");
}
END_TEST

START_TEST(long_lines_and_no_text)
{
	_cleanup_str_ struct str text = { 0 };
	SCENE(s);

	str_add(&text, "maker=");
	for (unsigned i = 0; i < 5000; i++)
		str_addc(&text, '*');
	str_add(&text, " | iommu=x | source=a\n\x01\x02\x03\n|||\n");
	scene_add(&s, str_c(&text), "f", false);
	ck_assert_uint_eq(strv_length(strv_const(s.wrong)), 3);
	ck_assert(strstr(s.wrong[0], "too long") != NULL);
	ck_assert_uint_eq(boards_count(&s.boards), 0);
}
END_TEST

START_TEST(every_shipped_line)
{
	SCENE(s);

	scene_shipped(&s);
	for (char **w = s.wrong; w && *w; w++)
		ck_abort_msg("%s", *w);
	ck_assert_uint_ge(boards_count(&s.boards), 60);
	for (unsigned i = 0; i < boards_count(&s.boards); i++) {
		ck_assert_msg(boards_source(&s.boards, i) && strlen(boards_source(&s.boards, i)) > 10,
			      "line %u has no source", i);
	}
}
END_TEST

START_TEST(keys_in_words)
{
	static const char *const rows[][2] = {
		{ "F10", "F10" }, { "Del;F2", "Del or F2" }, { "F1; F2; Esc", "F1, F2 or Esc" }, { NULL, "Del or F2" },
		{ "F2; Novo", "F2 or the small key beside the power socket" }, { "Volume up", "Volume up" },
	};
	struct firmware_menu menu = { 0 };
	SCENE(s);

	ck_assert_str_eq(boards_key_text(s.h), "Del or F2");
	s.h->firmware.menu = &menu;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		menu.key = rows[i][0];
		ck_assert_str_eq(boards_key_text(s.h), rows[i][1]);
	}
}
END_TEST

/* DMI strings as real computers have them: what opens the setup, and the path of the IOMMU. */
static const struct {
	enum cpu_vendor cpu;
	const char *vendor, *product, *board_vendor, *board;
	enum board_match match;
	const char *key, *iommu; /* iommu: part of the path, NULL not known, "on" always on */
} known[] = {
	{ CPU_AMD, NULL, NULL, "ASUSTeK COMPUTER INC.", "ROG STRIX X570-E GAMING", BOARD_MAKER, "Del or F2", "AMD CBS" },
	{ CPU_INTEL, NULL, NULL, "ASUSTeK Computer INC.", "P8Z77-V", BOARD_MAKER, "Del or F2", "System Agent" },
	{ CPU_AMD, "Micro-Star International Co., Ltd.", "MS-7C91", "Micro-Star International Co., Ltd.",
	  "MAG B550 TOMAHAWK (MS-7C91)", BOARD_MAKER, "Del", "AMD CBS" },
	{ CPU_INTEL, "MICRO-STAR INTERNATIONAL CO.,LTD", "MS-7984", "MICRO-STAR INTERNATIONAL CO.,LTD", "Z170A",
	  BOARD_MAKER, "Del", "VT-D Tech" },
	{ CPU_INTEL, "MSI", "MS-7816", "MSI", "H87-G43 (MS-7816)", BOARD_MAKER, "Del", "VT-D Tech" },
	{ CPU_AMD, NULL, NULL, "ASRock", "X570 Taichi", BOARD_MAKER, "F2 or Del", "NBIO" },
	{ CPU_INTEL, NULL, NULL, "ASRock", "H170 Pro4S", BOARD_MAKER, "F2 or Del", "Chipset Configuration > VT-d" },
	{ CPU_AMD, NULL, NULL, "ASRockRack", "X470D4U", BOARD_MAKER, "F2 or Del", "NBIO" },
	{ CPU_AMD, NULL, NULL, "Gigabyte Technology Co., Ltd.", "B650M DS3H", BOARD_MAKER, "Del", "Miscellaneous" },
	{ CPU_AMD, NULL, NULL, "Gigabyte Technology Co., Ltd.", "AB350M-Gaming 3", BOARD_FAMILY, "Del", "Peripherals" },
	{ CPU_INTEL, NULL, NULL, "Gigabyte Technology Co., Ltd.", "Z390 AORUS ELITE-CF", BOARD_MAKER, "Del", "VT-d" },
	{ CPU_AMD, "Giga Computing", "MC12-LE0-00", "GIGABYTE", "MC12-LE0-00", BOARD_EXACT, "Del", "Advanced > AMD CBS" },
	{ CPU_INTEL, "Supermicro", NULL, "Supermicro", "X11DPi-N", BOARD_MAKER, "Del", "IIO" },
	{ CPU_INTEL, "Supermicro", NULL, "Supermicro", "X11SSM-F", BOARD_FAMILY, "Del", "System Agent" },
	{ CPU_AMD, "Super Micro Computer, Inc.", NULL, "Super Micro Computer, Inc.", "H12SSL-i", BOARD_MAKER, "Del", "NB" },
	{ CPU_INTEL, "Dell Inc.", "OptiPlex 7050", "Dell Inc.", "0NW6H5", BOARD_MAKER, "F2", "Direct I/O" },
	{ CPU_INTEL, "Dell Inc.", "PowerEdge R730", "Dell Inc.", "0H21J3", BOARD_FAMILY, "F2", "Processor Settings" },
	{ CPU_INTEL, "Hewlett-Packard", "HP EliteDesk 800 G1", "Hewlett-Packard", "1998", BOARD_MAKER, "F10", "(VTd)" },
	{ CPU_INTEL, "HP", "HP Z4 G4 Workstation", "HP", "81C5", BOARD_MAKER, "F10", "(VTd)" },
	{ CPU_INTEL, "HP", "ProLiant DL380p Gen8", "HP", NULL, BOARD_FAMILY, "F9", "VT-d" },
	{ CPU_AMD, "HPE", "ProLiant DL385 Gen10", "HPE", "ProLiant DL385 Gen10", BOARD_FAMILY, "F9", "AMD I/O" },
	{ CPU_INTEL, "LENOVO", "20N2S0AA00", "LENOVO", "20N2S0AA00", BOARD_FAMILY, "F1 or Enter and then F1", "VT-d Feature" },
	{ CPU_INTEL, "Intel(R) Client Systems", "NUC8i7BEH", "Intel Corporation", "NUC8BEB", BOARD_MAKER, "F2", "Security Features" },
	{ CPU_INTEL, "Intel Corporation", "S2600WTT", "Intel Corporation", "S2600WTT", BOARD_FAMILY, "F2", "Integrated IO" },
	{ CPU_AMD, "Framework", "Laptop 13 (AMD Ryzen 7040Series)", "Framework", "FRANMDCP05", BOARD_MAKER, "F2", "on" },
	{ CPU_INTEL, "System76", "Lemur Pro", "System76", "Lemur Pro", BOARD_MAKER, "Del, F2 or Esc", "on" },
	{ CPU_AMD, "System76, Inc.", "Thelio Major", "System76", "Thelio Major", BOARD_FAMILY, "Del or F2", NULL },
	{ CPU_INTEL, "Acer", "Spin SP315-51", "Acer", "Tamarin", BOARD_MAKER, "F2", "VT-d" },
	{ CPU_INTEL, "TYAN", "S7106", "TYAN", "S7106", BOARD_MAKER, "Del or F2", "IIO" },
	{ CPU_INTEL, "Notebook", "P65xHP", "Notebook", "P65xHP", BOARD_MAKER, "F2", "VT-d" },
};

START_TEST(dmi_strings_of_real_computers)
{
	SCENE(s);

	scene_shipped(&s);
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		const struct firmware_menu *m;
		const struct firmware_path *p;
		const char *name = known[i].board ? known[i].board : known[i].product;

		scene_dmi(&s, known[i].vendor, known[i].product, known[i].board_vendor, known[i].board);
		s.h->cpu.vendor = known[i].cpu;
		if (str_eq(known[i].product, "20N2S0AA00")) /* ThinkPads: the name is the version */
			s.h->identity.version = "ThinkPad T490";
		m = scene_find(&s);
		p = &m->settings[SETTING_IOMMU];
		ck_assert_msg(m->match == known[i].match, "%s: %s", name, m->where);
		s.h->firmware.menu = m;
		ck_assert_msg(str_eq(boards_key_text(s.h), known[i].key), "%s: key %s", name, boards_key_text(s.h));
		ck_assert_msg(p->always_on == str_eq(known[i].iommu, "on"), "%s", name);
		if (!p->always_on && known[i].iommu)
			ck_assert_msg(p->path && strstr(p->path, known[i].iommu), "%s: %s", name, p->path);
		else
			ck_assert_ptr_null(p->path);
	}
	scene_dmi(&s, "QEMU", "Standard PC (Q35 + ICH9, 2009)", NULL, NULL);
	ck_assert_int_eq(scene_find(&s)->match, BOARD_UNKNOWN);
	scene_dmi(&s, "Hpx", "x", "Intelligent Things", "x");
	ck_assert_int_eq(scene_find(&s)->match, BOARD_UNKNOWN);
}
END_TEST

/* The printed line is taken as it is; with one path filled in it fits this board, and no other. */
static void check_line(const char *maker, const char *board)
{
	const char *line, *rest;
	_cleanup_free_ char *filled = NULL;
	SCENE(s);

	scene_dmi(&s, NULL, NULL, maker, board);
	s.h->identity.firmware_version = "F8|\x01;*";
	line = boards_line_to_fill(s.h, s.h->arena);
	ck_assert_ptr_nonnull(line);
	for (const char *c = line; *c; c++)
		ck_assert_msg(*c >= 0x20 && *c < 0x7f, "byte %02x in %s", (unsigned char)*c, line);
	scene_add(&s, line, "own", true);
	ck_assert_msg(!s.wrong, "%s", s.wrong ? s.wrong[0] : "");
	ck_assert_int_eq(scene_find(&s)->match, BOARD_UNKNOWN); /* nothing was filled in */
	rest = strstr(line, "iommu=?");
	ck_assert_ptr_nonnull(rest);
	filled = xasprintf("%.*siommu=Here%s", (int)(rest - line), line, rest + strlen("iommu=?"));
	scene_add(&s, filled, "own", true);
	ck_assert_msg(!s.wrong, "%s", s.wrong ? s.wrong[0] : "");
	ck_assert_msg(scene_find(&s)->match == BOARD_EXACT, "%s", filled);
	ck_assert_str_eq(scene_path(&s, SETTING_IOMMU), "Here");
	scene_dmi(&s, NULL, NULL, maker, "another board");
	ck_assert_int_eq(scene_find(&s)->match, BOARD_UNKNOWN);
}

START_TEST(a_line_to_fill_in_fits_its_board)
{
	char longest[201];

	memset(longest, 0xff, sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	check_line("Acme Ltd.", "X1 Pro");
	check_line("Acme | Sons; Co", "X*1 | board=\\x41 \\");
	check_line("A\033[2Jcme", "\x01\x02\x7f\x80\xff");
	check_line("\xe4\xbc\x98", "#1 = best");
	check_line(longest, longest);
}
END_TEST

START_TEST(no_line_without_names)
{
	SCENE(s);

	ck_assert_ptr_null(boards_line_to_fill(s.h, s.h->arena));
	scene_dmi(&s, "Acme", NULL, NULL, NULL);
	ck_assert_ptr_null(boards_line_to_fill(s.h, s.h->arena));
	scene_dmi(&s, "Acme", "Box", NULL, NULL);
	ck_assert(strstr(boards_line_to_fill(s.h, s.h->arena), "maker=Acme | board=Box | cpu=amd") != NULL);
}
END_TEST

START_TEST(patterns)
{
	char text[2001], pattern[202] = "";

	ck_assert_uint_eq(pattern_match("a*c; abc", PATTERN_GLOB, "ABC"), 3);
	ck_assert_uint_eq(pattern_match("*b*", PATTERN_GLOB, "abc"), 3);
	ck_assert_uint_eq(pattern_match("*b", PATTERN_GLOB, "abc"), 0);
	ck_assert_uint_eq(pattern_match("a\\*", PATTERN_GLOB, "abc"), 0);
	ck_assert_uint_eq(pattern_match("a*", PATTERN_EXACT, "abc"), 0);
	ck_assert_uint_eq(pattern_match("a*", PATTERN_EXACT, "a*"), 2);
	ck_assert_uint_eq(pattern_match("HP", PATTERN_PREFIX, "HPE"), 0);
	ck_assert_uint_eq(pattern_match("HP", PATTERN_PREFIX, "hp-pavilion"), 2);
	ck_assert_uint_eq(pattern_match(NULL, PATTERN_PREFIX, "x"), 0);
	ck_assert_uint_eq(pattern_match("x", PATTERN_PREFIX, NULL), 0);
	ck_assert_uint_eq(pattern_match("\\x41", PATTERN_EXACT, "a"), 4);
	/* Many stars against a text that never ends well: over at once, and not after the sun went out. */
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 0; i < 100; i++)
		strcat(pattern, "*a");
	strcat(pattern, "b");
	ck_assert_uint_eq(pattern_match(pattern, PATTERN_GLOB, text), 0);
}
END_TEST

START_TEST(names_of_firmware_attributes)
{
	ck_assert_int_eq(firmware_setting_of("VTdFeature"), SETTING_IOMMU);
	ck_assert_int_eq(firmware_setting_of("VtForDirectIo"), SETTING_IOMMU);
	ck_assert_int_eq(firmware_setting_of("VT-d"), SETTING_IOMMU);
	ck_assert_int_eq(firmware_setting_of("Virtualization Technology for Directed I/O (VTd)"), SETTING_IOMMU);
	ck_assert_int_eq(firmware_setting_of("Virtualization Technology Directed I/O (VTd)"), SETTING_IOMMU);
	ck_assert_int_eq(firmware_setting_of("Virtualization"), SETTING_VIRTUALIZATION);
	ck_assert_int_eq(firmware_setting_of("VirtualizationTechnology"), SETTING_VIRTUALIZATION);
	ck_assert_int_eq(firmware_setting_of("Intel(R) Virtualization Technology"), SETTING_VIRTUALIZATION);
	ck_assert_int_eq(firmware_setting_of("Virtualization Technology (VTx)"), SETTING_VIRTUALIZATION);
	ck_assert_int_eq(firmware_setting_of("SVM CPU Virtualization"), SETTING_VIRTUALIZATION);
	ck_assert_int_eq(firmware_setting_of("SecureBoot"), SETTING_SECURE_BOOT);
	ck_assert_int_eq(firmware_setting_of("AssetTag"), SETTING_COUNT);
	ck_assert_int_eq(firmware_setting_of("SleepState"), SETTING_COUNT);
	ck_assert_int_eq(firmware_setting_of(""), SETTING_COUNT);
	ck_assert_int_eq(firmware_setting_of("iommu iommu iommu iommu iommu iommu iommu iommu iommu iommu iommu "
					     "iommu iommu iommu"), SETTING_COUNT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("boards");
	TCase *tc = tcase_create("boards");

	tcase_add_test(tc, exact_beats_family_beats_maker);
	tcase_add_test(tc, own_lines_processors_and_words);
	tcase_add_test(tc, wrong_lines_are_named);
	tcase_add_test(tc, long_lines_and_no_text);
	tcase_add_test(tc, every_shipped_line);
	tcase_add_test(tc, keys_in_words);
	tcase_add_test(tc, dmi_strings_of_real_computers);
	tcase_add_test(tc, a_line_to_fill_in_fits_its_board);
	tcase_add_test(tc, no_line_without_names);
	tcase_add_test(tc, patterns);
	tcase_add_test(tc, names_of_firmware_attributes);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
