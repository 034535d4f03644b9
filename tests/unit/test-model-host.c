/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "base/strv.h"
#include "model/finding.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <string.h>

static struct fsroot *root;
static struct host *host;

static void setup(void)
{
	ck_assert_int_eq(fsroot_open("/", &root, NULL), 0);
	host = host_new(root);
}

static void teardown(void)
{
	host_free(host);
	fsroot_free(root);
}

static struct pci_device *add(const char *address, struct pci_device *parent, unsigned vendor,
			      unsigned class_code, enum pci_port_type type)
{
	struct pci_device *d = arena_alloc(host->arena, sizeof(*d));

	ck_assert_int_eq(pci_addr_parse(address, &d->addr), 0);
	d->parent = parent;
	d->vendor = (uint16_t)vendor;
	d->class_code = class_code;
	d->header_type = class_code == 0x060400;
	d->port_type = type;
	return d;
}

static void expect_card(const struct pci_device *d, const char *address)
{
	char text[PCI_ADDR_TEXT];

	ck_assert_str_eq(pci_addr_format(pci_device_card(d), text), address);
}

#define BRIDGE 0x060400
#define VGA    0x030000
#define AUDIO  0x040300
#define USB    0x0c0330
#define NIC    0x020000

/* _i 0: config space was readable, 1: only its first 64 bytes, so port types are unknown. */
static enum pci_port_type type_of(enum pci_port_type type, int i)
{
	return i ? PCI_PORT_UNKNOWN : type;
}

START_TEST(plain_card_with_two_functions)
{
	struct pci_device *port = add("00:01.0", NULL, 0x8086, BRIDGE, type_of(PCI_PORT_ROOT, _i));

	expect_card(add("01:00.0", port, 0x10de, VGA, type_of(PCI_PORT_LEGACY_ENDPOINT, _i)), "0000:01:00.0");
	expect_card(add("01:00.1", port, 0x10de, AUDIO, type_of(PCI_PORT_ENDPOINT, _i)), "0000:01:00.0");
	/* Graphics in the processor: its root port has the same vendor. */
	expect_card(add("00:02.0", NULL, 0x8086, VGA, type_of(PCI_PORT_RC_ENDPOINT, _i)), "0000:00:02.0");
}
END_TEST

START_TEST(navi_behind_its_switch)
{
	struct pci_device *root_port = add("00:01.1", NULL, 0x1022, BRIDGE, type_of(PCI_PORT_ROOT, _i));
	struct pci_device *up = add("09:00.0", root_port, 0x1002, BRIDGE, type_of(PCI_PORT_UPSTREAM, _i));
	struct pci_device *down = add("0a:00.0", up, 0x1002, BRIDGE, type_of(PCI_PORT_DOWNSTREAM, _i));

	expect_card(add("0b:00.0", down, 0x1002, VGA, type_of(PCI_PORT_LEGACY_ENDPOINT, _i)), "0000:09:00.0");
	expect_card(add("0b:00.1", down, 0x1002, AUDIO, type_of(PCI_PORT_ENDPOINT, _i)), "0000:09:00.0");
	expect_card(add("0b:00.2", down, 0x1002, USB, type_of(PCI_PORT_ENDPOINT, _i)), "0000:09:00.0");
	expect_card(add("0b:00.3", down, 0x1002, 0x0c8000, type_of(PCI_PORT_ENDPOINT, _i)), "0000:09:00.0");
	/* Another vendor's chip below would not be a part of this card. */
	expect_card(add("0b:01.0", down, 0x10ec, NIC, type_of(PCI_PORT_ENDPOINT, _i)), "0000:0b:01.0");
}
END_TEST

