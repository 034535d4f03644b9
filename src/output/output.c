/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/output.h"

#include "base/fsroot.h"
#include "base/str.h"
#include "output/render.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_OWN_DATA "/etc/vfio-wizard"

const struct machine_format *const machine_format_table[] = {
#define MACHINE_FORMAT(id) &machine_format_##id,
#include "output/machine-format.def"
#undef MACHINE_FORMAT
	NULL
};

/* NULL NAME is the first: the default. */
const struct machine_format *machine_format_find(const char *name)
{
	for (size_t i = 0; machine_format_table[i]; i++)
		if (!name || str_eq(machine_format_table[i]->name, name))
			return machine_format_table[i];
	return NULL;
}

/* The folder of an uninstalled program: config.status stands where the build made it. */
static char *output_build_dir(void)
{
	_cleanup_free_ char *status = NULL;
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	status = xasprintf("%s/config.status", exe);
	return access(status, F_OK) == 0 ? xstrdup(exe) : NULL;
}

int output_find_data(const char *name, char **ret, struct err *err)
{
	const char *env = secure_getenv("VFIO_WIZARD_DATADIR");
	_cleanup_free_ char *build = output_build_dir();
	const char *dirs[] = { env, build, PKGDATADIR };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *path = NULL;

		if (str_is_empty(dirs[i]))
			continue;
		path = xasprintf("%s/%s", dirs[i], name);
		if (access(path, R_OK) == 0) {
			*ret = TAKE_PTR(path);
			return 0;
		}
	}
	return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
		       _("%s, which ships with this program, is not in %s: install it again."), name,
		       PKGDATADIR);
}

/* Templates are files of the machine this runs on, whatever root is looked at. */
static int output_read(const char *path, char **ret, size_t *ret_len)
{
	_cleanup_fsroot_ struct fsroot *fs = NULL;
	_cleanup_free_ char *absolute = NULL, *cwd = NULL;
	int r = fsroot_open("/", &fs, NULL);

	if (r < 0)
		return r;
	if (path[0] != '/') {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return -errno;
		absolute = xasprintf("%s/%s", cwd, path);
	}
	return fsroot_read(fs, absolute ? absolute : path, ret, ret_len);
}

int output_load_data(const char *name, char **ret_text, size_t *ret_len, char **ret_path)
{
	int r = output_find_data(name, ret_path, NULL);

	return r < 0 ? r : output_read(*ret_path, ret_text, ret_len);
}

int output_load_own(const char *name, char **ret_text)
{
	_cleanup_free_ char *path = xasprintf(OUTPUT_OWN_DATA "/%s", name);
	size_t len;

	return output_read(path, ret_text, &len);
}

/*
 * NAME.mustache beside the template USER; else the shipped one, which a template of the user's own that
 * was copied without it goes on using.
 */
static int output_partial(void *user, const char *name, char **ret)
{
	const char *template_file = user, *slash = strrchr(template_file, '/');
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *shipped = NULL, *where = NULL;
	size_t len;
	int r;

	if (strchr(name, '/') || name[0] == '.')
		return -EINVAL;
	path = xasprintf("%.*s%s.mustache", slash ? (int)(slash + 1 - template_file) : 0,
			 template_file, name);
	r = output_read(path, ret, &len);
	if (r != -ENOENT)
		return r;
	shipped = xasprintf("templates/%s.mustache", name);
	return output_load_data(shipped, ret, &len, &where) == 0 ? 0 : -ENOENT;
}

int output_render_file(const char *file, const char *name, const json_t *context,
		       enum render_escape escape, char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *text = NULL, *user = xstrdup(file);
	_cleanup_str_ struct str out = { 0 };
	struct render_request req = {
		.name = name, .context = context, .escape = escape, .partial = output_partial,
		.user = user,
	};
	int r = output_read(file, &text, &req.len);

	if (r < 0)
		return err_set(err, ERR_INPUT, r, _("%s: %s."), file, strerror(-r));
	req.text = text;
	r = render(&req, &out, err);
	if (r < 0)
		return r;
	*ret_len = out.len;
	*ret = str_steal(&out);
	return 0;
}

int machine_write(const struct machine *m, const struct machine_format *f, const char *template_file,
		  char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_json_ json_t *context = machine_context(m);
	_cleanup_free_ char *found = NULL, *text = NULL;
	size_t len;
	int r;

	r = output_find_template(template_file ? template_file : f->template_name, &found, err);
	if (r < 0)
		return r;
	template_file = found;
	/* By the format, not by the file's name: a user's "gaming.txt" must not lose its escaping. */
	r = output_render_file(template_file, template_file, context,
			       render_escape_for(f->template_name), &text, &len, err);
	if (r < 0)
		return r;
	r = f->check(m, text, len, err);
	if (r < 0)
		return err_prefix(err, "%s", template_file);
	*ret = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}
