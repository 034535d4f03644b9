/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMAR and IVRS written byte by byte from the VT-d and AMD IOMMU specifications, whole and broken. */
#include "recorded.h"

#include <stdint.h>

#define TABLES "/sys/firmware/acpi/tables/"

struct table {
	uint8_t b[1024];
	size_t n;
};

static void put(struct table *t, uint64_t value, size_t bytes)
{
	ck_assert_uint_lt(t->n + bytes, sizeof(t->b));
	for (size_t i = 0; i < bytes; i++)
		t->b[t->n++] = (uint8_t)(value >> 8 * i);
}

/* Header of 36 bytes; length and checksum are set by finish(). */
static void begin(struct table *t, const char *signature)
{
	*t = (struct table){ 0 };
	memcpy(t->b, signature, 4);
	t->b[8] = 1;
	memcpy(t->b + 10, "MAKER TABLE   ", 14);
	t->n = 36;
}

static void checksum(struct table *t)
{
	uint8_t sum = 0;

	t->b[9] = 0;
	for (size_t i = 0; i < t->n; i++)
		sum = (uint8_t)(sum + t->b[i]);
	t->b[9] = (uint8_t)-sum;
}

static void finish(struct table *t)
{
	t->b[4] = (uint8_t)t->n;
	t->b[5] = (uint8_t)(t->n >> 8);
	checksum(t);
}

static void scope(struct table *t, unsigned type, unsigned id, unsigned bus, unsigned pairs,
		  const uint8_t *path)
{
	put(t, type, 1);
	put(t, 6 + 2 * pairs, 1);
	put(t, 0, 2);
	put(t, id, 1);
	put(t, bus, 1);
	for (unsigned i = 0; i < 2 * pairs; i++)
		put(t, path[i], 1);
}

/*
 * Two units; reserved memory of USB 00:14.0, of the disk controller behind the root port 00:1c.0, and of
 * all below the bridge 00:1d.0; ATSR, RHSA, SATC.
 */
static void make_dmar(struct table *t, unsigned flags)
{
	static const uint8_t gpu[] = { 2, 0 }, apic[] = { 0x1e, 7 }, hpet[] = { 0x1e, 6 }, usb[] = { 0x14, 0 },
			     disk[] = { 0x1c, 0, 0, 0 }, bridge[] = { 0x1d, 0 };

	begin(t, "DMAR");
	put(t, 38, 1);
	put(t, flags, 1);
	put(t, 0, 8);
	put(t, 0, 2);
	put(t, 0 | 24 << 16, 4); /* DRHD of graphics */
	put(t, 0, 4);
	put(t, 0xfed90000, 8);
	scope(t, 1, 0, 0, 1, gpu);
	put(t, 0 | 32 << 16, 4); /* DRHD of the rest */
	put(t, 1, 4);
	put(t, 0xfed91000, 8);
	scope(t, 3, 2, 0, 1, apic);
	scope(t, 4, 0, 0, 1, hpet);
	put(t, 1 | 42 << 16, 4); /* RMRR */
	put(t, 0, 4);
	put(t, 0x7a000000, 8);
	put(t, 0x7a0fffff, 8);
	scope(t, 1, 0, 0, 1, usb);
	scope(t, 1, 0, 0, 2, disk);
	put(t, 1 | 32 << 16, 4); /* RMRR */
	put(t, 0, 4);
	put(t, 0x7b000000, 8);
	put(t, 0x7b0fffff, 8);
	scope(t, 2, 0, 0, 1, bridge);
	put(t, 2 | 8 << 16, 4); /* ATSR, all ports */
	put(t, 1, 4);
	put(t, 3 | 20 << 16, 4); /* RHSA */
	put(t, 0, 4);
	put(t, 0xfed91000, 8);
	put(t, 0, 4);
	put(t, 5 | 16 << 16, 4); /* SATC */
	put(t, 0, 4);
	scope(t, 1, 0, 0, 1, gpu);
	finish(t);
}

