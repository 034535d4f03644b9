/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/facts.h"

/* Judges; the last device made is the one asked about. */
static const struct device_verdict *judge_last(struct facts *f, struct judgement **ret_j)
{
	struct judgement *j;

	if (!f->h->iommu.n_units)
		facts_unit(f, "dmar0");
	j = rules_judge(f->h);
	if (ret_j)
		*ret_j = j;
	return &j->devices[f->h->n_devices - 1];
}

START_TEST(test_never)
{
	static const struct {
		const char *address;
		uint16_t vendor, device;
		uint32_t class_code;
	} parts[] = {
		{ "0000:00:00.0", 0x8086, 0x9b43, 0x060000 }, /* host bridge */
		{ "0000:00:1f.0", 0x8086, 0x0697, 0x060100 }, /* LPC */
		{ "0000:00:1f.4", 0x8086, 0x06a3, 0x0c0500 }, /* SMBus */
		{ "0000:00:1f.5", 0x8086, 0x06a4, 0x0c8000 }, /* SPI */
		{ "0000:00:15.0", 0x8086, 0xa0e8, 0x0c8000 }, /* I2C */
		{ "0000:17:05.0", 0x8086, 0x2034, 0x088000 }, /* VT-d registers */
		{ "0000:00:05.4", 0x8086, 0x2f2c, 0x080020 }, /* I/O APIC */
		{ "0000:ff:0b.1", 0x8086, 0x2f36, 0x110100 }, /* counters of the ring */
		{ "0000:00:03.0", 0x1af4, 0x1057, 0x088000 }, /* virtio-iommu */
		{ "0000:00:00.2", 0x1022, 0x1481, 0x080600 }, /* IOMMU */
		{ "0000:00:16.0", 0x8086, 0x06e0, 0x078000 }, /* MEI */
		{ "0000:00:12.0", 0x8086, 0x06f9, 0x118000 }, /* thermal */
		{ "0000:00:0e.0", 0x8086, 0x467f, 0x010400 }, /* VMD */
		{ "0000:03:00.0", 0x1a03, 0x2000, 0x030000 }, /* BMC */
		{ "0000:04:00.0", 0x102b, 0x0536, 0x030000 }, /* BMC, Matrox */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_facts_ struct facts f = { 0 };
		const struct device_verdict *v;

		facts_init(&f);
		facts_device(&f, parts[i].address, parts[i].vendor, parts[i].device,
			     parts[i].class_code, 1, NULL);
		v = judge_last(&f, NULL);
		ck_assert_msg(v->assignable == ASSIGNABLE_NO, "%s", parts[i].address);
		ck_assert_ptr_nonnull(v->why);
	}
}
END_TEST

/* VMD numbers domains from 10000; hosts without it, and others on hosts that have it, may as well. */
START_TEST(test_domain_of_vmd)
{
	_cleanup_facts_ struct facts with = { 0 }, without = { 0 }, by_driver = { 0 };
	struct pci_device *vmd;
	struct judgement *j;

	facts_init(&with);
	vmd = facts_device(&with, "0000:00:0e.0", 0x8086, 0x467f, 0x010400, 1, NULL);
	facts_device(&with, "10000:e1:00.0", 0x144d, 0xa80a, 0x010802, 1, NULL)->dma_device = vmd;
	ck_assert_int_eq(judge_last(&with, &j)->assignable, ASSIGNABLE_NO);
	ck_assert(facts_says(j->devices[1].why, "hangs on Intel VMD"));
	facts_init(&without);
	facts_device(&without, "0000:00:0e.0", 0x8086, 0x467f, 0x010400, 1, NULL);
	facts_device(&without, "10000:e1:00.0", 0x144d, 0xa80a, 0x010802, 1, NULL);
	ck_assert_int_eq(judge_last(&without, NULL)->assignable, ASSIGNABLE_YES);
	/* one whose id nobody wrote down yet */
	facts_init(&by_driver);
	vmd = facts_device(&by_driver, "0000:00:0e.0", 0x8086, 0xffee, 0x010400, 1, NULL);
	vmd->driver = "vmd";
	facts_device(&by_driver, "10000:e1:00.0", 0x144d, 0xa80a, 0x010802, 1, NULL)->dma_device = vmd;
	ck_assert_int_eq(judge_last(&by_driver, NULL)->assignable, ASSIGNABLE_NO);
}
END_TEST

