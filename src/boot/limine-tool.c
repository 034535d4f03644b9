/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/limine-tool.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

#define TOOL_MAIN "/etc/default/limine"
#define TOOL_KERNEL_CMDLINE "/etc/kernel/cmdline"

static const char *const tool_layers[] = {
	"/usr/share/limine-entry-tool.d",
	"/etc/limine-entry-tool.conf",
	"/etc/limine-entry-tool.d",
	TOOL_MAIN,
};

/* One KERNEL_CMDLINE[KEY]=VALUE. */
struct tool_line {
	const char *path, *key, *value;
	unsigned line;
	bool append;
};

struct tool_settings {
	struct arena_list lines; /* of struct tool_line */
};

const char *limine_tool(const struct host *h)
{
	for (size_t i = ARRAY_SIZE(tool_layers); i-- > 0;)
		if (fsroot_exists(h->root, tool_layers[i]))
			return tool_layers[i];
	return NULL;
}

const char *const *limine_tool_files(struct host *h)
{
	const char *const *files = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(tool_layers); i++) {
		_cleanup_strv_ char **names = NULL;

		if (fsroot_list(h->root, tool_layers[i], &names) < 0) {
			if (fsroot_exists(h->root, tool_layers[i]))
				arena_strv_add(h->arena, &files, tool_layers[i]);
			continue;
		}
		for (char **n = names; n && *n; n++)
			if (str_ends_with(*n, ".conf"))
				arena_strv_add(h->arena, &files, arena_printf(h->arena, "%s/%s", tool_layers[i], *n));
	}
	return files;
}

/* TEXT is one line; false: something else stands there. */
static bool tool_parse_line(struct arena *arena, const char *text, struct tool_line *ret)
{
	const char *name = "KERNEL_CMDLINE[", *close, *value;
	size_t n;

	text += strspn(text, " \t");
	if (!str_starts_with(text, name))
		return false;
	text += strlen(name);
	close = strchr(text, ']');
	if (!close)
		return false;
	value = close + 1 + strspn(close + 1, " \t");
	ret->append = *value == '+';
	value += ret->append;
	if (*value != '=')
		return false;
	value += 1 + strspn(value + 1, " \t");
	n = strlen(value);
	while (n && strchr(" \t\r", value[n - 1]))
		n--;
	if (n >= 2 && strchr("\"'", *value) && value[n - 1] == *value) {
		value++;
		n -= 2;
	}
	if (close - text >= 2 && strchr("\"'", *text) && close[-1] == *text)
		ret->key = arena_strndup(arena, text + 1, (size_t)(close - text) - 2);
	else
		ret->key = arena_strndup(arena, text, (size_t)(close - text));
	ret->value = arena_strndup(arena, value, n);
	return true;
}

static void tool_read(struct host *h, struct tool_settings *ret)
{
	const char *const *files = limine_tool_files(h);

	*ret = (struct tool_settings){ 0 };
	for (; files && *files; files++) {
		_cleanup_free_ char *text = NULL;
		unsigned number = 0;
		size_t len;

		if (fsroot_read(h->root, *files, &text, &len) < 0)
			continue;
		for (char *at = text, *end; at && *at; at = end) {
			struct tool_line *line = arena_alloc(h->arena, sizeof(*line));

			line->path = *files;
			line->line = ++number;
			end = strchr(at, '\n');
			if (end)
				*end++ = '\0';
			if (tool_parse_line(h->arena, at, line))
				arena_list_add(h->arena, &ret->lines, line);
		}
	}
}

static const struct tool_line *tool_at(const struct tool_settings *s, size_t i)
{
	return s->lines.items[i];
}

/* The last line for all kernels, to which a person adds; NULL: there is none. */
static const struct tool_line *tool_home(const struct tool_settings *s)
{
	for (size_t i = s->lines.n; i-- > 0;)
		if (str_eq(tool_at(s, i)->key, "default"))
			return tool_at(s, i);
	return NULL;
}

