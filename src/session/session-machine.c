/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/session-machine.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"

#include <string.h>

#define LOOKING_GLASS_TMPFILES "/etc/tmpfiles.d/10-vfio-wizard-looking-glass.conf"
#define LOOKING_GLASS_RULES "/etc/udev/rules.d/70-vfio-wizard-kvmfr.rules"

/* "pin is auto, by the preset gaming: …" */
static char *session_default_text(const struct machine *m, const struct machine_default *d)
{
	if (d->why_not)
		return xasprintf(_("The preset %s would set %s to %s, but that cannot be had here. %s"), m->preset, d->key,
				 d->value, d->why_not);
	return xasprintf(_("%s is %s, by the preset %s: %s"), d->key, d->value, m->preset, d->why);
}

void session_add_machine_notes(struct plan *plan, const struct machine *m)
{
	for (unsigned i = 0; i < m->n_defaults; i++) {
		_cleanup_free_ char *text = session_default_text(m, &m->defaults[i]);
		_cleanup_free_ char *id = xasprintf("preset-%s", m->defaults[i].key);

		boot_add_finding(plan, id, SEVERITY_INFO, "host", "%s", text);
	}
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct machine_note *note = m->notes.items[i];
		struct finding *f = boot_add_finding(plan, note->id, note->severity,
						     note->subject ? note->subject : "host", "%s", note->text);

		for (const char *const *text = note->evidence; text && *text; text++)
			boot_add_evidence(plan, f, *text);
		for (const char *const *text = note->advice; text && *text; text++)
			boot_add_advice(plan, f, *text);
	}
}

int session_describe_machine(struct session *s, json_t **ret, struct err *err)
{
	_cleanup_(machine_freep) struct machine *m = NULL;
	json_t *defaults = json_array(), *notes = json_array();
	int r = session_build_machine(s, NULL, &m, err);

	if (r != 0) {
		json_decref(defaults);
		json_decref(notes);
		return r;
	}
	for (unsigned i = 0; i < m->n_defaults; i++) {
		const struct machine_default *d = &m->defaults[i];
		_cleanup_free_ char *text = session_default_text(m, d);
		json_t *o = json_object();

		json_object_set_new(o, "key", json_text(d->key));
		json_object_set_new(o, "value", json_text(d->value));
		json_object_set_new(o, "applied", json_boolean(!d->why_not));
		json_object_set_new(o, "why", json_text(d->why_not ? d->why_not : d->why));
		json_object_set_new(o, "text", json_text(text));
		json_array_append_new(defaults, o);
	}
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct machine_note *note = m->notes.items[i];
		json_t *o = json_object();

		json_object_set_new(o, "id", json_text(note->id));
		json_object_set_new(o, "severity", json_text(severity_name(note->severity)));
		json_object_set_new(o, "text", json_text(note->text));
		json_object_set_new(o, "evidence", json_strv(note->evidence));
		json_object_set_new(o, "advice", json_strv(note->advice));
		json_array_append_new(notes, o);
	}
	*ret = json_object();
	json_object_set_new(*ret, "preset", json_text(m->preset));
	json_object_set_new(*ret, "defaults", defaults);
	json_object_set_new(*ret, "notes", notes);
	json_object_set_new(*ret, "libvirt_version", json_text(m->libvirt_version));
	json_object_set_new(*ret, "qemu_version", json_text(m->qemu_version));
	return 0;
}

/*
 * A file of DIR that is about Looking Glass already, whoever made it: another one would only quarrel with it.
 * Its own documentation calls them 10-looking-glass.conf and 99-kvmfr.rules.
 */
static bool session_has_own_rule(const struct session *s, const char *dir, const char *ours)
{
	_cleanup_strv_ char **names = NULL;
	const char *mine = strrchr(ours, '/') + 1;

	if (fsroot_list(s->root, dir, &names) < 0)
		return false;
	for (char **name = names; name && *name; name++)
		if (!str_eq(*name, mine) && (str_ends_with(*name, "looking-glass.conf") || str_ends_with(*name, "kvmfr.rules")))
			return true;
	return false;
}

static bool session_add_text(struct session *s, struct plan *plan, struct stage *stage, const char *path,
			     const char *text, const char *why)
{
	_cleanup_free_ char *old = NULL;
	unsigned before = stage->n_changes;
	size_t len = 0;

	if (fsroot_read(s->root, path, &old, &len) < 0)
		old = NULL;
	stage_add_file(plan, stage, path, old, len, text, strlen(text), 0644, why);
	return stage->n_changes > before;
}

/* The name goes into a line of words; others than these are no names of accounts that systemd takes. */
static bool session_is_account(const char *name)
{
	return name && name[0] &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

static void session_add_kvmfr_rule(struct session *s, struct plan *plan, struct stage *stage)
{
	static const char *const reload[] = { "udevadm", "control", "--reload", NULL };
	static const char *const trigger[] = { "udevadm", "trigger", "--subsystem-match=kvmfr", NULL };

	if (session_has_own_rule(s, "/etc/udev/rules.d", LOOKING_GLASS_RULES) ||
	    !session_add_text(s, plan, stage, LOOKING_GLASS_RULES,
			      "# Written by vfio-wizard: who works at this host may open Looking Glass's memory.\n"
			      "SUBSYSTEM==\"kvmfr\", GROUP=\"kvm\", MODE=\"0660\", TAG+=\"uaccess\"\n",
			      _("lets the person at this host and the group kvm open /dev/kvmfr0")))
		return;
	stage_add_run(plan, stage, reload, _("udev reads its rules again"));
	stage_add_run(plan, stage, trigger, _("the rule counts for the device that is there"));
}

/* libvirt's QEMU would make the file as its own user's, and the client could not open it. */
static void session_add_shm_file(struct session *s, struct plan *plan, struct stage *stage, const struct machine *m)
{
	static const char *const argv[] = { "systemd-tmpfiles", "--create", LOOKING_GLASS_TMPFILES, NULL };
	_cleanup_free_ char *text = NULL;

	if (!session_is_account(m->looking_glass_user) ||
	    session_has_own_rule(s, "/etc/tmpfiles.d", LOOKING_GLASS_TMPFILES))
		return;
	text = xasprintf("# Written by vfio-wizard: Looking Glass's memory, for the one who looks at it.\n"
			 "f /dev/shm/looking-glass 0660 %s %s -\n",
			 m->looking_glass_user, s->host->permissions.has_kvm_group ? "kvm" : "-");
	if (session_add_text(s, plan, stage, LOOKING_GLASS_TMPFILES, text,
			     _("makes the file at every start, so that its owner can open it")))
		stage_add_run(plan, stage, argv, _("makes the file now"));
}

void session_add_looking_glass(struct session *s, struct plan *plan, struct stage *stage, const struct machine *m)
{
	if (m->display != GUEST_DISPLAY_LOOKING_GLASS)
		return;
	if (m->looking_glass_kvmfr)
		session_add_kvmfr_rule(s, plan, stage);
	else
		session_add_shm_file(s, plan, stage, m);
}