START_TEST(test_ordinary)
{
	_cleanup_facts_ struct facts f = { 0 };
	const struct device_verdict *v;

	facts_init(&f);
	facts_device(&f, "03:00.0", 0x144d, 0xa80a, 0x010802, 1, NULL);
	v = judge_last(&f, NULL);
	ck_assert_int_eq(v->assignable, ASSIGNABLE_YES);
	ck_assert_ptr_null(v->why);
	f.h->devices[0]->reset_known = 1; /* and no method */
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_CARE);
	f.h->devices[0]->group = NULL;
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_NO);
}
END_TEST

/* The kernel lists no reset for functions that have siblings; the card as a whole has one. */
START_TEST(test_reset_of_a_whole_card)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *bridge, *first, *second;

	facts_init(&f);
	bridge = facts_device(&f, "00:01.0", 0x8086, 0x1901, 0x060400, 1, NULL);
	first = facts_device(&f, "03:00.0", 0x144d, 0xa80a, 0x010802, 2, NULL);
	second = facts_device(&f, "03:00.1", 0x144d, 0xa80a, 0x010802, 2, NULL);
	first->parent = second->parent = bridge;
	first->reset_known = second->reset_known = 1;
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_YES);
	/* Another card on the same bus would be reset as well. */
	facts_device(&f, "03:01.0", 0x144d, 0xa80a, 0x010802, 2, NULL)->parent = bridge;
	ck_assert_int_eq(rules_judge(f.h)->devices[2].assignable, ASSIGNABLE_CARE);
	/* Without a port above nothing resets the bus. */
	first->parent = second->parent = NULL;
	ck_assert_int_eq(rules_judge(f.h)->devices[2].assignable, ASSIGNABLE_CARE);
}
END_TEST

START_TEST(test_only_gpu)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, 1, NULL);
	ck_assert_int_eq(judge_last(&f, &j)->assignable, ASSIGNABLE_CARE);
	ck_assert_str_eq(facts_get(j, "single-gpu")->subject, "0000:01:00.0");
	pci_device_add_use(f.h, f.h->devices[0], HOST_USE_DISPLAY, true, "card0-DP-1");
	ck_assert_int_eq(judge_last(&f, &j)->assignable, ASSIGNABLE_NO);
	ck_assert_int_eq(j->verdict, VERDICT_WORK);
	ck_finding(j, "nothing-to-give");
}
END_TEST

START_TEST(test_boot_vga_with_another)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, 1, NULL);
	facts_device(&f, "02:00.0", 0x10de, 0x2504, 0x030000, 2, NULL)->boot_vga = 1;
	ck_assert_int_eq(judge_last(&f, &j)->assignable, ASSIGNABLE_CARE);
	ck_assert_int_eq(j->devices[0].assignable, ASSIGNABLE_YES);
	ck_no_finding(j, "single-gpu");
	ck_assert_uint_eq(facts_count(j, "identical-devices"), 1);
	ck_evidence(j, "identical-devices", "0000:02:00.0");
	ck_advice(j, "identical-devices", "address");
}
END_TEST

START_TEST(test_identical_on_several_cards)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "07:00.1", 0x1022, 0x149c, 0x0c0330, 1, NULL);
	facts_device(&f, "07:00.3", 0x1022, 0x149c, 0x0c0330, 1, NULL);
	judge_last(&f, &j);
	ck_no_finding(j, "identical-devices"); /* one card */
	facts_device(&f, "0f:00.3", 0x1022, 0x149c, 0x0c0330, 2, NULL);
	judge_last(&f, &j);
	ck_assert_uint_eq(facts_count(j, "identical-devices"), 1);
	ck_evidence(j, "identical-devices", "0000:07:00.3");
	ck_evidence(j, "identical-devices", "0000:0f:00.3");
}
END_TEST

/* The console of a server counts as a screen for the host. */
START_TEST(test_server_with_bmc)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "03:00.0", 0x1a03, 0x2000, 0x030000, 1, NULL);
	facts_device(&f, "41:00.0", 0x10de, 0x2204, 0x030000, 2, NULL);
	ck_assert_int_eq(judge_last(&f, &j)->assignable, ASSIGNABLE_YES);
	ck_no_finding(j, "single-gpu");
}
END_TEST

