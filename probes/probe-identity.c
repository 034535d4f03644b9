/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

/* SMBIOS 3 sets no limit; the longest names of real boards have about 60 bytes. */
#define IDENTITY_DMI_MAX 200

/* What board makers leave in when nobody fills the form; compared without case. */
static const char *const identity_placeholders[] = {
	"Super Server", /* Supermicro, whatever the board */
	"to be filled by o.e.m.",
	"to be filled by o.e.m",
	"default string",
	"system manufacturer",
	"system product name",
	"system version",
	"not specified",
	"not applicable",
	"not available",
	"o.e.m.",
	"oem",
	"unknown",
	"none",
	"n/a",
	"invalid",
	"type1productconfigid",
	"base board manufacturer",
	"base board product name",
};

static bool identity_is_placeholder(const char *s)
{
	for (unsigned i = 0; i < ARRAY_SIZE(identity_placeholders); i++)
		if (strcasecmp(s, identity_placeholders[i]) == 0)
			return true;
	/* "Undefined", "........", "0", "XXXX": nothing a person would call a name */
	return s[strspn(s, ".-_ 0xX*")] == '\0' || strcasecmp(s, "undefined") == 0;
}

/*
 * /sys/class/dmi/id/board_vendor: "ASUSTeK COMPUTER INC."  What firmware left there may be longer than
 * any name and any bytes at all; whoever prints it makes it printable, here it only gets an end.
 */
static const char *identity_dmi(struct host *h, const char *name)
{
	const char *text = probe_word(h, "sys/class/dmi/id/%s", name);
	size_t n = IDENTITY_DMI_MAX;

	if (!text || identity_is_placeholder(text))
		return NULL;
	if (strlen(text) <= n)
		return text;
	while (n && ((unsigned char)text[n] & 0xc0) == 0x80) /* not inside a character */
		n--;
	return str_trim(arena_strndup(h->arena, text, n));
}

/* Value of a shell-like assignment: quotes off, \-escapes of os-release(5) undone. */
static const char *identity_unquote(struct arena *a, char *value)
{
	char *to = value, *from = value;
	char quote = '\0';

	for (; *from; from++) {
		if ((*from == '"' || *from == '\'') && (!quote || quote == *from)) {
			quote = quote ? '\0' : *from;
			continue;
		}
		if (*from == '\\' && quote != '\'' && from[1])
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return arena_strdup(a, str_trim(value));
}

/*
 * /etc/os-release, or /usr/lib/os-release where /etc has none:
 *	PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
 *	ID=debian
 *	ID_LIKE="rhel fedora"
 */
static void identity_os_release(struct host *h)
{
	struct identity_facts *id = &h->identity;
	_cleanup_free_ char *text = probe_text(h, NULL, "etc/os-release");
	const char *like = NULL;
	char *rest, *line;

	if (!text)
		text = probe_text(h, NULL, "usr/lib/os-release");
	rest = text;
	while ((line = probe_next_line(&rest))) {
		char *value = strchr(line, '=');

		if (!value || *line == '#')
			continue;
		*value++ = '\0';
		if (str_eq(str_trim(line), "PRETTY_NAME"))
			id->distribution = identity_unquote(h->arena, value);
		else if (str_eq(line, "ID"))
			id->os_id = identity_unquote(h->arena, value);
		else if (str_eq(line, "VERSION_ID"))
			id->os_version_id = identity_unquote(h->arena, value);
		else if (str_eq(line, "ID_LIKE"))
			like = identity_unquote(h->arena, value);
	}
	if (id->os_id)
		arena_strv_add(h->arena, &id->os_like, id->os_id);
	if (like) {
		_cleanup_free_ char *copy = xstrdup(like);
		char *words = copy, *word;

		while ((word = probe_next_word(&words)))
			arena_strv_add(h->arena, &id->os_like, word);
	}
}

/* "Linux version 6.1.0-28-amd64 (debian-kernel@lists.debian.org) …" */
static const char *identity_proc_version(struct host *h)
{
	const char *text = probe_word(h, "proc/version");

	if (!text || !str_starts_with(text, "Linux version "))
		return NULL;
	text += strlen("Linux version ");
	return arena_strndup(h->arena, text, strcspn(text, " "));
}

static const char *identity_kernel(struct host *h)
{
	struct utsname u;
	const char *release;

	if (fsroot_is_live(h->root) && uname(&u) == 0)
		return arena_strdup(h->arena, u.release);
	release = probe_word(h, "proc/sys/kernel/osrelease");
	return release ? release : identity_proc_version(h);
}

static void identity_set_container(struct host *h, const char *name, const char *sign)
{
	h->identity.container = name;
	h->identity.container_sign = sign;
}

/* The environment of process 1, for root only: "container=lxc\0TERM=linux\0". */
static void identity_container_environment(struct host *h)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	if (!fsroot_is_live(h->root) || fsroot_read(h->root, "proc/1/environ", &text, &len) < 0)
		return;
	for (size_t i = 0; i < len; i += strlen(text + i) + 1)
		if (str_starts_with(text + i, "container=") && text[i + strlen("container=")]) {
			const char *name = text + i + strlen("container=");

			identity_set_container(h, arena_strndup(h->arena, name, strnlen(name, 32)),
					       "/proc/1/environ: container");
		}
}

