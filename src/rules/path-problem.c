/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places where a machine of libvirt cannot open its disk or an image. */
#include "rules/judge.h"

#include "base/str.h"

#include <string.h>

#define PATH_IMAGES "/var/lib/libvirt/images"

/* valid_path() of libvirt's src/security/virt-aa-helper.c: a machine with such a file does not start. */
static const char *const path_restricted[] = {
	"/bin/",     "/etc/",	  "/lib",	 "/lost+found/",    "/proc/",	       "/sbin/",
	"/selinux/", "/sys/",	  "/usr/bin/",	 "/usr/lib",	    "/usr/sbin/",      "/usr/share/",
	"/usr/local/bin/", "/usr/local/etc/", "/usr/local/lib", "/usr/local/sbin/",
};
/* The same function: these are read, but not written. */
static const char *const path_read_only[] = {
	"/boot/", "/vmlinuz", "/initrd", "/usr/share/OVMF/", "/usr/share/ovmf/", "/usr/share/AAVMF/",
	"/usr/share/qemu-efi/", "/usr/share/qemu-efi-aarch64/",
};

static bool path_is_in(const char *path, const char *const *places, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts_with(path, places[i]))
			return true;
	return false;
}

static bool path_is_restricted(const char *path, bool writes)
{
	bool read_only = path_is_in(path, path_read_only, ARRAY_SIZE(path_read_only));

	if (strchr(path, '"'))
		return true;
	return read_only ? writes : path_is_in(path, path_restricted, ARRAY_SIZE(path_restricted));
}

static struct finding *path_finding(struct judgement *j, const char *id, enum severity severity, const char *path,
				    const char *text)
{
	struct finding *f = arena_alloc(j->host->arena, sizeof(*f));

	f->id = id;
	f->severity = severity;
	f->subject = path;
	f->text = text;
	return f;
}

static struct finding *path_judge_folder(struct judgement *j, const struct path_access *a)
{
	const char *user = j->host->confinement.run_user;
	struct finding *f = path_finding(
		j, "path-not-reachable", SEVERITY_WARN, a->path,
		arena_printf(j->host->arena,
			     _("libvirt runs its machines as the user %s, who cannot get to %s: the folder %s does not "
			       "let this user pass. libvirt hands over the file, but never the folders above it."),
			     user, a->path, a->blocked));

	finding_add_evidence(j, f, "%s: mode %04o", a->blocked, a->folder.mode);
	finding_add_advice(j, f, _("Keep the file in %s, which is made for it."), PATH_IMAGES);
	finding_add_advice(j, f, _("Or let just this user pass: sudo setfacl -m u:%s:x %s"), user, a->blocked);
	return f;
}

static struct finding *path_judge_apparmor(struct judgement *j, const struct path_access *a)
{
	struct finding *f = path_finding(
		j, "path-denied-by-apparmor", SEVERITY_WARN, a->path,
		arena_printf(j->host->arena,
			     _("%s is a place that libvirt's AppArmor helper never opens to a machine: the machine would "
			       "not start."),
			     a->real));

	finding_add_evidence(j, f, "/sys/module/apparmor/parameters/enabled: Y");
	if (strchr(a->real, '"'))
		finding_add_advice(j, f, _("A path with a quotation mark in it is never opened, wherever it is."));
	finding_add_advice(j, f, _("Keep the file in %s, which is made for it."), PATH_IMAGES);
	return f;
}

/* libvirt was told not to give the file to the user, so its own mode has to do. */
static struct finding *path_judge_file(struct judgement *j, const struct path_access *a, bool writes)
{
	const struct confinement_facts *c = &j->host->confinement;
	struct finding *f = path_finding(
		j, "path-not-owned", SEVERITY_WARN, a->path,
		arena_printf(j->host->arena,
			     writes ? _("%s cannot be written by the user %s, and libvirt was told not to hand it over.") :
				      _("%s cannot be read by the user %s, and libvirt was told not to hand it over."),
			     a->path, c->run_user));

	finding_add_evidence(j, f, "%s: %lld:%lld %04o", a->path, (long long)a->file.uid, (long long)a->file.gid,
			     a->file.mode);
	finding_add_evidence(j, f, "/etc/libvirt/qemu.conf: dynamic_ownership = 0");
	finding_add_advice(j, f, _("Give it to this user: sudo chown %s %s"), c->run_user, a->path);
	return f;
}

static bool path_file_lets(const struct confinement_facts *c, const struct file_access *file, bool writes)
{
	bool member = c->run_gid == file->gid;
	unsigned need = writes ? 06 : 04;

	for (const int64_t *g = c->run_groups; !member && g && *g >= 0; g++)
		member = *g == file->gid;
	return (file->mode >> (c->run_uid == file->uid ? 6 : member ? 3 : 0) & need) == need;
}

struct finding *judge_path(struct judgement *j, const struct path_access *a, bool writes)
{
	const struct confinement_facts *c = &j->host->confinement;
	struct finding *f;

	if (!j->host->software.libvirt)
		return NULL;
	if (judge_apparmor_confines(j->host) && path_is_restricted(a->real, writes))
		return path_judge_apparmor(j, a);
	if (a->blocked)
		return path_judge_folder(j, a);
	if (a->hidden) {
		f = path_finding(j, "path-not-known", SEVERITY_INFO, a->path,
				 arena_printf(j->host->arena,
					      _("Whether a machine of libvirt can get to %s is not known: this program may "
						"not look into %s."),
					      a->path, a->hidden));
		finding_add_advice(j, f, _("Run this program as root, or look with: namei -l %s"), a->path);
		return f;
	}
	if (c->dynamic_ownership == 0 && c->run_user && a->file.there == 1 && !path_file_lets(c, &a->file, writes))
		return path_judge_file(j, a, writes);
	return NULL;
}
