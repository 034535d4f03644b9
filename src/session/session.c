/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/session.h"

#include "session/session-boards.h"

#include "base/str.h"
#include "base/strv.h"
#include "base/spawn.h"
#include "probes/probe.h"
#include "model/device-data.h"
#include "rules/rule.h"

#include <errno.h>
#include <string.h>

#define SESSION_STATE_DIR "/var/lib/vfio-wizard"

static int session_open_root(struct session *s, struct err *err)
{
	_cleanup_free_ char *demo = NULL;
	const char *file = s->options.host_file;
	int r;

	if (s->options.demo && !file) {
		r = output_find_data("data/demo.host", &demo, err);
		if (r < 0)
			return r;
		file = demo;
	}
	if (!file) {
		r = fsroot_open(s->options.root ? s->options.root : "/", &s->root_owned, err);
		s->root = s->root_owned;
		return r;
	}
	r = recording_open(file, &s->recording, err);
	if (r == 0)
		s->root = recording_root(s->recording);
	return r;
}

/* Said once, at the start, in the words of what to do about it. */
static void session_find_read_only(struct session *s)
{
	if (s->recording)
		s->read_only_why = _("This is a recorded host: it can be looked at, nothing is written.");
	else if (s->options.dry_run)
		s->read_only_why = _("--dry-run: everything is shown, nothing is written.");
	else if (fsroot_is_live(s->root) && geteuid() != 0)
		s->read_only_why = _("Without root nothing is written. To change this host run: sudo vfio-wizard");
	s->read_only = s->read_only_why != NULL;
}

int session_follow_journal(struct session *s, struct err *err)
{
	struct journal_entry **entries = NULL;
	unsigned n = 0;
	int r = session_journal(s, &entries, &n, err);

	if (r == 0)
		run_state_follow_journal(&s->state, entries, n);
	journal_list_free(entries, n);
	return r;
}

static int session_load_state(struct session *s, struct err *err)
{
	struct run_state saved;
	int r;

	run_state_init(&s->state);
	answers_init(&s->answers);
	if (s->recording)
		return 0;
	r = run_state_load(s->root, s->state_dir, &saved, err);
	if (r == 0) {
		run_state_done(&s->state);
		s->state = saved;
		r = session_follow_journal(s, err);
	}
	/* Somebody else's 0700 folder: a reader without root starts from nothing, and says so. */
	if (r == -EACCES) {
		*err = (struct err){ 0 };
		s->state_hidden = s->read_only = true;
		if (!s->read_only_why)
			s->read_only_why = _("What was done here so far is only for root to read. Nothing is written.");
		return 0;
	}
	if (r == 0)
		answers_copy(&s->answers, &s->state.answers);
	return r;
}

/* Without slashes at the end: a link would be followed there. */
static char *session_tidy_path(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return xstrndup(path, n);
}

