/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/planner.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* What is being chosen, in the order asked for and without doubles. */
struct choice {
	const struct judgement *j;
	const struct answers *answers;
	struct plan *plan; /* may be NULL */
	struct arena *arena;
	struct pci_device **devices;
	unsigned n;
	struct err *err;
};

static bool choice_has(const struct choice *c, const struct pci_device *d)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->devices[i] == d)
			return true;
	return false;
}

/* Room was made for every device of the host. */
static void choice_add(struct choice *c, struct pci_device *d)
{
	if (!choice_has(c, d))
		c->devices[c->n++] = d;
}

static enum assignable choice_assignable(const struct choice *c, const struct pci_device *d)
{
	const struct device_verdict *v = judgement_device(c->j, d);

	return v ? v->assignable : ASSIGNABLE_CARE;
}

static const char *choice_why(const struct choice *c, const struct pci_device *d)
{
	const struct device_verdict *v = judgement_device(c->j, d);

	return v && v->why && *v->why ? *v->why : _("The host needs it.");
}

/*
 * Is E another function of D's card?  Devices inside the chipset (no bridge above) only have the
 * slot's number in common; they go together when the IOMMU cannot tell them apart.
 */
static bool choice_same_card(const struct pci_device *d, const struct pci_device *e)
{
	if (d == e)
		return true;
	if (d->physfn || e->physfn || pci_device_is_bridge(e) || e->header_type != 0)
		return false;
	if (!pci_addr_same_slot(pci_device_card(d), pci_device_card(e)))
		return false;
	/* Functions of the chipset share a slot, not a card. */
	return d->parent != NULL;
}

static bool choice_is_accepted(const struct choice *c, const struct pci_device *d)
{
	const char **all = answers_get_all(c->answers, "accept-sibling");
	bool found = false;

	for (const char **a = all; *a && !found; a++) {
		struct pci_addr addr;

		found = pci_addr_parse(*a, &addr) == 0 && pci_addr_equal(addr, d->addr);
	}
	free(all);
	return found;
}

/* The function of D's own card that is not to be given away without asking; NULL when it is the group. */
static const struct pci_device *choice_held_function(const struct choice *c, const struct pci_device *d)
{
	const struct host *h = c->j->host;

	for (unsigned i = 0; i < h->n_devices; i++)
		if (choice_same_card(d, h->devices[i]) &&
		    choice_assignable(c, h->devices[i]) != ASSIGNABLE_YES)
			return h->devices[i];
	return NULL;
}

/* Can D be picked without asking: its whole card is free and so is its group? */
static bool choice_is_free(const struct choice *c, const struct pci_device *d)
{
	const struct group_verdict *g = d->group ? judgement_group(c->j, d->group) : NULL;

	if (choice_held_function(c, d))
		return false;
	if (!g)
		return true;
	if (g->kind == GROUP_HOST)
		return false;
	for (unsigned i = 0; i < g->group->n_devices; i++) {
		const struct pci_device *e = g->group->devices[i];

		if (!pci_device_is_bridge(e) && !choice_same_card(d, e) &&
		    !choice_is_accepted(c, e) && (e->driver || choice_assignable(c, e) != ASSIGNABLE_NO))
			return false;
	}
	return true;
}

/* Higher is better: not the console's card, alone in its group, not in use by a driver. */
static int choice_score(const struct choice *c, const struct pci_device *d)
{
	const struct group_verdict *g = d->group ? judgement_group(c->j, d->group) : NULL;
	int score = 0;

	score += d->boot_vga == 1 ? 0 : 8;
	score += g && g->kind == GROUP_ISOLATED ? 4 : 0;
	score += d->n_uses ? 0 : 2;
	score += !d->driver || strcmp(d->driver, "vfio-pci") == 0;
	return score;
}

static int choice_auto(struct choice *c, enum device_class class, const char *key,
		       struct pci_device **ret)
{
	const struct host *h = c->j->host;
	struct pci_device *best = NULL;
	_cleanup_str_ struct str refused = { 0 };
	int best_score = -1;

