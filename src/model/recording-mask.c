/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/recording-mask.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/strv.h"

#include <ctype.h>
#include <string.h>

#define UUID_LENGTH ((size_t)36)
#define MAC_LENGTH  ((size_t)17)
#define ID_LENGTH   ((size_t)32) /* /etc/machine-id: names of BLS entries, "9d3c…-6.1.0.conf" */

/* A list of secrets; the place in the list makes the stand-in. */
struct recording_mask {
	char **uuids, **macs;
	char **words, **stand_ins; /* serials, short UUIDs, the host's name */
	char **kept;
	unsigned n_serials, n_short;
};

/* GUIDs of EFI variables and of the partition types that everybody has. */
static const char *const mask_public[] = {
	"8be4df61-93ca-11d2-aa0d-00e098032b8c", "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f",
	"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "00000000-0000-0000-0000-000000000000", NULL,
};

struct recording_mask *recording_mask_new(void)
{
	struct recording_mask *m = xcalloc(1, sizeof(*m));

	for (const char *const *p = mask_public; *p; p++)
		strv_add(&m->kept, *p);
	return m;
}

void recording_mask_free(struct recording_mask *m)
{
	strv_free(m->uuids);
	strv_free(m->macs);
	strv_free(m->words);
	strv_free(m->stand_ins);
	strv_free(m->kept);
	free(m);
}

static void mask_add_word(struct recording_mask *m, const char *word, char *stand_in)
{
	strv_add(&m->words, word);
	strv_add_owned(&m->stand_ins, stand_in);
}

void recording_mask_add_serial(struct recording_mask *m, const char *serial)
{
	/* "None", "Default string", "0000:01:00.0" (a USB controller's) say nothing about anybody. */
	if (strlen(serial) < 5 || strcmp(serial, "SERIAL0000") == 0 || strpbrk(serial, ":\n") ||
	    !serial[strcspn(serial, "0123456789")] || strv_contains(strv_const(m->words), serial))
		return;
	mask_add_word(m, serial, xasprintf("SERIAL%04u", ++m->n_serials));
}

void recording_mask_add_short_uuids(struct recording_mask *m, const char *text)
{
	static const char hex[] = "0123456789abcdefABCDEF-";

	while ((text = strstr(text, "UUID="))) {
		size_t n;

		text += strlen("UUID=");
		text += *text == '"';
		n = strspn(text, hex);
		if (n >= 8 && n <= 16 && !isalnum((unsigned char)text[n])) {
			_cleanup_free_ char *word = xstrndup(text, n);

			if (!strv_contains(strv_const(m->words), word))
				mask_add_word(m, word,
					      n == 9 ? xasprintf("0000-%04X", ++m->n_short)
						     : xasprintf("%0*X", (int)n, ++m->n_short));
		}
		text += n;
	}
}

void recording_mask_add_host_name(struct recording_mask *m, const char *name, const char *words)
{
	static const char *const common[] = { "localhost", "linux", "host", "desktop", "server", "root",
					      "intel", "amd", "nvidia", "kernel", "default", NULL };

	if (strlen(name) < 3 || strv_contains(common, name) || (words && strcasestr(words, name)))
		return;
	mask_add_word(m, name, xstrdup("host"));
}

void recording_mask_keep(struct recording_mask *m, const char *uuid)
{
	if (!strv_contains(strv_const(m->kept), uuid))
		strv_add(&m->kept, uuid);
}

static size_t mask_number(char ***list, const char *secret, size_t n)
{
	_cleanup_free_ char *lower = xstrndup(secret, n);
	size_t i = 0;

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	for (; *list && (*list)[i]; i++)
		if (strcmp((*list)[i], lower) == 0)
			return i + 1;
	strv_add(list, lower);
	return i + 1;
}

static bool mask_hex_run(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return true;
}

/* 8-4-4-4-12 */
static bool mask_is_uuid(const char *s)
{
	static const struct {
		unsigned char at, n;
	} parts[] = { { 0, 8 }, { 9, 4 }, { 14, 4 }, { 19, 4 }, { 24, 12 } };

	if (strnlen(s, UUID_LENGTH) < UUID_LENGTH || isalnum((unsigned char)s[UUID_LENGTH]))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!mask_hex_run(s + parts[i].at, parts[i].n) ||
		    (i && s[parts[i].at - 1] != '-'))
			return false;
	return true;
}

/* aa:bb:cc:dd:ee:ff, not within a longer row of such pairs */
static bool mask_is_mac(const char *s)
{
	if (strnlen(s, MAC_LENGTH) < MAC_LENGTH || isxdigit((unsigned char)s[MAC_LENGTH]))
		return false;
	for (size_t i = 0; i < 6; i++)
		if (!mask_hex_run(s + i * 3, 2) || (i && s[i * 3 - 1] != s[2]))
			return false;
	return (s[2] == ':' || s[2] == '-') && strncmp(s, "00:00:00:00:00:00", MAC_LENGTH) != 0 &&
	       strncasecmp(s, "ff:ff:ff:ff:ff:ff", MAC_LENGTH) != 0;
}

