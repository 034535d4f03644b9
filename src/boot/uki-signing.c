/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/uki.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

/*
 * With Secure Boot the firmware starts a signed image only, and the stub inside takes no arguments from a
 * menu (systemd-stub(7)).  A new image is signed by ukify, when uki.conf names a key
 *
 *	[UKI]
 *	SecureBootPrivateKey=/etc/kernel/secure-boot-private-key.pem
 *	SecureBootCertificate=/etc/kernel/secure-boot-certificate.pem
 *
 * by dracut (uefi_secureboot_key=), or by sbctl: its hook for mkinitcpio, its plugin for
 * kernel-install, or "sbctl sign-all" for the files in its list.
 */
static const char *signing_value(struct host *h, const char *path, const char *key)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	const char *found = NULL;
	size_t len, n = strlen(key);

	if (fsroot_read(h->root, path, &text, &len) < 0)
		return NULL;
	lines = strv_split(text, "\r\n");
	for (char **line = lines; line && *line; line++) {
		const char *l = str_trim(*line);

		if (strncmp(l, key, n) == 0 && l[n + strspn(l + n, " \t")] == '=')
			found = arena_strdup(h->arena, str_trim(strchr(*line, '=') + 1));
	}
	return found;
}

/* "/etc/kernel/key.pem", which has to be there, or "pkcs11:token=…". */
static bool signing_has_key(struct host *h, const char *key)
{
	return key && (*key != '/' || fsroot_exists(h->root, key));
}

static const char *signing_by_ukify(struct host *h, const struct uki *u)
{
	const char *generator = signing_value(h, "/etc/kernel/install.conf", "uki_generator");

	if (!fsroot_exists(h->root, "/usr/bin/ukify") && !fsroot_exists(h->root, "/usr/lib/systemd/ukify"))
		return NULL;
	if (u->maker == UKI_DRACUT || (u->maker == UKI_KERNEL_INSTALL && generator && strcmp(generator, "ukify") != 0))
		return NULL;
	return signing_has_key(h, signing_value(h, "/etc/kernel/uki.conf", "SecureBootPrivateKey"))
		       ? _("ukify signs it with the key in /etc/kernel/uki.conf")
		       : NULL;
}

static const char *signing_by_dracut(struct host *h, const struct uki *u)
{
	const char *const *files = u->maker == UKI_DRACUT ? uki_sources(h, u) : NULL;

	for (; files && *files; files++) {
		const char *key = signing_value(h, *files, "uefi_secureboot_key");
		_cleanup_strv_ char **bare = strv_split(key ? key : "", "\"'");

		if (bare && *bare && signing_has_key(h, *bare))
			return arena_printf(h->arena, _("dracut signs it with the key in %s"), *files);
	}
	return NULL;
}

/* {"/efi/EFI/Linux/arch-linux.efi": {"file": "…", "output_file": "…"}, …} */
static const char *signing_by_sbctl(struct host *h, const struct uki *u, const char *const **ret_argv)
{
	static const char *const lists[] = { "/var/lib/sbctl/files.json", "/var/lib/sbctl/files.db",
					     "/usr/share/secureboot/files.db" };
	static const char *const hooks[] = { "/usr/lib/initcpio/post/sbctl", "/usr/lib/kernel/install.d/91-sbctl.install" };
	static const char *const argv[] = { "sbctl", "sign-all", NULL };

	if (!fsroot_exists(h->root, "/usr/bin/sbctl"))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_free_ char *text = NULL;
		size_t len;

		if (fsroot_read(h->root, lists[i], &text, &len) < 0 ||
		    !strstr(text, arena_printf(h->arena, "\"%s\"", u->image)))
			continue;
		*ret_argv = argv;
		return arena_printf(h->arena, _("sbctl signs it; %s names it"), lists[i]);
	}
	if (u->maker == UKI_MKINITCPIO && fsroot_exists(h->root, hooks[0]))
		return arena_printf(h->arena, _("sbctl signs it (%s)"), hooks[0]);
	if (u->maker == UKI_KERNEL_INSTALL && fsroot_exists(h->root, hooks[1]))
		return arena_printf(h->arena, _("sbctl signs it (%s)"), hooks[1]);
	return NULL;
}

int uki_check_signing(struct host *h, const struct uki *u, const char **ret, const char *const **ret_argv,
		      struct err *err)
{
	*ret = NULL;
	*ret_argv = NULL;
	if (h->firmware.secure_boot != 1)
		return 0;
	*ret = signing_by_sbctl(h, u, ret_argv);
	if (!*ret)
		*ret = signing_by_ukify(h, u);
	if (!*ret)
		*ret = signing_by_dracut(h, u);
	if (*ret)
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("Secure Boot is on and nothing is known that signs %s anew (sbctl, a key in /etc/kernel/uki.conf or in "
		  "dracut's settings): the firmware would not start it any more"),
		u->image);
	return err_hint(err, _("Set up signing first (sudo sbctl sign -s %s), or switch Secure Boot off in the firmware setup."),
			u->image);
}
