/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/finding.h"

#include <stdint.h>

const char *severity_name(enum severity s)
{
	switch (s) {
	case SEVERITY_OK:
		return "ok";
	case SEVERITY_INFO:
		return "info";
	case SEVERITY_WARN:
		return "warn";
	case SEVERITY_BLOCK:
		break;
	}
	return "block";
}

const char *iommu_kind_name(enum iommu_kind k)
{
	switch (k) {
	case IOMMU_NONE:
		return "none";
	case IOMMU_INTEL:
		return "intel";
	case IOMMU_AMD:
		return "amd";
	case IOMMU_SMMU:
		return "smmu";
	case IOMMU_VIRTIO:
		return "virtio";
	case IOMMU_KIND_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *iommu_state_name(enum iommu_state s)
{
	switch (s) {
	case IOMMU_ON:
		return N_("on");
	case IOMMU_OFF_IN_KERNEL:
		return N_("off-in-kernel");
	case IOMMU_OFF_IN_FIRMWARE:
		return N_("off-in-firmware");
	case IOMMU_ABSENT:
		return N_("absent");
	case IOMMU_FAILED:
		return N_("failed");
	case IOMMU_STATE_UNKNOWN:
		break;
	}
	return N_("unknown");
}

const char *virtualization_name(enum virtualization v)
{
	switch (v) {
	case VIRTUALIZATION_ON:
		return "on";
	case VIRTUALIZATION_OFF_IN_FIRMWARE:
		return "off-in-firmware";
	case VIRTUALIZATION_ABSENT:
		return "absent";
	case VIRTUALIZATION_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *secure_boot_name(enum secure_boot s)
{
	switch (s) {
	case SECURE_BOOT_ON:
		return "on";
	case SECURE_BOOT_OFF:
		return "off";
	case SECURE_BOOT_SETUP_MODE:
		return "setup-mode";
	case SECURE_BOOT_UNSUPPORTED:
		return "unsupported";
	case SECURE_BOOT_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *verdict_name(enum verdict v)
{
	switch (v) {
	case VERDICT_READY:
		return "ready";
	case VERDICT_WORK:
		return "work";
	case VERDICT_BLOCKED:
		break;
	}
	return "blocked";
}

const char *group_cause_name(enum group_cause_kind k)
{
	switch (k) {
	case CAUSE_PORT:
		return "port";
	case CAUSE_CONVENTIONAL:
		return "conventional";
	case CAUSE_FUNCTIONS:
		return "functions";
	case CAUSE_ALIAS:
		return "alias";
	case CAUSE_VMD:
		break;
	}
	return "vmd";
}

const char *group_verdict_name(enum group_verdict_kind k)
{
	switch (k) {
	case GROUP_ISOLATED:
		return N_("isolated");
	case GROUP_SHARED:
		return N_("shared");
	case GROUP_HOST:
		break;
	}
	return N_("host");
}

const char *assignable_name(enum assignable a)
{
	switch (a) {
	case ASSIGNABLE_YES:
		return N_("yes");
	case ASSIGNABLE_CARE:
		return N_("care");
	case ASSIGNABLE_NO:
		break;
	}
	return N_("no");
}

struct finding *judgement_add(struct judgement *j, const char *id, enum severity severity,
			      const char *subject, const char *fmt, ...)
{
	struct arena *a = j->host->arena;
	struct finding *f = arena_alloc(a, sizeof(*f));
	va_list ap;

	f->id = arena_strdup(a, id);
	f->severity = severity;
	f->subject = arena_strdup(a, subject ? subject : "host");
	va_start(ap, fmt);
	f->text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	arena_list_add(a, &j->finding_list, f);
	j->findings = (struct finding **)(uintptr_t)j->finding_list.items;
	j->n_findings = (unsigned)j->finding_list.n;
	return f;
}

void finding_add_evidence(struct judgement *j, struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	arena_strv_add(j->host->arena, &f->evidence, arena_vprintf(j->host->arena, fmt, ap));
	va_end(ap);
}

void finding_add_advice(struct judgement *j, struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	arena_strv_add(j->host->arena, &f->advice, arena_vprintf(j->host->arena, fmt, ap));
	va_end(ap);
}

const struct device_verdict *judgement_device(const struct judgement *j, const struct pci_device *d)
{
	for (unsigned i = 0; j->devices && i < j->host->n_devices; i++)
		if (j->host->devices[i] == d)
			return &j->devices[i];
	return NULL;
}

const struct group_verdict *judgement_group(const struct judgement *j, const struct iommu_group *g)
{
	for (unsigned i = 0; j->groups && i < j->host->n_groups; i++)
		if (j->host->groups[i] == g)
			return &j->groups[i];
	return NULL;
}
