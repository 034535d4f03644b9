/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorded.h"

#define DEV "/sys/bus/pci/devices/"

/* "/sys/…/config : hex": LEN bytes of zero with some bytes set. */
struct config {
	unsigned char b[4096];
	unsigned len;
};

static void config_put(struct config *c, unsigned at, const unsigned char *bytes, unsigned n)
{
	memcpy(c->b + at, bytes, n);
}
#define PUT(c, at, ...)                                                                            \
	config_put(c, at, (const unsigned char[]){ __VA_ARGS__ },                                  \
		   sizeof((const unsigned char[]){ __VA_ARGS__ }))

static char *config_line(const struct config *c, const char *dir)
{
	struct str s = { 0 };

	str_addf(&s, "%s/config : ", dir);
	for (unsigned i = 0; i < c->len; i++)
		str_addf(&s, "%02x", c->b[i]);
	str_addc(&s, '\n');
	return str_steal(&s);
}

/* A root port 8086:DEVICE with its capability of ACS at 0x100. */
static struct config config_port(unsigned char low, unsigned char high)
{
	struct config c = { .len = 4096 };

	PUT(&c, 0, 0x86, 0x80, low, high, 7, 0, 0x10, 0, 0xf1, 0, 4, 6);
	c.b[0x0e] = 0x81;
	PUT(&c, 0x18, 0, 1, 5);
	c.b[0x34] = 0x40;
	PUT(&c, 0x40, 0x10, 0, 0x42, 0); /* root port */
	PUT(&c, 0x100, 0x0d, 0, 1, 0, 0x0f, 0x00, 0x1d, 0x00, 0x0b, 0x00);
	return c;
}

#define PORT "/sys/devices/pci0000:00/0000:00:01.0"

START_TEST(pci_card_behind_a_port)
{
	struct config port = config_port(0x01, 0x19);
	_cleanup_free_ char *line = config_line(&port, PORT);
	_cleanup_free_ char *text = xasprintf(
		"/sys/bus/pci/devices/0000:00:01.0 -> ../../../devices/pci0000:00/0000:00:01.0\n"
		"/sys/bus/pci/devices/0000:01:00.0 -> ../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0\n"
		PORT "/modalias = pci:v00008086d00001901sv00001043sd00008694bc06sc04i00\n%s"
		PORT "/0000:01:00.0/modalias = pci:v000010DEd00002482sv00001462sd00005051bc03sc00i00\n"
		PORT "/0000:01:00.0/driver -> ../../../../bus/pci/drivers/nouveau\n"
		PORT "/0000:01:00.0/boot_vga = 1\n"
		PORT "/0000:01:00.0/numa_node = -1\n"
		PORT "/0000:01:00.0/rom =\\\n"
		PORT "/0000:01:00.0/reset_method = flr bus\n"
		PORT "/0000:01:00.0/revision = 0xa1\n"
		"/usr/share/misc/pci.ids <<\n"
		"\t10de  NVIDIA Test\n"
		"\t\t2482  GA104 Test\n"
		"\tC 03  Display controller\n"
		"\t\t00  VGA compatible controller\n",
		line);
	RECORDED(h, text, "pci");
	struct pci_device *up = recorded_device(h, "00:01.0"), *gpu = recorded_device(h, "01:00.0");

	ck_assert_uint_eq(h->n_devices, 2);
	ck_assert_ptr_eq(gpu->parent, up);
	ck_assert_ptr_null(up->parent);
	ck_assert_uint_eq(gpu->vendor, 0x10de);
	ck_assert_uint_eq(gpu->device, 0x2482);
	ck_assert_uint_eq(gpu->subsystem_vendor, 0x1462);
	ck_assert_uint_eq(gpu->subsystem_device, 0x5051);
	ck_assert_uint_eq(gpu->class_code, 0x030000);
	ck_assert_uint_eq(gpu->revision, 0xa1);
	ck_assert_str_eq(gpu->driver, "nouveau");
	ck_assert_int_eq(gpu->boot_vga, 1);
	ck_assert_int_eq(gpu->numa_node, -1);
	ck_assert_int_eq(gpu->rom, 1);
	ck_assert_int_eq(gpu->reset_known, 1);
	ck_assert_uint_eq(strv_length(gpu->reset), 2);
	ck_assert_int_eq(gpu->config_len, 0);
	ck_assert_int_eq(gpu->acs_cap, -1);
	/* the list of the root itself, and numbers for what it does not have */
	ck_assert_str_eq(gpu->vendor_name, "NVIDIA Test");
	ck_assert_str_eq(gpu->device_name, "GA104 Test");
	ck_assert_str_eq(gpu->class_name, "VGA compatible controller");
	ck_assert_str_eq(up->vendor_name, "Vendor 8086");
	/* the port, from config space */
	ck_assert_int_eq(up->port_type, PCI_PORT_ROOT);
	ck_assert_uint_eq(up->header_type, 1);
	ck_assert(up->multifunction);
	ck_assert_uint_eq(up->secondary_bus, 1);
	ck_assert_uint_eq(up->subordinate_bus, 5);
	ck_assert_int_eq(up->config_len, 4096);
	ck_assert_int_eq(up->acs_cap, 0x0f);
	ck_assert_int_eq(up->acs_ctrl, 0x1d);
	ck_assert_int_eq(up->boot_vga, -1);
	ck_assert_int_eq(up->rom, 0);
	ck_assert_ptr_null(h->broken);
}
END_TEST

