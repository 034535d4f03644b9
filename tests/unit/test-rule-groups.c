/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/facts.h"

#define ACS_FULL 0x1f

static const struct group_verdict *judge_group(struct facts *f, int id, struct judgement **ret_j)
{
	struct judgement *j;

	if (!f->h->iommu.n_units)
		facts_unit(f, "dmar0");
	j = rules_judge(f->h);
	if (ret_j)
		*ret_j = j;
	return judgement_group(j, host_find_group(f->h, id));
}

/* The host's own screen, so that another card is not the only one. */
static void facts_igpu(struct facts *f, int group)
{
	struct pci_device *d = facts_device(f, "00:02.0", 0x8086, 0x9bc5, 0x030000, group, NULL);

	d->boot_vga = 1;
	d->port_type = PCI_PORT_RC_ENDPOINT;
	pci_device_add_use(f->h, d, HOST_USE_DISPLAY, true, "card0-HDMI-A-1");
}

START_TEST(test_root_port_and_card)
{
	_cleanup_facts_ struct facts f = { 0 };
	const struct group_verdict *v;
	struct judgement *j;
	struct pci_device *port;

	facts_init(&f);
	port = facts_port(&f, "00:01.0", 0x8086, 0x1901, PCI_PORT_ROOT, 0, 1, NULL);
	facts_igpu(&f, 0);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, 1, port);
	facts_device(&f, "01:00.1", 0x10de, 0x228e, 0x040300, 1, port);
	v = judge_group(&f, 1, &j);
	ck_assert_str_eq(group_verdict_name(v->kind), "isolated");
	ck_assert(v->ports_known);
	ck_assert_uint_eq(v->n_ports_without_acs, 0);
	ck_no_finding(j, "group-shared");
	ck_assert_int_eq(judgement_device(j, host_find_device(f.h, (struct pci_addr){ 0, 1, 0, 0 }))
				 ->assignable, ASSIGNABLE_YES);
}
END_TEST

START_TEST(test_navi_switch_on_the_card)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *root, *up, *down;

	facts_init(&f);
	facts_igpu(&f, 0);
	root = facts_port(&f, "00:03.1", 0x1022, 0x1483, PCI_PORT_ROOT, ACS_FULL, 2, NULL);
	up = facts_port(&f, "0b:00.0", 0x1002, 0x1478, PCI_PORT_UPSTREAM, 0, 3, root);
	down = facts_port(&f, "0c:00.0", 0x1002, 0x1479, PCI_PORT_DOWNSTREAM, 0, 3, up);
	facts_device(&f, "0d:00.0", 0x1002, 0x73bf, 0x030000, 3, down);
	facts_device(&f, "0d:00.1", 0x1002, 0xab28, 0x040300, 3, down);
	ck_assert_int_eq(judge_group(&f, 3, NULL)->kind, GROUP_ISOLATED);
	ck_assert_int_eq(judge_group(&f, 2, NULL)->kind, GROUP_HOST); /* only a bridge */
}
END_TEST

static void facts_two_cards(struct facts *f)
{
	struct pci_device *a, *b;

	a = facts_port(f, "00:01.0", 0x8086, 0x1901, PCI_PORT_ROOT, 0, 1, NULL);
	b = facts_port(f, "00:01.1", 0x8086, 0x1905, PCI_PORT_ROOT, 0, 1, NULL);
	facts_device(f, "01:00.0", 0x10de, 0x1b80, 0x030000, 1, a)->multifunction = true;
	facts_device(f, "01:00.1", 0x10de, 0x10f0, 0x040300, 1, a);
	facts_device(f, "02:00.0", 0x10de, 0x1c82, 0x030000, 1, b)->multifunction = true;
	facts_device(f, "02:00.1", 0x10de, 0x0fb9, 0x040300, 1, b);
}

