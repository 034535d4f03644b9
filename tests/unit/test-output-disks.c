/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "disk-images.h"
#include "output-host.h"

#include "base/fsroot.h"
#include "output/disk-parts.h"
#include "output/iso-data.h"
#include "output/iso-image.h"
#include "output/ssh-key.h"

#include <errno.h>
#include <sys/stat.h>

static char dir[] = "/tmp/vfio-wizard-test-XXXXXX";
static struct fsroot *root;
static struct test_host t;
static struct machine *m;
static struct err err;

static const char *at(const char *name)
{
	return arena_printf(t.host->arena, "%s/%s", dir, name);
}

static void put_text(const char *name, const char *text)
{
	write_image(at(name), text, strlen(text), (off_t)strlen(text));
}

static void setup(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(fsroot_open(dir, &root, NULL), 0);
	test_host_init(&t, root);
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

static void say(const char *answer)
{
	ck_assert_msg(test_host_answer(&t, answer, &err) == 0, "%s: %s", answer, err.msg);
}

/* Only these disks. */
static void say_disk(const char *disk)
{
	answers_clear(&t.answers, "disk");
	say(disk);
}

static void build(unsigned devices)
{
	machine_free(m);
	m = NULL;
	err = (struct err){ 0 };
	ck_assert_msg(test_host_build(&t, devices, &m, &err) == 0, "%s", err.msg);
}

static void build_fails(enum err_kind kind, const char *words)
{
	machine_free(m);
	m = NULL;
	err = (struct err){ 0 };
	ck_assert_int_lt(test_host_build(&t, 1u << DEV_GPU, &m, &err), 0);
	ck_assert_msg(strstr(err.msg, words) != NULL, "“%s” has no “%s”", err.msg, words);
	ck_assert_int_eq(err.kind, kind);
	ck_assert_ptr_null(m);
}

static const struct machine_note *noted(const char *id)
{
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct machine_note *note = m->notes.items[i];

		if (str_eq(note->id, id))
			return note;
	}
	return NULL;
}

/* The text of a note; "" when there is none. */
static const char *said(const char *id)
{
	const struct machine_note *note = noted(id);

	return note ? note->text : "";
}

static void assert_writes(const char *format, const char *words)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	ck_assert_msg(machine_write(m, machine_format_find(format), NULL, &text, &len, &err) == 0, "%s", err.msg);
	ck_assert_msg(strstr(text, words) != NULL, "no “%s” in %s", words, text);
}

START_TEST(test_spec)
{
	static const struct {
		const char *text, *path, *from;
		long long gib;
	} good[] = {
		{ "/a", "/a", NULL, 0 },
		{ "/a,b,size.img", "/a,b,size.img", NULL, 0 },
		{ "/a,b,size=3G", "/a,b", NULL, 3 },
		{ "/a,from=/x,y.img,size=2G", "/a", "/x,y.img", 2 },
		{ "/a,size=2G,from=/x, y,z", "/a", "/x, y,z", 2 },
	};
	static const char *const bad[] = {
		"/a,size=", "/a,size=1M", "/a,size=2G,colour=red", "/a,format=vdi", "/a,bus=ide", "/a,cache=fast",
		"/a,serial=", "/a,serial=a b", "/a,serial=123456789012345678901", "/a,from=x", "/a,by=overlay",
		"/a,io=native,cache=writeback", "/a,discard=ignore,detect-zeroes=unmap", "/a,by=overlay,from=/b,format=raw",
		"/a,preallocation=full", "/a,from=/b,preallocation=full", "/a,format=raw,size=2G,preallocation=metadata",
		"/a,serial=<x>", "/a,io=",
	};
	struct disk_spec s;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ck_assert_msg(disk_spec_parse(t.host->arena, good[i].text, &s, &err) == 0, "%s: %s", good[i].text, err.msg);
		ck_assert_str_eq(s.path, good[i].path);
		ck_assert_int_eq(s.bytes, good[i].gib << 30);
		ck_assert_msg(str_eq(s.from, good[i].from), "%s", good[i].text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err = (struct err){ 0 };
		ck_assert_msg(disk_spec_parse(t.host->arena, bad[i], &s, &err) < 0, "%s was taken", bad[i]);
		ck_assert_int_eq(err.kind, ERR_USAGE);
		ck_assert_ptr_nonnull(strstr(err.msg, "--disk"));
	}
}
END_TEST

