/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/group-forecast.h"
#include "tests/lib/facts.h"
#include "tests/lib/recorded.h"

#define ACS_FULL 0x1f

static struct group_forecast *forecast(struct facts *f, const char *override)
{
	const struct acs_view view = acs_view_with(f->h, override);

	return forecast_groups(f->h, &view);
}

/* facts.h has places for 64 devices. */
static void facts_reserve(struct facts *f, unsigned n)
{
	f->h->devices = arena_alloc(f->h->arena, n * sizeof(struct pci_device *));
	f->h->groups = arena_alloc(f->h->arena, n * sizeof(struct iommu_group *));
}

static bool is_together(const struct group_forecast *g, unsigned a, unsigned b)
{
	ck_assert_int_ne(g->devices[a].join, FORECAST_NONE);
	ck_assert_int_ne(g->devices[b].join, FORECAST_NONE);
	return g->devices[a].group == g->devices[b].group;
}

/* Does the forecast put the same devices together as the kernel did? */
static unsigned count_right(const struct host *h, const struct group_forecast *g)
{
	unsigned right = 0;

	for (unsigned i = 0; i < h->n_groups; i++) {
		const struct iommu_group *real = h->groups[i];
		unsigned same = 0, number = 0;

		for (unsigned k = 0; k < g->n_devices; k++)
			if (real->n_devices && g->devices[k].device == real->devices[0])
				number = g->devices[k].group;
		for (unsigned k = 0; k < g->n_devices; k++)
			if (g->devices[k].join != FORECAST_NONE && g->devices[k].group == number)
				same += g->devices[k].device->group == real ? 1 : 1000;
		right += real->n_devices && same == real->n_devices;
	}
	return right;
}

/* GROUPS are the kernel's, and every one is to be reproduced. */
static const struct {
	const char *file;
	unsigned groups;
} hosts[] = {
	{ "tests/hosts/intel-bound.host", 13 },
	{ "tests/hosts/intel-on-after-reboot.host", 13 },
	{ "tests/hosts/lab-amd-on.host", 25 },
	{ "tests/hosts/lab-intel-bound.host", 23 },
	{ "tests/hosts/lab-intel-on.host", 23 },
	{ "tests/hosts/lab-secure-boot.host", 23 },
	{ "tests/hosts/lab-sr-iov.host", 27 },
	{ "tests/hosts/laptop-crlf-grub.host", 12 },
	{ "tests/hosts/laptop-one-gpu.host", 12 },
	{ "tests/hosts/server-sriov-vmd.host", 25 },
	{ "tests/hosts/vm-virtio-iommu.host", 6 },
	{ "tests/hosts/z370-shared-group-ubuntu.host", 10 },
	{ "data/demo.host", 40 },
};

START_TEST(test_recorded_hosts)
{
	_cleanup_free_ char *file = xasprintf("%s/%s", unit_srcdir(), hosts[_i].file);
	_cleanup_(recorded_close) struct recorded r = recorded_open_file(file, "identity iommu pci groups");
	const struct acs_view view = acs_view_now(r.host);
	struct group_forecast *g = forecast_groups(r.host, &view);
	unsigned known = 0;

	ck_assert_uint_eq(r.host->n_groups, hosts[_i].groups);
	ck_assert_uint_eq(count_right(r.host, g), hosts[_i].groups);
	for (unsigned i = 0; i < g->n_groups; i++)
		known += g->known[i];
	ck_assert_uint_eq(known, hosts[_i].groups);
}
END_TEST

