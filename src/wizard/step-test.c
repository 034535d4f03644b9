/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/atomic.h"
#include "base/spawn.h"
#include "base/str.h"
#include "session/session-define.h"

#include <string.h>

static enum row_state test_state(enum promise_result r)
{
	switch (r) {
	case PROMISE_KEPT:
		return ROW_OK;
	case PROMISE_BROKEN:
		return ROW_PROBLEM;
	case PROMISE_NOT_YET:
		return ROW_NEUTRAL;
	case PROMISE_CANNOT_TELL:
		break;
	}
	return ROW_UNKNOWN;
}

static void test_add_promises(const struct wizard *w, struct screen_build *b)
{
	for (unsigned i = 0; w->verification && i < w->verification->n_checks; i++) {
		const struct promise_check *p = &w->verification->checks[i];
		/* the sentence is what counts: what was read comes with d */
		struct screen_row *row = build_fact(b, p->id, p->text, NULL, test_state(p->result));

		row->help = p->result == PROMISE_BROKEN && p->advice ? p->advice : p->evidence;
		row->detail = build_printf(b, "%s\n%s\n%s", p->text, p->evidence ? p->evidence : "",
					   p->advice ? p->advice : "");
	}
}

/* A promise says the same with more evidence. */
static bool test_is_promised(const struct wizard *w, const char *prefix, const char *address)
{
	for (unsigned i = 0; w->verification && i < w->verification->n_checks; i++) {
		const char *id = w->verification->checks[i].id;

		if (str_starts_with(id, prefix) && (!address || str_ends_with(id, address)))
			return true;
	}
	return false;
}

/* True of every walk, whether this program had to change something for it or not. */
static void test_add_host(const struct wizard *w, struct screen_build *b)
{
	const struct judgement *j = w->s->judgement;
	struct pci_device **chosen;
	unsigned n = wizard_chosen(w, &chosen);

	if (!test_is_promised(w, "iommu", NULL))
		build_fact(b, "iommu", _("IOMMU"),
			   j->iommu_state != IOMMU_ON ? _("off")
						      : build_printf(b, ngettext("on, %u group", "on, %u groups", j->host->n_groups),
								     j->host->n_groups),
			   j->iommu_state == IOMMU_ON ? ROW_OK : ROW_PROBLEM);
	for (unsigned i = 0; i < n; i++) {
		bool held = str_eq(chosen[i]->driver, "vfio-pci");
		bool later = str_eq(answers_get(&w->s->answers, "bind"), "libvirt") ||
			     str_eq(answers_get(&w->s->answers, "bind"), "hooks");

		if (test_is_promised(w, "driver:", chosen[i]->address))
			continue;
		build_fact(b, build_printf(b, "holder-%s", chosen[i]->address),
			   wizard_address(chosen[i]),
			   held	   ? _("vfio-pci holds it")
			   : later ? build_printf(b, _("libvirt takes it from %s when the machine starts"),
						  chosen[i]->driver ? chosen[i]->driver : _("no driver"))
				   : build_printf(b, _("held by %s"), chosen[i]->driver ? chosen[i]->driver : _("no driver")),
			   held || later ? ROW_OK : ROW_PROBLEM);
	}
}

static void test_add_domain(struct wizard *w, struct screen_build *b)
{
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;

	if (session_write_machine(w->s, "libvirt", NULL, &text, &len, &err) < 0)
		build_fact(b, "domain", _("Domain"), err.msg, ROW_PROBLEM)->detail = arena_strdup(b->arena, err.msg);
	else
		build_fact(b, "domain", _("Domain"), _("is valid"), ROW_OK)->help =
			_("Checked against libvirt's own rules where they are installed.");
}

static bool test_needs_you(const struct wizard *w)
{
	for (unsigned i = 0; w->verification && i < w->verification->n_checks; i++)
		if (w->verification->checks[i].result == PROMISE_BROKEN)
			return true;
	return false;
}

/* Only this computer's own libvirt can, and only for who may write. */
static bool test_can_start(const struct wizard *w)
{
	return !w->s->read_only && fsroot_is_live(w->s->root) && spawn_is_installed("virsh") &&
	       !session_restart_is_due(w->s);
}

