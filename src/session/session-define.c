/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/session-define.h"

#include "base/spawn.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/version.h"
#include "boot/boot-text.h"
#include "output/domain.h"
#include "session/libvirt-ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEFINE_NEW_DIR "/etc/vfio-wizard/machines/defined"
#define DEFINE_OLD_DIR "/etc/vfio-wizard/machines/before"
#define DEFINE_TIMEOUT_S 120
#define DEFINE_MODE 0600 /* a definition may hold the password of its screen */

struct define {
	struct session *s;
	struct plan *plan;
	struct define_preview *preview;
	char *old;		/* libvirt's definition, NULL */
	size_t old_len;
	struct domain_identity old_identity;
};

static void define_done(struct define *d)
{
	free(d->old);
	plan_free(d->plan);
}

static int define_check_live(const struct session *s, struct err *err)
{
	if (fsroot_is_live(s->root))
		return 0;
	return err_set(err, ERR_NOT_POSSIBLE, -EXDEV, _("Only a machine of this computer can be defined here."));
}

/* Reads libvirt's definition of NAME, when there is one. */
static int define_look(struct define *d, const char *name, struct err *err)
{
	char **names = NULL;
	int r = libvirt_names(&names, err);

	if (r < 0)
		return r;
	d->preview->name = arena_strdup(d->plan->arena, name);
	d->preview->exists = strv_contains(strv_const(names), name);
	strv_free(names);
	if (!d->preview->exists)
		return 0;
	r = libvirt_definition(name, &d->old, &d->old_len, err);
	if (r == 0)
		r = domain_identify(d->old, d->old_len, name, d->plan->arena, &d->old_identity, err);
	/* virsh takes a name of digits for the number of a running machine first. */
	if (r == 0 && (!str_eq(d->old_identity.name, name) || !d->old_identity.uuid))
		r = err_set(err, ERR_NOT_POSSIBLE, -EIO, _("libvirt gave no definition of %s."), name);
	if (r == 0)
		d->preview->running = libvirt_is_running(name);
	return r;
}

/* Passwords are compared, but not shown. */
static void define_hide_passwords(char *text)
{
	for (char *at = strstr(text, "passwd='"); at; at = strstr(at, "passwd='")) {
		at += strlen("passwd='");
		while (*at && *at != '\'')
			*at++ = '*';
	}
}

static const char *define_diff(struct plan *plan, const char *name, char *before, char *after)
{
	_cleanup_free_ char *diff = NULL;
	struct change ch = { .kind = CHANGE_EDIT };

	define_hide_passwords(before);
	define_hide_passwords(after);
	ch.path = arena_printf(plan->arena, "/%s", name);
	ch.before = before;
	ch.before_len = strlen(before);
	ch.after = after;
	ch.after_len = strlen(after);
	diff = change_diff(&ch);
	return arena_strdup(plan->arena, diff);
}

/* Both as libvirt would understand them, so that the diff shows what changes and nothing else. */
static int define_compare(struct define *d, const char *text, size_t len, struct err *err)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	int r = domain_normal(d->old, d->old_len, d->preview->name, &before, err);

	if (r == 0)
		r = domain_normal(text, len, "domain.xml", &after, err);
	if (r < 0)
		return r;
	d->preview->same = strcmp(before, after) == 0;
	if (!d->preview->same)
		d->preview->diff = define_diff(d->plan, d->preview->name, before, after);
	return 0;
}

static int define_add_file(struct define *d, struct stage *stage, const char *path, const char *text, size_t len,
			   const char *why, struct err *err)
{
	_cleanup_free_ char *old = NULL;
	size_t old_len = 0;
	int r = fsroot_read(d->s->root, path, &old, &old_len);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("Cannot read %s: %s"), path, strerror(-r));
	stage_add_file(d->plan, stage, path, old, old_len, text, len, DEFINE_MODE, why);
	return 0;
}

/* "1:9.0.0-4+deb12u2": virsh undefine knows --keep-tpm since 8.9, and removes the TPM's state without it. */
static bool define_knows_keep_tpm(const struct session *s)
{
	return version_reaches(s->host->software.libvirt, 8, 9) == 1;
}

