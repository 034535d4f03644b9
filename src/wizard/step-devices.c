/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>

static bool devices_are_answered(const struct wizard *w)
{
	return answers_is_set(&w->s->answers, "device") || answers_is_set(&w->s->answers, "gpu") ||
	       answers_is_set(&w->s->answers, "nvme");
}

unsigned wizard_chosen(const struct wizard *w, struct pci_device ***ret)
{
	unsigned n = 0;

	*ret = NULL;
	if (!devices_are_answered(w))
		return 0;
	if (planner_choose_devices(w->s->judgement, &w->s->answers, NULL, ret, &n, NULL) < 0)
		return 0;
	return n;
}

static bool devices_has(struct pci_device *const *list, unsigned n, const struct pci_device *d)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i] == d)
			return true;
	return false;
}

static const char *devices_class_word(const struct pci_device *d)
{
	switch (pci_device_class(d)) {
	case DEVICE_GPU:
		return _("Graphics");
	case DEVICE_NVME:
		return _("NVMe");
	case DEVICE_NIC:
		return _("Network");
	case DEVICE_USB:
		return _("USB");
	case DEVICE_AUDIO:
		return _("Audio");
	case DEVICE_STORAGE:
		return _("Storage");
	case DEVICE_BRIDGE:
		return _("Bridge");
	case DEVICE_OTHER:
		break;
	}
	return _("Other");
}

static bool devices_is_interesting(const struct pci_device *d)
{
	enum device_class class = pci_device_class(d);

	return class == DEVICE_GPU || class == DEVICE_NVME || class == DEVICE_NIC || class == DEVICE_USB ||
	       class == DEVICE_AUDIO;
}

static bool devices_group_is_shown(const struct wizard *w, const struct iommu_group *g)
{
	for (unsigned i = 0; i < g->n_devices; i++)
		if (w->devices_all || devices_is_interesting(g->devices[i]))
			return true;
	return false;
}

static bool devices_is_open(const struct wizard *w, int group)
{
	char word[16];

	snprintf(word, sizeof(word), " %d ", group);
	return strstr(w->open_groups, word) != NULL;
}

static void devices_fold(struct wizard *w, int group)
{
	char word[16], *at;
	size_t n;

	snprintf(word, sizeof(word), " %d ", group);
	n = strlen(word);
	at = strstr(w->open_groups, word);
	if (at)
		memmove(at, at + n, strlen(at + n) + 1);
	else if (strlen(w->open_groups) + n < sizeof(w->open_groups))
		strcat(w->open_groups, word);
}

/* A graphics card the host can do without; NULL none. */
static const struct pci_device *devices_best(const struct wizard *w)
{
	const struct host *h = w->s->host;
	const struct pci_device *best = NULL;

	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *d = h->devices[i];
		enum assignable now = judgement_device(w->s->judgement, d)->assignable;

		if (pci_device_class(d) != DEVICE_GPU || !d->group || now == ASSIGNABLE_NO)
			continue;
		if (!best || (now == ASSIGNABLE_YES &&
			      judgement_device(w->s->judgement, best)->assignable != ASSIGNABLE_YES))
			best = d;
	}
	return best;
}

/* Opens with the cards that can be given away unfolded and nothing marked. */
static void devices_open_candidates(struct wizard *w)
{
	const struct judgement *j = w->s->judgement;

	for (unsigned i = 0; i < w->s->host->n_devices; i++) {
		const struct pci_device *d = w->s->host->devices[i];

		if (pci_device_class(d) == DEVICE_GPU && d->group && !devices_is_open(w, d->group->id) &&
		    judgement_device(j, d)->assignable != ASSIGNABLE_NO)
			devices_fold(w, d->group->id);
	}
	if (!w->open_groups[0])
		strcpy(w->open_groups, " ");
}

static bool devices_only_bridges(const struct iommu_group *g)
{
	for (unsigned i = 0; i < g->n_devices; i++)
		if (!pci_device_is_bridge(g->devices[i]))
			return false;
	return true;
}

static enum row_state devices_group_state(const struct wizard *w, const struct group_verdict *v)
{
	enum row_state state = ROW_OK;

	if (devices_only_bridges(v->group))
		return ROW_NEUTRAL;
	if (v->kind == GROUP_HOST)
		return ROW_PROBLEM;
	if (v->kind == GROUP_SHARED)
		return ROW_CAUTION;
	for (unsigned i = 0; i < v->group->n_devices; i++) {
		const struct pci_device *d = v->group->devices[i];

		if (!pci_device_is_bridge(d) && judgement_device(w->s->judgement, d)->assignable == ASSIGNABLE_CARE)
			state = ROW_CAUTION;
	}
	return state;
}