/* Sunrise Point lays ACS out in double words: control is at +8. */
START_TEST(pci_acs_erratum)
{
	struct config port = config_port(0x15, 0xa1);
	_cleanup_free_ char *line = config_line(&port, DEV "0000:00:1c.5");
	_cleanup_free_ char *text = xasprintf(
		DEV "0000:00:1c.5/modalias = pci:v00008086d0000A115sv00001043sd00008694bc06sc04i00\n%s",
		line);
	RECORDED(h, text, "pci");
	struct pci_device *d = recorded_device(h, "00:1c.5");

	ck_assert_int_eq(d->acs_cap, 0x0f);
	ck_assert_int_eq(d->acs_ctrl, 0x0b);
}
END_TEST

START_TEST(pci_without_root_rights)
{
	struct config port = config_port(0x01, 0x19), legacy = { .len = 256 };
	_cleanup_free_ char *port_line = NULL, *legacy_line = NULL, *text = NULL;

	port.len = 64;
	port_line = config_line(&port, DEV "0000:00:01.0");
	PUT(&legacy, 0, 0x74, 0x12, 0x00, 0x50);
	legacy_line = config_line(&legacy, DEV "0000:00:05.0");
	text = xasprintf(DEV "0000:00:01.0/modalias = pci:v00008086d00001901sv00000000sd00000000bc06sc04i00\n"
			 DEV "0000:00:05.0/modalias = pci:v00001274d00005000sv00000000sd00000000bc04sc01i00\n"
			 "%s%s", port_line, legacy_line);
	{
		RECORDED(h, text, "pci");
		struct pci_device *d = recorded_device(h, "00:01.0");

		ck_assert_int_eq(d->config_len, 64);
		ck_assert_uint_eq(d->header_type, 1);
		ck_assert_int_eq(d->port_type, PCI_PORT_UNKNOWN);
		ck_assert_int_eq(d->acs_cap, -1);
		/* conventional: there is no extended space that could hold one */
		d = recorded_device(h, "00:05.0");
		ck_assert_int_eq(d->config_len, 256);
		ck_assert_int_eq(d->acs_cap, 0);
		ck_assert_int_eq(d->reset_known, 0); /* a kernel without reset_method */
	}
}
END_TEST

