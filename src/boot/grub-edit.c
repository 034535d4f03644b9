/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/grub-file.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/kargs.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* One argument inside a value: the characters [from, to). */
struct grub_arg {
	size_t from, to;
	const char *text;
};

static struct grub_arg *grub_split(struct arena *a, const struct grub_value *v, size_t *ret_n)
{
	/* As the kernel does it, see kargs_parse(). */
	struct grub_arg *args = arena_alloc(a, (v->len / 2 + 1) * sizeof(*args));
	size_t n = 0, i = 0;

	for (;;) {
		bool quoted = false;
		size_t from;

		while (i < v->len && isspace((unsigned char)v->text[i]))
			i++;
		if (i == v->len)
			break;
		for (from = i; i < v->len && (quoted || !isspace((unsigned char)v->text[i])); i++)
			if (v->text[i] == '"')
				quoted = !quoted;
		args[n++] =
			(struct grub_arg){ from, i, arena_strndup(a, v->text + from, i - from) };
	}
	*ret_n = n;
	return args;
}

/* Replaces the source bytes [start, end) of a file and reads it anew. */
static int grub_splice(struct grub_script *s, unsigned file, size_t start, size_t end,
		       const char *text, struct err *err)
{
	struct grub_file *f = &s->files[file];
	_cleanup_str_ struct str out = { 0 };

	str_addn(&out, f->text, start);
	str_add(&out, text);
	str_addn(&out, f->text + end, f->len - end);
	return grub_file_parse(s->arena, f->path, str_c(&out), out.len, f, err);
}

/* Are the characters [from, to) typed in one piece, so that they can be edited as one? */
static bool grub_in_one_piece(const struct grub_value *v, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (v->text[i] == GRUB_UNKNOWN || v->origin[i].file != v->origin[from].file ||
		    v->origin[i].segment != v->origin[from].segment)
			return false;
	return from < to;
}

static int grub_cannot_edit(const struct grub_script *s, const struct grub_value *v,
			    const struct grub_arg *arg, struct err *err)
{
	const struct grub_origin *o = &v->origin[arg->from];
	const struct grub_file *f = &s->files[o->file];

	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("%s:%u: the argument %s is put together from several pieces and cannot be "
		  "changed "
		  "without changing something else"),
		f->path, grub_file_line(f, o->start), arg->text);
	return err_hint(err, _("Change this argument in the file by hand and start again."));
}

/* Takes ARGS[AT] out, with the blanks between it and its neighbour. */
static int grub_delete(struct grub_script *s, const struct grub_value *v,
		       const struct grub_arg *args, size_t n, size_t at, struct err *err)
{
	const struct grub_arg *arg = &args[at];
	const struct grub_origin *first = &v->origin[arg->from], *last = &v->origin[arg->to - 1];
	size_t start = first->start, end = last->end;

	if (!grub_in_one_piece(v, arg->from, arg->to))
		return grub_cannot_edit(s, v, arg, err);
	if (at + 1 < n && grub_in_one_piece(v, arg->from, args[at + 1].from + 1))
		end = v->origin[args[at + 1].from].start;
	else if (at > 0 && grub_in_one_piece(v, args[at - 1].to - 1, arg->to))
		start = v->origin[args[at - 1].to - 1].end;
	return grub_splice(s, first->file, start, end, "", err);
}

/* Is [start, end) a word without any quoting that "…" can be put around? */
static bool grub_is_plain(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_-.,=:/@+%^", text[i]))
			return false;
	return true;
}

/* Adds ARG at the end of assignment STMT. */
static int grub_append(struct grub_script *s, unsigned file, const struct grub_stmt *stmt,
		       const char *arg, struct err *err)
{
	const struct grub_file *f = &s->files[file];
	size_t start = stmt->word, end = stmt->word_end;
	_cleanup_str_ struct str out = { 0 };
	char quote;

	/* The CR of a line end is part of the word, but not of what a person sees. */
	if (end > start && f->text[end - 1] == '\r')
		end--;
	quote = end > start ? f->text[end - 1] : '\0';
	if (end - start >= 2 && (quote == '"' || quote == '\'') &&
	    (end - start == 2 || f->text[end - 2] != '\\' || quote == '\'')) {
		char before = f->text[end - 2];
		bool first = end - 1 == start + 1 && f->text[start] == quote;

		if (first && stmt->append)
			str_addc(&out, ' ');
		else if (!first && before != ' ' && before != '\t')
			str_addc(&out, ' ');
		str_add(&out, arg);
		return grub_splice(s, file, end - 1, end - 1, str_c(&out), err);
	}
	if (grub_is_plain(f->text + start, end - start)) {
		str_addc(&out, '"');
		str_addn(&out, f->text + start, end - start);
		if (end > start || stmt->append)
			str_addc(&out, ' ');
		str_add(&out, arg);
		str_addc(&out, '"');
		return grub_splice(s, file, start, end, str_c(&out), err);
	}
	str_addf(&out, "\" %s\"", arg);
	return grub_splice(s, file, end, end, str_c(&out), err);
}

