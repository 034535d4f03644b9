/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/planner.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-mounts.h"
#include "boot/boot-text.h"
#include "boot/planner-override.h"
#include "boot/take-over.h"
#include "model/guest-memory.h"

#include <errno.h>
#include <string.h>

/* Everything the stages are made from. */
struct planner {
	const struct judgement *j;
	struct host *h;
	const struct answers *answers;
	struct plan *plan;
	struct err *err;
};

/* The NUMA node of the cards, which the machine's memory is best near; -1 not known, or only one. */
static int planner_card_node(const struct judgement *j, const struct answers *a)
{
	struct pci_device **chosen = NULL;
	unsigned n = 0;

	if (j->host->memory.n_nodes < 2 || j->iommu_state != IOMMU_ON ||
	    planner_choose_devices(j, a, NULL, &chosen, &n, NULL) < 0)
		return -1;
	for (unsigned i = 0; i < n; i++)
		if (chosen[i]->numa_node >= 0)
			return chosen[i]->numa_node;
	return -1;
}

/* "hugepagesz=1G hugepages=16" when the kernel has to set the machine's pages aside; NULL when not. */
static const char *planner_pages(const struct judgement *j, const struct answers *a)
{
	struct guest_memory memory;

	if (guest_memory_plan(j->host, a, &memory, NULL) < 0 || !memory.at_boot)
		return NULL;
	return guest_memory_karg(j->host, &memory, guest_memory_node(j->host, &memory, planner_card_node(j, a)));
}

const char *const *planner_kernel_args(const struct judgement *j, const struct answers *a)
{
	struct arena *arena = j->host->arena;
	const char *const *set = NULL;

	/* AMD needs no argument: its IOMMU is on unless it was switched off (facts: amd_iommu=on is none). */
	if (j->iommu_state == IOMMU_OFF_IN_KERNEL && j->iommu_kind == IOMMU_INTEL)
		arena_strv_add(arena, &set, "intel_iommu=on");
	if (answers_get_bool(a, "passthrough-mode"))
		arena_strv_add(arena, &set, "iommu=pt");
	if (override_wanted(a))
		arena_strv_add(arena, &set, arena_printf(arena, "pcie_acs_override=%s", override_wanted(a)));
	if (planner_pages(j, a))
		arena_strv_add(arena, &set, planner_pages(j, a));
	return set;
}

/* "pt,off" → "pt"; NULL when "off" is not among the words. */
static const char *planner_without_off(struct arena *arena, const char *value)
{
	_cleanup_str_ struct str rest = { 0 };
	bool off = false;

	for (size_t n; *value; value += n + (value[n] == ',')) {
		n = strcspn(value, ",");
		if (n == 3 && strncmp(value, "off", 3) == 0) {
			off = true;
			continue;
		}
		if (rest.len)
			str_addc(&rest, ',');
		str_addn(&rest, value, n);
	}
	return off ? arena_strdup(arena, str_c(&rest)) : NULL;
}

/* VALUE is a list like "on,sm_on". */
static bool planner_has_word(const char *value, const char *word)
{
	size_t len = strlen(word);

	for (size_t n; value && *value; value += n + (value[n] == ',')) {
		n = strcspn(value, ",");
		if (n == len && strncmp(value, word, n) == 0)
			return true;
	}
	return false;
}

/*
 * Arguments on LINE that switch the IOMMU off: "amd_iommu=off", "iommu=off" (also for Intel),
 * "intel_iommu=off".  A list keeps its other words, which then are to be set.
 */
