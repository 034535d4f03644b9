/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/grub-file.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

/*
 * The value a variable has after grub-mkconfig sourced all files, found without running them.
 * What only running could tell (`…`, $(…), an assignment inside "if") is the byte GRUB_UNKNOWN.
 */
struct grub_var {
	const char *name;
	struct grub_value value;
};

struct grub_env {
	struct arena *arena;
	const struct grub_script *script;
	struct grub_var *vars;
	unsigned n_vars, cap_vars;
	const char *opaque; /* something was sourced or evaluated: unset names may be set */
	unsigned segment;
	/* The assignment being evaluated. */
	unsigned file;
	const char *self; /* its variable */
	bool uses_self;
	const char *own_unknown; /* its own text holds something that cannot be known */
};

/* Names that grub-mkconfig or its environment set before the files are sourced. */
static const char *const grub_outside[] = {
	"GRUB_DEVICE", "GRUB_FS",     "GRUB_EARLY_INITRD",
	"PATH",        "HOME",        "PWD",
	"LANG",        "LC_",         "prefix",
	"exec_prefix", "datarootdir", "datadir",
	"bindir",      "sbindir",     "sysconfdir",
	"pkgdatadir",  "grub_",       "PACKAGE",
	"host_os",     "self",        "gettext",
	"TEXTDOMAIN",  NULL,
};

/* Files that set names of their own only. */
static const char *const grub_harmless[] = {
	"/etc/os-release", "/usr/lib/os-release", "/etc/lsb-release", "/etc/default/locale", NULL,
};

static void grub_put(struct grub_env *env, struct grub_value *v, char c, struct grub_origin origin)
{
	if (v->len + 1 >= v->cap) {
		size_t cap = v->cap ? 2 * v->cap : 64;
		char *text = arena_alloc(env->arena, cap);
		struct grub_origin *grown = arena_alloc(env->arena, cap * sizeof(*grown));

		if (v->len) {
			memcpy(text, v->text, v->len);
			memcpy(grown, v->origin, v->len * sizeof(*grown));
		}
		v->text = text;
		v->origin = grown;
		v->cap = cap;
	}
	v->text[v->len] = c;
	v->origin[v->len++] = origin;
	v->text[v->len] = '\0';
}

static struct grub_value *grub_find(struct grub_env *env, const char *name)
{
	for (unsigned i = 0; i < env->n_vars; i++)
		if (strcmp(env->vars[i].name, name) == 0)
			return &env->vars[i].value;
	return NULL;
}

static void grub_store(struct grub_env *env, const char *name, const struct grub_value *value)
{
	struct grub_value *old = grub_find(env, name);

	if (old) {
		*old = *value;
		return;
	}
	if (env->n_vars == env->cap_vars) {
		struct grub_var *grown;

		env->cap_vars = env->cap_vars ? 2 * env->cap_vars : 32;
		grown = arena_alloc(env->arena, env->cap_vars * sizeof(*grown));
		if (env->n_vars)
			memcpy(grown, env->vars, env->n_vars * sizeof(*grown));
		env->vars = grown;
	}
	env->vars[env->n_vars++] = (struct grub_var){ .name = name, .value = *value };
}

static void grub_put_unknown(struct grub_env *env, struct grub_value *v, size_t start, size_t end,
			     const char *why)
{
	struct grub_origin origin = {
		.file = env->file, .segment = ++env->segment, .start = start, .end = end
	};

	grub_put(env, v, GRUB_UNKNOWN, origin);
	env->segment++;
	if (!v->unknown)
		v->unknown = why;
}

/* A sentence about the text from OFFSET on. */
static const char *grub_why(struct grub_env *env, const char *format, size_t offset)
{
	const struct grub_file *f = &env->script->files[env->file];

	return arena_printf(env->arena, format, f->path, grub_file_line(f, offset));
}

static void grub_put_own_unknown(struct grub_env *env, struct grub_value *v, size_t start,
				 size_t end)
{
	const char *why =
		grub_why(env,
			 _("%s:%u: the value is the output of a program or depends on more than "
			   "this file, so it is only known when it runs"),
			 start);

	if (!env->own_unknown)
		env->own_unknown = why;
	grub_put_unknown(env, v, start, end, why);
}