START_TEST(test_two_cards_share)
{
	_cleanup_facts_ struct facts f = { 0 };
	const struct group_verdict *v;
	const struct finding *shared;
	struct judgement *j;

	facts_init(&f);
	facts_two_cards(&f);
	pci_device_add_use(f.h, f.h->devices[2], HOST_USE_DISPLAY, true, "card0-DP-1");
	v = judge_group(&f, 1, &j);
	ck_assert_int_eq(v->kind, GROUP_SHARED);
	ck_assert(v->ports_known);
	ck_assert_uint_eq(v->n_ports_without_acs, 2);
	ck_assert_str_eq(v->ports_without_acs[0]->address, "0000:00:01.0");
	ck_assert_str_eq(v->ports_without_acs[1]->address, "0000:00:01.1");
	ck_assert(strstr(v->reason, "0000:00:01.0, 0000:00:01.1") != NULL);
	shared = facts_get(j, "group-shared");
	ck_assert_str_eq(shared->subject, "group 1");
	ck_evidence(j, "group-shared", "[8086:1901]: no ACS");
	/* The order of the ways out: slot first, override last. */
	ck_assert(strstr(shared->advice[0], "slot") != NULL);
	ck_assert(strstr(shared->advice[1], "ACS Enable") != NULL);
	ck_assert(strstr(shared->advice[2], "firmware") != NULL);
	ck_assert(strstr(shared->advice[3], "whole group") != NULL);
	ck_assert(strstr(shared->advice[4], "pcie_acs_override") != NULL);
	ck_assert(strstr(shared->advice[5], "downstream would make of this group: "
					    "0000:01:00.0 0000:01:00.1 | 0000:02:00.0 0000:02:00.1") != NULL);
	ck_assert_ptr_nonnull(strstr(shared->advice[6], "is measured after the restart"));
	ck_assert_ptr_null(shared->advice[7]);
	/* The card that shows the screen can be given with care: there is another one. */
	ck_assert_int_eq(j->devices[2].assignable, ASSIGNABLE_CARE);
	ck_assert_int_eq(j->devices[4].assignable, ASSIGNABLE_CARE);
	ck_assert(facts_says(j->devices[4].why, "0000:01:00.0"));
}
END_TEST

START_TEST(test_ports_not_readable)
{
	_cleanup_facts_ struct facts f = { 0 };
	const struct group_verdict *v;
	struct judgement *j;

	facts_init(&f);
	facts_two_cards(&f);
	for (unsigned i = 0; i < f.h->n_devices; i++) {
		f.h->devices[i]->config_len = 64;
		f.h->devices[i]->acs_cap = f.h->devices[i]->acs_ctrl = -1;
		f.h->devices[i]->port_type = PCI_PORT_UNKNOWN;
	}
	v = judge_group(&f, 1, &j);
	ck_assert_int_eq(v->kind, GROUP_SHARED);
	ck_assert(!v->ports_known);
	ck_assert_ptr_null(v->ports_without_acs);
	ck_advice(j, "config-space-not-readable", "root");
}
END_TEST

/* Ports with the needed bits in their capability, or on the kernel's list, are not the cause. */
START_TEST(test_only_the_guilty_port)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *pch, *good, *bad;
	const struct group_verdict *v;

	facts_init(&f);
	facts_igpu(&f, 0);
	pch = facts_port(&f, "00:1c.0", 0x8086, 0xa110, PCI_PORT_ROOT, ACS_FULL, 4, NULL);
	good = facts_port(&f, "00:1c.1", 0x1022, 0x57a3, PCI_PORT_DOWNSTREAM, ACS_FULL, 4, NULL);
	bad = facts_port(&f, "00:1c.2", 0x1022, 0x57a3, PCI_PORT_DOWNSTREAM, ACS_FULL, 4, NULL);
	bad->acs_ctrl = 0;
	facts_device(&f, "03:00.0", 0x144d, 0xa80a, 0x010802, 4, pch);
	facts_device(&f, "04:00.0", 0x8086, 0x15f3, 0x020000, 4, good);
	facts_device(&f, "05:00.0", 0x10de, 0x2504, 0x030000, 4, bad);
	v = judge_group(&f, 4, NULL);
	ck_assert_int_eq(v->kind, GROUP_SHARED);
	ck_assert(v->ports_known);
	ck_assert_uint_eq(v->n_ports_without_acs, 1);
	ck_assert_ptr_eq(v->ports_without_acs[0], bad);
}
END_TEST

