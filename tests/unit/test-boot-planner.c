/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/planner.h"
#include "boot/planner-override.h"

/*
 * A small host: console card 01:00 (care), free card 02:00 with audio in group 2, NVMe 03:00 that holds
 * "/" , NVMe 04:00 that shares group 4 with a network card 05:00 below a port without ACS.
 */
enum { BRIDGE, CONSOLE, GPU, GPU_AUDIO, ROOT_NVME, NVME, NIC, N_DEVICES };
static struct pci_device devices[N_DEVICES];
static struct pci_device *device_list[N_DEVICES];
static struct iommu_group groups[5];
static struct iommu_group *group_list[5];
static struct pci_device *members[5][3];
static struct group_verdict group_verdicts[5];
static struct device_verdict device_verdicts[N_DEVICES];
static struct judgement judgement;
static struct answers answers;
static const char *const needed[] = { "It holds /.", NULL };
static const char *const screen[] = { "It shows the console.", NULL };
static const char *const spoken[] = { "It plays the host's sound.", NULL };
static struct pci_device *ports[] = { &devices[BRIDGE] };

static void add(unsigned i, uint8_t bus, uint8_t func, uint32_t class, uint16_t id, int group)
{
	struct pci_device *d = &devices[i];

	memset(d, 0, sizeof(*d));
	d->addr = (struct pci_addr){ 0, bus, 0, func };
	pci_addr_format(d->addr, d->address);
	d->vendor = 0x10de;
	d->device = id;
	d->class_code = class;
	d->device_name = "Device";
	d->vendor_name = "Vendor";
	d->boot_vga = class == 0x030000 ? i == CONSOLE : -1;
	d->header_type = class == 0x060400;
	d->parent = i == BRIDGE ? NULL : &devices[BRIDGE];
	d->group = &groups[group];
	groups[group].devices[groups[group].n_devices++] = d;
	device_list[i] = d;
	device_verdicts[i] = (struct device_verdict){ .device = d, .assignable = ASSIGNABLE_YES };
}

static void setup(void)
{
	fixture_setup();
	memset(&judgement, 0, sizeof(judgement));
	for (unsigned i = 0; i < 5; i++) {
		groups[i] =
			(struct iommu_group){ .id = (int)i, .type = "DMA", .devices = members[i] };
		group_list[i] = &groups[i];
		group_verdicts[i] =
			(struct group_verdict){ .group = &groups[i], .kind = GROUP_ISOLATED };
	}
	add(BRIDGE, 0, 0, 0x060400, 1, 0);
	add(CONSOLE, 1, 0, 0x030000, 2, 1);
	add(GPU, 2, 0, 0x030000, 3, 2);
	add(GPU_AUDIO, 2, 1, 0x040300, 4, 2);
	add(ROOT_NVME, 3, 0, 0x010802, 5, 3);
	add(NVME, 4, 0, 0x010802, 5, 4);
	add(NIC, 5, 0, 0x020000, 6, 4);
	device_verdicts[CONSOLE].assignable = ASSIGNABLE_CARE;
	device_verdicts[CONSOLE].why = screen;
	device_verdicts[ROOT_NVME].assignable = ASSIGNABLE_NO;
	device_verdicts[ROOT_NVME].why = needed;
	group_verdicts[3].kind = GROUP_HOST;
	group_verdicts[4] = (struct group_verdict){ .group = &groups[4],
						    .kind = GROUP_SHARED,
						    .ports_without_acs = ports,
						    .n_ports_without_acs = 1,
						    .ports_known = true };
	fixture_host->devices = device_list;
	fixture_host->n_devices = N_DEVICES;
	fixture_host->groups = group_list;
	fixture_host->n_groups = 5;
	fixture_host->kernel.acs_override_known = -1;
	fixture_host->vfio.vfio_pci = MODULE_AVAILABLE;
	judgement.host = fixture_host;
	judgement.devices = device_verdicts;
	judgement.groups = group_verdicts;
	judgement.iommu_state = IOMMU_ON;
	judgement.iommu_kind = IOMMU_INTEL;
	answers_init(&answers);
}