/* How often TEXT is wanted more than it is there. */
static int grub_count_missing(const struct grub_arg *args, size_t n, const char *const *want,
			      const char *text)
{
	int missing = 0;

	for (size_t i = 0; i < n; i++)
		missing -= strcmp(args[i].text, text) == 0;
	for (; want && *want; want++)
		missing += strcmp(*want, text) == 0;
	return missing;
}

/* The last wanted argument that is not there and has the name of LIKE (NULL: any name). */
static const char *grub_find_missing(const struct grub_arg *args, size_t n, const char *const *want,
				     const char *like)
{
	const char *found = NULL;

	for (size_t i = 0; want && want[i]; i++) {
		if (like && !karg_same_name(want[i], like))
			continue;
		if (grub_count_missing(args, n, want, want[i]) <= 0)
			continue;
		found = want[i];
		if (!like) /* new ones are added in the order they were asked for */
			break;
	}
	return found;
}

/* Adds ARG: before "--", behind which the arguments of init stand, else where the value starts. */
static int grub_add_arg(struct grub_script *s, const struct grub_value *v,
			const struct grub_arg *args, size_t n, const char *arg, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *before = xasprintf("%s ", arg);
		const struct grub_origin *o = &v->origin[args[i].from];

		if (strcmp(args[i].text, "--") == 0)
			return grub_splice(s, o->file, o->start, o->start, before, err);
	}
	if (v->home)
		return grub_append(s, v->home_file, v->home, arg, err);
	return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		       _("No line of the GRUB settings can take a further argument"));
}

/* One step from what is towards WANT.  1: a step was made, 0: it is as wanted. */
static int grub_step(struct grub_script *s, const char *name, const char *const *want,
		     struct err *err)
{
	const char *missing;
	struct grub_value v;
	struct grub_arg *args;
	size_t n, i;
	int r;

	grub_script_value(s, name, &v);
	args = grub_split(s->arena, &v, &n);
	for (i = n; i-- > 0;) {
		if (grub_count_missing(args, n, want, args[i].text) >= 0)
			continue;
		missing = grub_find_missing(args, n, want, args[i].text);
		if (!missing)
			r = grub_delete(s, &v, args, n, i, err);
		else if (!grub_in_one_piece(&v, args[i].from, args[i].to))
			r = grub_cannot_edit(s, &v, &args[i], err);
		else
			r = grub_splice(s, v.origin[args[i].from].file,
					v.origin[args[i].from].start, v.origin[args[i].to - 1].end,
					missing, err);
		return r < 0 ? r : 1;
	}
	missing = grub_find_missing(args, n, want, NULL);
	if (!missing)
		return 0;
	r = grub_add_arg(s, &v, args, n, missing, err);
	return r < 0 ? r : 1;
}

int grub_edit_args(struct grub_script *s, const char *name, const char *const *want,
		   struct err *err)
{
	/* Each step mends one argument; more steps than this mean that two edits undo each other. */
	size_t limit = 4 * (strv_length(want) + 16);
	int r = 1;

	while (r > 0 && limit-- > 0)
		r = grub_step(s, name, want, err);
	if (r < 0)
		return r;
	return r == 0 ? 0
		      : err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
				_("%s is built in a way that cannot be edited safely in %s"), name,
				s->files[0].path);
}

int grub_edit_add_line(struct grub_script *s, unsigned file, const char *name, const char *args,
		       struct err *err)
{
	struct grub_file *f = &s->files[file];
	const char *eol = f->crlf_line ? "\r\n" : "\n";
	bool open_end = f->len && f->text[f->len - 1] != '\n';
	_cleanup_str_ struct str out = { 0 };

	str_addf(&out, "%s%s=\"%s\"%s", open_end ? eol : "", name, args, eol);
	return grub_splice(s, f - s->files, f->len, f->len, str_c(&out), err);
}