static const char *devices_why(const struct device_verdict *v, struct screen_build *b)
{
	_cleanup_str_ struct str s = { 0 };

	str_addf(&s, "%s %s %s [%04x:%04x]\n", v->device->address, v->device->vendor_name,
		 v->device->device_name, v->device->vendor, v->device->device);
	for (unsigned i = 0; i < v->device->n_uses; i++)
		str_addf(&s, _("The host uses it: %s\n"), v->device->uses[i].detail);
	for (const char *const *why = v->why; why && *why; why++)
		str_addf(&s, "%s\n", *why);
	return arena_strdup(b->arena, str_c(&s));
}

static void devices_add_device(struct wizard *w, struct screen_build *b, const struct pci_device *d, bool chosen)
{
	const struct device_verdict *v = judgement_device(w->s->judgement, d);
	struct screen_row *row = build_row(b, ROW_CHECK, d->address);

	row->indent = 1;
	row->label = build_printf(b, "%s %s", wizard_address(d), devices_class_word(d));
	row->value = arena_strdup(b->arena, d->device_name);
	row->note = build_printf(b, "%s %04x:%04x", d->driver ? d->driver : _("no driver"), d->vendor, d->device);
	row->marked = chosen;
	row->disabled = pci_device_is_bridge(d) || v->assignable == ASSIGNABLE_NO;
	row->state = pci_device_is_bridge(d) ? ROW_NEUTRAL
		     : row->disabled	      ? ROW_PROBLEM
		     : v->assignable == ASSIGNABLE_CARE ? ROW_CAUTION
							: ROW_OK;
	row->help = v->why && v->why[0] ? v->why[0] : NULL;
	row->detail = devices_why(v, b);
}

/* Everything about a group: its devices, and why others share it. */
static const char *devices_group_detail(const struct group_verdict *v, struct screen_build *b)
{
	_cleanup_str_ struct str s = { 0 };

	str_addf(&s, "%s\n\n", v->reason);
	for (unsigned i = 0; i < v->group->n_devices; i++) {
		const struct pci_device *d = v->group->devices[i];

		str_addf(&s, "%s %s [%04x:%04x]\n", d->address, d->device_name, d->vendor, d->device);
	}
	if (v->ports_known && v->n_ports_without_acs)
		str_addf(&s, "\n%s\n", _("These ports do not keep apart what is behind them:"));
	for (unsigned i = 0; v->ports_known && i < v->n_ports_without_acs; i++)
		str_addf(&s, "%s %s\n", v->ports_without_acs[i]->address, v->ports_without_acs[i]->device_name);
	if (v->kind == GROUP_SHARED)
		/* Where no port lacks ACS (conventional PCI, parts of one chip), no slot changes it. */
		str_addf(&s, "\n%s\n",
			 v->ports_known && v->n_causes && !v->n_ports_without_acs ?
				 _("A group goes as a whole. Space on the group gives all of it away.") :
				 _("A group goes as a whole. Another slot often helps: one that is wired to the processor, "
				   "not to the chipset. Or Space on the group gives all of it away."));
	return arena_strdup(b->arena, str_c(&s));
}

static void devices_add_group(struct wizard *w, struct screen_build *b, const struct group_verdict *v,
			      struct pci_device *const *chosen, unsigned n_chosen)
{
	const struct iommu_group *g = v->group;
	struct screen_row *row = build_row(b, ROW_GROUP, build_printf(b, "group-%d", g->id));
	const struct pci_device *first = NULL;

	for (unsigned i = 0; i < g->n_devices && !first; i++)
		if (!pci_device_is_bridge(g->devices[i]))
			first = g->devices[i];
	row->marked = devices_is_open(w, g->id);
	if (row->marked || !first) {
		row->label = build_printf(b, _("Group %d"), g->id);
		row->value = arena_strdup(b->arena, v->reason);
	} else {
		row->label = build_printf(b, _("Group %d: %s"), g->id, devices_class_word(first));
		row->value = build_printf(b, "%s %s", wizard_address(first), first->device_name);
	}
	row->state = devices_group_state(w, v);
	row->help = v->reason;
	row->detail = devices_group_detail(v, b);
	for (unsigned i = 0; i < g->n_devices && row->marked; i++)
		devices_add_device(w, b, g->devices[i], devices_has(chosen, n_chosen, g->devices[i]));
}

