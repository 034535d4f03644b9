/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/planner-override.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"
#include "model/acs-kernels.h"

#include <errno.h>
#include <string.h>

static const char *const override_values[] = { "downstream", "multifunction", "downstream,multifunction" };

/* What an override would do for one device that was named. */
enum override_use { OVERRIDE_HELPS, OVERRIDE_NEEDLESS, OVERRIDE_USELESS, OVERRIDE_UNKNOWN };

struct override_check {
	const struct judgement *j;
	const struct answers *answers;
	struct plan *plan;
	struct err *err;
	unsigned value;		/* which of override_values */
	unsigned n[4];		/* of each override_use */
	const struct pci_device *first[4];
};

const char *override_wanted(const struct answers *a)
{
	const char *value = answers_get(a, "acs-override");

	return value && strcmp(value, "none") != 0 ? value : NULL;
}

const char *override_kernel(const struct judgement *j, const struct answers *a)
{
	const char *release = answers_get(a, "kernel");

	return str_eq(release, "auto") || str_eq(release, j->host->identity.kernel) ? NULL : release;
}

bool override_waits(const struct judgement *j, const struct answers *a)
{
	return override_wanted(a) && !host_cmdline_value(j->host, "pcie_acs_override");
}

/* The devices that --gpu, --nvme and --device name by address: arena list, NULL-terminated. */
static const struct pci_device **override_named(const struct judgement *j, const struct answers *a)
{
	static const char *const keys[] = { "gpu", "nvme" };
	const char **more = answers_get_all(a, "device");
	const struct pci_device **list = arena_alloc(j->host->arena, (strv_length(more) + ARRAY_SIZE(keys) + 1) *
									     sizeof(const struct pci_device *));
	struct pci_addr addr;
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = answers_get(a, keys[i]);

		if (value && pci_addr_parse(value, &addr) == 0 && host_find_device(j->host, addr))
			list[n++] = host_find_device(j->host, addr);
	}
	for (const char **m = more; *m; m++)
		if (pci_addr_parse(*m, &addr) == 0 && host_find_device(j->host, addr))
			list[n++] = host_find_device(j->host, addr);
	free(more);
	return list;
}

static bool override_same_card(const struct pci_device *a, const struct pci_device *b)
{
	return pci_addr_same_slot(pci_device_card(a), pci_device_card(b));
}

/* Is D's card without others in the part of its group that E leaves it in? */
static bool override_frees(const struct iommu_group *g, const struct override_effect *e, const struct pci_device *d)
{
	unsigned part = 0;

	if (!e->parts)
		return false;
	for (unsigned i = 0; i < g->n_devices; i++)
		if (g->devices[i] == d)
			part = e->parts[i];
	for (unsigned i = 0; i < g->n_devices; i++)
		if (e->parts[i] == part && !pci_device_is_bridge(g->devices[i]) && !override_same_card(g->devices[i], d))
			return false;
	return true;
}

static bool override_is_alone(const struct iommu_group *g, const struct pci_device *d)
{
	for (unsigned i = 0; i < g->n_devices; i++)
		if (!pci_device_is_bridge(g->devices[i]) && !override_same_card(g->devices[i], d))
			return false;
	return true;
}

static enum override_use override_use_for(const struct override_check *c, const struct pci_device *d)
{
	const struct group_verdict *v = d->group ? judgement_group(c->j, d->group) : NULL;

	if (!v)
		return OVERRIDE_UNKNOWN;
	if (override_is_alone(v->group, d))
		return OVERRIDE_NEEDLESS;
	if (!v->override[c->value].parts)
		return OVERRIDE_UNKNOWN;
	return override_frees(v->group, &v->override[c->value], d) ? OVERRIDE_HELPS : OVERRIDE_USELESS;
}

/* A part of a sentence: what it is that the override leaves alone in V. */
static const char *override_why_useless(const struct group_verdict *v)
{
	for (unsigned i = 0; i < v->n_causes; i++) {
		if (v->causes[i].kind == CAUSE_CONVENTIONAL)
			return _("it leaves conventional PCI alone");
		if (v->causes[i].kind == CAUSE_ALIAS || v->causes[i].kind == CAUSE_VMD)
			return _("its devices reach memory under one name");
	}
	return _("it leaves alone the ports and devices that have ACS, switched on or not");
}

/* Another value that would free D; NULL none. */
static const char *override_better_value(const struct override_check *c, const struct pci_device *d)
{
	const struct group_verdict *v = judgement_group(c->j, d->group);

	for (unsigned i = 0; i < ARRAY_SIZE(override_values); i++)
		if (override_frees(v->group, &v->override[i], d))
			return override_values[i];
	return NULL;
}

