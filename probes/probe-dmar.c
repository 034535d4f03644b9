/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/firmware/acpi/tables/DMAR, Intel's description of its IOMMUs: VT-d specification 4.1, chapter 8.
 * 36 bytes of header, then
 *	0x24	host address width - 1
 *	0x25	flags
 *	0x30	structures: type (2), length (2), what belongs to the type
 */
#include "probes/acpi-table.h"
#include "probes/probe-util.h"

#include "base/str.h"

#include <string.h>

#define DMAR_MIN 0x30

enum dmar_type { DMAR_DRHD, DMAR_RMRR, DMAR_ATSR, DMAR_RHSA, DMAR_ANDD, DMAR_SATC, DMAR_SIDP };

/* Bytes before the device scopes, by type; 0: no scopes. */
static const struct {
	size_t fixed;
	bool scopes;
} dmar_layout[] = {
	[DMAR_DRHD] = { 16, true }, [DMAR_RMRR] = { 24, true },	 [DMAR_ATSR] = { 8, true },
	[DMAR_RHSA] = { 20, false }, [DMAR_ANDD] = { 8, false }, [DMAR_SATC] = { 8, true },
	[DMAR_SIDP] = { 8, true },
};

struct dmar_decoder {
	struct host *h;
	struct arena_list units, ats, reserved;
};

/* arena_list holds pointers; the facts are arrays. */
static void *dmar_array(struct arena *a, const struct arena_list *l, size_t size)
{
	char *array = arena_alloc(a, (l->n + 1) * size);

	for (size_t i = 0; i < l->n; i++)
		memcpy(array + i * size, l->items[i], size);
	return array;
}

/*
 * A path is pairs of slot and function: each but the last is a bridge, whose secondary bus the next
 * pair is on.  "0000:00:1c.0/00.0" is function 00.0 behind the root port 00:1c.0.
 */
static void dmar_resolve(struct host *h, uint16_t segment, struct acpi_bytes b, struct dmar_scope *s)
{
	struct pci_addr addr = { .domain = segment, .bus = acpi_u8(b, 5) };
	struct pci_device *d = NULL;
	_cleanup_str_ struct str path = { 0 };

	str_addf(&path, "%04x:%02x:", segment, addr.bus);
	for (size_t at = 6; at + 1 < b.len; at += 2) {
		uint8_t slot = acpi_u8(b, at), func = acpi_u8(b, at + 1);

		str_addf(&path, "%s%02x.%x", at > 6 ? "/" : "", slot, func);
		if (at > 6) {
			bool leads_on = d && d->header_type == 1 && d->secondary_bus;

			addr.bus = leads_on ? d->secondary_bus : 0;
			d = NULL;
			if (!leads_on)
				continue;
		}
		addr.slot = slot;
		addr.func = func;
		d = slot < 32 && func < 8 ? host_find_device(h, addr) : NULL;
	}
	s->path = arena_strndup(h->arena, str_c(&path), path.len);
	/* The address of an IOAPIC or HPET is what its interrupts carry, not that of a device. */
	if (s->type == DMAR_SCOPE_ENDPOINT || s->type == DMAR_SCOPE_BRIDGE)
		s->device = d;
}

/* Device scope: type (1), length (1), flags, reserved, id (1), bus (1), path (2 each). */
static struct dmar_scope *dmar_scopes(struct dmar_decoder *dec, uint16_t segment, struct acpi_bytes b,
				      unsigned *ret_n)
{
	struct host *h = dec->h;
	struct arena_list list = { 0 };

	for (size_t at = 0; at < b.len;) {
		struct acpi_bytes one = acpi_slice(b, at, acpi_u8(b, at + 1));
		struct dmar_scope *s;

		if (one.len < 6 || one.len != acpi_u8(b, at + 1)) {
			acpi_table_damaged(h, &h->iommu.dmar,
					   _("a list of devices in it runs over its end."));
			break;
		}
		s = arena_alloc(h->arena, sizeof(*s));
		s->type = acpi_u8(one, 0);
		s->id = acpi_u8(one, 4);
		dmar_resolve(h, segment, one, s);
		arena_list_add(h->arena, &list, s);
		at += one.len;
	}
	*ret_n = (unsigned)list.n;
	return dmar_array(h->arena, &list, sizeof(struct dmar_scope));
}

