/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/atomic.h"
#include "base/fsroot.h"
#include "base/json.h"
#include "change/image.h"
#include "model/plan.h"

#include <stdbool.h>

/*
 * STATE_DIR/journal/NNN/entry.json and the before- and after-images beside it (the keys are
 * in journal-json.c).  An entry is written before anything is touched; afterwards only its status moves on.
 */
enum journal_status { JOURNAL_STARTED, JOURNAL_FILES_DONE, JOURNAL_DONE, JOURNAL_UNDOING };
const char *journal_status_name(enum journal_status s); /* "started", "files-done", "done", "undoing" */

/* What an undo that has begun does to one file, so that a killed one can be finished. */
struct journal_undo {
	const char *from_sha256;	/* as the undo found it; NULL absent */
	const char *to_sha256;		/* as the undo leaves it; NULL absent */
	const char *blob;		/* what to write, in the entry's folder; NULL: remove */
};

struct journal_file {
	const char *path;
	bool existed;		/* false: undo removes it */
	bool output;		/* (re)made by a command */
	const char *before_blob; /* file name in the entry's folder; NULL when it did not exist */
	const char *after_blob;	/* what we write; NULL for what only a command makes */
	/* after: NULL for an output that the commands have not made (yet). */
	const char *before_sha256, *after_sha256;
	struct file_attrs attrs;	/* before; of a created file: as we make it */
	struct timespec mtime;		/* before */
	const struct journal_undo *undo; /* NULL: not touched by an undo */
	bool removed;		/* we remove it: there is no after */
	bool link;		/* a symbolic link: its images hold where it leads */
	const char *const *xattrs; /* of a removed file, see xattrs.h; NULL none */
};
/* We write, link or remove it ourselves; else only a command makes it. */
bool journal_file_is_ours(const struct journal_file *f);
/* image_read(), image_write(), atomic_remove() of F as what it is: a file or a symbolic link. */
int journal_file_read(const struct fsroot *fs, const struct journal_file *f, struct image *ret, struct err *err)
	_must_check_;
int journal_file_write(const struct fsroot *fs, const struct journal_file *f, const struct image *img,
		       const struct file_attrs *attrs, const struct timespec *mtime, struct err *err) _must_check_;
int journal_file_remove(const struct fsroot *fs, const struct journal_file *f, struct err *err) _must_check_;
/* atomic_stage() or atomic_stage_link(). */
int journal_file_stage(const struct fsroot *fs, const struct journal_file *f, const char *data, size_t len,
		       const struct file_attrs *attrs, struct atomic_file **ret, struct err *err) _must_check_;

struct journal_command {
	const char *const *argv;
	const char *const *undo_argv;	/* NULL: none */
	const char *const *outputs;	/* paths among .files; NULL: none */
	unsigned timeout_s;
	const char *made, *installed;	/* see struct change; NULL: none */
	const char *const *by_hand;	/* NULL: argv */
	bool undo_again;		/* to be run once more after the files are back */
	const char *const *readbacks;	/* command lines that looked whether it worked; NULL: none */
};

struct journal_entry {
	struct arena *arena;
	unsigned number;
	enum journal_status status;
	const char *stage, *title, *when; /* when: ISO 8601 local time */
	const char *boot_id;		/* NULL: the root has none */
	enum stage_end then;
	struct journal_file *files;
	unsigned n_files;
	const char *const *made_dirs;	/* outermost first; NULL: none */
	struct journal_command *commands; /* in order */
	unsigned n_commands;
	unsigned commands_begun;	/* how many of them were started */
	bool commands_ran;		/* all of them, here; false: listed as pending */
	struct journal_command *undo_commands; /* JOURNAL_UNDOING: to run after the files */
	unsigned n_undo_commands;
	json_t *promises;		/* of the stage, as state.c has them; owned */
};
/* An empty entry with its own arena. */
struct journal_entry *journal_entry_new(void) _returns_nonnull_;
void journal_entry_free(struct journal_entry *e);
static inline void journal_entry_freep(struct journal_entry **e)
{
	journal_entry_free(*e);
}

/* All entries, oldest first; free with journal_list_free().  A broken one: ERR_INPUT. */
int journal_list(const struct fsroot *fs, const char *state_dir, struct journal_entry ***ret,
		 unsigned *ret_n, struct err *err) _must_check_;
void journal_list_free(struct journal_entry **entries, unsigned n);
/* The entry's folder, "STATE_DIR/journal/001"; free() it. */
char *journal_folder(const char *state_dir, unsigned number) _returns_nonnull_;
/* One more than the highest number in use; makes the entry's folder. */
int journal_begin(const struct fsroot *fs, const char *state_dir, struct journal_entry *e,
		  struct err *err) _must_check_;
/* An image beside entry.json, 0600, flushed. */
int journal_write_blob(const struct fsroot *fs, const char *state_dir, const struct journal_entry *e,
		       const char *name, const void *data, size_t len, struct err *err) _must_check_;
/* Reads it back and compares it with SHA256: ERR_INPUT when somebody changed it. */
int journal_read_blob(const struct fsroot *fs, const char *state_dir, const struct journal_entry *e,
		      const char *name, const char *sha256, struct image *ret, struct err *err)
	_must_check_;
/* Writes the entry with STATUS, flushed.  The images must be there already. */
int journal_write(const struct fsroot *fs, const char *state_dir, struct journal_entry *e,
		  enum journal_status status, struct err *err) _must_check_;
/* Removes the entry and its folder; the journal folder and STATE_DIR go when they are empty. */
int journal_remove(const struct fsroot *fs, const char *state_dir, const struct journal_entry *e,
		   struct err *err) _must_check_;
/* Removes what a killed run left: folders without an entry, half written files. */
int journal_clean(const struct fsroot *fs, const char *state_dir, struct err *err) _must_check_;
