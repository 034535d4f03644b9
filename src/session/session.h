/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "boot/planner.h"
#include "change/journal.h"
#include "change/state.h"
#include "change/txn.h"
#include "change/undo.h"
#include "change/verify.h"
#include "model/answers.h"
#include "model/finding.h"
#include "model/machine.h"
#include "model/recording.h"
#include "output/output.h"

/*
 * Everything anyone can ask for; the commands and the wizard's steps both call only this, so they
 * cannot differ.  One session = one root, one state folder, one set of answers.
 */
struct session_options {
	const char *root;	/* --root, NULL "/" */
	const char *host_file;	/* --host, NULL */
	bool demo;		/* --demo */
	const char *state_dir;	/* --state: a path below the root; NULL /var/lib/vfio-wizard */
	bool dry_run;
};

/* Who boots this host, as the boot floor sees it; filled by session_look(). */
struct session_boot {
	const struct bootloader *loader; /* NULL: not sure */
	const char *loader_why;		 /* the evidence, or what was looked for */
	const struct initramfs_tool *initramfs;
	const char *initramfs_why;
	const char *const *files;	/* that feed the command line */
	const char *const *configured;	/* arguments of the next boot; NULL: not known */
};

struct session {
	struct session_options options;
	struct recording *recording; /* NULL unless --host / --demo */
	struct fsroot *root_owned;   /* NULL when recorded */
	const struct fsroot *root;
	const char *state_dir;
	char *state_dir_owned;
	bool read_only;		/* recorded host, dry run, or not allowed to write */
	const char *read_only_why; /* translated sentence, names the command to run */
	bool state_hidden;	/* there is a state folder, and only root may look into it */
	struct run_state state;	/* with the saved answers */
	struct answers answers;	/* what counts: saved ones, then those given now */
	struct host *host;	/* after session_look() */
	struct judgement *judgement;
	struct session_boot boot;
};

int session_open(const struct session_options *o, struct session **ret, struct err *err) _must_check_;
void session_close(struct session *s);
static inline void session_closep(struct session **s)
{
	session_close(*s);
}
#define _cleanup_session_ _cleanup_(session_closep)

/* Finishes or rolls back what a killed run left; *RET_TEXT as txn_recover(). */
int session_recover(struct session *s, char **ret_text, struct err *err) _must_check_;
/* Takes stage, restart and promises from the journal, whatever state.json says. */
int session_follow_journal(struct session *s, struct err *err) _must_check_;
/* ERR_NEEDS_ROOT when what was applied cannot be known: then "nothing" would be a lie. */
int session_check_state(const struct session *s, struct err *err) _must_check_;
/* Probes and judges (again). */
int session_look(struct session *s, void (*on_probe)(void *user, const char *title), void *user,
		 struct err *err) _must_check_;
/*
 * Only what PCI devices and groups need: `groups`, and with DETAILS `devices`; session_boot stays
 * empty.
 */
int session_look_at_devices(struct session *s, bool details, struct err *err) _must_check_;
/* ERR_INPUT when something on the host is there but broken; text commands show what they have first. */
int session_check_input(const struct session *s, struct err *err) _must_check_;
/* The whole plan from now on: stages already done and still true are not in it. */
int session_plan(struct session *s, struct plan **ret, struct err *err) _must_check_;
/*
 * What a plan waits for once everything in it that can be done now is done: a stage that ends in a
 * restart was applied and the boot_id is still the same.
 */
bool session_restart_is_due(const struct session *s);
/*
 * While a restart is due only the stage that waits for it can still be changed; what comes after it
 * has to wait, too.
 */
bool session_may_apply(const struct session *s, const struct stage *stage);
/* Carries out the plan's stages up to the next reboot, and records state. */
int session_apply(struct session *s, struct plan *plan, const struct txn_watcher *w,
		  struct txn_result *ret, struct err *err) _must_check_;
/* Carries out just one stage of the plan, and records state. */
int session_apply_one(struct session *s, struct plan *plan, struct stage *stage,
		      const struct txn_watcher *w, struct txn_result *ret, struct err *err) _must_check_;
int session_verify(struct session *s, struct verification **ret, struct err *err) _must_check_;
int session_journal(struct session *s, struct journal_entry ***ret, unsigned *ret_n, struct err *err)
	_must_check_;
/* Undoes the newest entry, or all. */
int session_undo(struct session *s, bool all, enum undo_conflict on_conflict,
		 const struct txn_watcher *w, struct txn_result *ret, struct err *err) _must_check_;
/* The machine the answers describe; machine_free() it. */
int session_build_machine(struct session *s, struct plan *plan, struct machine **ret, struct err *err)
	_must_check_;
/*
 * What the preset chose, what is to be known of the machine, and for which versions it is written: an object
 * with preset, defaults, notes, libvirt_version, qemu_version; json_decref() it.
 */
int session_describe_machine(struct session *s, json_t **ret, struct err *err) _must_check_;
/* The machine's text in a format; free() *RET. */
int session_write_machine(struct session *s, const char *format, const char *template_file,
			  char **ret, size_t *ret_len, struct err *err) _must_check_;
/* The same, and the machine it is the text of; machine_free() it, also after an error. */
int session_write_machine_of(struct session *s, const char *format, const char *template_file,
			     struct machine **ret_machine, char **ret, size_t *ret_len, struct err *err)
	_must_check_;
/* What a template of this machine sees; json_decref() it. */
int session_machine_context(struct session *s, json_t **ret, struct err *err) _must_check_;
/* Other devices are chosen now than the saved answers name. */
bool session_chose_anew(const struct session *s);
/* Notes what the chosen devices are, to notice when one moves. */
void session_record_devices(struct session *s);
/* Saves answers and the wizard's step; no-op when read-only. */
int session_save(struct session *s, const char *step, struct err *err) _must_check_;
/* 0, or ERR_NEEDS_ROOT / ERR_NOT_POSSIBLE: why nothing can be written here. */
int session_check_writable(struct session *s, struct err *err) _must_check_;
/* Restart (or restart into the firmware setup).  Only on the live root. */
int session_reboot(struct session *s, bool into_firmware, struct err *err) _must_check_;
