/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/firmware/acpi/tables/IVRS, AMD's description of its IOMMUs: AMD I/O Virtualization Technology
 * specification 3.09, chapter 5.  36 bytes of header, then
 *	0x24	IVinfo (4)
 *	0x30	blocks: type (1), flags (1), length (2), device id (2), what belongs to the type
 * A unit has a block of type 0x10 for old kernels and one of 0x11 or 0x40, which say the same and more.
 */
#include "probes/acpi-table.h"
#include "probes/probe-util.h"

#include "base/str.h"

#include <string.h>

#define IVRS_MIN 0x30

enum ivrs_block { IVRS_IVHD_10 = 0x10, IVRS_IVHD_11 = 0x11, IVRS_IVHD_40 = 0x40,
		  IVRS_IVMD_ALL = 0x20, IVRS_IVMD_ONE = 0x21, IVRS_IVMD_RANGE = 0x22 };
#define IVRS_RANGE_END 4

/* IVMD flags; without one of these the kernel does nothing with the block. */
#define IVRS_UNITY     0x01
#define IVRS_EXCLUSION 0x08

struct ivrs_decoder {
	struct host *h;
	struct arena_list units, reserved;
};

/* Bytes of a device entry; 0 when its type has no known length.  ivhd_entry_length() of the kernel. */
static size_t ivrs_entry_length(struct acpi_bytes b)
{
	uint8_t type = acpi_u8(b, 0);

	if (type < 0x80)
		return (size_t)4 << (type >> 6);
	return type == IVRS_ACPI && b.len >= 22 ? (size_t)acpi_u8(b, 21) + 22 : 0;
}

static struct ivrs_entry *ivrs_add_entry(struct ivrs_decoder *dec, struct arena_list *list,
					 struct acpi_bytes b)
{
	struct ivrs_entry *e = arena_alloc(dec->h->arena, sizeof(*e));

	e->type = acpi_u8(b, 0);
	e->first = e->last = acpi_u16(b, 1);
	e->flags = acpi_u8(b, 3);
	switch (e->type) {
	case IVRS_ALL:
		e->first = 0;
		e->last = 0xffff;
		break;
	case IVRS_ALIAS:
	case IVRS_ALIAS_RANGE:
		e->alias = acpi_u16(b, 5);
		break;
	case IVRS_SPECIAL:
		e->handle = acpi_u8(b, 4);
		e->first = e->last = acpi_u16(b, 5);
		e->ioapic = acpi_u8(b, 7) == 1;
		break;
	default:
		break;
	}
	arena_list_add(dec->h->arena, list, e);
	return e;
}

static bool ivrs_begins_range(uint8_t type)
{
	return type == IVRS_RANGE || type == IVRS_ALIAS_RANGE || type == IVRS_EXT_RANGE;
}

static void ivrs_decode_entries(struct ivrs_decoder *dec, struct ivrs_unit *u, struct acpi_bytes b)
{
	struct host *h = dec->h;
	struct arena_list list = { 0 };
	struct ivrs_entry *open = NULL;

	for (size_t at = 0; at < b.len;) {
		struct acpi_bytes rest = acpi_slice(b, at, b.len);
		size_t len = ivrs_entry_length(rest);
		uint8_t type = acpi_u8(rest, 0);

		if (!len || len > rest.len) {
			acpi_table_damaged(h, &h->iommu.ivrs,
					   _("a list of devices in it runs over its end."));
			break;
		}
		if (type == IVRS_RANGE_END) {
			if (open)
				open->last = acpi_u16(rest, 1);
			open = NULL;
		} else if (type != 0) { /* 0 fills up to a multiple of 8 */
			struct ivrs_entry *e = ivrs_add_entry(dec, &list, acpi_slice(rest, 0, len));

			open = ivrs_begins_range(type) ? e : NULL;
		}
		at += len;
	}
	u->n_entries = (unsigned)list.n;
	u->entries = arena_alloc(h->arena, (list.n + 1) * sizeof(*u->entries));
	for (size_t i = 0; i < list.n; i++)
		memcpy(&u->entries[i], list.items[i], sizeof(*u->entries));
}

/* IVHD: …, capability offset (2), base (8), segment (2), info (2), 0x10: features, 0x11: attributes (4). */
static void ivrs_decode_unit(struct ivrs_decoder *dec, struct acpi_bytes b, size_t fixed)
{
	struct ivrs_unit *u = arena_alloc(dec->h->arena, sizeof(*u));

	u->type = acpi_u8(b, 0);
	u->flags = acpi_u8(b, 1);
	u->devid = acpi_u16(b, 4);
	u->base = acpi_u64(b, 8);
	u->segment = acpi_u16(b, 16);
	u->features = fixed == 40 ? acpi_u64(b, 24) : 0;
	ivrs_decode_entries(dec, u, acpi_slice(b, fixed, b.len));
	arena_list_add(dec->h->arena, &dec->units, u);
}