/* Length of a dotted quad that names a machine: not 0.0.0.0, not a netmask, not this host itself. */
static size_t mask_ipv4_length(const char *s)
{
	unsigned a, b, c, d;
	int n = 0;

	if (sscanf(s, "%3u.%3u.%3u.%3u%n", &a, &b, &c, &d, &n) != 4 || a > 255 || b > 255 || c > 255 ||
	    d > 255 || a == 0 || a == 127 || a == 255)
		return 0;
	return s[n] == '.' && isdigit((unsigned char)s[n + 1]) ? 0 : (size_t)n;
}

/* "fe80::1", "2001:db8:1:2:3:4:5:6"; not a time, not a PCI address. */
static size_t mask_ipv6_length(const char *s)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF:"), colons = 0, digits = 0;
	bool twice = false;

	for (size_t i = 0; i < n; i++) {
		colons += s[i] == ':';
		digits += s[i] != ':';
		twice |= s[i] == ':' && s[i + 1] == ':';
	}
	return digits >= 4 && ((twice && colons >= 2) || colons == 7) ? n : 0;
}

/* "/home/NAME", "/run/media/NAME" */
static size_t mask_user_length(const char *s, struct str *out)
{
	static const char *const above[] = { "/home/", "/run/media/" };

	for (size_t i = 0; i < ARRAY_SIZE(above); i++) {
		size_t n = strlen(above[i]);

		if (!str_starts_with(s, above[i]) || !isalnum((unsigned char)s[n]))
			continue;
		while (isalnum((unsigned char)s[n]) || (s[n] && strchr("._-", s[n])))
			n++;
		str_addf(out, "%suser", above[i]);
		return n;
	}
	return 0;
}

/* Puts the stand-in of what starts at S into OUT; its length in S, 0 when nothing private does. */
static size_t mask_one(struct recording_mask *m, const char *s, bool boundary, bool addresses,
		       struct str *out)
{
	size_t n;

	for (size_t i = 0; m->words && m->words[i]; i++) {
		n = strlen(m->words[i]);
		if (boundary && strncmp(s, m->words[i], n) == 0 && !isalnum((unsigned char)s[n])) {
			str_add(out, m->stand_ins[i]);
			return n;
		}
	}
	if (boundary && mask_is_uuid(s)) {
		_cleanup_free_ char *uuid = xstrndup(s, UUID_LENGTH);

		if (strv_contains(strv_const(m->kept), uuid))
			str_add(out, uuid);
		else
			str_addf(out, "00000000-0000-4000-8000-%012zx",
				 mask_number(&m->uuids, s, UUID_LENGTH));
		return UUID_LENGTH;
	}
	if (boundary && strnlen(s, ID_LENGTH) == ID_LENGTH && mask_hex_run(s, ID_LENGTH) &&
	    !isalnum((unsigned char)s[ID_LENGTH])) {
		str_addf(out, "%032zx", mask_number(&m->uuids, s, ID_LENGTH));
		return ID_LENGTH;
	}
	if (boundary && mask_is_mac(s)) {
		n = mask_number(&m->macs, s, MAC_LENGTH);
		str_addf(out, "02:00:00:00:%02zx:%02zx", n >> 8 & 0xff, n & 0xff);
		return MAC_LENGTH;
	}
	/* Interfaces named after their address: enx0200000000001 */
	if (boundary && str_starts_with(s, "enx") && strnlen(s, 15) == 15 && mask_hex_run(s + 3, 12) &&
	    !isxdigit((unsigned char)s[15])) {
		_cleanup_free_ char *mac = xasprintf("%.2s:%.2s:%.2s:%.2s:%.2s:%.2s", s + 3, s + 5, s + 7,
						     s + 9, s + 11, s + 13);

		n = mask_number(&m->macs, mac, MAC_LENGTH);
		str_addf(out, "enx02000000%04zx", n & 0xffff);
		return 15;
	}
	n = mask_user_length(s, out);
	if (n)
		return n;
	if (!addresses || !boundary)
		return 0;
	n = isdigit((unsigned char)*s) ? mask_ipv4_length(s) : 0;
	if (n) {
		str_add(out, "192.0.2.1");
		return n;
	}
	n = isxdigit((unsigned char)*s) ? mask_ipv6_length(s) : 0;
	if (n)
		str_add(out, "2001:db8::1");
	return n;
}

char *recording_mask_text(struct recording_mask *m, const char *text, bool addresses)
{
	struct str out = { 0 };
	bool boundary = true;

	while (*text) {
		size_t n = mask_one(m, text, boundary, addresses, &out);

		if (n == 0) {
			str_addc(&out, *text);
			n = 1;
		}
		text += n;
		boundary = !isalnum((unsigned char)text[-1]);
	}
	return str_steal(&out);
}
