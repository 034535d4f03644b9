/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/kernel-symbol.h"
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>

static const char *bootfiles_link(struct host *h, const char *name)
{
	static const char *const dirs[] = { "boot", "" }; /* Debian may keep them in / */
	const char *text;

	for (unsigned i = 0; i < ARRAY_SIZE(dirs); i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", dirs[i], name);
		if (fsroot_readlink(h->root, h->arena, path, &text) == 0)
			return text;
	}
	return NULL;
}

/* Debian, Fedora, openSUSE: /boot/vmlinuz-RELEASE; Arch: /boot/vmlinuz-linux, no release. */
static void bootfiles_kernels(struct host *h)
{
	_cleanup_strv_ char **names = probe_list(h, "boot");

	for (char **name = names; name && *name; name++)
		if (str_starts_with(*name, "vmlinuz-"))
			arena_strv_add(h->arena, &h->boot.kernels, *name + strlen("vmlinuz-"));
}

/* /boot/System.map-RELEASE; an installed kernel can be judged by nothing else before it runs. */
static void bootfiles_symbols(struct host *h)
{
	size_t n = strv_length(h->boot.kernels);
	signed char *known = arena_alloc(h->arena, n + 1);

	for (size_t i = 0; i < n; i++) {
		const char *map = arena_printf(h->arena, "boot/System.map-%s", h->boot.kernels[i]);

		known[i] = (signed char)kernel_has_symbol(h, map, KERNEL_SYMBOL_ACS_OVERRIDE);
	}
	h->boot.acs_known = known;
}

static int bootfiles_run(struct host *h, struct err *err _unused_)
{
	const char *image = host_cmdline_value(h, "BOOT_IMAGE");

	h->boot.boot_image = str_is_empty(image) ? NULL : image;
	bootfiles_kernels(h);
	bootfiles_symbols(h);
	h->boot.vmlinuz_link = bootfiles_link(h, "vmlinuz");
	h->boot.initrd_link = bootfiles_link(h, "initrd.img");
	if (!h->boot.initrd_link)
		h->boot.initrd_link = bootfiles_link(h, "initrd"); /* openSUSE */
	return 0;
}

const struct probe probe_bootfiles = {
	.name = "bootfiles",
	.title = N_("Boot files"),
	.run = bootfiles_run,
};
