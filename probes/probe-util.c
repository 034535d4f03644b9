/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

/* Attributes come and go with devices; a driver that has nothing to say answers ENODEV and the like. */
static bool util_is_absent(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ENODEV || code == -ENXIO ||
	       code == -EOPNOTSUPP || code == -EINVAL;
}

void probe_note(struct host *h, const char *path, int code)
{
	char absolute[PATH_MAX + 1];

	snprintf(absolute, sizeof(absolute), "%s%s", *path == '/' ? "" : "/", path);
	host_note_unreadable(h, absolute, code);
}

/* Returns CODE; notes it unless it only means "absent". */
static int util_note(struct host *h, const char *path, int code)
{
	if (code < 0 && !util_is_absent(code))
		probe_note(h, path, code);
	return code;
}

#define UTIL_FORMAT(path, fmt)                                                                     \
	do {                                                                                       \
		va_list format_ap;                                                                 \
		va_start(format_ap, fmt);                                                          \
		vsnprintf(path, sizeof(path), fmt, format_ap);                                     \
		va_end(format_ap);                                                                 \
	} while (0)

const char *probe_attr(struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX];
	const char *text;

	UTIL_FORMAT(path, fmt);
	util_note(h, path, fsroot_read_attr(h->root, h->arena, path, &text));
	return text;
}

const char *probe_word(struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX];
	const char *text;

	UTIL_FORMAT(path, fmt);
	util_note(h, path, fsroot_read_attr(h->root, h->arena, path, &text));
	return str_is_empty(text) ? NULL : text;
}

/* The driver refusing to answer with EINVAL is absence; an answer that is no number is broken. */
static int util_number(struct host *h, const char *path, uint64_t max, uint64_t *ret)
{
	const char *text;
	int r = fsroot_read_attr(h->root, h->arena, path, &text);

	if (r < 0)
		return util_note(h, path, r);
	r = str_to_u64(text, max, ret);
	if (r < 0)
		probe_note(h, path, r);
	return r;
}

int probe_number(struct host *h, uint64_t max, uint64_t *ret, const char *fmt, ...)
{
	char path[PATH_MAX];

	UTIL_FORMAT(path, fmt);
	return util_number(h, path, max, ret);
}

int probe_tristate(struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX];
	uint64_t value;

	UTIL_FORMAT(path, fmt);
	return util_number(h, path, 1, &value) < 0 ? -1 : (int)value;
}

char *probe_text(struct host *h, size_t *ret_len, const char *fmt, ...)
{
	char path[PATH_MAX];
	char *text = NULL;
	size_t len = 0;

	UTIL_FORMAT(path, fmt);
	if (util_note(h, path, fsroot_read(h->root, path, &text, &len)) < 0)
		return NULL;
	if (ret_len)
		*ret_len = len;
	return text;
}

char **probe_list(struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX];
	char **names = NULL;

	UTIL_FORMAT(path, fmt);
	if (util_note(h, path, fsroot_list(h->root, path, &names)) < 0)
		return NULL;
	return names;
}

bool probe_exists(struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX];

	UTIL_FORMAT(path, fmt);
	return fsroot_exists(h->root, path);
}

bool probe_last_address(const char *path, struct pci_addr *ret)
{
	bool found = false;

	while (*path) {
		size_t n = strcspn(path, "/");
		char name[PCI_ADDR_TEXT];

		/* "0000:0b:00.0" and "10000:e1:00.0", but not "pci0000:00" and not "1-4:1.0" */
		if (n >= 12 && n < sizeof(name)) {
			memcpy(name, path, n);
			name[n] = '\0';
			found = pci_addr_parse(name, ret) == 0 || found;
		}
		path += n + (path[n] == '/');
	}
	return found;
}

struct pci_device *probe_device_behind(struct host *h, const char *fmt, ...)
{
	char path[PATH_MAX];
	const char *real;
	struct pci_addr addr;

	UTIL_FORMAT(path, fmt);
	if (fsroot_resolve(h->root, h->arena, path, &real) < 0 || !probe_last_address(real, &addr))
		return NULL;
	return host_find_device(h, addr);
}

char *probe_next_line(char **rest)
{
	char *line = *rest, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*rest = end;
	return line;
}

char *probe_next_word(char **rest)
{
	char *word = *rest;

	if (!word)
		return NULL;
	word += strspn(word, " \t");
	if (!*word)
		return NULL;
	*rest = word + strcspn(word, " \t");
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}
