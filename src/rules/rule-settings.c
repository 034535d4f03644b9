/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the firmware itself says of its settings, in /sys/class/firmware-attributes: Dell, HP and Lenovo
 * computers for work do.  They are only looked at, never written.
 */
#include "rules/judge.h"

#include "base/str.h"

/* Off there, but working now: the next start will miss it. */
static void settings_judge_change(struct judgement *j, const struct firmware_attribute *t, bool works)
{
	struct finding *f;

	if (!works || firmware_attribute_is_on(t) != 0)
		return;
	f = judgement_add(j, "firmware-setting-off", SEVERITY_WARN, "host",
			  _("It works now, but the firmware setting \"%s\" is %s: after the next start it "
			    "may be gone."), t->title, t->value);
	judge_add_attribute(j, f, t);
	finding_add_advice(j, f, _("Switch the setting on again in the firmware setup: press %s while the "
				   "computer starts."), boards_key_text(j->host));
}

static bool settings_works(const struct judgement *j, enum firmware_setting s)
{
	if (s == SETTING_VIRTUALIZATION)
		return j->virtualization == VIRTUALIZATION_ON;
	return s == SETTING_IOMMU && (j->iommu_state == IOMMU_ON || j->iommu_state == IOMMU_OFF_IN_KERNEL);
}

static void settings_judge_pending(struct judgement *j)
{
	struct finding *f;

	if (j->host->firmware.pending_reboot != 1)
		return;
	f = judgement_add(j, "firmware-change-pending", SEVERITY_INFO, "host",
			  _("Changed settings of the firmware wait for a restart. What is said here of "
			    "virtualization and the IOMMU is how they are until then."));
	finding_add_evidence(j, f, "/sys/class/firmware-attributes/%s/attributes/pending_reboot: 1",
			     j->host->firmware.attributes_driver);
	finding_add_advice(j, f, _("Restart the computer, then run this again."));
}

static void settings_judge(struct judgement *j)
{
	const struct firmware_facts *fw = &j->host->firmware;
	struct finding *f;
	bool hidden = false;

	settings_judge_pending(j);
	if (!fw->n_attributes)
		return;
	f = judgement_add(j, "firmware-settings", SEVERITY_OK, "host",
			  _("The firmware of this computer shows its settings to the system."));
	for (unsigned i = 0; i < fw->n_attributes; i++) {
		judge_add_attribute(j, f, &fw->attributes[i]);
		hidden = hidden || fw->attributes[i].hidden;
	}
	if (hidden)
		finding_add_advice(j, f, _("Only root may read the values: run this program as root to "
					   "see them."));
	for (unsigned i = 0; i < fw->n_attributes; i++)
		settings_judge_change(j, &fw->attributes[i],
				      settings_works(j, fw->attributes[i].setting));
}

const struct rule rule_settings = { "settings", settings_judge };
