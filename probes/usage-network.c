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

/*
 * The ports of an Open vSwitch have no links to the cards; those say who their master is:
 *	/sys/class/net/eno1/master -> ../../../virtual/net/ovs-system
 */
static void usage_collect_switch(struct usage_cards *c)
{
	for (const char *const *i = c->h->net.interfaces; i && *i; i++) {
		char path[PATH_MAX];
		const char *master;

		snprintf(path, sizeof(path), "sys/class/net/%s/master", *i);
		master = fsroot_link_name(c->h->root, c->h->arena, path);
		if (str_eq(master, "ovs-system"))
			usage_collect(c, *i, 0);
	}
}

/* All the cards an interface needs, a tunnel's too: whatever else has a route carries it. */
static void usage_collect_all(struct usage_cards *c, const char *interface)
{
	usage_collect(c, interface, 0);
	if (!c->devices.n && probe_exists(c->h, "sys/class/net/ovs-system"))
		usage_collect_switch(c);
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

static const char *usage_network_detail(struct host *h, bool ssh, const char *interface, const char *own)
{
	bool direct = str_eq(own, interface);

	if (ssh)
		return direct ? arena_printf(h->arena, _("ssh session (%s)"), interface) :
				arena_printf(h->arena, _("ssh session (%s through %s)"), interface, own);
	return direct ? arena_printf(h->arena, _("default route (%s)"), interface) :
			arena_printf(h->arena, _("default route (%s through %s)"), interface, own);
}

static void usage_add_cards(const struct usage_cards *c, const char *interface, bool ssh, bool only)
{
	for (size_t i = 0; i < c->devices.n; i++) {
		struct pci_device *d = usage_card_device(c, i);
		const char *detail = usage_network_detail(c->h, ssh, interface, c->interfaces.items[i]);

		pci_device_add_use(c->h, d, HOST_USE_NETWORK, only, detail);
		for (unsigned u = 0; ssh && u < d->n_uses; u++)
			d->uses[u].by_ssh |= str_eq(d->uses[u].detail, detail);
	}
}

/* Who has two sessions through two cards can lose one of them. */
static void usage_add_ssh(struct host *h)
{
	struct usage_cards all = { .h = h };

	usage_find_ssh(h);
	for (const char *const *i = h->net.ssh_interfaces; i && *i; i++)
		usage_collect_all(&all, *i);
	for (const char *const *i = h->net.ssh_interfaces; i && *i; i++) {
		struct usage_cards cards = { .h = h };

		usage_collect_all(&cards, *i);
		usage_add_cards(&cards, *i, true, usage_all_one_device(&all));
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

		usage_collect_all(&cards, interface);
		usage_add_cards(&cards, interface, false, usage_all_one_device(&cards));
	}
	usage_add_ssh(h);
	/* Cards with an address but without the default route: storage or management networks. */
	for (const char *const *i = h->net.interfaces; routes && i && *i; i++)
		if (!str_eq(*i, interface) && usage_has_route(routes, *i))
			usage_add_routed(h, *i);
}
