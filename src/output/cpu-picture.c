/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/cpu-picture.h"

#include "base/str.h"
#include "output/cpu-layout.h"

#include <string.h>

/*
 * Socket 0, node 0: 6 cores, L3 16 MiB each
 *   CPU   0  1  2 |  3  4  5
 *         6  7  8 |  9 10 11
 *   use   e  e  e |  M  M  M
 */
#define PICTURE_LEFT 8 /* width of what stands left of the cores */

static const struct {
	const char *name;
	char sign;
} picture_uses[] = {
	[CPU_USE_OFF] = { "off", 'x' },		[CPU_USE_HOST] = { "host", 'h' },
	[CPU_USE_EMULATOR] = { "emulator", 'e' }, [CPU_USE_MACHINE] = { "machine", 'M' },
	[CPU_USE_UNUSED] = { "unused", '-' },
};

const char *cpu_use_name(enum cpu_use u)
{
	return picture_uses[u].name;
}

static int picture_vcpu(const struct machine *m, int cpu)
{
	for (unsigned i = 0; m && m->pins && i < m->cpus; i++)
		if (m->pins[i] == cpu)
			return (int)i;
	return -1;
}

enum cpu_use cpu_use_of(const struct machine *m, const struct cpu_thread *t)
{
	if (!t->online)
		return CPU_USE_OFF;
	if (picture_vcpu(m, t->id) >= 0)
		return CPU_USE_MACHINE;
	if (!m || !m->pins)
		return CPU_USE_HOST;
	if (cpu_set_has(&m->unused_set, t->id))
		return CPU_USE_UNUSED;
	return cpu_set_has(&m->emulator_set, t->id) ? CPU_USE_EMULATOR : CPU_USE_HOST;
}

struct picture {
	const struct host *h;
	const struct machine *m;
	struct arena *arena;
	const char *const *lines;
	unsigned seen[ARRAY_SIZE(picture_uses)];
	int width;		/* digits of the largest CPU number */
};

static void picture_line(struct picture *p, const struct str *s)
{
	size_t n = s->len;
	const char *text = s->len ? s->data : "";

	while (n && text[n - 1] == ' ')
		n--;
	arena_strv_add(p->arena, &p->lines, arena_strndup(p->arena, text, n));
}

static bool picture_same_block(const struct cpu_core *a, const struct cpu_core *b)
{
	return a->package == b->package && a->node == b->node && a->kind == b->kind && a->l3_bytes == b->l3_bytes;
}

/* "Socket 0, node 1: 6 performance cores, L3 32 MiB"; several caches: "3 L3 of 16 MiB" */
static void picture_heading(struct picture *p, const struct cpu_core *cores, unsigned n)
{
	_cleanup_str_ struct str s = { 0 };
	unsigned caches = 0;

	for (unsigned i = 0; i < n; i++)
		caches += i == 0 || cores[i].l3 != cores[i - 1].l3;
	if (cores->package >= 0)
		str_addf(&s, _("Socket %d"), cores->package);
	if (cores->node >= 0 && p->h->memory.n_nodes > 1) {
		str_add(&s, s.len ? ", " : "");
		str_addf(&s, _("node %d"), cores->node);
	}
	str_add(&s, s.len ? ": " : "");
	str_addf(&s, cores->kind == CORE_PERFORMANCE ? _("performance cores: %u") :
		     cores->kind == CORE_EFFICIENT   ? _("efficient cores: %u") :
						       _("cores: %u"),
		 n);
	if (cores->l3_bytes > 0 && cores->l3 >= 0 && caches == 1)
		str_addf(&s, _(", level 3 cache %lld MiB"), (long long)cores->l3_bytes >> 20);
	else if (cores->l3_bytes > 0 && cores->l3 >= 0)
		str_addf(&s, _(", %u level 3 caches of %lld MiB"), caches, (long long)cores->l3_bytes >> 20);
	picture_line(p, &s);
}

/* One cell a core; a bar stands between level 3 caches. */
static void picture_cells(struct picture *p, const struct cpu_core *cores, unsigned n, const char *label,
			  unsigned thread, bool uses)
{
	_cleanup_str_ struct str s = { 0 };

	str_addf(&s, "  %-*s", PICTURE_LEFT - 2, label);
	for (unsigned i = 0; i < n; i++) {
		const struct cpu_core *c = &cores[i];
		const struct cpu_thread *t = thread < c->n ? host_find_cpu(p->h, c->threads[thread]) : NULL;

		if (i && c->l3 != cores[i - 1].l3)
			str_add(&s, " |");
		if (!t)
			str_addf(&s, " %*s", p->width, "");
		else if (uses)
			str_addf(&s, " %*c", p->width, picture_uses[cpu_use_of(p->m, t)].sign);
		else
			str_addf(&s, " %*d", p->width, t->id);
	}
	picture_line(p, &s);
}

/* The threads of a core nearly always have one use; only then one row says it. */
static bool picture_uses_differ(const struct picture *p, const struct cpu_core *cores, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 1; k < cores[i].n; k++)
			if (cpu_use_of(p->m, host_find_cpu(p->h, cores[i].threads[k])) !=
			    cpu_use_of(p->m, host_find_cpu(p->h, cores[i].threads[0])))
				return true;
	return false;
}