static void planner_find_off(struct arena *arena, const struct kargs *line,
			     const char *const **remove, const char *const **set)
{
	static const char *const names[] = { "iommu", "intel_iommu", "amd_iommu" };

	for (char **a = line->args; a && *a; a++) {
		const char *value = strchr(*a, '='), *rest;

		for (size_t i = 0; i < ARRAY_SIZE(names) && value; i++) {
			if (!karg_same_name(*a, names[i]))
				continue;
			rest = planner_without_off(arena, value + 1);
			if (!rest)
				continue;
			/* intel_iommu=on takes the place of intel_iommu=off. */
			if (strcmp(names[i], "intel_iommu") == 0 && !*rest)
				continue;
			arena_strv_add(arena, remove, arena_strdup(arena, *a));
			if (*rest)
				arena_strv_add(arena, set,
					       arena_printf(arena, "%s=%s", names[i], rest));
		}
	}
}

/*
 * The IOMMU is on in this start, by arguments that the next one would not get: those of a trial, or what
 * someone typed in the boot menu.  Adds what CONFIGURED needs so that it stays on.
 */
static void planner_keep_on(const struct planner *p, const struct kargs *configured, const char *const **remove,
			    const char *const **set)
{
	const char *now = host_cmdline_value(p->h, "intel_iommu");
	_cleanup_free_ char *then = kargs_value(configured, "intel_iommu");

	planner_find_off(p->h->arena, configured, remove, set);
	if (p->j->iommu_kind != IOMMU_INTEL)
		return;
	if (!planner_has_word(now, "on"))
		now = "on";
	else if (!then)
		then = xstrdup("off"); /* the kernel may have it off by itself */
	if (planner_has_word(then, "off"))
		arena_strv_add(p->h->arena, set, arena_printf(p->h->arena, "intel_iommu=%s", now));
}

static int planner_find_loader(struct planner *p, const char *const *set,
			       const struct bootloader **ret)
{
	const char *asked = answers_get(p->answers, "loader"), *why = NULL;
	_cleanup_free_ char *args = strv_join(set, " ");

	if (asked && strcmp(asked, "auto") != 0) {
		*ret = bootloader_find(asked);
		if (*ret)
			return 0;
		err_set(p->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("This version cannot write kernel arguments for the boot loader %s"),
			asked);
	} else {
		*ret = bootloader_detect(p->h, &why);
		if (*ret)
			return 0;
		err_set(p->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("It is not clear which boot loader starts this host, so its kernel "
			  "arguments are not "
			  "touched (%s)"),
			why ? why : "");
	}
	return *args ? err_hint(p->err, _("Add to the kernel command line by hand: %s"), args)
		     : err_hint(p->err, _("Name the boot loader with --loader."));
}

/* What was not found, R of it, may lie on the file system that is not mounted. */
static int planner_not_found(struct planner *p, int r)
{
	struct err missing = { 0 };

	if (!p->err || p->err->kind != ERR_NOT_POSSIBLE || boot_mounts_check_places(p->h, &missing) == 0)
		return r;
	*p->err = missing;
	return err_negative(missing.code);
}

static void planner_promise_kernel(struct planner *p, struct stage *stage, const char *const *set)
{
	for (; set && *set; set++) {
		struct promise *promise = stage_add_promise(
			p->plan, stage, PROMISE_CMDLINE,
			arena_printf(p->plan->arena, "cmdline:%s", *set),
			arena_printf(p->plan->arena, _("The kernel was started with %s"), *set));

		promise->arg = arena_strdup(p->plan->arena, *set);
	}
	if (p->j->iommu_state == IOMMU_OFF_IN_KERNEL)
		stage_add_promise(p->plan, stage, PROMISE_IOMMU_ON, "iommu-on",
				  _("The IOMMU is on"));
}

static int planner_check_pages(struct planner *p)
{
	struct guest_memory memory;
	int r;

	if (!answers_is_set(p->answers, "hugepages") && !answers_is_set(p->answers, "hugepages-at"))
		return 0;
	r = guest_memory_plan(p->h, p->answers, &memory, p->err);
	if (r < 0 || !memory.at_boot || guest_memory_knows_nodes(p->h) ||
	    guest_memory_node(p->h, &memory, planner_card_node(p->j, p->answers)) < 0)
		return r;
	err_set(p->err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("--hugepages-at: the kernel %s spreads pages over all NUMA nodes at the start (5.16 can set them aside on "
		  "one), so the node of the card would get only a part of them."),
		p->h->identity.kernel ? p->h->identity.kernel : "");
	return err_hint(p->err, _("Use --hugepages-at start, which makes them on the right node."));
}