/* What $NAME stands for at this point; false: set by nobody. */
static bool grub_put_variable(struct grub_env *env, struct grub_value *v, const char *name,
			      size_t start, size_t end)
{
	const struct grub_value *from = grub_find(env, name);

	if (env->self && strcmp(name, env->self) == 0)
		env->uses_self = true;
	if (from && from->is_set) {
		for (size_t i = 0; i < from->len; i++)
			grub_put(env, v, from->text[i], from->origin[i]);
		if (from->unknown && !v->unknown)
			v->unknown = from->unknown;
		return from->len > 0;
	}
	for (const char *const *o = grub_outside; *o; o++) {
		if (!str_starts_with(name, *o))
			continue;
		grub_put_own_unknown(env, v, start, end);
		return true;
	}
	if (env->opaque && !from) {
		grub_put_unknown(env, v, start, end, env->opaque);
		return true;
	}
	return false;
}

static void grub_eval(struct grub_env *env, struct grub_value *v, size_t at, size_t end,
		      bool in_double);

/* ${NAME}, ${NAME:-WORD}, ${NAME-WORD}, ${NAME:+WORD}, ${NAME+WORD}; the rest is unknown. */
static void grub_eval_brace(struct grub_env *env, struct grub_value *v, size_t start, size_t end,
			    bool in_double)
{
	const struct grub_file *f = &env->script->files[env->file];
	size_t name = start + 2, op = name, close = end - 1;
	const struct grub_value *from;
	const char *variable;
	bool colon, is_there;

	while (op < close && (isalnum((unsigned char)f->text[op]) || f->text[op] == '_'))
		op++;
	variable = arena_strndup(env->arena, f->text + name, op - name);
	if (op > name && op == close) {
		grub_put_variable(env, v, variable, start, end);
		return;
	}
	colon = f->text[op] == ':';
	op += colon;
	if (op == name || op >= close || (f->text[op] != '-' && f->text[op] != '+')) {
		grub_put_own_unknown(env, v, start, end);
		return;
	}
	from = grub_find(env, variable);
	is_there = from && from->is_set && (!colon || from->len > 0);
	if (env->self && strcmp(variable, env->self) == 0)
		env->uses_self = true;
	if (f->text[op] == '+') {
		if (is_there)
			grub_eval(env, v, op + 1, close, in_double);
	} else if (is_there) {
		grub_put_variable(env, v, variable, start, end);
	} else if (!grub_put_variable(env, v, variable, start, end)) {
		grub_eval(env, v, op + 1, close, in_double);
	}
}

/* "$…" at AT; returns where it ends. */
static size_t grub_eval_dollar(struct grub_env *env, struct grub_value *v, size_t at, size_t end,
			       bool in_double)
{
	const struct grub_file *f = &env->script->files[env->file];
	char next = at + 1 < end ? f->text[at + 1] : '\0';
	size_t stop = at + 1;

	if (next == '(' || next == '{') {
		stop = grub_file_skip(f, at, in_double);
		if (next == '{')
			grub_eval_brace(env, v, at, stop, in_double);
		else
			grub_put_own_unknown(env, v, at, stop);
	} else if (isalpha((unsigned char)next) || next == '_') {
		while (stop < end &&
		       (isalnum((unsigned char)f->text[stop]) || f->text[stop] == '_'))
			stop++;
		grub_put_variable(env, v,
				  arena_strndup(env->arena, f->text + at + 1, stop - at - 1), at,
				  stop);
	} else if (next && (isdigit((unsigned char)next) || strchr("@*#?-$!", next))) {
		grub_put_own_unknown(env, v, at, ++stop);
	} else {
		grub_put(env, v, '$', (struct grub_origin){ env->file, env->segment, at, stop });
		return stop;
	}
	env->segment++;
	return stop;
}

