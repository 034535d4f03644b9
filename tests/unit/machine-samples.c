/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * machine-samples DIR: writes machines of many shapes as DIR/SHAPE.xml and DIR/SHAPE.sh, for
 * tests/machine.sh to show to libvirt, QEMU and the shell.  "@" in an answer stands for DIR.
 */
#include "output-host.h"

#include <errno.h>
#include <stdio.h>

static const struct {
	const char *shape;
	unsigned devices; /* bit N = device N of the test host */
	const char *answers[8];
	const char *libvirt, *qemu; /* installed versions; NULL: those of Debian 12, which the tests have */
} samples[] = {
	{ "windows11", 0x0f, { "os=windows11", "install=@/win.iso", "disk=@/w11.qcow2,size=64G" } },
	{ "windows11-virtio", 0x0f,
	  { "os=windows11", "install=@/win.iso", "drivers=@/virtio.iso", "disk=@/w11v.qcow2,size=64G" } },
	{ "windows10-bios", 0x03,
	  { "os=windows10", "firmware=bios", "network=bridge:br0", "disk=@/w10.raw,size=1G,format=raw" } },
	{ "windows10-nvme", 0x43, { "os=windows10" } },
	{ "linux", 0xff, { "os=linux", "disk=@/a,b.raw,size=20G,format=raw" } },
	{ "linux-headless", 0x103,
	  { "os=linux", "display=none", "network=none", "disk=none" } },
	{ "linux-looking-glass", 0x30,
	  { "os=linux", "display=looking-glass", "cpus=3", "disk=@/lg.qcow2,size=2G", "looking-glass-memory=shm",
	    "looking-glass=3840x2160,hdr" } },
	{ "windows11-kvmfr", 0x0f,
	  { "preset=gaming", "display=looking-glass", "disk=none", "evdev=/dev/input/by-id/usb-a,b'c-event-kbd",
	    "evdev=/dev/input/by-id/usb-Mouse-event-mouse", "evdev-switch=alt-alt" } },
	{ "windows11-kvmfr-old", 0x0f,
	  { "display=looking-glass", "disk=none", "evdev=/dev/input/by-path/x-event-kbd", "audio=pulse" },
	  "7.0.0-3+deb11u3", "1:5.2+dfsg-11+deb11u3" },
	{ "windows11-newest", 0x0f, { "preset=gaming", "disk=none", "audio=pipewire" }, "12.8.0-1", "1:10.2.2" },
	{ "windows10-ubuntu22", 0x0f, { "preset=content", "os=windows10", "firmware=uefi-secure", "disk=none",
	    "audio=jack" }, "8.0.0-1ubuntu7.10", "1:6.2+dfsg-2ubuntu6" },
	{ "windows11-installed", 0x0f, { "preset=gaming", "installed=yes", "disk=none", "audio=pipewire" } },
	{ "linux-ai", 0x33, { "preset=ai", "os=linux", "disk=@/ai.qcow2,size=2G" } },
	{ "linux-development", 0x00, { "preset=development", "os=linux", "disk=@/dev.qcow2,size=2G" } },
	{ "other-plain", 0x01, { "preset=plain", "os=other", "disk=none" } },
	{ "linux-unknown", 0x0f, { "preset=content", "os=linux", "disk=none" }, "", "" },
	{ "linux-empty", 0x00,
	  { "os=linux", "hugepages=2M", "tpm=yes", "firmware=uefi-secure", "disk=none", "usb=1234:abcd" } },
	{ "linux-pages", 0x00, { "os=linux", "hugepages=2M", "memory=2G", "cpus=1", "pin=auto", "disk=none", "firmware=bios" } },
	{ "linux-pages-at-boot", 0x00, { "os=linux", "hugepages=1G", "memory=2G", "disk=none", "firmware=bios" } },
	{ "other", 0x80, { "os=other", "network=network:lab", "usb=1234:abcd", "disk=@/other.qcow2,size=1G" } },
	{ "linux-disks", 0x01,
	  { "os=linux", "disk=@/one.qcow2,size=1G,serial=system,detect-zeroes=unmap", "boot=network",
	    "disk=@/two.raw,size=1G,format=raw,bus=sata,cache=directsync,discard=ignore,preallocation=falloc",
	    "disk=@/three,3.qcow2,from=@/base.qcow2,size=2G", "disk=@/four.qcow2,from=@/base.qcow2,by=overlay,size=3G",
	    "boot-timeout=9" } },
	{ "linux-cloud", 0x00,
	  { "os=linux", "disk=@/cloud.qcow2,from=@/base.qcow2,size=2G", "boot-menu=no", "cloud-user=anna",
	    "cloud-password-hash=$6$salt$0123456789012345678901234567890123456789", "network=none" } },
	{ "windows10-install", 0x01,
	  { "os=windows10", "install=@/win.iso", "boot=install", "disk=@/w10i.qcow2,size=1G,bus=virtio",
	    "disk=@/w10j.qcow2,size=1G" } },
	{ "hostile", 0x01,
	  { "os=linux", "disk=@/a'b\"c<d>&e$(touch pwned),f,size=2G",
	    "install=@/'; touch pwned; '.iso" } },
};

