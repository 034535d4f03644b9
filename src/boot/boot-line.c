/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/boot-line.h"

#include "base/str.h"
#include "base/strv.h"

#include <ctype.h>
#include <string.h>

/* One argument and the blanks in front of it, as they stand on the line. */
struct line_piece {
	const char *blanks, *arg;
	size_t n_blanks, n_arg;
};

/* The end is a piece without an argument. */
static struct line_piece *line_split(struct arena *a, const char *line, size_t *ret_n)
{
	struct line_piece *pieces = arena_alloc(a, (strlen(line) / 2 + 2) * sizeof(*pieces));
	size_t n = 0;

	for (;;) {
		struct line_piece *p = &pieces[n++];
		bool quoted = false;

		for (p->blanks = line; isspace((unsigned char)*line); line++)
			p->n_blanks++;
		for (p->arg = line; *line && (quoted || !isspace((unsigned char)*line)); line++, p->n_arg++)
			if (*line == '"')
				quoted = !quoted;
		if (!p->n_arg)
			break;
	}
	*ret_n = n - 1;
	return pieces;
}

static bool line_is(const struct line_piece *p, const char *arg)
{
	return strlen(arg) == p->n_arg && strncmp(arg, p->arg, p->n_arg) == 0;
}

/* Where in PIECES from FROM on ARG stands, or N. */
static size_t line_find(const struct line_piece *pieces, size_t from, size_t n, const char *arg)
{
	while (from < n && !line_is(&pieces[from], arg))
		from++;
	return from;
}

/*
 * WANT is the old list with some arguments taken out, some put in and some replaced.  Those that are
 * in both keep the blanks in front of them; a new one takes those of the argument in its place, or
 * one blank.
 */
static void line_write(const struct line_piece *pieces, size_t n, char **want, struct str *out)
{
	size_t at = 0;

	for (char **w = want; w && *w; w++) {
		size_t found = line_find(pieces, at, n, *w);

		if (found < n) {
			str_addn(out, pieces[found].blanks,
				 out->len || !found ? pieces[found].n_blanks : 0);
			str_add(out, *w);
			at = found + 1;
			continue;
		}
		/* In the place of an argument that is not wanted any more? */
		if (at < n && (!w[1] || line_find(pieces, at, n, w[1]) > at)) {
			str_addn(out, pieces[at].blanks, out->len || !at ? pieces[at].n_blanks : 0);
			str_add(out, *w);
			at++;
			continue;
		}
		if (out->len)
			str_addc(out, ' ');
		str_add(out, *w);
	}
	if (n || out->len == 0)
		str_addn(out, pieces[n].blanks, pieces[n].n_blanks);
}

const char *boot_line_edit(struct arena *a, const char *line, const char *const *set,
			   const char *const *remove)
{
	_cleanup_kargs_ struct kargs k = { 0 }, result = { 0 };
	_cleanup_free_ char *wanted = NULL, *got = NULL;
	_cleanup_str_ struct str out = { 0 };
	struct line_piece *pieces;
	bool changed = false;
	size_t n;

	kargs_parse(line, &k);
	for (; remove && *remove; remove++)
		changed |= kargs_remove(&k, *remove);
	for (; set && *set; set++)
		changed |= kargs_set(&k, *set);
	if (!changed)
		return NULL;
	pieces = line_split(a, line, &n);
	line_write(pieces, n, k.args, &out);
	kargs_parse(str_c(&out), &result);
	wanted = kargs_format(&k);
	got = kargs_format(&result);
	/* Arguments that changed places (nobody does that today) would need single blanks throughout. */
	return arena_strdup(a, strcmp(wanted, got) == 0 ? str_c(&out) : wanted);
}
