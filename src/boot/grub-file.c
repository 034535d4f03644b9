/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/grub-file.h"

#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/*
 * Just enough of the shell's grammar (POSIX XCU 2.2, 2.3, 2.9) to know which assignments last:
 *
 *	GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
 *	GRUB_CMDLINE_LINUX_DEFAULT="quiet \
 *	    splash"   # comment
 *	export GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ipv6.disable=1"
 */
struct grub_lexer {
	struct arena *arena;
	struct grub_file *f;
	size_t at;
	size_t cap;
	struct err *err;

	/* Compound commands around the current one. */
	unsigned depth, parens, cases;
	size_t opener;
	bool chained; /* behind && || ! | in the same list */
	/* The simple command being read. */
	size_t first_stmt;   /* statements from here on belong to it */
	bool at_start;       /* only assignments so far */
	const char *command; /* its name, NULL none yet */
	const char *const *functions; /* defined so far: calling one may set anything */
};

unsigned grub_file_line(const struct grub_file *f, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset && i < f->len; i++)
		line += f->text[i] == '\n';
	return line;
}

static int grub_broken(struct grub_lexer *l, size_t at, const char *what)
{
	err_input(l->err, l->f->path, grub_file_line(l->f, at),
		  _("%s is opened here and never closed"), what);
	return err_hint(l->err, _("Correct the line and check the file with: sh -n %s"),
			l->f->path);
}

static int grub_skip(struct grub_lexer *l, size_t *at, bool in_double);
static void grub_note_expansion(struct grub_lexer *l, size_t at);

/* Everything up to END (one of " } ) `), stepping over what is quoted; *AT is behind it. */
static int grub_skip_to(struct grub_lexer *l, size_t *at, size_t open, char end, bool in_double,
			const char *what)
{
	const struct grub_file *f = l->f;
	int r;

	while (*at < f->len) {
		char c = f->text[*at];

		if (c == end) {
			++*at;
			return 0;
		}
		/* Parentheses nest: $( (a) ). */
		if (end == ')' && c == '(') {
			size_t inner = (*at)++;

			r = grub_skip_to(l, at, inner, ')', false, "(");
		} else if (end == '`' && c != '\\') {
			++*at;
			r = 0;
		} else {
			r = grub_skip(l, at, in_double);
		}
		if (r < 0)
			return r;
	}
	return grub_broken(l, open, what);
}

/* One character, or the whole quoted or expanded piece that starts at *AT. */
static int grub_skip(struct grub_lexer *l, size_t *at, bool in_double)
{
	const struct grub_file *f = l->f;
	size_t open = *at;
	char next = open + 1 < f->len ? f->text[open + 1] : '\0';
	const char *close;

	switch (f->text[open]) {
	case '\\':
		*at += open + 1 < f->len ? 2 : 1;
		return 0;
	case '\'':
		++*at;
		if (in_double)
			return 0;
		close = memchr(f->text + *at, '\'', f->len - *at);
		if (!close)
			return grub_broken(l, open, _("A single quote (')"));
		*at = (size_t)(close - f->text) + 1;
		return 0;
	case '"':
		++*at;
		return grub_skip_to(l, at, open, '"', true, _("A double quote (\")"));
	case '`':
		++*at;
		return grub_skip_to(l, at, open, '`', false, _("A backtick (`)"));
	case '$':
		if (next != '(' && next != '{') {
			++*at;
			return 0;
		}
		*at += 2;
		if (next == '(')
			return grub_skip_to(l, at, open, ')', false, "$(");
		grub_note_expansion(l, *at);
		return grub_skip_to(l, at, open, '}', in_double, "${");
	default:
		++*at;
		return 0;
	}
}

size_t grub_file_skip(const struct grub_file *f, size_t offset, bool in_double)
{
	struct grub_file copy = *f;
	struct grub_lexer l = { .f = &copy };

	/* The file was parsed without an error, so this cannot run into one. */
	return grub_skip(&l, &offset, in_double) < 0 ? f->len : offset;
}

static bool grub_ends_word(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' ||
	       c == '>' || c == '(' || c == ')';
}

