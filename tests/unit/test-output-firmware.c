/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which firmware a machine gets, by the descriptions distributions ship in …/qemu/firmware. */
#include "unit.h"

#include "output-host.h"

#include "base/fsroot.h"
#include "output/firmware-find.h"

#include <sys/stat.h>

static char dir[] = "/tmp/vfio-wizard-test-XXXXXX";
static struct fsroot *root;
static struct test_host t;
static struct machine *m;
static struct err err;

static void setup(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(fsroot_open(dir, &root, NULL), 0);
	test_host_init(&t, root);
	t.host->software.qemu = "1:8.2.2";
	m = NULL;
	err = (struct err){ 0 };
}

static void teardown(void)
{
	_cleanup_free_ char *command = xasprintf("rm -r '%s'", dir);

	machine_free(m);
	test_host_done(&t);
	fsroot_free(root);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *path, const char *text)
{
	_cleanup_free_ char *make = xasprintf("mkdir -p \"$(dirname '%s/%s')\"", dir, path);
	_cleanup_free_ char *file = xasprintf("%s/%s", dir, path);
	_cleanup_fclose_ FILE *f = NULL;

	ck_assert_int_eq(system(make), 0);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
}

/* MAPPING is the inside of "mapping", FEATURES and GLOB as in the file. */
static void describe(const char *path, const char *mapping, const char *glob, const char *features)
{
	_cleanup_free_ char *text = xasprintf("{ \"description\": \"d\", \"interface-types\": [ \"uefi\" ],\n"
					      "\"mapping\": { %s },\n\"targets\": [ { \"architecture\": \"x86_64\", "
					      "\"machines\": [ \"%s\" ] } ],\n\"features\": [ %s ], \"tags\": [ ] }\n",
					      mapping, glob, features);

	put(path, text);
}

#define SPLIT(code, vars, format)                                                                  \
	"\"device\": \"flash\", \"executable\": { \"filename\": \"" code "\", \"format\": \"" format       \
	"\" }, \"nvram-template\": { \"filename\": \"" vars "\", \"format\": \"" format "\" }"
#define SHARE "usr/share/qemu/firmware/"
#define SECURE "\"acpi-s3\", \"requires-smm\", \"secure-boot\", \"verbose-dynamic\""
#define ENROLLED SECURE ", \"enrolled-keys\""

static const char *note_of(const char *id)
{
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct machine_note *note = m->notes.items[i];

		if (str_eq(note->id, id))
			return note->advice ? note->advice[0] : note->text;
	}
	return NULL;
}

static void build(const char *os, const char *firmware)
{
	_cleanup_free_ char *a = xasprintf("os=%s", os), *b = firmware ? xasprintf("firmware=%s", firmware) : NULL;

	machine_free(m);
	m = NULL;
	answers_clear(&t.answers, "firmware");
	ck_assert_int_eq(test_host_answer(&t, a, &err), 0);
	if (b)
		ck_assert_int_eq(test_host_answer(&t, b, &err), 0);
	ck_assert_msg(test_host_build(&t, 1, &m, &err) == 0, "%s", err.msg);
}

static void gets(const char *os, const char *code, const char *vars, bool keys)
{
	build(os, NULL);
	ck_assert_msg(m->ovmf != NULL, "%s: nothing was found", os);
	ck_assert_str_eq(m->ovmf->code, code);
	if (vars)
		ck_assert_str_eq(m->ovmf->vars, vars);
	else
		ck_assert_ptr_null(m->ovmf->vars);
	ck_assert(m->ovmf->enrolled_keys == keys);
}

