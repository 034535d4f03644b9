/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/preset.h"

#include "base/str.h"
#include "base/strv.h"

static const struct preset_row {
	const char *preset, *systems, *key, *value;
	bool install;		/* counts only with a disc to install from */
	const char *why;
} preset_rows[] = {
#define PRESET(preset, systems, key, value, install, why) { #preset, #systems, key, value, install, why },
#include "output/preset.def"
#undef PRESET
};

static bool preset_fits(const struct preset_row *row, const struct answers *a, const char *preset, const char *os)
{
	if (!str_eq(row->preset, "any") && !str_eq(row->preset, preset))
		return false;
	if (str_eq(row->systems, "windows") ? !str_starts_with(os, "windows") :
					      !str_eq(row->systems, "any") && !str_eq(row->systems, os))
		return false;
	return !row->install || (answers_get(a, "install") && !answers_get_bool(a, "installed"));
}

void preset_apply(struct answers *a, struct arena *arena, const char *const *without,
		  struct machine_default **ret, unsigned *ret_n)
{
	const char *preset = arena_strdup(arena, answers_get(a, "preset"));
	const char *os = arena_strdup(arena, answers_get(a, "os"));

	*ret = arena_alloc(arena, ARRAY_SIZE(preset_rows) * sizeof(**ret));
	*ret_n = 0;
	for (unsigned i = 0; preset && os && i < ARRAY_SIZE(preset_rows); i++) {
		const struct preset_row *row = &preset_rows[i];
		bool wanted = !without || !strv_contains(without, row->key);

		if (answers_is_set(a, row->key) || !preset_fits(row, a, preset, os) || !wanted ||
		    answers_set(a, row->key, row->value, "--preset", NULL) < 0)
			continue;
		(*ret)[(*ret_n)++] = (struct machine_default){ .key = row->key, .value = row->value,
							       .why = _(row->why) };
	}
}

void preset_answers(const struct answers *a, struct answers *ret)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct machine_default *defaults;
	unsigned n;

	answers_copy(ret, a);
	preset_apply(ret, arena, NULL, &defaults, &n);
}
