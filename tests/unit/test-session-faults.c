/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Every boot loader and every tool that makes an initial RAM disk, at every point: the Nth call that
 * changes the disk or starts a program fails, or the program is killed there, for N = 1, 2, 3 …
 * Afterwards (and after what the next start does first) the host is all old or all new.  The stages
 * are those planned for a recorded host; their commands are replaced by ones that write the same files.
 */
#include "session/session.h"
#include "tests/lib/fault.h"
#include "tests/lib/tree.h"
#include "tests/lib/unit.h"

#include <sys/wait.h>

#define STATE "/var/lib/vfio-wizard"
#define FAULT_MOST 5000
#define OPTIONS_MOST 4

static const struct txn_options here = { .run_commands = true };

/* A host, and the answers (key, value, …) that make it have a plan. */
static const struct faults_row {
	const char *host, *options[2 * OPTIONS_MOST + 1];
} rows[] = {
	{ "tests/hosts/intel-off-in-kernel-debian", { "passthrough-mode", "yes" } },
	{ "tests/hosts/intel-off-in-kernel-debian", { "trial", "yes" } },
	{ "tests/hosts/vm-cloudimg-grub-dropin", { "passthrough-mode", "yes" } },
	{ "data/demo", { "passthrough-mode", "yes", "gpu", "auto", "bind", "address" } },
	{ "tests/hosts/lab-intel-on", { "passthrough-mode", "yes", "gpu", "auto", "bind", "address" } },
	{ "tests/hosts/fedora-bls", { "passthrough-mode", "yes" } },
	{ "tests/hosts/fedora-bls", { "trial", "yes" } },
	{ "tests/hosts/fedora-silverblue", { "passthrough-mode", "yes" } },
	{ "tests/hosts/proxmox-zfs", { "passthrough-mode", "yes" } },
	{ "tests/hosts/arch-limine", { "passthrough-mode", "yes" } },
	{ "tests/hosts/arch-refind", { "passthrough-mode", "yes" } },
	{ "tests/hosts/debian-systemd-boot", { "passthrough-mode", "yes" } },
	{ "tests/hosts/debian-systemd-boot", { "trial", "yes" } },
	{ "tests/hosts/arch-uki", { "passthrough-mode", "yes" } },
	{ "tests/hosts/pop-kernelstub-shared-group",
	  { "acs-override", "downstream", "kernel", "5.3.0-acso", "gpu", "01:00.0" } },
	{ NULL, { NULL } }, /* scene_all_kinds() */
};

struct faults_scene {
	struct session *session;
	struct plan *plan;
	struct stage *stage;
	struct tree tree;
};

static void scene_write(const struct tree *t, const char *path, const char *text)
{
	if (!tree_has(t, path))
		tree_write(t, path, text, 0644);
}

static void scene_link(const struct tree *t, const char *path, const char *target)
{
	_cleanup_free_ char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	tree_mkdir(t, folder, 0755);
	tree_link(t, target, path);
}

/* Does the stage itself make the file that change AT edits? */
static bool scene_made_before(const struct stage *stage, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (stage->changes[i]->kind == CHANGE_CREATE && strcmp(stage->changes[i]->path, stage->changes[at]->path) == 0)
			return true;
	return false;
}

/* What the stage starts from: the files it edits as they were planned, and those its commands make. */
static void scene_lay_out(struct faults_scene *s)
{
	tree_init(&s->tree);
	tree_write(&s->tree, "/proc/sys/kernel/random/boot_id", "11111111-1111-4111-8111-111111111111\n", 0444);
	tree_mkdir(&s->tree, "/var/lib", 0755);
	for (unsigned i = 0; i < s->stage->n_changes; i++) {
		const struct change *c = s->stage->changes[i];

		if ((c->kind == CHANGE_EDIT || c->kind == CHANGE_REMOVE) && !scene_made_before(s->stage, i))
			scene_write(&s->tree, c->path, c->before);
		if (c->kind == CHANGE_LINK && c->before)
			scene_link(&s->tree, c->path, c->before);
		for (const char *const *o = c->outputs; c->kind == CHANGE_RUN && o && *o; o++)
			if (!s->session || fsroot_exists(s->session->root, *o))
				scene_write(&s->tree, *o, "old\n");
		if (c->kind == CHANGE_RUN && c->readback_path && !c->made)
			scene_write(&s->tree, c->readback_path, "old\n");
		if (c->kind == CHANGE_RUN)
			((const char **)(uintptr_t)c->argv)[3] = s->tree.dir;
		if (c->kind == CHANGE_RUN && c->undo_argv)
			((const char **)(uintptr_t)c->undo_argv)[3] = s->tree.dir;
	}
}

