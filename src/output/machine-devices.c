/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the guest sees the PCI devices, and what is special about one. */
#include "output/machine-parts.h"

#include <errno.h>
#include <stdlib.h>

#define MACHINE_PORTS_MAX 24 /* root ports, one per card; three slots of eight on the root bus */

static int devices_compare(const void *a, const void *b)
{
	const struct machine_hostdev *x = a, *y = b;

	return pci_addr_compare(x->device->addr, y->device->addr);
}

/* Functions of one slot belong together; virtual functions are cards of their own wherever they sit. */
static bool devices_same_card(const struct pci_device *a, const struct pci_device *b)
{
	return !a->physfn && !b->physfn && pci_addr_same_slot(a->addr, b->addr);
}

/* Guest addresses of the card that starts at FIRST; returns the index behind it. */
static unsigned devices_place_card(struct machine *m, unsigned first, unsigned bus)
{
	const struct pci_device *lead = m->hostdevs[first].device;
	bool keep = lead->addr.func == 0 && !lead->physfn;
	unsigned end = first + 1;

	while (end < m->n_hostdevs && devices_same_card(lead, m->hostdevs[end].device))
		end++;
	for (unsigned i = first; i < end; i++) {
		struct machine_hostdev *d = &m->hostdevs[i];
		enum device_class class = pci_device_class(d->device);

		d->guest_bus = bus;
		d->guest_slot = 0;
		/* A slot without function 0 is empty to the guest. */
		d->guest_func = keep ? d->device->addr.func : i - first;
		d->multifunction = d->guest_func == 0 && end - first > 1;
		/* OVMF has drivers of its own for these; GPUs need theirs for a picture. */
		d->rom_bar = class != DEVICE_NVME && class != DEVICE_NIC;
	}
	return end;
}

int machine_set_devices(struct machine *m, const struct host *h _unused_, const struct answers *a _unused_,
			struct pci_device *const *devices, unsigned n, struct err *err)
{
	unsigned bus = 1, used = 0;

	m->hostdevs = arena_alloc(m->arena, (n + 1) * sizeof(*m->hostdevs));
	for (unsigned i = 0; i < n; i++) {
		if (pci_device_is_bridge(devices[i]))
			continue; /* an on-card switch stays with pcieport */
		m->hostdevs[m->n_hostdevs++].device = devices[i];
	}
	if (m->n_hostdevs)
		qsort(m->hostdevs, m->n_hostdevs, sizeof(*m->hostdevs), devices_compare);
	for (unsigned i = 0; i < m->n_hostdevs; i++)
		if (!used || m->hostdevs[used - 1].device != m->hostdevs[i].device)
			m->hostdevs[used++] = m->hostdevs[i];
	m->n_hostdevs = used;
	for (unsigned i = 0; i < m->n_hostdevs; bus++)
		i = devices_place_card(m, i, bus);
	if (bus - 1 > MACHINE_PORTS_MAX)
		return err_set(err, ERR_NOT_POSSIBLE, -E2BIG,
			       _("--device: a machine takes %d cards, not %u."), MACHINE_PORTS_MAX,
			       bus - 1);
	return 0;
}
