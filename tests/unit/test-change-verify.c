/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/verify.h"
#include "tests/lib/tree.h"
#include "tests/lib/unit.h"

#define HOOK "/etc/libvirt/hooks/qemu"

static struct tree tree;
static struct err error;
static struct host *host;
static struct plan *plan;
static struct run_state state;
static struct verification *result;
static struct pci_device card;
static struct pci_device *cards[] = { &card, NULL };
static struct iommu_unit unit = { .name = "dmar0" };

static const struct promise_check *look(const char *boot_id)
{
	host->kernel.boot_id = boot_id;
	verification_free(result);
	result = NULL;
	ck_assert_int_eq(verify_promises(&state, host, tree.fs, &result, &error), 0);
	ck_assert_uint_ge(result->n_checks, 1);
	return &result->checks[0];
}

static struct promise *promise(enum promise_kind kind, enum stage_end then, const char *arg)
{
	struct stage *s = plan_stage(plan, "stage", "stage", then);
	struct promise *p = stage_add_promise(plan, s, kind, "id", "text");

	p->arg = arg;
	return p;
}

static void record(void)
{
	run_state_record_stage(&state, plan->stages[0], "boot-1");
}

static void setup(void)
{
	static const char *const args[] = { "quiet", "iommu=pt", NULL };

	tree_init(&tree);
	error = (struct err){ 0 };
	host = host_new(tree.fs);
	plan = plan_new();
	run_state_init(&state);
	host->kernel.cmdline = "quiet iommu=pt";
	host->kernel.args = args;
	card = (struct pci_device){ .vendor = 0x10de, .device = 0x2504, .driver = "vfio-pci" };
	ck_assert_int_eq(pci_addr_parse("01:00.0", &card.addr), 0);
	pci_addr_format(card.addr, card.address);
	host->devices = cards;
	host->n_devices = 1;
}

static void teardown(void)
{
	verification_free(result);
	result = NULL;
	run_state_done(&state);
	plan_free(plan);
	host_free(host);
	tree_done(&tree);
}

START_TEST(nothing_is_kept_before_the_restart)
{
	promise(PROMISE_CMDLINE, STAGE_END_REBOOT, "iommu=pt");
	record();
	ck_assert_int_eq(look("boot-1")->result, PROMISE_NOT_YET);
	ck_assert(!result->rebooted);
	ck_assert(!result->all_kept);
	ck_assert_int_eq(look("boot-2")->result, PROMISE_KEPT);
	ck_assert(result->rebooted);
	ck_assert(result->all_kept);
	ck_assert_int_eq(look(NULL)->result, PROMISE_CANNOT_TELL);
	ck_assert(!result->rebooted);
}
END_TEST

START_TEST(command_line)
{
	static const char *const prefix_only[] = { "iommu=pt,strict", "xiommu=pt", NULL };
	const struct promise_check *c;

	promise(PROMISE_CMDLINE, STAGE_END_REBOOT, "iommu=pt");
	record();
	host->kernel.args = prefix_only;
	host->kernel.cmdline = "iommu=pt,strict xiommu=pt";
	c = look("boot-2");
	ck_assert_int_eq(c->result, PROMISE_BROKEN);
	ck_assert_ptr_nonnull(strstr(c->evidence, "/proc/cmdline: iommu=pt,strict"));
	ck_assert_ptr_nonnull(strstr(c->advice, "boot entry"));
	host->kernel.cmdline = NULL;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_CANNOT_TELL);
}
END_TEST

START_TEST(kernel_that_was_started)
{
	promise(PROMISE_KERNEL, STAGE_END_REBOOT, "6.9.3-acso");
	record();
	host->identity.kernel = "6.9.3-generic";
	ck_assert_int_eq(look("boot-1")->result, PROMISE_NOT_YET);
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	ck_assert_str_eq(look("boot-2")->evidence, "uname -r: 6.9.3-generic");
	host->identity.kernel = "6.9.3-acso";
	ck_assert_int_eq(look("boot-2")->result, PROMISE_KEPT);
	host->identity.kernel = NULL;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_CANNOT_TELL);
}
END_TEST