/* Before the first change there is an entry that starts the host without any. */
static int planner_way_back(struct planner *p, const struct bootloader *loader, struct stage *stage)
{
	struct err err = { 0 };
	int r = loader && loader->stage_way_back && stage->n_changes
			? loader->stage_way_back(p->h, p->plan, stage, &err)
			: 0;

	/* That none can be made is worth knowing, and no reason to do nothing at all. */
	if (r < 0 && err.kind == ERR_NOT_POSSIBLE)
		boot_add_finding(p->plan, "way-back-by-hand", SEVERITY_WARN, "host",
				 _("The boot menu gets no entry that starts everything as before: %s"), err.msg);
	else if (r < 0 && p->err)
		*p->err = err;
	return r < 0 && err.kind == ERR_NOT_POSSIBLE ? 0 : r;
}

/* The kernel that runs was started with all of SET and none of REMOVE: a trial came up. */
static bool planner_is_running(const struct host *h, const char *const *set, const char *const *remove)
{
	_cleanup_kargs_ struct kargs line = { 0 };

	if (!h->kernel.cmdline)
		return false;
	kargs_parse(h->kernel.cmdline, &line);
	for (; set && *set; set++)
		if (!kargs_has(&line, *set))
			return false;
	for (; remove && *remove; remove++)
		if (strv_contains(strv_const(line.args), *remove))
			return false;
	return true;
}

/* 1: the trial is staged, and what comes after it is planned once it came up. */
static int planner_trial(struct planner *p, const struct bootloader *loader, const char *const *set,
			 const char *const *remove)
{
	const char *why_not = NULL;
	struct stage *stage;
	int r;

	if (!answers_get_bool(p->answers, "trial"))
		return 0;
	if (!loader->stage_trial)
		why_not = arena_printf(p->h->arena, _("%s has no entry for one start only"), loader->title);
	stage = plan_stage(p->plan, "kernel", _(PLANNER_TRIAL_TITLE), STAGE_END_REBOOT);
	r = why_not ? 0 : loader->stage_trial(p->h, set, remove, p->plan, stage, &why_not, p->err);
	if (r < 0)
		return r;
	if (why_not) {
		boot_add_finding(p->plan, "trial-not-possible", SEVERITY_WARN, "host",
				 _("The arguments cannot be tried for one start only: %s."), why_not);
		stage->title = _("Kernel arguments");
		return 0;
	}
	planner_promise_kernel(p, stage, set);
	override_promise(p->j, p->answers, p->plan, stage);
	boot_add_finding(p->plan, "trial", SEVERITY_INFO, "host",
			 _("Only the next start gets the new arguments. If it does not come up, switch the computer off and "
			   "on: it then starts as before. If it does, run vfio-wizard again: it makes them permanent."));
	r = planner_way_back(p, loader, stage);
	return r < 0 ? r : 1;
}

/*
 * Bytes the kernel takes, with the NUL behind them; what is longer it cuts off without a word.
 * COMMAND_LINE_SIZE of x86, ARM64 and POWER (arch/x86/include/asm/setup.h and its like).
 */
#define PLANNER_LINE_LIMIT 2048

