/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/str.h"

#include <string.h>

bool wizard_device_is_chosen(const struct wizard *w, const struct pci_device *d)
{
	const char **all = answers_get_all(&w->s->answers, "device");
	bool found = false;

	for (const char **a = all; *a && !found; a++) {
		struct pci_addr addr;

		found = pci_addr_parse(*a, &addr) == 0 && pci_addr_equal(addr, d->addr);
	}
	free(all);
	return found;
}

unsigned wizard_chosen(const struct wizard *w, struct pci_device ***ret)
{
	unsigned n = 0;

	*ret = NULL;
	if (!answers_is_set(&w->s->answers, "device") && !answers_is_set(&w->s->answers, "gpu") &&
	    !answers_is_set(&w->s->answers, "nvme"))
		return 0;
	if (planner_choose_devices(w->s->judgement, &w->s->answers, NULL, ret, &n, NULL) < 0)
		return 0;
	return n;
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

/* Opens with the best candidates unfolded and nothing marked. */
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

static enum row_state devices_group_state(const struct wizard *w, const struct group_verdict *v)
{
	enum row_state state = ROW_OK;

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

static void devices_add_device(struct wizard *w, struct screen_build *b, const struct pci_device *d)
{
	const struct device_verdict *v = judgement_device(w->s->judgement, d);
	struct screen_row *row = build_row(b, ROW_CHECK, d->address);

	row->indent = 1;
	row->label = build_printf(b, "%s %s", wizard_address(d), devices_class_word(d));
	row->value = arena_strdup(b->arena, d->device_name);
	row->note = build_printf(b, "%04x:%04x  %s", d->vendor, d->device, d->driver ? d->driver : "-");
	row->marked = wizard_device_is_chosen(w, d);
	row->disabled = pci_device_is_bridge(d) || v->assignable == ASSIGNABLE_NO;
	row->state = pci_device_is_bridge(d) ? ROW_NEUTRAL
		     : row->disabled	      ? ROW_PROBLEM
		     : v->assignable == ASSIGNABLE_CARE ? ROW_CAUTION
							: ROW_OK;
	row->help = v->why && v->why[0] ? v->why[0] : NULL;
	row->detail = devices_why(v, b);
}

static void devices_add_group(struct wizard *w, struct screen_build *b, const struct group_verdict *v)
{
	const struct iommu_group *g = v->group;
	struct screen_row *row = build_row(b, ROW_GROUP, build_printf(b, "group-%d", g->id));
	const struct pci_device *first = NULL;

	for (unsigned i = 0; i < g->n_devices && !first; i++)
		if (!pci_device_is_bridge(g->devices[i]))
			first = g->devices[i];
	row->label = build_printf(b, _("Group %d"), g->id);
	row->marked = devices_is_open(w, g->id);
	row->value = row->marked || !first
			     ? arena_strdup(b->arena, v->reason)
			     : build_printf(b, "%s %s %s", wizard_address(first), devices_class_word(first), first->device_name);
	row->state = devices_group_state(w, v);
	row->help = v->reason;
	row->detail = v->reason;
	if (!row->marked)
		return;
	for (unsigned i = 0; i < g->n_devices; i++)
		devices_add_device(w, b, g->devices[i]);
}

static void devices_describe(struct wizard *w, struct screen_build *b)
{
	const struct host *h = w->s->host;
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
	}
	for (unsigned i = 0; i < h->n_groups; i++)
		if (devices_group_is_shown(w, h->groups[i]))
			devices_add_group(w, b, &w->s->judgement->groups[i]);
	build_blank(b);
	build_button(b, "back", _("Back"), NULL);
	build_button(b, "next",
		     n ? build_printf(b, ngettext("Continue with %u device", "Continue with %u devices", n), n)
		       : _("Continue"),
		     NULL);
	b->screen.keys = _("f Show all");
	b->screen.missing_answer = n ? NULL : "device";
}

/* Rewrites the answer "device" without D's card or with it; all functions of a card go together. */
static void devices_mark_card(struct wizard *w, const struct pci_device *d, bool on, unsigned *ret_also)
{
	struct host *h = w->s->host;
	struct pci_addr card = pci_device_card(d);
	const char *const *keep = NULL;

	*ret_also = 0;
	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *other = h->devices[i];
		bool same = !pci_device_is_bridge(other) && pci_addr_equal(pci_device_card(other), card);

		if (same ? on : wizard_device_is_chosen(w, other)) {
			arena_strv_add(h->arena, &keep, other->address);
			*ret_also += same && other != d;
		}
	}
	answers_clear(&w->s->answers, "device");
	answers_clear(&w->s->answers, "gpu");
	answers_clear(&w->s->answers, "nvme");
	for (; keep && *keep; keep++) {
		struct err err = { 0 };

		if (answers_set(&w->s->answers, "device", *keep, "--device", &err) < 0)
			wizard_say_err(w, &err);
	}
}