/* A port that has ACS does not lack it: what switches it on is said, and nothing about other slots. */
START_TEST(test_switched_off)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *port;
	const struct group_verdict *v;
	struct judgement *j;

	facts_init(&f);
	f.h->identity.kernel = "6.12.9-amd64";
	port = facts_port(&f, "00:1c.2", 0x1022, 0x57a3, PCI_PORT_DOWNSTREAM, 0x15, 4, NULL);
	port->acs_ctrl = 0x01;
	facts_device(&f, "03:00.0", 0x144d, 0xa80a, 0x010802, 4, port);
	facts_device(&f, "04:00.0", 0x8086, 0x15f3, 0x020000, 4, port);
	v = judge_group(&f, 4, &j);
	ck_assert(v->causes[0].switched_off);
	ck_assert_ptr_nonnull(strstr(v->reason, "0000:00:1c.2 could keep apart"));
	ck_advice(j, "group-shared", "restart and look again");
	ck_advice(j, "group-shared", "pci=config_acs=1x1x1@0000:00:1c.2.");
	ck_assert(!facts_says(facts_get(j, "group-shared")->advice, "into another slot"));
	ck_assert(!facts_says(facts_get(j, "group-shared")->advice, "This kernel is older"));
	f.h->identity.kernel = "6.1.0-28-amd64";
	judge_group(&f, 4, &j);
	ck_advice(j, "group-shared", "This kernel is older");
	facts_arg(&f, "pci=noaer,disable_acs_redir=00:1c.2");
	judge_group(&f, 4, &j);
	ck_advice(j, "group-shared", "disable_acs_redir=00:1c.2 decides");
	ck_assert(!facts_says(facts_get(j, "group-shared")->advice, "config_acs"));
	/* One that lacks it beside it: both are said. */
	facts_device(&f, "05:00.0", 0x10de, 0x2504, 0x030000, 4,
		     facts_port(&f, "00:1c.3", 0x1022, 0x57a3, PCI_PORT_DOWNSTREAM, 0, 4, NULL));
	v = judge_group(&f, 4, &j);
	ck_assert_ptr_nonnull(strstr(v->reason, "behind 0000:00:1c.3 (no ACS)"));
	ck_advice(j, "group-shared", "into another slot");
}
END_TEST

START_TEST(test_pcie_to_pci_bridge)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *root, *bridge;
	const struct group_verdict *v;
	struct judgement *j;

	facts_init(&f);
	root = facts_port(&f, "00:1c.4", 0x8086, 0xa114, PCI_PORT_ROOT, ACS_FULL, 8, NULL);
	bridge = facts_port(&f, "06:00.0", 0x1b21, 0x1080, PCI_PORT_PCIE_TO_PCI, 0, 9, root);
	facts_device(&f, "07:00.0", 0x1102, 0x0004, 0x040100, 9, bridge);
	facts_device(&f, "07:01.0", 0x10ec, 0x8139, 0x020000, 9, bridge);
	v = judge_group(&f, 9, &j);
	ck_assert_int_eq(v->kind, GROUP_SHARED);
	/* It is no port, and nothing that has to do with ACS helps. */
	ck_assert(v->ports_known);
	ck_assert_uint_eq(v->n_ports_without_acs, 0);
	ck_assert_uint_eq(v->n_causes, 1);
	ck_assert_str_eq(group_cause_name(v->causes[0].kind), "conventional");
	ck_assert_ptr_eq(v->causes[0].device, bridge);
	ck_assert(strstr(v->reason, "0000:06:00.0 is conventional PCI") != NULL);
	ck_advice(j, "group-shared", "ACS does not help conventional PCI");
	ck_advice(j, "group-shared", "pcie_acs_override does not split this group");
	ck_no_advice(j, "group-shared", "ACS Enable");
	ck_no_advice(j, "group-shared", "another slot");
}
END_TEST