static int override_refuse(const struct override_check *c)
{
	const struct pci_device *d = c->first[OVERRIDE_USELESS];
	const char *better;

	if (!d) {
		d = c->first[OVERRIDE_NEEDLESS];
		err_set(c->err, ERR_NOT_POSSIBLE, -EINVAL,
			_("The ACS override is not needed: %s shares its IOMMU group with no other card"), d->address);
		return err_hint(c->err, _("Leave --acs-override away: it only takes protection from other devices."));
	}
	better = override_better_value(c, d);
	if (better) {
		err_set(c->err, ERR_NOT_POSSIBLE, -EINVAL,
			_("pcie_acs_override=%s would not part %s from the other cards of its IOMMU group"),
			override_values[c->value], d->address);
		return err_hint(c->err, _("This would: --acs-override %s"), better);
	}
	err_set(c->err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("pcie_acs_override would not part %s from the other cards of its IOMMU group: %s"), d->address,
		override_why_useless(judgement_group(c->j, d->group)));
	return err_hint(c->err, _("Try another slot or a firmware option (ACS); \"vfio-wizard groups\" says what is in the "
				  "way."));
}

static void override_say_unknown(const struct override_check *c)
{
	const struct pci_device *d = c->first[OVERRIDE_UNKNOWN];

	if (!c->j->host->n_groups)
		boot_add_finding(c->plan, "acs-override-effect-unknown", SEVERITY_WARN, d ? d->address : "host",
				 _("Whether pcie_acs_override splits a group that matters can only be known once the IOMMU is "
				   "on: better switch that on first, and look at the groups."));
	else
		boot_add_finding(c->plan, "acs-override-effect-unknown", SEVERITY_WARN, d ? d->address : "host",
				 _("Whether pcie_acs_override splits the group of %s is not known: the configuration space of "
				   "the ports could not be read in full. The groups are looked at after the restart."),
				 d ? d->address : "?");
}

/* No device was named: does it do any good at all? */
static void override_judge_any(const struct override_check *c)
{
	unsigned unknown = 0;

	for (unsigned i = 0; i < c->j->host->n_groups; i++) {
		const struct group_verdict *v = &c->j->groups[i];

		if (v->override[c->value].helps)
			return;
		unknown += v->kind == GROUP_SHARED && !v->override[c->value].parts;
	}
	if (!unknown)
		boot_add_finding(c->plan, "acs-override-needless", SEVERITY_WARN, "host",
				 _("pcie_acs_override=%s gives no card of this host a group of its own. Without a use it only "
				   "takes protection away."),
				 override_values[c->value]);
}

/* Only devices that are named count; what "auto" picks shares its group with nobody. */
static int override_judge_use(struct override_check *c)
{
	const struct pci_device **named = override_named(c->j, c->answers);

	if (!c->j->host->n_groups) {
		c->first[OVERRIDE_UNKNOWN] = named[0];
		override_say_unknown(c);
		return 0;
	}
	if (!named[0]) {
		override_judge_any(c);
		return 0;
	}
	for (unsigned i = 0; named[i]; i++) {
		enum override_use use = override_use_for(c, named[i]);

		if (!c->n[use]++)
			c->first[use] = named[i];
	}
	if (c->n[OVERRIDE_HELPS])
		return 0;
	if (!c->n[OVERRIDE_UNKNOWN])
		return override_refuse(c);
	override_say_unknown(c);
	return 0;
}

/* Does the kernel of the next start know it? */
static int override_judge_kernel(const struct override_check *c, const char *release)
{
	const struct host *h = c->j->host;
	const char *installed = acs_kernels_installed(h), *subject = release ? release : h->identity.kernel;
	int known = release ? acs_kernel_known(h, release) : h->kernel.acs_override_known;

	if (known < 0)
		boot_add_finding(c->plan, "acs-override-unknown", SEVERITY_WARN, subject ? subject : "host",
				 release ? _("Whether the kernel %s knows pcie_acs_override could not be found out. Without the "
					     "patch the argument does nothing.")
					 : _("Whether this kernel knows pcie_acs_override could not be found out. Without the "
					     "patch the argument does nothing."),
				 release);
	if (known != 0)
		return 0;
	if (release)
		err_set(c->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("The kernel %s does not know pcie_acs_override: it needs a patch that Linux itself does not have"),
			release);
	else
		err_set(c->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("This kernel does not know pcie_acs_override: it needs a patch that Linux itself does not have"));
	if (installed && !strchr(installed, ','))
		return err_hint(c->err, _("Try another slot or a firmware option (ACS) first. An installed kernel knows it: "
					  "--kernel %s"), installed);
	if (installed)
		return err_hint(c->err, _("Try another slot or a firmware option (ACS) first. Installed kernels know it; one of "
					  "them with --kernel: %s"), installed);
	return err_hint(c->err, _("Try another slot or a firmware option (ACS) first. %s"), acs_kernels_how(h));
}

