/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/usage.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/probe-util.h"

#include <string.h>

struct usage_cards {
	struct host *h;
	struct arena_list devices;    /* struct pci_device * */
	struct arena_list interfaces; /* const char *, the card's own interface */
};

/*
 * The cards below an interface: itself, or for bridges, bonds and VLANs whatever its "lower_…" links
 * name (/sys/class/net/br0/lower_enp6s0).  DEPTH ends a loop in a broken tree.
 */
static void usage_collect(struct usage_cards *c, const char *name, unsigned depth)
{
	_cleanup_strv_ char **entries = NULL;
	struct pci_device *d = probe_device_behind(c->h, "sys/class/net/%s/device", name);

	if (d) {
		arena_list_add(c->h->arena, &c->devices, d);
		arena_list_add(c->h->arena, &c->interfaces, arena_strdup(c->h->arena, name));
		return;
	}
	entries = depth < 8 ? probe_list(c->h, "sys/class/net/%s", name) : NULL;
	for (char **e = entries; e && *e; e++)
		if (str_starts_with(*e, "lower_"))
			usage_collect(c, *e + strlen("lower_"), depth + 1);
}

static bool usage_all_one_device(const struct usage_cards *c)
{
	for (size_t i = 1; i < c->devices.n; i++)
		if (c->devices.items[i] != c->devices.items[0])
			return false;
	return true;
}

static struct pci_device *usage_card_device(const struct usage_cards *c, size_t i)
{
	struct pci_addr addr = ((const struct pci_device *)c->devices.items[i])->addr;

	return host_find_device(c->h, addr);
}

static void usage_add_cards(const struct usage_cards *c, const char *interface)
{
	bool only = usage_all_one_device(c);

	for (size_t i = 0; i < c->devices.n; i++) {
		const char *own = c->interfaces.items[i];
		const char *detail =
			str_eq(own, interface)
				? arena_printf(c->h->arena, _("default route (%s)"), interface)
				: arena_printf(c->h->arena, _("default route (%s through %s)"),
					       interface, own);

		pci_device_add_use(c->h, usage_card_device(c, i), HOST_USE_NETWORK, only, detail);
	}
}

/* Does a route of /proc/net/route, other than a default one, go through the interface? */
static bool usage_has_route(const char *routes, const char *interface)
{
	size_t n = strlen(interface);

	for (const char *line = routes; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, interface, n) == 0 && line[n] == '\t')
			return true;
	}
	return false;
}

static void usage_add_routed(struct host *h, const char *interface)
{
	struct usage_cards cards = { .h = h };

	usage_collect(&cards, interface, 0);
	for (size_t i = 0; i < cards.devices.n; i++) {
		struct pci_device *d = usage_card_device(&cards, i);
		bool known = false;

		for (unsigned u = 0; u < d->n_uses; u++)
			known = known || d->uses[u].kind == HOST_USE_NETWORK;
		if (!known)
			pci_device_add_use(h, d, HOST_USE_NETWORK, false,
					   arena_printf(h->arena, _("network (%s)"), interface));
	}
}

void usage_network(struct host *h)
{
	const char *interface = h->net.default_route_interface;
	_cleanup_free_ char *routes = probe_text(h, NULL, "proc/net/route");

	if (interface) {
		struct usage_cards cards = { .h = h };

		usage_collect(&cards, interface, 0);
		usage_add_cards(&cards, interface);
	}
	/* Cards with an address but without the default route: storage or management networks. */
	for (const char *const *i = h->net.interfaces; routes && i && *i; i++)
		if (!str_eq(*i, interface) && usage_has_route(routes, *i))
			usage_add_routed(h, *i);
}
