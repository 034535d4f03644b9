/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/data-lines.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

/* Longer than anything a person would read; keeps a file that is no text from becoming knowledge. */
#define LINES_LENGTH_MAX  4000
#define LINES_COLUMNS_MAX 32

/* Cuts TEXT at its bars; the number of columns, 0 when there are too many. */
static unsigned lines_split(char *text, char *columns[LINES_COLUMNS_MAX])
{
	unsigned n = 0;

	while (text) {
		char *p = text;

		while (*p && *p != '|')
			p += *p == '\\' && p[1] ? 2 : 1;
		if (*p)
			*p++ = '\0';
		else
			p = NULL;
		if (n == LINES_COLUMNS_MAX)
			return 0;
		columns[n++] = str_trim(text);
		text = p;
	}
	return n;
}

static void lines_add_one(struct host *h, struct data_line *line, char *text, data_take_fn take, void *user)
{
	char *columns[LINES_COLUMNS_MAX];
	const char *wrong;

	text = str_trim(text);
	if (!*text || *text == '#')
		return;
	line->columns = columns;
	line->n = strlen(text) > LINES_LENGTH_MAX ? 0 : lines_split(text, columns);
	wrong = line->n ? take(h, user, line) : _("The line is too long.");
	if (wrong)
		host_note_broken(h, arena_printf(h->arena, "%s:%u: %s", line->file, line->number, wrong));
}

void data_lines_add(struct host *h, const char *file, const char *text, size_t len, bool own, data_take_fn take,
		    void *user)
{
	struct data_line line = { .file = arena_strdup(h->arena, file), .own = own };
	char *copy;

	if (memchr(text, '\0', len)) {
		host_note_broken(h, arena_printf(h->arena, _("%s:1: This is no text."), file));
		return;
	}
	copy = arena_strndup(h->arena, text, len);
	for (char *start = copy, *end; start; start = end) {
		end = strchr(start, '\n');
		if (end)
			*end++ = '\0';
		line.number++;
		lines_add_one(h, &line, start, take, user);
	}
}

static void lines_add_file(struct host *h, const char *path, data_take_fn take, void *user)
{
	_cleanup_free_ char *text = NULL;
	const char *shown = arena_printf(h->arena, "/%s", path);
	size_t len;
	int r = fsroot_read(h->root, path, &text, &len);

	if (r == 0)
		data_lines_add(h, shown, text, len, true, take, user);
	else if (r != -ENOENT && r != -EISDIR)
		host_note_unreadable(h, shown, r);
}

void data_lines_add_own(struct host *h, const char *path, data_take_fn take, void *user)
{
	_cleanup_strv_ char **names = NULL;
	int r = fsroot_list(h->root, path, &names);

	if (r == -ENOTDIR)
		lines_add_file(h, path, take, user);
	else if (r < 0 && r != -ENOENT)
		host_note_unreadable(h, arena_printf(h->arena, "/%s", path), r);
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *file = xasprintf("%s/%s", path, *name);

		if (**name != '.' && !str_ends_with(*name, "~")) /* editors leave such files */
			lines_add_file(h, file, take, user);
	}
}
