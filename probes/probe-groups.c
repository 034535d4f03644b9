/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define GROUPS_DIR "sys/kernel/iommu_groups"

/*
 * reserved_regions, one a line; "direct" is an RMRR that keeps a device from being given away,
 * "direct-relaxable" (USB, graphics) does not:
 *	0x00000000fee00000 0x00000000feefffff msi
 *	0x000000008d800000 0x000000008fffffff direct-relaxable
 */
static bool groups_has_direct(struct host *h, int id)
{
	_cleanup_free_ char *text = probe_text(h, NULL, GROUPS_DIR "/%d/reserved_regions", id);
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		probe_next_word(&line);
		probe_next_word(&line);
		if (str_eq(probe_next_word(&line), "direct"))
			return true;
	}
	return false;
}

static void groups_read_members(struct host *h, struct iommu_group *g)
{
	_cleanup_strv_ char **names = probe_list(h, GROUPS_DIR "/%d/devices", g->id);
	struct arena_list members = { 0 };

	/* In the order of host->devices: by address, not by text. */
	for (char **name = names; name && *name; name++) {
		struct pci_addr addr;
		struct pci_device *d = NULL;

		if (pci_addr_parse(*name, &addr) == 0)
			d = host_find_device(h, addr);
		if (d)
			d->group = g;
		else
			g->n_other_devices++; /* a platform device */
	}
	for (unsigned i = 0; names && i < h->n_devices; i++)
		if (h->devices[i]->group == g)
			arena_list_add(h->arena, &members, h->devices[i]);
	g->n_devices = (unsigned)members.n;
	if (!members.n)
		return;
	g->devices = arena_alloc(h->arena, members.n * sizeof(struct pci_device *));
	memcpy(g->devices, members.items, members.n * sizeof(struct pci_device *));
}

static int groups_compare(const void *a, const void *b)
{
	const struct iommu_group *const *left = a, *const *right = b;

	return (*left)->id < (*right)->id ? -1 : (*left)->id > (*right)->id;
}

static int groups_run(struct host *h, struct err *err _unused_)
{
	_cleanup_strv_ char **names = probe_list(h, GROUPS_DIR);
	size_t n = strv_length(strv_const(names));

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
		g->type = probe_word(h, GROUPS_DIR "/%d/type", g->id);
		g->has_direct_region = groups_has_direct(h, g->id);
		groups_read_members(h, g);
		h->groups[h->n_groups++] = g;
	}
	qsort(h->groups, h->n_groups, sizeof(struct iommu_group *), groups_compare);
	return 0;
}

const struct probe probe_groups = {
	.name = "groups",
	.title = N_("IOMMU groups"),
	.run = groups_run,
};
