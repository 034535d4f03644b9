/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "disk-images.h"
#include "output-host.h"

#include "base/fsroot.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <sys/stat.h>

static char dir[] = "/tmp/vfio-wizard-test-XXXXXX";
static struct fsroot *root;
static struct test_host t;
static struct machine *m;
static struct err err;

static void put_file(const char *name, const char *text, size_t len)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	_cleanup_fclose_ FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
}

static void setup(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(fsroot_open(dir, &root, NULL), 0);
	test_host_init(&t, root);
	t.host->software.libvirt = "9.0.0-4+deb12u2";
	t.host->software.qemu = "1:7.2+dfsg-7+deb12u13";
	t.host->identity.kernel = "6.1.0-28-amd64";
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

/* A later --disk takes the place of the one before. */
static void say(const char *answer)
{
	if (str_starts_with(answer, "disk="))
		answers_clear(&t.answers, "disk");
	ck_assert_msg(test_host_answer(&t, answer, &err) == 0, "%s: %s", answer, err.msg);
}

static void build(unsigned devices)
{
	machine_free(m);
	m = NULL;
	ck_assert_msg(test_host_build(&t, devices, &m, &err) == 0, "%s", err.msg);
}

static void build_fails(enum err_kind kind, const char *words)
{
	err = (struct err){ 0 };
	ck_assert_int_lt(test_host_build(&t, 1u << DEV_GPU, &m, &err), 0);
	ck_assert_int_eq(err.kind, kind);
	ck_assert_msg(strstr(err.msg, words) != NULL, "“%s” has no “%s”", err.msg, words);
	ck_assert_ptr_null(m);
}

/* Text of an XPath expression over the machine's domain. */
static void assert_xpath(const char *path, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	xmlXPathContextPtr context;
	xmlXPathObjectPtr found;
	xmlChar *string;
	xmlDocPtr doc;
	size_t len;

	ck_assert_msg(machine_write(m, machine_format_find("libvirt"), NULL, &text, &len, &err) == 0,
		      "%s", err.msg);
	doc = xmlReadMemory(text, (int)len, NULL, NULL, XML_PARSE_NONET);
	ck_assert_ptr_nonnull(doc);
	context = xmlXPathNewContext(doc);
	found = xmlXPathEvalExpression((const xmlChar *)path, context);
	ck_assert_msg(found != NULL, "%s", path);
	string = xmlXPathCastToString(found);
	ck_assert_msg(str_eq((char *)string, expected), "%s is “%s”, not “%s”", path, (char *)string,
		      expected);
	xmlFree(string);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	xmlFreeDoc(doc);
}

START_TEST(test_windows11)
{
	say("os=windows11");
	say("install=/iso/win.iso");
	build(0x0f);
	assert_xpath("string(/domain/name)", "win11");
	assert_xpath("string(/domain/os/@firmware)", "efi");
	assert_xpath("count(/domain/os/firmware/feature[@enabled='yes'])", "2");
	assert_xpath("count(//loader) + count(//nvram)", "0");
	assert_xpath("string(//smm/@state)", "on");
	assert_xpath("string(//tpm[@model='tpm-crb']/backend/@version)", "2.0");
	assert_xpath("count(/domain/features/hyperv/*)", "12");
	assert_xpath("string(/domain/clock/@offset)", "localtime");
	/* No driver ISO: what Windows setup can see by itself. */
	assert_xpath("string(//disk[@device='disk']/target/@bus)", "sata");
	assert_xpath("string(//interface/model/@type)", "e1000e");
	assert_xpath("string(//disk[@device='disk']/source/@file)",
		     "/var/lib/libvirt/images/win11.qcow2");
	ck_assert_int_eq(m->disks[0].bytes, 120LL << 30);
	assert_xpath("string(//disk[@device='cdrom']/boot/@order)", "2");
	say("drivers=/iso/virtio-win.iso");
	build(0x0f);
	assert_xpath("string(//disk[@device='disk']/target/@bus)", "virtio");
	assert_xpath("string(//interface/model/@type)", "virtio");
	assert_xpath("count(//disk[@device='cdrom'])", "2");
	say("firmware=bios");
	machine_free(m);
	m = NULL;
	build_fails(ERR_NOT_POSSIBLE, "--firmware");
}
END_TEST

START_TEST(test_linux)
{
	say("os=linux");
	build(0x0f);
	assert_xpath("string(/domain/name)", "linux");
	assert_xpath("count(//smm) + count(//tpm) + count(//hyperv)", "0");
	assert_xpath("string(/domain/os/firmware/feature/@enabled)", "no");
	assert_xpath("string(//disk/target/@bus)", "virtio");
	assert_xpath("string(//interface/model/@type)", "virtio");
	assert_xpath("string(/domain/type | /domain/@type)", "kvm");
	assert_xpath("string(/domain/os/type/@machine)", "q35");
	assert_xpath("string(/domain/cpu/@mode)", "host-passthrough");
	assert_xpath("string(/domain/memory)", "16777216");
	assert_xpath("string(/domain/vcpu)", "8");
	assert_xpath("string(//topology/@threads)", "2");
	assert_xpath("string(//cpu/feature/@name)", "topoext");
	assert_xpath("string(//memballoon/@model)", "none");
	say("firmware=bios");
	say("tpm=no");
	build(0x0f);
	assert_xpath("count(/domain/os/@firmware) + count(/domain/os/firmware)", "0");
}
END_TEST

START_TEST(test_devices)
{
	say("os=linux");
	build(0x1ff);
	assert_xpath("count(//hostdev[@managed='yes'])", "9");
	/* Four functions of the first card in one slot, .0 announcing the others. */
	assert_xpath("count(//hostdev[address/@bus='0x01'])", "4");
	assert_xpath("string(//hostdev[address/@multifunction='on'][1]/source/address/@function)", "0x0");
	assert_xpath("count(//hostdev[address/@multifunction='on'])", "2");
	assert_xpath("count(//hostdev[source/address/@bus='0x0b'][address/@bus='0x04'])", "2");
	assert_xpath("count(//controller[@model='pcie-root-port'])", "5");
	assert_xpath("string(//hostdev[source/address/@domain='0x10000']/source/address/@bus)", "0xe1");
	/* ROMs stay off where firmware needs none. */
	assert_xpath("count(//hostdev[rom/@bar='off'])", "3");
	assert_xpath("count(//hostdev[source/address/@bus='0x01']/rom)", "0");
	/* NVMe disks given as a whole: no virtual disk, and booted from. */
	assert_xpath("count(//disk)", "0");
	assert_xpath("string(//hostdev[source/address/@bus='0x04']/boot/@order)", "1");
	/* Every guest address once. */
	for (unsigned i = 0; i < m->n_hostdevs; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert(m->hostdevs[i].guest_bus != m->hostdevs[k].guest_bus ||
				  m->hostdevs[i].guest_func != m->hostdevs[k].guest_func);
	/* One function without function 0 becomes function 0: else its slot is empty. */
	build(1u << DEV_GPU_AUDIO);
	ck_assert_uint_eq(m->hostdevs[0].guest_func, 0);
	ck_assert(!m->hostdevs[0].multifunction);
	/* Virtual functions of one slot are cards of their own. */
	t.devices[DEV_GPU].physfn = t.devices[DEV_GPU_AUDIO].physfn = &t.devices[DEV_NIC];
	build(0x03);
	ck_assert_uint_eq(m->hostdevs[1].guest_bus, 2);
	ck_assert_uint_eq(m->hostdevs[1].guest_func, 0);
}
END_TEST

START_TEST(test_display)
{
	say("os=linux");
	build(1);
	assert_xpath("string(//video/model/@type)", "vga");
	assert_xpath("string(//graphics/@type)", "spice");
	say("display=none");
	build(1);
	assert_xpath("string(//video/model/@type)", "none");
	assert_xpath("count(//graphics) + count(//shmem)", "0");
	say("display=looking-glass");
	build(1);
	assert_xpath("string(//video/model/@type)", "vga"); /* nothing shows the installer else */
	say("installed=yes");
	build(1);
	assert_xpath("string(//video/model/@type)", "none");
	assert_xpath("string(//graphics/@type)", "spice");
	assert_xpath("string(//shmem[@name='looking-glass']/size)", "64");
}
END_TEST

START_TEST(test_memory)
{
	static const struct {
		long long total_gib, expected_mib;
	} rows[] = { { 128, 16384 }, { 32, 16384 }, { 16, 8192 }, { 8, 4096 }, { 6, 4096 }, { 5, 3072 },
		     { 3, 1024 }, { -1, 4096 } };

	say("os=linux");
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		t.host->memory.total_bytes = rows[i].total_gib < 0 ? -1 : rows[i].total_gib << 30;
		build(1);
		ck_assert_int_eq(m->memory_bytes >> 20, rows[i].expected_mib);
	}
	machine_free(m);
	m = NULL;
	t.host->memory.total_bytes = 2LL << 30;
	build_fails(ERR_NOT_POSSIBLE, "--memory");
	t.host->memory.total_bytes = 32LL << 30;
	say("memory=31G");
	build_fails(ERR_NOT_POSSIBLE, "--memory");
	say("memory=64M");
	build_fails(ERR_USAGE, "--memory");
	say("memory=30G");
	say("hugepages=1G");
	build(1);
	assert_xpath("string(//hugepages/page/@size)", "1048576");
	machine_free(m);
	m = NULL;
	say("memory=2500M");
	build_fails(ERR_USAGE, "--memory");
}
END_TEST

START_TEST(test_cpus)
{
	struct cpu_facts *cpu = &t.host->cpu;

	say("os=linux");
	*cpu = (struct cpu_facts){ .vendor = CPU_INTEL, .threads = 6, .cores = 6, .threads_per_core = 1 };
	build(1);
	ck_assert_uint_eq(m->cpus, 3);
	ck_assert_uint_eq(m->threads, 1);
	ck_assert(!m->amd_topoext);
	*cpu = (struct cpu_facts){ .vendor = CPU_INTEL, .threads = 12, .cores = 6, .threads_per_core = 2 };
	build(1);
	ck_assert_uint_eq(m->cpus, 6);
	ck_assert_uint_eq(m->cores, 3);
	ck_assert(!m->amd_topoext); /* AMD's feature */
	/* Hybrid: 8 cores with two threads, 8 with one. */
	*cpu = (struct cpu_facts){ .vendor = CPU_INTEL, .threads = 24, .cores = 16, .threads_per_core = 2 };
	build(1);
	ck_assert_uint_eq(m->cpus, 12);
	ck_assert_uint_eq(m->threads, 1);
	*cpu = (struct cpu_facts){ .vendor = CPU_OTHER, .threads = -1, .cores = -1, .threads_per_core = -1 };
	build(1);
	ck_assert_uint_eq(m->cpus, 2);
	*cpu = (struct cpu_facts){ .vendor = CPU_AMD, .threads = 16, .cores = 8, .threads_per_core = 2 };
	say("cpus=5"); /* half a core */
	build(1);
	ck_assert_uint_eq(m->sockets * m->cores * m->threads, 5);
	ck_assert(!m->amd_topoext);
	machine_free(m);
	m = NULL;
	say("cpus=17");
	build_fails(ERR_NOT_POSSIBLE, "--cpus");
}
END_TEST

START_TEST(test_disk)
{
	struct block_device part = { .name = "sda1", .parent = "sda", .is_swap = true };
	struct block_device *blocks[] = { &part };
	_cleanup_free_ char *image = xasprintf("%s/a.img", dir);

	write_qcow2(image, 20ULL << 30, NULL, NULL, 0);
	put_file("b,size.qcow2", "plain text", 10);
	say("os=linux");
	say("disk=/a.img,size=20G");
	build(1);
	ck_assert(m->disks[0].exists); /* used as it is; the script is the same as before it was made */
	ck_assert_int_eq(m->disks[0].bytes, 20LL << 30);
	ck_assert_str_eq(m->disks[0].format, "qcow2");
	say("disk=/b,size.qcow2"); /* a comma that starts no option */
	build(1);
	ck_assert_str_eq(m->disks[0].path, "/b,size.qcow2");
	ck_assert_str_eq(m->disks[0].format, "raw"); /* by content, not by name */
	say("disk=/c.raw,format=raw,size=20G");
	build(1);
	ck_assert_str_eq(m->disks[0].path, "/c.raw");
	ck_assert(!m->disks[0].exists);
	ck_assert_str_eq(m->disks[0].format, "raw");
	ck_assert_int_eq(m->disks[0].bytes, 20LL << 30);
	say("disk=none");
	build(1);
	ck_assert_uint_eq(m->n_disks, 0);
	say("disk=/dev/sdb");
	build(1);
	assert_xpath("string(//disk/source/@dev)", "/dev/sdb");
	machine_free(m);
	m = NULL;
	t.host->blocks = blocks;
	t.host->n_blocks = 1;
	say("disk=/dev/sda");
	build_fails(ERR_NOT_POSSIBLE, "sda1");
	say("disk=/dev/sda1");
	build_fails(ERR_NOT_POSSIBLE, "sda1");
	say("disk=/c.raw,size=20X");
	build_fails(ERR_USAGE, "--disk");
	say("disk=/c.raw,size=20G,colour=red");
	build_fails(ERR_USAGE, "colour=red");
	say("disk=images/c.raw");
	build_fails(ERR_USAGE, "absolute");
	t.host->n_blocks = 0;
	t.host->blocks = NULL;
}
END_TEST

/* On this machine itself what is named must be there. */
START_TEST(test_live)
{
	struct fsroot *live;

	ck_assert_int_eq(fsroot_open("/", &live, NULL), 0);
	t.host->root = live;
	say("os=linux");
	say("disk=none");
	say("install=/nonexistent/win.iso");
	build_fails(ERR_NOT_POSSIBLE, "--install");
	answers_clear(&t.answers, "install");
	say("disk=/nonexistent/disk.img");
	build_fails(ERR_NOT_POSSIBLE, "--disk");
	ck_assert_ptr_nonnull(strstr(err.hint, "size="));
	fsroot_free(live);
}
END_TEST

START_TEST(test_network)
{
	say("os=linux");
	say("network=bridge:br0");
	build(1);
	assert_xpath("string(//interface[@type='bridge']/source/@bridge)", "br0");
	say("network=network:lab");
	build(1);
	assert_xpath("string(//interface/source/@network)", "lab");
	say("network=none");
	build(1);
	assert_xpath("count(//interface)", "0");
}
END_TEST

START_TEST(test_usb)
{
	struct usb_device one = { .port = "1-4", .bus = 1, .number = 7, .vendor = 0x046d, .product = 0xc52b };
	struct usb_device twin = { .port = "1-5.2", .bus = 1, .number = 9, .vendor = 0x046d,
				   .product = 0xc52b };
	struct usb_device *all[] = { &one, &twin };

	t.host->usb = all;
	t.host->n_usb = 2;
	say("os=linux");
	say("usb=port:1-5.2");
	say("usb=1234:abcd");
	build(1);
	assert_xpath("count(//hostdev[@type='usb'])", "2");
	assert_xpath("string(//hostdev[@type='usb'][1]/source/product/@id)", "0xc52b");
	assert_xpath("string(//hostdev[@type='usb'][1]/source/address/@device)", "9");
	assert_xpath("count(//hostdev[source/vendor/@id='0x1234']/source/address)", "0");
	t.host->n_usb = 1; /* no twin: its number of the moment says nothing that lasts */
	answers_clear(&t.answers, "usb");
	say("usb=port:1-4");
	build(1);
	assert_xpath("count(//hostdev[@type='usb']/source/address)", "0");
	machine_free(m);
	m = NULL;
	say("usb=port:1-6");
	build_fails(ERR_NOT_POSSIBLE, "1-6");
	t.host->n_usb = 0;
	t.host->usb = NULL;
}
END_TEST

/* CPU n and n + 8 share a core; node 1 has cores 2 and 3. */
/* Which cores it gets is test-session-cpu's; here is what is written of them. */
START_TEST(test_pins)
{
	struct cpu_thread threads[16];

	say("os=linux");
	say("pin=auto");
	build_fails(ERR_NOT_POSSIBLE, "--pin");
	for (int i = 0; i < 16; i++)
		threads[i] = (struct cpu_thread){ .id = i, .online = true, .core = i % 8, .l3 = i % 8 / 4 * 4,
						  .l3_bytes = 16 << 20, .node = 0 };
	t.host->cpu.list = threads;
	t.host->cpu.n_list = 16;
	build(1);
	assert_xpath("string(//vcpupin[@vcpu='0']/@cpuset)", "4");
	assert_xpath("string(//vcpupin[@vcpu='1']/@cpuset)", "12");
	assert_xpath("count(//vcpupin)", "8");
	assert_xpath("string(//emulatorpin/@cpuset)", "0-3,8-11");
	assert_xpath("string(//iothreadpin/@cpuset)", "0-3,8-11");
	assert_xpath("string(//topology/@dies)", "1");
	say("cpus=12"); /* three of each four */
	build(1);
	assert_xpath("string(//topology/@dies)", "2");
	assert_xpath("string(//topology/@cores)", "3");
	assert_xpath("string(//emulatorpin/@cpuset)", "0,4,8,12");
	machine_free(m);
	m = NULL;
	say("cpus=16"); /* nothing left for the host */
	build_fails(ERR_NOT_POSSIBLE, "--cpus");
	threads[15].core = -1;
	build_fails(ERR_NOT_POSSIBLE, "cpu15");
}
END_TEST

START_TEST(test_ids)
{
	_cleanup_free_ char *uuid = NULL, *mac = NULL;

	say("os=linux");
	build(0x0f);
	uuid = xstrdup(m->uuid);
	mac = xstrdup(m->mac);
	ck_assert_uint_eq(strlen(uuid), 36);
	ck_assert_int_eq(uuid[14], '5');
	ck_assert_ptr_nonnull(strchr("89ab", uuid[19]));
	ck_assert_uint_eq(strlen(mac), 17);
	ck_assert(str_starts_with(mac, "52:54:00:"));
	build(0x0f);
	ck_assert_str_eq(m->uuid, uuid);
	ck_assert_str_eq(m->mac, mac);
	build(0x30); /* libvirt would refuse the name with another UUID */
	ck_assert_str_eq(m->uuid, uuid);
	ck_assert_str_ne(m->mac, mac);
	say("name=second");
	build(0x0f);
	ck_assert_str_ne(m->uuid, uuid);
}
END_TEST

START_TEST(test_hostile_names)
{
	static const char name[] = "</name>'\"&$(touch x)`touch x`, \\ ]]> --> \x01 %s";
	_cleanup_free_ char *script = NULL;
	size_t len;

	say("os=linux");
	build(1);
	m->name = name;
	assert_xpath("string(/domain/name)",
		     "</name>'\"&$(touch x)`touch x`, \\ ]]> --> \xef\xbf\xbd %s");
	assert_xpath("count(/domain/*[not(self::name)]) = count(/domain/*) - 1", "true");
	ck_assert_int_eq(machine_write(m, machine_format_find("qemu"), NULL, &script, &len, &err), 0);
	ck_assert_ptr_nonnull(strstr(script, "guest='</name>'\\''\"&$(touch x)`touch x`,, \\ ]]>"));
}
END_TEST

/* A user's own template: what comes out of it is checked, faults are named. */
START_TEST(test_own_template)
{
	static const struct {
		const char *format, *template, *words;
		bool good;
	} rows[] = {
		{ "libvirt", "<domain><name>{{name}}</name></domain", "own", false },
		{ "libvirt", "<network/>", "no <domain>", false },
		{ "libvirt", "<domain>{{#name}}</domain>", "own:1: section “name”", false },
		{ "libvirt", "<!DOCTYPE d [<!ENTITY x SYSTEM 'http://127.0.0.1:9/x'>]><domain>&x;</domain>",
		  "own", false },
		{ "qemu", "echo {{name}}\nif true; then\n", "own", false },
		{ "qemu", "echo {{name}}\n{{>part}}\n", NULL, true },
	};
	_cleanup_free_ char *path = xasprintf("%s/own", dir);

	say("os=linux");
	build(1);
	put_file("part.mustache", "echo {{uuid}}\n", 14);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		size_t len;
		int r;

		err = (struct err){ 0 };
		m->host_is_here = true; /* else another libvirt than the one here is written for */
		put_file("own", rows[i].template, strlen(rows[i].template));
		r = machine_write(m, machine_format_find(rows[i].format), path, &text, &len, &err);
		if (rows[i].good) {
			ck_assert_msg(r == 0, "%s", err.msg);
			ck_assert_ptr_nonnull(strstr(text, "echo 'linux'\necho '"));
			continue;
		}
		/* Schema checks need libvirt's schema; the entity row is refused only by it. */
		if (i == 3 && access("/usr/share/libvirt/schemas/domain.rng", R_OK) != 0)
			continue;
		ck_assert_int_lt(r, 0);
		ck_assert_int_eq(err.kind, ERR_INPUT);
		ck_assert_msg(strstr(err.msg, rows[i].words) != NULL, "%u: %s", i, err.msg);
	}
	err = (struct err){ 0 };
	{
		_cleanup_free_ char *text = NULL;
		size_t len;

		ck_assert_int_lt(machine_write(m, machine_format_find(NULL), "/nonexistent/t", &text, &len,
					       &err),
				 0);
		ck_assert_int_eq(err.kind, ERR_INPUT);
	}
}
END_TEST

