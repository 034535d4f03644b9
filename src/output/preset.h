/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/answers.h"
#include "model/machine.h"

/*
 * Sets in A what the preset says and nobody answered, but for the keys in WITHOUT (NULL-terminated, may be
 * NULL); *RET are those defaults, in ARENA.  Nothing without --preset.
 */
void preset_apply(struct answers *a, struct arena *arena, const char *const *without,
		  struct machine_default **ret, unsigned *ret_n);
/* The answers and the defaults with them, as a screen shows what follows; answers_done() *RET. */
void preset_answers(const struct answers *a, struct answers *ret);