/* What costs the host something has to be typed. */
static bool devices_agree_to_care(struct wizard *w, const struct device_verdict *v)
{
	const char *lines[8] = { 0 };
	unsigned n = 0;

	for (const char *const *why = v->why; why && *why && n + 2 < ARRAY_SIZE(lines); why++)
		lines[n++] = *why;
	return wizard_ask_typed(w, v->device->device_name, lines, N_("GIVE"));
}

static void devices_toggle(struct wizard *w, const struct pci_device *d)
{
	const struct device_verdict *v = judgement_device(w->s->judgement, d);
	bool on = !wizard_device_is_chosen(w, d);
	struct pci_device **chosen;
	struct err err = { 0 };
	unsigned also = 0, n;

	if (pci_device_is_bridge(d)) {
		wizard_say(w, MESSAGE_NOTE, _("%s is a bridge: it stays with the host and does no harm there."), d->address);
		return;
	}
	if (on && v->assignable == ASSIGNABLE_NO) {
		wizard_say(w, MESSAGE_ERROR, _("Not possible: %s"), v->why && v->why[0] ? v->why[0] : d->address);
		return;
	}
	if (on && v->assignable == ASSIGNABLE_CARE && !devices_agree_to_care(w, v))
		return;
	devices_mark_card(w, d, on, &also);
	/* A group another card shares is refused by the planner, with the reason. */
	if (on && planner_choose_devices(w->s->judgement, &w->s->answers, NULL, &chosen, &n, &err) < 0) {
		devices_mark_card(w, d, false, &also);
		wizard_say_err(w, &err);
	} else if (on && also) {
		wizard_say(w, MESSAGE_NOTE,
			   ngettext("Marked %u more function of the same card.",
				    "Marked %u more functions of the same card.", also), also);
	}
	wizard_replan(w);
}

static enum move devices_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	struct pci_device **chosen;
	struct pci_addr addr;

	if ((ev->kind == EVENT_OPEN || ev->kind == EVENT_TOGGLE) && str_starts_with(ev->id, "group-"))
		devices_fold(w, atoi(ev->id + 6));
	else if (ev->kind == EVENT_TOGGLE && pci_addr_parse(ev->id, &addr) == 0 &&
		 host_find_device(w->s->host, addr))
		devices_toggle(w, host_find_device(w->s->host, addr));
	else if (ev->kind == EVENT_KEY && ev->key == 'f')
		w->devices_all = !w->devices_all;
	else if (proposed == MOVE_NEXT && wizard_chosen(w, &chosen) == 0) {
		wizard_say(w, MESSAGE_ERROR, _("No device is marked. Move to one and press Space."));
		return MOVE_STAY;
	}
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
		   "Enter opens and closes a group, Space marks, d tells everything about a device, f shows all kinds."),
	.describe = devices_describe,
	.handle = devices_handle,
};
