/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>

/*
 * /proc/net/route, numbers in hexadecimal, flag 1 = up; the lowest metric wins:
 *	Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask …
 *	enp6s0	00000000	0101A8C0	0003	0	0	100	00000000 …
 */
static const char *net_default_ipv4(struct host *h)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "proc/net/route");
	char *rest = text, *line;
	const char *best = NULL;
	uint64_t best_metric = UINT64_MAX;

	while ((line = probe_next_line(&rest))) {
		char *field[8] = { NULL }, *word;
		uint64_t flags, metric;
		unsigned n = 0;

		for (char *p = line; *p; p++)
			if (*p == '\t')
				*p = ' ';
		while (n < ARRAY_SIZE(field) && (word = probe_next_word(&line)))
			field[n++] = word;
		if (n < 8 || !str_eq(field[1], "00000000") || !str_eq(field[7], "00000000") ||
		    str_to_hex(field[3], UINT32_MAX, &flags) < 0 || !(flags & 1) ||
		    str_to_u64(field[6], UINT32_MAX, &metric) < 0 || metric >= best_metric)
			continue;
		best = arena_strdup(h->arena, field[0]);
		best_metric = metric;
	}
	return best;
}

/*
 * /proc/net/ipv6_route: destination, its length, source, its length, gateway, metric, two counters,
 * flags, interface.  "lo" has the unreachable default.
 */
static const char *net_default_ipv6(struct host *h)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "proc/net/ipv6_route");
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *field[10] = { NULL }, *word;
		unsigned n = 0;

		while (n < ARRAY_SIZE(field) && (word = probe_next_word(&line)))
			field[n++] = word;
		if (n == 10 && strspn(field[0], "0") == 32 && str_eq(field[1], "00") &&
		    !str_eq(field[9], "lo"))
			return arena_strdup(h->arena, field[9]);
	}
	return NULL;
}

static int net_run(struct host *h, struct err *err _unused_)
{
	struct net_facts *net = &h->net;
	_cleanup_strv_ char **names = probe_list(h, "sys/class/net");

	for (char **name = names; name && *name; name++) {
		if (!probe_exists(h, "sys/class/net/%s/ifindex", *name) &&
		    !probe_exists(h, "sys/class/net/%s/address", *name) &&
		    !probe_exists(h, "sys/class/net/%s/device", *name))
			continue; /* bonding_masters is a file */
		arena_strv_add(h->arena, &net->interfaces, *name);
		net->bridge_count += probe_exists(h, "sys/class/net/%s/bridge", *name);
	}
	net->default_route_interface = net_default_ipv4(h);
	if (!net->default_route_interface)
		net->default_route_interface = net_default_ipv6(h);
	return 0;
}

const struct probe probe_net = {
	.name = "net",
	.title = N_("Network"),
	.run = net_run,
};