/* The line of the next start: that of this one (with BOOT_IMAGE= and root=), and what the files change. */
static int planner_check_length(struct planner *p, const struct kargs *configured, const char *const *set,
				const char *const *remove)
{
	_cleanup_kargs_ struct kargs line = { 0 };
	_cleanup_free_ char *now = NULL, *text = NULL;

	kargs_parse(p->h->kernel.cmdline ? p->h->kernel.cmdline : "", &line);
	for (char **a = configured->args; a && *a; a++)
		if (!strv_contains(strv_const(line.args), *a))
			strv_add(&line.args, *a);
	now = kargs_format(&line);
	for (; remove && *remove; remove++)
		kargs_remove(&line, *remove);
	for (; set && *set; set++)
		kargs_set(&line, *set);
	text = kargs_format(&line);
	/* One that gets shorter is a step in the right direction. */
	if (strlen(text) < PLANNER_LINE_LIMIT || strlen(text) <= strlen(now))
		return 0;
	err_set(p->err, ERR_NOT_POSSIBLE, -E2BIG,
		_("The kernel command line would have %zu bytes. The kernel takes %d and drops the rest without a "
		  "word."),
		strlen(text), PLANNER_LINE_LIMIT - 1);
	return err_hint(p->err, _("Remove arguments that are not needed any more first: vfio-wizard check names some."));
}

static int planner_kernel(struct planner *p)
{
	const char *const *set = planner_kernel_args(p->j, p->answers), *const *remove = NULL;
	const char *const *keep = NULL, *why;
	_cleanup_kargs_ struct kargs configured = { 0 };
	const struct bootloader *loader = NULL;
	struct err ignored = { 0 };
	struct stage *stage;
	bool off = p->j->iommu_state == IOMMU_OFF_IN_KERNEL, on = p->j->iommu_state == IOMMU_ON, running;
	const char *release = override_kernel(p->j, p->answers);
	bool asked = set || off || release || answers_is_set(p->answers, "take-over");
	int r = override_judge(p->j, p->answers, p->plan, p->err);

	if (r == 0)
		r = planner_check_pages(p);
	if (r < 0 || (!asked && !on))
		return r;
	if (!asked) {
		/* Nothing is wanted: what is not known of the next start is no reason to refuse the rest. */
		loader = bootloader_detect(p->h, &why);
		if (!loader || loader->configured(p->h, &configured, &ignored) < 0)
			return 0;
	} else {
		r = planner_find_loader(p, set, &loader);
		if (r >= 0 && loader)
			r = loader->configured(p->h, &configured, p->err);
		if (r < 0 || !loader)
			return planner_not_found(p, r);
	}
	if (off)
		planner_find_off(p->h->arena, &configured, &remove, &keep);
	else if (on)
		planner_keep_on(p, &configured, &remove, &keep);
	for (const char *const *s = set; s && *s; s++)
		arena_strv_add(p->h->arena, &keep, *s);
	take_over_args(p->h, p->answers, strv_const(configured.args), &remove);
	if (!keep && !remove && !off && !release)
		return 0;
	r = planner_check_length(p, &configured, keep, remove);
	if (r < 0)
		return r;
	if (!keep && !remove && off) {
		why = host_cmdline_value(p->h, "amd_iommu");
		boot_add_finding(p->plan, "iommu-off-not-configured", SEVERITY_WARN, "host",
				 str_eq(why, "off") ||
						 str_eq(host_cmdline_value(p->h, "iommu"), "off")
					 ? _("The IOMMU was switched off for this start only; the "
					     "settings of %s do "
					     "not say so. Restart this computer.")
					 : _("The IOMMU is off although no argument in the "
					     "settings of %s switches it "
					     "off. The kernel log may say why."),
				 loader->title);
		if (!release)
			return 0;
	}
	running = on && !release && planner_is_running(p->h, keep, remove);
	if (release && !loader->stage_kernel)
		return override_stage_kernel(p->h, loader, release, p->plan, NULL, p->err);
	r = running ? 0 : planner_trial(p, loader, keep, remove);
	if (r != 0)
		return r;
	stage = plan_stage(p->plan, "kernel",
			   release   ? _("Another kernel, and kernel arguments")
			   : running ? _("Make the kernel arguments permanent")
				     : _("Kernel arguments"),
			   running ? STAGE_END_NONE : STAGE_END_REBOOT);
	r = keep || remove ? loader->stage_kargs(p->h, keep, remove, p->plan, stage, p->err) : 0;
	if (r >= 0 && release)
		r = override_stage_kernel(p->h, loader, release, p->plan, stage, p->err);
	if (r < 0 || !stage->n_changes)
		return r;
	planner_promise_kernel(p, stage, keep);
	override_promise(p->j, p->answers, p->plan, stage);
	return planner_way_back(p, loader, stage);
}

