/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>

/*
 * What the person chose: filled from an answers file (YAML), the command line, the wizard or the
 * saved state, all by key.  Keys are the long options without dashes (answer-list.def has one row
 * per key with its check and help).  A key that was never set is NULL and has its default.
 */
struct answers {
	json_t *values;	/* object: key → string, or array of strings for keys that repeat */
};

enum answer_type {
	ANSWER_TEXT,
	ANSWER_CHOICE,	/* one of .choices, separated by '|' */
	ANSWER_BOOL,	/* "yes" / "no" */
	ANSWER_SIZE,	/* "16G", "16 GiB", "16384" (MiB) */
	ANSWER_NUMBER,
	ANSWER_ADDRESS,	/* a PCI address, or "auto" where .choices says so */
	ANSWER_PATH,	/* absolute; one from the command line is taken from the current folder */
	ANSWER_NAME,	/* of a machine: letters, digits, . _ + - ; is part of file names */
	ANSWER_NETWORK,	/* "default", "none", "bridge:br0", "network:lan" */
	ANSWER_USB,	/* "046d:c52b", "port:1-4.2" */
};

struct answer_key {
	const char *key;	/* "memory" */
	enum answer_type type;
	const char *choices;	/* "windows11|windows10|linux|other"; NULL */
	const char *fallback;	/* value when nothing was said; NULL: no default */
	bool repeats;		/* --device ADDR --device ADDR */
	const char *help;	/* N_() */
};
extern const struct answer_key answer_keys[];
extern const unsigned answer_key_count;
const struct answer_key *answer_key_find(const char *key);

void answers_init(struct answers *a);
void answers_done(struct answers *a);
#define _cleanup_answers_ _cleanup_(answers_done)

/*
 * Checks and stores one value; a key that repeats is appended to.  WHERE is for the message:
 * "--memory" or "answers.yaml:7".  ERR_INPUT for files, ERR_USAGE when WHERE starts with "--".
 */
int answers_set(struct answers *a, const char *key, const char *value, const char *where,
		struct err *err) _must_check_;
void answers_clear(struct answers *a, const char *key);
/* The value or the key's default; NULL when there is neither.  Lives as long as A is unchanged. */
const char *answers_get(const struct answers *a, const char *key);
bool answers_is_set(const struct answers *a, const char *key);
/* --name, or the name a machine with that --os gets by itself. */
const char *answers_machine_name(const struct answers *a) _returns_nonnull_;
/* All values of a repeating key; free() the vector, not the strings. */
const char **answers_get_all(const struct answers *a, const char *key) _returns_nonnull_;
bool answers_get_bool(const struct answers *a, const char *key);
/* ANSWER_SIZE in bytes, ANSWER_NUMBER as it is; -1 when there is no value. */
long long answers_get_number(const struct answers *a, const char *key);

/* Makes DST hold what SRC holds. */
void answers_copy(struct answers *dst, const struct answers *src);
/* What SRC says replaces what DST says, key by key. */
void answers_merge(struct answers *dst, const struct answers *src);

/* Reads a YAML answers file's text.  Unknown keys, wrong values: ERR_INPUT with file and line. */
int answers_load(struct answers *a, const char *text, size_t len, const char *name, struct err *err)
	_must_check_;
/* YAML that answers_load() reads back; free() it. */
char *answers_format(const struct answers *a) _returns_nonnull_;
/* "16G", "16 GiB", "16384", "512M" → bytes.  0 or -EINVAL / -ERANGE. */
int size_parse(const char *text, unsigned long long *ret) _must_check_;