START_TEST(test_image)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *format;
	} heads[] = {
		{ "KDMV", 4, "vmdk" }, { "vhdxfile", 8, "vhdx" }, { "conectix", 8, "vpc" }, { "\x1f\x8b\x08", 3, "gzip" },
		{ "\xfd" "7zXZ\0", 6, "xz" }, { "PK\x03\x04", 4, "zip" }, { "LUKS\xba\xbe", 6, "luks" },
	};
	struct disk_image img;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		write_image(at("i"), heads[i].bytes, heads[i].len, 8192);
		ck_assert_int_eq(disk_image_read(root, t.host->arena, "/i", &img), 0);
		ck_assert_str_eq(img.format, heads[i].format);
		ck_assert(!img.usable);
	}
	write_qcow2(at("i"), 5ULL << 30, "base.img", "raw", 0);
	ck_assert_int_eq(disk_image_read(root, t.host->arena, "/i", &img), 0);
	ck_assert_str_eq(img.format, "qcow2");
	ck_assert_int_eq(img.virtual_bytes, 5LL << 30);
	ck_assert_str_eq(img.backing, "base.img");
	ck_assert_str_eq(img.backing_format, "raw");
	ck_assert(!img.corrupt && !img.dirty && !img.has_data_file);
	write_qcow2(at("i"), 1 << 30, NULL, NULL, 7);
	ck_assert_int_eq(disk_image_read(root, t.host->arena, "/i", &img), 0);
	ck_assert(img.corrupt && img.dirty && img.has_data_file);
	/* a name behind the end of the file, and a head that was cut off */
	write_qcow2(at("i"), 1 << 30, "base.img", "raw", 0);
	ck_assert_int_eq(truncate(at("i"), 1000), 0);
	ck_assert_int_eq(disk_image_read(root, t.host->arena, "/i", &img), -EBADMSG);
	ck_assert_int_eq(truncate(at("i"), 60), 0);
	ck_assert_int_eq(disk_image_read(root, t.host->arena, "/i", &img), -EBADMSG);
	ck_assert_int_eq(disk_image_read(root, t.host->arena, "/none", &img), -ENOENT);
}
END_TEST

START_TEST(test_existing)
{
	say("os=linux");
	write_qcow2(at("a.raw"), 20ULL << 30, NULL, NULL, 0);
	say_disk("disk=/a.raw");
	build(1);
	ck_assert_str_eq(m->disks[0].format, "qcow2");
	say_disk("disk=/a.raw,format=raw");
	build_fails(ERR_NOT_POSSIBLE, "by its content");
	say_disk("disk=/a.raw,size=21G");
	build_fails(ERR_NOT_POSSIBLE, "20.00 GiB");
	put_text("b.qcow2", "plain");
	say_disk("disk=/b.qcow2,format=qcow2");
	build_fails(ERR_NOT_POSSIBLE, "by its content");
	write_image(at("t.img"), "BZh", 3, 4096); /* told so by a person */
	say_disk("disk=/t.img,format=raw");
	build(1);
	ck_assert_str_eq(m->disks[0].format, "raw");
	put_text("c.img", "");
	say_disk("disk=/c.img");
	build_fails(ERR_NOT_POSSIBLE, "empty");
	write_image(at("d.vmdk"), "KDMV", 4, 4096);
	say_disk("disk=/d.vmdk");
	build_fails(ERR_NOT_POSSIBLE, "vmdk");
	ck_assert_ptr_nonnull(strstr(err.hint, "qemu-img convert"));
	write_qcow2(at("e"), 1 << 30, NULL, NULL, 2);
	say_disk("disk=/e");
	build_fails(ERR_NOT_POSSIBLE, "damaged");
	ck_assert_int_eq(mkfifo(at("f"), 0600), 0);
	say_disk("disk=/f");
	build_fails(ERR_USAGE, "neither a file");
}
END_TEST