/* DRHD: flags (bit 0 INCLUDE_PCI_ALL), size, segment (2), register base (8). */
static void dmar_decode_unit(struct dmar_decoder *dec, struct acpi_bytes b)
{
	struct dmar_unit *u = arena_alloc(dec->h->arena, sizeof(*u));

	u->rest = acpi_u8(b, 4) & 1;
	u->segment = acpi_u16(b, 6);
	u->base = acpi_u64(b, 8);
	u->scopes = dmar_scopes(dec, u->segment, acpi_slice(b, 16, b.len), &u->n_scopes);
	arena_list_add(dec->h->arena, &dec->units, u);
}

/* RMRR: reserved (2), segment (2), base (8), last byte (8). */
static void dmar_decode_reserved(struct dmar_decoder *dec, struct acpi_bytes b)
{
	struct reserved_memory *m = arena_alloc(dec->h->arena, sizeof(*m));

	m->table = "DMAR";
	m->segment = acpi_u16(b, 6);
	m->start = acpi_u64(b, 8);
	m->end = acpi_u64(b, 16);
	m->scopes = dmar_scopes(dec, m->segment, acpi_slice(b, 24, b.len), &m->n_scopes);
	arena_list_add(dec->h->arena, &dec->reserved, m);
}

/* ATSR and SATC: flags (bit 0 ALL_PORTS in ATSR), reserved, segment (2). */
static void dmar_decode_ats(struct dmar_decoder *dec, struct acpi_bytes b, bool is_atsr)
{
	struct dmar_ats *t = arena_alloc(dec->h->arena, sizeof(*t));

	t->all_ports = is_atsr && (acpi_u8(b, 4) & 1);
	t->segment = acpi_u16(b, 6);
	t->scopes = dmar_scopes(dec, t->segment, acpi_slice(b, 8, b.len), &t->n_scopes);
	arena_list_add(dec->h->arena, &dec->ats, t);
}

static void dmar_decode(struct dmar_decoder *dec, struct acpi_bytes b)
{
	struct acpi_table *t = &dec->h->iommu.dmar;

	for (size_t at = DMAR_MIN; at < b.len;) {
		unsigned type = acpi_u16(b, at);
		size_t len = acpi_u16(b, at + 2);
		struct acpi_bytes one = acpi_slice(b, at, len);

		/* The kernel ends here as well: "Record passes table end". */
		if (len < 4 || one.len != len ||
		    (type < ARRAY_SIZE(dmar_layout) && len < dmar_layout[type].fixed)) {
			acpi_table_damaged(dec->h, t,
					   _("the structure at byte 0x%zx has a wrong length (%zu)."), at,
					   len);
			return;
		}
		if (type == DMAR_DRHD)
			dmar_decode_unit(dec, one);
		else if (type == DMAR_RMRR)
			dmar_decode_reserved(dec, one);
		else if (type == DMAR_ATSR || type == DMAR_SATC)
			dmar_decode_ats(dec, one, type == DMAR_ATSR);
		at += len;
	}
}

static int dmar_run(struct host *h, struct err *err _unused_)
{
	struct iommu_facts *io = &h->iommu;
	struct dmar_decoder dec = { .h = h };
	struct acpi_bytes b = { 0 };
	_cleanup_free_ char *bytes = acpi_table_read(h, "DMAR", DMAR_MIN, &io->dmar, &b);

	if (!bytes)
		return 0;
	io->dmar_width = acpi_u8(b, 0x24) + 1;
	io->dmar_flags = acpi_u8(b, 0x25);
	dmar_decode(&dec, b);
	io->n_dmar_units = (unsigned)dec.units.n;
	io->dmar_units = dmar_array(h->arena, &dec.units, sizeof(*io->dmar_units));
	io->n_dmar_ats = (unsigned)dec.ats.n;
	io->dmar_ats = dmar_array(h->arena, &dec.ats, sizeof(*io->dmar_ats));
	io->n_reserved = (unsigned)dec.reserved.n;
	io->reserved = dmar_array(h->arena, &dec.reserved, sizeof(*io->reserved));
	return 0;
}

const struct probe probe_dmar = {
	.name = "dmar",
	.title = N_("Intel IOMMU table"),
	.run = dmar_run,
};