/* What one host has, and what a Windows 11 and a Linux machine get of it. */
START_TEST(test_distributions)
{
	/* Debian 12: three descriptions, without a mode. */
	describe(SHARE "40-edk2-x86_64-secure-enrolled.json", SPLIT("/d/CODE.ms.fd", "/d/VARS.ms.fd", "raw"), "pc-q35-*",
		 ENROLLED);
	describe(SHARE "50-edk2-x86_64-secure.json", SPLIT("/d/CODE.secboot.fd", "/d/VARS.fd", "raw"), "pc-q35-*", SECURE);
	describe(SHARE "60-edk2-x86_64.json", SPLIT("/d/CODE.fd", "/d/VARS.fd", "raw"), "pc-q35-*", "\"acpi-s3\"");
	gets("windows11", "/d/CODE.ms.fd", "/d/VARS.ms.fd", true);
	ck_assert(m->ovmf->requires_smm);
	for (size_t i = 0; i < m->notes.n; i++)
		ck_assert(!str_starts_with(((const struct machine_note *)m->notes.items[i])->id, "firmware-"));
	gets("linux", "/d/CODE.fd", "/d/VARS.fd", false);
	ck_assert(!m->ovmf->requires_smm);
	ck_assert_str_eq(m->ovmf->description, "/" SHARE "60-edk2-x86_64.json");
}
END_TEST

START_TEST(test_fedora)
{
	/* qcow2 before raw, the enrolled one first; a stateless one for confidential machines. */
	describe(SHARE "30-edk2-ovmf-4m-qcow2-x64-sb-enrolled.json",
		 "\"mode\": \"split\", " SPLIT("/f/CODE_4M.secboot.qcow2", "/f/VARS_4M.secboot.qcow2", "qcow2"), "pc-q35-*",
		 ENROLLED);
	describe(SHARE "31-edk2-ovmf-2m-raw-x64-sb-enrolled.json",
		 "\"mode\": \"split\", " SPLIT("/f/CODE.secboot.fd", "/f/VARS.secboot.fd", "raw"), "pc-q35-*", ENROLLED);
	describe(SHARE "10-edk2-ovmf-x64-amdsev.json",
		 "\"device\": \"flash\", \"mode\": \"stateless\", \"executable\": { \"filename\": \"/f/OVMF.amdsev.fd\", "
		 "\"format\": \"raw\" }",
		 "pc-q35-*", "\"amd-sev\"");
	describe(SHARE "11-inteltdx.json", "\"device\": \"memory\", \"filename\": \"/f/OVMF.inteltdx.fd\"", "pc-q35-*",
		 "\"intel-tdx\"");
	describe(SHARE "50-edk2-ovmf-4m-qcow2-x64-nosb.json",
		 "\"mode\": \"split\", " SPLIT("/f/CODE_4M.qcow2", "/f/VARS_4M.qcow2", "qcow2"), "pc-q35-*", "\"acpi-s4\"");
	gets("windows11", "/f/CODE_4M.secboot.qcow2", "/f/VARS_4M.secboot.qcow2", true);
	ck_assert_str_eq(m->ovmf->vars_format, "qcow2");
	gets("linux", "/f/CODE_4M.qcow2", "/f/VARS_4M.qcow2", false);
}
END_TEST

START_TEST(test_arch)
{
	static const char *const like[] = { "arch", NULL };

	/* No variables with keys: Secure Boot without them, which is said. */
	t.host->identity.os_like = like;
	describe(SHARE "50-edk2-ovmf-x86_64-secure-4m.json",
		 SPLIT("/a/OVMF_CODE.secboot.4m.fd", "/a/OVMF_VARS.4m.fd", "raw"), "pc-q35-*", SECURE);
	describe(SHARE "60-edk2-ovmf-x86_64-4m.json", SPLIT("/a/OVMF_CODE.4m.fd", "/a/OVMF_VARS.4m.fd", "raw"), "pc-q35-*",
		 "\"acpi-s3\"");
	gets("windows11", "/a/OVMF_CODE.secboot.4m.fd", "/a/OVMF_VARS.4m.fd", false);
	ck_assert(!m->enrolled_keys);
	ck_assert_ptr_nonnull(strstr(note_of("firmware-without-keys"), "virt-fw-vars"));
	gets("linux", "/a/OVMF_CODE.4m.fd", "/a/OVMF_VARS.4m.fd", false);
	ck_assert_ptr_null(note_of("firmware-without-keys"));
	/* Nothing with Secure Boot at all. */
	put(SHARE "50-edk2-ovmf-x86_64-secure-4m.json", "");
	build("windows11", NULL);
	ck_assert_ptr_null(m->ovmf);
	ck_assert_ptr_nonnull(strstr(note_of("firmware-without-secure-boot"), "edk2-ovmf"));
	build("windows11", "uefi");
	ck_assert_ptr_null(note_of("firmware-without-secure-boot"));
}
END_TEST