static void teardown(void)
{
	answers_done(&answers);
	fixture_teardown();
}

static void answer(const char *key, const char *value)
{
	char where[64];

	snprintf(where, sizeof(where), "--%s", key);
	ck_assert_msg(answers_set(&answers, key, value, where, &fixture_err) == 0, "%s",
		      fixture_err.msg);
}

static int choose(struct pci_device ***ret, unsigned *ret_n)
{
	*ret_n = 0;
	return planner_choose_devices(&judgement, &answers, fixture_plan, ret, ret_n, &fixture_err);
}

START_TEST(test_auto_gpu)
{
	struct pci_device **chosen;
	unsigned n;

	ck_assert_int_eq(choose(&chosen, &n), 0);
	ck_assert_uint_eq(n, 0);
	answer("gpu", "auto");
	ck_assert_int_eq(choose(&chosen, &n), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_eq(chosen[0], &devices[GPU]);
	ck_assert_ptr_eq(chosen[1], &devices[GPU_AUDIO]);
	ck_assert_str_eq(fixture_finding("device-picked")->subject, "0000:02:00.0");
	/* auto does not take what needs a closer look. */
	device_verdicts[GPU_AUDIO].assignable = ASSIGNABLE_CARE;
	device_verdicts[GPU_AUDIO].why = spoken;
	ck_assert_int_lt(choose(&chosen, &n), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "0000:02:00.1: It plays the host's sound."));
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "It shows the console."));
}
END_TEST