static void picture_rows(struct picture *p, const struct cpu_core *cores, unsigned n)
{
	unsigned threads = 0;

	for (unsigned i = 0; i < n; i++)
		threads = cores[i].n > threads ? cores[i].n : threads;
	for (unsigned k = 0; k < threads; k++)
		picture_cells(p, cores, n, k ? "" : _("CPU"), k, false);
	if (!picture_uses_differ(p, cores, n))
		threads = 1;
	for (unsigned k = 0; k < threads; k++)
		picture_cells(p, cores, n, k ? "" : _("use"), k, true);
}

/* How many of CORES fit into one row, ending between two caches where that is possible. */
static unsigned picture_fit(const struct picture *p, const struct cpu_core *cores, unsigned n)
{
	int left = CPU_PICTURE_WIDTH - PICTURE_LEFT;
	unsigned fits = 0, whole = 0;

	for (unsigned i = 0; i < n; i++) {
		bool bar = i && cores[i].l3 != cores[i - 1].l3;

		left -= p->width + 1 + (bar ? 2 : 0);
		if (bar)
			whole = i;
		if (left < 0)
			return whole ? whole : fits;
		fits = i + 1;
	}
	return n;
}

static void picture_block(struct picture *p, const struct cpu_core *cores, unsigned n)
{
	picture_heading(p, cores, n);
	while (n) {
		unsigned fits = picture_fit(p, cores, n);

		picture_rows(p, cores, fits);
		cores += fits;
		n -= fits;
	}
}

/* "M the machine, e the host and QEMU itself, h the host, x switched off" with counts. */
static void picture_legend(struct picture *p)
{
	static const struct {
		enum cpu_use use;
		const char *words;
	} words[] = {
		{ CPU_USE_MACHINE, N_("M machine") },
		{ CPU_USE_EMULATOR, N_("e QEMU itself and the host") },
		{ CPU_USE_HOST, N_("h host") },
		{ CPU_USE_UNUSED, N_("- left idle") },
		{ CPU_USE_OFF, N_("x off") },
	};
	_cleanup_str_ struct str s = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_free_ char *text = NULL;

		if (!p->seen[words[i].use])
			continue;
		text = xasprintf("%s: %u", _(words[i].words), p->seen[words[i].use]);
		if (s.len && s.len + strlen(text) + 3 > CPU_PICTURE_WIDTH) {
			picture_line(p, &s);
			s.len = 0;
		}
		str_addf(&s, "%s%s", s.len ? "   " : "", text);
	}
	if (s.len)
		picture_line(p, &s);
}

static void picture_off(struct picture *p)
{
	_cleanup_str_ struct str s = { 0 };
	struct cpu_set off = { 0 };

	for (unsigned i = 0; i < p->h->cpu.n_list; i++)
		if (!p->h->cpu.list[i].online)
			cpu_set_add(&off, p->h->cpu.list[i].id);
	if (cpu_set_first(&off) < 0)
		return;
	str_addf(&s, _("Switched off: CPU %s"), cpu_set_format(&off, p->arena));
	picture_line(p, &s);
}

const char *const *cpu_picture(const struct host *h, const struct machine *m, struct arena *arena)
{
	static const char *const none[] = { NULL };
	struct picture p = { .h = h, .m = m, .arena = arena, .width = 2 };
	struct cpu_layout l;
	unsigned at = 0;

	if (cpu_layout_read(h, arena, &l, NULL) < 0)
		return none;
	for (unsigned i = 0; i < h->cpu.n_list; i++) {
		p.seen[cpu_use_of(m, &h->cpu.list[i])]++;
		p.width = h->cpu.list[i].id > 999 ? 4 : h->cpu.list[i].id > 99 && p.width < 3 ? 3 : p.width;
	}
	while (at < l.n) {
		unsigned n = 1;

		while (at + n < l.n && picture_same_block(&l.cores[at], &l.cores[at + n]))
			n++;
		picture_block(&p, &l.cores[at], n);
		at += n;
	}
	picture_off(&p);
	picture_legend(&p);
	return p.lines;
}

static json_t *picture_number(int n)
{
	return n < 0 ? json_null() : json_integer(n);
}

json_t *cpu_picture_json(const struct host *h, const struct machine *m)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	json_t *o = json_object(), *threads = json_array();

	for (unsigned i = 0; i < h->cpu.n_list; i++) {
		const struct cpu_thread *t = &h->cpu.list[i];
		json_t *j = json_object();

		json_object_set_new(j, "cpu", json_integer(t->id));
		json_object_set_new(j, "core", picture_number(t->core));
		json_object_set_new(j, "package", picture_number(t->package));
		json_object_set_new(j, "node", picture_number(t->node));
		json_object_set_new(j, "l3", picture_number(t->l3));
		json_object_set_new(j, "kind", json_string(core_kind_name(t->kind)));
		json_object_set_new(j, "use", json_string(cpu_use_name(cpu_use_of(m, t))));
		json_object_set_new(j, "vcpu", picture_number(picture_vcpu(m, t->id)));
		json_array_append_new(threads, j);
	}
	json_object_set_new(o, "pinned", json_boolean(m && m->pins));
	json_object_set_new(o, "picture", json_strv(cpu_picture(h, m, arena)));
	json_object_set_new(o, "threads", threads);
	return o;
}
