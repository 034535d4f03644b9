/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a recording that is about permissions: no names of people, no passwords. */
#include "model/live-access.h"
#include "model/recording-take.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>

/* Who works here and what he may open is in no file. */
static void access_live(struct take *t)
{
	_cleanup_free_ char *text = NULL;

	if (!fsroot_is_live(t->fs)) {
		take_file(t, "/.vfio-wizard/user");
		return;
	}
	text = live_access_describe(t->fs, true);
	take_bytes(t, "/.vfio-wizard/user", text, strlen(text));
}

/* Whether LINE of /etc/passwd or /etc/group is about the users machines run as, and no person. */
static bool access_is_machine_line(const char *line)
{
	static const char *const kept[] = { "kvm:", "libvirt:", "libvirt-qemu:", "qemu:", "root:" };

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (str_starts_with(line, kept[i]))
			return true;
	return false;
}

/* "libvirt-qemu:x:64055:104:Libvirt Qemu:…": names and numbers are enough, and "::" looks like IPv6. */
static char *access_keep_users(struct take *t _unused_, const char *text)
{
	_cleanup_strv_ char **lines = strv_split(text, "\n");
	struct str kept = { 0 };

	for (char **line = lines; line && *line; line++) {
		char *end = *line;

		for (unsigned i = 0; i < 4 && end; i++)
			end = strchr(end + (i > 0), ':');
		if (end && access_is_machine_line(*line))
			str_addf(&kept, "%.*s:\n", (int)(end - *line), *line);
	}
	return str_steal(&kept);
}

/* "kvm:x:104:alice,qemu": of the members only those that are no people. */
static char *access_keep_groups(struct take *t _unused_, const char *text)
{
	static const char *const members[] = { "libvirt-qemu", "qemu", NULL };
	_cleanup_strv_ char **lines = strv_split(text, "\n");
	struct str kept = { 0 };

	for (char **line = lines; line && *line; line++) {
		char *colon = strrchr(*line, ':');
		_cleanup_strv_ char **names = strv_split(colon ? colon + 1 : "", ",");
		bool any = false;

		if (!colon || !access_is_machine_line(*line))
			continue;
		str_addn(&kept, *line, (size_t)(colon + 1 - *line));
		for (char **name = names; name && *name; name++) {
			if (!strv_contains(members, *name))
				continue;
			str_addf(&kept, "%s%s", any ? "," : "", *name);
			any = true;
		}
		str_addc(&kept, '\n');
	}
	return str_steal(&kept);
}

/* /etc/libvirt/qemu.conf: only the settings that are looked at; others can be passwords. */
static char *access_keep_qemu_conf(struct take *t _unused_, const char *text)
{
	static const char *const kept[] = { "user", "group", "dynamic_ownership", "security_driver" };
	_cleanup_strv_ char **lines = strv_split(text, "\n");
	struct str out = { 0 };

	for (char **line = lines; line && *line; line++) {
		char *s = str_trim(*line);
		size_t n = strcspn(s, " \t=");

		for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
			if (n == strlen(kept[i]) && strncmp(s, kept[i], n) == 0)
				str_addf(&out, "%s\n", s);
	}
	return str_steal(&out);
}

/* Folders that machines may read, and where rules of this host's own go. */
static char *access_keep_abstraction(struct take *t _unused_, const char *text)
{
	_cleanup_strv_ char **lines = strv_split(text, "\n");
	struct str out = { 0 };

	for (char **line = lines; line && *line; line++)
		if (strstr(*line, "/usr/share/") || strstr(*line, "libvirt-qemu"))
			str_addf(&out, "%s\n", *line);
	return str_steal(&out);
}

void take_access(struct take *t)
{
	access_live(t);
	take_attrs(t, "/sys/module/apparmor/parameters", "enabled");
	take_attrs(t, "/sys/fs/selinux", "enforce");
	take_file(t, "/etc/selinux/config");
	take_presence(t, "/etc/apparmor.d/libvirt/TEMPLATE.qemu");
	take_filtered(t, "/etc/apparmor.d/abstractions/libvirt-qemu", access_keep_abstraction);
	take_filtered(t, "/etc/libvirt/qemu.conf", access_keep_qemu_conf);
	take_filtered(t, "/etc/passwd", access_keep_users);
	take_filtered(t, "/etc/group", access_keep_groups);
}