static int override_check_kernel(const struct override_check *c, const char *release)
{
	const struct host *h = c->j->host;
	_cleanup_free_ char *installed = strv_join(h->boot.kernels, ", ");

	if (acs_kernel_is_installed(h, release))
		return 0;
	err_set(c->err, ERR_NOT_POSSIBLE, -ENOENT, _("The kernel %s is not installed: there is no /boot/vmlinuz-%s"), release,
		release);
	return h->boot.kernels ? err_hint(c->err, _("There are: %s"), installed) : c->err ? c->err->code : -ENOENT;
}

int override_judge(const struct judgement *j, const struct answers *a, struct plan *plan, struct err *err)
{
	struct override_check c = { .j = j, .answers = a, .plan = plan, .err = err };
	const char *release = override_kernel(j, a), *value = override_wanted(a);
	int r = release ? override_check_kernel(&c, release) : 0;

	if (r < 0 || !value)
		return r;
	while (c.value < ARRAY_SIZE(override_values) - 1 && !str_eq(override_values[c.value], value))
		c.value++;
	r = override_judge_kernel(&c, release);
	/* With one in force the groups are already as it makes them. */
	if (r == 0 && override_waits(j, a))
		r = override_judge_use(&c);
	if (r < 0)
		return r;
	boot_add_finding(plan, "acs-override-no-isolation", SEVERITY_WARN,
			 release ? release : j->host->identity.kernel ? j->host->identity.kernel : "host",
			 _("pcie_acs_override does not separate devices, it only hides that they are not separated: a machine "
			   "can then reach the memory of its group's other devices."));
	return 0;
}

int override_stage_kernel(struct host *h, const struct bootloader *loader, const char *release, struct plan *plan,
			  struct stage *stage, struct err *err)
{
	const char *by_hand = loader->kernel_by_hand ? loader->kernel_by_hand(h, release) : _("Choose it in the boot menu");

	if (loader->stage_kernel)
		return loader->stage_kernel(h, release, plan, stage, err);
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, _("Which kernel %s starts is not changed by this program"), loader->title);
	return err_hint(err, _("%s. Restart with it, then run this command again."), by_hand);
}

/* "0000:02:00.0,0000:02:00.1": who must not be with D any more; NULL nobody. */
static const char *override_others(struct arena *a, const struct pci_device *d)
{
	_cleanup_str_ struct str list = { 0 };

	for (unsigned i = 0; d->group && i < d->group->n_devices; i++) {
		const struct pci_device *e = d->group->devices[i];

		if (!pci_device_is_bridge(e) && !override_same_card(d, e))
			str_addf(&list, "%s%s", list.len ? "," : "", e->address);
	}
	return list.len ? arena_strdup(a, str_c(&list)) : NULL;
}

void override_promise(const struct judgement *j, const struct answers *a, struct plan *plan, struct stage *stage)
{
	const char *release = override_kernel(j, a);
	const struct pci_device **named = override_named(j, a);
	struct promise *p;

	if (release) {
		p = stage_add_promise(plan, stage, PROMISE_KERNEL, arena_printf(plan->arena, "kernel:%s", release),
				      arena_printf(plan->arena, _("The kernel %s was started"), release));
		p->arg = arena_strdup(plan->arena, release);
	}
	if (!override_waits(j, a))
		return;
	stage_add_promise(plan, stage, PROMISE_ACS_OVERRIDE, "acs-override", _("The kernel obeys pcie_acs_override"));
	for (unsigned i = 0; named[i]; i++) {
		const char *others = override_others(plan->arena, named[i]);

		if (!others)
			continue;
		p = stage_add_promise(plan, stage, PROMISE_APART, arena_printf(plan->arena, "apart:%s", named[i]->address),
				      arena_printf(plan->arena, _("%s shares its IOMMU group with no other card"),
						   named[i]->address));
		p->arg = others;
		p->addr = named[i]->addr;
		p->vendor = named[i]->vendor;
		p->device = named[i]->device;
	}
}