START_TEST(test_opensuse)
{
	/* The names of the files have no order of their own; only secure ones for i440fx are not ours. */
	describe(SHARE "50-ovmf-x86_64-smm-ms.json", SPLIT("/s/smm-ms-code.bin", "/s/smm-ms-vars.bin", "raw"), "pc-q35-*",
		 ENROLLED);
	describe(SHARE "40-ovmf-x86_64-old.json", SPLIT("/s/old-code.bin", "/s/old-vars.bin", "raw"), "pc-i440fx-*",
		 "\"acpi-s3\"");
	describe(SHARE "60-ovmf-x86_64.json", SPLIT("/s/code.bin", "/s/vars.bin", "raw"), "pc-q35-[0-9]*", "\"acpi-s3\"");
	gets("windows11", "/s/smm-ms-code.bin", "/s/smm-ms-vars.bin", true);
	gets("linux", "/s/code.bin", "/s/vars.bin", false);
	t.host->software.qemu = NULL; /* its version only fills in the name of the machine type */
	gets("linux", "/s/code.bin", "/s/vars.bin", false);
}
END_TEST

START_TEST(test_nixos)
{
	describe("var/lib/qemu/firmware/50-edk2-x86_64-secure.json",
		 SPLIT("/nix/store/0-qemu/share/qemu/edk2-x86_64-secure-code.fd", "/nix/store/0-qemu/share/qemu/vars.fd", "raw"),
		 "pc-q35-*", SECURE);
	describe("run/current-system/sw/share/qemu/firmware/60-edk2-x86_64.json",
		 SPLIT("/nix/store/0-qemu/share/qemu/edk2-x86_64-code.fd", "/nix/store/0-qemu/share/qemu/vars.fd", "raw"),
		 "pc-q35-*", "\"acpi-s3\"");
	gets("linux", "/nix/store/0-qemu/share/qemu/edk2-x86_64-code.fd", "/nix/store/0-qemu/share/qemu/vars.fd", false);
	gets("windows11", "/nix/store/0-qemu/share/qemu/edk2-x86_64-secure-code.fd", "/nix/store/0-qemu/share/qemu/vars.fd",
	     false);
}
END_TEST