START_TEST(test_laptop)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *igpu;

	facts_init(&f);
	f.h->identity.chassis_type = 10;
	igpu = facts_device(&f, "00:02.0", 0x8086, 0x46a6, 0x030000, 0, NULL);
	pci_device_add_use(f.h, igpu, HOST_USE_DISPLAY, true, "eDP-1");
	facts_device(&f, "01:00.0", 0x10de, 0x24dd, 0x030200, 1, NULL);
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_CARE);
	/* A 3D controller without outputs cannot take the screen over. */
	ck_assert_int_eq(rules_judge(f.h)->devices[0].assignable, ASSIGNABLE_NO);
}
END_TEST

START_TEST(test_network)
{
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	facts_device(&f, "03:00.0", 0x8086, 0x15f3, 0x020000, 1, NULL);
	pci_device_add_use(f.h, f.h->devices[0], HOST_USE_NETWORK, true, "default route (enp3s0)");
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_NO);
	facts_device(&f, "04:00.0", 0x10ec, 0x8125, 0x020000, 2, NULL);
	ck_assert_int_eq(rules_judge(f.h)->devices[0].assignable, ASSIGNABLE_CARE);
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_YES);
}
END_TEST

/* Another card does not help who would lose the session now. */
START_TEST(test_ssh)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "04:00.0", 0x10ec, 0x8125, 0x020000, 2, NULL);
	facts_device(&f, "05:00.0", 0x8086, 0x15f3, 0x020000, 1, NULL);
	pci_device_add_use(f.h, f.h->devices[1], HOST_USE_NETWORK, true, "ssh session (enp5s0)");
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_CARE);
	f.h->devices[1]->uses[0].by_ssh = true;
	ck_assert_int_eq(judge_last(&f, &j)->assignable, ASSIGNABLE_NO);
	ck_assert(facts_says(j->devices[1].why, "works on this host through it"));
	ck_evidence(j, "host-needs-device", "ssh session (enp5s0)");
	f.h->devices[1]->uses[0].only = false; /* a second session comes in elsewhere */
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_CARE);
}
END_TEST

/* A member of an array is needed, whatever is mounted from it. */
START_TEST(test_member)
{
	_cleanup_facts_ struct facts f = { 0 };
	static const char *const mounts[] = { "/srv", NULL };
	struct block_device disk = { .name = "nvme1n1", .mounts = mounts, .is_holder = true };
	struct block_device *blocks[] = { &disk };

	facts_init(&f);
	disk.controller = facts_device(&f, "03:00.0", 0x144d, 0xa808, 0x010802, 1, NULL);
	f.h->blocks = blocks;
	f.h->n_blocks = 1;
	pci_device_add_use(f.h, disk.controller, HOST_USE_DISK, false, "/srv on nvme1n1");
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_CARE);
	disk.is_member = true;
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_NO);
}
END_TEST

START_TEST(test_framebuffer)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "01:00.0", 0x10de, 0x2482, 0x030000, 1, NULL);
	f.h->identity.kernel = "5.15.0-100-generic";
	judge_last(&f, &j);
	ck_no_finding(j, "framebuffer-in-card");
	f.h->devices[0]->framebuffer = "efifb";
	judge_last(&f, &j);
	ck_evidence(j, "framebuffer-in-card", "efifb in 0000:01:00.0");
	ck_advice(j, "framebuffer-in-card", "initcall_blacklist=sysfb_init");
	f.h->identity.kernel = "6.12.9"; /* takes it away by itself */
	judge_last(&f, &j);
	ck_no_finding(j, "framebuffer-in-card");
}
END_TEST

START_TEST(test_keyboard)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "00:14.0", 0x8086, 0x06ed, 0x0c0330, 1, NULL);
	pci_device_add_use(f.h, f.h->devices[0], HOST_USE_INPUT, false, "keyboard 1-4");
	ck_assert_int_eq(judge_last(&f, &j)->assignable, ASSIGNABLE_CARE);
	ck_finding(j, "host-uses-device");
	f.h->devices[0]->uses[0].only = true;
	ck_assert_int_eq(judge_last(&f, &j)->assignable, ASSIGNABLE_NO);
	ck_evidence(j, "host-needs-device", "keyboard 1-4");
}
END_TEST