/* The same computer with the IOMMU off: what is forecast is what its kernel then made. */
START_TEST(test_twin_hosts)
{
	static const char *const twins[][2] = {
		{ "lab-intel-off-in-kernel", "lab-intel-on" },
		{ "lab-iommu-off-in-firmware", "lab-intel-on" },
		{ "lab-amd-off-in-kernel", "lab-amd-on" },
		{ "intel-off-in-kernel-debian", "intel-on-after-reboot" },
	};
	_cleanup_free_ char *off = xasprintf("%s/tests/hosts/%s.host", unit_srcdir(), twins[_i][0]);
	_cleanup_free_ char *on = xasprintf("%s/tests/hosts/%s.host", unit_srcdir(), twins[_i][1]);
	_cleanup_(recorded_close) struct recorded a = recorded_open_file(off, "identity iommu pci groups");
	_cleanup_(recorded_close) struct recorded b = recorded_open_file(on, "identity iommu pci groups");
	const struct acs_view view = acs_view_now(a.host);
	struct group_forecast *g = forecast_groups(a.host, &view);
	unsigned compared = 0;

	ck_assert_uint_eq(a.host->n_groups, 0);
	ck_assert_uint_eq(g->n_groups, b.host->n_groups);
	for (unsigned i = 0; i < g->n_devices; i++) {
		const struct pci_device *d = host_find_device(b.host, g->devices[i].device->addr);

		for (unsigned k = 0; d && d->group && k < i; k++) {
			const struct pci_device *o = host_find_device(b.host, g->devices[k].device->addr);

			if (!o || !o->group)
				continue;
			compared++;
			ck_assert_msg(is_together(g, i, k) == (d->group == o->group), "%s and %s", d->address, o->address);
		}
	}
	ck_assert_uint_gt(compared, 100);
}
END_TEST

START_TEST(test_ports)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *bare, *root, *up, *down;
	struct group_forecast *g;

	facts_init(&f);
	bare = facts_port(&f, "00:01.0", 0x8086, 0x1901, PCI_PORT_ROOT, 0, -1, NULL);
	root = facts_port(&f, "00:02.0", 0x1022, 0x1483, PCI_PORT_ROOT, ACS_FULL, -1, NULL);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, -1, bare);
	up = facts_port(&f, "02:00.0", 0x10b5, 0x8748, PCI_PORT_UPSTREAM, 0, -1, root);
	down = facts_port(&f, "03:01.0", 0x10b5, 0x8748, PCI_PORT_DOWNSTREAM, ACS_FULL, -1, up);
	facts_device(&f, "04:00.0", 0x144d, 0xa808, 0x010802, -1, down);
	down = facts_port(&f, "03:02.0", 0x10b5, 0x8748, PCI_PORT_DOWNSTREAM, 0, -1, up);
	facts_device(&f, "05:00.0", 0x144d, 0xa808, 0x010802, -1, down);
	g = forecast(&f, NULL);
	ck_assert(is_together(g, 0, 2));
	ck_assert_int_eq(g->devices[2].join, FORECAST_PORT);
	ck_assert_ptr_eq(g->devices[2].with, bare);
	ck_assert(!is_together(g, 3, 4));
	ck_assert(!is_together(g, 4, 5));
	ck_assert(is_together(g, 6, 7));
	ck_assert(!is_together(g, 4, 6));
	ck_assert_uint_eq(g->n_groups, 6);
	/* What a good port below a bad one does is in vain. */
	root->acs_cap = 0;
	g = forecast(&f, NULL);
	ck_assert(is_together(g, 1, 5) && is_together(g, 3, 7) && is_together(g, 1, 7));
	/* The override turns both into ports that isolate, on paper. */
	g = forecast(&f, "downstream");
	ck_assert(!is_together(g, 0, 2) && !is_together(g, 6, 7) && !is_together(g, 1, 5));
	g = forecast(&f, "id:8086:1901");
	ck_assert(!is_together(g, 0, 2) && is_together(g, 1, 7));
	g = forecast(&f, "multifunction");
	ck_assert(is_together(g, 0, 2));
}
END_TEST

/* Control words count only once an IOMMU driver has set them; egress control is no part of it. */
START_TEST(test_control_words)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *port;

	facts_init(&f);
	port = facts_port(&f, "00:01.0", 0x8086, 0x460d, PCI_PORT_ROOT, ACS_FULL, -1, NULL);
	facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, -1, port);
	port->acs_ctrl = 0;
	ck_assert(!is_together(forecast(&f, NULL), 0, 1));
	facts_unit(&f, "dmar0");
	ck_assert(is_together(forecast(&f, NULL), 0, 1));
	/* The patch leaves alone what has the capability. */
	ck_assert(is_together(forecast(&f, "downstream,multifunction"), 0, 1));
	port->acs_cap = 0x3f;
	port->acs_ctrl = 0x1d;
	ck_assert(!is_together(forecast(&f, NULL), 0, 1));
	/* Nothing to control: hard-wired. */
	port->acs_cap = port->acs_ctrl = 0;
	ck_assert(is_together(forecast(&f, NULL), 0, 1));
	port->acs_offset = 0x148;
	ck_assert(!is_together(forecast(&f, NULL), 0, 1));
}
END_TEST

