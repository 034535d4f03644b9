/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/plan.h"

#include <stdint.h>
#include <string.h>

const char *change_kind_name(enum change_kind k)
{
	switch (k) {
	case CHANGE_EDIT:
		return "edit";
	case CHANGE_CREATE:
		return "create";
	case CHANGE_REMOVE:
		return "remove";
	case CHANGE_LINK:
		return "link";
	case CHANGE_RUN:
		break;
	}
	return "run";
}

const char *stage_end_name(enum stage_end e)
{
	switch (e) {
	case STAGE_END_REBOOT:
		return "reboot";
	case STAGE_END_FIRMWARE:
		return "firmware";
	case STAGE_END_NONE:
		break;
	}
	return "none";
}

struct plan *plan_new(void)
{
	struct arena *a = arena_new();
	struct plan *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	return p;
}

void plan_free(struct plan *p)
{
	if (p)
		arena_free(p->arena);
}

struct stage *plan_find_stage(const struct plan *p, const char *name)
{
	for (unsigned i = 0; i < p->n_stages; i++)
		if (strcmp(p->stages[i]->name, name) == 0)
			return p->stages[i];
	return NULL;
}

struct stage *plan_stage(struct plan *p, const char *name, const char *title, enum stage_end then)
{
	struct stage *s;

	for (unsigned i = 0; i < p->n_stages; i++)
		if (strcmp(p->stages[i]->name, name) == 0)
			return p->stages[i];
	s = arena_alloc(p->arena, sizeof(*s));
	s->name = arena_strdup(p->arena, name);
	s->title = arena_strdup(p->arena, title);
	s->then = then;
	arena_list_add(p->arena, &p->stage_list, s);
	p->stages = (struct stage **)(uintptr_t)p->stage_list.items;
	p->n_stages = (unsigned)p->stage_list.n;
	return s;
}

static void stage_add_change(struct plan *p, struct stage *s, struct change *c)
{
	arena_list_add(p->arena, &s->change_list, c);
	s->changes = (struct change **)(uintptr_t)s->change_list.items;
	s->n_changes = (unsigned)s->change_list.n;
}

static void stage_drop_change(struct stage *s, unsigned at)
{
	memmove(s->changes + at, s->changes + at + 1, (s->n_changes - at) * sizeof(*s->changes));
	s->n_changes--;
	s->change_list.n--;
}

/* A stage that only sends the reader to the firmware setup has something to do, too. */
void plan_finish(struct plan *p)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < p->n_stages; i++)
		if (p->stages[i]->n_changes || p->stages[i]->then == STAGE_END_FIRMWARE)
			p->stages[kept++] = p->stages[i];
	if (p->stages)
		p->stages[kept] = NULL;
	p->n_stages = kept;
	p->stage_list.n = kept;
}

