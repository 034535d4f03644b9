/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/acs-kernels.h"

#include "base/str.h"

#include <string.h>

static const struct acs_kernel {
	const char *id, *how;
} acs_kernels[] = {
#define ACS_KERNEL(id, how, source) { id, how },
#include "data/acs-kernels.def"
#undef ACS_KERNEL
};

/* Which of h->boot.kernels; -1: none of them. */
static int acs_kernel_at(const struct host *h, const char *release)
{
	for (int i = 0; h->boot.kernels && h->boot.kernels[i]; i++)
		if (str_eq(h->boot.kernels[i], release))
			return i;
	return -1;
}

int acs_kernel_known(const struct host *h, const char *release)
{
	int at = acs_kernel_at(h, release);

	if (str_eq(release, h->identity.kernel))
		return h->kernel.acs_override_known;
	return at >= 0 && h->boot.acs_known ? h->boot.acs_known[at] : -1;
}

bool acs_kernel_is_installed(const struct host *h, const char *release)
{
	return acs_kernel_at(h, release) >= 0;
}

const char *acs_kernels_installed(const struct host *h)
{
	_cleanup_str_ struct str list = { 0 };

	for (const char *const *k = h->boot.kernels; k && *k; k++)
		if (!str_eq(*k, h->identity.kernel) && acs_kernel_known(h, *k) == 1)
			str_addf(&list, "%s%s", list.len ? ", " : "", *k);
	return list.len ? arena_strdup(h->arena, str_c(&list)) : NULL;
}

/* NULL: no row. */
static const char *acs_kernel_row(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(acs_kernels); i++)
		if (str_eq(acs_kernels[i].id, id))
			return _(acs_kernels[i].how);
	return NULL;
}

/* Proxmox VE calls itself "debian"; its kernels are called "6.8.12-4-pve". */
static bool acs_kernels_is_proxmox(const struct host *h)
{
	for (const char *const *k = h->boot.kernels; k && *k; k++)
		if (str_ends_with(*k, "-pve"))
			return true;
	return false;
}

const char *acs_kernels_how(const struct host *h)
{
	const char *how = acs_kernels_is_proxmox(h) ? acs_kernel_row("proxmox") : NULL;

	for (const char *const *word = h->identity.os_like; !how && word && *word; word++)
		how = acs_kernel_row(*word);
	if (!how)
		how = _("No kernel of this distribution is known to carry the ACS override patch: build one with it.");
	return arena_printf(h->arena,
			    /* TRANSLATORS: %s are whole sentences on how to get such a kernel */
			    _("%s Whether it really knows pcie_acs_override is measured after the restart."), how);
}
