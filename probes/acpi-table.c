/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/acpi-table.h"

#include "base/str.h"
#include "probes/probe-util.h"

#include <errno.h>
#include <string.h>

#define ACPI_TABLES "sys/firmware/acpi/tables"
/* The largest of real servers have some 10 kB. */
#define ACPI_TABLE_MAX (256 * 1024)

uint8_t acpi_u8(struct acpi_bytes b, size_t at)
{
	return at < b.len ? b.at[at] : 0;
}

uint16_t acpi_u16(struct acpi_bytes b, size_t at)
{
	return (uint16_t)(acpi_u8(b, at) | acpi_u8(b, at + 1) << 8);
}

uint32_t acpi_u32(struct acpi_bytes b, size_t at)
{
	return acpi_u16(b, at) | (uint32_t)acpi_u16(b, at + 2) << 16;
}

uint64_t acpi_u64(struct acpi_bytes b, size_t at)
{
	return acpi_u32(b, at) | (uint64_t)acpi_u32(b, at + 4) << 32;
}

struct acpi_bytes acpi_slice(struct acpi_bytes b, size_t at, size_t len)
{
	if (at > b.len)
		at = b.len;
	if (len > b.len - at)
		len = b.len - at;
	return (struct acpi_bytes){ b.at + at, len };
}

void acpi_table_damaged(struct host *h, struct acpi_table *t, const char *fmt, ...)
{
	va_list ap;

	if (t->state == ACPI_TABLE_DAMAGED)
		return;
	t->state = ACPI_TABLE_DAMAGED;
	va_start(ap, fmt);
	t->damage = arena_vprintf(h->arena, fmt, ap);
	va_end(ap);
}

/*
 * The header of every table (ACPI 6.5, 5.2.6): signature, length of the whole, revision, a byte that makes
 * the sum of all bytes 0, names and versions of who made it.
 */
static bool acpi_check(struct host *h, const char *name, size_t min, struct acpi_table *t,
		       struct acpi_bytes *b)
{
	uint8_t sum = 0;
	uint32_t len;

	if (b->len < min) {
		acpi_table_damaged(h, t, _("it has %zu bytes and needs %zu at least."), b->len, min);
		return false;
	}
	if (memcmp(b->at, name, 4) != 0) {
		acpi_table_damaged(h, t, _("it does not begin with %s."), name);
		return false;
	}
	len = acpi_u32(*b, 4);
	if (len != b->len)
		acpi_table_damaged(h, t, _("it says it has %lu bytes, and there are %zu."),
				   (unsigned long)len, b->len);
	if (len < min)
		return false;
	*b = acpi_slice(*b, 0, len);
	for (size_t i = 0; i < b->len; i++)
		sum = (uint8_t)(sum + b->at[i]);
	/* Alone this stops nobody: Intel's table is used all the same, AMD's driver refuses. */
	if (sum && t->state != ACPI_TABLE_DAMAGED) {
		t->bad_checksum = true;
		t->damage = _("its checksum is wrong.");
	}
	return true;
}

char *acpi_table_read(struct host *h, const char *name, size_t min, struct acpi_table *ret,
		      struct acpi_bytes *ret_bytes)
{
	char path[sizeof(ACPI_TABLES) + 16];
	_cleanup_free_ char *bytes = NULL;
	size_t len = 0;
	int r;

	snprintf(path, sizeof(path), "%s/%.4s", ACPI_TABLES, name);
	r = fsroot_read(h->root, path, &bytes, &len);
	if (r < 0) {
		ret->state = r == -ENOENT || r == -ENOTDIR ? ACPI_TABLE_ABSENT : ACPI_TABLE_NOT_READABLE;
		if (ret->state == ACPI_TABLE_NOT_READABLE)
			probe_note(h, path, r);
		return NULL;
	}
	ret->state = ACPI_TABLE_DECODED;
	if (len > ACPI_TABLE_MAX) {
		acpi_table_damaged(h, ret, _("it has %zu bytes, which no such table has."), len);
		return NULL;
	}
	*ret_bytes = (struct acpi_bytes){ (const uint8_t *)bytes, len };
	if (!acpi_check(h, name, min, ret, ret_bytes))
		return NULL;
	return TAKE_PTR(bytes);
}