/*
 * IVMD: …, last device (2), segment (2), reserved (6), start (8), length (8).  The kernel maps a unity
 * block one to one and treats an exclusion as the same; others it leaves alone.
 */
static void ivrs_decode_reserved(struct ivrs_decoder *dec, struct acpi_bytes b)
{
	uint8_t type = acpi_u8(b, 0);
	uint64_t length = acpi_u64(b, 24);
	struct reserved_memory *m;

	if (!(acpi_u8(b, 1) & (IVRS_UNITY | IVRS_EXCLUSION)))
		return;
	m = arena_alloc(dec->h->arena, sizeof(*m));
	m->table = "IVRS";
	m->segment = acpi_u16(b, 8);
	m->start = acpi_u64(b, 16);
	m->end = length ? m->start + length - 1 : m->start;
	m->first = type == IVRS_IVMD_ALL ? 0 : acpi_u16(b, 4);
	m->last = type == IVRS_IVMD_ALL ? 0xffff : type == IVRS_IVMD_RANGE ? acpi_u16(b, 6) : m->first;
	arena_list_add(dec->h->arena, &dec->reserved, m);
}

/* Bytes before the device entries of an IVHD, all of an IVMD; 4 for what is not known. */
static size_t ivrs_fixed(uint8_t type)
{
	switch (type) {
	case IVRS_IVHD_10:
		return 24;
	case IVRS_IVHD_11:
	case IVRS_IVHD_40:
		return 40;
	case IVRS_IVMD_ALL:
	case IVRS_IVMD_ONE:
	case IVRS_IVMD_RANGE:
		return 32;
	default:
		return 4;
	}
}

static void ivrs_decode(struct ivrs_decoder *dec, struct acpi_bytes b)
{
	for (size_t at = IVRS_MIN; at < b.len;) {
		uint8_t type = acpi_u8(b, at);
		size_t len = acpi_u16(b, at + 2), fixed = ivrs_fixed(type);
		struct acpi_bytes one = acpi_slice(b, at, len);

		if (len < fixed || one.len != len) {
			acpi_table_damaged(dec->h, &dec->h->iommu.ivrs,
					   _("the structure at byte 0x%zx has a wrong length (%zu)."), at,
					   len);
			return;
		}
		if (fixed == 24 || fixed == 40)
			ivrs_decode_unit(dec, one, fixed);
		else if (fixed == 32)
			ivrs_decode_reserved(dec, one);
		at += len;
	}
}

/* A host with both tables is a made one; its lists are kept one after the other. */
static void ivrs_store_reserved(struct host *h, const struct arena_list *list)
{
	struct iommu_facts *io = &h->iommu;
	struct reserved_memory *all = arena_alloc(h->arena, (io->n_reserved + list->n + 1) * sizeof(*all));

	if (io->n_reserved)
		memcpy(all, io->reserved, io->n_reserved * sizeof(*all));
	for (size_t i = 0; i < list->n; i++)
		memcpy(&all[io->n_reserved + i], list->items[i], sizeof(*all));
	io->reserved = all;
	io->n_reserved += (unsigned)list->n;
}

static int ivrs_run(struct host *h, struct err *err _unused_)
{
	struct iommu_facts *io = &h->iommu;
	struct ivrs_decoder dec = { .h = h };
	struct acpi_bytes b = { 0 };
	_cleanup_free_ char *bytes = acpi_table_read(h, "IVRS", IVRS_MIN, &io->ivrs, &b);

	if (!bytes)
		return 0;
	io->ivrs_info = acpi_u32(b, 0x24);
	ivrs_decode(&dec, b);
	io->n_ivrs_units = (unsigned)dec.units.n;
	io->ivrs_units = arena_alloc(h->arena, (dec.units.n + 1) * sizeof(*io->ivrs_units));
	for (size_t i = 0; i < dec.units.n; i++)
		memcpy(&io->ivrs_units[i], dec.units.items[i], sizeof(*io->ivrs_units));
	ivrs_store_reserved(h, &dec.reserved);
	return 0;
}

const struct probe probe_ivrs = {
	.name = "ivrs",
	.title = N_("AMD IOMMU table"),
	.run = ivrs_run,
};