START_TEST(arc_behind_its_switch_in_a_thunderbolt_box)
{
	struct pci_device *root_port = add("00:07.0", NULL, 0x8086, BRIDGE, type_of(PCI_PORT_ROOT, _i));
	struct pci_device *tb_up = add("02:00.0", root_port, 0x8086, BRIDGE, type_of(PCI_PORT_UPSTREAM, _i));
	struct pci_device *tb_down = add("03:01.0", tb_up, 0x8086, BRIDGE, type_of(PCI_PORT_DOWNSTREAM, _i));
	struct pci_device *tb_usb = add("03:02.0", tb_up, 0x8086, BRIDGE, type_of(PCI_PORT_DOWNSTREAM, _i));
	struct pci_device *up = add("04:00.0", tb_down, 0x8086, BRIDGE, type_of(PCI_PORT_UPSTREAM, _i));
	struct pci_device *down1 = add("05:01.0", up, 0x8086, BRIDGE, type_of(PCI_PORT_DOWNSTREAM, _i));
	struct pci_device *down4 = add("05:04.0", up, 0x8086, BRIDGE, type_of(PCI_PORT_DOWNSTREAM, _i));

	expect_card(add("06:00.0", down1, 0x8086, VGA, type_of(PCI_PORT_ENDPOINT, _i)), "0000:04:00.0");
	expect_card(add("07:00.0", down4, 0x8086, AUDIO, type_of(PCI_PORT_ENDPOINT, _i)), "0000:04:00.0");
	/* The Thunderbolt controller's own USB is no part of anything that is plugged in. */
	expect_card(add("3a:00.0", tb_usb, 0x8086, USB, type_of(PCI_PORT_ENDPOINT, _i)), "0000:3a:00.0");
}
END_TEST

START_TEST(chipset_switches_are_no_cards)
{
	struct pci_device *root_port = add("00:01.2", NULL, 0x1022, BRIDGE, type_of(PCI_PORT_ROOT, _i));
	struct pci_device *up = add("02:00.0", root_port, 0x1022, BRIDGE, type_of(PCI_PORT_UPSTREAM, _i));
	struct pci_device *down4 = add("03:04.0", up, 0x1022, BRIDGE, type_of(PCI_PORT_DOWNSTREAM, _i));
	struct pci_device *down8 = add("03:08.0", up, 0x1022, BRIDGE, type_of(PCI_PORT_DOWNSTREAM, _i));

	expect_card(add("05:00.0", down4, 0x8086, NIC, type_of(PCI_PORT_ENDPOINT, _i)), "0000:05:00.0");
	expect_card(add("06:00.1", down8, 0x1022, USB, type_of(PCI_PORT_ENDPOINT, _i)), "0000:06:00.0");
	expect_card(add("06:00.4", down8, 0x1022, AUDIO, type_of(PCI_PORT_ENDPOINT, _i)), "0000:06:00.0");
	/* A graphics card in a slot of the chipset. */
	expect_card(add("07:00.0", down4, 0x10de, VGA, type_of(PCI_PORT_ENDPOINT, _i)), "0000:07:00.0");
	/* Two bridges in a row that are a root port and a PCI bridge. */
	up = add("00:1c.0", NULL, 0x8086, BRIDGE, type_of(PCI_PORT_ROOT, _i));
	down4 = add("08:00.0", up, 0x8086, BRIDGE, type_of(PCI_PORT_PCIE_TO_PCI, _i));
	expect_card(add("09:01.0", down4, 0x8086, VGA, type_of(PCI_PORT_UNKNOWN, _i)), "0000:09:01.0");
}
END_TEST

START_TEST(virtual_functions_are_on_their_card)
{
	struct pci_device *pf = add("41:00.0", NULL, 0x8086, NIC, PCI_PORT_ENDPOINT);
	struct pci_device *vf = add("41:10.1", NULL, 0x8086, NIC, PCI_PORT_ENDPOINT);

	vf->physfn = pf;
	expect_card(vf, "0000:41:00.0");
}
END_TEST