static void make_ivrs(struct table *t)
{
	begin(t, "IVRS");
	put(t, 0x00203043, 4);
	put(t, 0, 8);
	put(t, 0x10 | 0xb0 << 8 | 44 << 16, 4); /* IVHD type 10 */
	put(t, 2 | 0x40 << 16, 4);
	put(t, 0xfd000000, 8);
	put(t, 0, 8);
	put(t, 3 | 0x08 << 8, 4);	       /* range 00:01.0 … */
	put(t, 4 | 0xfffe << 8, 4);	       /* … to ff:1f.6 */
	put(t, 0x48, 4);		       /* IOAPIC 33 is 00:14.0 */
	put(t, 0x0100a021, 4);
	put(t, 0, 4);			       /* padding */
	put(t, 0x40 | 0xb0 << 8 | 81 << 16, 4); /* IVHD type 40 */
	put(t, 2 | 0x40 << 16, 4);
	put(t, 0xfd000000, 8);
	put(t, 0, 8);
	put(t, 0x22294ada, 8);
	put(t, 0, 8);
	put(t, 0x43 | 0xff00 << 8, 4); /* ff:00.0 to ff:1f.7 use the address of 00:14.4 */
	put(t, 0xa5 << 8, 4);
	put(t, 4 | 0xffff << 8, 4);
	put(t, 0xf0 | 0xa5 << 8, 4); /* an ACPI device with a name of 7 bytes */
	put(t, 0, 8);
	put(t, 0, 8);
	put(t, 2 | 7 << 8, 2);
	put(t, 0, 7);
	put(t, 0x21 | 0x01 << 8 | 32 << 16, 4); /* IVMD: 02:00.0 alone */
	put(t, 0x200, 4);
	put(t, 0, 8);
	put(t, 0x90000000, 8);
	put(t, 0x10000, 8);
	put(t, 0x22 | 0x08 << 8 | 32 << 16, 4); /* IVMD, exclusion: 03:00.0 to 03:1f.7 */
	put(t, 0x300 | 0x3ffu << 16, 4);
	put(t, 0, 8);
	put(t, 0x91000000, 8);
	put(t, 0x1000, 8);
	put(t, 0x20 | 0x00 << 8 | 32 << 16, 4); /* IVMD of all, without a flag: nothing */
	put(t, 0, 4);
	put(t, 0, 8);
	put(t, 0x92000000, 8);
	put(t, 0x1000, 8);
	finish(t);
}

#define DEVICE(dir, vendor, class)                                                                 \
	"/sys/devices/pci0000:00/" dir "/vendor = 0x" vendor "\n/sys/devices/pci0000:00/" dir      \
	"/device = 0x1000\n/sys/devices/pci0000:00/" dir "/class = 0x" class "\n"
#define LINK(address, dir)                                                                         \
	"/sys/bus/pci/devices/" address " -> ../../../devices/pci0000:00/" dir "\n"
/* Configuration space of a bridge to buses 2, 3: header type 1 at 0x0e, 0x18 primary, secondary, subordinate. */
#define BRIDGE(dir, bus)                                                                           \
	"/sys/devices/pci0000:00/" dir "/config : 86800010070010000000040600000100"                \
	"000000000000000000" bus bus "00" "00000000" "0000000000000000000000000000000000000000000000000000000000000000" "\n"

static const char devices[] =
	LINK("0000:00:02.0", "0000:00:02.0") LINK("0000:00:14.0", "0000:00:14.0")
	LINK("0000:00:1c.0", "0000:00:1c.0") LINK("0000:00:1d.0", "0000:00:1d.0")
	LINK("0000:02:00.0", "0000:00:1c.0/0000:02:00.0") LINK("0000:03:00.0", "0000:00:1d.0/0000:03:00.0")
	DEVICE("0000:00:02.0", "8086", "030000") DEVICE("0000:00:14.0", "8086", "0c0330")
	DEVICE("0000:00:1c.0", "8086", "060400") DEVICE("0000:00:1d.0", "8086", "060400")
	DEVICE("0000:00:1c.0/0000:02:00.0", "1000", "010700")
	DEVICE("0000:00:1d.0/0000:03:00.0", "1000", "020000")
	BRIDGE("0000:00:1c.0", "02") BRIDGE("0000:00:1d.0", "03");

