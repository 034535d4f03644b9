/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/cpu-layout.h"

#include <errno.h>
#include <stdlib.h>

static int layout_compare(const void *a, const void *b)
{
	const struct cpu_core *x = a, *y = b;

	if (x->package != y->package)
		return x->package - y->package;
	if (x->node != y->node)
		return x->node - y->node;
	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	if (x->l3 != y->l3)
		return x->l3 - y->l3;
	return x->first - y->first;
}

/* The core that CPU number FIRST leads, made when it is not there yet. */
static struct cpu_core *layout_core(struct cpu_layout *l, const struct cpu_thread *t)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->cores[i].first == t->core)
			return &l->cores[i];
	l->cores[l->n] = (struct cpu_core){
		.first = t->core, .kind = t->kind, .package = t->package, .node = t->node, .l3 = t->l3,
		.l3_bytes = t->l3_bytes, .allowed = true,
	};
	return &l->cores[l->n++];
}

int cpu_layout_read(const struct host *h, struct arena *arena, struct cpu_layout *ret, struct err *err)
{
	struct cpu_layout l = { .cores = arena_alloc(arena, (h->cpu.n_list + 1) * sizeof(*l.cores)) };
	struct cpu_set allowed = { 0 }, isolated = { 0 };
	bool limited = h->cpu.allowed && cpu_set_parse(h->cpu.allowed, &allowed) == 0;
	int lowest = -1;

	if (h->cpu.isolated && cpu_set_parse(h->cpu.isolated, &isolated) < 0)
		isolated = (struct cpu_set){ 0 };
	for (unsigned i = 0; i < h->cpu.n_list; i++) {
		const struct cpu_thread *t = &h->cpu.list[i];
		struct cpu_core *c;

		if (!t->online)
			continue;
		if (t->core < 0)
			return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
				       _("/sys/devices/system/cpu/cpu%d/topology does not say which CPUs share a core."),
				       t->id);
		if (lowest < 0)
			lowest = t->id;
		c = layout_core(&l, t);
		if (c->n == ARRAY_SIZE(c->threads))
			return err_set(err, ERR_NOT_POSSIBLE, -E2BIG,
				       _("The core of CPU %d has more than %zu threads."), t->id,
				       ARRAY_SIZE(c->threads));
		c->threads[c->n++] = t->id;
		c->of_host = c->of_host || t->id == lowest;
		c->allowed = c->allowed && (!limited || cpu_set_has(&allowed, t->id));
		c->isolated = cpu_set_has(&isolated, t->id);
	}
	if (!l.n)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("/sys/devices/system/cpu does not say which CPUs share a core."));
	qsort(l.cores, l.n, sizeof(*l.cores), layout_compare);
	*ret = l;
	return 0;
}
