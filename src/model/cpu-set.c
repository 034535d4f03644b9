/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/cpu-set.h"

#include "base/str.h"

#include <errno.h>

/* Digits at *TEXT, which is moved behind them. */
static int cpu_set_number(const char **text, int *ret)
{
	int n = 0;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		n = n * 10 + (**text - '0');
		if (n >= CPU_SET_MAX)
			return -ERANGE;
	}
	*ret = n;
	return 0;
}

int cpu_set_parse(const char *text, struct cpu_set *ret)
{
	struct cpu_set s = { 0 };

	while (*text) {
		int first, last, r = cpu_set_number(&text, &first);

		if (r < 0)
			return r;
		last = first;
		if (*text == '-') {
			text++;
			r = cpu_set_number(&text, &last);
		}
		if (r < 0 || last < first || (*text && *text != ','))
			return r < 0 ? r : -EINVAL;
		for (; first <= last; first++)
			cpu_set_add(&s, first);
		if (*text == ',' && !*++text)
			return -EINVAL;
	}
	*ret = s;
	return 0;
}

const char *cpu_set_format(const struct cpu_set *s, struct arena *arena)
{
	_cleanup_str_ struct str text = { 0 };

	for (int i = 0; i < CPU_SET_MAX; i++) {
		int first = i;

		if (!cpu_set_has(s, i))
			continue;
		while (cpu_set_has(s, i + 1))
			i++;
		str_addf(&text, "%s%d", text.len ? "," : "", first);
		if (i > first)
			str_addf(&text, "-%d", i);
	}
	return arena_strdup(arena, str_c(&text));
}

unsigned cpu_set_count(const struct cpu_set *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(s->bits); i++)
		n += (unsigned)__builtin_popcountll(s->bits[i]);
	return n;
}

int cpu_set_first(const struct cpu_set *s)
{
	for (int i = 0; i < CPU_SET_MAX; i++)
		if (cpu_set_has(s, i))
			return i;
	return -1;
}