START_TEST(test_chain)
{
	say("os=linux");
	ck_assert_int_eq(mkdir(at("x"), 0755), 0);
	write_qcow2(at("top"), 1ULL << 30, "x/middle", "qcow2", 0);
	write_qcow2(at("x/middle"), 1ULL << 30, "/base.img", "raw", 0);
	put_text("base.img", "data");
	say_disk("disk=/top");
	build(1);
	ck_assert_str_eq(m->disks[0].backing[0], "/x/middle");
	ck_assert_str_eq(m->disks[0].backing[1], "/base.img");
	ck_assert_ptr_null(m->disks[0].backing[2]);
	ck_assert_int_eq(unlink(at("base.img")), 0);
	build_fails(ERR_NOT_POSSIBLE, "/base.img");
	write_qcow2(at("x/middle"), 1ULL << 30, "../top", "qcow2", 0); /* a ring */
	build_fails(ERR_NOT_POSSIBLE, "does not end");
	write_qcow2(at("x/middle"), 1ULL << 30, NULL, NULL, 0);
	write_qcow2(at("top"), 1ULL << 30, "x/middle", NULL, 0);
	build_fails(ERR_NOT_POSSIBLE, "not written in it");
	ck_assert_ptr_nonnull(strstr(err.hint, "qemu-img rebase -u"));
	write_qcow2(at("top"), 1ULL << 30, "nbd://host/x", "raw", 0);
	build_fails(ERR_NOT_POSSIBLE, "no file of this host");
	put_text("x/middle", "plain");
	write_qcow2(at("top"), 1ULL << 30, "x/middle", "qcow2", 0);
	build_fails(ERR_NOT_POSSIBLE, "says that");
}
END_TEST

START_TEST(test_several)
{
	say("os=linux");
	say_disk("disk=/a.qcow2,size=10G,serial=system");
	say("disk=/b.raw,size=20G,format=raw,bus=sata,detect-zeroes=unmap,cache=writeback");
	say("disk=/c.qcow2,size=30G");
	build(1);
	ck_assert_uint_eq(m->n_disks, 3);
	assert_writes("libvirt", "<serial>system</serial>");
	assert_writes("libvirt", "<target dev='sda' bus='sata'/>");
	assert_writes("libvirt", "<target dev='vdb' bus='virtio'/>");
	assert_writes("libvirt", "cache='writeback' io='threads' discard='unmap' detect_zeroes='unmap'/>");
	assert_writes("libvirt", "<boot order='3'/>");
	assert_writes("qemu", "drive='disk0',bootindex='1',serial='system'");
	assert_writes("qemu", "id='disk1',cache='writeback',aio='threads',discard='unmap',detect-zeroes='unmap',format='raw'");
	assert_writes("qemu", "drive='disk2',bootindex='3'");
	say("disk=/c.qcow2,size=31G");
	build_fails(ERR_USAGE, "twice");
	say_disk("disk=/a.qcow2,size=10G,serial=s");
	say("disk=/b.qcow2,size=10G,serial=s");
	build_fails(ERR_USAGE, "serial");
	say_disk("disk=/a.qcow2,size=10G");
	say("disk=none");
	build_fails(ERR_USAGE, "alone");
	say_disk("disk=/a,size=1G,bus=sata");
	say("disk=/b,size=1G,bus=sata");
	say("disk=/c,size=1G,bus=sata");
	say("disk=/d,size=1G,bus=sata");
	build_fails(ERR_NOT_POSSIBLE, "SATA");
}
END_TEST