/* Length of NAME of "NAME=" or "NAME+=", 0 when TEXT is something else. */
static size_t grub_assigned_name(const char *text, size_t n, bool *ret_append)
{
	size_t i = 0;

	while (i < n && (isalpha((unsigned char)text[i]) || text[i] == '_' ||
			 (i && isdigit((unsigned char)text[i]))))
		i++;
	*ret_append = i + 1 < n && text[i] == '+' && text[i + 1] == '=';
	return i && i < n && (text[i] == '=' || *ret_append) ? i : 0;
}

static struct grub_stmt *grub_add(struct grub_lexer *l, enum grub_stmt_kind kind, const char *name,
				  size_t word, size_t word_end)
{
	struct grub_file *f = l->f;
	struct grub_stmt *s;

	if (f->n_stmts == l->cap) {
		struct grub_stmt *grown;

		l->cap = l->cap ? 2 * l->cap : 16;
		grown = arena_alloc(l->arena, l->cap * sizeof(*grown));
		if (f->n_stmts)
			memcpy(grown, f->stmts, f->n_stmts * sizeof(*grown));
		f->stmts = grown;
	}
	s = &f->stmts[f->n_stmts++];
	*s = (struct grub_stmt){ .kind = kind, .name = name, .word = word, .word_end = word_end };
	s->line = grub_file_line(f, word);
	s->conditional = l->depth > 0 || l->parens > 0 || l->chained;
	return s;
}

/* "${NAME:=WORD}" and "${NAME=WORD}" set NAME when it is empty or unset; AT is behind the brace. */
static void grub_note_expansion(struct grub_lexer *l, size_t at)
{
	const char *text = l->f->text + at;
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	struct grub_stmt *s;

	/* Without an arena the file was parsed before, and this was noted. */
	if (!l->arena || !n || text[n + (text[n] == ':')] != '=')
		return;
	s = grub_add(l, GRUB_STMT_ASSIGN, arena_strndup(l->arena, text, n), at, at + n);
	s->conditional = s->expansion = true;
}

static bool grub_is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* Reserved words, which only count where a command may start.  True: W was one. */
static bool grub_reserved(struct grub_lexer *l, const char *w, size_t at)
{
	static const char *const open[] = { "if",   "while", "until",  "for",
					    "case", "{",     "select", NULL };
	static const char *const close[] = { "fi", "done", "esac", "}", NULL };
	static const char *const inner[] = { "then", "else", "elif", "do", "!", "time", NULL };

	if (grub_is_one_of(w, open)) {
		if (l->depth++ == 0)
			l->opener = at;
		l->cases += strcmp(w, "case") == 0;
		/* What follows "for" and "case" are words and no command. */
		if (strcmp(w, "for") == 0 || strcmp(w, "case") == 0 || strcmp(w, "select") == 0) {
			l->at_start = false;
			l->command = w;
		}
		return true;
	}
	if (grub_is_one_of(w, close)) {
		l->depth -= l->depth > 0;
		l->cases -= l->cases > 0 && strcmp(w, "esac") == 0;
		return true;
	}
	if (strcmp(w, "!") == 0)
		l->chained = true;
	return grub_is_one_of(w, inner);
}

/* W is the name of a command: one of those that may set anything? */
static void grub_take_command(struct grub_lexer *l, const char *w, size_t at, size_t end)
{
	static const char *const unknowable[] = { "eval", "read",  "return", "exit", "exec",
						  "trap", "alias", "getopts", NULL };

	l->command = w;
	l->at_start = false;
	/* What is behind "\\eval", "'eval'" or "$X" is only known when it runs. */
	if (strpbrk(w, "\\'\"$`") || grub_is_one_of(w, unknowable) ||
	    (l->functions && grub_is_one_of(w, l->functions)))
		grub_add(l, GRUB_STMT_EVAL, w, at, end);
	if (strcmp(w, "\r") == 0 && !l->f->cr_command_line)
		l->f->cr_command_line = grub_file_line(l->f, at);
}

