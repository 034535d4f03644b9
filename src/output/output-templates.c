/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/output.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

/* Templates are files of the machine this runs on, whatever root is looked at. */
#define TEMPLATES_OWN "/etc/vfio-wizard/templates"
#define TEMPLATES_SUFFIX ".mustache"

/* FOLDER/WORD or FOLDER/WORD.mustache, NULL. */
static char *templates_own(const char *word)
{
	_cleanup_free_ char *path = xasprintf(TEMPLATES_OWN "/%s", word);
	_cleanup_free_ char *suffixed = xasprintf("%s" TEMPLATES_SUFFIX, path);

	if (access(path, F_OK) == 0)
		return TAKE_PTR(path);
	return access(suffixed, F_OK) == 0 ? TAKE_PTR(suffixed) : NULL;
}

static char *templates_shipped(const char *word)
{
	_cleanup_free_ char *name = xasprintf("templates/%s", word);
	_cleanup_free_ char *suffixed = xasprintf("%s" TEMPLATES_SUFFIX, name);
	char *path = NULL;

	if (output_find_data(name, &path, NULL) < 0 && output_find_data(suffixed, &path, NULL) < 0)
		return NULL;
	return path;
}

static bool templates_is_format(const char *word)
{
	for (unsigned i = 0; machine_format_table[i]; i++)
		if (strcmp(machine_format_table[i]->template_name, word) == 0)
			return true;
	return false;
}

int output_find_template(const char *word, char **ret, struct err *err)
{
	_cleanup_free_ char *name = NULL;

	/* A format's own name means its template, also where a file of that name lies around. */
	if (strchr(word, '/') || (!templates_is_format(word) && access(word, F_OK) == 0)) {
		*ret = xstrdup(word);
		return 0;
	}
	*ret = templates_own(word);
	if (!*ret)
		*ret = templates_shipped(word);
	if (*ret)
		return 0;
	if (templates_is_format(word)) {
		name = xasprintf("templates/%s", word);
		return output_find_data(name, ret, err);
	}
	err_input(err, word, 0, _("there is no such file, and no template of that name."));
	return err_hint(err, _("The names there are: vfio-wizard render --list"));
}

static const char *templates_format(const char *name)
{
	for (unsigned i = 0; machine_format_table[i]; i++)
		if (strcmp(machine_format_table[i]->template_name, name) == 0)
			return machine_format_table[i]->name;
	return NULL;
}

static void templates_add(struct arena *a, struct template_info **list, unsigned *n, struct template_info info)
{
	struct template_info *grown = arena_alloc(a, ((size_t)*n + 1) * sizeof(*grown));

	if (*n)
		memcpy(grown, *list, *n * sizeof(*grown));
	grown[(*n)++] = info;
	*list = grown;
}

static int templates_compare(const void *a, const void *b)
{
	const struct template_info *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : y->own - x->own;
}

static int templates_add_own(struct arena *a, struct template_info **list, unsigned *n, struct err *err)
{
	_cleanup_fsroot_ struct fsroot *fs = NULL;
	char **names = NULL;
	int r = fsroot_open("/", &fs, err);

	if (r < 0)
		return r;
	r = fsroot_list(fs, TEMPLATES_OWN, &names);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("Cannot read %s: %s"), TEMPLATES_OWN, strerror(-r));
	for (char **name = names; *name; name++) {
		const char *format = templates_format(*name);

		if (str_ends_with(*name, TEMPLATES_SUFFIX))
			templates_add(a, list, n,
				      (struct template_info){ .name = arena_strdup(a, *name),
							      .path = arena_printf(a, TEMPLATES_OWN "/%s", *name),
							      .format = format, .own = true,
							      .replaces = format != NULL });
	}
	strv_free(names);
	return 0;
}

int output_list_templates(struct arena *a, struct template_info **ret, unsigned *ret_n, struct err *err)
{
	int r;

	*ret = NULL;
	*ret_n = 0;
	for (unsigned i = 0; machine_format_table[i]; i++) {
		const struct machine_format *f = machine_format_table[i];
		_cleanup_free_ char *path = templates_shipped(f->template_name);

		templates_add(a, ret, ret_n,
			      (struct template_info){ .name = f->template_name, .path = arena_strdup(a, path),
						      .format = f->name });
	}
	r = templates_add_own(a, ret, ret_n, err);
	if (r == 0)
		qsort(*ret, *ret_n, sizeof(**ret), templates_compare);
	return r;
}