/* What is bound to vfio-pci already does not show the host's screen any more. */
START_TEST(test_other_card_given_away)
{
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, 1, NULL);
	facts_device(&f, "02:00.0", 0x1002, 0x73bf, 0x030000, 2, NULL);
	pci_device_add_use(f.h, f.h->devices[1], HOST_USE_DISPLAY, true, "card0-DP-1");
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_CARE);
	f.h->devices[0]->driver = "vfio-pci";
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_NO);
}
END_TEST

START_TEST(test_data_disks)
{
	static const char *const data[] = { "/srv", NULL }, *const home[] = { "/home", NULL };
	struct block_device block = { .name = "nvme0n1p1", .parent = "nvme0n1", .bytes = -1 };
	struct block_device *blocks[] = { &block };
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	block.controller = facts_device(&f, "03:00.0", 0x144d, 0xa80a, 0x010802, 1, NULL);
	f.h->blocks = blocks;
	f.h->n_blocks = 1;
	block.mounts = data;
	pci_device_add_use(f.h, f.h->devices[0], HOST_USE_DISK, false, "on nvme0n1p1");
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_CARE);
	block.mounts = home;
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_NO);
	block.mounts = NULL;
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_CARE);
	block.is_holder = true; /* a pool: what is mounted from it is not known */
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_NO);
}
END_TEST

START_TEST(test_group_mate_of_the_platform)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *smbus;

	facts_init(&f);
	smbus = facts_device(&f, "00:1f.4", 0x8086, 0x06a3, 0x0c0500, 1, NULL);
	facts_device(&f, "00:1f.3", 0x8086, 0xa3f0, 0x040300, 1, NULL);
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_YES);
	smbus->driver = "i801_smbus";
	ck_assert_int_eq(judge_last(&f, NULL)->assignable, ASSIGNABLE_NO);
}
END_TEST

START_TEST(test_iommu_off)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	f.h->iommu.has_dmar = true;
	facts_device(&f, "00:02.0", 0x8086, 0x9bc5, 0x030000, -1, NULL);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, -1, NULL);
	j = rules_judge(f.h);
	ck_assert_int_eq(j->devices[1].assignable, ASSIGNABLE_YES);
	ck_assert(facts_says(j->devices[1].why, "only when the IOMMU is on"));
	f.h->iommu.has_dmar = false;
	f.h->cpu.has_virtualization = 0;
	ck_assert_int_eq(rules_judge(f.h)->devices[1].assignable, ASSIGNABLE_NO);
}
END_TEST

START_TEST(test_amd_reset)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "01:00.0", 0x1002, 0x731f, 0x030000, 1, NULL);
	judge_last(&f, &j);
	ck_assert_int_eq(facts_get(j, "gpu-reset-trouble")->severity, SEVERITY_INFO);
	ck_advice(j, "gpu-reset-trouble", "vendor-reset");
	f.h->devices[0]->device = 0x73bf; /* Navi 21: vendor-reset does not know it */
	judge_last(&f, &j);
	ck_evidence(j, "gpu-reset-trouble", "data/devices: gnif/vendor-reset issues");
	ck_no_advice(j, "gpu-reset-trouble", "vendor-reset");
	f.h->devices[0]->device = 0x1681; /* Rembrandt: nobody said anything */
	judge_last(&f, &j);
	ck_no_finding(j, "gpu-reset-trouble");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rule-devices");
	TCase *t = tcase_create("devices");

	tcase_add_test(t, test_never);
	tcase_add_test(t, test_domain_of_vmd);
	tcase_add_test(t, test_ordinary);
	tcase_add_test(t, test_reset_of_a_whole_card);
	tcase_add_test(t, test_only_gpu);
	tcase_add_test(t, test_boot_vga_with_another);
	tcase_add_test(t, test_identical_on_several_cards);
	tcase_add_test(t, test_server_with_bmc);
	tcase_add_test(t, test_laptop);
	tcase_add_test(t, test_network);
	tcase_add_test(t, test_ssh);
	tcase_add_test(t, test_member);
	tcase_add_test(t, test_framebuffer);
	tcase_add_test(t, test_keyboard);
	tcase_add_test(t, test_other_card_given_away);
	tcase_add_test(t, test_data_disks);
	tcase_add_test(t, test_group_mate_of_the_platform);
	tcase_add_test(t, test_iommu_off);
	tcase_add_test(t, test_amd_reset);
	suite_add_tcase(s, t);
	return unit_run(s);
}
