/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/answer-check.h"

#include "base/arena.h"
#include "base/str.h"
#include "model/pci-addr.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define ANSWER_MAX_TEXT 1024
#define ANSWER_MAX_CPUS 4096
#define ANSWER_MAX_NAME 64
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

int size_parse(const char *text, unsigned long long *ret)
{
	static const struct {
		char sign;
		unsigned shift;
	} units[] = { { 'k', 10 }, { 'm', 20 }, { 'g', 30 }, { 't', 40 } };
	unsigned long long number;
	unsigned shift = 20; /* a plain number counts MiB, as QEMU's -m does */
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	end += strspn(end, " ");
	for (size_t i = 0; *end && i < ARRAY_SIZE(units); i++) {
		if (tolower((unsigned char)*end) != units[i].sign)
			continue;
		shift = units[i].shift;
		end++;
		if (strcasecmp(end, "b") == 0 || strcasecmp(end, "ib") == 0)
			end += strlen(end);
		break;
	}
	if (*end)
		return -EINVAL;
	if (number > (unsigned long long)INT64_MAX >> shift)
		return -ERANGE;
	*ret = number << shift;
	return 0;
}

static char *answer_check_choice(const struct answer_key *k, const char *value, char **ret)
{
	size_t len = strlen(value), n;

	for (const char *c = k->choices; *c; c += n + (c[n] == '|')) {
		n = strcspn(c, "|");
		if (n == len && strncmp(c, value, n) == 0) {
			*ret = xstrdup(value);
			return NULL;
		}
	}
	return xasprintf(_("\"%s\" is none of the choices for %s: %s."), value, k->key, k->choices);
}

static char *answer_check_bool(const char *value, char **ret)
{
	static const char *const yes[] = { "yes", "true", "on", "y" };
	static const char *const no[] = { "no", "false", "off", "n" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		bool is_yes = strcasecmp(value, yes[i]) == 0;

		if (is_yes || strcasecmp(value, no[i]) == 0) {
			*ret = xstrdup(is_yes ? "yes" : "no");
			return NULL;
		}
	}
	return xasprintf(_("\"%s\" is neither yes nor no."), value);
}

static char *answer_check_size(const char *value, char **ret)
{
	unsigned long long bytes;

	if (size_parse(value, &bytes) < 0 || bytes == 0)
		return xasprintf(_("\"%s\" is not a size like 16G, 512M or 16384 (which counts MiB)."),
				 value);
	*ret = xstrdup(value);
	return NULL;
}

static char *answer_check_number(const char *value, char **ret)
{
	uint64_t number;

	if (!isdigit((unsigned char)*value) || str_to_u64(value, ANSWER_MAX_CPUS, &number) < 0 ||
	    number == 0)
		return xasprintf(_("\"%s\" is not a number from 1 to %d."), value, ANSWER_MAX_CPUS);
	*ret = xasprintf("%llu", (unsigned long long)number);
	return NULL;
}

static char *answer_check_address(const struct answer_key *k, const char *value, char **ret)
{
	char text[PCI_ADDR_TEXT];
	struct pci_addr addr;

	if (k->choices && strcmp(value, k->choices) == 0) {
		*ret = xstrdup(value);
		return NULL;
	}
	if (pci_addr_parse(value, &addr) < 0)
		return xasprintf(_("\"%s\" is not a PCI address like 01:00.0 or 0000:01:00.0."), value);
	*ret = xstrdup(pci_addr_format(addr, text));
	return NULL;
}

static char *answer_check_path(const char *value, bool from_command_line, char **ret)
{
	_cleanup_free_ char *cwd = NULL;

	if (value[0] == '/') {
		*ret = xstrdup(value);
		return NULL;
	}
	cwd = from_command_line ? getcwd(NULL, 0) : NULL;
	if (!cwd)
		return xasprintf(_("\"%s\" is not an absolute path."), value);
	*ret = xasprintf("%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, value);
	return NULL;
}

/* The name becomes part of file names and of a line in a shell script. */
static char *answer_check_name(const char *value, char **ret)
{
	if (!isalnum((unsigned char)*value) || strlen(value) > ANSWER_MAX_NAME ||
	    value[strspn(value, LETTERS DIGITS "._+-")])
		return xasprintf(_("\"%s\" cannot be a machine's name: it starts with a letter or a digit "
				   "and goes on with letters, digits and . _ + - (at most %d)."),
				 value, ANSWER_MAX_NAME);
	*ret = xstrdup(value);
	return NULL;
}

/* Interfaces are named as the kernel allows (15 bytes), networks as libvirt does. */
static char *answer_check_network(const char *value, char **ret)
{
	const char *name = strchr(value, ':');
	bool bridge = str_starts_with(value, "bridge:");
	bool ok = strcmp(value, "default") == 0 || strcmp(value, "none") == 0;

	if (name && (bridge || str_starts_with(value, "network:"))) {
		name++;
		ok = isalnum((unsigned char)*name) && strlen(name) <= (bridge ? 15 : ANSWER_MAX_NAME) &&
		     name[strspn(name, LETTERS DIGITS "._+-")] == '\0';
	}
	if (!ok)
		return xasprintf(_("\"%s\" is not a network: default, none, bridge:NAME or network:NAME."),
				 value);
	*ret = xstrdup(value);
	return NULL;
}

/* "046d:c52b", or a port as sysfs names it: "port:1-4.2" */
static char *answer_check_usb(const char *value, char **ret)
{
	bool ok;

	if (str_starts_with(value, "port:")) {
		const char *port = value + 5;
		size_t bus = strspn(port, DIGITS);

		ok = bus && bus <= 3 && port[bus] == '-' && isdigit((unsigned char)port[bus + 1]) &&
		     isdigit((unsigned char)port[strlen(port) - 1]) && !strstr(port, "..") &&
		     port[bus + 1 + strspn(port + bus + 1, DIGITS ".")] == '\0';
	} else {
		ok = strlen(value) == 9 && value[4] == ':';
		for (size_t i = 0; ok && i < 9; i++)
			ok = i == 4 || isxdigit((unsigned char)value[i]);
	}
	if (!ok)
		return xasprintf(_("\"%s\" is not a USB device like 046d:c52b or port:1-4."), value);
	*ret = xstrdup(value);
	for (char *c = *ret; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return NULL;
}

char *answer_check(const struct answer_key *k, const char *value, bool from_command_line, char **ret)
{
	*ret = NULL;
	if (!*value)
		return xasprintf(_("The value of %s is empty."), k->key);
	if (strlen(value) > ANSWER_MAX_TEXT)
		return xasprintf(_("The value of %s is too long."), k->key);
	for (const char *c = value; *c; c++)
		if (iscntrl((unsigned char)*c))
			return xasprintf(_("The value of %s contains a control character."), k->key);
	switch (k->type) {
	case ANSWER_TEXT:
		*ret = xstrdup(value);
		return NULL;
	case ANSWER_CHOICE:
		return answer_check_choice(k, value, ret);
	case ANSWER_BOOL:
		return answer_check_bool(value, ret);
	case ANSWER_SIZE:
		return answer_check_size(value, ret);
	case ANSWER_NUMBER:
		return answer_check_number(value, ret);
	case ANSWER_ADDRESS:
		return answer_check_address(k, value, ret);
	case ANSWER_PATH:
		return answer_check_path(value, from_command_line, ret);
	case ANSWER_NAME:
		return answer_check_name(value, ret);
	case ANSWER_NETWORK:
		return answer_check_network(value, ret);
	case ANSWER_USB:
		return answer_check_usb(value, ret);
	}
	return xasprintf(_("The value of %s cannot be checked."), k->key);
}