static struct recorded open_table(const char *name, const struct table *t, const char *more)
{
	_cleanup_str_ struct str text = { 0 };

	str_addf(&text, "%s" TABLES "%s : ", more, name);
	for (size_t i = 0; i < t->n; i++)
		str_addf(&text, "%02x", t->b[i]);
	str_addc(&text, '\n');
	return recorded_open(str_c(&text), "iommu pci groups dmar ivrs");
}

START_TEST(dmar_whole)
{
	struct table t;
	make_dmar(&t, 0x05);
	_cleanup_(recorded_close) struct recorded r = open_table("DMAR", &t, devices);
	const struct iommu_facts *io = &r.host->iommu;

	ck_assert_int_eq(io->dmar.state, ACPI_TABLE_DECODED);
	ck_assert_ptr_null(io->dmar.damage);
	ck_assert_int_eq(io->ivrs.state, ACPI_TABLE_ABSENT);
	ck_assert_int_eq(io->dmar_width, 39);
	ck_assert_int_eq(io->dmar_flags, DMAR_INTR_REMAP | DMAR_PLATFORM_OPT_IN);
	ck_assert_uint_eq(io->n_dmar_units, 2);
	ck_assert(!io->dmar_units[0].rest && io->dmar_units[1].rest);
	ck_assert_uint_eq(io->dmar_units[0].base, 0xfed90000);
	ck_assert_ptr_eq(io->dmar_units[0].scopes[0].device, recorded_device(r.host, "00:02.0"));
	ck_assert_uint_eq(io->dmar_units[1].n_scopes, 2);
	ck_assert_uint_eq(io->dmar_units[1].scopes[0].type, DMAR_SCOPE_IOAPIC);
	ck_assert_uint_eq(io->dmar_units[1].scopes[0].id, 2);
	ck_assert_ptr_null(io->dmar_units[1].scopes[0].device);
	ck_assert_uint_eq(io->n_dmar_ats, 2);
	ck_assert(io->dmar_ats[0].all_ports && !io->dmar_ats[1].all_ports);
	ck_assert_uint_eq(io->dmar_ats[1].n_scopes, 1);
	ck_assert(!r.host->broken);
}
END_TEST

START_TEST(dmar_reserved_memory)
{
	struct table t;
	make_dmar(&t, 0x01);
	_cleanup_(recorded_close) struct recorded r = open_table("DMAR", &t, devices);
	const struct iommu_facts *io = &r.host->iommu;
	struct pci_device *usb = recorded_device(r.host, "00:14.0"), *disk = recorded_device(r.host, "02:00.0"),
			  *nic = recorded_device(r.host, "03:00.0"), *gpu = recorded_device(r.host, "00:02.0");

	ck_assert_uint_eq(io->n_reserved, 2);
	ck_assert_uint_eq(io->reserved[0].start, 0x7a000000);
	ck_assert_uint_eq(io->reserved[0].end, 0x7a0fffff);
	ck_assert_str_eq(io->reserved[0].scopes[1].path, "0000:00:1c.0/00.0");
	ck_assert_ptr_eq(io->reserved[0].scopes[1].device, disk);
	ck_assert(reserved_memory_is_for(&io->reserved[0], usb));
	ck_assert(reserved_memory_is_for(&io->reserved[0], disk));
	ck_assert(!reserved_memory_is_for(&io->reserved[0], nic));
	ck_assert(reserved_memory_is_for(&io->reserved[1], nic));
	ck_assert(!reserved_memory_is_for(&io->reserved[1], disk));
	ck_assert(!reserved_memory_is_for(&io->reserved[1], gpu));
	/* A bridge that is called an endpoint, and the other way round, is left out. */
	io->reserved[1].scopes[0].type = DMAR_SCOPE_ENDPOINT;
	ck_assert(!reserved_memory_is_for(&io->reserved[1], nic));
	io->reserved[0].scopes[0].type = DMAR_SCOPE_BRIDGE;
	ck_assert(!reserved_memory_is_for(&io->reserved[0], usb));
}
END_TEST

