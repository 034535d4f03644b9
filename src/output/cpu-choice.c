/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/cpu-layout.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/* Cores that could be given away; pointers into the layout, in its order. */
struct choice_pool {
	const struct cpu_core **cores;
	unsigned n;
};

/* Some cores with one thing in common. */
struct choice_group {
	const struct cpu_core **cores; /* a stretch of a pool */
	unsigned n;
	bool has_host;		/* the host's core shares it */
	int distance;		/* of its node from the asked one */
	int key;		/* the cache or node they share */
};

struct choice {
	const struct cpu_layout *layout;
	const struct host *h;
	struct arena *arena;
	int node;
};

static int choice_distance(const struct choice *c, int node)
{
	const struct numa_node *from = host_find_node(c->h, c->node);

	if (node == c->node || !from)
		return 0;
	for (unsigned i = 0; i < from->n_distance; i++)
		if (c->h->memory.nodes[i].id == node)
			return from->distance[i];
	return INT_MAX;
}

static struct choice_pool choice_pool_new(const struct choice *c)
{
	return (struct choice_pool){ .cores = arena_alloc(c->arena,
							  (c->layout->n + 1) * sizeof(struct cpu_core *)) };
}

/* Cores of KIND with THREADS or more. */
static struct choice_pool choice_candidates(const struct choice *c, enum core_kind kind, unsigned threads)
{
	struct choice_pool p = choice_pool_new(c);

	for (unsigned i = 0; i < c->layout->n; i++) {
		const struct cpu_core *core = &c->layout->cores[i];

		if (!core->of_host && core->allowed && core->kind == kind && core->n >= threads)
			p.cores[p.n++] = core;
	}
	return p;
}

/* isolcpus is a promise that nothing else runs there: such cores first, when there are enough. */
static struct choice_pool choice_isolated(const struct choice *c, const struct choice_pool *from,
					  unsigned need)
{
	struct choice_pool p = choice_pool_new(c);

	for (unsigned i = 0; i < from->n; i++)
		if (from->cores[i]->isolated)
			p.cores[p.n++] = from->cores[i];
	return p.n >= need ? p : *from;
}

static int choice_key(const struct cpu_core *core, bool by_node)
{
	return by_node ? core->node : core->l3;
}

/* Stretches of P that share a node or a level 3 cache; RET has room for P->n. */
static unsigned choice_split(const struct choice *c, const struct choice_pool *p, bool by_node,
			     struct choice_group *ret)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->n; i++) {
		int key = choice_key(p->cores[i], by_node);

		if (!n || ret[n - 1].key != key)
			ret[n++] = (struct choice_group){ .cores = &p->cores[i], .key = key,
							  .distance = choice_distance(c, p->cores[i]->node) };
		ret[n - 1].n++;
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < c->layout->n; k++)
			if (c->layout->cores[k].of_host && choice_key(&c->layout->cores[k], by_node) == ret[i].key)
				ret[i].has_host = true;
	return n;
}

static int choice_sign(long long difference)
{
	return difference < 0 ? -1 : difference > 0;
}

/*
 * The best first: near the card, a larger cache (the chip with the extra cache of an X3D), away from
 * the host's core, the last ones.
 */
static int choice_compare(const void *a, const void *b)
{
	const struct choice_group *x = a, *y = b;

	if (x->distance != y->distance)
		return choice_sign((long long)x->distance - y->distance);
	if (x->cores[0]->l3_bytes != y->cores[0]->l3_bytes)
		return choice_sign(y->cores[0]->l3_bytes - x->cores[0]->l3_bytes);
	if (x->has_host != y->has_host)
		return x->has_host ? 1 : -1;
	return choice_sign((long long)y->cores[0]->first - x->cores[0]->first);
}

/* Back into the order of the layout, which keeps what shares a cache together. */
static int choice_compare_place(const void *a, const void *b)
{
	const struct cpu_core *x = *(const struct cpu_core *const *)a, *y = *(const struct cpu_core *const *)b;

	return x < y ? -1 : x > y;
}

/* The last NEED cores of G: the host's first tasks and interrupts live on the first ones. */
static void choice_take(const struct choice_group *g, unsigned need, struct choice_pool *to)
{
	for (unsigned i = g->n - need; i < g->n; i++)
		to->cores[to->n++] = g->cores[i];
}

/* As many groups as SHARE cores each are needed for NEED in all; returns how many groups, 0: not possible. */
static unsigned choice_take_even(const struct choice_group *groups, unsigned n, unsigned need, unsigned parts,
				 struct choice_pool *to)
{
	unsigned share = need / parts, able = 0, before = to->n;

	if (need % parts)
		return 0;
	for (unsigned i = 0; i < n; i++)
		able += groups[i].n >= share;
	if (able < parts)
		return 0;
	for (unsigned i = 0, got = 0; i < n && got < parts; i++) {
		if (groups[i].n < share)
			continue;
		choice_take(&groups[i], share, to);
		got++;
	}
	qsort(to->cores + before, to->n - before, sizeof(*to->cores), choice_compare_place);
	return parts;
}