int session_open(const struct session_options *o, struct session **ret, struct err *err)
{
	struct session *s = xcalloc(1, sizeof(*s));
	int r;

	s->options = *o;
	s->state_dir_owned = session_tidy_path(o->state_dir ? o->state_dir : SESSION_STATE_DIR);
	s->state_dir = s->state_dir_owned;
	r = session_open_root(s, err);
	if (r == 0) {
		session_find_read_only(s);
		r = session_load_state(s, err);
	}
	if (r < 0) {
		session_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	host_free(s->host);
	run_state_done(&s->state);
	answers_done(&s->answers);
	recording_close(s->recording);
	fsroot_free(s->root_owned);
	free(s->state_dir_owned);
	free(s);
}

int session_check_state(const struct session *s, struct err *err)
{
	if (!s->state_hidden)
		return 0;
	err_set(err, ERR_NEEDS_ROOT, -EACCES, _("What was changed here is noted in %s, which only root can read."),
		s->state_dir);
	return err_hint(err, _("Run the same command with sudo in front."));
}

int session_check_writable(struct session *s, struct err *err)
{
	if (!s->read_only)
		return 0;
	if (s->recording || s->options.dry_run)
		return err_set(err, ERR_NOT_POSSIBLE, -EROFS, "%s", s->read_only_why);
	err_set(err, ERR_NEEDS_ROOT, -EPERM, _("This changes the host and needs root."));
	return err_hint(err, _("Run the same command with sudo in front."));
}

int session_recover(struct session *s, char **ret_text, struct err *err)
{
	int r;

	*ret_text = NULL;
	if (s->read_only)
		return 0;
	r = txn_recover(s->root, s->state_dir,
			&(struct txn_options){ .run_commands = fsroot_is_live(s->root) }, ret_text, err);
	/* What was undone to the end has no promises any more. */
	return r == 0 && *ret_text ? session_follow_journal(s, err) : r;
}

struct session_probe_watch {
	void (*on_probe)(void *user, const char *title);
	void *user;
};

static void session_on_probe(void *user, const struct probe *p)
{
	struct session_probe_watch *w = user;

	w->on_probe(w->user, _(p->title));
}

#define SESSION_DEVICE_DATA "data/devices"

/* Without what ships there is less to say, and it is said that it is missing; the user's lines still count. */
static void session_load_device_data(struct host *h)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	size_t len;
	int r = output_load_data(SESSION_DEVICE_DATA, &text, &len, &path);

	if (r < 0)
		host_note_unreadable(h, path ? path : SESSION_DEVICE_DATA, r);
	else
		device_data_add(h, path, text, len, false);
	device_data_add_own(h);
}

static void session_start_look(struct session *s)
{
	host_free(s->host);
	s->judgement = NULL;
	s->boot = (struct session_boot){ 0 };
	s->machine_notes = NULL;
	s->n_machine_notes = 0;
	s->host = host_new(s->root);
	s->host->is_root = s->host->is_root && !s->read_only;
	session_load_device_data(s->host);
}

/* Only who starts this host knows where its arguments have to be written: better ask than guess. */
static void session_say_unknown(struct session *s)
{
	struct session_boot *b = &s->boot;
	struct finding *f;

	if (!b->loader) {
		f = judgement_add(s->judgement, "boot-loader-unknown", SEVERITY_INFO, "host",
				  _("It is not known which boot loader starts this host."));
		if (b->loader_why)
			finding_add_evidence(s->judgement, f, "%s", b->loader_why);
		finding_add_advice(s->judgement, f,
				   _("Run this program as root on the host itself; bootctl status and efibootmgr tell "
				     "it as well. Then name it: --loader NAME."));
	}
	if (!b->initramfs) {
		f = judgement_add(s->judgement, "initramfs-unknown", SEVERITY_INFO, "host",
				  _("It is not known which tool makes the initramfs of this host."));
		if (b->initramfs_why)
			finding_add_evidence(s->judgement, f, "%s", b->initramfs_why);
		finding_add_advice(s->judgement, f,
				   _("Look which of update-initramfs, dracut, mkinitcpio and booster there is, and "
				     "name it: --initramfs NAME."));
	}
}

/* A broken file of the loader is a finding here; whoever wants to change it gets the error. */
static void session_look_at_boot(struct session *s)
{
	struct session_boot *b = &s->boot;
	struct kargs args = { 0 };
	struct err err = { 0 };

	b->loader = bootloader_detect(s->host, &b->loader_why);
	b->initramfs = initramfs_detect(s->host, &b->initramfs_why);
	session_say_unknown(s);
	if (!b->loader)
		return;
	b->files = b->loader->files(s->host);
	if (b->loader->configured(s->host, &args, &err) < 0) {
		struct finding *f = judgement_add(s->judgement, "boot-files-broken", SEVERITY_WARN,
						  "host", "%s", err.msg);

		finding_add_advice(s->judgement, f, "%s",
				   err.hint[0] ? err.hint : _("Repair the file, then run this again."));
		if (err.kind == ERR_INPUT)
			host_note_broken(s->host, err.msg);
		return;
	}
	for (char **arg = args.args; arg && *arg; arg++)
		arena_strv_add(s->host->arena, &b->configured, *arg);
	if (!b->configured)
		b->configured = arena_alloc(s->host->arena, sizeof(*b->configured));
	kargs_done(&args);
}