START_TEST(ivrs_whole)
{
	struct table t;
	make_ivrs(&t);
	_cleanup_(recorded_close) struct recorded r = open_table("IVRS", &t, devices);
	const struct iommu_facts *io = &r.host->iommu;
	const struct ivrs_unit *old = io->ivrs_units, *new = old + 1;

	ck_assert_int_eq(io->ivrs.state, ACPI_TABLE_DECODED);
	ck_assert_ptr_null(io->ivrs.damage);
	ck_assert_int_eq(io->ivrs_info, 0x00203043);
	ck_assert_uint_eq(io->n_ivrs_units, 2);
	ck_assert_uint_eq(old->type, 0x10);
	ck_assert_uint_eq(old->flags, 0xb0);
	ck_assert_uint_eq(old->devid, 2);
	ck_assert_uint_eq(old->base, 0xfd000000);
	ck_assert_uint_eq(old->n_entries, 2);
	ck_assert_uint_eq(old->entries[0].first, 0x0008);
	ck_assert_uint_eq(old->entries[0].last, 0xfffe);
	ck_assert(old->entries[1].ioapic);
	ck_assert_uint_eq(old->entries[1].handle, 33);
	ck_assert_uint_eq(old->entries[1].first, 0xa0);
	ck_assert_uint_eq(new->type, 0x40);
	ck_assert_uint_eq(new->features, 0x22294ada);
	ck_assert_uint_eq(new->n_entries, 2);
	ck_assert_uint_eq(new->entries[0].alias, 0xa5);
	ck_assert_uint_eq(new->entries[0].last, 0xffff);
	ck_assert_uint_eq(new->entries[1].type, IVRS_ACPI);
	ck_assert_uint_eq(io->n_reserved, 2);
	ck_assert_uint_eq(io->reserved[0].end, 0x9000ffff);
	ck_assert(reserved_memory_is_for(&io->reserved[0], recorded_device(r.host, "02:00.0")));
	ck_assert(!reserved_memory_is_for(&io->reserved[0], recorded_device(r.host, "03:00.0")));
	ck_assert(reserved_memory_is_for(&io->reserved[1], recorded_device(r.host, "03:00.0")));
}
END_TEST

static void check_damage(const char *name, const struct table *t, const char *damage, bool is_broken)
{
	_cleanup_(recorded_close) struct recorded r = open_table(name, t, "");
	const struct acpi_table *got = *name == 'D' ? &r.host->iommu.dmar : &r.host->iommu.ivrs;

	ck_assert_ptr_nonnull(got->damage);
	ck_assert_msg(strstr(got->damage, damage) != NULL, "%s", got->damage);
	ck_assert_int_eq(got->state, is_broken ? ACPI_TABLE_DAMAGED : ACPI_TABLE_DECODED);
	ck_assert(!r.host->broken); /* no fault of whoever uses this computer: commands go on */
	ck_assert(*name == 'D' ? r.host->iommu.has_dmar : r.host->iommu.has_ivrs);
}

START_TEST(damage_has_its_name)
{
	struct table t;

	make_dmar(&t, 1);
	t.b[0x24] ^= 1;
	check_damage("DMAR", &t, "checksum", false);
	make_dmar(&t, 1);
	t.b[0] = 'X';
	check_damage("DMAR", &t, "does not begin with DMAR", true);
	make_dmar(&t, 1);
	t.n -= 3;
	check_damage("DMAR", &t, "it says it has", true);
	t.n = 20;
	check_damage("DMAR", &t, "needs 48 at least", true);
	make_dmar(&t, 1);
	t.b[0x32] = 0; /* length of the first structure */
	checksum(&t);
	check_damage("DMAR", &t, "structure at byte 0x30", true);
	make_dmar(&t, 1);
	t.b[0x41] = 9; /* length of its only scope */
	checksum(&t);
	check_damage("DMAR", &t, "list of devices", true);
	make_ivrs(&t);
	t.b[0x48] = 0x90; /* a device entry of no known length */
	checksum(&t);
	check_damage("IVRS", &t, "list of devices", true);
	make_ivrs(&t);
	t.b[0x33] = 0xff;
	checksum(&t);
	check_damage("IVRS", &t, "structure at byte 0x30", true);
}
END_TEST