	for (unsigned i = 0; i < h->n_devices; i++) {
		struct pci_device *d = h->devices[i];
		const struct pci_device *held;

		if (pci_device_class(d) != class || d->header_type != 0)
			continue;
		if (choice_is_free(c, d)) {
			if (choice_score(c, d) > best_score) {
				best = d;
				best_score = choice_score(c, d);
			}
			continue;
		}
		held = choice_assignable(c, d) != ASSIGNABLE_YES ? d : choice_held_function(c, d);
		if (held)
			str_addf(&refused, " %s: %s", held->address, choice_why(c, held));
		else
			str_addf(&refused, " %s: %s", d->address,
				 _("It shares its group with other devices."));
	}
	if (!best && !refused.len)
		return err_set(c->err, ERR_NOT_POSSIBLE, -ENODEV,
			       _("--%s auto: this host has no such device"), key);
	if (!best) {
		err_set(c->err, ERR_NOT_POSSIBLE, -EBUSY,
			_("--%s auto: no device can be given away without a closer look.%s"), key,
			str_c(&refused));
		return err_hint(c->err, _("Name the device: --%s ADDRESS"), key);
	}
	if (c->plan)
		boot_add_finding(c->plan, "device-picked", SEVERITY_INFO, best->address,
				 best->boot_vga == 0
					 ? _("Picked %s (%s): the host does not need it, and its "
					     "screen is not "
					     "the one of the console.")
					 : _("Picked %s (%s): the host does not need it."),
				 best->address, best->device_name);
	*ret = best;
	return 0;
}

/* "There is no 02:00.0.  On that bus: …" */
static int choice_unknown(struct choice *c, const char *text, struct pci_addr addr)
{
	const struct host *h = c->j->host;
	_cleanup_str_ struct str near = { 0 };
	unsigned n = 0;

	for (int same_bus = 1; same_bus >= 0 && !n; same_bus--) {
		for (unsigned i = 0; i < h->n_devices && n < 6; i++) {
			const struct pci_device *d = h->devices[i];
			enum device_class class = pci_device_class(d);

			if (pci_device_is_bridge(d))
				continue;
			if (same_bus ? d->addr.domain != addr.domain || d->addr.bus != addr.bus
				     : class != DEVICE_GPU && class != DEVICE_NVME)
				continue;
			str_addf(&near, "%s%s (%s)", n++ ? ", " : "", d->address, d->device_name);
		}
	}
	err_set(c->err, ERR_NOT_POSSIBLE, -ENODEV, _("There is no device %s on this host"), text);
	return n ? err_hint(c->err, _("There are: %s"), str_c(&near))
		 : err_hint(c->err, _("See all of them with: vfio-wizard devices"));
}

static int choice_named(struct choice *c, const char *text, struct pci_device **ret)
{
	struct pci_addr addr;

	if (pci_addr_parse(text, &addr) < 0)
		return err_set(c->err, ERR_USAGE, -EINVAL, _("%s is not a PCI address"), text);
	*ret = host_find_device(c->j->host, addr);
	if (!*ret)
		return choice_unknown(c, text, addr);
	if (pci_device_is_bridge(*ret) || (*ret)->header_type != 0)
		return err_set(
			c->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("%s is a bridge. Bridges stay with the host; choose what is behind it."),
			text);
	return 0;
}

/* Adds the device of answer KEY = VALUE with the other functions of its card. */
static int choice_take(struct choice *c, const char *key, const char *value,
		       enum device_class class)
{
	const struct host *h = c->j->host;
	struct pci_device *d = NULL;
	int r;

	if (str_eq(value, "auto") && class != DEVICE_OTHER)
		r = choice_auto(c, class, key, &d);
	else
		r = choice_named(c, value, &d);
	if (r < 0)
		return r;
	if (class == DEVICE_GPU && pci_device_class(d) != class)
		return err_set(c->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			       _("%s (%s) is not a graphics card; choose it with --device"),
			       d->address, d->device_name);
	if (class == DEVICE_NVME && pci_device_class(d) != class)
		return err_set(c->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			       _("%s (%s) is not an NVMe disk; choose it with --device"),
			       d->address, d->device_name);
	choice_add(c, d);
	for (unsigned i = 0; i < h->n_devices; i++)
		if (choice_same_card(d, h->devices[i]))
			choice_add(c, h->devices[i]);
	return 0;
}

static void choice_add_address(struct str *out, const struct pci_device *d)
{
	str_addf(out, "%s%s (%s)", out->len ? ", " : "", d->address, d->device_name);
}

