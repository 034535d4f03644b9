/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/ssh-key.h"

#include "base/str.h"

#include <string.h>

#define SSH_TYPE_MAX 64
#define SSH_RSA_MIN_BYTES 255 /* the number of a key of 2048 bits; fewer are refused by OpenSSH's own defaults since 9.1 */

/* sshd(8), AUTHORIZED_KEYS FILE FORMAT; ssh-dss is gone since OpenSSH 10. */
static const char *const ssh_types[] = {
	"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
	"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
};

bool ssh_key_is_private(const char *text, size_t len)
{
	return memmem(text, len, "PRIVATE KEY", 11) || memmem(text, len, "PuTTY-User-Key-File", 19) ||
	       memmem(text, len, "openssh-key-v1", 14);
}

static int ssh_base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The first MAX bytes of LEN digits; the number of bytes in all, -1 when it is no base64. */
static int ssh_decode(const char *text, size_t len, unsigned char *out, size_t max)
{
	unsigned value = 0, bits = 0;
	size_t pad = 0, n = 0;

	while (len && pad < 2 && text[len - 1] == '=') {
		len--;
		pad++;
	}
	if ((len + pad) % 4 || len % 4 == 1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int digit = ssh_base64_digit(text[i]);

		if (digit < 0)
			return -1;
		value = (value << 6 | (unsigned)digit) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (n < max)
			out[n] = (unsigned char)(value >> bits);
		n++;
	}
	return (int)n;
}

const char *ssh_key_check_line(const char *line)
{
	size_t type_len = strcspn(line, " \t"), at = type_len + strspn(line + type_len, " \t");
	size_t data_len = strcspn(line + at, " \t");
	unsigned char head[4 + SSH_TYPE_MAX];
	bool known = false;
	int n;

	for (size_t i = 0; i < ARRAY_SIZE(ssh_types); i++)
		known = known || (strlen(ssh_types[i]) == type_len && memcmp(ssh_types[i], line, type_len) == 0);
	if (str_starts_with(line, "ssh-dss"))
		return _("DSA keys are no longer taken by OpenSSH: make a new one with ssh-keygen -t ed25519");
	if (!known)
		return _("it does not start with the type of a public key (ssh-ed25519, ssh-rsa, ecdsa-sha2-…)");
	n = ssh_decode(line + at, data_len, head, sizeof(head));
	if (n < (int)(4 + type_len) || head[0] || head[1] || head[2] || head[3] != type_len ||
	    memcmp(head + 4, line, type_len) != 0)
		return _("the key itself is cut off or damaged");
	if (str_starts_with(line, "ssh-rsa") && n < 4 + 7 + SSH_RSA_MIN_BYTES)
		return _("RSA keys below 2048 bits are no longer taken: make a new one with ssh-keygen -t ed25519");
	if (n < 4 + (int)type_len + 4 + 32)
		return _("the key itself is cut off or damaged");
	return NULL;
}