START_TEST(test_functions)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *a, *b;
	struct group_forecast *g;

	facts_init(&f);
	a = facts_device(&f, "00:14.0", 0x1022, 0x790b, 0x0c0500, -1, NULL);
	b = facts_device(&f, "00:14.3", 0x1022, 0x790e, 0x060100, -1, NULL);
	a->multifunction = true;
	g = forecast(&f, NULL);
	ck_assert(is_together(g, 0, 1));
	ck_assert_int_eq(g->devices[1].join, FORECAST_FUNCTION);
	ck_assert(!is_together(forecast(&f, "multifunction"), 0, 1));
	/* Conventional functions are what no override touches. */
	a->port_type = b->port_type = PCI_PORT_UNKNOWN;
	ck_assert(is_together(forecast(&f, "multifunction"), 0, 1));
	/* Function 0 that calls itself the only one is alone for the kernel. */
	a->port_type = b->port_type = PCI_PORT_ENDPOINT;
	a->multifunction = false;
	ck_assert(!is_together(forecast(&f, NULL), 0, 1));
	/* The kernel's table: integrated functions of Intel, I350, the southbridge where an IVRS is. */
	a->multifunction = true;
	a->vendor = b->vendor = 0x8086;
	a->port_type = b->port_type = PCI_PORT_RC_ENDPOINT;
	ck_assert(!is_together(forecast(&f, NULL), 0, 1));
	a->port_type = b->port_type = PCI_PORT_ENDPOINT;
	ck_assert(is_together(forecast(&f, NULL), 0, 1));
	a->device = b->device = 0x1521;
	ck_assert(!is_together(forecast(&f, NULL), 0, 1));
	a->vendor = b->vendor = 0x1002;
	a->device = 0x4385;
	b->device = 0x439d;
	a->port_type = b->port_type = PCI_PORT_UNKNOWN;
	ck_assert(is_together(forecast(&f, NULL), 0, 1));
	f.h->iommu.has_ivrs = true;
	ck_assert(!is_together(forecast(&f, NULL), 0, 1));
}
END_TEST

START_TEST(test_quirk_rows)
{
	static const struct {
		uint16_t vendor, device;
		enum pci_port_type type;
		int acs, isolates;
	} rows[] = {
		{ 0x8086, 0x8c10, PCI_PORT_ROOT, 0, 1 },
		{ 0x8086, 0x8c90, PCI_PORT_ROOT, 0, 1 },
		{ 0x8086, 0x8c91, PCI_PORT_ROOT, 0, 0 }, /* every other one */
		{ 0x8086, 0x8c10, PCI_PORT_DOWNSTREAM, 0, 0 },
		{ 0x8086, 0xa110, PCI_PORT_ROOT, 0, 0 }, /* only where the capability is */
		{ 0x8086, 0xa110, PCI_PORT_ROOT, ACS_FULL, 1 },
		{ 0x177d, 0xa123, PCI_PORT_ROOT, 0, 1 },
		{ 0x17cb, 0x0400, PCI_PORT_ROOT, 0, 1 },
		{ 0x1def, 0xe00c, PCI_PORT_ROOT, 0, 1 },
		{ 0x1d17, 0x0721, PCI_PORT_DOWNSTREAM, 0, 1 },
		{ 0x1d17, 0x0722, PCI_PORT_DOWNSTREAM, ACS_FULL, 0 }, /* whatever it says */
		{ 0x8086, 0x1901, PCI_PORT_ROOT, 0, 0 },
		{ 0x1b21, 0x1080, PCI_PORT_PCIE_TO_PCI, ACS_FULL, 0 },
		{ 0x10de, 0x2504, PCI_PORT_ENDPOINT, 0, 1 }, /* alone in its slot */
	};
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *d;
	struct acs_view view;

	facts_init(&f);
	d = facts_port(&f, "00:1c.0", 0, 0, PCI_PORT_ROOT, 0, -1, NULL);
	view = acs_view_now(f.h);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		d->vendor = rows[i].vendor;
		d->device = rows[i].device;
		d->port_type = rows[i].type;
		d->acs_cap = d->acs_ctrl = rows[i].acs;
		ck_assert_msg(acs_judge(f.h, d, &view).isolates == rows[i].isolates, "%04x:%04x type %d: %d",
			      d->vendor, d->device, d->port_type, acs_judge(f.h, d, &view).isolates);
	}
}
END_TEST

