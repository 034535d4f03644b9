/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/boot-text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

int boot_text_read(const struct host *h, const struct plan *plan, struct arena *arena,
		   const char *path, const char **ret, size_t *ret_len, struct err *err)
{
	const struct change *c = plan ? plan_last_change(plan, path) : NULL;
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	if (c && c->kind == CHANGE_REMOVE)
		return -ENOENT;
	if (c && c->kind != CHANGE_LINK) {
		*ret = arena_strndup(arena, c->after, c->after_len);
		*ret_len = c->after_len;
		return 0;
	}
	r = fsroot_read(h->root, path, &text, &len);
	if (r == -ENOENT || r == -ENOTDIR)
		return -ENOENT;
	if (r == -EACCES || r == -EPERM)
		return err_set(err, ERR_NEEDS_ROOT, r, _("%s can only be read by root"), path);
	if (r < 0)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("Cannot read %s: %s"), path,
			       strerror(-r));
	*ret = arena_strndup(arena, text, len);
	*ret_len = len;
	return 0;
}

struct finding *boot_add_finding(struct plan *plan, const char *id, enum severity severity,
				 const char *subject, const char *fmt, ...)
{
	struct finding *f = arena_alloc(plan->arena, sizeof(*f));
	va_list ap;

	f->id = id;
	f->severity = severity;
	f->subject = arena_strdup(plan->arena, subject);
	va_start(ap, fmt);
	f->text = arena_vprintf(plan->arena, fmt, ap);
	va_end(ap);
	arena_list_add(plan->arena, &plan->finding_list, f);
	plan->findings = (struct finding **)(uintptr_t)plan->finding_list.items;
	plan->n_findings = (unsigned)plan->finding_list.n;
	return f;
}

void boot_add_evidence(struct plan *plan, struct finding *f, const char *text)
{
	arena_strv_add(plan->arena, &f->evidence, arena_strdup(plan->arena, text));
}

void boot_add_advice(struct plan *plan, struct finding *f, const char *text)
{
	arena_strv_add(plan->arena, &f->advice, arena_strdup(plan->arena, text));
}