START_TEST(test_named)
{
	struct pci_device **chosen;
	unsigned n;

	/* A person may name what auto leaves alone, and is told. */
	answer("gpu", "01:00.0");
	answer("device", "02:00.1");
	ck_assert_int_eq(choose(&chosen, &n), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(fixture_finding("device-needs-care")->text, "It shows the console.");
}
END_TEST

static const struct {
	const char *key, *value, *in_message, *in_hint;
} refused[] = {
	{ "nvme", "03:00.0", "It holds /.", "" },
	{ "nvme", "auto", "0000:03:00.0", "--nvme" },
	{ "device", "02:00.7", "02:00.7", "0000:02:00.1" },
	{ "device", "10000:e1:00.0", "10000:e1:00.0", "0000:02:00.0" },
	{ "device", "00:00.0", "bridge", "" },
	{ "gpu", "04:00.0", "not a graphics card", "" },
	{ "nvme", "04:00.0", "0000:05:00.0", "--accept-sibling" },
	{ "nvme", "04:00.0", "0000:00:00.0", "" }, /* the port without ACS */
	{ "accept-sibling", "05:00.0", "no group of the chosen", "" },
};

START_TEST(test_refused)
{
	struct pci_device **chosen;
	unsigned n;

	if (strcmp(refused[_i].key, "accept-sibling") == 0)
		answer("gpu", "auto");
	answer(refused[_i].key, refused[_i].value);
	ck_assert_int_lt(choose(&chosen, &n), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(fixture_err.msg, refused[_i].in_message), "%s", fixture_err.msg);
	ck_assert_msg(strstr(fixture_err.hint, refused[_i].in_hint), "%s", fixture_err.hint);
}
END_TEST

START_TEST(test_accepted_sibling)
{
	struct pci_device **chosen;
	unsigned n;

	answer("nvme", "auto");
	answer("accept-sibling", "05:00.0");
	ck_assert_msg(choose(&chosen, &n) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_eq(chosen[0], &devices[NVME]);
	ck_assert_ptr_eq(chosen[1], &devices[NIC]);
	device_verdicts[NIC].assignable = ASSIGNABLE_NO;
	ck_assert_int_lt(choose(&chosen, &n), 0);
}
END_TEST

static void grub(const char *line)
{
	fixture_host->boot.boot_image = "/vmlinuz";
	fixture_write("/etc/default/grub", line);
	fixture_write("/usr/sbin/update-grub", "#!/bin/sh\n");
}

static int add_stages(void)
{
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	int r = planner_add_boot_stages(&judgement, &answers, fixture_plan, &fixture_err);

	plan_finish(fixture_plan);
	return r;
}

START_TEST(test_intel_off)
{
	const struct stage *stage;

	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=off intel_iommu=off,sm_on\"\n");
	judgement.iommu_state = IOMMU_OFF_IN_KERNEL;
	answer("gpu", "auto");
	ck_assert_msg(add_stages() == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(fixture_plan->n_stages, 1);
	stage = fixture_plan->stages[0];
	ck_assert_str_eq(stage->name, "kernel");
	ck_assert_int_eq(stage->then, STAGE_END_REBOOT);
	ck_assert_str_eq(stage->changes[0]->after,
			 "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on intel_iommu=sm_on\"\n");
	ck_assert_str_eq(stage->promises[0]->id, "cmdline:intel_iommu=sm_on");
	ck_assert_str_eq(stage->promises[1]->id, "cmdline:intel_iommu=on");
	ck_assert_int_eq(stage->promises[2]->kind, PROMISE_IOMMU_ON);
	ck_assert(fixture_has_finding("devices-after-restart"));
}
END_TEST

static const char *pages_after(const char *line)
{
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	fixture_host->kernel.cmdline = line;
	ck_assert_msg(add_stages() == 0, "%s", fixture_err.msg);
	return fixture_plan->n_stages ? fixture_plan->stages[0]->changes[0]->after : "";
}

/* Pages that the kernel sets aside at its start: the machine's, and never fewer than there are. */
START_TEST(test_pages)
{
	struct numa_node nodes[2] = { { .id = 0, .total_bytes = 32LL << 30 }, { .id = 1, .total_bytes = 32LL << 30 } };

	fixture_host->memory.total_bytes = 64LL << 30;
	fixture_host->identity.kernel = "6.1.0-28-amd64";
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	answer("hugepages", "1G");
	answer("memory", "8G");
	ck_assert_str_eq(pages_after("ro quiet"), "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet hugepagesz=1G hugepages=8\"\n");
	ck_assert_int_eq(fixture_plan->stages[0]->then, STAGE_END_REBOOT);
	ck_assert_str_eq(fixture_plan->stages[0]->promises[0]->id, "cmdline:hugepagesz=1G hugepages=8");
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"hugepagesz=1G hugepages=12 quiet\"\n");
	ck_assert_str_eq(pages_after("ro hugepagesz=1G hugepages=12 quiet"), "");
	answer("memory", "16G");
	ck_assert_str_eq(pages_after("ro hugepagesz=1G hugepages=12 quiet"),
			 "GRUB_CMDLINE_LINUX_DEFAULT=\"hugepagesz=1G hugepages=16 quiet\"\n");
	/* Two nodes: the card's */
	fixture_host->memory.nodes = nodes;
	fixture_host->memory.n_nodes = 2;
	devices[GPU].numa_node = 1;
	answer("gpu", "0000:02:00.0");
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	ck_assert_str_eq(pages_after("ro quiet"), "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet hugepagesz=1G hugepages=1:16\"\n");
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"hugepagesz=1G hugepages=0:4,1:2\"\n");
	ck_assert_str_eq(pages_after("hugepagesz=1G hugepages=0:4,1:2"),
			 "GRUB_CMDLINE_LINUX_DEFAULT=\"hugepagesz=1G hugepages=0:4,1:16\"\n");
	/* 31 GiB do not fit beside the host there: anywhere, then */
	answer("memory", "31G");
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	ck_assert_str_eq(pages_after("ro quiet"), "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet hugepagesz=1G hugepages=31\"\n");
	answer("memory", "16G");
	fixture_host->identity.kernel = "5.10.0-28-amd64";
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "5.16"));
	answer("hugepages-at", "start");
	ck_assert_str_eq(pages_after("ro quiet"), "");
	answer("memory", "64G");
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "--memory"));
}
END_TEST

