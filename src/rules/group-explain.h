/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/group-forecast.h"
#include "rules/judge.h"

/* What the rules of groups that are there and of groups to come share. */

/* Fills everything of V but its kind from F, the forecast without an override. */
void group_explain(struct judgement *j, struct group_verdict *v, const struct group_forecast *f);
/* isolated, shared or host; FORECAST: of a group to come, whose devices were not judged as members yet. */
enum group_verdict_kind group_kind(const struct judgement *j, const struct iommu_group *g);
const char *group_reason(struct judgement *j, const struct group_verdict *v) _returns_nonnull_;

unsigned group_count_endpoints(const struct iommu_group *g);
const struct pci_device *group_first_endpoint(const struct iommu_group *g); /* NULL: only bridges */
bool group_is_one_card(const struct iommu_group *g);
bool group_has_cause(const struct group_verdict *v, enum group_cause_kind kind);
/* The first port above D that is not part of the switch on D's own card; NULL none. */
const struct pci_device *group_slot_above(const struct pci_device *d);

/* What each way of pcie_acs_override would make of V's group, while none is active. */
void group_try_override(struct judgement *j, struct group_verdict *v, struct group_forecast *const with[3]);
/* Adds to F what an override would do to V and what it means; the last way out. */
void group_advise_override(struct judgement *j, struct finding *f, const struct group_verdict *v);
/*
 * The command line asks for it, and this kernel listens: its value, else NULL.  Makes the finding that says
 * which.
 */
const char *group_override_active(struct judgement *j);
/* Marks groups that F, the forecast without an override, has in one with another, and says so. */
void group_mark_split(struct judgement *j, const struct group_forecast *f);
