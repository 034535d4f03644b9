/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/json.h"
#include "model/plan.h"

/* One promise as state.json and the journal keep it; the keys are described in state.c. */
json_t *promise_json(const struct promise *p, const struct stage *stage, const char *boot_id);
/* All of a stage's. */
json_t *promise_json_of_stage(const struct stage *stage, const char *boot_id);
bool promise_json_is_valid(const json_t *j);