START_TEST(test_amd_off)
{
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet amd_iommu=off\"\n");
	judgement.iommu_state = IOMMU_OFF_IN_KERNEL;
	judgement.iommu_kind = IOMMU_AMD;
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_str_eq(fixture_plan->stages[0]->changes[0]->after,
			 "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	/* Nothing that could be taken away: said, and nothing done. */
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_uint_eq(fixture_plan->n_stages, 0);
	ck_assert(fixture_has_finding("iommu-off-not-configured"));
}
END_TEST

START_TEST(test_on)
{
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_uint_eq(fixture_plan->n_stages, 0);
	answer("passthrough-mode", "yes");
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_str_eq(fixture_plan->stages[0]->promises[0]->id, "cmdline:iommu=pt");
	ck_assert_uint_eq(fixture_plan->stages[0]->n_promises, 1);
}
END_TEST

static void started_with(const char *line)
{
	_cleanup_kargs_ struct kargs args = { 0 };

	kargs_parse(line, &args);
	fixture_host->kernel.cmdline = line;
	fixture_host->kernel.args = NULL;
	for (char **a = args.args; a && *a; a++)
		arena_strv_add(fixture_host->arena, &fixture_host->kernel.args, arena_strdup(fixture_host->arena, *a));
}

/* A trial came up: what it was started with has to get into the files, and needs no further restart. */
START_TEST(test_on_for_this_start_only)
{
	const struct stage *stage;

	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=off amd_iommu=off\"\n");
	started_with("BOOT_IMAGE=/vmlinuz quiet intel_iommu=on,sm_on iommu=pt");
	ck_assert_msg(add_stages() == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(fixture_plan->n_stages, 1);
	stage = fixture_plan->stages[0];
	ck_assert_int_eq(stage->then, STAGE_END_NONE);
	ck_assert_str_eq(stage->changes[0]->after, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on,sm_on\"\n");
	ck_assert_str_eq(stage->promises[0]->id, "cmdline:intel_iommu=on,sm_on");
	/* The kernel may leave it off when nothing is said. */
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	started_with("quiet intel_iommu=on");
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_str_eq(fixture_plan->stages[0]->changes[0]->after,
			 "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on\"\n");
	/* It was on by itself, or what keeps it off counts for the next start only: nothing the kernel needs, then that. */
	started_with("quiet");
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_uint_eq(fixture_plan->n_stages, 0);
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=off\"\n");
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_str_eq(fixture_plan->stages[0]->changes[0]->after, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	/* AMD needs no argument. */
	judgement.iommu_kind = IOMMU_AMD;
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet amd_iommu=off\"\n");
	ck_assert_int_eq(add_stages(), 0);
	stage = fixture_plan->stages[0];
	ck_assert_int_eq(stage->then, STAGE_END_NONE);
	ck_assert_str_eq(stage->changes[0]->after, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	/* A loader nobody knows, and nothing asked of it. */
	fixture_host->boot.boot_image = NULL;
	fixture_run("rm -r '%s/etc' '%s/usr'", fixture_dir, fixture_dir);
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_uint_eq(fixture_plan->n_stages, 0);
}
END_TEST

START_TEST(test_acs_override)
{
	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	answer("acs-override", "downstream,multifunction");
	fixture_host->kernel.acs_override_known = 0;
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	fixture_host->kernel.acs_override_known = 1;
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_plan->stages[0]->changes[0]->after,
				     " pcie_acs_override=downstream,multifunction\""));
	ck_assert(fixture_has_finding("acs-override-no-isolation"));
	ck_assert(!fixture_has_finding("acs-override-unknown"));
}
END_TEST

/* The NVMe disk 04:00 shares its group with the network card 05:00; "downstream" would split it. */
static struct override_effect split_effect(void)
{
	static unsigned parts[] = { 1, 2 };

	return (struct override_effect){ .parts = parts, .n = 2, .helps = true };
}

static struct override_effect no_effect(void)
{
	static unsigned parts[] = { 1, 1 };

