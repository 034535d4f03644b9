/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/str.h"
#include "session/session.h"

/*
 * Machines in this computer's libvirt.  The plan has one stage at most, "define": the new definition and
 * the old one as files (below /etc/vfio-wizard/machines), and virsh, which gives libvirt the first and, at
 * undo, the second again.
 */
struct define_preview {
	const char *name;	/* everything here is in the plan's arena */
	bool exists;		/* libvirt has a machine of that name */
	bool same;		/* … and it is like this already: the plan has no stage */
	bool running;
	const char *diff;	/* what is different; NULL when it does not exist or is the same */
	const char *kept;	/* path of the old definition, NULL when there is none */
	const char *text;	/* the whole new definition */
};
/* The machine the answers describe, written from TEMPLATE_FILE (NULL: the usual one). */
int session_plan_define(struct session *s, const char *template_file, struct plan **ret,
			struct define_preview *preview, struct err *err) _must_check_;
/* The chosen devices into libvirt's machine NAME; what else is to be known is in the plan's findings. */
int session_plan_add(struct session *s, const char *name, const char *template_file, struct plan **ret,
		     struct define_preview *preview, struct err *err) _must_check_;
/*
 * The same for a domain that is a text; nothing is defined.  free() *RET; *RET_DIFF is in the plan's arena,
 * and the plan has findings only.
 */
int session_add_to_text(struct session *s, const char *text, size_t len, const char *file,
			const char *template_file, char **ret, size_t *ret_len, struct plan **ret_plan,
			const char **ret_diff, struct err *err) _must_check_;
/* Carries the plan out.  The saved answers stay: a second machine is not what the walk is about. */
int session_define(struct session *s, struct plan *plan, const struct txn_watcher *w,
		   struct txn_result *ret, struct err *err) _must_check_;
/* libvirt's own commands for the machine NAME, one a line: start, console, shut down, remove. */
void session_add_machine_commands(struct str *out, const char *name);
/* Defines the machine of the answers when libvirt has none of that name, and starts it. */
int session_start_machine(struct session *s, struct err *err) _must_check_;
int session_stop_machine(struct session *s, struct err *err) _must_check_;
/* Is what COMMAND of the journal would take back gone already (the machine, or libvirt itself)? */
bool session_define_is_gone(const struct journal_command *command);
