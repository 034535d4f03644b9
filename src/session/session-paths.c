/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/session-paths.h"

#include "boot/boot-text.h"
#include "probes/path-access.h"
#include "rules/judge.h"

static void session_check_path(struct session *s, struct plan *plan, const char *path, bool writes)
{
	const struct finding *f;
	struct path_access a;
	struct finding *copy;

	if (!path)
		return;
	path_access_look(s->host, arena_strdup(s->host->arena, path), &a);
	f = judge_path(s->judgement, &a, writes);
	if (!f)
		return;
	copy = boot_add_finding(plan, f->id, f->severity, f->subject, "%s", f->text);
	for (const char *const *text = f->evidence; text && *text; text++)
		boot_add_evidence(plan, copy, *text);
	for (const char *const *text = f->advice; text && *text; text++)
		boot_add_advice(plan, copy, *text);
}

void session_check_paths(struct session *s, struct plan *plan, const struct machine *m)
{
	for (unsigned i = 0; i < m->n_disks; i++) {
		/* A whole disk or partition: libvirt makes a node of its own for the machine. */
		if (!m->disks[i].is_block)
			session_check_path(s, plan, m->disks[i].path, true);
		for (const char *const *below = m->disks[i].backing; below && *below; below++)
			session_check_path(s, plan, *below, false);
		if (m->disks[i].overlay && !m->disks[i].exists)
			session_check_path(s, plan, m->disks[i].base, false);
	}
	session_check_path(s, plan, m->install_iso, false);
	session_check_path(s, plan, m->drivers_iso, false);
	if (m->seed)
		session_check_path(s, plan, m->seed->path, false);
}