	return (struct override_effect){ .parts = parts, .n = 1 };
}

/* Which device is named, what each value would do to its group, and what the planner says. */
static const struct {
	const char *device, *value;
	int does;		/* 1 splits, 0 does not, -1 not known */
	int other_does;		/* multifunction */
	const char *refusal, *hint, *finding;
} override_rows[] = {
	{ "04:00.0", "downstream", 1, 0, NULL, NULL, "acs-override-no-isolation" },
	{ "04:00.0", "downstream", 0, 0, "it leaves alone the ports", "Try another slot", NULL },
	{ "04:00.0", "downstream", 0, 1, "would not part 0000:04:00.0", "--acs-override multifunction", NULL },
	{ "04:00.0", "downstream", -1, -1, NULL, NULL, "acs-override-effect-unknown" },
	{ "02:00.0", "downstream", 1, 0, "shares its IOMMU group with no other card", "Leave --acs-override away", NULL },
	/* Without a device: is there any use? */
	{ NULL, "downstream", 1, 0, NULL, NULL, "acs-override-no-isolation" },
	{ NULL, "downstream", 0, 0, NULL, NULL, "acs-override-needless" },
};

START_TEST(test_acs_override_has_to_help)
{
	struct override_effect *e = group_verdicts[4].override;

	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	fixture_host->kernel.acs_override_known = 1;
	if (override_rows[_i].does >= 0)
		e[OVERRIDE_DOWNSTREAM] = override_rows[_i].does ? split_effect() : no_effect();
	if (override_rows[_i].other_does >= 0)
		e[OVERRIDE_MULTIFUNCTION] = override_rows[_i].other_does ? split_effect() : no_effect();
	e[OVERRIDE_BOTH] = e[OVERRIDE_DOWNSTREAM];
	if (override_rows[_i].device)
		answer("device", override_rows[_i].device);
	answer("acs-override", override_rows[_i].value);
	if (override_rows[_i].refusal) {
		ck_assert_int_lt(add_stages(), 0);
		ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
		ck_assert_msg(strstr(fixture_err.msg, override_rows[_i].refusal), "%s", fixture_err.msg);
		ck_assert_msg(strstr(fixture_err.hint, override_rows[_i].hint), "%s", fixture_err.hint);
		return;
	}
	ck_assert_msg(add_stages() == 0, "%s", fixture_err.msg);
	ck_assert(fixture_has_finding(override_rows[_i].finding));
	/* The device's group is split by the restart only: it is not handed over yet. */
	ck_assert_uint_eq(fixture_plan->n_stages, 1);
	ck_assert_int_eq(fixture_has_finding("devices-after-restart"), override_rows[_i].device != NULL);
	if (override_rows[_i].device) {
		const struct stage *s = fixture_plan->stages[0];

		ck_assert_str_eq(s->promises[0]->id, "cmdline:pcie_acs_override=downstream");
		ck_assert_str_eq(s->promises[1]->id, "acs-override");
		ck_assert_str_eq(s->promises[2]->id, "apart:0000:04:00.0");
		ck_assert_str_eq(s->promises[2]->arg, "0000:05:00.0");
	}
}
END_TEST

/* Once it is in force the groups are as it makes them: nothing to ask, and the device goes its way. */
START_TEST(test_acs_override_in_force)
{
	static const char *const args[] = { "pcie_acs_override=downstream", NULL };

	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet pcie_acs_override=downstream\"\n");
	fixture_host->kernel.acs_override_known = 1;
	fixture_host->kernel.args = args;
	fixture_host->kernel.cmdline = args[0];
	answer("acs-override", "downstream");
	answer("device", "02:00.0");
	ck_assert_msg(add_stages() == 0, "%s", fixture_err.msg);
	ck_assert(!fixture_has_finding("devices-after-restart"));
	/* Still in company: the group as a whole, as ever. */
	answers_clear(&answers, "device");
	answer("device", "04:00.0");
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "goes as a whole"));
}
END_TEST

