/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine's firmware tries first. */
#include "output/machine-parts.h"

#include "base/str.h"

#include <errno.h>

#define BOOT_MENU_MS 3000
#define BOOT_MENU_MAX_S 65 /* libvirt and QEMU keep milliseconds in 16 bits */

int machine_set_boot(struct machine *m, const struct answers *a, struct err *err)
{
	const char *boot = answers_get(a, "boot");
	long long seconds = answers_get_number(a, "boot-timeout");
	bool menu = !answers_is_set(a, "boot-menu") || answers_get_bool(a, "boot-menu");

	if (seconds > BOOT_MENU_MAX_S)
		return err_set(err, ERR_USAGE, -EINVAL, _("--boot-timeout: a machine waits %d seconds at most, not %lld."),
			       BOOT_MENU_MAX_S, seconds);
	if (seconds > 0 && !menu)
		return err_set(err, ERR_USAGE, -EINVAL, _("--boot-timeout is how long the boot menu waits, and --boot-menu no "
							  "was said."));
	m->boot_menu_ms = !menu ? -1 : seconds > 0 ? (int)seconds * 1000 : BOOT_MENU_MS;
	if (str_eq(boot, "install"))
		m->boot = GUEST_BOOT_INSTALL;
	else if (str_eq(boot, "network"))
		m->boot = GUEST_BOOT_NETWORK;
	if (m->boot == GUEST_BOOT_INSTALL && !m->install_iso)
		return err_set(err, ERR_USAGE, -EINVAL, _("--boot install needs a disc to start from: --install FILE."));
	if (m->boot == GUEST_BOOT_NETWORK && str_eq(m->network, "none"))
		return err_set(err, ERR_USAGE, -EINVAL, _("--boot network needs a network, and --network none was said."));
	return 0;
}