static void define_add_command(struct define *d, struct stage *stage, const char *path)
{
	const char *const argv[] = { "virsh", "--connect", LIBVIRT_URI, "define", "--validate", path, NULL };
	const char *const way_back[] = { "virsh", "--connect", LIBVIRT_URI, "define", d->preview->kept, NULL };
	const char *const remove[] = {
		"virsh", "--connect", LIBVIRT_URI, "undefine", "--keep-nvram",
		arena_printf(d->plan->arena, "--domain=%s", d->preview->name),
		define_knows_keep_tpm(d->s) ? "--keep-tpm" : NULL, NULL,
	};
	struct change *c = stage_add_run(d->plan, stage, argv,
					 d->preview->exists ? _("libvirt checks it against its own rules and takes it in place of the "
								"old one; undo gives it the old one again")
							    : _("libvirt checks it against its own rules and takes it; undo takes it out "
								"again and keeps its disks and the firmware's settings"));

	c->timeout_s = DEFINE_TIMEOUT_S;
	for (const char *const *word = d->preview->exists ? way_back : remove; *word; word++)
		arena_strv_add(d->plan->arena, &c->undo_argv, arena_strdup(d->plan->arena, *word));
}

static int define_add_stage(struct define *d, const char *text, size_t len, struct err *err)
{
	struct arena *a = d->plan->arena;
	const char *name = d->preview->name, *path = arena_printf(a, DEFINE_NEW_DIR "/%s.xml", name);
	struct stage *stage = plan_stage(d->plan, "define", arena_printf(a, _("machine %s in libvirt"), name),
					 STAGE_END_NONE);
	struct promise *promise;
	int r = 0;

	if (d->preview->exists) {
		d->preview->kept = arena_printf(a, DEFINE_OLD_DIR "/%s.xml", name);
		r = define_add_file(d, stage, d->preview->kept, d->old, d->old_len,
				    _("the old definition, so that it can be brought back"), err);
	}
	if (r == 0)
		r = define_add_file(d, stage, path, text, len, _("what libvirt is given"), err);
	if (r < 0)
		return r;
	define_add_command(d, stage, path);
	promise = stage_add_promise(d->plan, stage, PROMISE_DOMAIN, arena_printf(a, "domain:%s", name),
				    arena_printf(a, _("libvirt knows the machine %s"), name));
	promise->arg = name;
	if (d->preview->running)
		boot_add_finding(d->plan, "machine-runs", SEVERITY_INFO, name,
				 _("%s is running: it goes on as it is, and the new definition counts when it is started next. "
				   "A restart inside of the machine is not enough."),
				 name);
	return 0;
}

/* One name, one UUID: libvirt refuses a known one with another partner. */
static int define_settle_uuid(struct define *d, const struct domain_identity *new, char **text, struct err *err)
{
	_cleanup_free_ char *other = NULL, *old = NULL;

	if (d->preview->exists) {
		if (str_eq(new->uuid, d->old_identity.uuid))
			return 0;
		old = *text;
		*text = domain_with_uuid(old, new->uuid, d->old_identity.uuid);
		boot_add_finding(d->plan, "machine-uuid", SEVERITY_INFO, d->preview->name,
				 _("%s keeps the UUID it has in libvirt, %s: by it libvirt knows it, and Windows that it was "
				   "activated."),
				 d->preview->name, d->old_identity.uuid);
		return 0;
	}
	other = new->uuid ? libvirt_name_of(new->uuid) : NULL;
	if (!other)
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -EEXIST,
		_("libvirt has this machine (UUID %s) under another name already: %s."), new->uuid, other);
	return err_hint(err, _("Take that name (--name %s) to change it, or another one for a new machine."), other);
}

static int define_finish(struct define *d, struct plan **ret)
{
	plan_finish(d->plan);
	*ret = TAKE_PTR(d->plan);
	return 0;
}

