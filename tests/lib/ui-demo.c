/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A fixed walk through every kind of screen: what a person, tests/ui.sh or a terminal probe can drive
 * without a host.  Prints the events it got when it ends.  Options: --ascii --color=never
 * --color=always --mouse --show-cursor --plain --answers --start=ID.
 */
#include "base/str.h"
#include "wizard/frontend.h"

#include <locale.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define N_DEVICES 40

static const struct screen_step demo_steps[] = {
	{ "Host", true, false, false },	  { "Firmware", true, false, false },
	{ "Kernel", true, false, false }, { "~", false, false, false },
	{ "Devices", false, true, false }, { "Bind", false, false, false },
	{ "~", false, false, false },	  { "VM", false, false, false },
	{ "Review", false, false, false }, { "Apply", false, false, false },
	{ "Test", false, false, false },
};

static const struct screen_button demo_buttons[] = {
	{ "back", "Back", false, NULL },
	{ "next", "Continue", false, NULL },
	{ "report", "Save a report", true, "There is nothing to report yet." },
};

struct demo {
	struct arena *arena;
	struct frontend *frontend;
	struct str log;
	bool marked[N_DEVICES], open[N_DEVICES / 4];
	char name[512], system[64];
	char message[128];
};

static void demo_log(struct demo *d, const char *screen, const struct event *ev)
{
	static const char *const names[] = { "button", "next", "back", "toggle", "open", "set",
					     "key",    "undo", "quit", "close",	 "hangup" };

	str_addf(&d->log, "%s: %s", screen, names[ev->kind]);
	if (*ev->id)
		str_addf(&d->log, " %s", ev->id);
	if (*ev->text && (ev->kind == EVENT_SET || ev->kind == EVENT_BUTTON))
		str_addf(&d->log, " \"%s\"", ev->text);
	if (ev->kind == EVENT_KEY)
		str_addf(&d->log, " %c", ev->key);
	if (ev->kind == EVENT_HANGUP)
		str_addf(&d->log, " signal %d", ev->signal);
	str_addc(&d->log, '\n');
}

static struct screen demo_screen(const char *id, const char *title)
{
	return (struct screen){
		.id = id,
		.title = title,
		.status = "saved 14:31",
		.steps = demo_steps,
		.n_steps = ARRAY_SIZE(demo_steps),
		.buttons = demo_buttons,
		.n_buttons = ARRAY_SIZE(demo_buttons),
		.help = "A group is the smallest set of devices that can be kept apart from the rest of "
			"the computer. The hardware decides it, not this program.",
	};
}

static void demo_facts(struct demo *d, struct event *ret, struct err *err)
{
	static struct screen_row rows[] = {
		{ ROW_TEXT, .label = "This program prepares the computer to give a PCI device, usually "
				     "a graphics card, to a virtual machine. Nothing is changed until "
				     "you have seen it and agreed." },
		{ ROW_BLANK },
		{ ROW_FACT, "computer", .label = "Computer",
		  .value = "ASUS PRIME Z490-P, firmware 2801 (2022-10-11), UEFI" },
		{ ROW_FACT, "processor", .label = "Processor",
		  .value = "Intel Core i7-10700K, 8 cores", .state = ROW_OK, .note = "VT-x on",
		  .detail = "/proc/cpuinfo: flags vmx ept vpid", .help = "Counted in threads and cores." },
		{ ROW_FACT, "memory", .label = "Memory", .value = "32 GiB, 27 GiB free", .state = ROW_OK },
		{ ROW_FACT, "graphics", .label = "Graphics",
		  .value = "01:00.0 NVIDIA RTX 3060", .state = ROW_OK, .note = "can be given" },
		{ ROW_FACT, "iommu", .label = "IOMMU", .value = "off", .state = ROW_PROBLEM,
		  .note = "step 2 and 3", .detail = "No DMAR table: the firmware has VT-d off." },
		{ ROW_FACT, "above4g", .label = "Above 4G", .value = "cannot be read from here",
		  .state = ROW_UNKNOWN },
		{ ROW_FACT, "keyboard", .label = "Keyboard", .value = "the only one",
		  .state = ROW_CAUTION },
		{ ROW_FACT, "secureboot", .label = "Secure Boot", .value = "off",
		  .state = ROW_NEUTRAL, .note = "not needed" },
		{ ROW_FACT, "board", .label = "\346\227\245\346\234\254\350\252\236",
		  .value = "\343\202\260\343\203\251\343\203\225\343\202\243\343\203\203\343\202\257",
		  .state = ROW_OK, .note = "wide" },
	};
	struct screen s = demo_screen("host", "This computer");

	s.rows = rows;
	s.n_rows = ARRAY_SIZE(rows);
	s.focus = "next";
	s.keys = "r Read again";
	s.message_kind = MESSAGE_NOTE;
	s.message = "answers are saved; you can stop at any step.";
	if (d->frontend->ops->show(d->frontend, &s, ret, err) == 0)
		demo_log(d, "host", ret);
}

