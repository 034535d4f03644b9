/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of the session that plans, applies and undoes. */
#include "base/spawn.h"
#include "base/str.h"
#include "boot/bind-hooks.h"
#include "boot/boot-mounts.h"
#include "boot/boot-text.h"
#include "session/session-define.h"
#include "session/session-machine.h"
#include "session/session-media.h"
#include "session/session-paths.h"
#include "session/session.h"

#include <errno.h>
#include <string.h>

#define SESSION_MACHINE_DIR "/etc/vfio-wizard/machines"

static bool session_has_devices(const struct session *s)
{
	return answers_is_set(&s->answers, "gpu") || answers_is_set(&s->answers, "nvme") ||
	       answers_is_set(&s->answers, "device");
}

bool session_chose_anew(const struct session *s)
{
	static const char *const keys[] = { "gpu", "nvme", "device" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const json_t *now = json_object_get(s->answers.values, keys[i]);
		const json_t *saved = json_object_get(s->state.answers.values, keys[i]);

		if (now != saved && !json_equal(now, saved))
			return true;
	}
	return false;
}

/* Whoever names devices now means what is there now. */
static int session_check_devices(const struct session *s, struct err *err)
{
	return session_chose_anew(s) ? 0 : run_state_check_devices(&s->state, s->host, err);
}

int session_build_machine(struct session *s, struct plan *plan, struct machine **ret, struct err *err)
{
	struct pci_device **devices;
	unsigned n;
	int r = session_check_devices(s, err);

	if (r == 0)
		r = planner_choose_devices(s->judgement, &s->answers, plan, &devices, &n, err);
	if (r != 0)
		return r;
	return machine_build(s->judgement, &s->answers, devices, n, ret, err);
}

int session_write_machine(struct session *s, const char *format, const char *template_file,
			  char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_(machine_freep) struct machine *m = NULL;

	return session_write_machine_of(s, format, template_file, &m, ret, ret_len, err);
}

int session_write_machine_of(struct session *s, const char *format, const char *template_file,
			     struct machine **ret_machine, char **ret, size_t *ret_len, struct err *err)
{
	const struct machine_format *f = machine_format_find(format);
	int r;

	if (!f)
		return err_set(err, ERR_USAGE, -EINVAL, _("There is no format \"%s\"."), format);
	r = session_build_machine(s, NULL, ret_machine, err);
	if (r != 0)
		return r;
	if (f->is_hook && !machine_has_hooks(*ret_machine))
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("This machine has no hook of its own: --hook says what it is to do."));
	return machine_write(*ret_machine, f, template_file, ret, ret_len, err);
}

int session_machine_context(struct session *s, json_t **ret, struct err *err)
{
	_cleanup_(machine_freep) struct machine *m = NULL;
	int r = session_build_machine(s, NULL, &m, err);

	if (r == 0)
		*ret = machine_context(m);
	return r;
}

/* One file a format; what is there already and differs is edited, never doubled. */
static int session_add_machine_file(struct session *s, struct plan *plan, struct stage *stage,
				    const struct machine *m, const char *format, struct err *err)
{
	const struct machine_format *f = machine_format_find(format);
	_cleanup_free_ char *text = NULL, *old = NULL;
	const char *path;
	size_t len, old_len = 0;
	int r = machine_write(m, f, NULL, &text, &len, err);

	if (r < 0)
		return r;
	path = arena_printf(plan->arena, "%s/%s%s", SESSION_MACHINE_DIR, m->name, f->file_suffix);
	r = fsroot_read(s->root, path, &old, &old_len);
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("Cannot read %s: %s"), path, strerror(-r));
	stage_add_file(plan, stage, path, old, old_len, text, len, f->mode, NULL);
	return 0;
}

/* The '@' is in no machine's name, so it is no other machine's hook that takes devices. */
static int session_add_hook(struct session *s, struct plan *plan, struct stage *stage, const struct machine *m,
			    struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = machine_write(m, machine_format_find("hook"), NULL, &text, &len, err);

	if (r < 0)
		return r;
	return hooks_add(s->host, plan, stage, arena_printf(plan->arena, "vfio-wizard-host@%s", m->name), text,
			 _("what the host does while the machine runs"), err);
}