START_TEST(pci_that_is_broken)
{
	struct config loop = { .len = 4096 }, dead = { .len = 256 }, torn = { .len = 10 };
	_cleanup_free_ char *l1 = NULL, *l2 = NULL, *l3 = NULL, *text = NULL;

	PUT(&loop, 0, 0x86, 0x80, 1, 0x19);
	loop.b[0x06] = 0x10;
	loop.b[0x34] = 0x40;
	PUT(&loop, 0x40, 0x05, 0x40);		/* capability that is its own successor */
	PUT(&loop, 0x100, 0x01, 0, 0x01, 0x10); /* likewise, extended */
	memset(dead.b, 0xff, sizeof(dead.b));
	l1 = config_line(&loop, DEV "0000:00:01.0");
	l2 = config_line(&dead, DEV "0000:00:02.0");
	l3 = config_line(&torn, DEV "0000:00:03.0");
	text = xasprintf(
		"%s%s%s"
		DEV "0000:00:01.0/modalias = pci:nonsense\n"
		DEV "0000:00:01.0/vendor = 0x8086\n"
		DEV "0000:00:01.0/device = 0xzz\n"
		DEV "0000:00:01.0/class = 0x1234567\n"
		DEV "0000:00:02.0/modalias = pci:v000010DEd00002482sv00000000sd00000000bc03sc00i00\n"
		DEV "0000:00:02.0/boot_vga = maybe\n"
		DEV "0000:00:02.0/numa_node = 99999999999999999999\n"
		DEV "0000:00:02.0/sriov_totalvfs = -4\n"
		DEV "0000:00:03.0/vendor ! EACCES\n"
		DEV "not-an-address/vendor = 0x8086\n"
		DEV "0000:00:1f.9/vendor = 0x8086\n",
		l1, l2, l3);
	{
		RECORDED(h, text, "pci");
		struct pci_device *d = recorded_device(h, "00:01.0");

		ck_assert_uint_eq(h->n_devices, 3);
		ck_assert_uint_eq(d->vendor, 0x8086);
		ck_assert_uint_eq(d->device, 0);
		ck_assert(recorded_has(h->broken, "/0000:00:01.0/device:"));
		ck_assert(recorded_has(h->broken, "/0000:00:01.0/class:"));
		ck_assert_int_eq(d->acs_cap, 0);
		d = recorded_device(h, "00:02.0");
		ck_assert_int_eq(d->config_len, 0);
		ck_assert(recorded_has(h->unreadable, "/0000:00:02.0/config:"));
		ck_assert_int_eq(d->boot_vga, -1);
		ck_assert(recorded_has(h->broken, "/0000:00:02.0/boot_vga:"));
		ck_assert(recorded_has(h->broken, "/0000:00:02.0/numa_node:"));
		ck_assert_int_eq(d->sriov_total, -1);
		ck_assert(recorded_has(h->broken, "/0000:00:02.0/sriov_totalvfs:"));
		d = recorded_device(h, "00:03.0");
		ck_assert_int_eq(d->config_len, 0);
		ck_assert(recorded_has(h->unreadable, "/0000:00:03.0/vendor:"));
		ck_assert_ptr_nonnull(d->device_name);
	}
}
END_TEST

START_TEST(pci_wide_domains_and_virtual_functions)
{
	RECORDED(h,
		 DEV "10000:e1:00.0/vendor = 0x144d\n"
		 DEV "2000:01:00.0/vendor = 0x1af4\n"
		 DEV "0000:01:00.0/vendor = 0x8086\n"
		 DEV "0000:01:00.0/sriov_totalvfs = 8\n"
		 DEV "0000:01:00.0/sriov_numvfs = 1\n"
		 DEV "0000:01:00.0/mdev_supported_types/i915-GVTg_V5_4/\n"
		 DEV "0000:01:10.0/vendor = 0x8086\n"
		 DEV "0000:01:10.0/physfn -> ../0000:01:00.0\n"
		 "/sys/class/mdev_bus/\n",
		 "pci");
	struct pci_device *pf = recorded_device(h, "01:00.0"), *vf = recorded_device(h, "01:10.0");

	ck_assert_uint_eq(h->n_devices, 4);
	ck_assert_str_eq(h->devices[2]->address, "2000:01:00.0");
	ck_assert_str_eq(h->devices[3]->address, "10000:e1:00.0");
	ck_assert_int_eq(pf->sriov_total, 8);
	ck_assert_int_eq(pf->sriov_enabled, 1);
	ck_assert_str_eq(pf->mdev[0], "i915-GVTg_V5_4");
	ck_assert_ptr_eq(vf->physfn, pf);
	ck_assert_int_eq(vf->sriov_total, -1);
}
END_TEST

START_TEST(pci_none_at_all)
{
	RECORDED(empty, "/sys/bus/pci/devices/\n", "pci groups");
	RECORDED(container, "/etc/hostname = x\n", "pci groups");

	ck_assert_uint_eq(empty->n_devices, 0);
	ck_assert_uint_eq(container->n_devices, 0);
	ck_assert_ptr_null(container->unreadable);
}
END_TEST

#define GROUP "/sys/kernel/iommu_groups/"

