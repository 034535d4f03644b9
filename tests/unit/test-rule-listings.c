/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups as computers of every sort list them, with devices that do not exist: what a group is called, why,
 * and which way out is named.  ABOVE is the row of the bridge above, counted from 1.
 */
#include "tests/lib/facts.h"

#define NEVER NULL
#define FULL 0x1f

enum sort { END, DEVICE, BUILT_IN, ROOT, UP, DOWN, BRIDGE };

struct listing {
	const char *name;
	struct {
		enum sort sort;
		const char *address;
		uint16_t vendor;
		uint32_t class_code;
		int group, acs;
		unsigned above;
		bool host; /* holds the host's system */
	} d[12];
	enum group_verdict_kind kind; /* of group 1 */
	const char *reason, *way, *never; /* part of the reason; of an advice; of none */
};

static const struct listing listings[] = {
	{ "a card alone below a port with ACS", {
		{ ROOT, "00:01.0", 0x8086, 0x060400, 7, FULL, 0, false },
		{ DEVICE, "01:00.0", 0x10de, 0x030000, 1, 0, 1, false } },
	  GROUP_ISOLATED, "has it for itself", NEVER, NEVER },
	{ "all functions of a card", {
		{ ROOT, "00:01.0", 0x8086, 0x060400, 7, FULL, 0, false },
		{ DEVICE, "01:00.0", 0x10de, 0x030000, 1, 0, 1, false },
		{ DEVICE, "01:00.1", 0x10de, 0x040300, 1, 0, 1, false },
		{ DEVICE, "01:00.2", 0x10de, 0x0c0330, 1, 0, 1, false },
		{ DEVICE, "01:00.3", 0x10de, 0x0c8000, 1, 0, 1, false } },
	  GROUP_ISOLATED, "on one card", NEVER, NEVER },
	{ "a card and its root port, no ACS", {
		{ ROOT, "00:01.0", 0x8086, 0x060400, 1, 0, 0, false },
		{ DEVICE, "01:00.0", 0x10de, 0x030000, 1, 0, 1, false },
		{ DEVICE, "01:00.1", 0x10de, 0x040300, 1, 0, 1, false } },
	  GROUP_ISOLATED, "on one card", NEVER, NEVER },
	{ "a card, its root port and the dummy host bridge", {
		{ BUILT_IN, "00:03.0", 0x1022, 0x060000, 1, 0, 0, false },
		{ ROOT, "00:03.1", 0x1022, 0x060400, 1, 0, 0, false },
		{ DEVICE, "09:00.0", 0x1002, 0x030000, 1, 0, 2, false },
		{ DEVICE, "09:00.1", 0x1002, 0x040300, 1, 0, 2, false } },
	  GROUP_ISOLATED, "on one card", NEVER, NEVER },
	{ "a card with a switch of its own", {
		{ BUILT_IN, "00:03.0", 0x1022, 0x060000, 1, 0, 0, false },
		{ ROOT, "00:03.1", 0x1022, 0x060400, 1, 0, 0, false },
		{ UP, "09:00.0", 0x1002, 0x060400, 1, 0, 2, false },
		{ DOWN, "0a:00.0", 0x1002, 0x060400, 1, 0, 3, false },
		{ DEVICE, "0b:00.0", 0x1002, 0x030000, 1, 0, 4, false },
		{ DEVICE, "0b:00.1", 0x1002, 0x040300, 1, 0, 4, false } },
	  GROUP_ISOLATED, "on one card", NEVER, NEVER },
	{ "a dock's switch and one controller", {
		{ ROOT, "00:1d.0", 0x8086, 0x060400, 7, FULL, 0, false },
		{ UP, "05:00.0", 0x8086, 0x060400, 8, 0, 1, false },
		{ DOWN, "06:02.0", 0x8086, 0x060400, 1, 0, 2, false },
		{ DEVICE, "07:00.0", 0x8086, 0x0c0330, 1, 0, 3, false } },
	  GROUP_ISOLATED, "has it for itself", NEVER, NEVER },
	{ "two cards on the processor's slots, as client boards have them", {
		{ ROOT, "00:01.0", 0x8086, 0x060400, 1, 0, 0, false },
		{ ROOT, "00:01.2", 0x8086, 0x060400, 1, 0, 0, false },
		{ DEVICE, "01:00.0", 0x1002, 0x030000, 1, 0, 1, false },
		{ DEVICE, "01:00.1", 0x1002, 0x040300, 1, 0, 1, false },
		{ DEVICE, "02:00.0", 0x1002, 0x030000, 1, 0, 2, false },
		{ DEVICE, "02:00.1", 0x1002, 0x040300, 1, 0, 2, false } },
	  GROUP_SHARED, "0000:00:01.0, 0000:00:01.2", "another slot", "conventional" },
	{ "graphics and SATA behind two internal bridges", {
		{ BUILT_IN, "00:08.0", 0x1022, 0x060000, 1, 0, 0, false },
		{ ROOT, "00:08.1", 0x1022, 0x060400, 1, 0, 0, false },
		{ ROOT, "00:08.2", 0x1022, 0x060400, 1, 0, 0, false },
		{ DEVICE, "05:00.0", 0x1002, 0x030000, 1, 0, 2, false },
		{ DEVICE, "05:00.3", 0x1022, 0x0c0330, 1, 0, 2, false },
		{ DEVICE, "06:00.0", 0x1022, 0x010601, 1, 0, 3, false } },
	  GROUP_SHARED, "0000:00:08.1, 0000:00:08.2", "pcie_acs_override", NEVER },
	{ "a chipset's switch with everything behind it", {
		{ ROOT, "00:01.2", 0x1022, 0x060400, 7, FULL, 0, false },
		{ DEVICE, "02:00.0", 0x1022, 0x0c0330, 1, 0, 1, false },
		{ DEVICE, "02:00.1", 0x1022, 0x010601, 1, 0, 1, false },
		{ UP, "02:00.2", 0x1022, 0x060400, 1, 0, 1, false },
		{ DOWN, "03:00.0", 0x1022, 0x060400, 1, 0, 4, false },
		{ DOWN, "03:08.0", 0x1022, 0x060400, 1, 0, 4, false },
		{ DEVICE, "04:00.0", 0x1002, 0x030000, 1, 0, 5, false },
		{ DEVICE, "04:00.1", 0x1002, 0x040300, 1, 0, 5, false },
		{ DEVICE, "05:00.0", 0x10ec, 0x020000, 1, 0, 6, false } },
	  GROUP_SHARED, "0000:03:00.0, 0000:03:08.0", "another slot", NEVER },
	{ "the same with the host's system in it", {
		{ ROOT, "00:01.2", 0x1022, 0x060400, 7, FULL, 0, false },
		{ UP, "02:00.0", 0x1022, 0x060400, 1, 0, 1, false },
		{ DOWN, "03:00.0", 0x1022, 0x060400, 1, 0, 2, false },
		{ DOWN, "03:08.0", 0x1022, 0x060400, 1, 0, 2, false },
		{ DEVICE, "04:00.0", 0x1002, 0x030000, 1, 0, 3, false },
		{ DEVICE, "05:00.0", 0x144d, 0x010802, 1, 0, 4, true } },
	  GROUP_HOST, "The host needs 0000:05:00.0", "another slot", "Give the whole group" },
	{ "a switch whose ports lost ACS with a kernel", {
		{ ROOT, "00:1c.0", 0x8086, 0x060400, 7, FULL, 0, false },
		{ UP, "07:00.0", 0x1b21, 0x060400, 8, 0, 1, false },
		{ DOWN, "08:01.0", 0x1b21, 0x060400, 1, 0, 2, false },
		{ DOWN, "08:03.0", 0x1b21, 0x060400, 1, 0, 2, false },
		{ DOWN, "08:04.0", 0x1b21, 0x060400, 1, 0, 2, false },
		{ DEVICE, "09:00.0", 0x8086, 0x020000, 1, 0, 3, false },
		{ DEVICE, "0c:00.0", 0x1b21, 0x010601, 1, 0, 4, false },
		{ DEVICE, "0d:00.0", 0x1b21, 0x0c0330, 1, 0, 5, false } },
	  GROUP_SHARED, "0000:08:01.0, 0000:08:03.0, 0000:08:04.0", "pcie_acs_override", "conventional" },
	{ "two old cards behind one bridge", {
		{ ROOT, "00:1c.3", 0x8086, 0x060400, 7, FULL, 0, false },
		{ BRIDGE, "04:00.0", 0x1b21, 0x060400, 1, 0, 1, false },
		{ DEVICE, "05:00.0", 0x1102, 0x040100, 1, 0, 2, false },
		{ DEVICE, "05:01.0", 0x10ec, 0x020000, 1, 0, 2, false } },
	  GROUP_SHARED, "0000:04:00.0 is conventional PCI", "ACS does not help", "ACS Enable" },
	{ "a bridge without a card", {
		{ ROOT, "00:1c.3", 0x8086, 0x060400, 1, 0, 0, false },
		{ BRIDGE, "04:00.0", 0x8086, 0x060400, 1, 0, 1, false } },
	  GROUP_HOST, "only bridges", NEVER, NEVER },
	{ "the host bridge", {
		{ BUILT_IN, "00:00.0", 0x8086, 0x060000, 1, 0, 0, false } },
	  GROUP_HOST, "only bridges", NEVER, NEVER },
	{ "the data fabric", {
		{ BUILT_IN, "00:18.0", 0x1022, 0x060000, 1, 0, 0, false },
		{ BUILT_IN, "00:18.1", 0x1022, 0x060000, 1, 0, 0, false },
		{ BUILT_IN, "00:18.7", 0x1022, 0x060000, 1, 0, 0, false } },
	  GROUP_HOST, "only bridges", NEVER, NEVER },
	{ "SMBus and LPC", {
		{ BUILT_IN, "00:14.0", 0x1022, 0x0c0500, 1, 0, 0, false },
		{ BUILT_IN, "00:14.3", 0x1022, 0x060100, 1, 0, 0, false } },
	  GROUP_HOST, "belong to the host", NEVER, NEVER },
	{ "the uncore with its counters", {
		{ BUILT_IN, "ff:0b.0", 0x8086, 0x088000, 1, 0, 0, false },
		{ BUILT_IN, "ff:0b.1", 0x8086, 0x110100, 1, 0, 0, false },
		{ BUILT_IN, "ff:0b.2", 0x8086, 0x110100, 1, 0, 0, false } },
	  GROUP_HOST, "belong to the host", NEVER, NEVER },
	{ "an I/O APIC", {
		{ BUILT_IN, "00:05.4", 0x8086, 0x080020, 1, 0, 0, false } },
	  GROUP_HOST, "belong to the host", NEVER, NEVER },
	{ "USB with the chipset's memory", {
		{ BUILT_IN, "00:14.0", 0x8086, 0x0c0330, 1, 0, 0, false },
		{ BUILT_IN, "00:14.2", 0x8086, 0x050000, 1, 0, 0, false } },
	  GROUP_ISOLATED, "on one card", NEVER, NEVER },
	{ "Thunderbolt's own interface", {
		{ ROOT, "00:1d.0", 0x8086, 0x060400, 7, FULL, 0, false },
		{ DEVICE, "06:00.0", 0x8086, 0x088000, 1, 0, 1, false } },
	  GROUP_HOST, "belong to the host", NEVER, NEVER },
};