int session_plan_define(struct session *s, const char *template_file, struct plan **ret,
			struct define_preview *preview, struct err *err)
{
	_cleanup_(define_done) struct define d = { .s = s, .plan = plan_new(), .preview = preview };
	struct domain_identity new = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = define_check_live(s, err);

	*preview = (struct define_preview){ 0 };
	if (r == 0)
		r = session_write_machine(s, "libvirt", template_file, &text, &len, err);
	if (r == 0)
		r = domain_identify(text, len, "domain.xml", d.plan->arena, &new, err);
	if (r == 0 && str_is_empty(new.name))
		r = err_input(err, template_file ? template_file : "domain.xml", 0, _("this domain has no <name>."));
	if (r == 0)
		r = define_look(&d, new.name, err);
	if (r == 0)
		r = define_settle_uuid(&d, &new, &text, err);
	if (r == 0 && preview->exists)
		r = define_compare(&d, text, strlen(text), err);
	if (r == 0)
		preview->text = arena_strdup(d.plan->arena, text);
	if (r == 0 && !preview->same)
		r = define_add_stage(&d, text, strlen(text), err);
	return r != 0 ? r : define_finish(&d, ret);
}

/* All of the memory is held while the machine runs; the host needs the rest. */
static void define_check_memory(struct plan *plan, const struct session *s, const char *name,
				const struct domain_identity *id)
{
	long long total = s->host->memory.total_bytes;

	if (total > 0 && id->memory_bytes > total - (2LL << 30))
		boot_add_finding(plan, "machine-memory", SEVERITY_WARN, name,
				 _("%s has %lld MiB of memory, and this host %lld MiB: with a PCI device of the host all of it is "
				   "taken at its start, and the host needs about 2048 MiB for itself."),
				 name, id->memory_bytes >> 20, total >> 20);
}

/* The machine of the answers serves as the giver: its devices are those that were chosen. */
static int add_make(struct session *s, struct plan *plan, const char *text, size_t len, const char *file,
		    const char *template_file, struct domain_addition *ret, struct err *err)
{
	_cleanup_free_ char *giver = NULL;
	struct domain_identity id = { 0 };
	size_t giver_len;
	int r = session_write_machine(s, "libvirt", template_file, &giver, &giver_len, err);

	if (r == 0)
		r = domain_identify(text, len, file, plan->arena, &id, err);
	if (r == 0)
		r = domain_add_devices(text, len, file, giver, giver_len, plan->arena, ret, err);
	if (r != 0)
		return r;
	for (const char *const *note = ret->notes; note && *note; note++)
		boot_add_finding(plan, "machine-added", SEVERITY_INFO, file, "%s", *note);
	define_check_memory(plan, s, file, &id);
	return 0;
}

int session_plan_add(struct session *s, const char *name, const char *template_file, struct plan **ret,
		     struct define_preview *preview, struct err *err)
{
	_cleanup_(define_done) struct define d = { .s = s, .plan = plan_new(), .preview = preview };
	struct domain_addition added = { 0 };
	_cleanup_free_ char *text = NULL;
	int r = define_check_live(s, err);

	*preview = (struct define_preview){ 0 };
	if (r == 0)
		r = define_look(&d, name, err);
	if (r == 0 && !preview->exists) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("libvirt has no machine %s."), name);
		r = err_hint(err, _("Its machines: virsh --connect %s list --all"), LIBVIRT_URI);
	}
	if (r == 0)
		r = add_make(s, d.plan, d.old, d.old_len, name, template_file, &added, err);
	if (r != 0)
		return r;
	text = added.text;
	preview->same = !added.n_added;
	preview->text = arena_strdup(d.plan->arena, text);
	if (added.n_added) {
		_cleanup_free_ char *before = xstrdup(d.old), *after = xstrdup(text);

		preview->diff = define_diff(d.plan, name, before, after);
		r = define_add_stage(&d, text, added.len, err);
	}
	return r != 0 ? r : define_finish(&d, ret);
}