static void demo_toggle(struct demo *d, const char *id)
{
	for (unsigned i = 0; i < N_DEVICES; i++) {
		if (str_eq(id, arena_printf(d->arena, "dev-%02u", i))) {
			if (i == 2)
				snprintf(d->message, sizeof(d->message),
					 "Not possible: dev-02 shows this screen.");
			else
				d->marked[i] = !d->marked[i];
		}
		if (str_eq(id, arena_printf(d->arena, "group-%u", i)))
			d->open[i] = !d->open[i];
	}
}

static void demo_devices(struct demo *d, struct event *ret, struct err *err)
{
	struct screen_row *rows = arena_alloc(d->arena, sizeof(*rows) * (N_DEVICES * 2));
	struct screen s = demo_screen("devices", "Choose devices");
	unsigned n = 0;

	rows[n++] = (struct screen_row){
		ROW_TEXT, .label = "Mark what the virtual machine shall get. A group goes as a whole."
	};
	for (unsigned i = 0; i < N_DEVICES; i++) {
		struct arena *a = d->arena;

		if (i % 4 == 0) {
			unsigned g = i / 4;

			rows[n++] = (struct screen_row){
				ROW_GROUP, arena_printf(a, "group-%u", g), .marked = d->open[g],
				.label = arena_printf(a, "Group %u", g),
				.state = g ? ROW_OK : ROW_PROBLEM,
				.note = g ? "can be given as a whole" : "the host needs it",
			};
		}
		rows[n++] = (struct screen_row){
			ROW_CHECK, arena_printf(a, "dev-%02u", i), 1,
			.label = arena_printf(a, "%02x:00.%u Graphics  Example card %u", i / 4, i % 4, i),
			.value = arena_printf(a, "10de:%04x", 0x2500 + i), .note = "nouveau",
			.marked = d->marked[i], .disabled = i == 2,
			.help = "No reset problem known, has a UEFI ROM.",
			.detail = arena_printf(a, "Address 0000:%02x:00.%u\nReset: FLR\nLink: 16 lanes, "
						  "8 GT/s\nNobody has it open.", i / 4, i % 4),
		};
	}
	s.rows = rows;
	s.n_rows = n;
	s.focus = "dev-00";
	s.keys = "f Show";
	s.message_kind = *d->message ? MESSAGE_WARNING : MESSAGE_NONE;
	s.message = d->message;
	if (d->frontend->ops->show(d->frontend, &s, ret, err) == 0)
		demo_log(d, "devices", ret);
	*d->message = '\0';
	if (ret->kind == EVENT_TOGGLE || ret->kind == EVENT_OPEN)
		demo_toggle(d, ret->id);
}