static void grub_eval(struct grub_env *env, struct grub_value *v, size_t at, size_t end,
		      bool in_double)
{
	const struct grub_file *f = &env->script->files[env->file];
	size_t start = at, stop;

	while (at < end) {
		struct grub_origin origin = { env->file, env->segment, at, at + 1 };
		char c = f->text[at], next = at + 1 < end ? f->text[at + 1] : '\0';

		if (c == '\\' && next && (!in_double || strchr("$`\"\\\n", next))) {
			origin.end = at + 2;
			if (next != '\n')
				grub_put(env, v, next, origin);
			at += 2;
		} else if (c == '\'' && !in_double) {
			stop = grub_file_skip(f, at, false);
			env->segment++;
			for (at++; at < stop - 1; at++)
				grub_put(env, v, f->text[at],
					 (struct grub_origin){ env->file, env->segment, at,
							       at + 1 });
			env->segment++;
			at = stop;
		} else if (c == '"') {
			stop = grub_file_skip(f, at, false);
			env->segment++;
			grub_eval(env, v, at + 1, stop - 1, true);
			env->segment++;
			at = stop;
		} else if (c == '`') {
			stop = grub_file_skip(f, at, in_double);
			grub_put_own_unknown(env, v, at, stop);
			at = stop;
		} else if (c == '$') {
			env->segment++;
			at = grub_eval_dollar(env, v, at, end, in_double);
		} else if (c == '~' && !in_double && (at == start || f->text[at - 1] == ':')) {
			grub_put_own_unknown(env, v, at, at + 1);
			at++;
		} else {
			grub_put(env, v, c, origin);
			at++;
		}
	}
}

static void grub_run_assign(struct grub_env *env, const struct grub_stmt *s)
{
	const struct grub_value *old = grub_find(env, s->name);
	struct grub_value v = { .is_set = true };

	/* dash takes NAME+=VALUE for the name of a command. */
	if (s->append && !env->script->knows_append)
		return;
	env->self = s->name;
	env->uses_self = s->append;
	env->own_unknown = NULL;
	env->segment++;
	v.text = arena_strdup(env->arena, "");
	if (s->conditional) {
		grub_put_unknown(
			env, &v, s->word, s->word_end,
			grub_why(env,
				 _("%s:%u: whether this assignment counts is only known when the "
				   "file runs"),
				 s->word));
		grub_store(env, s->name, &v);
		return;
	}
	if (s->append)
		grub_put_variable(env, &v, s->name, s->word, s->word_end);
	grub_eval(env, &v, s->word, s->word_end, false);
	if (env->uses_self && old && old->home) {
		v.home = old->home;
		v.home_file = old->home_file;
	} else if (!env->own_unknown) {
		v.home = s;
		v.home_file = env->file;
	}
	grub_store(env, s->name, &v);
}

/* From here on nobody knows what is set. */
static void grub_run_opaque(struct grub_env *env, const struct grub_stmt *s)
{
	const struct grub_file *f = &env->script->files[env->file];
	const char *file = arena_strndup(env->arena, f->text + s->word, s->word_end - s->word);

	for (const char *const *h = grub_harmless; s->kind == GRUB_STMT_SOURCE && *h; h++)
		if (strcmp(file, *h) == 0)
			return;
	env->opaque = grub_why(env, _("%s:%u: another script runs here, which may set any value"),
			       s->word);
	for (unsigned i = 0; i < env->n_vars; i++) {
		struct grub_value unknown = { .is_set = true };

		grub_put_unknown(env, &unknown, s->word, s->word_end, env->opaque);
		env->vars[i].value = unknown;
	}
}

void grub_script_value(const struct grub_script *script, const char *name, struct grub_value *ret)
{
	struct grub_env env = { .arena = script->arena, .script = script };
	struct grub_value *found, nothing = { .text = arena_strdup(script->arena, "") };

	for (env.file = 0; env.file < script->n_files; env.file++) {
		const struct grub_file *f = &script->files[env.file];

		for (size_t i = 0; i < f->n_stmts; i++) {
			const struct grub_stmt *s = &f->stmts[i];

			switch (s->kind) {
			case GRUB_STMT_ASSIGN:
				grub_run_assign(&env, s);
				break;
			case GRUB_STMT_UNSET:
				if (s->conditional)
					grub_run_assign(&env, s);
				else
					grub_store(&env, s->name, &nothing);
				break;
			case GRUB_STMT_SOURCE:
			case GRUB_STMT_EVAL:
				grub_run_opaque(&env, s);
				break;
			}
		}
	}
	found = grub_find(&env, name);
	*ret = found ? *found : nothing;
	if (!found && env.opaque)
		ret->unknown = env.opaque;
}