static int session_add_machine_stage(struct session *s, struct plan *plan, struct err *err)
{
	_cleanup_(machine_freep) struct machine *m = NULL;
	struct stage *stage;
	int r;

	/* Which devices go together is only known from the groups of a running IOMMU. */
	if (!session_has_devices(s) || s->judgement->iommu_state != IOMMU_ON ||
	    planner_devices_wait(s->judgement, &s->answers))
		return 0;
	/* What was picked is in the plan's findings already: the boot stages said it. */
	r = session_build_machine(s, NULL, &m, err);
	if (r != 0)
		return r;
	stage = plan_stage(plan, "machine",
			   arena_printf(plan->arena, _("virtual machine %s"), m->name), STAGE_END_NONE);
	for (unsigned i = 0; machine_format_table[i] && r == 0; i++)
		if (!machine_format_table[i]->is_hook)
			r = session_add_machine_file(s, plan, stage, m, machine_format_table[i]->name, err);
	if (r == 0 && machine_has_hooks(m))
		r = session_add_hook(s, plan, stage, m, err);
	if (r == 0)
		r = session_add_media(s, plan, stage, m, err);
	if (r == 0) {
		session_add_looking_glass(s, plan, stage, m);
		session_add_machine_notes(plan, m);
		session_check_paths(s, plan, m);
	}
	return r;
}

/*
 * A host with so little memory that no size was found for the machine can still be prepared for one:
 * that is said, and is no reason against the stages before it.  A size that was asked for is.
 */
static bool session_machine_can_wait(const struct session *s, struct plan *plan, int r, struct err *err)
{
	if (r != -ENOMEM || plan->n_stages == 0 || answers_is_set(&s->answers, "memory"))
		return false;
	boot_add_finding(plan, "machine-not-now", SEVERITY_WARN, "host",
			 _("The devices can be prepared, but no machine can be written for them. %s"), err->msg);
	*err = (struct err){ 0 };
	return true;
}

/* The answers with what the preset set for the machine: huge pages, for one, are arguments of the kernel, too. */
static void session_answers_of_machine(struct session *s, struct answers *ret)
{
	_cleanup_(machine_freep) struct machine *m = NULL;

	answers_copy(ret, &s->answers);
	if (!answers_is_set(ret, "preset") || !session_has_devices(s) || s->judgement->iommu_state != IOMMU_ON ||
	    session_build_machine(s, NULL, &m, NULL) != 0)
		return;
	for (unsigned i = 0; i < m->n_defaults; i++)
		if (!m->defaults[i].why_not)
			(void)!answers_set(ret, m->defaults[i].key, m->defaults[i].value, "--preset", NULL);
}

int session_plan(struct session *s, struct plan **ret, struct err *err)
{
	_cleanup_plan_ struct plan *plan = plan_new();
	_cleanup_answers_ struct answers all = { 0 };
	int r = session_check_input(s, err);

	if (r == 0)
		r = session_check_devices(s, err);
	if (r == 0)
		session_answers_of_machine(s, &all);
	if (r == 0)
		r = planner_add_boot_stages(s->judgement, &all, plan, err);
	if (r == 0)
		r = session_add_machine_stage(s, plan, err);
	if (r < 0 && !session_machine_can_wait(s, plan, r, err))
		return r;
	plan_finish(plan);
	*ret = TAKE_PTR(plan);
	return 0;
}

bool session_restart_is_due(const struct session *s)
{
	return s->state.then != STAGE_END_NONE && s->state.boot_id && s->host->kernel.boot_id &&
	       strcmp(s->state.boot_id, s->host->kernel.boot_id) == 0;
}

void session_record_devices(struct session *s)
{
	struct pci_device **devices;
	const char *const *addresses = NULL;
	unsigned n;

	if (!session_has_devices(s) ||
	    planner_choose_devices(s->judgement, &s->answers, NULL, &devices, &n, NULL) < 0)
		return;
	for (unsigned i = 0; i < n; i++)
		arena_strv_add(s->host->arena, &addresses, devices[i]->address);
	run_state_record_devices(&s->state, s->host, addresses);
}

