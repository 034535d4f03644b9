/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/facts.h"

static struct pci_details *details(struct facts *f, struct pci_device *d)
{
	d->details = arena_alloc(f->h->arena, sizeof(*d->details));
	d->details->d3cold_allowed = -1;
	d->syspath = "sys/devices/pci0000:00/x";
	return d->details;
}

static struct pci_device *gpu(struct facts *f)
{
	facts_init(f);
	return facts_device(f, "01:00.0", 0x10de, 0x2482, 0x030000, 1, NULL);
}

START_TEST(unassigned_by_the_log)
{
	static const char *const old = "pci 0000:01:00.0: BAR 1: no space for [mem size 0x400000000 64bit pref]";
	static const char *const new =
		"pci 0000:01:00.0: BAR 1 [mem size 0x400000000 64bit pref]: can't assign; no space";
	_cleanup_facts_ struct facts a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
	struct pci_device *known;

	gpu(&a);
	facts_log(&a, old);
	ck_evidence(rules_judge(a.h), "bar-unassigned", old);
	gpu(&b);
	facts_log(&b, new);
	ck_evidence(rules_judge(b.h), "bar-unassigned", new);
	ck_advice(rules_judge(b.h), "bar-unassigned", "Above 4G");
	/* it was tried again, and worked */
	gpu(&c);
	facts_log(&c, new);
	facts_log(&c, "pci 0000:01:00.0: BAR 1 [mem 0x4000000000-0x43ffffffff 64bit pref]: assigned");
	ck_no_finding(rules_judge(c.h), "bar-unassigned");
	/* sysfs knows better than an old log */
	known = gpu(&d);
	facts_log(&d, old);
	details(&d, known)->bars_known = true;
	known->details->bars[1] = (struct pci_bar){ .start = 0x4000000000, .size = 1 << 28 };
	ck_no_finding(rules_judge(d.h), "bar-unassigned");
}
END_TEST

/* Where this board's setup has the settings is said with the finding. */
START_TEST(paths_of_the_board)
{
	static const char *const line =
		"maker=Some Maker | above4g=Advanced > PCI > Above 4G Decoding | rebar=Advanced > PCI > ReBAR"
		" | sriov=Advanced > PCI > SR-IOV Support | source=its manual";
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *d = gpu(&f);
	struct boards boards = { 0 };
	struct judgement *j;

	details(&f, d)->bars_known = true;
	d->details->bars[0] = (struct pci_bar){ .size = 1 << 20, .unassigned = true };
	d->details->bars[1] = (struct pci_bar){ .start = 1 << 30, .size = 256 << 20, .possible = 0x7f00 };
	d->sriov_total = 7;
	d->sriov_enabled = 0;
	ck_no_finding(rules_judge(f.h), "sriov-no-space");
	facts_log(&f, "xe 0000:01:00.0: not enough MMIO resources for SR-IOV");
	j = rules_judge(f.h);
	ck_evidence(j, "sriov-no-space", "not enough MMIO");
	ck_advice(j, "sriov-no-space", "pci=realloc");
	ck_assert(!facts_says(facts_get(j, "sriov-no-space")->advice, "while the computer starts"));
	f.h->identity.board_vendor = "Some Maker";
	boards_add(&boards, f.h, "test", line, strlen(line), false);
	f.h->firmware.menu = boards_find(&boards, f.h, f.h->arena);
	facts_log(&f, "xe 0000:01:00.0: can't enable 7 VFs (bus 02 out of range of [bus 01])");
	j = rules_judge(f.h);
	ck_advice(j, "sriov-no-space", "Advanced > PCI > SR-IOV Support");
	ck_advice(j, "sriov-no-space", "Advanced > PCI > Above 4G Decoding");
	ck_advice(j, "sriov-no-space", "pci=assign-busses");
	ck_advice(j, "bar-unassigned", "Advanced > PCI > Above 4G Decoding");
	ck_advice(j, "bar-resizable", "Advanced > PCI > ReBAR");
	ck_assert(!facts_says(facts_get(j, "bar-unassigned")->advice, "ReBAR"));
	d->sriov_enabled = 4; /* it was tried again, and worked */
	ck_no_finding(rules_judge(f.h), "sriov-no-space");
}
END_TEST