static void demo_form(struct demo *d, struct event *ret, struct err *err)
{
	struct screen_row rows[] = {
		{ ROW_FIELD, "name", .label = "Name", .value = d->name,
		  .help = "Letters, digits, . _ - up to 50." },
		{ ROW_LIST, "system", .label = "System", .value = d->system,
		  .choices = "Windows 11|Windows 10|Linux|other" },
		{ ROW_FIELD, "memory", .label = "Memory", .value = "16384",
		  .note = "MiB; host has 32 GiB" },
		{ ROW_CHECK, "hide", .label = "Hide hypervisor", .note = "some drivers want it" },
		{ ROW_BLANK },
		{ ROW_HEADING, .label = "Change in /etc/default/grub" },
		{ ROW_DIFF, .label = "- GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"" },
		{ ROW_DIFF, .label = "+ GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt "
				     "vfio-pci.ids=10de:2504,10de:228e\"" },
	};
	struct screen s = demo_screen("form", "Virtual machine");

	s.rows = rows;
	s.n_rows = ARRAY_SIZE(rows);
	if (str_eq(d->name, "bad name")) {
		s.message_kind = MESSAGE_ERROR;
		s.message = "a name has no blanks. Write letters, digits, . _ or -.";
		s.focus = "name";
	}
	if (d->frontend->ops->show(d->frontend, &s, ret, err) == 0)
		demo_log(d, "form", ret);
	if (ret->kind == EVENT_SET && str_eq(ret->id, "name"))
		snprintf(d->name, sizeof(d->name), "%s", ret->text);
	if (ret->kind == EVENT_SET && str_eq(ret->id, "system"))
		snprintf(d->system, sizeof(d->system), "%.60s", ret->text);
}

static void demo_popup(struct demo *d, struct event *ret, struct err *err)
{
	static struct screen_row rows[] = {
		{ ROW_FACT, .label = "/etc/default/grub", .value = "1 line changed" },
		{ ROW_FACT, .label = "/boot/grub/grub.cfg", .value = "made new by update-grub" },
		{ ROW_BLANK },
		{ ROW_TEXT, .label = "Undo at any time: vfio-wizard undo (also from rescue)" },
	};
	static const struct screen_button buttons[] = {
		{ "back", "Go back", false, NULL },
		{ "confirm", "Write and update", false, NULL },
	};
	struct screen s = demo_screen("write", "Write 1 file and update the boot menu?");

	s.kind = SCREEN_POPUP;
	s.rows = rows;
	s.n_rows = ARRAY_SIZE(rows);
	s.buttons = buttons;
	s.n_buttons = ARRAY_SIZE(buttons);
	if (d->frontend->ops->show(d->frontend, &s, ret, err) == 0)
		demo_log(d, "write", ret);
}

static void demo_typed(struct demo *d, struct event *ret, struct err *err)
{
	static struct screen_row rows[] = {
		{ ROW_TEXT, .label = "This card shows the console you look at. After the restart the "
				     "screen stays black; only ssh works." },
	};
	static const struct screen_button buttons[] = {
		{ "back", "Go back", false, NULL },
		{ "confirm", "Give the card away", false, NULL },
	};
	struct screen s = demo_screen("black", "The screen will stay black");

	s.kind = SCREEN_TYPED;
	s.word = "BLACK";
	s.rows = rows;
	s.n_rows = ARRAY_SIZE(rows);
	s.buttons = buttons;
	s.n_buttons = ARRAY_SIZE(buttons);
	if (d->frontend->ops->show(d->frontend, &s, ret, err) == 0)
		demo_log(d, "black", ret);
}

static void demo_progress(struct demo *d, struct event *ret)
{
	static const char *const labels[] = { "copy of 4 files to undo/003",
					      "qemu-img create win11.qcow2 120G",
					      "virsh define win11.xml" };
	static const char *const output[] = { "$ qemu-img create -f qcow2 win11.qcow2 120G",
					      "Formatting 'win11.qcow2', fmt=qcow2" };
	const char *states[] = { "done", "running", "waiting" };
	unsigned elapsed[] = { 100, 38000, 0 };
	const struct progress p = {
		.title = "Applying", .steps = demo_steps, .n_steps = ARRAY_SIZE(demo_steps),
		.labels = labels, .states = states, .elapsed_ms = elapsed, .n_labels = 3,
		.output = output, .n_output = 2, .log = "/var/log/vfio-wizard.log",
	};
	const struct timespec pause = { 0, 20000000 };

	/* until somebody stops it, and no longer than a minute */
	for (int i = 0; i < 3000 && d->frontend->ops->progress(d->frontend, &p); i++)
		nanosleep(&pause, NULL);
	str_add(&d->log, "progress: stopped\n");
	*ret = (struct event){ .kind = EVENT_NEXT };
}

/* Forward, back or out; stays on the page for everything that changes it. */
static void demo_run(struct demo *d, int at, struct err *err)
{
	struct event ev = { 0 };

	while (at < 6 && err->kind == ERR_NONE) {
		if (at == 0)
			demo_facts(d, &ev, err);
		else if (at == 1)
			demo_devices(d, &ev, err);
		else if (at == 2)
			demo_form(d, &ev, err);
		else if (at == 3)
			demo_popup(d, &ev, err);
		else if (at == 4)
			demo_typed(d, &ev, err);
		else
			demo_progress(d, &ev);
		if (err->kind != ERR_NONE || ev.kind == EVENT_QUIT || ev.kind == EVENT_HANGUP)
			return;
		if (ev.kind == EVENT_NEXT || (ev.kind == EVENT_BUTTON && !str_eq(ev.id, "back")))
			at++;
		else if (at > 0 && (ev.kind == EVENT_BACK || ev.kind == EVENT_CLOSE ||
				    ev.kind == EVENT_BUTTON))
			at--;
	}
}

static struct frontend *demo_open(int argc, char **argv, int *ret_start, const char **ret_why)
{
	static const char *const ids[] = { "host", "devices", "form", "write", "black", "progress" };
	struct frontend_options o = { 0 };
	bool plain = false, answers = false;

	for (int i = 1; i < argc; i++) {
		o.ascii |= str_eq(argv[i], "--ascii");
		o.color_never |= str_eq(argv[i], "--color=never");
		o.color_always |= str_eq(argv[i], "--color=always");
		o.mouse |= str_eq(argv[i], "--mouse");
		o.show_cursor |= str_eq(argv[i], "--show-cursor");
		plain |= str_eq(argv[i], "--plain");
		answers |= str_eq(argv[i], "--answers");
		for (int j = 0; j < 6; j++) {
			if (str_starts_with(argv[i], "--start=") && str_eq(argv[i] + 8, ids[j]))
				*ret_start = j;
		}
	}
	if (plain)
		return frontend_plain_new(stdin, stdout);
	return answers ? frontend_answers_new(stdout) : frontend_curses_new(&o, ret_why);
}

int main(int argc, char **argv)
{
	struct demo d = { .name = "win11", .system = "Windows 11", .open = { true, true } };
	struct err err = { 0 };
	const char *why = "";
	int start = 0;

	setlocale(LC_ALL, "");
	for (int i = 2; i < N_DEVICES / 4; i++)
		d.open[i] = i % 3 != 0;
	d.frontend = demo_open(argc, argv, &start, &why);
	if (!d.frontend) {
		fprintf(stderr, "%s\n", why);
		return 2;
	}
	d.arena = arena_new();
	demo_run(&d, start, &err);
	d.frontend->ops->close(d.frontend, "Events:");
	fputs(str_c(&d.log), stdout);
	if (err.kind != ERR_NONE)
		printf("error: %s\n", err.msg);
	str_done(&d.log);
	arena_free(d.arena);
	return err_exit_code(&err);
}