static const char *const *scene_shell(struct arena *a, const char *script)
{
	const char *const *argv = NULL;

	arena_strv_add(a, &argv, "/bin/sh");
	arena_strv_add(a, &argv, "-c");
	arena_strv_add(a, &argv, arena_strdup(a, script));
	arena_strv_add(a, &argv, ""); /* the root, as $0 */
	return argv;
}

/*
 * A command that writes all its outputs bit by bit, as tools do, and what is read back.  One that has
 * its own way back keeps what it changes beside it.
 */
static void scene_replace_command(struct arena *a, struct change *c)
{
	_cleanup_str_ struct str script = { 0 };
	const char *made = c->readback_path ? c->readback_path : c->made;

	str_add(&script, "set -e\n");
	for (const char *const *o = c->outputs; o && *o; o++)
		if (!c->installed || strcmp(*o, c->installed) != 0)
			str_addf(&script, "mkdir -p \"$0%.*s\"; echo half > \"$0%s\"; echo made >> \"$0%s\"\n",
				 (int)(strrchr(*o, '/') - *o), *o, *o, *o);
	if (c->undo_argv && made) {
		str_addf(&script, "cp -p \"$0%s\" \"$0%s.kept\"\n", made, made);
		c->undo_argv = scene_shell(a, arena_printf(a, "[ ! -e \"$0%s.kept\" ] || mv \"$0%s.kept\" \"$0%s\"",
							   made, made, made));
	} else if (c->undo_argv) {
		c->undo_argv = scene_shell(a, ":");
	}
	for (const char *const *n = c->readback_needles; made && n && *n; n++)
		str_addf(&script, "printf '%%s\\n' '%s' >> \"$0%s\"\n", *n, made);
	c->argv = scene_shell(a, str_c(&script));
	c->timeout_s = 60;
	for (unsigned i = 0; i < c->n_readbacks; i++) {
		_cleanup_free_ char *needles = strv_join(c->readbacks[i].needles, "\n");
		const char *const *echo = NULL;

		arena_strv_add(a, &echo, "/bin/echo");
		arena_strv_add(a, &echo, needles);
		c->readbacks[i].argv = echo;
	}
}

static void scene_open(struct faults_scene *s, const struct faults_row *row)
{
	_cleanup_free_ char *file = xasprintf("%s/%s.host", unit_srcdir(), row->host);
	struct session_options o = { .host_file = file };
	struct err err = { 0 };

	*s = (struct faults_scene){ 0 };
	ck_assert_msg(session_open(&o, &s->session, &err) == 0, "%s", err.msg);
	ck_assert_msg(session_look(s->session, NULL, NULL, &err) == 0, "%s", err.msg);
	for (const char *const *w = row->options; *w; w += 2)
		ck_assert_msg(answers_set(&s->session->answers, w[0], w[1], "--test", &err) == 0, "%s", err.msg);
	ck_assert_msg(session_plan(s->session, &s->plan, &err) == 0, "%s: %s", row->host, err.msg);
	for (unsigned i = 0; i < s->plan->n_findings; i++)
		ck_assert_str_ne(s->plan->findings[i]->id, "trial-not-possible");
	for (unsigned i = 0; i < s->plan->n_stages; i++)
		for (unsigned k = 0; k < s->plan->stages[i]->n_changes; k++)
			if (s->plan->stages[i]->changes[k]->kind == CHANGE_RUN)
				scene_replace_command(s->plan->arena, s->plan->stages[i]->changes[k]);
}

