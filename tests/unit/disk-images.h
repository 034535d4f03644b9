/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Heads of images and discs, made by their specifications: enough of a file to be recognised. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline void put_be(unsigned char *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * (bytes - 1 - i));
}

static inline void put_le(unsigned char *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static inline void write_image(const char *path, const void *bytes, size_t len, off_t size)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes, 1, len, f) != len || fflush(f) != 0 || ftruncate(fileno(f), size) < 0)
		abort();
	fclose(f);
}

/* qcow2.txt, version 3; BACKING and FORMAT may be NULL, FEATURES are the incompatible ones. */
static inline void write_qcow2(const char *path, uint64_t size, const char *backing, const char *format,
			       uint64_t features)
{
	unsigned char h[4096] = "QFI\xfb";

	put_be(h + 4, 3, 4);
	put_be(h + 20, 16, 4);
	put_be(h + 24, size, 8);
	put_be(h + 72, features, 8);
	put_be(h + 96, 4, 4);
	put_be(h + 100, 104, 4);
	if (format) {
		put_be(h + 104, 0xe2792aca, 4);
		put_be(h + 108, strlen(format), 4);
		memcpy(h + 112, format, strlen(format));
	}
	if (backing) {
		put_be(h + 8, 1024, 8);
		put_be(h + 16, strlen(backing), 4);
		memcpy(h + 1024, backing, strlen(backing));
	}
	write_image(path, h, sizeof(h), 65536);
}

/* One folder record of ECMA-119 9.1; returns its length. */
static inline unsigned put_record(unsigned char *at, const char *name, uint32_t sector)
{
	unsigned len = (unsigned)(33 + strlen(name) + 1) & ~1u;

	at[0] = (unsigned char)len;
	put_le(at + 2, sector, 4);
	put_le(at + 10, 2048, 4);
	at[25] = 2;
	at[32] = (unsigned char)strlen(name);
	memcpy(at + 33, name, strlen(name));
	return len;
}

/* A disc of 32 sectors that says it has SECTORS; FOLDERS, parted by '/', lie one in the other. */
static inline void write_iso(const char *path, const char *label, uint32_t sectors, const char *folders)
{
	static unsigned char d[32 * 2048];
	unsigned char *pvd = d + 16 * 2048, *end = d + 17 * 2048;
	char names[64];
	unsigned sector = 20;

	memset(d, 0, sizeof(d));
	memcpy(pvd, "\1CD001\1", 7);
	memset(pvd + 40, ' ', 32);
	memcpy(pvd + 40, label, strlen(label));
	put_le(pvd + 80, sectors, 4);
	put_be(pvd + 84, sectors, 4);
	put_le(pvd + 120, 1, 2);
	put_le(pvd + 124, 1, 2);
	put_le(pvd + 128, 2048, 2);
	put_be(pvd + 130, 2048, 2);
	put_le(pvd + 158, sector, 4);
	put_le(pvd + 166, 2048, 4);
	memcpy(end, "\377CD001\1", 7);
	snprintf(names, sizeof(names), "%s", folders);
	for (char *name = strtok(names, "/"); name; name = strtok(NULL, "/")) {
		put_record(d + sector * 2048, name, sector + 1);
		sector++;
	}
	write_image(path, d, sizeof(d), sizeof(d));
}