/*
 * NEED cores of P into TO, in as few level 3 caches as possible and the same number from each; where that
 * does not come out even, the fullest ones first.  Returns the number of caches, 0 when uneven.
 */
static unsigned choice_in_caches(const struct choice *c, const struct choice_pool *p, unsigned need,
				 struct choice_pool *to)
{
	struct choice_group *groups = arena_alloc(c->arena, (p->n + 1) * sizeof(*groups));
	unsigned n = choice_split(c, p, false, groups), before = to->n;

	if (n)
		qsort(groups, n, sizeof(*groups), choice_compare);
	for (unsigned parts = 1; parts <= n; parts++)
		if (choice_take_even(groups, n, need, parts, to))
			return parts;
	for (unsigned i = 0; i < n && need; i++) {
		unsigned share = groups[i].n < need ? groups[i].n : need;

		choice_take(&groups[i], share, to);
		need -= share;
	}
	qsort(to->cores + before, to->n - before, sizeof(*to->cores), choice_compare_place);
	return 0;
}

/* Every node its share; the caches of each have to be as many, too, for the guest to see them. */
static unsigned choice_over_nodes(const struct choice *c, const struct choice_group *nodes, unsigned n,
				  unsigned need, unsigned parts, struct choice_pool *to, struct cpu_choice *ret)
{
	unsigned share = need / parts, able = 0, caches = 0;

	if (need % parts || parts > ARRAY_SIZE(ret->nodes))
		return 0;
	for (unsigned i = 0; i < n; i++)
		able += nodes[i].n >= share && nodes[i].key >= 0;
	if (able < parts)
		return 0;
	for (unsigned i = 0, got = 0; i < n && got < parts; i++) {
		struct choice_pool one = { .cores = nodes[i].cores, .n = nodes[i].n };
		unsigned k;

		if (nodes[i].n < share || nodes[i].key < 0)
			continue;
		k = choice_in_caches(c, &one, share, to);
		ret->nodes[got] = nodes[i].key;
		caches = got && caches != k ? 0 : k;
		got++;
	}
	ret->sockets = parts;
	ret->n_nodes = parts;
	ret->dies = caches ? caches : 1;
	ret->even = caches > 0;
	return parts;
}

/* NEED cores of P: inside one node, else of several in equal parts, else anyhow. */
static void choice_pick(const struct choice *c, const struct choice_pool *p, unsigned need,
			struct choice_pool *to, struct cpu_choice *ret)
{
	struct choice_group *nodes = arena_alloc(c->arena, (p->n + 1) * sizeof(*nodes));
	unsigned n = choice_split(c, p, true, nodes), caches;

	qsort(nodes, n, sizeof(*nodes), choice_compare);
	ret->sockets = 1;
	for (unsigned i = 0; i < n; i++) {
		struct choice_pool one = { .cores = nodes[i].cores, .n = nodes[i].n };

		if (one.n < need)
			continue;
		caches = choice_in_caches(c, &one, need, to);
		ret->dies = caches ? caches : 1;
		ret->even = caches > 0;
		ret->n_nodes = 1;
		ret->nodes[0] = nodes[i].key;
		return;
	}
	for (unsigned parts = 2; parts <= n; parts++)
		if (choice_over_nodes(c, nodes, n, need, parts, to, ret))
			return;
	choice_in_caches(c, p, need, to);
	ret->dies = 1;
	ret->n_nodes = 0;
}

/* Threads per core a guest of CPUS can show on cores of KIND: most first; 0 when there are too few. */
static unsigned choice_threads(const struct choice *c, enum core_kind kind, unsigned cpus)
{
	for (unsigned threads = ARRAY_SIZE(c->layout->cores->threads); threads > 0; threads--) {
		struct choice_pool p;

		/* Three of four threads would be a core no guest has ever seen. */
		if (cpus % threads || (threads & (threads - 1)))
			continue;
		p = choice_candidates(c, kind, threads);
		if (p.n * threads >= cpus)
			return threads;
	}
	return 0;
}

static unsigned choice_count_threads(const struct choice *c, enum core_kind kind)
{
	struct choice_pool p = choice_candidates(c, kind, 1);
	unsigned n = 0;

	for (unsigned i = 0; i < p.n; i++)
		n += p.cores[i]->n;
	return n;
}

static int choice_refuse(const struct choice *c, unsigned cpus, struct err *err)
{
	unsigned p = choice_count_threads(c, CORE_PERFORMANCE), e = choice_count_threads(c, CORE_EFFICIENT);
	unsigned plain = choice_count_threads(c, CORE_PLAIN);

	if (p + e)
		err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			_("--cpus: %u CPUs cannot be tied to whole cores of one kind. The host keeps the core of its "
			  "first CPU; that leaves %u CPUs on performance cores and %u on efficient ones, and a "
			  "machine whose CPUs look alike but are not runs badly."),
			cpus, p, e);
	else if (cpus <= plain)
		err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			_("--cpus: %u CPUs do not come out in whole cores: of the cores that can be given away each has "
			  "more than one CPU, and there are too few to leave some of these idle."),
			cpus);
	else
		err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			_("--cpus: %u CPUs cannot be tied to cores of their own: the host keeps its "
			  "first core, and %u are left."),
			cpus, plain);
	if (c->h->cpu.allowed)
		return err_hint(err, _("Only CPUs %s are allowed to machines at all (%s)."), c->h->cpu.allowed,
				c->h->cpu.allowed_from);
	return err_hint(err, _("Give the machine fewer CPUs, or leave them untied: --pin none."));
}

