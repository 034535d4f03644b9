/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/acs.h"

/*
 * The groups the kernel makes of a host: pci_device_group() in drivers/iommu/iommu.c, device by device from
 * the root buses down.  Explains groups that are there, and tells of those that are not there yet.  The work
 * is linear in the devices; what a bus can hold bounds the rest.
 */
enum forecast_join {
	FORECAST_NONE,		/* no group: the kernel has none for it, or it is the IOMMU */
	FORECAST_FIRST,		/* nothing joins it to one that was there */
	FORECAST_PORT,		/* below a port that, or one above which, does not isolate */
	FORECAST_BRIDGE,	/* on conventional PCI: its DMA carries the bridge's name */
	FORECAST_ALIAS,		/* its DMA carries the name of another function, or the other way round */
	FORECAST_FUNCTION,	/* several functions of one slot, and nothing keeps them apart */
	FORECAST_VMD,		/* its DMA comes from Intel's VMD */
};

struct forecast_device {
	struct pci_device *device;
	unsigned group;			/* 0 … n_groups - 1, unless FORECAST_NONE */
	enum forecast_join join;
	struct pci_device *with;	/* what it joined; NULL for FORECAST_FIRST and FORECAST_NONE */
};

struct group_forecast {
	struct forecast_device *devices; /* one per host->devices, same order */
	unsigned n_devices;
	bool *known;			/* one per group: no part of it hangs on what could not be read */
	unsigned n_groups;
	unsigned n_unreadable;		/* devices that were asked and could not be read */
};

/*
 * Where the kernel has groups, devices without one stay without.  Never NULL; in the host's arena.
 * Loops among parents are cut where they are met.
 */
struct group_forecast *forecast_groups(struct host *h, const struct acs_view *view) _returns_nonnull_;
