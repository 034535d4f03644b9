/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/machine-parts.h"

#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "046d:c52b" */
static int usb_parse_id(const char *text, struct machine_usb *ret)
{
	_cleanup_free_ char *vendor = xstrndup(text, strcspn(text, ":"));
	uint64_t v, p;

	if (!strchr(text, ':') || str_to_hex(vendor, 0xffff, &v) < 0 ||
	    str_to_hex(strchr(text, ':') + 1, 0xffff, &p) < 0)
		return -EINVAL;
	ret->vendor = (uint16_t)v;
	ret->product = (uint16_t)p;
	return 0;
}

/* libvirt knows no ports: the id, and where two have the same id also its number of the moment. */
static int usb_find_port(const struct host *h, const char *port, struct machine_usb *ret)
{
	const struct usb_device *found = NULL;
	unsigned same = 0;

	for (unsigned i = 0; i < h->n_usb; i++)
		if (str_eq(h->usb[i]->port, port))
			found = h->usb[i];
	if (!found)
		return -ENODEV;
	for (unsigned i = 0; i < h->n_usb; i++)
		same += h->usb[i]->vendor == found->vendor && h->usb[i]->product == found->product;
	*ret = (struct machine_usb){ .vendor = found->vendor, .product = found->product,
				     .port = found->port, .bus = found->bus,
				     .number = same > 1 ? found->number : 0 };
	return 0;
}

int machine_set_usb(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	_cleanup_free_ const char **all = answers_get_all(a, "usb");
	size_t n = 0;

	while (all[n])
		n++;
	m->usb = arena_alloc(m->arena, (n + 1) * sizeof(*m->usb));
	for (size_t i = 0; i < n; i++) {
		struct machine_usb *u = &m->usb[m->n_usb++];

		if (str_starts_with(all[i], "port:")) {
			if (usb_find_port(h, all[i] + 5, u) < 0)
				return err_set(err, ERR_NOT_POSSIBLE, -ENODEV,
					       _("--usb: no device is plugged in at port %s."),
					       all[i] + 5);
		} else if (usb_parse_id(all[i], u) < 0) {
			return err_set(err, ERR_USAGE, -EINVAL,
				       _("--usb: “%s” is neither VVVV:PPPP nor port:1-4."), all[i]);
		}
	}
	return 0;
}