START_TEST(lines_that_prove_nothing)
{
	_cleanup_facts_ struct facts f = { 0 };

	gpu(&f);
	facts_log(&f, "pci 0000:01:00.0: BAR 7 [io size 0x1000]: can't assign; no space");
	facts_log(&f, "pci 0000:01:00.0: BAR 0 [io size 0x1000]: can't assign; no space");
	facts_log(&f, "pci 0000:01:00.0: ROM [mem size 0x00080000 pref]: can't assign; no space");
	facts_log(&f, "pci 0000:02:00.0: BAR 1 [mem size 0x400000000 64bit pref]: can't assign; no space");
	facts_log(&f, ": BAR 1 [mem size 0x1]: can't assign; no space");
	facts_log(&f, "pci 0000:01:00.0: BAR 1 [mem 0x4000000000-0x43ffffffff 64bit pref]");
	ck_no_finding(rules_judge(f.h), "bar-unassigned");
	for (unsigned i = 0; i < 300; i++)
		facts_log(&f, arena_printf(f.h->arena,
					   "pci 0000:%02x:00.0: BAR 1 [mem size 0x1]: can't assign; no space", i));
	ck_finding(rules_judge(f.h), "bar-unassigned");
}
END_TEST

START_TEST(unassigned_by_sysfs)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *d = gpu(&f);

	details(&f, d)->bars_known = true;
	d->details->bars[1] = (struct pci_bar){ .size = UINT64_C(16) << 30, .unassigned = true };
	ck_evidence(rules_judge(f.h), "bar-unassigned", "BAR 1, 16 GiB, has no address");
}
END_TEST

START_TEST(resizable)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *d = gpu(&f);
	struct pci_bar *bar;
	struct judgement *j;

	details(&f, d)->bars_known = true;
	bar = &d->details->bars[1];
	*bar = (struct pci_bar){ .start = 1 << 30, .size = 256 << 20, .possible = 0x7f00 };
	j = rules_judge(f.h);
	ck_assert_ptr_nonnull(strstr(facts_get(j, "bar-resizable")->text, "256 MiB"));
	ck_assert_ptr_nonnull(strstr(facts_get(j, "bar-resizable")->text, "16 GiB"));
	bar->size = UINT64_C(16) << 30; /* has all there is */
	ck_no_finding(rules_judge(f.h), "bar-resizable");
	bar->possible = UINT64_MAX; /* nonsense */
	ck_no_finding(rules_judge(f.h), "bar-resizable");
	bar->possible = 0x7f00;
	bar->size = 0;
	ck_no_finding(rules_judge(f.h), "bar-resizable");
}
END_TEST

START_TEST(lost)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *d = gpu(&f);
	struct judgement *j;

	ck_no_finding(rules_judge(f.h), "device-lost");
	details(&f, d)->config_dead = true;
	j = rules_judge(f.h);
	ck_finding(j, "device-lost");
	ck_assert_int_eq(j->devices[0].assignable, ASSIGNABLE_NO);
	ck_assert(facts_says(j->devices[0].why, "does not answer"));
	/* without details the header type says it */
	d->details = NULL;
	d->header_type = 0x7f;
	j = rules_judge(f.h);
	ck_finding(j, "device-lost");
	ck_assert(facts_says(j->devices[0].why, "does not answer"));
}
END_TEST

START_TEST(nvidia_vgpu_stays)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct pci_device *d = gpu(&f);
	struct judgement *j;

	details(&f, d)->nvidia_vgpu = true;
	j = rules_judge(f.h);
	ck_assert_int_eq(j->devices[0].assignable, ASSIGNABLE_NO);
	ck_assert(facts_says(j->devices[0].why, "current_vgpu_type"));
}
END_TEST

/* Forty devices in one group: each is told of the others, none is forgotten, no list overflows. */
START_TEST(forty_devices_in_one_group)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct judgement *j;

	facts_init(&f);
	facts_unit(&f, "dmar0");
	for (unsigned i = 0; i < 40; i++)
		facts_device(&f, arena_printf(f.h->arena, "%02x:00.0", i + 1), 0x8086, 0x1563, 0x020000, 7, NULL);
	j = rules_judge(f.h);
	for (unsigned i = 0; i < 40; i++) {
		unsigned n = 0;

		for (const char *const *w = j->devices[i].why; w && *w; w++)
			n += strstr(*w, "goes along") != NULL;
		ck_assert_uint_eq(n, 39);
		ck_assert_int_eq(j->devices[i].assignable, ASSIGNABLE_CARE);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rule-bars");
	TCase *t = tcase_create("bars");

	tcase_add_test(t, unassigned_by_the_log);
	tcase_add_test(t, paths_of_the_board);
	tcase_add_test(t, lines_that_prove_nothing);
	tcase_add_test(t, unassigned_by_sysfs);
	tcase_add_test(t, resizable);
	tcase_add_test(t, lost);
	tcase_add_test(t, nvidia_vgpu_stays);
	tcase_add_test(t, forty_devices_in_one_group);
	suite_add_tcase(s, t);
	return unit_run(s);
}