START_TEST(test_base)
{
	say("os=linux");
	write_qcow2(at("cloud,1.img"), 2ULL << 30, NULL, NULL, 0);
	say_disk("disk=/web.qcow2,from=/cloud,1.img,size=10G");
	build(1);
	ck_assert_str_eq(m->disks[0].base, "/cloud,1.img");
	ck_assert_str_eq(m->disks[0].base_format, "qcow2");
	assert_writes("qemu", "qemu-img convert -p -f 'qcow2' -O 'qcow2' -- '/cloud,1.img' '/web.qcow2'.new");
	assert_writes("qemu", "qemu-img resize -q -f 'qcow2' -- '/web.qcow2'.new '10737418240'");
	say_disk("disk=/web.qcow2,from=/cloud,1.img,by=overlay");
	build(1);
	ck_assert_int_eq(m->disks[0].bytes, 2LL << 30);
	ck_assert_ptr_nonnull(noted("disk-lies-on-another"));
	assert_writes("qemu", "-b '/cloud,1.img' -F 'qcow2' -- '/web.qcow2' '2147483648'");
	say_disk("disk=/web.qcow2,from=/cloud,1.img,size=1G");
	build_fails(ERR_NOT_POSSIBLE, "smaller");
	/* made meanwhile: the script stays the same */
	write_qcow2(at("web.qcow2"), 10ULL << 30, NULL, NULL, 0);
	say_disk("disk=/web.qcow2,from=/cloud,1.img,size=10G");
	build(1);
	ck_assert(m->disks[0].exists);
	assert_writes("qemu", "qemu-img convert -p");
	say_disk("disk=/web.qcow2,from=/cloud,1.img,size=10G,by=overlay");
	build_fails(ERR_NOT_POSSIBLE, "no other image");
}
END_TEST

START_TEST(test_block)
{
	static const char *const home[] = { "/home", NULL }, *const slash[] = { "/", NULL };
	struct block_device sda = { .name = "sda", .bytes = 1000000000000, .model = "Samsung <980>", .serial = "S1" };
	struct block_device sda1 = { .name = "sda1", .parent = "sda", .bytes = -1, .fs_type = "ntfs", .label = "Win" };
	struct block_device sdb = { .name = "sdb", .bytes = -1 }, sdb1 = { .name = "sdb1", .parent = "sdb", .mounts = slash };
	struct block_device sdb2 = { .name = "sdb2", .parent = "sdb", .bytes = -1 };
	struct block_device sdc = { .name = "sdc", .mounts = home }, sdd = { .name = "sdd", .is_swap = true };
	struct block_device sde = { .name = "sde", .is_member = true }, sdf = { .name = "sdf", .in_crypttab = true };
	struct block_device nvme = { .name = "nvme0n1", .bytes = -1, .controller = &t.devices[DEV_NVME] };
	struct block_device *blocks[] = { &sda, &sda1, &sdb, &sdb1, &sdb2, &sdc, &sdd, &sde, &sdf, &nvme };
	static const struct {
		const char *disk, *why;
	} used[] = {
		{ "disk=/dev/sdb", "mounted on /" }, { "disk=/dev/sdb1", "mounted on /" }, { "disk=/dev/sdb2", "starts from" },
		{ "disk=/dev/sdc", "/home" },	     { "disk=/dev/sdd", "swap" },	   { "disk=/dev/sde", "RAID" },
		{ "disk=/dev/sdf", "crypttab" },
	};

	t.host->blocks = blocks;
	t.host->n_blocks = ARRAY_SIZE(blocks);
	ck_assert_int_eq(system(arena_printf(t.host->arena, "mkdir -p %s/dev/disk/by-id && cd %s/dev/disk/by-id && "
							    "touch ../../sda && ln -s ../../sda wwn-0x5 && "
							    "ln -s ../../sda ata-Samsung_980_S1 && ln -s ../../sda scsi-SATA_1",
					     dir, dir)), 0);
	ck_assert_int_eq(unlink(at("dev/sda")), 0);
	say("os=linux");
	for (size_t i = 0; i < ARRAY_SIZE(used); i++) {
		say_disk(used[i].disk);
		build_fails(ERR_NOT_POSSIBLE, used[i].why);
	}
	say_disk("disk=/dev/nvme0n1");
	build(1u << DEV_GPU);
	machine_free(m);
	m = NULL;
	ck_assert_int_lt(test_host_build(&t, 1u << DEV_NVME, &m, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "one or the other"));
	/* the links of a recorded host lead nowhere, and there is no name that stays */
	say_disk("disk=/dev/sda");
	build(1);
	ck_assert_ptr_nonnull(noted("disk-without-lasting-name"));
	ck_assert_ptr_nonnull(strstr(said("disk-holds-data"), "sda1 ntfs “Win”"));
	put_text("dev/sda", "");
	t.host->n_blocks = 0;
	t.host->blocks = NULL;
}
END_TEST