START_TEST(one_kernel_takes_the_place_of_another)
{
	promise(PROMISE_KERNEL, STAGE_END_REBOOT, "6.9.3-acso")->id = "kernel:6.9.3-acso";
	record();
	plan->stages[0]->promises[0]->id = "kernel:6.9.3-generic";
	plan->stages[0]->promises[0]->arg = "6.9.3-generic";
	record();
	host->identity.kernel = "6.9.3-generic";
	look("boot-2");
	ck_assert_uint_eq(result->n_checks, 1);
	ck_assert(result->all_kept);
}
END_TEST

START_TEST(override_that_is_obeyed)
{
	static const char *const heard[] = { "Warning: PCIe ACS overrides enabled; This may allow non-IOMMU protected "
					     "peer-to-peer DMA", NULL };
	static const char *const silent[] = { "Linux version 6.9.3", NULL };

	promise(PROMISE_ACS_OVERRIDE, STAGE_END_REBOOT, NULL);
	record();
	host->kernel.log = heard;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_KEPT);
	ck_assert_ptr_nonnull(strstr(look("boot-2")->evidence, "kernel log: Warning"));
	host->kernel.log = silent;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	host->kernel.log = NULL;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_CANNOT_TELL);
	/* Symbols tell also where the log cannot be read. */
	host->kernel.acs_override_known = 0;
	host->kernel.acs_override_evidence = "/proc/kallsyms: none";
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	ck_assert_str_eq(look("boot-2")->evidence, "/proc/kallsyms: none");
}
END_TEST

START_TEST(group_that_was_split)
{
	struct pci_device neighbour = { .vendor = 0x8086, .device = 0x1533 };
	struct pci_device *both[] = { &card, &neighbour };
	struct iommu_group group = { .id = 7, .devices = both, .n_devices = 2 };
	struct promise *p = promise(PROMISE_APART, STAGE_END_REBOOT, "0000:02:00.1,0000:02:00.0");

	ck_assert_int_eq(pci_addr_parse("02:00.0", &neighbour.addr), 0);
	pci_addr_format(neighbour.addr, neighbour.address);
	p->addr = card.addr;
	p->vendor = card.vendor;
	p->device = card.device;
	record();
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	ck_assert_ptr_nonnull(strstr(look("boot-2")->evidence, "iommu_group: -"));
	card.group = &group;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	ck_assert_ptr_nonnull(strstr(look("boot-2")->evidence, "groups/7/devices/0000:02:00.0"));
	group.n_devices = 1;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_KEPT);
	card.device++;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
}
END_TEST

START_TEST(iommu)
{
	promise(PROMISE_IOMMU_ON, STAGE_END_REBOOT, NULL);
	record();
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	host->iommu.units = &unit;
	host->iommu.n_units = 1;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	host->n_groups = 18;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_KEPT);
	ck_assert_ptr_nonnull(strstr(result->checks[0].evidence, "dmar0"));
	host->n_groups = 0;
}
END_TEST

START_TEST(driver)
{
	struct promise *p = promise(PROMISE_DRIVER, STAGE_END_REBOOT, "vfio-pci");

	p->addr = card.addr;
	p->vendor = card.vendor;
	p->device = card.device;
	record();
	ck_assert_int_eq(look("boot-2")->result, PROMISE_KEPT);
	card.driver = "nouveau";
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	ck_assert_ptr_nonnull(strstr(result->checks[0].advice, "nouveau"));
	card.driver = NULL;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	ck_assert_ptr_nonnull(strstr(result->checks[0].advice, "modprobe vfio-pci"));
	/* In another slot, though held by the right driver there. */
	card.driver = "vfio-pci";
	ck_assert_int_eq(pci_addr_parse("02:00.0", &card.addr), 0);
	pci_addr_format(card.addr, card.address);
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	ck_assert_ptr_nonnull(strstr(result->checks[0].advice, "0000:02:00.0"));
	/* Another card at the old address. */
	ck_assert_int_eq(pci_addr_parse("01:00.0", &card.addr), 0);
	card.device = 0x1111;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
	ck_assert_ptr_nonnull(strstr(result->checks[0].evidence, "10de:1111"));
	host->n_devices = 0;
	ck_assert_int_eq(look("boot-2")->result, PROMISE_BROKEN);
}
END_TEST

