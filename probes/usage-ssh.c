/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces that ssh sessions come in through; SSH_CONNECTION does not survive sudo. */
#include "probes/usage.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/probe-util.h"

#include <string.h>
#include <strings.h>

#define SSH_PORTS	8
#define TCP_ESTABLISHED "01"

struct ssh_ports {
	unsigned list[SSH_PORTS];
	unsigned n;
};

/* "Port 2222" in any case, as often as wanted; without one it is 22. */
static void ssh_read_ports(struct host *h, const char *path, struct ssh_ports *ports)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "%s", path);
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *key = probe_next_word(&line), *value = probe_next_word(&line);
		uint64_t port;

		if (key && value && strcasecmp(key, "Port") == 0 && ports->n < SSH_PORTS &&
		    str_to_u64(value, 0xffff, &port) == 0)
			ports->list[ports->n++] = (unsigned)port;
	}
}

static struct ssh_ports ssh_ports(struct host *h)
{
	_cleanup_strv_ char **names = probe_list(h, "etc/ssh/sshd_config.d");
	struct ssh_ports ports = { .n = 0 };

	ssh_read_ports(h, "etc/ssh/sshd_config", &ports);
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *path = xasprintf("etc/ssh/sshd_config.d/%s", *name);

		ssh_read_ports(h, path, &ports);
	}
	if (!ports.n)
		ports.list[ports.n++] = 22;
	return ports;
}

/*
 * /proc/net/route and /proc/net/tcp write an address as the same hexadecimal word, whatever the byte
 * order:
 *	br0	0001A8C0	00000000	0001	0	0	425	00FFFFFF	0	0	0
 * The longest network that ADDRESS lies in; a default route is none.
 */
static const char *ssh_interface_ipv4(struct host *h, uint64_t address)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "proc/net/route");
	char *rest = text, *line;
	const char *best = NULL;
	int best_bits = 0;

	while ((line = probe_next_line(&rest))) {
		char *field[8] = { NULL }, *word;
		uint64_t to, mask;
		unsigned n = 0;

		for (char *p = line; *p; p++)
			if (*p == '\t')
				*p = ' ';
		while (n < ARRAY_SIZE(field) && (word = probe_next_word(&line)))
			field[n++] = word;
		if (n < 8 || str_to_hex(field[1], UINT32_MAX, &to) < 0 ||
		    str_to_hex(field[7], UINT32_MAX, &mask) < 0 || !mask || (address & mask) != to ||
		    __builtin_popcountll(mask) <= best_bits)
			continue;
		best = arena_strdup(h->arena, field[0]);
		best_bits = __builtin_popcountll(mask);
	}
	return best;
}

/* /proc/net/if_inet6: "fe80…5054ff:… 02 40 20 80 eno1", the address in network order. */
static const char *ssh_interface_ipv6(struct host *h, const char *address)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "proc/net/if_inet6");
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		const char *own = probe_next_word(&line), *name = NULL, *word;

		while ((word = probe_next_word(&line)))
			name = word;
		if (name && strcasecmp(own, address) == 0)
			return arena_strdup(h->arena, name);
	}
	return NULL;
}

/* /proc/net/tcp6 writes four words in the processor's order; if_inet6 writes bytes. */
static bool ssh_unswap(const char *tcp, char out[33])
{
	if (strlen(tcp) != 32)
		return false;
	for (unsigned word = 0; word < 4; word++)
		for (unsigned byte = 0; byte < 4; byte++) {
			unsigned from = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 3 - byte : byte;

			memcpy(out + word * 8 + byte * 2, tcp + word * 8 + from * 2, 2);
		}
	out[32] = '\0';
	return true;
}

static const char *ssh_interface(struct host *h, const char *address)
{
	static const char mapped[] = "00000000000000000000FFFF";
	char bytes[33];
	uint64_t word;

	if (strlen(address) == 8)
		return str_to_hex(address, UINT32_MAX, &word) < 0 ? NULL : ssh_interface_ipv4(h, word);
	if (!ssh_unswap(address, bytes))
		return NULL;
	/* ::ffff:192.168.1.5, a session over IPv4 at a socket for both */
	if (strncasecmp(bytes, mapped, strlen(mapped)) == 0)
		return str_to_hex(address + 24, UINT32_MAX, &word) < 0 ? NULL : ssh_interface_ipv4(h, word);
	return ssh_interface_ipv6(h, bytes);
}

/*
 *	  sl  local_address rem_address   st …
 *	   1: 0501A8C0:0016 0201A8C0:D2F0 01 …
 */
static void ssh_read_sockets(struct host *h, const char *path, const struct ssh_ports *ports)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "%s", path);
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *local, *port, *state;
		const char *interface = NULL;
		uint64_t number;

		probe_next_word(&line);
		local = probe_next_word(&line);
		probe_next_word(&line);
		state = probe_next_word(&line);
		port = local ? strrchr(local, ':') : NULL;
		if (!state || !port || !str_eq(state, TCP_ESTABLISHED))
			continue;
		*port++ = '\0';
		for (unsigned i = 0; i < ports->n; i++)
			if (str_to_hex(port, 0xffff, &number) == 0 && number == ports->list[i])
				interface = ssh_interface(h, local);
		if (interface && !str_eq(interface, "lo") && !strv_contains(h->net.ssh_interfaces, interface))
			arena_strv_add(h->arena, &h->net.ssh_interfaces, interface);
	}
}

void usage_find_ssh(struct host *h)
{
	struct ssh_ports ports = ssh_ports(h);

	ssh_read_sockets(h, "proc/net/tcp", &ports);
	ssh_read_sockets(h, "proc/net/tcp6", &ports);
}