START_TEST(test_formats)
{
	_cleanup_free_ char *path = NULL;

	ck_assert_str_eq(machine_format_find(NULL)->name, "libvirt");
	ck_assert_str_eq(machine_format_find("qemu")->file_suffix, ".sh");
	ck_assert_ptr_null(machine_format_find("floppy"));
	ck_assert_int_eq(output_find_data("templates/domain.xml.mustache", &path, &err), 0);
	ck_assert(str_ends_with(path, "/templates/domain.xml.mustache"));
	ck_assert_int_lt(output_find_data("templates/none", &path, &err), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("output-machine");
	TCase *c = tcase_create("machine");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_windows11);
	tcase_add_test(c, test_linux);
	tcase_add_test(c, test_devices);
	tcase_add_test(c, test_display);
	tcase_add_test(c, test_memory);
	tcase_add_test(c, test_cpus);
	tcase_add_test(c, test_disk);
	tcase_add_test(c, test_live);
	tcase_add_test(c, test_network);
	tcase_add_test(c, test_usb);
	tcase_add_test(c, test_pins);
	tcase_add_test(c, test_ids);
	tcase_add_test(c, test_hostile_names);
	tcase_add_test(c, test_own_template);
	tcase_add_test(c, test_formats);
	suite_add_tcase(s, c);
	return unit_run(s);
}
