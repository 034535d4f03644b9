/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/finding.h"

#include <sys/types.h>

/*
 * Everything about to happen, as data.  The same plan is shown as a diff, printed as JSON, executed,
 * journalled, undone and measured.  Lives in one arena.
 */
enum change_kind { CHANGE_EDIT, CHANGE_CREATE, CHANGE_RUN, CHANGE_REMOVE, CHANGE_LINK };
const char *change_kind_name(enum change_kind k); /* "edit", "create", "run", "remove", "link" */

/* A command that only looks at what was made: its output has to hold every one of the needles. */
struct change_readback {
	const char *const *argv;
	const char *const *needles;
};

struct change {
	enum change_kind kind;
	const char *why;	/* translated; may be NULL for edits */

	/* edit, create, remove, link */
	const char *path;	/* absolute, below the root */
	/* Edit, remove: what was read when the plan was made; link: where it led; NULL: nothing was there. */
	const char *before;
	size_t before_len;
	const char *after;	/* link: where it leads; remove: NULL */
	size_t after_len;
	mode_t mode;		/* create only; an edited file keeps its own */

	/* run */
	const char *const *argv;
	unsigned timeout_s;
	/* What takes it back; NULL: undo runs it again, and only when its outputs cannot be put back. */
	const char *const *undo_argv;
	/* Files the command makes anew (grub.cfg): kept in the journal before it runs, put back by undo. */
	const char *const *outputs;
	/* After it ran, each of these must be found in readback_path, or it did not work. */
	const char *readback_path;
	const char *const *readback_needles;
	/*
	 * Where a tool would write a file that the start needs bit by bit, it is told to write MADE, beside
	 * it; once that was read back, its content takes the place of INSTALLED in one step, and MADE
	 * goes.  Both are outputs; NULL: the tool writes its files itself.
	 */
	const char *made, *installed;
	const char *const *by_hand; /* what a person runs instead, "update-grub"; NULL: ARGV */
	/*
	 * What it makes lies where it cannot be seen (ESPs that are not mounted): undo, and going back
	 * half-way, run it once more when the files that it reads are back.  Not with undo_argv.
	 */
	bool undo_again;
	/* The same for what cannot be read as it is, like an initramfs image; may be NULL. */
	struct change_readback *readbacks;
	unsigned n_readbacks;
};

enum promise_kind {
	PROMISE_CMDLINE,	/* /proc/cmdline has ARG */
	PROMISE_IOMMU_ON,	/* IOMMU units and groups exist */
	PROMISE_DRIVER,		/* the function at ADDR (VENDOR:DEVICE) is on driver ARG */
	PROMISE_FILE,		/* PATH holds just what was written */
	PROMISE_DOMAIN,		/* libvirt knows domain ARG */
	PROMISE_KERNEL,		/* uname -r is ARG */
	PROMISE_ACS_OVERRIDE,	/* the kernel says that it obeys pcie_acs_override */
	PROMISE_APART,		/* none of the functions in ARG ("0000:02:00.0,…") is in the group of ADDR */
};

struct promise {
	const char *id;		/* "cmdline:iommu=pt", "driver:0000:01:00.0"; stable */
	const char *text;	/* translated: "01:00.0 is held by vfio-pci" */
	enum promise_kind kind;
	const char *arg;	/* argument, driver, path's SHA-256, domain name, release, addresses */
	const char *path;	/* PROMISE_FILE */
	struct pci_addr addr;	/* PROMISE_DRIVER, PROMISE_APART */
	uint16_t vendor, device;
};

enum stage_end { STAGE_END_NONE, STAGE_END_REBOOT, STAGE_END_FIRMWARE };
const char *stage_end_name(enum stage_end e); /* "none", "reboot", "firmware" */

struct stage {
	const char *name;	/* "kernel", "bind", "machine" */
	const char *title;	/* translated: what undo and the checkpoint call it */
	struct change **changes;
	unsigned n_changes;
	struct promise **promises;
	unsigned n_promises;
	enum stage_end then;
	struct arena_list change_list, promise_list; /* builders */
};

struct plan {
	struct arena *arena;
	struct stage **stages;	/* only stages with something to do */
	unsigned n_stages;
	struct finding **findings; /* what the planner has to say (refused devices, drop-ins that win) */
	unsigned n_findings;
	struct arena_list stage_list, finding_list;
};

struct plan *plan_new(void) _returns_nonnull_;
void plan_free(struct plan *p);
static inline void plan_freep(struct plan **p)
{
	plan_free(*p);
}
#define _cleanup_plan_ _cleanup_(plan_freep)

/* The stage of that NAME, made at the end when it is not there yet. */
struct stage *plan_stage(struct plan *p, const char *name, const char *title, enum stage_end then);
/* NULL: there is none of that NAME. */
struct stage *plan_find_stage(const struct plan *p, const char *name);
/* Drops stages without a change; call once when the plan is complete. */
void plan_finish(struct plan *p);
/*
 * A change of a file's whole text.  When the stage (or an earlier one) already changes PATH, BEFORE
 * must be that change's after.  Nothing is added when BEFORE equals AFTER.  BEFORE NULL = create.
 */
void stage_add_file(struct plan *p, struct stage *s, const char *path, const char *before,
		    size_t before_len, const char *after, size_t after_len, mode_t mode,
		    const char *why);
/*
 * The file PATH goes; BEFORE is its text as the plan so far leaves it.  One that the stage itself
 * makes is not made instead.
 */
void stage_add_remove(struct plan *p, struct stage *s, const char *path, const char *before, size_t before_len,
		      const char *why);
/*
 * The symbolic link PATH, which leads to BEFORE (NULL: there is none), is made to lead to AFTER: a new one
 * takes its place in one step.  Nothing is added when it does already.
 */
void stage_add_link(struct plan *p, struct stage *s, const char *path, const char *before, const char *after,
		    const char *why);
struct change *stage_add_run(struct plan *p, struct stage *s, const char *const *argv, const char *why)
	_returns_nonnull_;
/* Copies ARGV and NEEDLES; without needles it is the exit status that counts (cmp). */
void change_add_readback(struct plan *p, struct change *c, const char *const *argv,
			 const char *const *needles);
struct promise *stage_add_promise(struct plan *p, struct stage *s, enum promise_kind kind,
				  const char *id, const char *text) _returns_nonnull_;
/* The text PATH will have after all of the plan so far (CHANGE_REMOVE: none); NULL when no change touches it. */
const struct change *plan_last_change(const struct plan *p, const char *path);

/*
 * A unified diff of the change, "--- a/path" headers, three lines of context, "\ No newline at end
 * of file" where due, CR shown as it is; of a link one line that says where it leads.  free() it.
 */
char *change_diff(const struct change *c) _returns_nonnull_;
/* Lower-case hex SHA-256. */
#define SHA256_TEXT 65
void sha256_hex(const void *data, size_t len, char buf[static SHA256_TEXT]);