START_TEST(test_labels)
{
	static const struct {
		const char *label;
		enum iso_kind kind;
		const char *os;
	} rows[] = {
		{ "CCCOMA_X64FRE_EN-US_DV9", ISO_WINDOWS, "windows11" }, { "CPBA_X64FRE_ZH-CN_DV9", ISO_WINDOWS, "windows10" },
		{ "SSS_X64FREE_EN-US_DV9", ISO_WINDOWS, "other" },	 { "virtio-win-0.1.240", ISO_VIRTIO_WIN, "windows11" },
		{ "Debian 12.5.0 amd64 n", ISO_INSTALLER, "linux" },	 { "Debian 12.5.0 amd64 1", ISO_INSTALLER, "linux" },
		{ "d-live nf 11.6.0 kd amd64", ISO_LIVE, "linux" },	 { "Ubuntu-Server 24.04.1 LTS amd64", ISO_INSTALLER, "linux" },
		{ "Ubuntu 22.04.4 LTS amd64", ISO_LIVE, "linux" },	 { "Fedora-WS-Live-40-1-14", ISO_LIVE, "linux" },
		{ "Fedora-S-dvd-x86_64-37", ISO_INSTALLER, "linux" },	 { "ARCH_202405", ISO_LIVE, "linux" },
		{ "13_1_RELEASE_AMD64_CD", ISO_INSTALLER, "other" },	 { "GParted-live", ISO_TOOL, NULL },
		{ "CIDATA", ISO_SEED, "linux" },			 { "ARCH_2024", ISO_UNKNOWN, NULL },
		{ "holiday", ISO_UNKNOWN, NULL },			 { "", ISO_UNKNOWN, NULL },
	};
	struct iso_known k;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ck_assert_int_eq(iso_data_find(t.host->arena, rows[i].label, &k), 0);
		ck_assert_msg(k.kind == rows[i].kind, "%s is %s", rows[i].label, k.name);
		ck_assert(!rows[i].os || iso_suggests(&k, rows[i].os));
	}
	ck_assert_int_eq(iso_data_first(t.host->arena, ISO_VIRTIO_WIN, NULL, &k), 0);
	ck_assert_ptr_nonnull(strstr(k.url, "https://"));
	ck_assert_int_eq(iso_data_first(t.host->arena, ISO_CLOUD, "linux", &k), 0);
	ck_assert_ptr_nonnull(strstr(k.url, "https://"));
	ck_assert(iso_label_matches("a*b*c", "aXbYbc"));
	ck_assert(!iso_label_matches("a*b*c", "aXbYb"));
	ck_assert(iso_label_matches("*", ""));
	ck_assert(!iso_label_matches("#", "x"));
}
END_TEST

START_TEST(test_isos)
{
	write_iso(at("win.iso"), "CCCOMA_X64FRE_EN-US_DV9", 32, "");
	write_iso(at("virtio.iso"), "virtio-win-0.1.240", 32, "VIOSTOR/w11/amd64");
	write_iso(at("old.iso"), "virtio-win-0.1.96", 32, "viostor/w10/amd64");
	write_iso(at("debian.iso"), "Debian 12.5.0 amd64 n", 32, "");
	write_iso(at("short.iso"), "Debian 12.5.0 amd64 n", 33, "");
	write_iso(at("mine.iso"), "holiday <1>", 32, "");
	put_text("text.iso", "no disc");
	say("install=/win.iso");
	say("drivers=/virtio.iso");
	build(1);
	ck_assert_str_eq(m->driver_folder, "viostor\\w11\\amd64");
	ck_assert_ptr_nonnull(noted("windows-setup-needs-driver"));
	ck_assert_ptr_null(noted("iso-for-another-system"));
	assert_writes("libvirt", "viostor\\w11\\amd64 -->");
	ck_assert(m->disks[0].virtio);
	say("drivers=/old.iso");
	build(1);
	ck_assert_ptr_nonnull(noted("iso-has-no-driver"));
	say("drivers=/mine.iso");
	build(1);
	ck_assert_ptr_nonnull(strstr(said("iso-drivers-unknown"), "holiday <1>"));
	say("drivers=/win.iso");
	build_fails(ERR_NOT_POSSIBLE, "no disc with drivers");
	ck_assert_ptr_nonnull(strstr(err.hint, "fedorapeople.org"));
	answers_clear(&t.answers, "drivers");
	build(1);
	ck_assert(!m->disks[0].virtio);
	ck_assert_ptr_nonnull(noted("windows-without-drivers"));
	say("install=/virtio.iso");
	build_fails(ERR_NOT_POSSIBLE, "the disc with drivers");
	say("install=/short.iso");
	build_fails(ERR_NOT_POSSIBLE, "not whole");
	say("install=/text.iso");
	build_fails(ERR_NOT_POSSIBLE, "no image of a disc");
	say("install=/debian.iso");
	build(1);
	ck_assert_ptr_nonnull(noted("iso-for-another-system"));
	say("os=linux");
	build(1);
	ck_assert_ptr_null(noted("iso-for-another-system"));
	ck_assert_ptr_nonnull(noted("iso-known"));
}
END_TEST