static void test_start(struct wizard *w)
{
	const char *const lines[] = {
		_("libvirt is given the machine, when it has none of that name, and starts it."),
		_("Its devices leave this computer until it has stopped: save your work first."),
		NULL,
	};
	struct err err = { 0 };

	if (!wizard_ask(w, _("Start the machine"), lines, _("Back"), _("Start it")))
		return;
	if (session_start_machine(w->s, &err) != 0) {
		wizard_say_err(w, &err);
		return;
	}
	w->machine_started = true;
	wizard_say(w, MESSAGE_NOTE, _("It runs. Does its screen come up? Shut it down and look whether its devices are back."));
}

static void test_stop(struct wizard *w)
{
	struct err err = { 0 };

	if (session_stop_machine(w->s, &err) < 0) {
		wizard_say_err(w, &err);
		return;
	}
	w->machine_started = false;
	wizard_say(w, MESSAGE_NOTE, _("It was asked to shut down, which takes a while; then run the checks again."));
}

static void test_describe(struct wizard *w, struct screen_build *b)
{
	struct err err = { 0 };

	verification_free(w->verification);
	w->verification = NULL;
	if (session_verify(w->s, &w->verification, &err) < 0)
		wizard_say_err(w, &err);
	build_text(b, _("Checks on the running system. Nothing is changed here."));
	build_blank(b);
	test_add_host(w, b);
	test_add_domain(w, b);
	test_add_promises(w, b);
	build_button(b, "again", _("Run all again"), NULL);
	if (test_can_start(w) && !w->machine_started)
		build_button(b, "start", _("Start it"), NULL);
	if (test_can_start(w) && w->machine_started)
		build_button(b, "stop", _("Shut it down"), NULL);
	build_button(b, "report", _("Save a report"), NULL);
	build_button(b, "finish", _("Finish"), NULL);
	b->screen.focus = "finish";
}

static void test_save_report(struct wizard *w)
{
	struct file_attrs attrs = { 0600, geteuid(), getegid() };
	_cleanup_fsroot_ struct fsroot *here = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;

	if (recording_take(w->s->root, &text, &len, &err) < 0 || fsroot_open(".", &here, &err) < 0 ||
	    atomic_write(here, "vfio-wizard-report.host", text, len, &attrs, &err) < 0)
		wizard_say_err(w, &err);
	else
		wizard_say(w, MESSAGE_NOTE, _("Saved: ./vfio-wizard-report.host, private data masked. Read it before you send it."));
}

/* Stays on the normal terminal, where it can be copied. */
static void test_last_words(struct wizard *w)
{
	_cleanup_(machine_freep) struct machine *m = NULL;

	str_done(&w->last_words);
	if (w->s->read_only || session_build_machine(w->s, NULL, &m, NULL) < 0)
		return;
	str_addf(&w->last_words,
		 _("The machine %s is written.\n"
		   "  give it to libvirt   virsh -c qemu:///system define /etc/vfio-wizard/machines/%s.xml\n"),
		 m->name, m->name);
	session_add_machine_commands(&w->last_words, m->name);
	str_add(&w->last_words, _("  measure              vfio-wizard verify\n"
				  "  take back            vfio-wizard undo --all\n"));
}

static enum move test_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	struct err err = { 0 };

	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "again") == 0 && wizard_look(w, &err) < 0)
		wizard_say_err(w, &err);
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "report") == 0)
		test_save_report(w);
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "start") == 0)
		test_start(w);
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "stop") == 0)
		test_stop(w);
	if ((ev->kind == EVENT_BUTTON && strcmp(ev->id, "finish") == 0) || proposed == MOVE_NEXT) {
		test_last_words(w);
		return MOVE_LEAVE;
	}
	return proposed;
}

const struct step step_test = {
	.id = "test",
	.label = N_("Test"),
	.title = N_("Does it work?"),
	.help = N_("Everything that was promised is measured again, now.\n"
		   "OK: true.  !!: not true, d says what helps.  --: only after the restart.  ??: cannot be known from here."),
	.needs_you = test_needs_you,
	.describe = test_describe,
	.handle = test_handle,
};