static int session_record_stage(struct session *s, struct plan *plan,
				const struct txn_result *result, struct txn_result *ret,
				struct err *err)
{
	int r;

	ret->number = result->number;
	for (const char *const *p = result->pending; p && *p; p++)
		arena_strv_add(plan->arena, &ret->pending, *p);
	session_record_devices(s);
	r = session_follow_journal(s, err);
	return r < 0 ? r : session_save(s, NULL, err);
}

int session_apply_one(struct session *s, struct plan *plan, struct stage *stage,
		      const struct txn_watcher *w, struct txn_result *ret, struct err *err)
{
	struct txn_options options = { .run_commands = fsroot_is_live(s->root) };
	struct txn_result result = { 0 };
	sigset_t old;
	int r = session_check_writable(s, err);

	if (r < 0)
		return r;
	/* A change whose promises were not written down could not be verified after the restart. */
	txn_hold_signals(&old);
	r = txn_apply(s->root, s->state_dir, &options, plan, stage, w, &result, err);
	if (r == 0)
		r = session_record_stage(s, plan, &result, ret, err);
	txn_release_signals(&old);
	return r;
}

bool session_may_apply(const struct session *s, const struct stage *stage)
{
	return !session_restart_is_due(s) ||
	       (stage->then == STAGE_END_REBOOT && str_eq(stage->name, s->state.stage));
}

int session_apply(struct session *s, struct plan *plan, const struct txn_watcher *w,
		  struct txn_result *ret, struct err *err)
{
	int r = session_check_writable(s, err);

	*ret = (struct txn_result){ 0 };
	for (unsigned i = 0; r == 0 && i < plan->n_stages; i++) {
		struct stage *stage = plan->stages[i];

		/* The firmware comes first and is not ours to change. */
		if (stage->then == STAGE_END_FIRMWARE || !session_may_apply(s, stage))
			break;
		r = session_apply_one(s, plan, stage, w, ret, err);
		if (stage->then == STAGE_END_REBOOT)
			break;
	}
	/* What was answered now counts for the rest of the walk, also when its time has not come. */
	if (r == 0 && !ret->number && s->state.stage &&
	    !json_equal(s->answers.values, s->state.answers.values))
		r = session_save(s, NULL, err);
	return r;
}

int session_undo(struct session *s, bool all, enum undo_conflict on_conflict,
		 const struct txn_watcher *w, struct txn_result *ret, struct err *err)
{
	struct txn_options options = { .run_commands = fsroot_is_live(s->root),
				       .is_gone = session_define_is_gone };
	struct journal_entry **entries = NULL;
	unsigned n = 0;
	sigset_t old;
	int r = session_check_writable(s, err);

	*ret = (struct txn_result){ 0 };
	if (r == 0)
		r = session_journal(s, &entries, &n, err);
	/* A file put into a folder on which nothing is mounted would be lost below the mount. */
	for (unsigned left = n; left > 0 && r == 0; left = all ? left - 1 : 0)
		r = boot_mounts_check_undo(s->host, entries[left - 1], err);
	if (r < 0) {
		journal_list_free(entries, n);
		return r;
	}
	txn_hold_signals(&old);
	for (unsigned left = n; left > 0; left--) {
		const struct journal_entry *e = entries[left - 1];
		struct txn_result one = { 0 };

		r = undo_apply(s->root, s->state_dir, &options, e, on_conflict, w, &one, err);
		if (r < 0)
			break;
		ret->number = e->number;
		for (const char *const *p = one.pending; p && *p; p++)
			arena_strv_add(s->host->arena, &ret->pending, *p);
		r = session_follow_journal(s, err);
		if (r == 0)
			r = left == 1 ? run_state_remove(s->root, s->state_dir, err)
				      : run_state_save(s->root, s->state_dir, &s->state, err);
		if (r < 0 || !all)
			break;
	}
	txn_release_signals(&old);
	journal_list_free(entries, n);
	return r;
}