/* Eight cores with two threads in two caches: siblings 0 and 8. */
static void sample_cpus(struct host *h)
{
	h->cpu.n_list = 16;
	h->cpu.list = arena_alloc(h->arena, h->cpu.n_list * sizeof(*h->cpu.list));
	for (int i = 0; i < (int)h->cpu.n_list; i++)
		h->cpu.list[i] = (struct cpu_thread){ .id = i, .online = true, .core = i % 8, .l3 = i % 8 / 4 * 4,
						      .l3_bytes = 32 << 20 };
}

static int sample_answer(struct test_host *t, const char *answer, const char *dir, struct err *err)
{
	_cleanup_str_ struct str text = { 0 };

	for (; *answer; answer++) {
		if (*answer == '@')
			str_add(&text, dir);
		else
			str_addc(&text, *answer);
	}
	return test_host_answer(t, str_c(&text), err);
}

static int sample_write(const char *dir, const char *shape, const struct machine *m,
			const struct machine_format *format, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("%s/%s%s", dir, shape, format->file_suffix);
	_cleanup_free_ char *text = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	size_t len;
	int r = machine_write(m, format, NULL, &text, &len, err);

	if (r < 0)
		return r;
	f = fopen(path, "w");
	if (!f || fwrite(text, 1, len, f) != len || fflush(f) != 0)
		return err_set(err, ERR_WRITE, -EIO, "%s", path);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_fsroot_ struct fsroot *root = NULL;

	/* An empty folder is the host's root: no file of this machine decides what comes out. */
	if (argc != 2 || fsroot_open(argv[1], &root, NULL) < 0)
		return 64;
	for (unsigned i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_(machine_freep) struct machine *m = NULL;
		struct err err = { 0 };
		struct test_host t;
		char name[64];
		int r;

		test_host_init(&t, root);
		t.host->software.libvirt = samples[i].libvirt ? samples[i].libvirt : "9.0.0-4+deb12u2";
		t.host->software.qemu = samples[i].qemu ? samples[i].qemu : "1:7.2+dfsg-7+deb12u13";
		t.host->identity.kernel = "6.1.0-28-amd64";
		t.host->permissions.user = (struct user_facts){ .uid = 1000, .name = "ada" };
		sample_cpus(t.host);
		snprintf(name, sizeof(name), "name=%s", samples[i].shape);
		r = test_host_answer(&t, name, &err);
		for (unsigned k = 0; r == 0 && samples[i].answers[k]; k++)
			r = sample_answer(&t, samples[i].answers[k], argv[1], &err);
		if (r == 0)
			r = test_host_build(&t, samples[i].devices, &m, &err);
		for (unsigned k = 0; r == 0 && machine_format_table[k]; k++)
			if (!machine_format_table[k]->is_hook || machine_has_hooks(m))
				r = sample_write(argv[1], samples[i].shape, m, machine_format_table[k], &err);
		test_host_done(&t);
		if (r < 0) {
			fprintf(stderr, "%s: %s\n", samples[i].shape, err.msg);
			return 1;
		}
	}
	return 0;
}