/*
 * A disk that was made from a container's image has the empty marker for good.  Only a root made of layers, or
 * one in a folder of the tool, is a container's.  /proc/self/mountinfo, fields 4, 5 and behind the dash:
 *	612 580 0:58 / / rw,relatime - overlay overlay rw,lowerdir=…
 *	25 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
 *	31 1 0:26 /var/lib/docker/btrfs/subvolumes/3f9c / rw - btrfs /dev/sda2 rw
 */
static bool identity_root_is_disk(struct host *h)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line, inside[256], where[256];

	if (fsroot_read(h->root, "proc/self/mountinfo", &text, NULL) < 0)
		return false;
	rest = text;
	while ((line = probe_next_line(&rest))) {
		const char *dash = strstr(line, " - "), *source;

		if (sscanf(line, "%*s %*s %*s %255s %255s", inside, where) != 2 || !str_eq(where, "/") || !dash)
			continue;
		source = strchr(dash + 3, ' ');
		return source && str_starts_with(source, " /dev/") && !strstr(inside, "/docker/") &&
		       !strstr(inside, "/containers/");
	}
	return false;
}

/*
 * Where systemd and the tools that make containers leave their name (systemd.io/CONTAINER_INTERFACE); Docker
 * and Podman without an init of their own leave an empty file only.
 */
static void identity_container(struct host *h)
{
	static const char *const named[] = { "run/systemd/container", "run/host/container-manager" };
	static const struct {
		const char *path, *name;
	} marked[] = { { ".dockerenv", "docker" }, { "run/.containerenv", "podman" } };

	for (unsigned i = 0; i < ARRAY_SIZE(named) && !h->identity.container; i++) {
		const char *text = probe_word(h, "%s", named[i]);

		if (text)
			identity_set_container(h, arena_strndup(h->arena, text, strcspn(text, " \t\n") > 32 ? 32 :
								strcspn(text, " \t\n")),
					       arena_printf(h->arena, "/%s", named[i]));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(marked) && !h->identity.container; i++)
		if (probe_exists(h, "%s", marked[i].path) && !identity_root_is_disk(h))
			identity_set_container(h, marked[i].name, arena_printf(h->arena, "/%s", marked[i].path));
	if (!h->identity.container)
		identity_container_environment(h);
}

static int identity_run(struct host *h, struct err *err _unused_)
{
	struct identity_facts *id = &h->identity;
	uint64_t chassis;

	id->vendor = identity_dmi(h, "sys_vendor");
	id->product = identity_dmi(h, "product_name");
	id->board = identity_dmi(h, "board_name");
	id->board_vendor = identity_dmi(h, "board_vendor");
	id->family = identity_dmi(h, "product_family");
	id->version = identity_dmi(h, "product_version");
	id->firmware_version = identity_dmi(h, "bios_version");
	id->firmware_date = identity_dmi(h, "bios_date");
	if (probe_number(h, 255, &chassis, "sys/class/dmi/id/chassis_type") == 0)
		id->chassis_type = (int)chassis;
	identity_os_release(h);
	id->kernel = identity_kernel(h);
	identity_container(h);
	return 0;
}

const struct probe probe_identity = {
	.name = "identity",
	.title = N_("System and distribution"),
	.run = identity_run,
};