/* "A=1 command" sets A for the command alone. */
static void grub_forget_assignments(struct grub_lexer *l)
{
	struct grub_file *f = l->f;
	size_t kept = l->first_stmt;

	for (size_t i = l->first_stmt; i < f->n_stmts; i++)
		if (f->stmts[i].expansion)
			f->stmts[kept++] = f->stmts[i];
	f->n_stmts = kept;
}

/* W is a further word of the command. */
static void grub_take_argument(struct grub_lexer *l, const char *w, size_t at, size_t end)
{
	static const char *const binding[] = { "for", "select", NULL };
	static const char *const passing[] = { "command", "builtin", NULL };
	const char *command = l->command ? l->command : "";

	if (strcmp(command, "unset") == 0 && *w != '-') {
		grub_add(l, GRUB_STMT_UNSET, w, at, end);
	} else if (strcmp(command, ".") == 0 || strcmp(command, "source") == 0) {
		grub_add(l, GRUB_STMT_SOURCE, command, at, end);
		l->command = ""; /* further words are its arguments */
	} else if (strcmp(command, "alias") == 0 && strchr(w, '=')) {
		/* From now on that word is another command, as with a function. */
		arena_strv_add(l->arena, &l->functions, arena_strndup(l->arena, w, strcspn(w, "=")));
	} else if (grub_is_one_of(command, binding)) {
		grub_add(l, GRUB_STMT_ASSIGN, w, at, end)->conditional = true;
		l->command = "";
	} else if (grub_is_one_of(command, passing) && *w != '-') {
		grub_take_command(l, w, at, end);
	} else if (grub_is_one_of(command, passing) && strpbrk(w, "vV")) {
		l->command = ""; /* "command -v lsb_release" only asks */
	}
}

static void grub_take_word(struct grub_lexer *l, size_t at, size_t end)
{
	static const char *const declaring[] = { "export", "readonly", "declare", "typeset", NULL };
	struct grub_file *f = l->f;
	const char *w = arena_strndup(l->arena, f->text + at, end - at);
	bool append, declares = l->command && grub_is_one_of(l->command, declaring);
	size_t name = grub_assigned_name(w, end - at, &append);

	/* The 2 of "2>/dev/null". */
	if (end < f->len && strchr("<>", f->text[end]) && w[strspn(w, "0123456789")] == '\0')
		return;
	if (l->at_start && !name && grub_reserved(l, w, at))
		return;
	if (name && (l->at_start || declares)) {
		size_t value = at + name + 1 + append;
		struct grub_stmt *s =
			grub_add(l, GRUB_STMT_ASSIGN, arena_strndup(l->arena, w, name), value, end);

		s->line = grub_file_line(f, at);
		s->append = append;
		/* NAME=(a b) is an array of bash's. */
		s->conditional |= end < f->len && f->text[end] == '(';
		if (append && !f->append_line)
			f->append_line = s->line;
		return;
	}
	if (!l->at_start) {
		grub_take_argument(l, w, at, end);
		return;
	}
	if (!grub_is_one_of(w, declaring))
		grub_forget_assignments(l);
	grub_take_command(l, w, at, end);
}

static void grub_end_command(struct grub_lexer *l)
{
	l->at_start = true;
	l->command = NULL;
	l->first_stmt = l->f->n_stmts;
}

