/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * A table of the firmware as /sys/firmware/acpi/tables has it (root only), read with every access inside
 * its bounds: what a table says of its own lengths is believed only after it was compared.
 */
struct acpi_bytes {
	const uint8_t *at; /* not owned */
	size_t len;
};

#define ACPI_HEADER_LEN 36 /* ACPI 6.5, 5.2.6 */

/*
 * Reads and checks table NAME, which has at least MIN bytes.  Sets RET->state and what is wrong with it,
 * and notes that in the host; the length of *RET_BYTES is that of its own length field.  Returns the
 * memory behind RET_BYTES, free() it, NULL when there is nothing to decode.
 */
char *acpi_table_read(struct host *h, const char *name, size_t min, struct acpi_table *ret,
		      struct acpi_bytes *ret_bytes) _must_check_;
/* Notes that a table is damaged, once: the first damage explains the others. */
void acpi_table_damaged(struct host *h, struct acpi_table *t, const char *fmt, ...)
	_printf_(3, 4);

/* Little-endian numbers; 0 beyond the end, so that a short structure cannot be read past. */
uint8_t acpi_u8(struct acpi_bytes b, size_t at);
uint16_t acpi_u16(struct acpi_bytes b, size_t at);
uint32_t acpi_u32(struct acpi_bytes b, size_t at);
uint64_t acpi_u64(struct acpi_bytes b, size_t at);
/* LEN bytes from AT, cut to what is there. */
struct acpi_bytes acpi_slice(struct acpi_bytes b, size_t at, size_t len);