/* Order, hiding, masks, and what is no description. */
START_TEST(test_order)
{
	describe(SHARE "60-b.json", SPLIT("/b/code", "/b/vars", "raw"), "pc-q35-*", "");
	describe(SHARE "70-c.json", SPLIT("/c/code", "/c/vars", "raw"), "pc-q35-*", "");
	gets("linux", "/b/code", "/b/vars", false);
	describe("etc/qemu/firmware/60-b.json", SPLIT("/etc-b/code", "/etc-b/vars", "raw"), "pc-q35-*", "");
	gets("linux", "/etc-b/code", "/etc-b/vars", false);
	describe("root/.config/qemu/firmware/65-own.json", SPLIT("/own/code", "/own/vars", "raw"), "pc-q35-*", "");
	gets("linux", "/etc-b/code", "/etc-b/vars", false); /* by name, not by folder */
	put("etc/qemu/firmware/60-b.json", "");
	gets("linux", "/own/code", "/own/vars", false); /* hidden, not looked for in /usr */
	put("root/.config/qemu/firmware/65-own.json", "{ \"mapping\": [");
	gets("linux", "/c/code", "/c/vars", false);
	ck_assert_ptr_nonnull(note_of("firmware-description-broken"));
	put("root/.config/qemu/firmware/65-own.json.rpmsave", "not read");
	describe("etc/qemu/firmware/10-relative.json", SPLIT("code", "vars", "raw"), "pc-q35-*", "");
	describe("etc/qemu/firmware/11-format.json", SPLIT("/x/code", "/x/vars", "vmdk"), "pc-q35-*", "");
	describe("etc/qemu/firmware/12-no-vars.json",
		 "\"device\": \"flash\", \"executable\": { \"filename\": \"/x/code\", \"format\": \"raw\" }", "pc-q35-*", "");
	gets("linux", "/c/code", "/c/vars", false);
	describe("etc/qemu/firmware/20-combined.json",
		 "\"device\": \"flash\", \"mode\": \"combined\", \"executable\": { \"filename\": \"/x/both\", \"format\": "
		 "\"raw\" }",
		 "pc-q35-*", "");
	gets("linux", "/x/both", NULL, false);
	/* Only another architecture: nothing would start. */
	put("root/.config/qemu/firmware/65-own.json", "");
	for (unsigned i = 0; i < 2; i++)
		put(i ? "etc/qemu/firmware/20-combined.json" : "etc/qemu/firmware/70-c.json", "");
	build("linux", NULL);
	ck_assert_ptr_null(m->ovmf);
	ck_assert_ptr_nonnull(note_of("firmware-missing"));
	build("linux", "bios");
	ck_assert_ptr_null(note_of("firmware-missing"));
}
END_TEST

/* Debian's own files, as the package ovmf installs them on this machine. */
START_TEST(test_installed)
{
	static const char debian[] = "/usr/share/qemu/firmware/40-edk2-x86_64-secure-enrolled.json";
	struct firmware_search s;
	const struct machine_ovmf *f;
	struct fsroot *live;

	if (access(debian, R_OK) != 0)
		return;
	ck_assert_int_eq(fsroot_open("/", &live, NULL), 0);
	t.host->root = live;
	f = firmware_find(t.host, t.host->arena, "8.2", true, true, &s);
	ck_assert_ptr_nonnull(f);
	ck_assert(f->enrolled_keys && f->requires_smm && s.n_x86 >= 2);
	ck_assert_int_eq(access(f->code, R_OK), 0);
	ck_assert_int_eq(access(f->vars, R_OK), 0);
	f = firmware_find(t.host, t.host->arena, "8.2", false, false, &s);
	ck_assert(f && !f->secure_boot && !f->requires_smm);
	fsroot_free(live);
}
END_TEST

START_TEST(test_tpm)
{
	build("windows11", NULL);
	ck_assert_ptr_null(note_of("tpm-without-swtpm")); /* not looked at */
	t.host->software.looked = true;
	t.host->software.has_swtpm_setup = -1;
	build("windows11", NULL);
	ck_assert_ptr_nonnull(note_of("tpm-without-swtpm"));
	build("linux", NULL);
	ck_assert_ptr_null(note_of("tpm-without-swtpm"));
	t.host->software.swtpm = "0.7.1";
	build("windows11", NULL);
	ck_assert_ptr_null(note_of("tpm-without-swtpm"));
	t.host->software.has_swtpm_setup = 0;
	build("windows11", NULL);
	ck_assert_ptr_nonnull(note_of("tpm-without-swtpm"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("output-firmware");
	TCase *c = tcase_create("firmware");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_distributions);
	tcase_add_test(c, test_fedora);
	tcase_add_test(c, test_arch);
	tcase_add_test(c, test_opensuse);
	tcase_add_test(c, test_nixos);
	tcase_add_test(c, test_order);
	tcase_add_test(c, test_installed);
	tcase_add_test(c, test_tpm);
	suite_add_tcase(s, c);
	return unit_run(s);
}
