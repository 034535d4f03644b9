/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to look for in the firmware setup of this very computer. */
#include "rules/judge.h"

#include "base/str.h"

#include <string.h>

static bool advice_is_amd(const struct host *h)
{
	return h->cpu.vendor == CPU_AMD || h->cpu.vendor == CPU_HYGON;
}

static bool advice_is_intel(const struct host *h)
{
	return h->cpu.vendor == CPU_INTEL || h->cpu.vendor == CPU_ZHAOXIN;
}

/* Names the options have in setups of all makers; not translated, as the setups mostly are not. */
static const char *advice_names(const struct host *h, enum firmware_setting setting)
{
	bool amd = advice_is_amd(h), intel = advice_is_intel(h);

	switch (setting) {
	case SETTING_VIRTUALIZATION:
		return amd   ? "SVM Mode, SVM, AMD-V, Virtualization" :
		       intel ? "Intel Virtualization Technology, VT-x, VMX, Vanderpool, Virtualization" :
			       "Virtualization";
	case SETTING_IOMMU:
		return amd   ? "IOMMU, AMD-Vi, AMD I/O Virtualization" :
		       intel ? "VT-d, Intel VT for Directed I/O, VT for Direct I/O" :
			       "IOMMU, SMMU";
	case SETTING_ACS:
		return "ACS Enable, ACS Control, AER Cap, ARI Support";
	case SETTING_ABOVE_4G:
		return "Above 4G Decoding, Memory Mapped I/O above 4GB, 64-bit BAR";
	case SETTING_REBAR:
		return "Re-Size BAR Support, Resizable BAR, Smart Access Memory";
	case SETTING_SRIOV:
		return "SR-IOV Support, SR-IOV Global Enable";
	case SETTING_SECURE_BOOT:
		return "Secure Boot";
	case SETTING_COUNT:
		break;
	}
	return "";
}

const char *judge_firmware_advice(struct judgement *j, enum firmware_setting setting)
{
	struct arena *a = j->host->arena;
	const struct firmware_menu *menu = j->host->firmware.menu;
	const struct firmware_path *p = menu ? &menu->settings[setting] : NULL;
	const char *names = advice_names(j->host, setting), *key = boards_key_text(j->host);

	if (j->host->cpu.hypervisor == 1)
		return NULL;
	if (p && p->always_on)
		return arena_printf(a, _("Firmware of this maker is known to have it on always, without "
					 "an option (source: %s). If it is off here, look for a newer "
					 "firmware."), p->source);
	if (p && p->path && p->confirmed)
		return arena_printf(a, _("Press %s while the computer starts. On this computer the option "
					 "is usually under: %s. Versions differ; other names to look for: "
					 "%s."), key, p->path, names);
	if (p && p->path)
		return arena_printf(a, _("Press %s while the computer starts. On this computer the option "
					 "is reported to be under: %s. That is not confirmed; names to "
					 "look for: %s."), key, p->path, names);
	/* What to look for is said of groups anyhow, once for each. */
	if (setting == SETTING_ACS)
		return NULL;
	return arena_printf(a, _("Press %s while the computer starts, and look for an option with one of "
				 "these names: %s. It is often under Advanced, Chipset, Overclocking or "
				 "Security."), key, names);
}

/* linux-iommu, March 2026, "IVMD type 0x22": Gigabyte B650 and X870E reserve memory for buses 0-15 with it. */
void judge_advise_dma_protection(struct judgement *j, struct finding *f)
{
	if (j->host->iommu.has_ivrs)
		finding_add_advice(j, f, _("In the firmware setup, look for \"Kernel DMA Protection Indicator\" or "
					   "\"Pre-boot DMA Protection\" and switch it off: on several AMD boards that is "
					   "reported to end the reservation. The setting may appear only when IOMMU "
					   "is Enabled, not Auto."));
}

const char *judge_attribute_path(struct judgement *j, const struct firmware_attribute *t, const char *file)
{
	return arena_printf(j->host->arena, "/sys/class/firmware-attributes/%s/attributes/%s/%s", t->driver,
			    t->name, file);
}

void judge_add_attribute(struct judgement *j, struct finding *f, const struct firmware_attribute *t)
{
	finding_add_evidence(j, f, "%s: %s", judge_attribute_path(j, t, "current_value"),
			     t->value  ? t->value :
			     t->hidden ? "only root may read it" :
					 "not known");
}

/* The value to choose, as the firmware itself spells it; NULL when it does not say. */
static const char *advice_value_on(struct judgement *j, const struct firmware_attribute *t)
{
	const char *s = t->possible;

	while (s && *s) {
		size_t n = strcspn(s, ";,");
		struct firmware_attribute one = { .value = arena_strndup(j->host->arena, s, n) };

		if (firmware_attribute_is_on(&one) == 1)
			return one.value;
		s += n + (s[n] != '\0');
	}
	return NULL;
}

static void advice_add_attributes(struct judgement *j, struct finding *f, enum firmware_setting setting)
{
	const struct firmware_facts *fw = &j->host->firmware;

	for (unsigned i = 0; i < fw->n_attributes; i++) {
		const struct firmware_attribute *t = &fw->attributes[i];
		const char *on = advice_value_on(j, t);

		if (t->setting != setting)
			continue;
		judge_add_attribute(j, f, t);
		if (firmware_attribute_is_on(t) == 1)
			finding_add_advice(j, f, _("The firmware says that its setting \"%s\" is %s already. "
						   "If it was changed just now, restart, and switch the "
						   "power off once."), t->title, t->value);
		else if (t->value)
			finding_add_advice(j, f, _("The firmware calls the setting \"%s\". It is %s now; set "
						   "it to %s."), t->title, t->value, on ? on : "Enabled");
		else if (t->hidden)
			finding_add_advice(j, f, _("The firmware calls the setting \"%s\". Only root may read "
						   "its value: run this program as root to see it."), t->title);
		else
			finding_add_advice(j, f, _("The firmware calls the setting \"%s\"."), t->title);
	}
}

void judge_advise_firmware(struct judgement *j, struct finding *f, enum firmware_setting setting)
{
	const char *advice = judge_firmware_advice(j, setting);

	advice_add_attributes(j, f, setting);
	if (advice)
		finding_add_advice(j, f, "%s", advice);
}

void judge_advise_path(struct judgement *j, struct finding *f, enum firmware_setting setting)
{
	const struct firmware_menu *menu = j->host->firmware.menu;

	if (menu && (menu->settings[setting].path || menu->settings[setting].always_on))
		judge_advise_firmware(j, f, setting);
	else
		advice_add_attributes(j, f, setting);
}