/* Judged by what the other kernel knows, and by what this loader can do. */
START_TEST(test_other_kernel)
{
	static const char *const kernels[] = { "6.1.0-27-amd64", "6.9.3-acso", "6.9.3-plain", NULL };
	static const signed char known[] = { -1, 1, 0 };

	grub("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	fixture_host->identity.kernel = "6.1.0-28-amd64";
	fixture_host->kernel.acs_override_known = 0;
	fixture_host->boot.kernels = kernels;
	fixture_host->boot.acs_known = known;
	answer("acs-override", "downstream");
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "--kernel 6.9.3-acso"));
	answer("kernel", "6.9.3-plain");
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "6.9.3-plain does not know"));
	answer("kernel", "6.9.4");
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "no /boot/vmlinuz-6.9.4"));
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "6.1.0-27-amd64, 6.9.3-acso"));
	/* GRUB starts what its menu says: by hand, and how. */
	answer("kernel", "6.9.3-acso");
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "GRUB_DEFAULT"));
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "6.9.3-acso"));
	/* Started by hand, the answer holds. */
	fixture_host->identity.kernel = "6.9.3-acso";
	fixture_host->kernel.acs_override_known = 1;
	ck_assert_msg(add_stages() == 0, "%s", fixture_err.msg);
	ck_assert_str_eq(fixture_plan->stages[0]->promises[0]->id, "cmdline:pcie_acs_override=downstream");
}
END_TEST

/* What a person does where the loader cannot be told, word for word. */
static const struct {
	const char *loader, *hint;
} by_hand[] = {
	{ "grub", "GRUB_DEFAULT=saved" },
	{ "bls", "sudo grubby --set-default=/boot/vmlinuz-6.9.3-acso" },
	{ "systemd-boot", "sudo bootctl set-default 0123-6.9.3-acso.conf" },
	{ "proxmox-boot-tool", "proxmox-boot-tool kernel pin 6.9.3-acso" },
	{ "rpm-ostree", "rpm-ostree override replace" },
	{ "limine", "default_entry in limine.conf" },
	{ "refind", "default_selection in refind.conf" },
	{ "uki", "bootctl set-default" },
};

START_TEST(test_other_kernel_by_hand)
{
	const struct bootloader *l = bootloader_find(by_hand[_i].loader);
	static const char *const args[] = { "root=UUID=aa", NULL };

	fixture_host->kernel.args = args;
	fixture_host->kernel.cmdline = args[0];
	fixture_write("/boot/efi/loader/entries/0123-6.9.3-acso.conf",
		      "title Linux\nversion 6.9.3-acso\nlinux /0123/6.9.3-acso/linux\noptions root=UUID=aa ro\n");
	ck_assert_ptr_nonnull(l);
	ck_assert_int_lt(override_stage_kernel(fixture_host, l, "6.9.3-acso", fixture_plan, NULL, &fixture_err), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(fixture_err.hint, by_hand[_i].hint) != NULL, "%s", fixture_err.hint);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "then run this command again"));
}
END_TEST

START_TEST(test_firmware_and_hopeless)
{
	answer("gpu", "auto");
	judgement.iommu_state = IOMMU_OFF_IN_FIRMWARE;
	ck_assert_int_eq(add_stages(), 0);
	ck_assert_uint_eq(fixture_plan->n_stages, 1);
	ck_assert_int_eq(fixture_plan->stages[0]->then, STAGE_END_FIRMWARE);
	ck_assert_uint_eq(fixture_plan->stages[0]->n_changes, 0);
	judgement.iommu_state = IOMMU_ABSENT;
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	judgement.iommu_state = IOMMU_OFF_IN_KERNEL;
	ck_assert_int_lt(add_stages(), 0); /* no loader */
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "intel_iommu=on"));
	answer("loader", "limine");
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "limine"));
}
END_TEST

START_TEST(test_xen)
{
	fixture_host->kernel.xen_dom0 = "/proc/xen/capabilities: control_d";
	ck_assert_int_lt(planner_add_boot_stages(&judgement, &answers, fixture_plan, &fixture_err), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "dom0"));
	ck_assert_uint_eq(fixture_plan->n_stages, 0);
}
END_TEST