static void listing_add(struct facts *f, const struct listing *l)
{
	static const enum pci_port_type types[] = {
		[DEVICE] = PCI_PORT_ENDPOINT, [BUILT_IN] = PCI_PORT_RC_ENDPOINT, [ROOT] = PCI_PORT_ROOT,
		[UP] = PCI_PORT_UPSTREAM,     [DOWN] = PCI_PORT_DOWNSTREAM,      [BRIDGE] = PCI_PORT_PCIE_TO_PCI,
	};

	for (unsigned i = 0; l->d[i].sort; i++) {
		struct pci_device *up = l->d[i].above ? f->h->devices[l->d[i].above - 1] : NULL, *d;

		/* Ids that no table of the kernel's quirks has. */
		if (l->d[i].sort >= ROOT)
			d = facts_port(f, l->d[i].address, l->d[i].vendor, 0x0010, types[l->d[i].sort], l->d[i].acs,
				       l->d[i].group, up);
		else
			d = facts_device(f, l->d[i].address, l->d[i].vendor, 0x0001, l->d[i].class_code,
					 l->d[i].group, up);
		d->port_type = types[l->d[i].sort];
		if (l->d[i].sort == DEVICE && up && up->port_type == PCI_PORT_PCIE_TO_PCI)
			d->port_type = PCI_PORT_UNKNOWN;
		if (l->d[i].host)
			pci_device_add_use(f->h, d, HOST_USE_ROOT_DISK, true, "/ on nvme0n1p2");
	}
}