int session_add_to_text(struct session *s, const char *text, size_t len, const char *file,
			const char *template_file, char **ret, size_t *ret_len, struct plan **ret_plan,
			const char **ret_diff, struct err *err)
{
	_cleanup_plan_ struct plan *plan = plan_new();
	struct domain_addition added = { 0 };
	_cleanup_free_ char *before = NULL, *after = NULL;
	int r = add_make(s, plan, text, len, file, template_file, &added, err);

	if (r != 0)
		return r;
	before = xstrdup(text);
	after = xstrdup(added.text);
	*ret_diff = define_diff(plan, file[0] == '/' ? file + 1 : file, before, after);
	*ret = added.text;
	*ret_len = added.len;
	*ret_plan = TAKE_PTR(plan);
	return 0;
}

int session_define(struct session *s, struct plan *plan, const struct txn_watcher *w, struct txn_result *ret,
		   struct err *err)
{
	struct txn_options options = { .run_commands = fsroot_is_live(s->root) };
	sigset_t old;
	int r = session_check_writable(s, err);

	*ret = (struct txn_result){ 0 };
	if (r < 0 || !plan->n_stages)
		return r;
	txn_hold_signals(&old);
	r = txn_apply(s->root, s->state_dir, &options, plan, plan->stages[0], w, ret, err);
	if (r == 0)
		r = session_follow_journal(s, err);
	if (r == 0)
		r = run_state_save(s->root, s->state_dir, &s->state, err);
	txn_release_signals(&old);
	return r;
}

bool session_define_is_gone(const struct journal_command *command)
{
	static const char *const head[] = { "virsh", "--connect", LIBVIRT_URI, "undefine" };
	const char *name = NULL;
	char **names = NULL;
	bool gone;

	for (unsigned i = 0; i < ARRAY_SIZE(head); i++)
		if (!command->undo_argv || !str_eq(command->undo_argv[i], head[i]))
			return false;
	if (!spawn_is_installed("virsh"))
		return true;
	for (const char *const *word = command->undo_argv; *word; word++)
		if (str_starts_with(*word, "--domain="))
			name = *word + strlen("--domain=");
	if (!name || libvirt_names(&names, NULL) < 0)
		return false;
	gone = !strv_contains(strv_const(names), name);
	strv_free(names);
	return gone;
}

void session_add_machine_commands(struct str *out, const char *name)
{
	static const struct {
		const char *what;
		const char *words[3];
	} rows[] = {
		{ N_("start it"), { "start", NULL } },
		{ N_("its serial console"), { "console", NULL } },
		{ N_("shut it down"), { "shutdown", NULL } },
		{ N_("pull its plug"), { "destroy", NULL } },
		{ N_("remove it"), { "undefine", "--nvram", NULL } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* virsh alone means the machines of the user who calls it, which are others. */
		const char *argv[8] = { "virsh", "-c", LIBVIRT_URI };
		_cleanup_free_ char *line = NULL;
		unsigned n = 3;

		for (const char *const *word = rows[i].words; *word; word++)
			argv[n++] = *word;
		argv[n] = name;
		line = spawn_quote(argv);
		str_addf(out, "  %-20s %s\n", _(rows[i].what), line);
	}
}

int session_start_machine(struct session *s, struct err *err)
{
	_cleanup_plan_ struct plan *plan = NULL;
	struct define_preview preview;
	struct txn_result done;
	int r = session_check_writable(s, err);

	if (r == 0)
		r = session_plan_define(s, NULL, &plan, &preview, err);
	if (r != 0)
		return r;
	if (preview.exists && !preview.same) {
		err_set(err, ERR_NOT_POSSIBLE, -EEXIST, _("libvirt has a machine %s already, and it is not like this one."),
			preview.name);
		return err_hint(err, _("Look at the difference first: vfio-wizard domain --define"));
	}
	if (!preview.exists)
		r = session_define(s, plan, NULL, &done, err);
	return r < 0 ? r : libvirt_order("start", preview.name, err);
}

int session_stop_machine(struct session *s, struct err *err)
{
	return libvirt_order("shutdown", answers_machine_name(&s->answers), err);
}