/* The group of a chosen device goes as a whole, or not at all. */
static int choice_check_group(struct choice *c, const struct iommu_group *group)
{
	const struct group_verdict *v = judgement_group(c->j, group);
	_cleanup_str_ struct str left = { 0 }, ports = { 0 };

	for (unsigned i = 0; i < group->n_devices; i++) {
		struct pci_device *d = group->devices[i];

		if (pci_device_is_bridge(d) || choice_has(c, d))
			continue;
		/* Nobody holds it, so it keeps nothing: it stays behind without a driver. */
		if (choice_assignable(c, d) == ASSIGNABLE_NO && (!d->driver || str_starts_with(d->driver, "vfio")))
			continue;
		if (choice_assignable(c, d) == ASSIGNABLE_NO)
			return err_set(c->err, ERR_NOT_POSSIBLE, -EBUSY,
				       _("IOMMU group %d goes as a whole, and %s (%s) in it cannot "
					 "be given away. %s"),
				       group->id, d->address, d->device_name, choice_why(c, d));
		if (choice_is_accepted(c, d))
			choice_add(c, d);
		else
			choice_add_address(&left, d);
	}
	if (!left.len)
		return 0;
	for (unsigned i = 0; v && v->ports_known && i < v->n_ports_without_acs; i++)
		choice_add_address(&ports, v->ports_without_acs[i]);
	if (ports.len)
		err_set(c->err, ERR_NOT_POSSIBLE, -EBUSY,
			_("IOMMU group %d goes as a whole. It also contains %s, because these "
			  "ports do not "
			  "separate what is behind them: %s"),
			group->id, str_c(&left), str_c(&ports));
	else
		err_set(c->err, ERR_NOT_POSSIBLE, -EBUSY,
			_("IOMMU group %d goes as a whole. It also contains %s"), group->id,
			str_c(&left));
	return err_hint(c->err, _("Try another slot, or give each of them away as well with "
				  "--accept-sibling ADDRESS."));
}

/* Is what the host does with D to be said, or forbidden? */
static int choice_check_device(struct choice *c, const struct pci_device *d)
{
	const struct device_verdict *v = judgement_device(c->j, d);
	struct finding *f;

	switch (choice_assignable(c, d)) {
	case ASSIGNABLE_NO:
		return err_set(c->err, ERR_NOT_POSSIBLE, -EBUSY,
			       _("%s (%s) cannot be given away. %s"), d->address, d->device_name,
			       choice_why(c, d));
	case ASSIGNABLE_CARE:
		if (!c->plan || !v || !v->why || !*v->why)
			break;
		f = boot_add_finding(c->plan, "device-needs-care", SEVERITY_WARN, d->address, "%s",
				     *v->why);
		for (const char *const *why = v->why + 1; *why; why++)
			boot_add_advice(c->plan, f, *why);
		break;
	case ASSIGNABLE_YES:
		break;
	}
	return 0;
}

/* An accepted sibling of nothing that was chosen is a slip of the pen, or the groups changed. */
static int choice_check_siblings(struct choice *c)
{
	const char **all = answers_get_all(c->answers, "accept-sibling");
	int r = 0;

	for (const char **a = all; *a && r >= 0; a++) {
		struct pci_device *d;

		r = choice_named(c, *a, &d);
		if (r >= 0 && !choice_has(c, d))
			r = err_set(
				c->err, ERR_NOT_POSSIBLE, -EINVAL,
				_("--accept-sibling %s: it is in no group of the chosen devices"),
				*a);
	}
	free(all);
	return r;
}

static int choice_check(struct choice *c)
{
	int r = 0;

	for (unsigned i = 0; i < c->n && r >= 0; i++)
		r = choice_check_device(c, c->devices[i]);
	/* Accepted siblings join while this goes on, with nothing new in their own group. */
	for (unsigned i = 0; i < c->n && r >= 0; i++)
		if (c->devices[i]->group)
			r = choice_check_group(c, c->devices[i]->group);
	return r < 0 ? r : choice_check_siblings(c);
}

static int choice_take_all(struct choice *c)
{
	const char *gpu = answers_get(c->answers, "gpu"), *nvme = answers_get(c->answers, "nvme");
	const char **more = answers_get_all(c->answers, "device");
	int r = 0;

	if (gpu)
		r = choice_take(c, "gpu", gpu, DEVICE_GPU);
	if (r >= 0 && nvme)
		r = choice_take(c, "nvme", nvme, DEVICE_NVME);
	for (const char **m = more; *m && r >= 0; m++)
		r = choice_take(c, "device", *m, DEVICE_OTHER);
	free(more);
	return r;
}

int planner_choose_devices(const struct judgement *j, const struct answers *a, struct plan *plan,
			   struct pci_device ***ret, unsigned *ret_n, struct err *err)
{
	struct choice c = {
		.j = j, .answers = a, .plan = plan, .arena = j->host->arena, .err = err
	};
	int r;

	c.devices = arena_alloc(c.arena, (j->host->n_devices + 1) * sizeof(struct pci_device *));
	r = choice_take_all(&c);
	if (r >= 0 && c.n)
		r = choice_check(&c);
	if (r < 0)
		return r;
	*ret = c.devices;
	*ret_n = c.n;
	return 0;
}
