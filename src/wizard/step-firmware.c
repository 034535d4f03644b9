/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>

static const char *firmware_virtualization_words(enum virtualization v)
{
	switch (v) {
	case VIRTUALIZATION_ON:
		return _("on");
	case VIRTUALIZATION_OFF_IN_FIRMWARE:
		return _("off in the firmware");
	case VIRTUALIZATION_ABSENT:
		return _("this processor does not report it");
	case VIRTUALIZATION_UNKNOWN:
		break;
	}
	return _("could not be found out");
}

static const char *firmware_iommu_words(enum iommu_state s)
{
	switch (s) {
	case IOMMU_ON:
	case IOMMU_OFF_IN_KERNEL:
	case IOMMU_FAILED:
		return _("on");
	case IOMMU_OFF_IN_FIRMWARE:
		return _("off (no ACPI table)");
	case IOMMU_ABSENT:
		return _("this computer has none");
	case IOMMU_STATE_UNKNOWN:
		break;
	}
	return _("could not be found out");
}

static const char *firmware_iommu_name(const struct host *h)
{
	switch (h->cpu.vendor) {
	case CPU_INTEL:
		return _("VT-d (IOMMU)");
	case CPU_AMD:
	case CPU_HYGON:
		return _("IOMMU (AMD-Vi)");
	case CPU_ZHAOXIN:
	case CPU_ARM:
	case CPU_OTHER:
		break;
	}
	return _("IOMMU");
}

static bool firmware_is_off(const struct judgement *j)
{
	return j->iommu_state == IOMMU_OFF_IN_FIRMWARE ||
	       j->virtualization == VIRTUALIZATION_OFF_IN_FIRMWARE;
}

static bool firmware_needs_you(const struct wizard *w)
{
	return firmware_is_off(w->s->judgement);
}

/* What the firmware decides: switched off there, or not there at all. */
static bool firmware_is_about(const struct finding *f)
{
	return strcmp(f->id, "iommu-off-in-firmware") == 0 ||
	       strcmp(f->id, "virtualization-off-in-firmware") == 0 || strcmp(f->id, "iommu-absent") == 0 ||
	       strcmp(f->id, "virtualization-absent") == 0;
}

static void firmware_add_advice(const struct judgement *j, struct screen_build *b)
{
	for (unsigned i = 0; i < j->n_findings; i++) {
		const struct finding *f = j->findings[i];

		if (!firmware_is_about(f))
			continue;
		build_blank(b);
		build_text(b, f->text);
		for (const char *const *a = f->advice; a && *a; a++)
			build_text(b, build_printf(b, "- %s", *a));
	}
}

static const char *firmware_headline(const struct judgement *j)
{
	if (j->iommu_state == IOMMU_ABSENT || j->virtualization == VIRTUALIZATION_ABSENT)
		return _("This computer cannot give a device to a virtual machine as it is.");
	return firmware_is_off(j) ? _("Something has to be switched on in the firmware setup first.")
				  : _("Nothing has to be changed in the firmware.");
}

static const char *firmware_attribute_words(const struct firmware_attribute *t)
{
	if (t->value)
		return t->value;
	return t->hidden ? _("only root can read it") : _("could not be found out");
}

static const struct firmware_attribute *firmware_find_attribute(const struct firmware_facts *f,
								enum firmware_setting s)
{
	for (unsigned i = 0; i < f->n_attributes; i++)
		if (f->attributes[i].setting == s)
			return &f->attributes[i];
	return NULL;
}

static void firmware_add_above_4g(const struct wizard *w, struct screen_build *b)
{
	const struct firmware_facts *f = &w->s->host->firmware;
	const struct firmware_attribute *t = firmware_find_attribute(f, SETTING_ABOVE_4G);
	const char *path = f->menu ? f->menu->settings[SETTING_ABOVE_4G].path : NULL;

	build_fact(b, "above-4g", _("Above 4G Decoding"),
		   t ? firmware_attribute_words(t) : _("cannot be read from here"),
		   t && t->value ? ROW_NEUTRAL : ROW_UNKNOWN)
		->help = path ?
		build_printf(b, _("Large cards want it on; when a machine does not start with the card, look for it in the setup, often under %s."), path) :
		_("Large cards want it on; when a machine does not start with the card, look for it in the setup.");
}

