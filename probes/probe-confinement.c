/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

#define CONFINEMENT_ABSTRACTION "etc/apparmor.d/abstractions/libvirt-qemu"

/*
 * /etc/apparmor.d/abstractions/libvirt-qemu, what every machine of libvirt may open; a folder's rule is
 * "/usr/share/vgabios/", two stars, " r,".  And where rules of this host's own go:
 *	#include if exists <local/abstractions/libvirt-qemu>        (Debian)
 *	include if exists <abstractions/libvirt-qemu.d>             (libvirt itself)
 */
static void confinement_read_abstraction(struct host *h)
{
	struct confinement_facts *c = &h->confinement;
	_cleanup_free_ char *text = probe_text(h, NULL, CONFINEMENT_ABSTRACTION);
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *rule = str_trim(line), *stars;

		if (strstr(rule, "include") && strstr(rule, "<local/abstractions/libvirt-qemu>"))
			c->apparmor_local = "/etc/apparmor.d/local/abstractions/libvirt-qemu";
		else if (strstr(rule, "include") && strstr(rule, "<abstractions/libvirt-qemu.d>") &&
			 !c->apparmor_local)
			c->apparmor_local = "/etc/apparmor.d/abstractions/libvirt-qemu.d/rom";
		stars = str_starts_with(rule, "/usr/share/") ? strstr(rule, "** r") : NULL;
		if (stars && stars > rule && stars[-1] == '/')
			arena_strv_add(h->arena, &c->apparmor_reads,
				       arena_strndup(h->arena, rule, (size_t)(stars - rule)));
	}
}

static void confinement_read_apparmor(struct host *h)
{
	struct confinement_facts *c = &h->confinement;
	/* "Y" or "N"; a kernel without it has no such file, and one that was recorded before neither */
	const char *enabled = probe_word(h, "sys/module/apparmor/parameters/enabled");

	if (enabled)
		c->apparmor = str_eq(enabled, "Y");
	else if (fsroot_exists(h->root, "sys/fs/selinux/enforce"))
		c->apparmor = 0;
	c->apparmor_profile = fsroot_exists(h->root, "etc/apparmor.d/libvirt/TEMPLATE.qemu");
	confinement_read_abstraction(h);
}

/* /etc/selinux/config: "SELINUX=enforcing" */
static void confinement_read_selinux(struct host *h)
{
	struct confinement_facts *c = &h->confinement;
	_cleanup_free_ char *text = probe_text(h, NULL, "etc/selinux/config");
	int enforce = probe_tristate(h, "sys/fs/selinux/enforce");
	char *rest = text, *line;

	if (enforce >= 0)
		c->selinux = enforce ? SELINUX_ENFORCING : SELINUX_PERMISSIVE;
	else if (c->apparmor == 1)
		c->selinux = SELINUX_OFF;
	while ((line = probe_next_line(&rest)))
		if (str_starts_with(str_trim(line), "SELINUX="))
			c->selinux_configured = arena_strdup(h->arena, str_trim(line) + strlen("SELINUX="));
}

/*
 * /etc/libvirt/qemu.conf:
 *	#user = "libvirt-qemu"
 *	user = "root"
 *	dynamic_ownership = 0
 */
static void confinement_read_setting(struct host *h, char *line)
{
	struct confinement_facts *c = &h->confinement;
	const struct {
		const char *name;
		const char **to;
	} texts[] = {
		{ "user", &c->qemu_user },
		{ "group", &c->qemu_group },
		{ "security_driver", &c->security_driver },
	};
	char *value = strchr(line, '='), *name = line;

	if (!value || *line == '#')
		return;
	*value++ = '\0';
	name = str_trim(name);
	value = str_trim(value);
	if (str_eq(name, "dynamic_ownership")) {
		c->dynamic_ownership = str_eq(value, "0") ? 0 : str_eq(value, "1") ? 1 : -1;
		return;
	}
	/* security_driver may be a list: [ "selinux", "apparmor" ] */
	value += strspn(value, "[ \"");
	value[strcspn(value, "\"")] = '\0';
	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		if (str_eq(name, texts[i].name) && *value)
			*texts[i].to = arena_strdup(h->arena, value);
}

