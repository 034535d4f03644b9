/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/kernel-cmdline.h"

#include "base/str.h"
#include "boot/boot-line.h"
#include "boot/boot-text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* How many bytes of TEXT are arguments; the line ends behind them are not. */
static size_t cmdline_length(const char *text, size_t len, bool first_line)
{
	const char *end = first_line ? memchr(text, '\n', len) : NULL;

	len = end ? (size_t)(end - text) : len;
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	return len;
}

static int cmdline_load(const struct host *h, const struct plan *plan, struct arena *arena, const char **ret,
			size_t *ret_len, struct err *err)
{
	int r = boot_text_read(h, plan, arena, KERNEL_CMDLINE, ret, ret_len, err);

	if (r < 0)
		return r;
	if (memchr(*ret, '\0', *ret_len))
		return err_input(err, KERNEL_CMDLINE, 1, _("this is no text: it holds a NUL character"));
	for (const char *line = *ret; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		if (*line == '#')
			return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
				       _("%s has a comment line; not every program that reads it knows comments, so it "
					 "is not touched. Take the comment out first."),
				       KERNEL_CMDLINE);
	}
	return 0;
}

int kernel_cmdline_read(const struct host *h, const struct plan *plan, struct arena *arena, bool first_line,
			const char **ret, struct err *err)
{
	const char *text;
	size_t len;
	int r = cmdline_load(h, plan, arena, &text, &len, err);

	if (r >= 0)
		*ret = arena_strndup(arena, text, cmdline_length(text, len, first_line));
	return r;
}

int kernel_cmdline_stage(const struct host *h, const char *const *set, const char *const *remove,
			 bool first_line, struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_str_ struct str out = { 0 };
	const char *text, *edited;
	size_t len, n;
	int r = cmdline_load(h, plan, plan->arena, &text, &len, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	n = cmdline_length(text, len, first_line);
	edited = boot_line_edit(plan->arena, arena_strndup(plan->arena, text, n), set, remove);
	if (!edited)
		return 0;
	str_add(&out, edited);
	str_addn(&out, text + n, len - n);
	stage_add_file(plan, stage, KERNEL_CMDLINE, text, len, str_c(&out), out.len, 0644, NULL);
	return 0;
}