void limine_tool_configured(struct host *h, struct kargs *ret)
{
	_cleanup_str_ struct str line = { 0 };
	_cleanup_free_ char *text = NULL;
	struct tool_settings s;
	size_t len, from = 0;

	tool_read(h, &s);
	for (size_t i = 0; i < s.lines.n; i++)
		if (str_eq(tool_at(&s, i)->key, "default") && !tool_at(&s, i)->append)
			from = i;
	for (size_t i = from; i < s.lines.n; i++)
		if (str_eq(tool_at(&s, i)->key, "default"))
			str_addf(&line, " %s", tool_at(&s, i)->value);
	if (!tool_home(&s) && fsroot_read(h->root, TOOL_KERNEL_CMDLINE, &text, &len) >= 0)
		str_add(&line, text);
	else if (!tool_home(&s) && h->kernel.cmdline)
		str_add(&line, h->kernel.cmdline);
	kargs_parse(str_c(&line), ret);
}

/* "/etc/default/limine:7": where ARG stands in the settings. */
static void tool_say_where(const struct tool_settings *s, const char *arg, struct str *out)
{
	for (size_t i = 0; i < s->lines.n; i++) {
		_cleanup_kargs_ struct kargs k = { 0 };

		kargs_parse(tool_at(s, i)->value, &k);
		if (strv_contains(strv_const(k.args), arg))
			str_addf(out, _("Take %s out of %s:%u. "), arg, tool_at(s, i)->path, tool_at(s, i)->line);
	}
}

/* The same argument with another value, which a new one takes the place of: intel_iommu=off. */
static void tool_say_others(struct arena *arena, const struct tool_settings *s, const char *arg, struct str *out)
{
	const char *name = arena_strndup(arena, arg, strcspn(arg, "="));

	for (size_t i = 0; i < s->lines.n; i++) {
		_cleanup_kargs_ struct kargs k = { 0 };

		kargs_parse(tool_at(s, i)->value, &k);
		for (char **a = k.args; a && *a; a++)
			if (karg_same_name(*a, name) && strcmp(*a, arg) != 0)
				str_addf(out, _("Take %s out of %s:%u. "), *a, tool_at(s, i)->path, tool_at(s, i)->line);
	}
}

static void tool_say_add(struct host *h, const struct tool_settings *s, const char *args, struct str *out)
{
	const struct tool_line *home = tool_home(s);

	if (home)
		str_addf(out, _("Add inside the quotes at the end of %s:%u: %s. "), home->path, home->line, args);
	else if (fsroot_exists(h->root, TOOL_KERNEL_CMDLINE))
		str_addf(out, _("Add to the only line of %s: %s. "), TOOL_KERNEL_CMDLINE, args);
	else
		str_addf(out,
			 _("Put into %s a line KERNEL_CMDLINE[default]=\"…\" with all that is in /proc/cmdline, but without "
			   "BOOT_IMAGE= and initrd=, and with: %s. "),
			 TOOL_MAIN, args);
	for (size_t i = 0; i < s->lines.n; i++)
		if (!str_eq(tool_at(s, i)->key, "default") && !tool_at(s, i)->append)
			str_addf(out, _("The kernel %s has a line of its own (%s:%u): add them there, too. "),
				 tool_at(s, i)->key, tool_at(s, i)->path, tool_at(s, i)->line);
}

/* limine-update makes everything anew; some installations have only the part with the images. */
static const char *tool_command(const struct host *h)
{
	return fsroot_exists(h->root, "/usr/bin/limine-update") || !fsroot_exists(h->root, "/usr/bin/limine-mkinitcpio")
		       ? "limine-update"
		       : "limine-mkinitcpio";
}

int limine_tool_refuse(struct host *h, const char *conf, const char *const *set, const char *const *remove,
		       struct err *err)
{
	_cleanup_kargs_ struct kargs now = { 0 };
	_cleanup_str_ struct str hint = { 0 };
	_cleanup_free_ char *args = NULL;
	const char *const *missing = NULL;
	struct tool_settings s;

	limine_tool_configured(h, &now);
	tool_read(h, &s);
	for (; set && *set; set++)
		if (!kargs_has(&now, *set)) {
			arena_strv_add(h->arena, &missing, *set);
			tool_say_others(h->arena, &s, *set, &hint);
		}
	for (; remove && *remove; remove++)
		tool_say_where(&s, *remove, &hint);
	if (!missing && !hint.len)
		return 0;
	args = strv_join(missing, " ");
	if (missing)
		tool_say_add(h, &s, args, &hint);
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("limine-entry-tool writes %s from its own settings (%s), so an edit of it would not last"), conf,
		limine_tool(h));
	return err_hint(err,
			_("%sThen look with: limine-entry-tool --get-cmdline default; and run: sudo %s. Started again, "
			  "vfio-wizard goes on from there."),
			str_c(&hint), tool_command(h));
}