START_TEST(test_host_bridge_and_card)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *port;

	facts_init(&f);
	facts_device(&f, "00:01.0", 0x1022, 0x1482, 0x060000, 2, NULL);
	port = facts_port(&f, "00:01.1", 0x1022, 0x1483, PCI_PORT_ROOT, 0, 2, NULL);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, 2, port);
	facts_device(&f, "01:00.1", 0x10de, 0x228e, 0x040300, 2, port);
	facts_device(&f, "00:07.0", 0x1022, 0x1482, 0x060000, 5, NULL);
	facts_igpu(&f, 0);
	ck_assert_int_eq(judge_group(&f, 2, NULL)->kind, GROUP_ISOLATED);
	ck_assert_int_eq(judge_group(&f, 5, NULL)->kind, GROUP_HOST);
}
END_TEST

START_TEST(test_system_disk_and_audio)
{
	_cleanup_facts_ struct facts f = { 0 };
	const struct group_verdict *v;
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "00:17.0", 0x8086, 0x06d2, 0x010601, 9, NULL);
	facts_device(&f, "00:1f.3", 0x8086, 0xa3f0, 0x040300, 9, NULL);
	v = judge_group(&f, 9, NULL);
	ck_assert_int_eq(v->kind, GROUP_SHARED);
	pci_device_add_use(f.h, f.h->devices[0], HOST_USE_ROOT_DISK, true, "/ on sda2");
	v = judge_group(&f, 9, &j);
	ck_assert_int_eq(v->kind, GROUP_HOST);
	ck_assert_int_eq(j->devices[1].assignable, ASSIGNABLE_NO);
	ck_assert(facts_says(j->devices[1].why, "0000:00:17.0"));
	ck_assert(facts_says(j->devices[0].why, "/ on sda2"));
	ck_finding(j, "host-needs-device");
	ck_no_finding(j, "group-shared");
}
END_TEST

START_TEST(test_card_with_system_disk)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_igpu(&f, 0);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, 1, NULL);
	facts_device(&f, "02:00.0", 0x144d, 0xa80a, 0x010802, 1, NULL);
	pci_device_add_use(f.h, f.h->devices[2], HOST_USE_ROOT_DISK, true, "/ on nvme0n1p2");
	ck_assert_int_eq(judge_group(&f, 1, &j)->kind, GROUP_HOST);
	ck_advice(j, "group-needed-by-host", "slot");
	ck_no_advice(j, "group-needed-by-host", "Give the whole group");
}
END_TEST

START_TEST(test_direct_region)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_device(&f, "03:00.0", 0x103c, 0x323b, 0x010400, 7, NULL);
	f.h->groups[0]->has_direct_region = 1;
	ck_assert_int_eq(judge_group(&f, 7, &j)->kind, GROUP_HOST);
	ck_assert_int_eq(j->devices[0].assignable, ASSIGNABLE_NO);
	ck_finding(j, "group-direct-region");
	ck_assert(!facts_says(facts_get(j, "group-direct-region")->advice, "DMA Protection"));
	/* AMD's driver gave it away before 6.6. */
	facts_amd(&f);
	f.h->iommu.has_ivrs = true;
	f.h->identity.kernel = "6.5.0-44-generic";
	ck_assert_int_eq(judge_group(&f, 7, &j)->kind, GROUP_ISOLATED);
	ck_assert_int_eq(j->devices[0].assignable, ASSIGNABLE_CARE);
	ck_advice(j, "group-direct-region", "DMA Protection");
	f.h->identity.kernel = "6.6.0";
	ck_assert_int_eq(judge_group(&f, 7, &j)->kind, GROUP_HOST);
	/* What could not be read is not "no". */
	f.h->groups[0]->has_direct_region = -1;
	judge_group(&f, 7, &j);
	ck_no_finding(j, "group-direct-region");
	ck_assert_int_eq(j->devices[0].assignable, ASSIGNABLE_YES);
	ck_assert(facts_says(j->devices[0].why, "could not be read"));
}
END_TEST