START_TEST(test_iso_tree)
{
	write_iso(at("a"), "x", 32, "viostor/w11/amd64");
	ck_assert_int_eq(iso_image_has(root, "/a", "viostor/w11/amd64"), 1);
	ck_assert_int_eq(iso_image_has(root, "/a", "viostor/W11"), 1);
	ck_assert_int_eq(iso_image_has(root, "/a", "viostor/w10"), 0);
	ck_assert_int_eq(iso_image_has(root, "/a", "vio"), 0);
	ck_assert_int_eq(truncate(at("a"), 40000), 0); /* the root folder is cut off */
	ck_assert_int_eq(iso_image_has(root, "/a", "viostor"), -EBADMSG);
	ck_assert_int_eq(truncate(at("a"), 100), 0);
	ck_assert_int_eq(iso_image_has(root, "/a", "viostor"), -EBADMSG);
}
END_TEST

START_TEST(test_boot)
{
	write_iso(at("a.iso"), "Debian 12.5.0 amd64 n", 32, "");
	say("os=linux");
	say_disk("disk=/a.qcow2,size=10G");
	say("boot=install");
	build_fails(ERR_USAGE, "--install");
	say("install=/a.iso");
	say("boot-timeout=10");
	build(1);
	assert_writes("qemu", "drive=install,bootindex='1'");
	assert_writes("qemu", "drive='disk0',bootindex='2'");
	assert_writes("qemu", "menu=on,splash-time='10000'");
	assert_writes("libvirt", "<bootmenu enable='yes' timeout='10000'/>");
	say("boot=network");
	build(1);
	assert_writes("qemu", "',bootindex='1'\n");
	assert_writes("qemu", "drive='disk0',bootindex='2'");
	assert_writes("libvirt", "<model type='virtio'/>\n      <boot order='1'/>\n    </interface>");
	say("network=none");
	build_fails(ERR_USAGE, "--network none");
	say("boot=disk");
	say("boot-timeout=66");
	build_fails(ERR_USAGE, "65");
	say("boot-timeout=5");
	say("boot-menu=no");
	build_fails(ERR_USAGE, "--boot-menu");
	answers_clear(&t.answers, "boot-timeout");
	build(1);
	assert_writes("libvirt", "<bootmenu enable='no'/>");
	assert_writes("qemu", "-boot menu=off");
}
END_TEST

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