/* What the firmware itself says, by the names it has in its setup. */
static void firmware_add_settings(const struct firmware_facts *f, struct screen_build *b)
{
	for (unsigned i = 0; i < f->n_attributes; i++) {
		const struct firmware_attribute *t = &f->attributes[i];

		if (t->setting != SETTING_ABOVE_4G)
			build_fact(b, build_printf(b, "setting-%u", i), t->title, firmware_attribute_words(t),
				   t->value ? ROW_NEUTRAL : ROW_UNKNOWN);
	}
	if (f->pending_reboot == 1)
		build_fact(b, "pending-reboot", _("Changed settings"), _("wait for a restart"), ROW_PROBLEM);
}

static void firmware_describe(struct wizard *w, struct screen_build *b)
{
	const struct judgement *j = w->s->judgement;
	const struct firmware_facts *f = &w->s->host->firmware;
	const char *why_not = NULL;

	build_text(b, firmware_headline(j));
	build_blank(b);
	build_fact(b, "virtualization", _("Virtualization"), firmware_virtualization_words(j->virtualization),
		   j->virtualization == VIRTUALIZATION_ON	 ? ROW_OK
		   : j->virtualization == VIRTUALIZATION_UNKNOWN ? ROW_UNKNOWN
								 : ROW_PROBLEM);
	build_fact(b, "iommu", firmware_iommu_name(w->s->host), firmware_iommu_words(j->iommu_state),
		   j->iommu_state == IOMMU_STATE_UNKNOWN ? ROW_UNKNOWN
		   : j->iommu_state == IOMMU_OFF_IN_FIRMWARE || j->iommu_state == IOMMU_ABSENT ? ROW_PROBLEM
											     : ROW_OK);
	firmware_add_above_4g(w, b);
	build_fact(b, "secure-boot", _("Secure Boot"), wizard_secure_boot_words(j->secure_boot),
		   ROW_NEUTRAL);
	firmware_add_settings(f, b);
	firmware_add_advice(j, b);
	if (f->mode == FIRMWARE_BIOS)
		why_not = build_printf(b, _("This computer was booted without UEFI: press %s while it starts."),
				       boards_key_text(w->s->host));
	else if (f->opens_setup != 1)
		why_not = build_printf(b, _("This firmware cannot be asked to open its setup: press %s while it starts."),
				       boards_key_text(w->s->host));
	else if (w->s->read_only)
		why_not = w->s->read_only_why;
	build_button(b, "next", firmware_is_off(j) ? _("Skip, I know") : _("Continue"), NULL);
	build_button(b, "again", _("Check again"), NULL);
	build_button(b, "setup", _("Restart into the firmware setup"), why_not);
	b->screen.focus = "next";
}

/* The advice once more: inside the setup nobody can look at it. */
static bool firmware_restart(struct wizard *w)
{
	const struct judgement *j = w->s->judgement;
	_cleanup_strv_ char **notes = NULL;

	for (unsigned i = 0; i < j->n_findings; i++)
		for (const char *const *a = j->findings[i]->advice; firmware_is_about(j->findings[i]) && a && *a; a++)
			strv_add(&notes, *a);
	return wizard_restart(w, true, strv_const(notes));
}

static enum move firmware_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	struct err err = { 0 };

	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "again") == 0) {
		if (wizard_look(w, &err) < 0)
			wizard_say_err(w, &err);
		else
			wizard_say(w, MESSAGE_NOTE, _("Looked again. Many boards apply this only after the power was off."));
	}
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "setup") == 0 && firmware_restart(w))
		return MOVE_LEAVE;
	return proposed;
}

const struct step step_firmware = {
	.id = "firmware",
	.label = N_("Firmware"),
	.title = N_("Firmware settings"),
	.help = N_("Virtualization and the IOMMU are switched on in the firmware setup (BIOS, UEFI).\n"
		   "Menus differ between versions; the words to look for are VT-x, VT-d, SVM and IOMMU.\n"
		   "If a setting does not show here after a restart, switch the power off once."),
	.needs_you = firmware_needs_you,
	.describe = firmware_describe,
	.handle = firmware_handle,
};