START_TEST(test_listing)
{
	const struct listing *l = &listings[_i];
	_cleanup_facts_ struct facts f = { 0 };
	const struct group_verdict *v;
	const struct finding *out = NULL;
	struct judgement *j;

	facts_init(&f);
	listing_add(&f, l);
	facts_unit(&f, l->d[0].vendor == 0x1022 ? "ivhd0" : "dmar0");
	j = rules_judge(f.h);
	v = judgement_group(j, host_find_group(f.h, 1));
	ck_assert_msg(v->kind == l->kind, "%s: %s", l->name, group_verdict_name(v->kind));
	ck_assert_msg(strstr(v->reason, l->reason) != NULL, "%s: %s", l->name, v->reason);
	for (unsigned i = 0; i < j->n_findings; i++)
		if (str_eq(j->findings[i]->subject, "group 1"))
			out = j->findings[i];
	ck_assert_msg(!out == !l->way, "%s: %s", l->name, out ? out->id : "no way out");
	ck_assert_msg(!l->way || facts_says(out->advice, l->way), "%s: not advised: %s", l->name, l->way);
	ck_assert_msg(!l->never || !facts_says(out->advice, l->never), "%s: advised: %s", l->name, l->never);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rules: listings of groups");
	TCase *t = tcase_create("listings");

	tcase_add_loop_test(t, test_listing, 0, ARRAY_SIZE(listings));
	suite_add_tcase(s, t);
	return unit_run(s);
}