START_TEST(file)
{
	static char sha256[SHA256_TEXT];
	struct promise *p;

	sha256_hex("hook\n", 5, sha256);
	p = promise(PROMISE_FILE, STAGE_END_NONE, sha256);
	p->path = HOOK;
	record();
	ck_assert_int_eq(look("boot-1")->result, PROMISE_BROKEN);
	tree_write(&tree, HOOK, "hook\n", 0755);
	ck_assert_int_eq(look("boot-1")->result, PROMISE_KEPT);
	tree_write(&tree, HOOK, "hook, edited\n", 0755);
	ck_assert_int_eq(look("boot-1")->result, PROMISE_BROKEN);
	tree_unlink(&tree, HOOK);
	tree_mkdir(&tree, HOOK, 0755);
	ck_assert_int_eq(look("boot-1")->result, PROMISE_CANNOT_TELL);
}
END_TEST

START_TEST(domain)
{
	promise(PROMISE_DOMAIN, STAGE_END_NONE, "win11");
	record();
	ck_assert_int_eq(look("boot-1")->result, PROMISE_BROKEN);
	tree_write(&tree, "/etc/libvirt/qemu/win11.xml", "<domain/>\n", 0600);
	ck_assert_int_eq(look("boot-1")->result, PROMISE_KEPT);
	tree_unlink(&tree, "/etc/libvirt/qemu/win11.xml");
	tree_link(&tree, "win11.xml", "/etc/libvirt/qemu/win11.xml");
	ck_assert_int_eq(look("boot-1")->result, PROMISE_CANNOT_TELL);
}
END_TEST

START_TEST(a_domain_name_leads_nowhere_else)
{
	promise(PROMISE_DOMAIN, STAGE_END_NONE, "../../../etc/x");
	record();
	tree_write(&tree, "/etc/x.xml", "", 0600);
	ck_assert_int_eq(look("boot-1")->result, PROMISE_CANNOT_TELL);
}
END_TEST

/* The kernel stage came true in boot 2, the bind stage of boot 2 waits for the next one. */
START_TEST(each_stage_waits_for_its_own_restart)
{
	struct stage *bind;
	struct promise *p;

	promise(PROMISE_CMDLINE, STAGE_END_REBOOT, "iommu=pt");
	record();
	bind = plan_stage(plan, "bind", "bind", STAGE_END_REBOOT);
	p = stage_add_promise(plan, bind, PROMISE_DRIVER, "driver", "text");
	p->arg = "vfio-pci";
	p->addr = card.addr;
	p->vendor = card.vendor;
	p->device = card.device;
	run_state_record_stage(&state, bind, "boot-2");
	look("boot-2");
	ck_assert_uint_eq(result->n_checks, 2);
	ck_assert_int_eq(result->checks[0].result, PROMISE_KEPT);
	ck_assert_int_eq(result->checks[1].result, PROMISE_NOT_YET);
	look("boot-3");
	ck_assert(result->all_kept);
}
END_TEST

START_TEST(result_names_are_stable)
{
	ck_assert_str_eq(promise_result_name(PROMISE_KEPT), "kept");
	ck_assert_str_eq(promise_result_name(PROMISE_BROKEN), "broken");
	ck_assert_str_eq(promise_result_name(PROMISE_NOT_YET), "not-yet");
	ck_assert_str_eq(promise_result_name(PROMISE_CANNOT_TELL), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("change-verify");
	TCase *tc = tcase_create("verify");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_is_kept_before_the_restart);
	tcase_add_test(tc, command_line);
	tcase_add_test(tc, iommu);
	tcase_add_test(tc, kernel_that_was_started);
	tcase_add_test(tc, one_kernel_takes_the_place_of_another);
	tcase_add_test(tc, override_that_is_obeyed);
	tcase_add_test(tc, group_that_was_split);
	tcase_add_test(tc, driver);
	tcase_add_test(tc, file);
	tcase_add_test(tc, domain);
	tcase_add_test(tc, a_domain_name_leads_nowhere_else);
	tcase_add_test(tc, each_stage_waits_for_its_own_restart);
	tcase_add_test(tc, result_names_are_stable);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