START_TEST(test_override)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *port, *other;
	struct judgement *j;

	facts_init(&f);
	port = facts_port(&f, "00:01.0", 0x8086, 0x1901, PCI_PORT_ROOT, 0, 1, NULL);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, 2, port);
	facts_arg(&f, "pcie_acs_override=downstream");
	facts_log(&f, "Unknown kernel command line parameters \"pcie_acs_override=downstream\", will be "
		      "passed to user space.");
	judge_group(&f, 2, &j);
	ck_finding(j, "acs-override-ignored");
	ck_no_finding(j, "group-split-by-override");
	f.h->kernel.log = NULL;
	f.h->kernel.acs_override_known = 1;
	facts_log(&f, "Warning: PCIe ACS overrides enabled; This may allow non-IOMMU protected "
		      "peer-to-peer DMA");
	judge_group(&f, 2, &j);
	ck_evidence(j, "acs-override-active", "non-IOMMU protected");
	ck_evidence(j, "group-split-by-override", "0000:00:01.0");
	/* Nothing but its own port would be with it. */
	ck_assert_int_eq(facts_get(j, "group-split-by-override")->severity, SEVERITY_INFO);
	ck_assert(j->groups[1].split_by_override);
	other = facts_port(&f, "00:01.1", 0x8086, 0x1905, PCI_PORT_ROOT, 0, 3, NULL);
	facts_device(&f, "02:00.0", 0x10de, 0x1c82, 0x030000, 4, other);
	judge_group(&f, 4, &j);
	ck_assert_uint_eq(facts_count(j, "group-split-by-override"), 2);
	ck_assert_int_eq(facts_get(j, "group-split-by-override")->severity, SEVERITY_WARN);
}
END_TEST

START_TEST(test_virtual_functions)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *pf, *vf;
	struct judgement *j;

	facts_init(&f);
	pf = facts_device(&f, "01:00.0", 0x8086, 0x1572, 0x020000, 1, NULL);
	vf = facts_device(&f, "01:02.0", 0x8086, 0x154c, 0x020000, 1, NULL);
	pf->sriov_total = 64;
	pf->sriov_enabled = 1;
	vf->physfn = pf;
	ck_assert_int_eq(judge_group(&f, 1, &j)->kind, GROUP_ISOLATED);
	ck_assert_int_eq(j->devices[0].assignable, ASSIGNABLE_CARE);
	ck_assert_int_eq(j->devices[1].assignable, ASSIGNABLE_YES);
}
END_TEST

START_TEST(test_empty_group)
{
	_cleanup_facts_ struct facts f = { 0 };

	facts_init(&f);
	facts_group(&f, 0);
	ck_assert_int_eq(judge_group(&f, 0, NULL)->kind, GROUP_HOST);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rule-groups");
	TCase *t = tcase_create("groups");

	tcase_add_test(t, test_root_port_and_card);
	tcase_add_test(t, test_navi_switch_on_the_card);
	tcase_add_test(t, test_two_cards_share);
	tcase_add_test(t, test_ports_not_readable);
	tcase_add_test(t, test_only_the_guilty_port);
	tcase_add_test(t, test_switched_off);
	tcase_add_test(t, test_pcie_to_pci_bridge);
	tcase_add_test(t, test_host_bridge_and_card);
	tcase_add_test(t, test_system_disk_and_audio);
	tcase_add_test(t, test_card_with_system_disk);
	tcase_add_test(t, test_direct_region);
	tcase_add_test(t, test_override);
	tcase_add_test(t, test_virtual_functions);
	tcase_add_test(t, test_empty_group);
	suite_add_tcase(s, t);
	return unit_run(s);
}
