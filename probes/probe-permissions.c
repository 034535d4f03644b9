/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/live-access.h"

#include <errno.h>
#include <string.h>

#define PERMISSIONS_RECORDED ".vfio-wizard/user"

/* A line of what live_access_describe() says, cut into words. */
struct permissions_line {
	char **words;
	size_t n;
};

static const char *permissions_name(struct host *h, const char *word)
{
	return str_eq(word, "-") ? NULL : arena_strdup(h->arena, word);
}

static bool permissions_number(const char *word, uint64_t max, int64_t *ret)
{
	uint64_t value;

	if (str_to_u64(word, max, &value) < 0)
		return false;
	*ret = (int64_t)value;
	return true;
}

/* user 1000 alice sudo */
static bool permissions_read_user(struct host *h, const struct permissions_line *l)
{
	struct user_facts *u = &h->permissions.user;

	if (l->n < 3 || !permissions_number(l->words[1], UINT32_MAX, &u->uid))
		return false;
	u->name = permissions_name(h, l->words[2]);
	u->by_sudo = l->n > 3 && str_eq(l->words[3], "sudo");
	return true;
}

static bool permissions_read_groups(struct host *h, const struct permissions_line *l,
				    const char *const **ret)
{
	for (size_t i = 1; i < l->n; i++)
		arena_strv_add(h->arena, ret, arena_strdup(h->arena, l->words[i]));
	return true;
}

static bool permissions_limit(const char *word, int64_t *ret)
{
	if (!str_eq(word, "unlimited"))
		return permissions_number(word, INT64_MAX, ret);
	*ret = INT64_MAX;
	return true;
}

/* dev kvm 0660 0 104 root kvm */
static bool permissions_read_dev(struct host *h, const struct permissions_line *l)
{
	struct permission_facts *p = &h->permissions;
	struct file_access a = { .there = 1 };
	char *end;

	if (l->n == 1) {
		p->kvm.there = 0; /* unless a line says otherwise */
		return true;
	}
	if (l->n != 7 || !permissions_number(l->words[3], UINT32_MAX, &a.uid) ||
	    !permissions_number(l->words[4], UINT32_MAX, &a.gid))
		return false;
	a.mode = (unsigned)strtoul(l->words[2], &end, 8);
	if (*end || a.mode > 07777)
		return false;
	a.owner = permissions_name(h, l->words[5]);
	a.group = permissions_name(h, l->words[6]);
	if (str_eq(l->words[1], "kvm")) {
		p->kvm = a;
	} else if (str_starts_with(l->words[1], "vfio/")) {
		struct vfio_node *nodes = arena_alloc(h->arena, (p->n_vfio + 1) * sizeof(*nodes));

		if (p->n_vfio)
			memcpy(nodes, p->vfio, p->n_vfio * sizeof(*nodes));
		nodes[p->n_vfio].path = arena_printf(h->arena, "/dev/%s", l->words[1]);
		nodes[p->n_vfio++].access = a;
		p->vfio = nodes;
	}
	return true;
}

static bool permissions_read_line(struct host *h, const struct permissions_line *l)
{
	struct permission_facts *p = &h->permissions;
	const char *key = l->words[0];

	if (str_eq(key, "user"))
		return permissions_read_user(h, l);
	if (str_eq(key, "groups")) {
		p->user.groups_known = 1;
		return permissions_read_groups(h, l, &p->user.groups);
	}
	if (str_eq(key, "groups-later"))
		return permissions_read_groups(h, l, &p->user.groups_later);
	if (str_eq(key, "memlock"))
		return l->n == 3 && permissions_limit(l->words[1], &p->memlock_soft) &&
		       permissions_limit(l->words[2], &p->memlock_hard);
	if (str_eq(key, "opens-kvm")) {
		p->kvm_opens = l->n == 2 && str_eq(l->words[1], "yes");
		return l->n == 2;
	}
	if (str_eq(key, "container") && l->n == 2) {
		p->container = arena_strdup(h->arena, l->words[1]);
		return true;
	}
	return str_eq(key, "dev") && permissions_read_dev(h, l);
}

/* /etc/group: "kvm:x:104:alice" */
static bool permissions_has_group(const char *text, const char *name)
{
	_cleanup_free_ char *head = xasprintf("\n%s:", name);

	return text && (str_starts_with(text, head + 1) || strstr(text, head));
}

static int permissions_run(struct host *h, struct err *err _unused_)
{
	_cleanup_free_ char *group = probe_text(h, NULL, "etc/group"), *text = NULL;
	char *rest, *line;

	h->permissions.has_kvm_group = permissions_has_group(group, "kvm");
	h->permissions.has_libvirt_group = permissions_has_group(group, "libvirt");
	text = fsroot_is_live(h->root) ? live_access_describe(h->root, false) :
					 probe_text(h, NULL, PERMISSIONS_RECORDED);
	rest = text;
	while ((line = probe_next_line(&rest))) {
		_cleanup_strv_ char **words = strv_split(line, " ");
		struct permissions_line l = { words, strv_length(strv_const(words)) };

		if (l.n && !permissions_read_line(h, &l))
			probe_note(h, PERMISSIONS_RECORDED, -EINVAL);
	}
	return 0;
}

const struct probe probe_permissions = {
	.name = "permissions",
	.title = N_("Who may do what"),
	.run = permissions_run,
};