/* File contents may hold any byte. */
static const char *plan_copy(struct plan *p, const char *bytes, size_t len)
{
	char *copy = arena_alloc(p->arena, len + 1);

	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

static bool change_is_file(const struct change *c, const char *path)
{
	return c->kind != CHANGE_RUN && strcmp(c->path, path) == 0;
}

/* A command behind an earlier change of PATH may depend on that text: then it is not merged. */
static bool stage_find_mergeable(const struct stage *s, const char *path, unsigned *ret)
{
	for (unsigned i = s->n_changes; i-- > 0;) {
		if (s->changes[i]->kind == CHANGE_RUN)
			return false;
		if (change_is_file(s->changes[i], path)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

void stage_add_file(struct plan *p, struct stage *s, const char *path, const char *before,
		    size_t before_len, const char *after, size_t after_len, mode_t mode,
		    const char *why)
{
	struct change *c;
	unsigned at;

	if (before && before_len == after_len && memcmp(before, after, after_len) == 0)
		return;
	if (stage_find_mergeable(s, path, &at)) {
		c = s->changes[at];
		if (c->kind == CHANGE_REMOVE)
			c->kind = CHANGE_EDIT;
		c->after = plan_copy(p, after, after_len);
		c->after_len = after_len;
		if (why)
			c->why = arena_strdup(p->arena, why);
		if (c->before && c->before_len == after_len &&
		    memcmp(c->before, after, after_len) == 0)
			stage_drop_change(s, at);
		return;
	}
	c = arena_alloc(p->arena, sizeof(*c));
	c->kind = before ? CHANGE_EDIT : CHANGE_CREATE;
	c->why = arena_strdup(p->arena, why);
	c->path = arena_strdup(p->arena, path);
	if (before) {
		c->before = plan_copy(p, before, before_len);
		c->before_len = before_len;
	}
	c->after = plan_copy(p, after, after_len);
	c->after_len = after_len;
	c->mode = mode;
	stage_add_change(p, s, c);
}

void stage_add_remove(struct plan *p, struct stage *s, const char *path, const char *before, size_t before_len,
		      const char *why)
{
	struct change *c;
	unsigned at;

	if (stage_find_mergeable(s, path, &at)) {
		c = s->changes[at];
		if (!c->before) {
			stage_drop_change(s, at);
			return;
		}
	} else {
		c = arena_alloc(p->arena, sizeof(*c));
		c->path = arena_strdup(p->arena, path);
		c->before = plan_copy(p, before, before_len);
		c->before_len = before_len;
		stage_add_change(p, s, c);
	}
	c->kind = CHANGE_REMOVE;
	c->why = arena_strdup(p->arena, why);
	c->after = NULL;
	c->after_len = 0;
}

void stage_add_link(struct plan *p, struct stage *s, const char *path, const char *before, const char *after,
		    const char *why)
{
	struct change *c;

	if (before && strcmp(before, after) == 0)
		return;
	c = arena_alloc(p->arena, sizeof(*c));
	c->kind = CHANGE_LINK;
	c->why = arena_strdup(p->arena, why);
	c->path = arena_strdup(p->arena, path);
	c->before = arena_strdup(p->arena, before);
	c->before_len = before ? strlen(before) : 0;
	c->after = arena_strdup(p->arena, after);
	c->after_len = strlen(after);
	stage_add_change(p, s, c);
}

struct change *stage_add_run(struct plan *p, struct stage *s, const char *const *argv, const char *why)
{
	struct change *c = arena_alloc(p->arena, sizeof(*c));

	c->kind = CHANGE_RUN;
	c->why = arena_strdup(p->arena, why);
	for (; *argv; argv++)
		arena_strv_add(p->arena, &c->argv, *argv);
	stage_add_change(p, s, c);
	return c;
}

void change_add_readback(struct plan *p, struct change *c, const char *const *argv,
			 const char *const *needles)
{
	static const char *const none[] = { NULL };
	struct change_readback *more =
		arena_alloc(p->arena, ((size_t)c->n_readbacks + 1) * sizeof(*more));

	for (unsigned i = 0; i < c->n_readbacks; i++)
		more[i] = c->readbacks[i];
	for (; *argv; argv++)
		arena_strv_add(p->arena, &more[c->n_readbacks].argv, *argv);
	for (; *needles; needles++)
		arena_strv_add(p->arena, &more[c->n_readbacks].needles, *needles);
	if (!more[c->n_readbacks].needles)
		more[c->n_readbacks].needles = none;
	c->readbacks = more;
	c->n_readbacks++;
}

struct promise *stage_add_promise(struct plan *p, struct stage *s, enum promise_kind kind,
				  const char *id, const char *text)
{
	struct promise *promise = arena_alloc(p->arena, sizeof(*promise));

	promise->kind = kind;
	promise->id = arena_strdup(p->arena, id);
	promise->text = arena_strdup(p->arena, text);
	arena_list_add(p->arena, &s->promise_list, promise);
	s->promises = (struct promise **)(uintptr_t)s->promise_list.items;
	s->n_promises = (unsigned)s->promise_list.n;
	return promise;
}

const struct change *plan_last_change(const struct plan *p, const char *path)
{
	for (unsigned i = p->n_stages; i-- > 0;) {
		const struct stage *s = p->stages[i];

		for (unsigned k = s->n_changes; k-- > 0;)
			if (change_is_file(s->changes[k], path))
				return s->changes[k];
	}
	return NULL;
}
