/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "model/host.h"

/* One verdict, made by one rule from facts.  Every output shows the same ones. */
enum severity { SEVERITY_OK, SEVERITY_INFO, SEVERITY_WARN, SEVERITY_BLOCK };
const char *severity_name(enum severity s); /* "ok", "info", "warn", "block" */

struct finding {
	const char *id;		/* stable word: "iommu-off-in-kernel" */
	enum severity severity;
	const char *subject;	/* an address, a group ("group 1"), a file, or "host" */
	const char *text;	/* a translated sentence or two: what is, what it means */
	const char *const *evidence; /* "PATH: what was read there" or a log line; not translated */
	const char *const *advice; /* translated sentences: what to do, in order */
};

enum iommu_kind { IOMMU_KIND_UNKNOWN, IOMMU_NONE, IOMMU_INTEL, IOMMU_AMD, IOMMU_SMMU, IOMMU_VIRTIO };
enum iommu_state {
	IOMMU_STATE_UNKNOWN,
	IOMMU_ON,
	IOMMU_OFF_IN_KERNEL,
	IOMMU_OFF_IN_FIRMWARE,
	IOMMU_ABSENT,
	IOMMU_FAILED,
};
enum virtualization { VIRTUALIZATION_UNKNOWN, VIRTUALIZATION_ON, VIRTUALIZATION_OFF_IN_FIRMWARE, VIRTUALIZATION_ABSENT };
enum secure_boot { SECURE_BOOT_UNKNOWN, SECURE_BOOT_ON, SECURE_BOOT_OFF, SECURE_BOOT_SETUP_MODE, SECURE_BOOT_UNSUPPORTED };
enum verdict { VERDICT_READY, VERDICT_WORK, VERDICT_BLOCKED };
enum group_verdict_kind { GROUP_ISOLATED, GROUP_SHARED, GROUP_HOST };
enum assignable { ASSIGNABLE_YES, ASSIGNABLE_CARE, ASSIGNABLE_NO };

/* The words of cli.md as JSON has them; text for people shows them through _(). */
const char *iommu_kind_name(enum iommu_kind k);
const char *iommu_state_name(enum iommu_state s);
const char *virtualization_name(enum virtualization v);
const char *secure_boot_name(enum secure_boot s);
const char *verdict_name(enum verdict v);
const char *group_verdict_name(enum group_verdict_kind k);
const char *assignable_name(enum assignable a);

enum group_cause_kind {
	CAUSE_PORT,		/* a port that does not isolate what is behind it */
	CAUSE_CONVENTIONAL,	/* a bridge to conventional PCI, or the bus behind it */
	CAUSE_FUNCTIONS,	/* several functions of a slot that nothing keeps apart */
	CAUSE_ALIAS,		/* functions whose DMA carries one name */
	CAUSE_VMD,		/* everything behind Intel's VMD */
};
const char *group_cause_name(enum group_cause_kind k); /* "port", "conventional", "functions", … */

struct group_cause {
	enum group_cause_kind kind;
	struct pci_device *device;	/* port, bridge, first function, VMD */
	const char *evidence;		/* "0000:00:01.0 [8086:1901]: no ACS"; not translated */
	bool switched_off;		/* a port that has ACS, but not switched on */
};

struct group_verdict {
	struct iommu_group *group;
	enum group_verdict_kind kind;
	const char *reason;	/* translated sentence */
	struct pci_device **ports_without_acs; /* why it is shared */
	unsigned n_ports_without_acs;
	bool ports_known;	/* false: config space was not readable, ports_without_acs is null */
	const struct group_cause *causes; /* why its devices are together, whatever its kind */
	unsigned n_causes;
	bool split_by_override;	/* only pcie_acs_override keeps it apart from another group */
	/* What pcie_acs_override would make of it; parts NULL: not known, or nothing to split */
	struct override_effect {
		const unsigned *parts;	/* a number for each of group->devices */
		unsigned n;		/* parts that have an endpoint; 1: it does not split */
		bool helps;		/* at least one card would be alone */
	} override[3];			/* downstream, multifunction, both */
};

enum { OVERRIDE_DOWNSTREAM, OVERRIDE_MULTIFUNCTION, OVERRIDE_BOTH };

struct device_verdict {
	struct pci_device *device;
	enum assignable assignable;
	const char *const *why;	/* translated sentences */
};

/* Everything the rules concluded about one host; lives in the host's arena. */
struct judgement {
	struct host *host;
	enum verdict verdict;
	enum virtualization virtualization;
	enum secure_boot secure_boot;
	enum iommu_kind iommu_kind;
	enum iommu_state iommu_state;
	int interrupt_remapping;	/* tristate */
	int passthrough_mode;		/* tristate: host devices have identity domains */
	struct group_verdict *groups;	/* one per host->groups, same order */
	struct device_verdict *devices; /* one per host->devices, same order */
	struct finding **findings;	/* worst first is the reader's job; this is rule order */
	unsigned n_findings;
	struct arena_list finding_list; /* the builder behind findings */
	/* The groups there will be when the IOMMU is on; none while the kernel has groups, or where not known */
	struct group_verdict *forecast;	/* their groups' ids are only numbers, not the kernel's */
	unsigned n_forecast;
	const char *forecast_why_not;	/* translated sentence; NULL: there is one, or no need for one */
};

/* Appends a finding whose strings are copied into the host's arena; printf-like text. */
struct finding *judgement_add(struct judgement *j, const char *id, enum severity severity,
			      const char *subject, const char *fmt, ...) _printf_(5, 6) _returns_nonnull_;
void finding_add_evidence(struct judgement *j, struct finding *f, const char *fmt, ...) _printf_(3, 4);
void finding_add_advice(struct judgement *j, struct finding *f, const char *fmt, ...) _printf_(3, 4);
const struct device_verdict *judgement_device(const struct judgement *j, const struct pci_device *d);
const struct group_verdict *judgement_group(const struct judgement *j, const struct iommu_group *g);
