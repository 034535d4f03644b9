/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "session/session.h"
#include "wizard/build.h"
#include "wizard/frontend.h"

#include <stdbool.h>

/* What a step wants after it handled an event. */
enum move {
	MOVE_STAY,  /* describe the screen anew */
	MOVE_NEXT,  /* to the next step that applies */
	MOVE_BACK,
	MOVE_LEAVE, /* end the wizard, everything saved */
};

struct wizard;

/*
 * A step = one file step-<name>.c ending in one const struct, and one row in step.def.  It describes
 * its screen from the session's facts and answers every time anew, and turns one event into changed
 * answers; it remembers nothing of its own but what struct wizard has for it.
 */
struct step {
	const char *id;	   /* "kernel": in the saved state */
	const char *label; /* N_("Kernel"): in the row of steps; "~" for a restart */
	const char *title; /* N_() */
	const char *help;  /* N_() text of the ? popup */
	/* NULL: always.  A step that does not apply is passed over in both directions. */
	bool (*applies)(const struct wizard *w);
	/* NULL: never.  True while something of it is still to be solved by the person. */
	bool (*needs_you)(const struct wizard *w);
	void (*describe)(struct wizard *w, struct screen_build *b);
	/* NULL, or what the step has its own answer to; the wizard knows next, back, undo and quit. */
	enum move (*handle)(struct wizard *w, const struct event *ev, enum move proposed);
};
#define STEP(id) extern const struct step step_##id;
#include "wizard/step.def"
#undef STEP
extern const struct step *const step_table[];
extern const unsigned step_count;

struct wizard {
	struct session *s;
	struct frontend *f;
	unsigned at;		/* index in step_table */
	struct plan *plan;	/* of the facts and answers of now; NULL when it cannot be made */
	struct err plan_err;	/* why not */
	enum message_kind message_kind; /* shown once, on the next screen */
	char message[1024];
	struct verification *verification; /* after a restart and in the test step */
	unsigned review_view;	/* 1 summary, 2 files, 3 XML, 4 commands */
	bool devices_all;	/* devices step: show what is rarely given away, too */
	char open_groups[512];	/* devices step: " 1 14 " unfolded groups */
	char wrong_key[32];	/* machine step: field whose text was refused, "" none ... */
	char wrong_text[512];	/* ... and the text, so that it can be mended */
	char saved[8];		/* "14:02" */
	int signal;		/* the terminal went away */
	bool leave;		/* agreed to inside a popup or the undo centre */
	bool in_undo_centre;
	bool asking_quit, quit_again; /* q behind the question that q asks */
	bool taken_back;	/* nothing of this program is left on the host: leaving writes nothing */
	struct str last_words;	/* printed on the normal terminal after the end */
	char storage_folder[512]; /* storage browser: the folder it shows, "" the usual one */
	bool machine_started;	/* by the button of the test step */
};

/* "01:00.0" for a device of domain 0, else the whole address. */
const char *wizard_address(const struct pci_device *d);
/* "2026-05-14 14:02" of an ISO time stamp, in the builder's arena. */
const char *wizard_time(struct screen_build *b, const char *stamp);
/* What stands at the right of a page's title: "DRY RUN", "saved 14:02". */
const char *wizard_status(const struct wizard *w, struct arena *a);
/* The row of steps, on every full page. */
void wizard_add_steps(const struct wizard *w, struct screen_build *b);
/* To the step with that ID; the caller then stays. */
void wizard_go_to(struct wizard *w, const char *id);
/* "off" and the like, translated. */
const char *wizard_secure_boot_words(enum secure_boot state);
/* The question behind q; true when the person really wants to leave. */
bool wizard_quit_question(struct wizard *w);
/* Plan of the answers as they are now. */
void wizard_replan(struct wizard *w);
/* NULL when that stage has nothing to do. */
struct stage *wizard_stage(const struct wizard *w, const char *name);
void wizard_say(struct wizard *w, enum message_kind kind, const char *fmt, ...) _printf_(3, 4);
/* Shows an error as the message of the next screen, with its hint. */
void wizard_say_err(struct wizard *w, const struct err *err);
/* Looks again and judges, with the probes' titles as progress. */
int wizard_look(struct wizard *w, struct err *err) _must_check_;
/*
 * Sets one answer, "" clears it; false when it is refused: the old value stays and the error is the
 * next message.
 */
bool wizard_answer(struct wizard *w, const char *key, const char *value);

/* popup.c: shows one popup; EVENT_CLOSE when the terminal is gone, too: nobody agreed. */
void wizard_popup(struct wizard *w, struct screen_build *b, struct event *ev);
/* machine-cpu.c: which CPUs and pages the machine gets; returns when it is closed. */
void wizard_show_cpu(struct wizard *w);
/* Level 1, a question whose act is named on the button; the safe button has the focus. */
bool wizard_ask(struct wizard *w, const char *title, const char *const *lines, const char *safe,
		const char *act);
/* Level 2: the shown word has to be typed. */
bool wizard_ask_typed(struct wizard *w, const char *title, const char *const *lines, const char *word);
/* A choice of several; index of the button, -1 closed. */
int wizard_choose(struct wizard *w, const char *id, const char *title, const char *const *lines,
		  const char *const *buttons);
/* Shows running text until it is closed. */
void wizard_show_text(struct wizard *w, const char *title, const char *text);
/* Shows lines of files and commands as they are; long ones are scrolled sideways. */
void wizard_show_lines(struct wizard *w, const char *title, const char *text);

/* change.c: asks (level 1), applies the plan's next stage with progress; true when it was done. */
bool wizard_apply_stage(struct wizard *w, const char *name);
/* Restart now, after asking; NOTES (NULL none) are what to write down.  False when it was not done. */
bool wizard_restart(struct wizard *w, bool into_firmware, const char *const *notes);
/* Adds a diff (of one change) or a command as rows. */
void wizard_add_change_rows(struct screen_build *b, const struct change *c, unsigned max_lines);
/* The diffs of all files of S in a popup. */
void wizard_show_diff(struct wizard *w, const struct stage *s);

/* undo-centre.c: returns when the person goes back. */
void wizard_undo_centre(struct wizard *w);

/* step-devices.c: what will be given away. */
unsigned wizard_chosen(const struct wizard *w, struct pci_device ***ret); /* arena of the host */

/* storage.c: discs, images and disks to choose from; returns when the person goes back. */
void wizard_storage(struct wizard *w);
/* Makes DISK the first virtual disk and keeps the others; false when it is refused. */
bool wizard_answer_disk(struct wizard *w, const char *disk);
