/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/pe-section.h"

#include "base/arena.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define PE_DOS_SIZE	64u
#define PE_COFF_SIZE	24u /* with the signature "PE\0\0" in front */
#define PE_SECTION_SIZE 40u
#define PE_NAME_SIZE	8u
/* Windows loads no more; an image of systemd's has about ten. */
#define PE_SECTIONS 96u

static uint32_t pe_u16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t pe_u32(const uint8_t *p)
{
	return pe_u16(p) | pe_u16(p + 2) << 16;
}

/* All LEN bytes at OFFSET; -EBADMSG when the file ends before. */
static int pe_read(int fd, uint64_t offset, void *to, size_t len)
{
	uint8_t *at = to;

	while (len) {
		ssize_t n = pread(fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		at += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int pe_read_content(int fd, const uint8_t *header, char **ret)
{
	/* The file has it padded with zeros; one that is larger in memory than in the file ends with zeros. */
	uint32_t virtual_size = pe_u32(header + 8), raw_size = pe_u32(header + 16);
	size_t len = virtual_size < raw_size ? virtual_size : raw_size;
	char *text;
	int r;

	if (len > PE_SECTION_LONGEST)
		return -EFBIG;
	text = xcalloc(len + 1, 1);
	r = pe_read(fd, pe_u32(header + 20), text, len);
	if (r < 0)
		free(text);
	else
		*ret = text;
	return r;
}

int pe_read_section(int fd, const char *name, char **ret)
{
	uint8_t dos[PE_DOS_SIZE], coff[PE_COFF_SIZE], header[PE_SECTION_SIZE];
	char wanted[PE_NAME_SIZE + 1] = "";
	uint64_t at;
	unsigned n;
	int r = pe_read(fd, 0, dos, sizeof(dos));

	if (r < 0)
		return r;
	if (memcmp(dos, "MZ", 2) != 0)
		return -EBADMSG;
	at = pe_u32(dos + 60);
	r = pe_read(fd, at, coff, sizeof(coff));
	if (r < 0)
		return r;
	n = pe_u16(coff + 6);
	if (memcmp(coff, "PE\0\0", 4) != 0 || n > PE_SECTIONS)
		return -EBADMSG;
	at += PE_COFF_SIZE + pe_u16(coff + 20);
	strncpy(wanted, name, PE_NAME_SIZE);
	for (; n; n--, at += PE_SECTION_SIZE) {
		r = pe_read(fd, at, header, sizeof(header));
		if (r < 0)
			return r;
		if (memcmp(header, wanted, PE_NAME_SIZE) == 0)
			return pe_read_content(fd, header, ret);
	}
	return -ENOENT;
}