/* Every kind of change in one stage, which no loader asks for: two removals, a new link and one turned. */
static void scene_all_kinds(struct faults_scene *s)
{
	static const char *const argv[] = { "makes-it", NULL };
	struct stage *stage;
	struct change *c;

	*s = (struct faults_scene){ .plan = plan_new() };
	stage = plan_stage(s->plan, "kernel", "every kind", STAGE_END_REBOOT);
	stage_add_file(s->plan, stage, "/etc/grub", "quiet\n", 6, "quiet iommu=pt\n", 15, 0644, NULL);
	stage_add_remove(s->plan, stage, "/boot/loader/entries/trial.conf", "title trial\n", 12, NULL);
	stage_add_link(s->plan, stage, "/boot/vmlinuz", "vmlinuz-1", "vmlinuz-2", NULL);
	stage_add_link(s->plan, stage, "/boot/initrd.img", NULL, "initrd.img-2", NULL);
	stage_add_file(s->plan, stage, "/etc/modprobe.d/vfio.conf", NULL, 0, "options\n", 8, 0644, NULL);
	stage_add_remove(s->plan, stage, "/boot/grub/custom.cfg", "menuentry\n", 10, NULL);
	c = stage_add_run(s->plan, stage, argv, NULL);
	arena_strv_add(s->plan->arena, &c->outputs, "/boot/efi/vmlinuz.efi");
	scene_replace_command(s->plan->arena, c);
}

static void scene_close(struct faults_scene *s)
{
	plan_free(s->plan);
	if (s->session)
		session_close(s->session);
}

static int scene_apply(struct faults_scene *s, struct err *err)
{
	struct txn_result result = { 0 };

	return txn_apply(s->tree.fs, STATE, &here, s->plan, s->stage, NULL, &result, err);
}

/* false: it came to its end. */
static bool scene_kill(struct faults_scene *s, unsigned at)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = { 0 };
		int r;

		fault_set(at, 0);
		r = scene_apply(s, &err);
		_exit(r < 0);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return true;
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	return false;
}

static void scene_recover(struct faults_scene *s, unsigned at)
{
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };

	int r = -EBUSY;

	/* A command that was started goes on after the kill and holds the lock until it ends. */
	for (unsigned tries = 0; r == -EBUSY && tries < 1000; tries++) {
		if (tries)
			usleep(10000);
		err = (struct err){ 0 };
		r = txn_recover(s->tree.fs, STATE, &here, &text, &err);
	}
	ck_assert_msg(r == 0, "%s, call %u: recover: %s", s->stage->name, at, err.msg);
}

static void scene_assert_link(struct faults_scene *s, const struct change *c, unsigned at)
{
	const char *target = NULL;

	ck_assert_msg(fsroot_readlink(s->tree.fs, s->plan->arena, c->path, &target) == 0 && strcmp(target, c->after) == 0,
		      "call %u: %s does not lead to %s", at, c->path, c->after);
}

/* All files hold what the plan says; the commands' too. */
static void scene_assert_new(struct faults_scene *s, unsigned at)
{
	for (unsigned i = 0; i < s->stage->n_changes; i++) {
		const struct change *c = s->stage->changes[i], *last;
		_cleanup_free_ char *text = NULL;

		if (c->kind == CHANGE_RUN)
			continue;
		last = c;
		for (unsigned k = i; k < s->stage->n_changes; k++)
			if (s->stage->changes[k]->path && strcmp(s->stage->changes[k]->path, c->path) == 0)
				last = s->stage->changes[k];
		if (last->kind == CHANGE_REMOVE) {
			ck_assert_msg(!tree_has(&s->tree, c->path), "call %u: %s is still there", at, c->path);
			continue;
		}
		if (last->kind == CHANGE_LINK) {
			scene_assert_link(s, last, at);
			continue;
		}
		text = tree_read(&s->tree, c->path);
		ck_assert_msg(strncmp(text, last->after, last->after_len) == 0, "call %u: %s is not all new", at, c->path);
	}
}

