/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware's tables of IOMMUs: whole ones, and every way in which they can be cut or wrong. */
#include "recorded.h"

struct bytes {
	uint8_t at[512];
	size_t len;
};

static void put(struct bytes *b, uint64_t value, unsigned n)
{
	while (n--) {
		b->at[b->len++] = (uint8_t)value;
		value >>= 8;
	}
}

/* Signature, length and checksum come last; what belongs to the table starts at HEADER. */
static void begin(struct bytes *b, const char *name)
{
	memset(b, 0, sizeof(*b));
	memcpy(b->at, name, 4);
	b->len = 36;
}

static void finish(struct bytes *b)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < 4; i++)
		b->at[4 + i] = (uint8_t)(b->len >> 8 * i);
	b->at[9] = 0;
	for (size_t i = 0; i < b->len; i++)
		sum = (uint8_t)(sum + b->at[i]);
	b->at[9] = (uint8_t)(0 - sum);
}

/* VT-d specification, chapter 8: one unit for the rest, one RMRR for 00:14.0 and one behind a port. */
static void make_dmar(struct bytes *b)
{
	begin(b, "DMAR");
	put(b, 38, 1);	 /* host address width - 1 */
	put(b, 0x05, 1); /* interrupt remapping, platform opt-in */
	b->len = 0x30;
	put(b, 0, 2), put(b, 16, 2), put(b, 1, 1), put(b, 0, 1), put(b, 0, 2), put(b, 0xfed91000, 8);
	put(b, 1, 2), put(b, 24 + 8 + 10, 2), put(b, 0, 2), put(b, 0, 2);
	put(b, 0x89f2c000, 8), put(b, 0x8a175fff, 8);
	put(b, 1, 1), put(b, 8, 1), put(b, 0, 2), put(b, 0, 1), put(b, 0, 1), put(b, 0x14, 1), put(b, 0, 1);
	put(b, 1, 1), put(b, 10, 1), put(b, 0, 2), put(b, 0, 1), put(b, 0, 1);
	put(b, 0x1c, 1), put(b, 0, 1), put(b, 0, 1), put(b, 0, 1);
	finish(b);
}

/* AMD IOMMU specification, 5.2: one IVHD of type 0x11 with a range, an alias and an IOAPIC, one IVMD. */
static void make_ivrs(struct bytes *b)
{
	begin(b, "IVRS");
	put(b, 0x00203040, 4), put(b, 0, 8);
	put(b, 0x11, 1), put(b, 0xb0, 1), put(b, 40 + 8 + 8 + 8, 2), put(b, 0x0002, 2), put(b, 0x40, 2);
	put(b, 0xfd200000, 8), put(b, 0, 2), put(b, 0, 2), put(b, 0, 4), put(b, 0x1234, 8), put(b, 0, 8);
	put(b, 3, 1), put(b, 0x0008, 2), put(b, 0, 1), put(b, 4, 1), put(b, 0xfffe, 2), put(b, 0, 1);
	put(b, 0x42, 1), put(b, 0x0300, 2), put(b, 0, 1), put(b, 0, 1), put(b, 0x00a4, 2), put(b, 0, 1);
	put(b, 0x48, 1), put(b, 0, 2), put(b, 0xd7, 1), put(b, 33, 1), put(b, 0x00a0, 2), put(b, 1, 1);
	put(b, 0x21, 1), put(b, 0x01, 1), put(b, 32, 2), put(b, 0x0100, 2), put(b, 0, 2), put(b, 0, 8);
	put(b, 0x90000000, 8), put(b, 0x10000, 8);
	finish(b);
}

/* The host with LEN bytes of the table; the length of the file is what the reader sees first. */
static struct recorded look(const char *name, const uint8_t *bytes, size_t len)
{
	_cleanup_str_ struct str text = { 0 };

	str_addf(&text, "/sys/firmware/acpi/tables/%s :", name);
	for (size_t i = 0; i < len; i++)
		str_addf(&text, " %02x", bytes[i]);
	str_add(&text, "\n/sys/bus/pci/devices/\n");
	return recorded_open(str_c(&text), "iommu dmar ivrs");
}

static const struct acpi_table *table_of(const struct recorded *r, const char *name)
{
	return strcmp(name, "DMAR") == 0 ? &r->host->iommu.dmar : &r->host->iommu.ivrs;
}

START_TEST(dmar_whole)
{
	_cleanup_(recorded_close) struct recorded r = { 0 };
	const struct reserved_memory *m;
	struct bytes b;

	make_dmar(&b);
	r = look("DMAR", b.at, b.len);
	ck_assert_int_eq(r.host->iommu.dmar.state, ACPI_TABLE_DECODED);
	ck_assert_ptr_null(r.host->iommu.dmar.damage);
	ck_assert_int_eq(r.host->iommu.ivrs.state, ACPI_TABLE_ABSENT);
	ck_assert_int_eq(r.host->iommu.dmar_width, 39);
	ck_assert_int_eq(r.host->iommu.dmar_flags, 5);
	ck_assert_uint_eq(r.host->iommu.n_dmar_units, 1);
	ck_assert_uint_eq(r.host->iommu.dmar_units[0].base, 0xfed91000);
	ck_assert(r.host->iommu.dmar_units[0].rest);
	ck_assert_uint_eq(r.host->iommu.n_reserved, 1);
	m = &r.host->iommu.reserved[0];
	ck_assert_uint_eq(m->start, 0x89f2c000);
	ck_assert_uint_eq(m->end, 0x8a175fff);
	ck_assert_uint_eq(m->n_scopes, 2);
	ck_assert_str_eq(m->scopes[0].path, "0000:00:14.0");
	ck_assert_str_eq(m->scopes[1].path, "0000:00:1c.0/00.0");
	ck_assert_ptr_null(m->scopes[1].device); /* this host has no such port */
}
END_TEST

