/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/group-forecast.h"

#include <string.h>

enum { NODE_NEW, NODE_OPEN, NODE_DONE }; /* of the search for loops */

/* One device, with its place in the array for what pointers to devices would cost a search. */
struct node {
	struct pci_device *d;
	unsigned at;		/* in host->devices */
	int up;			/* bridge above, -1 root bus */
	int dma;		/* VMD, -1 itself */
	unsigned depth;
	int state;
	int acs, path;		/* tristate; path: this and everything above isolates */
	int group;		/* -1 none yet */
	bool sure;		/* how it came to its group hangs on nothing unread */
	bool wanted;		/* is to have a group */
	unsigned first, end;	/* its bus in the array */
	bool bus_aliases;	/* a device of its bus speaks under other names */
};

struct forecast {
	struct host *h;
	const struct acs_view *view;
	struct node *nodes;	/* by address */
	unsigned n;
	struct group_forecast *result;
};

enum alias_rule { ALIAS_FUNCTION, ALIAS_DEVFN, ALIAS_FIRST_FUNCTIONS, ALIAS_XLATE_ROOT, ALIAS_NO_ALIAS };

static const struct alias_quirk {
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	enum alias_rule rule;
	unsigned number;
} alias_quirks[] = {
#define DMA_ALIAS(vendor, device, sv, sd, rule, number, source) \
	{ vendor, device, sv, sd, ALIAS_##rule, number },
#include "data/dma-alias-quirks.def"
#undef DMA_ALIAS
};

static const struct alias_quirk *alias_next(const struct pci_device *d, const struct alias_quirk *q)
{
	for (q = q ? q + 1 : alias_quirks; q < alias_quirks + ARRAY_SIZE(alias_quirks); q++)
		if (q->vendor == d->vendor && q->device == d->device &&
		    (!q->subsystem_vendor || (q->subsystem_vendor == d->subsystem_vendor &&
					      q->subsystem_device == d->subsystem_device)))
			return q;
	return NULL;
}

static bool alias_has(const struct pci_device *d, enum alias_rule rule)
{
	for (const struct alias_quirk *q = alias_next(d, NULL); q; q = alias_next(d, q))
		if (q->rule == rule)
			return true;
	return false;
}

/* Does D's DMA carry the name of O, on the same bus? */
static bool alias_speaks_as(const struct pci_device *d, const struct pci_device *o)
{
	for (const struct alias_quirk *q = alias_next(d, NULL); q; q = alias_next(d, q)) {
		switch (q->rule) {
		case ALIAS_FUNCTION:
			if (o->addr.slot == d->addr.slot && o->addr.func == q->number)
				return true;
			break;
		case ALIAS_DEVFN:
			if (o->addr.slot == q->number >> 3 && o->addr.func == (q->number & 7))
				return true;
			break;
		case ALIAS_FIRST_FUNCTIONS:
			if (o->addr.func < q->number)
				return true;
			break;
		case ALIAS_XLATE_ROOT:
		case ALIAS_NO_ALIAS:
			break;
		}
	}
	return false;
}

static int node_compare(const void *a, const void *b)
{
	const struct node *left = a, *right = b;

	return pci_addr_compare(left->d->addr, right->d->addr);
}

static int forecast_find(const struct forecast *f, struct pci_device *d)
{
	struct node key = { .d = d }, *found = d ? bsearch(&key, f->nodes, f->n, sizeof(key), node_compare) : NULL;

	return found ? (int)(found - f->nodes) : -1;
}

/* The IOMMU does not translate for itself. */
static bool forecast_is_wanted(const struct host *h, const struct pci_device *d)
{
	return h->n_groups ? d->group != NULL : d->class_code >> 8 != 0x0806;
}

/* How many bridges are above; a bridge that is found above itself loses what is above it. */
static void forecast_measure(struct forecast *f, unsigned i)
{
	int at = (int)i, last = -1;
	unsigned depth;

	while (at >= 0 && f->nodes[at].state == NODE_NEW) {
		f->nodes[at].state = NODE_OPEN;
		last = at;
		at = f->nodes[at].up;
	}
	if (last < 0)
		return;
	if (at >= 0 && f->nodes[at].state == NODE_OPEN)
		f->nodes[last].up = at = -1;
	depth = at >= 0 ? f->nodes[at].depth + 1 : 0;
	/* Down again: the chain is short, and walking it twice needs no memory. */
	for (at = (int)i; at >= 0 && f->nodes[at].state == NODE_OPEN; at = f->nodes[at].up)
		depth++;
	for (at = (int)i; at >= 0 && f->nodes[at].state == NODE_OPEN; at = f->nodes[at].up) {
		f->nodes[at].depth = --depth;
		f->nodes[at].state = NODE_DONE;
	}
}

static void forecast_link(struct forecast *f)
{
	for (unsigned i = 0; i < f->n; i++) {
		struct node *node = &f->nodes[i];
		struct pci_device *d = node->d;

		/* A virtual function's bus can be one that only its physical function's bridge leads to. */
		node->up = forecast_find(f, d->parent || !d->physfn ? d->parent : d->physfn->parent);
		node->dma = forecast_find(f, d->dma_device);
		node->group = node->acs = node->path = -1;
	}
	for (unsigned i = 0; i < f->n; i++)
		forecast_measure(f, i);
	for (unsigned i = 0; i < f->n; i++)
		if (f->nodes[i].dma >= 0)
			f->nodes[i].depth += f->nodes[f->nodes[i].dma].depth + 1;
}

static void forecast_measure_buses(struct forecast *f)
{
	for (unsigned first = 0, end; first < f->n; first = end) {
		const struct pci_addr bus = f->nodes[first].d->addr;
		bool aliases = false;

		for (end = first; end < f->n && f->nodes[end].d->addr.domain == bus.domain &&
				  f->nodes[end].d->addr.bus == bus.bus; end++)
			aliases = aliases || alias_next(f->nodes[end].d, NULL);
		for (unsigned i = first; i < end; i++) {
			f->nodes[i].first = first;
			f->nodes[i].end = end;
			f->nodes[i].bus_aliases = aliases;
		}
	}
}

/* Of node I alone.  What could not be read is taken for not isolating, and SURE is taken back. */
static bool forecast_isolates(struct forecast *f, int i, bool *sure)
{
	*sure = *sure && f->nodes[i].acs >= 0;
	return f->nodes[i].acs > 0;
}

/* Of node I and all above it (pci_acs_path_enabled); parents were asked before. */
static void forecast_ask(struct forecast *f, unsigned i)
{
	struct node *node = &f->nodes[i];
	int above = node->up < 0 ? 1 : f->nodes[node->up].path;

	node->acs = acs_judge(f->h, node->d, f->view).isolates;
	f->result->n_unreadable += node->acs < 0;
	if (node->acs == 0 || above == 0)
		node->path = 0;
	else
		node->path = node->acs < 0 || above < 0 ? -1 : 1;
}

static bool forecast_join(struct forecast *f, struct node *node, int with, enum forecast_join how)
{
	struct forecast_device *out = &f->result->devices[node->at];

	if (with < 0 || f->nodes[with].group < 0)
		return false;
	node->group = f->nodes[with].group;
	node->sure = node->sure && f->nodes[with].sure;
	out->group = (unsigned)node->group;
	out->join = how;
	out->with = f->nodes[with].d;
	return true;
}

/*
 * pci_for_each_dma_alias(): the last device whose name the DMA of *AT carries on its way up.  True when one
 * of them has a group already.
 */
static bool forecast_join_names(struct forecast *f, struct node *node, int *at)
{
	for (int up = f->nodes[*at].up; up >= 0; up = f->nodes[up].up) {
		const struct pci_device *bridge = f->nodes[up].d;

		if (alias_has(bridge, ALIAS_XLATE_ROOT))
			return false;
		/* A bridge that could not be read is one to PCI Express: most are. */
		if (!acs_is_conventional(bridge) || alias_has(bridge, ALIAS_NO_ALIAS)) {
			node->sure = node->sure && (bridge->config_len > 64 || bridge->port_type != PCI_PORT_UNKNOWN);
			continue;
		}
		*at = up;
		if (forecast_join(f, node, up, FORECAST_BRIDGE))
			return true;
	}
	return false;
}

/* Up to where peers cannot reach it.  True when something on the way has a group. */
static bool forecast_join_ports(struct forecast *f, struct node *node, int *at)
{
	for (int up = f->nodes[*at].up; up >= 0; up = f->nodes[up].up) {
		if (f->nodes[up].path == 1)
			return false;
		node->sure = node->sure && f->nodes[up].path == 0;
		*at = up;
		if (forecast_join(f, node, up, FORECAST_PORT))
			return true;
	}
	return false;
}

/* Which functions of the bus were looked at; as the kernel does it, once a device. */
struct seen {
	uint8_t bits[32];
};

static bool seen_before(struct seen *seen, const struct pci_device *d)
{
	unsigned devfn = (unsigned)(d->addr.slot << 3 | (d->addr.func & 7)) & 0xff;
	bool before = seen->bits[devfn / 8] & 1u << devfn % 8;

	seen->bits[devfn / 8] |= (uint8_t)(1u << devfn % 8);
	return before;
}

static int forecast_alias_group(struct forecast *f, int i, struct seen *seen, bool *sure);

/* A node of I's slot, or one that it has names in common with, which has a group; -1 none. */
static int forecast_function_group(struct forecast *f, int i, struct seen *seen, bool *sure)
{
	const struct node *node = &f->nodes[i];

	if (!acs_is_multifunction(node->d) || forecast_isolates(f, i, sure))
		return -1;
	for (unsigned k = node->first; k < node->end; k++) {
		int found;

		if ((int)k == i || f->nodes[k].d->addr.slot != node->d->addr.slot ||
		    forecast_isolates(f, (int)k, sure))
			continue;
		found = forecast_alias_group(f, (int)k, seen, sure);
		if (found >= 0)
			return found;
	}
	return -1;
}

static int forecast_alias_group(struct forecast *f, int i, struct seen *seen, bool *sure)
{
	const struct node *node = &f->nodes[i];

	if (seen_before(seen, node->d))
		return -1;
	if (node->group >= 0)
		return i;
	for (unsigned k = node->first; node->bus_aliases && k < node->end; k++) {
		int found;

		if ((int)k == i || (!alias_speaks_as(node->d, f->nodes[k].d) &&
				    !alias_speaks_as(f->nodes[k].d, node->d)))
			continue;
		found = forecast_alias_group(f, (int)k, seen, sure);
		if (found < 0)
			found = forecast_function_group(f, (int)k, seen, sure);
		if (found >= 0)
			return found;
	}
	return -1;
}

static bool forecast_join_peers(struct forecast *f, struct node *node, int at)
{
	struct seen seen = { 0 };
	int with = forecast_alias_group(f, at, &seen, &node->sure);

	if (forecast_join(f, node, with, FORECAST_ALIAS))
		return true;
	with = forecast_function_group(f, at, &seen, &node->sure);
	return forecast_join(f, node, with, FORECAST_FUNCTION);
}

/* pci_device_group() */
static void forecast_place(struct forecast *f, unsigned i)
{
	struct node *node = &f->nodes[i];
	struct forecast_device *out = &f->result->devices[node->at];
	int at = (int)i;

	node->sure = true;
	if (node->dma >= 0) {
		if (forecast_join(f, node, node->dma, FORECAST_VMD))
			return;
		at = node->dma;
	}
	if (forecast_join_names(f, node, &at) || forecast_join_ports(f, node, &at) ||
	    forecast_join_peers(f, node, at))
		return;
	node->group = (int)f->result->n_groups++;
	out->group = (unsigned)node->group;
	out->join = FORECAST_FIRST;
}

static void forecast_load(struct forecast *f)
{
	f->nodes = arena_alloc(f->h->arena, (f->n + 1) * sizeof(*f->nodes));
	for (unsigned i = 0; i < f->n; i++) {
		f->nodes[i].d = f->h->devices[i];
		f->nodes[i].at = i;
		f->nodes[i].wanted = forecast_is_wanted(f->h, f->h->devices[i]);
		f->result->devices[i].device = f->h->devices[i];
	}
	qsort(f->nodes, f->n, sizeof(*f->nodes), node_compare);
	forecast_link(f);
	forecast_measure_buses(f);
}

struct group_forecast *forecast_groups(struct host *h, const struct acs_view *view)
{
	struct group_forecast *result = arena_alloc(h->arena, sizeof(*result));
	struct forecast f = { .h = h, .view = view, .n = h->n_devices, .result = result };
	unsigned deepest = 0;

	result->n_devices = h->n_devices;
	result->devices = arena_alloc(h->arena, (h->n_devices + 1) * sizeof(*result->devices));
	result->known = arena_alloc(h->arena, (h->n_devices + 1) * sizeof(*result->known));
	forecast_load(&f);
	for (unsigned i = 0; i < f.n; i++)
		deepest = f.nodes[i].depth > deepest ? f.nodes[i].depth : deepest;
	/* Bridges before what is behind them, as the kernel finds them. */
	for (unsigned depth = 0; f.n && depth <= deepest; depth++)
		for (unsigned i = 0; i < f.n; i++)
			if (f.nodes[i].depth == depth)
				forecast_ask(&f, i);
	for (unsigned depth = 0; f.n && depth <= deepest; depth++)
		for (unsigned i = 0; i < f.n; i++)
			if (f.nodes[i].depth == depth && f.nodes[i].wanted)
				forecast_place(&f, i);
	for (unsigned i = 0; i < result->n_groups; i++)
		result->known[i] = true;
	for (unsigned i = 0; i < f.n; i++)
		if (f.nodes[i].group >= 0 && !f.nodes[i].sure)
			result->known[f.nodes[i].group] = false;
	return result;
}