START_TEST(test_conventional_bus)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *root, *bridge;
	struct group_forecast *g;

	facts_init(&f);
	root = facts_port(&f, "00:1c.4", 0x8086, 0xa114, PCI_PORT_ROOT, ACS_FULL, -1, NULL);
	bridge = facts_port(&f, "06:00.0", 0x1b21, 0x1080, PCI_PORT_PCIE_TO_PCI, 0, -1, root);
	facts_device(&f, "07:00.0", 0x1102, 0x0004, 0x040100, -1, bridge)->port_type = PCI_PORT_UNKNOWN;
	facts_device(&f, "07:01.0", 0x10ec, 0x8139, 0x020000, -1, bridge)->port_type = PCI_PORT_UNKNOWN;
	g = forecast(&f, "downstream,multifunction");
	ck_assert(!is_together(g, 0, 1) && is_together(g, 1, 2) && is_together(g, 1, 3));
	ck_assert_int_eq(g->devices[2].join, FORECAST_BRIDGE);
	ck_assert_ptr_eq(g->devices[3].with, bridge);
	/* The same with a bridge that hides its being PCI Express. */
	bridge->port_type = PCI_PORT_UNKNOWN;
	ck_assert(is_together(forecast(&f, NULL), 2, 3));
	/* ASPEED's keeps names, but does not isolate either. */
	bridge->port_type = PCI_PORT_PCIE_TO_PCI;
	bridge->vendor = 0x1a03;
	bridge->device = 0x1150;
	g = forecast(&f, NULL);
	ck_assert(is_together(g, 1, 2));
	ck_assert_int_eq(g->devices[2].join, FORECAST_PORT);
}
END_TEST

START_TEST(test_aliases)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *port, *a, *b;
	struct group_forecast *g;

	facts_init(&f);
	port = facts_port(&f, "00:1c.0", 0x8086, 0xa110, PCI_PORT_ROOT, ACS_FULL, -1, NULL);
	a = facts_device(&f, "03:00.0", 0x1b4b, 0x9123, 0x010601, -1, port);
	b = facts_device(&f, "03:00.1", 0x1b4b, 0x91a4, 0x01018f, -1, port);
	a->multifunction = true;
	a->acs_cap = b->acs_cap = ACS_FULL;
	g = forecast(&f, "multifunction");
	ck_assert(is_together(g, 1, 2));
	ck_assert_int_eq(g->devices[2].join, FORECAST_ALIAS);
	a->device = 0x9124;
	ck_assert(!is_together(forecast(&f, NULL), 1, 2));
	/* Adaptec 3405 speaks as 01.0 of its bus, other cards of its id do not. */
	a->vendor = 0x9005;
	a->device = 0x0285;
	b->addr.slot = 1;
	b->addr.func = 0;
	ck_assert(!is_together(forecast(&f, NULL), 1, 2));
	a->subsystem_vendor = 0x9005;
	a->subsystem_device = 0x02bb;
	ck_assert(is_together(forecast(&f, NULL), 1, 2));
}
END_TEST