/* Given up one after the other where nothing is left: another kind, nearness, what isolcpus promises. */
static bool choice_suits_emulator(const struct cpu_core *core, const struct cpu_choice *ret, int pass)
{
	bool near = ret->n_nodes == 0;

	for (unsigned k = 0; k < ret->n_nodes; k++)
		near = near || core->node == ret->nodes[k];
	return core->allowed && (pass > 0 || core->kind != ret->kind || core->kind == CORE_PLAIN) &&
	       (pass > 1 || near) && (pass > 2 || !core->isolated);
}

/* The host's own CPUs for QEMU itself: efficient cores where the machine has the others, near the machine. */
static void choice_emulator(const struct choice *c, struct cpu_choice *ret)
{
	for (int pass = 0; pass < 4 && cpu_set_first(&ret->emulator) < 0; pass++) {
		for (unsigned i = 0; i < c->layout->n; i++) {
			const struct cpu_core *core = &c->layout->cores[i];

			for (unsigned k = 0; k < core->n && choice_suits_emulator(core, ret, pass); k++)
				if (!cpu_set_has(&ret->machine, core->threads[k]) &&
				    !cpu_set_has(&ret->unused, core->threads[k]))
					cpu_set_add(&ret->emulator, core->threads[k]);
		}
	}
}

static void choice_finish(const struct choice *c, const struct choice_pool *taken, unsigned cpus,
			  struct cpu_choice *ret)
{
	unsigned at = 0;

	ret->pins = arena_alloc(c->arena, cpus * sizeof(*ret->pins));
	ret->near = true;
	for (unsigned i = 0; i < taken->n; i++) {
		const struct cpu_core *core = taken->cores[i];
		bool seen = false;

		for (unsigned k = 0; k < i; k++)
			seen = seen || taken->cores[k]->l3 == core->l3;
		ret->n_l3 += !seen;
		ret->near = ret->near && choice_distance(c, core->node) == 0;
		for (unsigned k = 0; k < core->n; k++) {
			if (k < ret->threads)
				ret->pins[at++] = core->threads[k];
			cpu_set_add(k < ret->threads ? &ret->machine : &ret->unused, core->threads[k]);
		}
	}
	ret->cores = taken->n / (ret->sockets * ret->dies);
	choice_emulator(c, ret);
}

int cpu_choose(const struct cpu_layout *l, const struct cpu_request *req, struct arena *arena,
	       const struct host *h, struct cpu_choice *ret, struct err *err)
{
	static const enum core_kind kinds[] = { CORE_PERFORMANCE, CORE_EFFICIENT, CORE_PLAIN };
	struct choice c = { .layout = l, .h = h, .arena = arena, .node = req->node };
	struct cpu_choice got = { 0 };
	struct choice_pool pool, taken = choice_pool_new(&c);
	unsigned need;

	for (unsigned i = 0; i < ARRAY_SIZE(kinds) && !got.threads; i++) {
		got.kind = kinds[i];
		got.threads = choice_threads(&c, kinds[i], req->cpus);
	}
	if (!got.threads)
		return choice_refuse(&c, req->cpus, err);
	need = req->cpus / got.threads;
	pool = choice_candidates(&c, got.kind, got.threads);
	pool = choice_isolated(&c, &pool, need);
	choice_pick(&c, &pool, need, &taken, &got);
	choice_finish(&c, &taken, req->cpus, &got);
	*ret = got;
	return 0;
}

/* CPUs on whole cores of KIND at DISTANCE 0, or at any when NEAR is false. */
static unsigned choice_count_whole(const struct choice *c, enum core_kind kind, bool near)
{
	struct choice_pool p = choice_candidates(c, kind, 1);
	unsigned n = 0, threads = p.n ? p.cores[0]->n : 0;

	for (unsigned i = 0; i < p.n; i++)
		threads = p.cores[i]->n < threads ? p.cores[i]->n : threads;
	for (unsigned i = 0; i < p.n; i++)
		n += !near || choice_distance(c, p.cores[i]->node) == 0 ? threads : 0;
	return n;
}

unsigned cpu_most(const struct cpu_layout *l, const struct host *h, int node)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct choice c = { .layout = l, .h = h, .arena = arena, .node = node };
	unsigned most = 0;

	for (int near = 1; near >= 0 && !most; near--) {
		unsigned p = choice_count_whole(&c, CORE_PERFORMANCE, near);
		unsigned e = choice_count_whole(&c, CORE_EFFICIENT, near);

		/* Two performance cores are worth more than many efficient ones; a single one is not. */
		most = choice_count_whole(&c, CORE_PLAIN, near);
		if (p + e)
			most = p >= 4 || p > e ? p : e;
	}
	return most;
}
