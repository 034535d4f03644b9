/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * /etc/default/grub and the .cfg files of /etc/default/grub.d as what they are: pieces of one POSIX shell
 * script that grub-mkconfig sources in order.  The text is never normalised: a value is known
 * together with the source bytes every character of it came from, so that one argument can be
 * changed and everything else stays as it was typed.
 */
enum grub_stmt_kind {
	GRUB_STMT_ASSIGN, /* NAME=WORD or NAME+=WORD that lasts (no command behind it) */
	GRUB_STMT_UNSET,
	GRUB_STMT_SOURCE, /* . FILE: may change anything, nobody can tell without running it */
	GRUB_STMT_EVAL,   /* eval, read, return, exit, a function's name, a command that is a "$X" */
};

struct grub_stmt {
	enum grub_stmt_kind kind;
	const char *name;      /* ASSIGN, UNSET: the variable; else the command */
	size_t word, word_end; /* source bytes of the value; SOURCE: of the file's name */
	unsigned line;
	bool append;      /* += */
	bool conditional; /* inside if, case, a function, behind && …: may happen or not */
	bool expansion;	  /* ${NAME:=WORD} in a word: lasts also where the word is for one command */
};

struct grub_file {
	const char *path; /* "/etc/default/grub" */
	const char *text;
	size_t len;
	struct grub_stmt *stmts;
	size_t n_stmts;
	unsigned crlf_line;       /* first line that ends in CR LF, 0 none */
	unsigned cr_command_line; /* first line of nothing but a CR: sh takes it for a command */
	unsigned append_line;     /* first NAME+=, which only bash understands; 0 none */
	const char *const *functions; /* strv: defined in it and in the files before it; NULL none */
};

/* Lexes TEXT (kept, in ARENA).  Broken quoting, unclosed if/case/{…: ERR_INPUT "PATH:LINE: …". */
int grub_file_parse(struct arena *arena, const char *path, const char *text, size_t len,
		    struct grub_file *ret, struct err *err) _must_check_;
/* The same for a file that is sourced after others, which defined FUNCTIONS (NULL none). */
int grub_file_parse_after(struct arena *arena, const char *path, const char *text, size_t len,
			  const char *const *functions, struct grub_file *ret, struct err *err) _must_check_;
/* End of the ${…}, $(…), `…`, "…", '…' or \\x that starts at OFFSET of a parsed file. */
size_t grub_file_skip(const struct grub_file *f, size_t offset, bool in_double);
unsigned grub_file_line(const struct grub_file *f, size_t offset);

/* All the files in the order they are sourced, and whether this host's sh knows NAME+=. */
struct grub_script {
	struct arena *arena;
	struct grub_file *files;
	unsigned n_files;
	bool knows_append;
};

/* Stands in a value for what cannot be known without running the file. */
#define GRUB_UNKNOWN '\001'

/* Where one character of a value was typed. */
struct grub_origin {
	unsigned file, segment; /* a new segment begins at every quote sign */
	size_t start, end;
};

struct grub_value {
	bool is_set;
	char *text; /* NUL-terminated, in the script's arena */
	struct grub_origin *origin;
	size_t len, cap;
	const char *unknown; /* translated sentence with FILE:LINE, NULL: all of it is known */
	/*
	 * Where a further argument belongs: the assignment the value starts from, or else the first
	 * one behind it that can be edited.  NULL: none can.
	 */
	const struct grub_stmt *home;
	unsigned home_file;
};

/* The value NAME has after all files were sourced. */
void grub_script_value(const struct grub_script *s, const char *name, struct grub_value *ret);
/*
 * Brings the arguments in variable NAME from what they are to WANT (strv), by the smallest edits
 * of the source: replaced and removed where they stand, new ones at the end of the assignment the
 * value starts from.  The files of S change.  ERR_NOT_POSSIBLE with FILE:LINE when an argument
 * stands where it cannot be edited (half inside a variable or quotes).
 */
int grub_edit_args(struct grub_script *s, const char *name, const char *const *want,
		   struct err *err) _must_check_;
/* Appends a line NAME="ARGS" to file FILE, in its own line-ending style. */
int grub_edit_add_line(struct grub_script *s, unsigned file, const char *name, const char *args,
		       struct err *err) _must_check_;