START_TEST(test_virtual_functions_and_vmd)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *port, *pf, *vf, *vmd, *inner;
	struct group_forecast *g;

	facts_init(&f);
	vmd = facts_device(&f, "00:0e.0", 0x8086, 0x467f, 0x010400, -1, NULL);
	vmd->port_type = PCI_PORT_RC_ENDPOINT;
	port = facts_port(&f, "00:1c.0", 0x8086, 0xa110, PCI_PORT_ROOT, ACS_FULL, -1, NULL);
	pf = facts_device(&f, "03:00.0", 0x8086, 0x1572, 0x020000, -1, port);
	/* A bus of its own, without a bridge. */
	vf = facts_device(&f, "04:00.1", 0x8086, 0x154c, 0x020000, -1, NULL);
	vf->physfn = pf;
	vf->config_len = 0;
	vf->port_type = PCI_PORT_UNKNOWN;
	inner = facts_port(&f, "10000:e0:06.0", 0x8086, 0x464d, PCI_PORT_ROOT, ACS_FULL, -1, NULL);
	inner->dma_device = vmd;
	facts_device(&f, "10000:e1:00.0", 0x144d, 0xa808, 0x010802, -1, inner)->dma_device = vmd;
	g = forecast(&f, NULL);
	ck_assert(!is_together(g, 2, 3) && is_together(g, 0, 4) && is_together(g, 0, 5));
	ck_assert_int_eq(g->devices[5].join, FORECAST_VMD);
	ck_assert(g->known[g->devices[3].group]);
	port->acs_cap = 0;
	g = forecast(&f, NULL);
	ck_assert(is_together(g, 1, 2) && is_together(g, 2, 3));
}
END_TEST

/* Without root only the header is there: nothing is claimed of what hangs on the rest. */
START_TEST(test_unreadable)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *port, *card;
	struct group_forecast *g;

	facts_init(&f);
	port = facts_port(&f, "00:01.0", 0x8086, 0x1901, PCI_PORT_ROOT, 0, -1, NULL);
	card = facts_device(&f, "01:00.0", 0x10de, 0x2504, 0x030000, -1, port);
	port->config_len = card->config_len = 64;
	port->port_type = card->port_type = PCI_PORT_UNKNOWN;
	port->acs_cap = card->acs_cap = -1;
	g = forecast(&f, NULL);
	ck_assert(!g->known[g->devices[1].group]);
	ck_assert_uint_eq(g->n_unreadable, 2);
}
END_TEST

START_TEST(test_loops)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *a, *b, *self;
	struct group_forecast *g;

	facts_init(&f);
	a = facts_port(&f, "00:01.0", 0x8086, 0x1901, PCI_PORT_ROOT, 0, -1, NULL);
	self = facts_port(&f, "00:02.0", 0x8086, 0x1901, PCI_PORT_ROOT, 0, -1, NULL);
	b = facts_port(&f, "01:00.0", 0x10b5, 0x8748, PCI_PORT_UPSTREAM, 0, -1, a);
	facts_device(&f, "02:00.0", 0x10de, 0x2504, 0x030000, -1, b);
	a->parent = b;
	self->parent = self;
	self->secondary_bus = self->subordinate_bus = 0;
	g = forecast(&f, NULL);
	ck_assert(!is_together(g, 0, 1));
	for (unsigned i = 0; i < g->n_devices; i++)
		ck_assert_uint_lt(g->devices[i].group, g->n_groups);
	/* Judging such a host ends as well. */
	facts_unit(&f, "dmar0");
	ck_assert_ptr_nonnull(rules_judge(f.h));
}
END_TEST