START_TEST(not_readable_is_not_absent)
{
	RECORDED(h, TABLES "DMAR ! EACCES\n" TABLES "IVRS ! EACCES\n", "iommu pci dmar ivrs");

	ck_assert(h->iommu.has_dmar && h->iommu.has_ivrs);
	ck_assert_int_eq(h->iommu.dmar.state, ACPI_TABLE_NOT_READABLE);
	ck_assert_int_eq(h->iommu.ivrs.state, ACPI_TABLE_NOT_READABLE);
	ck_assert_int_eq(h->iommu.dmar_flags, -1);
	ck_assert(recorded_has(h->unreadable, TABLES "DMAR"));
}
END_TEST

/*
 * Looks at T as it is, in one host that is used again: the recording is a folder, so the table in it can
 * be replaced.  Everything must come out as numbers within the table, under a sanitizer without a word.
 */
static void look(const struct table *t, const char *name, struct fsroot *fs, const char *dir)
{
	static const char *const names[] = { "iommu", "dmar", "ivrs", NULL };
	_cleanup_free_ char *path = xasprintf("%s" TABLES "%s", dir, name);
	_cleanup_host_ struct host *h = host_new(fs);
	struct err err = { 0 };
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(t->b, 1, t->n, f), t->n);
	fclose(f);
	ck_assert_int_eq(probe_run_some(h, names, &err), 0);
	ck_assert_uint_le(h->iommu.n_dmar_units, t->n / 16);
	ck_assert_uint_le(h->iommu.n_ivrs_units, t->n / 24);
	ck_assert_uint_le(h->iommu.n_reserved, t->n / 24);
	for (unsigned i = 0; i < h->iommu.n_reserved; i++)
		ck_assert_uint_le(h->iommu.reserved[i].n_scopes, t->n / 6);
}

static void every_prefix_and_flip(const char *name, const struct table *whole)
{
	char dir[] = "/tmp/acpi-XXXXXX";
	_cleanup_fsroot_ struct fsroot *fs = NULL;
	_cleanup_free_ char *clean = NULL;
	struct err err = { 0 };
	struct table t;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	clean = xasprintf("mkdir -p %s" TABLES, dir);
	ck_assert_int_eq(system(clean), 0);
	ck_assert_int_eq(fsroot_open(dir, &fs, &err), 0);
	for (size_t n = 0; n <= whole->n; n++) {
		t = *whole;
		t.n = n;
		look(&t, name, fs, dir);
		if (n >= 10) { /* the same with a length that agrees */
			finish(&t);
			look(&t, name, fs, dir);
		}
	}
	for (size_t i = 0; i < whole->n; i++)
		for (unsigned bit = 0; bit < 9; bit++) {
			t = *whole;
			t.b[i] ^= bit < 8 ? (uint8_t)(1u << bit) : 0xff;
			look(&t, name, fs, dir);
		}
	free(clean);
	clean = xasprintf("rm -r %s", dir);
	ck_assert_int_eq(system(clean), 0);
}

START_TEST(broken_in_every_way)
{
	struct table t;

	make_dmar(&t, 7);
	every_prefix_and_flip("DMAR", &t);
	make_ivrs(&t);
	every_prefix_and_flip("IVRS", &t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes: acpi");
	TCase *t = tcase_create("tables");

	tcase_add_test(t, dmar_whole);
	tcase_add_test(t, dmar_reserved_memory);
	tcase_add_test(t, ivrs_whole);
	tcase_add_test(t, damage_has_its_name);
	tcase_add_test(t, not_readable_is_not_absent);
	tcase_add_test(t, broken_in_every_way);
	suite_add_tcase(s, t);
	return unit_run(s);
}