/* ; & | && || ( ) < > at the cursor. */
static int grub_operator(struct grub_lexer *l)
{
	struct grub_file *f = l->f;
	char c = f->text[l->at], next = l->at + 1 < f->len ? f->text[l->at + 1] : '\0';

	if (c == '<' && next == '<')
		return err_input(l->err, f->path, grub_file_line(f, l->at),
				 _("a here-document (<<) cannot be followed"));
	l->at++;
	switch (c) {
	case '&':
	case '|':
		if (l->at < f->len && f->text[l->at] == '>') /* &> */
			return 0;
		if (next == c)
			l->at++;
		else /* in the background or a pipe: another process sets it in vain */
			for (size_t i = l->first_stmt; i < f->n_stmts; i++)
				f->stmts[i].conditional = true;
		grub_end_command(l);
		l->chained = next == c || c == '|';
		return 0;
	case '(':
		if (l->command && next == ')')
			arena_strv_add(l->arena, &l->functions, l->command);
		if (l->parens++ == 0 && l->depth == 0)
			l->opener = l->at - 1;
		grub_end_command(l);
		return 0;
	case ')':
		if (l->parens)
			l->parens--;
		else if (!l->cases)
			return err_input(l->err, f->path, grub_file_line(f, l->at - 1),
					 _("\")\" without \"(\""));
		grub_end_command(l);
		return 0;
	case ';':
		grub_end_command(l);
		l->chained = false;
		return 0;
	default: /* < > >> >& : the file's name follows, which is no part of the command */
		while (l->at < f->len && strchr("<>&|", f->text[l->at]))
			l->at++;
		while (l->at < f->len && (f->text[l->at] == ' ' || f->text[l->at] == '\t'))
			l->at++;
		while (l->at < f->len && !grub_ends_word(f->text[l->at])) {
			int r = grub_skip(l, &l->at, false);

			if (r < 0)
				return r;
		}
		return 0;
	}
}

static int grub_next(struct grub_lexer *l)
{
	struct grub_file *f = l->f;
	size_t start = l->at;
	char c = f->text[start];
	int r = 0;

	if (c == ' ' || c == '\t') {
		l->at++;
	} else if (c == '\\' && start + 1 < f->len && f->text[start + 1] == '\n') {
		l->at += 2;
	} else if (c == '\n') {
		l->at++;
		/* "a &&" goes on behind the end of its line. */
		if (!l->at_start || l->first_stmt != f->n_stmts)
			l->chained = false;
		grub_end_command(l);
	} else if (c == '#') {
		while (l->at < f->len && f->text[l->at] != '\n')
			l->at++;
	} else if (grub_ends_word(c)) {
		r = grub_operator(l);
	} else {
		while (r >= 0 && l->at < f->len && !grub_ends_word(f->text[l->at]))
			r = grub_skip(l, &l->at, false);
		if (r >= 0)
			grub_take_word(l, start, l->at);
	}
	return r;
}

int grub_file_parse(struct arena *arena, const char *path, const char *text, size_t len,
		    struct grub_file *ret, struct err *err)
{
	return grub_file_parse_after(arena, path, text, len, NULL, ret, err);
}

int grub_file_parse_after(struct arena *arena, const char *path, const char *text, size_t len,
			  const char *const *functions, struct grub_file *ret, struct err *err)
{
	struct grub_file f = { .path = arena_strdup(arena, path),
			       .text = arena_strndup(arena, text, len),
			       .len = len };
	struct grub_lexer l = { .arena = arena, .f = &f, .err = err, .at_start = true };
	const char *cr;

	for (; functions && *functions; functions++)
		arena_strv_add(arena, &l.functions, *functions);
	/* Notepad's mark: sh takes it for the first letters of a command, which is not found. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		err_input(err, path, 1, _("the file begins with a byte order mark (U+FEFF), which sh does not understand"));
		return err_hint(err, _("Take it away with: sudo sed -i '1s/^\\xef\\xbb\\xbf//' %s"), path);
	}
	/* The copy ends at a NUL byte, which sh would drop or stumble over. */
	if (memchr(text, '\0', len))
		return err_input(
			err, path,
			grub_file_line(&f, (size_t)((const char *)memchr(text, '\0', len) - text)),
			_("this is not a text file: it holds a NUL byte"));
	while (l.at < f.len) {
		int r = grub_next(&l);

		if (r < 0)
			return r;
	}
	if (l.depth || l.parens) {
		const char *word = f.text + l.opener;

		return grub_broken(
			&l, l.opener,
			arena_strndup(arena, word, strcspn(word, " \t\r\n;(") + (*word == '(')));
	}
	cr = strstr(f.text, "\r\n");
	f.functions = l.functions;
	f.crlf_line = cr ? grub_file_line(&f, (size_t)(cr - f.text)) : 0;
	*ret = f;
	return 0;
}