/* true: all new.  Whatever it was, nothing of it is left afterwards. */
static bool scene_settle(struct faults_scene *s, const char *before, unsigned at)
{
	_cleanup_free_ char *now = NULL;
	struct journal_entry **entries;
	struct txn_result result = { 0 };
	struct err err = { 0 };
	unsigned n;

	scene_recover(s, at);
	ck_assert_int_eq(journal_list(s->tree.fs, STATE, &entries, &n, &err), 0);
	if (n) {
		ck_assert_int_eq(entries[0]->status, JOURNAL_DONE);
		scene_assert_new(s, at);
		ck_assert_msg(undo_apply(s->tree.fs, STATE, &here, entries[0], UNDO_CONFLICT_REFUSE, NULL, &result,
					 &err) == 0,
			      "call %u: undo: %s", at, err.msg);
	}
	journal_list_free(entries, n);
	now = tree_snapshot(&s->tree, NULL);
	ck_assert_msg(strcmp(now, before) == 0, "call %u:\n%s\n--- instead of\n%s", at, now, before);
	return n > 0;
}

/* One stage, every point; returns how many there are. */
static unsigned stage_faults(struct faults_scene *s, bool kill, unsigned *ret_old, unsigned *ret_new)
{
	for (unsigned at = 1; at < FAULT_MOST; at++) {
		_cleanup_free_ char *before = NULL, *rest = NULL, *now = NULL;
		struct err err = { 0 };
		bool hit;
		int r;

		scene_lay_out(s);
		before = tree_snapshot(&s->tree, NULL);
		rest = tree_snapshot(&s->tree, STATE);
		if (kill) {
			hit = scene_kill(s, at);
		} else {
			fault_set(at, ENOSPC);
			r = scene_apply(s, &err);
			hit = fault_calls >= at;
			fault_set(0, 0);
			now = tree_snapshot(&s->tree, STATE);
			/* A failed apply has put everything back by itself. */
			ck_assert_msg(r == 0 || strcmp(now, rest) == 0, "%s, call %u:\n%s\n--- instead of\n%s", err.msg,
				      at, now, rest);
		}
		if (scene_settle(s, before, at))
			++*ret_new;
		else
			++*ret_old;
		tree_done(&s->tree);
		if (!hit)
			return at - 1;
	}
	ck_abort_msg("no end after %u calls", FAULT_MOST);
	return 0;
}

START_TEST(every_point)
{
	const struct faults_row *row = &rows[_i / 2];
	bool kill = _i % 2;
	unsigned points = 0, old = 0, new = 0;
	struct faults_scene s;

	if (row->host)
		scene_open(&s, row);
	else
		scene_all_kinds(&s);
	ck_assert_uint_gt(s.plan->n_stages, 0);
	for (unsigned i = 0; i < s.plan->n_stages; i++) {
		s.stage = s.plan->stages[i];
		if (strcmp(s.stage->name, "machine") != 0)
			points += stage_faults(&s, kill, &old, &new);
	}
	printf("# %s: %s%s%s, %u points %s: %u all old, %u all new, 0 in between\n",
	       !s.session ? "none" : s.session->boot.loader ? s.session->boot.loader->name : "unknown",
	       row->host ? row->host : "every kind of change",
	       row->options[0] ? " --" : "", row->options[0] ? row->options[0] : "", points,
	       kill ? "killed at" : "failing", old, new);
	ck_assert_uint_gt(points, 20);
	ck_assert_uint_gt(old, 20);
	ck_assert_uint_gt(new, 0);
	scene_close(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session-faults");
	TCase *tc = tcase_create("every loader");

	setenv("VFIO_WIZARD_DATADIR", unit_srcdir(), 1);
	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, every_point, 0, 2 * (int)ARRAY_SIZE(rows));
	suite_add_tcase(s, tc);
	return unit_run(s);
}