/* 300 groups whose numbers have gaps, one with 40 devices, and a domain of five digits. */
START_TEST(test_many)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;
	char address[32];
	struct pci_device *bridge;

	facts_init(&f);
	facts_reserve(&f, 400);
	facts_unit(&f, "dmar0");
	for (unsigned i = 0; i < 299; i++) {
		snprintf(address, sizeof(address), "%04x:%02x:00.0", i / 200, i % 200 + 2);
		facts_device(&f, address, 0x144d, 0xa808, 0x010802, (int)i * 3, NULL);
	}
	bridge = facts_port(&f, "0002:00:01.0", 0x1b21, 0x1080, PCI_PORT_PCIE_TO_PCI, 0, 5000, NULL);
	for (unsigned i = 0; i < 39; i++) {
		snprintf(address, sizeof(address), "0002:01:%02x.%u", i / 8, i % 8);
		facts_device(&f, address, 0x10ec, 0x8139, 0x020000, 5000, bridge);
	}
	facts_device(&f, "10000:e1:00.0", 0x144d, 0xa808, 0x010802, 6001, NULL);
	j = rules_judge(f.h);
	ck_assert_uint_eq(f.h->n_groups, 301);
	ck_assert_uint_eq(count_right(f.h, forecast(&f, NULL)), 301);
	ck_assert_int_eq(j->groups[0].kind, GROUP_ISOLATED);
	ck_assert_int_eq(j->groups[299].kind, GROUP_SHARED);
	ck_assert_uint_eq(j->groups[299].group->n_devices, 40);
	ck_assert_str_eq(facts_get(j, "group-shared")->subject, "group 5000");
}
END_TEST

/* Nothing but ones in the configuration space: what a device that fell off the bus reads as. */
START_TEST(test_all_ones)
{
	struct str text = { 0 };
	_cleanup_free_ char *copy = NULL;

	str_add(&text, "/sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de\n"
		       "/sys/bus/pci/devices/0000:01:00.0/device = 0x2504\n"
		       "/sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n"
		       "/sys/bus/pci/devices/0000:01:00.0/config : ");
	for (unsigned i = 0; i < 4096; i++)
		str_add(&text, "ff");
	str_addc(&text, '\n');
	copy = str_steal(&text);
	{
		RECORDED(h, copy, "pci groups");
		const struct acs_view view = acs_view_now(h);
		struct group_forecast *g = forecast_groups(h, &view);

		ck_assert_uint_eq(g->n_groups, 1);
		ck_assert_int_eq(recorded_device(h, "01:00.0")->config_len, 0);
		ck_assert(recorded_has(h->unreadable, "0000:01:00.0"));
	}
}
END_TEST

/* Links that say that two bridges are above each other. */
START_TEST(test_looped_links)
{
#define LOOP_DEVICE(dir) dir "/vendor = 0x8086\n" dir "/device = 0x1901\n" dir "/class = 0x060400\n"
	RECORDED(h,
		 "/sys/bus/pci/devices/0000:01:00.0 -> ../../../devices/pci0000:00/0000:02:00.0/0000:01:00.0\n"
		 "/sys/bus/pci/devices/0000:02:00.0 -> ../../../devices/pci0000:00/0000:01:00.0/0000:02:00.0\n"
		 LOOP_DEVICE("/sys/devices/pci0000:00/0000:02:00.0/0000:01:00.0")
		 LOOP_DEVICE("/sys/devices/pci0000:00/0000:01:00.0/0000:02:00.0"),
		 "pci groups");
	unsigned roots = 0;

	ck_assert_uint_eq(h->n_devices, 2);
	for (unsigned i = 0; i < 2; i++)
		roots += h->devices[i]->parent == NULL;
	ck_assert_uint_ge(roots, 1);
	ck_assert_ptr_nonnull(h->broken);
	ck_assert_ptr_nonnull(rules_judge(h));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rule-forecast");
	TCase *t = tcase_create("forecast");

	tcase_add_loop_test(t, test_recorded_hosts, 0, (int)ARRAY_SIZE(hosts));
	tcase_add_loop_test(t, test_twin_hosts, 0, 4);
	tcase_add_test(t, test_ports);
	tcase_add_test(t, test_control_words);
	tcase_add_test(t, test_functions);
	tcase_add_test(t, test_quirk_rows);
	tcase_add_test(t, test_conventional_bus);
	tcase_add_test(t, test_aliases);
	tcase_add_test(t, test_virtual_functions_and_vmd);
	tcase_add_test(t, test_unreadable);
	tcase_add_test(t, test_loops);
	tcase_add_test(t, test_many);
	tcase_add_test(t, test_all_ones);
	tcase_add_test(t, test_looped_links);
	suite_add_tcase(s, t);
	return unit_run(s);
}
