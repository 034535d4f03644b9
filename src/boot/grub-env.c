/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/grub-env.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"
#include "boot/mount-table.h"

#include <errno.h>
#include <string.h>

#define ENV_HEAD "# GRUB Environment Block\n"

static const char *const env_paths[] = { "/boot/grub2/grubenv", "/boot/grub/grubenv" };

/* Everything behind the last line end has to be filling. */
static bool env_is_sound(const struct grub_env *env)
{
	const char *last = memrchr(env->text, '\n', env->len);

	if (env->len < strlen(ENV_HEAD) || memcmp(env->text, ENV_HEAD, strlen(ENV_HEAD)) != 0)
		return false;
	for (const char *c = last + 1; c < env->text + env->len; c++)
		if (*c != '#')
			return false;
	return !memchr(env->text, '\0', env->len);
}

int grub_env_read(const struct host *h, const struct plan *plan, struct arena *arena, struct grub_env *ret,
		  struct err *err)
{
	struct grub_env env = { 0 };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(env_paths) && r == -ENOENT; i++) {
		const char *real;

		if (fsroot_resolve(h->root, arena, env_paths[i], &real) < 0)
			continue;
		env.path = arena_printf(arena, "/%s", real);
		r = boot_text_read(h, plan, arena, env.path, &env.text, &env.len, err);
	}
	if (r < 0)
		return r;
	if (!env_is_sound(&env))
		return err_input(err, env.path, 1, _("this is no environment block of GRUB"));
	*ret = env;
	return 0;
}

/* The line NAME=…, with the line end behind it; NULL none. */
static const char *env_find(const struct grub_env *env, const char *name, size_t *ret_n)
{
	const char *limit = env->text + env->len;
	size_t n_name = strlen(name);

	for (const char *at = env->text, *end; at < limit; at = end) {
		const char *from = at;

		/* A line end with \ in front of it belongs to the value. */
		for (end = at; end < limit && *end != '\n'; end++)
			end += *end == '\\' && end + 1 < limit;
		end += end < limit;
		if (*from == '#' || (size_t)(end - from) <= n_name)
			continue;
		if (memcmp(from, name, n_name) != 0 || from[n_name] != '=')
			continue;
		*ret_n = (size_t)(end - from);
		return from;
	}
	return NULL;
}

const char *grub_env_value(struct arena *arena, const struct grub_env *env, const char *name)
{
	_cleanup_str_ struct str value = { 0 };
	size_t n;
	const char *line = env_find(env, name, &n);

	if (!line)
		return NULL;
	for (size_t i = strlen(name) + 1; i < n && line[i] != '\n'; i++) {
		i += line[i] == '\\' && i + 1 < n;
		str_addc(&value, line[i]);
	}
	return arena_strdup(arena, str_c(&value));
}

const char *grub_env_set(struct arena *arena, const struct grub_env *env, const char *name, const char *value)
{
	const char *limit = (const char *)memrchr(env->text, '\n', env->len) + 1;
	_cleanup_str_ struct str out = { 0 };
	size_t n = 0;
	const char *line = env_find(env, name, &n), *rest = line ? line + n : limit;

	str_addn(&out, env->text, (size_t)((line ? line : limit) - env->text));
	str_addf(&out, "%s=", name);
	for (const char *v = value; *v; v++) {
		if (*v == '\\' || *v == '\n')
			str_addc(&out, '\\');
		str_addc(&out, *v);
	}
	str_addc(&out, '\n');
	str_addn(&out, rest, (size_t)(limit - rest));
	if (out.len > env->len)
		return NULL;
	while (out.len < env->len)
		str_addc(&out, '#');
	return arena_strdup(arena, str_c(&out));
}

static bool env_is_plain_disk(const char *device)
{
	return str_starts_with(device, "/dev/") && !str_starts_with(device, "/dev/mapper/") &&
	       !str_starts_with(device, "/dev/dm-") && !str_starts_with(device, "/dev/md");
}

const char *grub_env_why_not_writable(struct host *h, const struct grub_env *env)
{
	static const char *const plain[] = { "ext2", "ext3", "ext4", "xfs", "vfat", NULL };
	struct mount_table mounted = mount_table_read_mounted(h, NULL, 0);
	const struct mount_line *m = mount_table_above(&mounted, env->path);

	if (!m)
		return arena_printf(h->arena, _("it is not known on which file system %s lies"), env->path);
	if (!strv_contains(plain, m->type))
		return arena_printf(h->arena, _("GRUB cannot write %s, which lies on %s, so the next start would not "
						"be the only one"),
				    env->path, m->type);
	if (!env_is_plain_disk(m->what))
		return arena_printf(h->arena, _("GRUB cannot write %s, which lies behind LVM, RAID or encryption (%s), "
						"so the next start would not be the only one"),
				    env->path, m->what);
	if (str_eq(m->options, "ro") || str_starts_with(m->options, "ro,"))
		return arena_printf(h->arena, _("%s is mounted read-only"), m->where);
	return NULL;
}