START_TEST(test_keys)
{
	static const char *const bad[] = {
		"", "hello", "ssh-dss AAAA", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 !!!!",
		"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", /* another type inside */
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYH", /* cut off */
		"command=\"x\" " KEY,
		"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQCx", /* too small */
	};

	ck_assert_ptr_null(ssh_key_check_line(KEY));
	ck_assert_ptr_null(ssh_key_check_line(KEY " \"it's\" <me>: # - yes"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(ssh_key_check_line(bad[i]) != NULL, "%s", bad[i]);
	ck_assert(ssh_key_is_private("-----BEGIN OPENSSH PRIVATE KEY-----\n", 36));
	ck_assert(ssh_key_is_private("PuTTY-User-Key-File-3: ssh-ed25519", 34));
	ck_assert(!ssh_key_is_private(KEY, strlen(KEY)));
}
END_TEST

START_TEST(test_seed)
{
	_cleanup_json_ json_t *data = NULL, *meta = NULL;
	const char *first;

	say("os=linux");
	say("name=web");
	say_disk("disk=/a.qcow2,size=10G");
	say("cloud-user=anna");
	build_fails(ERR_USAGE, "nobody could log in");
	put_text("key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n");
	put_text("key.pub", "# mine\n\n" KEY " it's \"me\": {a} # yes\r\n");
	say("cloud-ssh-key=/key");
	build_fails(ERR_USAGE, "private");
	ck_assert_ptr_nonnull(strstr(err.hint, "/key.pub"));
	answers_clear(&t.answers, "cloud-ssh-key");
	say("cloud-ssh-key=/key.pub");
	say("cloud-package=vim");
	say("cloud-package=no"); /* a word that YAML 1.1 takes for false */
	build(1);
	ck_assert_ptr_nonnull(noted("seed-without-image"));
	ck_assert(str_starts_with(m->seed->user_data, "#cloud-config\n"));
	ck_assert_ptr_nonnull(strstr(m->seed->user_data, "\"no\""));
	ck_assert_int_eq(yaml_parse(m->seed->user_data, strlen(m->seed->user_data), "user-data", &data, &err), 0);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(data, "users"), 0), "name")), "anna");
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(json_array_get(json_object_get(data, "users"), 0), "ssh_authorized_keys"), 0)),
			 KEY " it's \"me\": {a} # yes");
	ck_assert_int_eq(yaml_parse(m->seed->meta_data, strlen(m->seed->meta_data), "meta-data", &meta, &err), 0);
	ck_assert_str_eq(json_string_value(json_object_get(meta, "local-hostname")), "web");
	assert_writes("libvirt", "<source file='/var/lib/libvirt/images/web-seed.iso'/>");
	assert_writes("qemu", "file='/var/lib/libvirt/images/web-seed.iso'");
	first = arena_strdup(t.host->arena, json_string_value(json_object_get(meta, "instance-id")));
	say("cloud-hostname=other");
	build(1);
	ck_assert_ptr_null(strstr(m->seed->meta_data, first)); /* another seed is another instance */
	say("cloud-user=Anna B");
	build_fails(ERR_USAGE, "--cloud-user");
	say("cloud-user=root");
	build_fails(ERR_USAGE, "root");
	say("cloud-user=anna");
	say("cloud-hostname=-x");
	build_fails(ERR_USAGE, "--cloud-hostname");
	say("cloud-hostname=x");
	say("cloud-password-hash=secret");
	build_fails(ERR_USAGE, "no hash");
	say("cloud-password-hash=$6$salt$0123456789012345678901234567890123456789");
	build(1);
	ck_assert_ptr_nonnull(strstr(m->seed->user_data, "lock_passwd: false"));
	say("cloud-package=--evil");
	build_fails(ERR_USAGE, "--cloud-package");
	answers_clear(&t.answers, "cloud-package");
	put_text("net", "version: 2\nethernets: {}\n");
	say("cloud-network=/net");
	build(1);
	ck_assert_str_eq(m->seed->network_config, "version: 2\nethernets: {}\n");
	put_text("net", "hello: 1\n");
	build_fails(ERR_INPUT, "--cloud-network");
	answers_clear(&t.answers, "cloud-network");
	say("os=windows11");
	build_fails(ERR_USAGE, "Windows");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("output-disks");
	TCase *c = tcase_create("disks");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_spec);
	tcase_add_test(c, test_image);
	tcase_add_test(c, test_existing);
	tcase_add_test(c, test_chain);
	tcase_add_test(c, test_several);
	tcase_add_test(c, test_base);
	tcase_add_test(c, test_block);
	tcase_add_test(c, test_labels);
	tcase_add_test(c, test_isos);
	tcase_add_test(c, test_iso_tree);
	tcase_add_test(c, test_boot);
	tcase_add_test(c, test_keys);
	tcase_add_test(c, test_seed);
	suite_add_tcase(s, c);
	return unit_run(s);
}