START_TEST(ivrs_whole)
{
	_cleanup_(recorded_close) struct recorded r = { 0 };
	const struct ivrs_unit *u;
	struct bytes b;

	make_ivrs(&b);
	r = look("IVRS", b.at, b.len);
	ck_assert_int_eq(r.host->iommu.ivrs.state, ACPI_TABLE_DECODED);
	ck_assert_msg(!r.host->iommu.ivrs.damage, "%s", r.host->iommu.ivrs.damage);
	ck_assert_uint_eq(r.host->iommu.n_ivrs_units, 1);
	u = &r.host->iommu.ivrs_units[0];
	ck_assert_uint_eq(u->base, 0xfd200000);
	ck_assert_uint_eq(u->features, 0x1234);
	ck_assert_uint_eq(u->n_entries, 3);
	ck_assert_uint_eq(u->entries[0].first, 0x0008);
	ck_assert_uint_eq(u->entries[0].last, 0xfffe);
	ck_assert_uint_eq(u->entries[1].alias, 0x00a4);
	ck_assert(u->entries[2].ioapic);
	ck_assert_uint_eq(u->entries[2].handle, 33);
	ck_assert_uint_eq(r.host->iommu.n_reserved, 1);
	ck_assert_uint_eq(r.host->iommu.reserved[0].end, 0x9000ffff);
	ck_assert_uint_eq(r.host->iommu.reserved[0].first, 0x0100);
}
END_TEST

static const struct {
	const char *name;
	void (*make)(struct bytes *b);
} tables[] = { { "DMAR", make_dmar }, { "IVRS", make_ivrs } };

/* Cut anywhere: damaged, and said so; nothing beyond the end is read (the sanitizers watch). */
START_TEST(every_prefix)
{
	struct bytes b;

	tables[_i].make(&b);
	for (size_t len = 0; len < b.len; len++) {
		_cleanup_(recorded_close) struct recorded r = look(tables[_i].name, b.at, len);

		ck_assert_msg(table_of(&r, tables[_i].name)->damage != NULL, "%s of %zu bytes",
			      tables[_i].name, len);
		ck_assert_ptr_null(r.host->broken); /* no fault of whoever uses this computer */
	}
}
END_TEST

/* A byte that is another one: the sum tells, and what follows stays inside the table. */
START_TEST(every_byte_wrong)
{
	static const uint8_t wrong[] = { 0x00, 0x01, 0x7f, 0xff };
	struct bytes b;

	tables[_i].make(&b);
	for (size_t at = 0; at < b.len; at++) {
		for (unsigned w = 0; w < ARRAY_SIZE(wrong); w++) {
			_cleanup_(recorded_close) struct recorded r = { 0 };
			uint8_t was = b.at[at];

			if (was == wrong[w])
				continue;
			b.at[at] = wrong[w];
			r = look(tables[_i].name, b.at, b.len);
			ck_assert_msg(table_of(&r, tables[_i].name)->damage != NULL, "%s: byte %zu as %02x",
				      tables[_i].name, at, wrong[w]);
			/* The same with a right sum: what is decoded is at most what fits. */
			if (at > 9) {
				_cleanup_(recorded_close) struct recorded s = { 0 };

				finish(&b);
				s = look(tables[_i].name, b.at, b.len);
				ck_assert_uint_le(s.host->iommu.n_dmar_units + s.host->iommu.n_ivrs_units +
							  s.host->iommu.n_reserved,
						  b.len / 4);
			}
			b.at[at] = was;
			finish(&b);
		}
	}
}
END_TEST

START_TEST(not_readable)
{
	RECORDED(h, "/sys/firmware/acpi/tables/DMAR ! EACCES\n", "iommu dmar ivrs");

	ck_assert_int_eq(h->iommu.dmar.state, ACPI_TABLE_NOT_READABLE);
	ck_assert_int_eq(h->iommu.dmar_flags, -1);
	ck_assert(recorded_has(h->unreadable, "DMAR"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probe-acpi");
	TCase *tc = tcase_create("tables");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, dmar_whole);
	tcase_add_test(tc, ivrs_whole);
	tcase_add_loop_test(tc, every_prefix, 0, ARRAY_SIZE(tables));
	tcase_add_loop_test(tc, every_byte_wrong, 0, ARRAY_SIZE(tables));
	tcase_add_test(tc, not_readable);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