int session_look(struct session *s, void (*on_probe)(void *user, const char *title), void *user,
		 struct err *err)
{
	struct session_probe_watch watch = { on_probe, user };
	int r;

	session_start_look(s);
	r = probe_run_all(s->host, on_probe ? session_on_probe : NULL, &watch, err);
	if (r < 0)
		return r;
	session_look_up_board(s->host);
	s->judgement = rules_judge(s->host);
	session_look_at_boot(s);
	/* Another run may have changed the host since this one read what was done so far. */
	return s->recording || s->state_hidden ? 0 : session_follow_journal(s, err);
}

int session_look_at_devices(struct session *s, bool details, struct err *err)
{
	static const char *const needed[] = { "identity", "cpu",     "kernel", "iommu", "pci",	 "groups",
					      "dmar",	  "ivrs",    "modules",  "storage", "usb",    "net",	"usage", NULL };
	static const char *const closely[] = { "identity", "cpu",     "kernel",	 "iommu", "pci",
					       "groups",   "dmar",    "ivrs",	 "modules", "details",
					       "storage",  "usb",     "net",	 "usage",   NULL };
	int r;

	session_start_look(s);
	r = probe_run_some(s->host, details ? closely : needed, err);
	if (r < 0)
		return r;
	s->judgement = rules_judge(s->host);
	return 0;
}

int session_check_input(const struct session *s, struct err *err)
{
	const char *const *broken = s->host->broken;

	if (!broken)
		return 0;
	err_set(err, ERR_INPUT, -EBADMSG, "%s", broken[0]);
	return err_hint(err, _("Nothing was written. Repair it, or report it together with the output of: "
			       "vfio-wizard snapshot"));
}

int session_save(struct session *s, const char *step, struct err *err)
{
	if (s->read_only)
		return 0;
	if (step) {
		free(s->state.step);
		s->state.step = xstrdup(step);
	}
	if (s->host && session_chose_anew(s))
		session_record_devices(s);
	answers_copy(&s->state.answers, &s->answers);
	return run_state_save(s->root, s->state_dir, &s->state, err);
}

int session_verify(struct session *s, struct verification **ret, struct err *err)
{
	return verify_promises(&s->state, s->host, s->root, ret, err);
}

int session_journal(struct session *s, struct journal_entry ***ret, unsigned *ret_n, struct err *err)
{
	*ret = NULL;
	*ret_n = 0;
	if (s->recording)
		return 0;
	return journal_list(s->root, s->state_dir, ret, ret_n, err);
}

int session_reboot(struct session *s, bool into_firmware, struct err *err)
{
	const char *const plain[] = { "systemctl", "reboot", NULL };
	const char *const firmware[] = { "systemctl", "reboot", "--firmware-setup", NULL };
	struct spawn_request req = { .argv = into_firmware ? firmware : plain, .timeout_s = 60 };
	_cleanup_spawn_result_ struct spawn_result result = { 0 };
	int r = session_check_writable(s, err);

	if (r < 0)
		return r;
	if (!fsroot_is_live(s->root))
		return err_set(err, ERR_NOT_POSSIBLE, -EXDEV,
			       _("%s is not this machine: restart that computer yourself."),
			       fsroot_display(s->root));
	r = spawn_run(&req, &result, err);
	if (r < 0)
		return r;
	if (result.exit_status != 0) {
		err_set(err, ERR_NOT_POSSIBLE, -EIO, _("The restart was refused: %s"), str_trim(result.output));
		return err_hint(err, _("Restart the computer yourself; nothing is lost, run vfio-wizard again after it."));
	}
	return 0;
}
