/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/strv.h"

#include "base/arena.h"
#include "base/str.h"

#include <string.h>

void strv_free(char **v)
{
	for (char **p = v; p && *p; p++)
		free(*p);
	free(v);
}

size_t strv_length(const char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

bool strv_contains(const char *const *v, const char *s)
{
	for (; v && *v; v++)
		if (strcmp(*v, s) == 0)
			return true;
	return false;
}

void strv_add_owned(char ***v, char *s)
{
	size_t n = strv_length(strv_const(*v));

	/* Grown at powers of two only: the capacity follows from the length. */
	if (n == 0 || ((n + 1) & n) == 0)
		*v = xrealloc(*v, (n * 2 + 2) * sizeof(**v));
	(*v)[n] = s;
	(*v)[n + 1] = NULL;
}

void strv_add(char ***v, const char *s)
{
	strv_add_owned(v, xstrdup(s));
}

static int strv_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(char **v)
{
	size_t n = strv_length(strv_const(v));

	if (n > 1)
		qsort(v, n, sizeof(*v), strv_compare);
}

char **strv_split(const char *s, const char *separators)
{
	char **v = NULL;

	for (s += strspn(s, separators); *s; s += strspn(s, separators)) {
		size_t n = strcspn(s, separators);

		strv_add_owned(&v, xstrndup(s, n));
		s += n;
	}
	return v;
}

char *strv_join(const char *const *v, const char *separator)
{
	struct str out = { 0 };

	for (; v && *v; v++) {
		if (out.len)
			str_add(&out, separator);
		str_add(&out, *v);
	}
	return str_steal(&out);
}