/* A loader that is not found may lie on what is not mounted. */
START_TEST(test_not_mounted)
{
	judgement.iommu_state = IOMMU_OFF_IN_KERNEL;
	ck_assert_int_lt(planner_add_boot_stages(&judgement, &answers, fixture_plan, &fixture_err), 0);
	ck_assert_ptr_null(strstr(fixture_err.hint, "mount"));
	fixture_write("/etc/fstab", "/dev/sda1 /boot/efi vfat noauto 0 0\n");
	fixture_write("/proc/mounts", "/dev/sda2 / ext4 rw 0 0\n");
	ck_assert_int_lt(planner_add_boot_stages(&judgement, &answers, fixture_plan, &fixture_err), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "Mount it at /boot/efi below"));
}
END_TEST

START_TEST(test_bind)
{
	const struct stage *stage;

	devices[GPU].driver = "nouveau";
	answer("gpu", "auto");
	ck_assert_int_eq(add_stages(), 0); /* libvirt is the default: nothing on the host */
	ck_assert_uint_eq(fixture_plan->n_stages, 0);
	ck_assert(fixture_has_finding("bind-caution"));
	answer("bind", "address");
	ck_assert_int_lt(add_stages(), 0); /* no initramfs tool */
	fixture_write("/usr/sbin/update-initramfs", "mkinitramfs\n");
	fixture_write("/usr/sbin/mkinitramfs", "");
	fixture_write("/etc/initramfs-tools/modules", "");
	fixture_host->identity.kernel = "6.1.0-28-amd64";
	ck_assert_msg(add_stages() == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(fixture_plan->n_stages, 1);
	stage = fixture_plan->stages[0];
	ck_assert_str_eq(stage->name, "bind");
	ck_assert_uint_eq(stage->n_promises, 2);
	ck_assert(pci_addr_equal(stage->promises[1]->addr, devices[GPU_AUDIO].addr));
	/* A virtual function is made after the initial RAM disk ran. */
	devices[GPU].physfn = &devices[NIC];
	device_verdicts[GPU_AUDIO].assignable = ASSIGNABLE_NO; /* no sibling: it stays behind, without a driver */
	ck_assert_int_lt(add_stages(), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "--bind libvirt"));
	devices[GPU].physfn = NULL;
	device_verdicts[GPU_AUDIO].assignable = ASSIGNABLE_YES;
	answer("bind", "id");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	ck_assert_msg(add_stages() == 0, "%s", fixture_err.msg);
	stage = plan_find_stage(fixture_plan, "bind");
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, "/etc/modprobe.d/zz-vfio-wizard.conf")->after,
				     "options vfio-pci ids="));
	ck_assert_uint_eq(stage->n_promises, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-planner");
	TCase *t = tcase_create("planner");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_auto_gpu);
	tcase_add_test(t, test_named);
	tcase_add_loop_test(t, test_refused, 0, ARRAY_SIZE(refused));
	tcase_add_test(t, test_accepted_sibling);
	tcase_add_test(t, test_intel_off);
	tcase_add_test(t, test_pages);
	tcase_add_test(t, test_amd_off);
	tcase_add_test(t, test_on);
	tcase_add_test(t, test_on_for_this_start_only);
	tcase_add_test(t, test_acs_override);
	tcase_add_loop_test(t, test_acs_override_has_to_help, 0, ARRAY_SIZE(override_rows));
	tcase_add_test(t, test_acs_override_in_force);
	tcase_add_test(t, test_other_kernel);
	tcase_add_loop_test(t, test_other_kernel_by_hand, 0, ARRAY_SIZE(by_hand));
	tcase_add_test(t, test_firmware_and_hopeless);
	tcase_add_test(t, test_xen);
	tcase_add_test(t, test_not_mounted);
	tcase_add_test(t, test_bind);
	suite_add_tcase(s, t);
	return unit_run(s);
}
