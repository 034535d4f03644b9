/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/pci-addr.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/* One hexadecimal field of at most MAX_DIGITS, ended by END; moves *S behind it. */
static bool pci_addr_field(const char **s, unsigned max_digits, char end, uint32_t *ret)
{
	uint32_t v = 0;
	unsigned n = 0;

	for (; isxdigit((unsigned char)**s) && n < max_digits; (*s)++, n++) {
		char c = (char)tolower((unsigned char)**s);

		v = v << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (n == 0 || **s != end)
		return false;
	if (end)
		(*s)++;
	*ret = v;
	return true;
}

int pci_addr_parse(const char *text, struct pci_addr *ret)
{
	uint32_t domain = 0, bus, slot, func;
	const char *s = text;

	/* Two colons: the first field is the domain. */
	if (!pci_addr_field(&s, 8, ':', &bus))
		return -EINVAL;
	if (!pci_addr_field(&s, 2, '.', &slot)) {
		s = text;
		if (!pci_addr_field(&s, 8, ':', &domain) || !pci_addr_field(&s, 2, ':', &bus) ||
		    !pci_addr_field(&s, 2, '.', &slot))
			return -EINVAL;
	}
	if (!pci_addr_field(&s, 1, '\0', &func) || bus > 0xff || slot > 0x1f || func > 7)
		return -EINVAL;
	*ret = (struct pci_addr){ domain, (uint8_t)bus, (uint8_t)slot, (uint8_t)func };
	return 0;
}

const char *pci_addr_format(struct pci_addr a, char buf[static PCI_ADDR_TEXT])
{
	snprintf(buf, PCI_ADDR_TEXT, "%04x:%02x:%02x.%x", a.domain, a.bus, a.slot & 0x1fu,
		 a.func & 7u);
	return buf;
}

int pci_addr_compare(struct pci_addr a, struct pci_addr b)
{
	if (a.domain != b.domain)
		return a.domain < b.domain ? -1 : 1;
	if (a.bus != b.bus)
		return a.bus < b.bus ? -1 : 1;
	if (a.slot != b.slot)
		return a.slot < b.slot ? -1 : 1;
	return a.func < b.func ? -1 : a.func > b.func;
}

bool pci_addr_same_slot(struct pci_addr a, struct pci_addr b)
{
	a.func = b.func = 0;
	return pci_addr_equal(a, b);
}