static void devices_describe(struct wizard *w, struct screen_build *b)
{
	const struct host *h = w->s->host;
	const struct pci_device *best = devices_best(w);
	struct pci_device **chosen;
	unsigned n = wizard_chosen(w, &chosen);

	if (!w->open_groups[0])
		devices_open_candidates(w);
	if (h->n_groups == 0) {
		build_text(b, _("There are no IOMMU groups, so no device can be chosen yet. Steps Firmware and Kernel "
				"switch the IOMMU on."));
	} else {
		build_text(b, _("Mark what the virtual machine shall get. A card goes with all its functions."));
		build_text(b, build_printf(b, _("Shown: %s. %u groups, %u devices, %u marked."),
					   w->devices_all ? _("everything")
							  : _("graphics, audio, USB, NVMe, network"),
					   h->n_groups, h->n_devices, n));
		if (!best)
			build_text(b, _("No graphics card can be given away here: the host needs every one it has. d on "
					"its line says why. A second card, or another device, still can."));
	}
	for (unsigned i = 0; i < h->n_groups; i++)
		if (devices_group_is_shown(w, h->groups[i]))
			devices_add_group(w, b, &w->s->judgement->groups[i], chosen, n);
	build_button(b, "back", _("Back"), NULL);
	build_button(b, "next",
		     n ? build_printf(b, ngettext("Continue with %u device", "Continue with %u devices", n), n)
		       : _("Continue"),
		     NULL);
	b->screen.keys = w->devices_all ? _("f Show less") : _("f Show all");
	b->screen.focus = best ? best->address : NULL;
	b->screen.missing_answer = devices_are_answered(w) ? NULL : "device";
}

/* The answers with just these devices, by address: an earlier "auto" is settled by that. */
static void devices_set(struct answers *a, struct pci_device *const *devices, unsigned n)
{
	static const char *const keys[] = { "device", "gpu", "nvme", "accept-sibling" };

	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
		answers_clear(a, keys[i]);
	for (unsigned i = 0; i < n; i++) {
		struct err err = { 0 };

		/* the address was formatted by the program itself */
		if (answers_set(a, "device", devices[i]->address, "--device", &err) < 0)
			oom_abort();
	}
}

/* What the planner makes of LIST: the cards with all their functions, or why not. */
static int devices_try(struct wizard *w, struct pci_device *const *list, unsigned n, struct pci_device ***ret,
		       unsigned *ret_n, struct err *err)
{
	_cleanup_answers_ struct answers tried = { 0 };

	answers_copy(&tried, &w->s->answers);
	devices_set(&tried, list, n);
	return planner_choose_devices(w->s->judgement, &tried, NULL, ret, ret_n, err);
}

/* What costs the host something has to be typed: of all that comes with it, too. */
static bool devices_agree_to_care(struct wizard *w, struct pci_device *const *now, unsigned n_now,
				  struct pci_device *const *then, unsigned n_then)
{
	_cleanup_strv_ char **lines = NULL;
	const struct pci_device *first = NULL;

	for (unsigned i = 0; i < n_then; i++) {
		const struct device_verdict *v = judgement_device(w->s->judgement, then[i]);

		if (v->assignable != ASSIGNABLE_CARE || devices_has(now, n_now, then[i]))
			continue;
		first = first ? first : then[i];
		for (const char *const *why = v->why; why && *why; why++)
			if (!strv_contains(strv_const(lines), *why))
				strv_add(&lines, *why);
	}
	return !first || wizard_ask_typed(w, first->device_name, strv_const(lines), N_("GIVE"));
}

static void devices_say_refused(struct wizard *w, const struct pci_device *d, const struct err *err)
{
	const struct group_verdict *g = d->group ? judgement_group(w->s->judgement, d->group) : NULL;

	if (g && g->kind == GROUP_SHARED)
		wizard_say(w, MESSAGE_ERROR, _("%s. Try another slot; or Space on the group gives away all of it."),
			   err->msg);
	else
		wizard_say_err(w, err);
}

/* Marks WANTED (one device or a group) with what belongs to it. */
static void devices_mark(struct wizard *w, struct pci_device *const *wanted, unsigned n_wanted)
{
	struct arena *a = w->s->host->arena;
	struct pci_device **now, **then, **list;
	unsigned n_now = wizard_chosen(w, &now), n_then, n = 0;
	struct err err = { 0 };

	list = arena_alloc(a, (n_now + n_wanted + 1) * sizeof(struct pci_device *));
	for (unsigned i = 0; i < n_now; i++)
		list[n++] = now[i];
	for (unsigned i = 0; i < n_wanted; i++)
		if (!devices_has(list, n, wanted[i]))
			list[n++] = wanted[i];
	/* A group another card shares is refused by the planner, with the reason. */
	if (devices_try(w, list, n, &then, &n_then, &err) < 0) {
		devices_say_refused(w, wanted[0], &err);
		return;
	}
	if (!devices_agree_to_care(w, now, n_now, then, n_then))
		return;
	devices_set(&w->s->answers, then, n_then);
	if (n_then > n)
		wizard_say(w, MESSAGE_NOTE,
			   ngettext("Marked %u more function of the same card.",
				    "Marked %u more functions of the same card.", n_then - n), n_then - n);
}

