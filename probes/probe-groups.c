/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <limits.h>

#define GROUPS_DIR "sys/kernel/iommu_groups"

/*
 * reserved_regions, one a line; "direct" is an RMRR that keeps a device from being given away,
 * "direct-relaxable" (USB, graphics) does not:
 *	0x00000000fee00000 0x00000000feefffff msi
 *	0x000000008d800000 0x000000008fffffff direct-relaxable
 * -1: it cannot be read, or the kernel is older than the file (4.11).
 */
static int groups_has_direct(struct host *h, int id)
{
	const char *text = probe_attr(h, GROUPS_DIR "/%d/reserved_regions", id);
	_cleanup_free_ char *copy = text ? xstrdup(text) : NULL;
	char *rest = copy, *line;

	if (!text)
		return -1;

	while ((line = probe_next_line(&rest))) {
		probe_next_word(&line);
		probe_next_word(&line);
		if (str_eq(probe_next_word(&line), "direct"))
			return 1;
	}
	return 0;
}

static int groups_compare(const void *a, const void *b)
{
	const struct iommu_group *const *left = a, *const *right = b;

	return (*left)->id < (*right)->id ? -1 : (*left)->id > (*right)->id;
}

/* The kernel links both ways; a link a device was read with it anyway, a folder a group was not. */
static void groups_add_members(struct host *h)
{
	for (unsigned i = 0; i < h->n_devices; i++) {
		struct pci_device *d = h->devices[i];

		d->group = d->group_id < 0 ? NULL : host_find_group(h, d->group_id);
		if (d->group)
			d->group->n_devices++;
	}
	for (unsigned i = 0; i < h->n_groups; i++) {
		struct iommu_group *g = h->groups[i];

		if (g->n_devices)
			g->devices = arena_alloc(h->arena, g->n_devices * sizeof(struct pci_device *));
		g->n_devices = 0;
	}
	for (unsigned i = 0; i < h->n_devices; i++) {
		struct iommu_group *g = h->devices[i]->group;

		if (g)
			g->devices[g->n_devices++] = h->devices[i];
	}
}

/* Firmware reserves memory for devices it knows: neither for bridges nor for virtual functions. */
static bool groups_can_have_regions(const struct iommu_group *g)
{
	for (unsigned i = 0; i < g->n_devices; i++)
		if (!pci_device_is_bridge(g->devices[i]) && !g->devices[i]->physfn)
			return true;
	return false;
}

static int groups_run(struct host *h, struct err *err _unused_)
{
	_cleanup_strv_ char **names = NULL;
	int r = fsroot_list(h->root, GROUPS_DIR, &names);
	size_t n = strv_length(strv_const(names));
	bool all_identity = true;

	if (r < 0 && r != -ENOENT)
		probe_note(h, GROUPS_DIR, r);
	h->iommu.groups_hidden = r < 0;
	if (n == 0)
		return 0;
	h->groups = arena_alloc(h->arena, n * sizeof(struct iommu_group *));
	for (char **name = names; *name; name++) {
		struct iommu_group *g;
		uint64_t id;

		if (str_to_u64(*name, INT_MAX, &id) < 0)
			continue;
		g = arena_alloc(h->arena, sizeof(*g));
		g->id = (int)id;
		/* Asked for is whether all are "identity": the first other one answers that. */
		if (all_identity)
			g->type = probe_word(h, GROUPS_DIR "/%d/type", g->id);
		all_identity = all_identity && (!g->type || str_eq(g->type, "identity"));
		h->groups[h->n_groups++] = g;
	}
	qsort(h->groups, h->n_groups, sizeof(struct iommu_group *), groups_compare);
	groups_add_members(h);
	for (unsigned i = 0; i < h->n_groups; i++)
		h->groups[i]->has_direct_region =
			groups_can_have_regions(h->groups[i]) ? groups_has_direct(h, h->groups[i]->id) : 0;
	return 0;
}

const struct probe probe_groups = {
	.name = "groups",
	.title = N_("IOMMU groups"),
	.run = groups_run,
};
