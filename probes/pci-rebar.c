/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/pci-rebar.h"

#include <inttypes.h>
#include <stdio.h>

#define EXTENDED_START 0x100
#define REBAR_ID       0x0015
#define REBAR_MAX      6

/* drivers/pci, include/linux/ioport.h */
#define RESOURCE_IO	  0x00000100
#define RESOURCE_MEM	  0x00000200
#define RESOURCE_PREFETCH 0x00002000
#define RESOURCE_MEM_64	  0x00100000
#define RESOURCE_UNSET	  0x20000000

static uint32_t rebar_word(const unsigned char *config, size_t at)
{
	return config[at] | (uint32_t)config[at + 1] << 8 | (uint32_t)config[at + 2] << 16 |
	       (uint32_t)config[at + 3] << 24;
}

/* Bits 0-15 id, 20-31 where the next one is; a chain that bites its tail ends. */
static size_t rebar_find(const unsigned char *config, size_t len)
{
	size_t at = EXTENDED_START;

	for (unsigned hops = 0; hops < 480 && at >= EXTENDED_START && at + 12 <= len; hops++) {
		uint32_t header = rebar_word(config, at);

		if (header == 0 || header == 0xffffffff)
			return 0;
		if ((header & 0xffff) == REBAR_ID)
			return at;
		at = header >> 20 & ~3u;
	}
	return 0;
}

/*
 * Capability: bits 4-31 say 1 MiB, 2 MiB, ... 128 TiB; bits 16-31 of control go on with 256 TiB.
 * Control: bits 0-2 which BAR, 5-7 of the first one how many there are, 8-13 the size, 2^n MiB.
 */
bool pci_rebar_decode(const unsigned char *config, size_t len, struct pci_bar bars[static 6])
{
	size_t at = rebar_find(config, len);
	bool found = false;
	unsigned n;

	if (!at)
		return false;
	n = rebar_word(config, at + 8) >> 5 & 7;
	for (unsigned i = 0; i < n && i < REBAR_MAX && at + 12 + 8 * i <= len; i++) {
		uint32_t capability = rebar_word(config, at + 4 + 8 * i);
		uint32_t control = rebar_word(config, at + 8 + 8 * i);
		unsigned index = control & 7, size = control >> 8 & 0x3f;
		uint64_t possible = capability >> 4 | (uint64_t)(control >> 16) << 28;

		/* The size in force is one of those that can be had; 2^43 MiB are all 64 bits. */
		if (index >= REBAR_MAX || size > 43 || !(possible >> size & 1))
			continue;
		bars[index].possible = possible;
		bars[index].from_config = true;
		if (!bars[index].size)
			bars[index].size = UINT64_C(1) << (size + 20);
		found = true;
	}
	return found;
}

bool pci_bar_parse(const char *line, struct pci_bar *ret)
{
	uint64_t start, end, flags;
	int n = 0;

	if (sscanf(line, "0x%16" SCNx64 " 0x%16" SCNx64 " 0x%16" SCNx64 "%n", &start, &end, &flags, &n) != 3 ||
	    line[n] || end < start || end - start == UINT64_MAX)
		return false;
	*ret = (struct pci_bar){ 0 };
	if (!(flags & (RESOURCE_IO | RESOURCE_MEM)))
		return true;
	ret->start = start;
	ret->size = end - start + 1;
	ret->is_io = flags & RESOURCE_IO;
	ret->is_64bit = flags & RESOURCE_MEM_64;
	ret->is_prefetchable = flags & RESOURCE_PREFETCH;
	ret->unassigned = flags & RESOURCE_UNSET || (!ret->is_io && start == 0);
	if (ret->unassigned)
		ret->start = 0;
	return true;
}