static void confinement_read_qemu_conf(struct host *h)
{
	_cleanup_free_ char *text = NULL;
	int r = fsroot_read(h->root, "etc/libvirt/qemu.conf", &text, NULL);
	char *rest = text, *line;

	h->confinement.qemu_conf_read = r == 0 ? 1 : r == -ENOENT || r == -ENOTDIR ? 0 : -1;
	while ((line = probe_next_line(&rest)))
		confinement_read_setting(h, str_trim(line));
}

/* "NAME:x:UID:GID:…" of passwd, "NAME:x:GID:…" of group. */
static bool confinement_find_ids(const char *text, const char *name, int64_t *ret_uid, int64_t *ret_gid)
{
	_cleanup_free_ char *head = xasprintf("\n%s:", name);
	const char *line = !text ? NULL : str_starts_with(text, head + 1) ? text - 1 : strstr(text, head);
	unsigned uid, gid;
	int n;

	if (!line)
		return false;
	n = sscanf(line + strlen(head), "%*[^:]:%u:%u", &uid, &gid);
	if (n < 1)
		return false;
	*ret_uid = uid;
	if (ret_gid)
		*ret_gid = n == 2 ? (int64_t)gid : -1;
	return true;
}

/* "kvm:x:104:libvirt-qemu,alice" */
static void confinement_read_groups(struct host *h, const char *text, const char *user)
{
	_cleanup_strv_ char **lines = strv_split(text ? text : "", "\n");
	int64_t *groups = arena_alloc(h->arena, (strv_length(strv_const(lines)) + 1) * sizeof(*groups));
	unsigned n = 0;

	for (char **line = lines; line && *line; line++) {
		const char *members = strrchr(*line, ':');
		_cleanup_strv_ char **names = strv_split(members ? members + 1 : "", ",");
		unsigned gid;

		if (strv_contains(strv_const(names), user) && sscanf(*line, "%*[^:]:%*[^:]:%u:", &gid) == 1)
			groups[n++] = gid;
	}
	groups[n] = -1;
	h->confinement.run_groups = groups;
}

/* Which user QEMU runs as: the one of qemu.conf, or the one the package made (Debian, Arch; Fedora, SUSE). */
static void confinement_find_user(struct host *h)
{
	static const char *const made[] = { "libvirt-qemu", "qemu" };
	struct confinement_facts *c = &h->confinement;
	_cleanup_free_ char *passwd = probe_text(h, NULL, "etc/passwd"), *group = probe_text(h, NULL, "etc/group");
	const char *user = c->qemu_user;

	if (c->qemu_conf_read < 0)
		return; /* it may name anybody */
	for (unsigned i = 0; !user && i < ARRAY_SIZE(made); i++)
		if (confinement_find_ids(passwd, made[i], &c->run_uid, &c->run_gid))
			user = made[i];
	if (!user || (*user == '+' ? sscanf(user, "+%lld", (long long *)&c->run_uid) != 1 :
				     !confinement_find_ids(passwd, user, &c->run_uid, &c->run_gid)))
		return;
	c->run_user = user;
	if (c->qemu_group)
		confinement_find_ids(group, c->qemu_group, &c->run_gid, NULL);
	confinement_read_groups(h, group, user);
}

static int confinement_run(struct host *h, struct err *err _unused_)
{
	confinement_read_apparmor(h);
	confinement_read_selinux(h);
	confinement_read_qemu_conf(h);
	confinement_find_user(h);
	return 0;
}

const struct probe probe_confinement = {
	.name = "confinement",
	.title = N_("What machines may open"),
	.run = confinement_run,
};