static int planner_find_initramfs(struct planner *p, const struct initramfs_tool **ret)
{
	const char *asked = answers_get(p->answers, "initramfs"), *why;

	if (!asked || strcmp(asked, "auto") == 0) {
		*ret = initramfs_detect(p->h, &why);
		return 0;
	}
	*ret = initramfs_find(asked);
	return *ret ? 0
		    : err_set(p->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			      _("This version cannot write for the initial RAM disk tool %s"),
			      asked);
}

/*
 * Settings made by hand: in the stage that hands the devices over, else in that of the kernel arguments.
 * Either way they are gone after one restart.  Before the rest of the stage, which may stumble over them.
 */
static int planner_take_over(struct planner *p, const struct pci_device *const *devices, unsigned n,
			     struct stage **ret)
{
	bool hands_over = n && !str_eq(answers_get(p->answers, "bind"), "libvirt");
	struct stage *stage = hands_over ? NULL : plan_find_stage(p->plan, "kernel");
	int r = take_over_judge(p->h, p->answers, devices, n, p->plan, p->err);

	*ret = NULL;
	if (r < 0 || !take_over_has_files(p->h, p->answers))
		return r;
	if (!stage || !stage->n_changes)
		stage = plan_stage(p->plan, "bind",
				   hands_over ? _("Hand the devices over, and take over settings made by hand")
					      : _("Take over settings made by hand"),
				   STAGE_END_REBOOT);
	/* Arguments that are made permanent need no restart, but what is taken over does. */
	stage->then = STAGE_END_REBOOT;
	*ret = stage;
	return take_over_files(p->h, p->answers, p->plan, stage, p->err);
}

static int planner_finish_take_over(struct planner *p, const struct initramfs_tool *tool, struct stage *stage)
{
	return stage ? take_over_rebuild(p->h, p->answers, tool, p->plan, stage, p->err) : 0;
}

static int planner_only_take_over(struct planner *p)
{
	const struct initramfs_tool *tool = NULL;
	struct stage *stage;
	int r = planner_take_over(p, NULL, 0, &stage);

	if (r == 0)
		r = planner_find_initramfs(p, &tool);
	return r < 0 ? r : planner_finish_take_over(p, tool, stage);
}

static int planner_bind(struct planner *p)
{
	const char *name = answers_get(p->answers, "bind");
	const struct bind_method *method = bind_find(name ? name : bind_table[0]->name);
	struct bind_tools tools = { 0 };
	const struct pci_device *const *devices;
	struct pci_device **chosen = NULL;
	const char *caution, *asked, *why;
	struct stage *stage, *taken = NULL;
	unsigned n = 0;
	int r;

	if (!method)
		return err_set(p->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			       _("This version cannot hand devices over by --bind %s"), name);
	r = planner_choose_devices(p->j, p->answers, p->plan, &chosen, &n, p->err);
	if (r < 0)
		return r;
	if (!n)
		return planner_only_take_over(p);
	devices = (const struct pci_device *const *)chosen;
	caution = method->caution ? method->caution(p->h, devices, n) : NULL;
	if (caution)
		boot_add_finding(p->plan, "bind-caution", SEVERITY_WARN, devices[0]->address, "%s",
				 caution);
	r = planner_find_initramfs(p, &tools.initramfs);
	asked = answers_get(p->answers, "loader");
	tools.loader = asked && strcmp(asked, "auto") != 0 ? bootloader_find(asked)
							    : bootloader_detect(p->h, &why);
	if (r == 0)
		r = planner_take_over(p, devices, n, &taken);
	if (r == 0 && method->stage_machine)
		r = method->stage_machine(p->h, answers_machine_name(p->answers), devices, n, p->plan, p->err);
	else if (r == 0)
		r = method->stage(p->h, devices, n, &tools, p->plan, p->err);
	if (r == 0)
		r = planner_finish_take_over(p, tools.initramfs, taken);
	stage = r == 0 ? plan_find_stage(p->plan, "bind") : NULL;
	/* What is not done at the start cannot keep the host from starting. */
	return stage && stage->then == STAGE_END_REBOOT ? planner_way_back(p, tools.loader, stage) : r;
}