START_TEST(groups_and_their_members)
{
	RECORDED(h,
		 DEV "0000:01:00.0/vendor = 0x10de\n"
		 DEV "0000:01:00.1/vendor = 0x10de\n"
		 DEV "0000:02:00.0/vendor = 0x10de\n"
		 DEV "0000:01:00.0/iommu_group -> ../../../kernel/iommu_groups/10\n"
		 DEV "0000:01:00.1/iommu_group -> ../../../kernel/iommu_groups/10\n"
		 DEV "0000:02:00.0/iommu_group -> ../../../kernel/iommu_groups/9\n"
		 DEV "0000:03:00.0/vendor = 0x10de\n"
		 DEV "0000:03:00.0/iommu_group -> ../../../kernel/iommu_groups/77\n"
		 GROUP "10/type = DMA-FQ\n"
		 GROUP "10/reserved_regions <<\n"
		 "\t0x00000000fee00000 0x00000000feefffff msi\n"
		 "\t0x000000008d800000 0x000000008fffffff direct-relaxable\n"
		 GROUP "9/reserved_regions <<\n"
		 "\t0x000000008d800000 0x000000008fffffff direct\n"
		 "\tgarbage\n"
		 GROUP "11/type = DMA-FQ\n"
		 DEV "0000:04:00.0/vendor = 0x10de\n"
		 DEV "0000:04:00.0/iommu_group -> ../../../kernel/iommu_groups/11\n"
		 GROUP "x/devices/\n",
		 "pci groups");
	struct iommu_group *g;

	ck_assert_uint_eq(h->n_groups, 3);
	ck_assert_int_eq(h->groups[0]->id, 9);
	/* no reserved_regions to read */
	ck_assert_int_eq(host_find_group(h, 11)->has_direct_region, -1);
	g = h->groups[0];
	ck_assert_int_eq(g->has_direct_region, 1);
	ck_assert_ptr_null(g->type);
	ck_assert_uint_eq(g->n_devices, 1);
	/* A group that is not there (the device is being removed) is none. */
	ck_assert_ptr_null(recorded_device(h, "03:00.0")->group);
	g = host_find_group(h, 10);
	ck_assert_ptr_nonnull(g);
	ck_assert_str_eq(g->type, "DMA-FQ");
	ck_assert_int_eq(g->has_direct_region, 0);
	ck_assert_uint_eq(g->n_devices, 2);
	ck_assert_str_eq(g->devices[0]->address, "0000:01:00.0");
	ck_assert_ptr_eq(g->devices[1]->group, g);
}
END_TEST

START_TEST(pci_four_hundred)
{
	char file[] = "/tmp/four-hundred-XXXXXX";
	int fd = mkstemp(file);
	_cleanup_free_ char *command =
		xasprintf("sh '%s/tests/lib/make-400.sh' >%s", unit_srcdir(), file);
	struct recorded r;
	unsigned virtual = 0, ports = 0;

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(system(command), 0);
	r = recorded_open_file(file, "pci groups");
	unlink(file);
	ck_assert_uint_eq(r.host->n_devices, 400);
	ck_assert_uint_eq(r.host->n_groups, 359);
	for (unsigned i = 0; i < r.host->n_devices; i++) {
		struct pci_device *d = r.host->devices[i];

		ck_assert_msg(d->group != NULL, "%s is in no group", d->address);
		ck_assert_int_eq(d->config_len, d->physfn ? 0 : 4096);
		virtual += d->physfn != NULL;
		ports += d->port_type == PCI_PORT_ROOT && d->acs_cap == 0x5f;
	}
	ck_assert_uint_eq(virtual, 248);
	ck_assert_uint_eq(ports, 48);
	ck_assert_uint_eq(recorded_device(r.host, "09:00.3")->group->n_devices, 4);
	ck_assert_ptr_null(r.host->broken);
	recorded_close(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes: PCI");
	TCase *t = tcase_create("PCI");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, pci_card_behind_a_port);
	tcase_add_test(t, pci_acs_erratum);
	tcase_add_test(t, pci_without_root_rights);
	tcase_add_test(t, pci_that_is_broken);
	tcase_add_test(t, pci_wide_domains_and_virtual_functions);
	tcase_add_test(t, pci_none_at_all);
	tcase_add_test(t, groups_and_their_members);
	tcase_add_test(t, pci_four_hundred);
	suite_add_tcase(s, t);
	return unit_run(s);
}
