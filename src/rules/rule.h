/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/finding.h"

/*
 * A rule = one file rule-<subject>.c ending in one const struct, and one row in rule.def.  Pure:
 * facts in, verdict fields and findings out; reads no file, cannot fail.
 */
struct rule {
	const char *name;
	void (*judge)(struct judgement *j);
};
#define RULE(id) extern const struct rule rule_##id;
#include "rules/rule.def"
#undef RULE

/* Judges H; the result lives in H's arena. */
struct judgement *rules_judge(struct host *h) _returns_nonnull_;