static int planner_firmware(struct planner *p)
{
	struct stage *stage =
		plan_stage(p->plan, "firmware", _("Switch on virtualization in the firmware setup"),
			   STAGE_END_FIRMWARE);

	if (p->j->iommu_state == IOMMU_OFF_IN_FIRMWARE)
		stage_add_promise(p->plan, stage, PROMISE_IOMMU_ON, "iommu-on",
				  _("The IOMMU is on"));
	return 0;
}

static bool planner_has_devices(const struct answers *a)
{
	return answers_get(a, "gpu") || answers_get(a, "nvme") || answers_is_set(a, "device");
}

bool planner_devices_wait(const struct judgement *j, const struct answers *a)
{
	return planner_has_devices(a) && override_waits(j, a);
}

static int planner_add_stages(struct planner *p)
{
	const struct judgement *j = p->j;
	int r = take_over_check(p->answers, p->err);

	if (r < 0)
		return r;

	if (p->h->kernel.xen_dom0) {
		err_set(p->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("This system runs below Xen, as its control domain (dom0): VFIO does not work here"));
		return err_hint(p->err, _("Start it without Xen, or give devices away by Xen's own way (vfio-wizard check says how)."));
	}
	if (j->virtualization == VIRTUALIZATION_OFF_IN_FIRMWARE)
		return planner_firmware(p);
	switch (j->iommu_state) {
	case IOMMU_OFF_IN_FIRMWARE:
		return planner_firmware(p);
	case IOMMU_ABSENT:
		return err_set(p->err, ERR_NOT_POSSIBLE, -ENODEV,
			       _("This host has no IOMMU, so no device can be given to a machine"));
	case IOMMU_FAILED:
		return err_set(p->err, ERR_NOT_POSSIBLE, -EIO,
			       _("The kernel found the IOMMU but could not start it; no kernel "
				 "argument mends that"));
	case IOMMU_OFF_IN_KERNEL:
	case IOMMU_STATE_UNKNOWN:
		r = planner_kernel(p);
		if (r < 0)
			return r;
		/* Groups, and with them what can be chosen, are only known once the IOMMU is on. */
		if (planner_has_devices(p->answers))
			boot_add_finding(p->plan, "devices-after-restart", SEVERITY_INFO, "host",
					 _("The chosen devices are dealt with after the restart: "
					   "which of them go "
					   "together is only known once the IOMMU is on."));
		/* A trial changes no file that stays. */
		return r ? 0 : planner_only_take_over(p);
	case IOMMU_ON:
		break;
	}
	r = planner_kernel(p);
	if (r)
		return r < 0 ? r : 0;
	if (!planner_devices_wait(p->j, p->answers))
		return planner_bind(p);
	boot_add_finding(p->plan, "devices-after-restart", SEVERITY_INFO, "host",
			 _("The chosen devices are dealt with after the restart: only then has the ACS override split their "
			   "groups."));
	return planner_only_take_over(p);
}

int planner_add_boot_stages(const struct judgement *j, const struct answers *a, struct plan *plan,
			    struct err *err)
{
	struct planner p = { .j = j, .h = j->host, .answers = a, .plan = plan, .err = err };
	int r = planner_add_stages(&p);

	return r == 0 ? boot_mounts_check(p.h, plan, err) : r;
}