/* Takes the marks of GONE away, and of what came with it. */
static void devices_unmark(struct wizard *w, struct pci_device *const *gone, unsigned n_gone)
{
	struct arena *a = w->s->host->arena;
	struct pci_device **now, **with = NULL, **left;
	unsigned n_now = wizard_chosen(w, &now), n_with = 0, n = 0;

	if (devices_try(w, gone, n_gone, &with, &n_with, NULL) < 0)
		n_with = 0;
	left = arena_alloc(a, (n_now + 1) * sizeof(struct pci_device *));
	for (unsigned i = 0; i < n_now; i++)
		if (!devices_has(gone, n_gone, now[i]) && !devices_has(with, n_with, now[i]))
			left[n++] = now[i];
	devices_set(&w->s->answers, left, n);
	if (n_now - n > n_gone)
		wizard_say(w, MESSAGE_NOTE, _("The other functions of the card are not marked any more, either."));
}

static void devices_toggle(struct wizard *w, struct pci_device *d)
{
	const struct device_verdict *v = judgement_device(w->s->judgement, d);
	struct pci_device **chosen;
	unsigned n = wizard_chosen(w, &chosen);

	if (pci_device_is_bridge(d)) {
		wizard_say(w, MESSAGE_NOTE, _("%s is a bridge: it stays with the host and does no harm there."), d->address);
		return;
	}
	if (devices_has(chosen, n, d)) {
		devices_unmark(w, &d, 1);
	} else if (v->assignable == ASSIGNABLE_NO) {
		wizard_say(w, MESSAGE_ERROR, _("Not possible: %s"), v->why && v->why[0] ? v->why[0] : d->address);
		return;
	} else {
		devices_mark(w, &d, 1);
	}
	wizard_replan(w);
}

/* All that is in a group and no bridge. */
static void devices_toggle_group(struct wizard *w, int id)
{
	const struct iommu_group *g = host_find_group(w->s->host, id);
	struct pci_device **members, **chosen;
	unsigned n = 0, n_marked = 0, n_chosen = wizard_chosen(w, &chosen);

	if (!g)
		return;
	members = arena_alloc(w->s->host->arena, (g->n_devices + 1) * sizeof(struct pci_device *));
	for (unsigned i = 0; i < g->n_devices; i++) {
		if (pci_device_is_bridge(g->devices[i]))
			continue;
		n_marked += devices_has(chosen, n_chosen, g->devices[i]);
		members[n++] = g->devices[i];
	}
	if (n == 0) {
		wizard_say(w, MESSAGE_NOTE, _("There are only bridges in this group; they stay with the host."));
		return;
	}
	if (n_marked == n)
		devices_unmark(w, members, n);
	else
		devices_mark(w, members, n);
	wizard_replan(w);
}

static enum move devices_refuse(struct wizard *w)
{
	struct pci_device **chosen;
	struct err err = { 0 };
	unsigned n;

	if (devices_are_answered(w) &&
	    planner_choose_devices(w->s->judgement, &w->s->answers, NULL, &chosen, &n, &err) < 0)
		wizard_say_err(w, &err);
	else
		wizard_say(w, MESSAGE_ERROR, _("No device is marked. Move to one and press Space."));
	return MOVE_STAY;
}

static enum move devices_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	struct pci_device **chosen;
	struct pci_addr addr;

	if (ev->kind == EVENT_OPEN && str_starts_with(ev->id, "group-"))
		devices_fold(w, atoi(ev->id + 6));
	else if (ev->kind == EVENT_TOGGLE && str_starts_with(ev->id, "group-"))
		devices_toggle_group(w, atoi(ev->id + 6));
	else if (ev->kind == EVENT_TOGGLE && pci_addr_parse(ev->id, &addr) == 0 &&
		 host_find_device(w->s->host, addr))
		devices_toggle(w, host_find_device(w->s->host, addr));
	else if (ev->kind == EVENT_KEY && ev->key == 'f')
		w->devices_all = !w->devices_all;
	else if (proposed == MOVE_NEXT && wizard_chosen(w, &chosen) == 0)
		return devices_refuse(w);
	return proposed;
}

const struct step step_devices = {
	.id = "devices",
	.label = N_("Devices"),
	.title = N_("Choose devices"),
	.help = N_("An IOMMU group is the smallest set of devices that can be kept apart from the rest of the "
		   "computer. The hardware decides it, not this program.\n"
		   "OK: can be given away.  !: possible, but you lose something on the host; you are asked.  "
		   "!!: not possible, the host needs it or others share the group.\n"
		   "Enter opens and closes a group, Space marks a device or a whole group, d tells everything about it, "
		   "f shows all kinds, / finds by address, name, id or driver.\n"
		   "Too many devices in one group? Another slot often helps, one that is wired to the processor."),
	.describe = devices_describe,
	.handle = devices_handle,
};