START_TEST(classes)
{
	static const struct {
		uint32_t code;
		enum device_class class;
	} all[] = {
		{ 0x030000, DEVICE_GPU },    { 0x030200, DEVICE_GPU },	   { 0x038000, DEVICE_GPU },
		{ 0x010802, DEVICE_NVME },   { 0x010601, DEVICE_STORAGE }, { 0x020000, DEVICE_NIC },
		{ 0x028000, DEVICE_NIC },    { 0x0c0330, DEVICE_USB },	   { 0x040300, DEVICE_AUDIO },
		{ 0x060400, DEVICE_BRIDGE }, { 0x0c0500, DEVICE_OTHER },   { 0x118000, DEVICE_OTHER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct pci_device d = { .class_code = all[i].code };

		ck_assert_int_eq(pci_device_class(&d), all[i].class);
		ck_assert_int_eq(pci_device_is_bridge(&d), all[i].class == DEVICE_BRIDGE);
	}
}
END_TEST

START_TEST(command_line_and_log)
{
	static const char *const args[] = { "quiet", "iommu=soft", "vfio-pci.ids=\"1:2 3:4\"", "iommu=pt",
					    "\"x=y z\"", "--", "iommu=off", NULL };
	static const char *const log[] = { "DMAR: IOMMU enabled", "DMAR: x", NULL };

	ck_assert_ptr_null(host_cmdline_value(host, "quiet"));
	host->kernel.args = args;
	host->kernel.log = log;
	ck_assert_str_eq(host_cmdline_value(host, "quiet"), "");
	ck_assert_str_eq(host_cmdline_value(host, "iommu"), "pt");
	ck_assert_str_eq(host_cmdline_value(host, "vfio_pci.ids"), "1:2 3:4");
	ck_assert_str_eq(host_cmdline_value(host, "x"), "y z");
	ck_assert_ptr_null(host_cmdline_value(host, "nothing"));
	ck_assert_str_eq(host_log_find(host, "DMAR"), "DMAR: IOMMU enabled");
	ck_assert_ptr_null(host_log_find(host, "AMD-Vi"));
}
END_TEST

START_TEST(uses_and_notes_are_kept_once)
{
	struct pci_device *d = add("01:00.0", NULL, 0x10de, VGA, PCI_PORT_ENDPOINT);

	pci_device_add_use(host, d, HOST_USE_DISPLAY, false, "screen");
	pci_device_add_use(host, d, HOST_USE_DISPLAY, true, "screen");
	pci_device_add_use(host, d, HOST_USE_DISK, false, "disk");
	ck_assert_uint_eq(d->n_uses, 2);
	ck_assert(d->uses[0].only && !d->uses[1].only);
	host_note_unreadable(host, "/x", -EACCES);
	host_note_unreadable(host, "/x", -EACCES);
	ck_assert_uint_eq(strv_length(host->unreadable), 1);
	ck_assert_int_eq(host->memory.total_bytes, -1);
	ck_assert_int_eq(host->firmware.secure_boot, -1);
}
END_TEST

START_TEST(findings)
{
	struct judgement j = { .host = host };
	struct finding *f;

	for (int i = 0; i < 20; i++) {
		f = judgement_add(&j, "an-id", SEVERITY_WARN, NULL, "number %d", i);
		finding_add_evidence(&j, f, "%s: 0x%x", "/sys/x", i);
		finding_add_advice(&j, f, "Do %s.", "this");
		finding_add_advice(&j, f, "Then %s.", "that");
	}
	ck_assert_uint_eq(j.n_findings, 20);
	ck_assert_str_eq(j.findings[19]->text, "number 19");
	ck_assert_str_eq(j.findings[0]->subject, "host");
	ck_assert_str_eq(j.findings[17]->evidence[0], "/sys/x: 0x11");
	ck_assert_str_eq(j.findings[3]->advice[1], "Then that.");
	ck_assert_ptr_null(j.findings[3]->advice[2]);
	ck_assert_str_eq(iommu_state_name(IOMMU_OFF_IN_FIRMWARE), "off-in-firmware");
	ck_assert_str_eq(secure_boot_name(SECURE_BOOT_SETUP_MODE), "setup-mode");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model-host");
	TCase *tc = tcase_create("host");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, plain_card_with_two_functions, 0, 2);
	tcase_add_loop_test(tc, navi_behind_its_switch, 0, 2);
	tcase_add_loop_test(tc, arc_behind_its_switch_in_a_thunderbolt_box, 0, 2);
	tcase_add_loop_test(tc, chipset_switches_are_no_cards, 0, 2);
	tcase_add_test(tc, virtual_functions_are_on_their_card);
	tcase_add_test(tc, classes);
	tcase_add_test(tc, command_line_and_log);
	tcase_add_test(tc, uses_and_notes_are_kept_once);
	tcase_add_test(tc, findings);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
