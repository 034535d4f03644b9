/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/disk-parts.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>

#define DISK_BYTES_MIN (1ULL << 30)
#define DISK_BYTES_MAX (1ULL << 50)
#define DISK_SERIAL_MAX 20 /* VIRTIO_BLK_ID_BYTES of virtio 1.x; ATA has as many */
#define DISK_SERIAL_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-"

enum { SPEC_SIZE, SPEC_FORMAT, SPEC_SERIAL, SPEC_BUS, SPEC_CACHE, SPEC_IO, SPEC_DISCARD, SPEC_ZEROES,
       SPEC_PREALLOCATION, SPEC_FROM, SPEC_BY };

/* CHOICES NULL: any text, checked elsewhere. */
static const struct {
	const char *word, *choices;
} spec_words[] = {
	[SPEC_SIZE] = { ",size=", NULL },
	[SPEC_FORMAT] = { ",format=", "qcow2|raw" },
	[SPEC_SERIAL] = { ",serial=", NULL },
	[SPEC_BUS] = { ",bus=", "virtio|sata" },
	[SPEC_CACHE] = { ",cache=", "none|writeback|writethrough|directsync|unsafe" },
	[SPEC_IO] = { ",io=", "native|threads" },
	[SPEC_DISCARD] = { ",discard=", "unmap|ignore" },
	[SPEC_ZEROES] = { ",detect-zeroes=", "off|on|unmap" },
	[SPEC_PREALLOCATION] = { ",preallocation=", "off|metadata|falloc|full" },
	[SPEC_FROM] = { ",from=", NULL },
	[SPEC_BY] = { ",by=", "copy|overlay" },
};

/* The next comma that starts an option; *RET_WORD says which. */
static char *spec_next(char *text, unsigned *ret_word)
{
	char *first = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(spec_words); i++) {
		char *at = strstr(text, spec_words[i].word);

		if (at && (!first || at < first)) {
			first = at;
			*ret_word = i;
		}
	}
	return first;
}

static bool spec_is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value), n;

	for (const char *c = choices; *c; c += n + (c[n] == '|')) {
		n = strcspn(c, "|");
		if (n == len && memcmp(c, value, n) == 0)
			return true;
	}
	return false;
}

static int spec_set_size(struct disk_spec *s, const char *value, struct err *err)
{
	unsigned long long bytes;

	if (size_parse(value, &bytes) < 0 || bytes < DISK_BYTES_MIN || bytes > DISK_BYTES_MAX)
		return err_set(err, ERR_USAGE, -EINVAL, _("--disk: “%s” is no disk size from 1G to 1024T."), value);
	s->bytes = (long long)bytes;
	return 0;
}

/* libvirt's schema and both kinds of disk take these. */
static int spec_set_serial(struct disk_spec *s, const char *value, struct err *err)
{
	if (!*value || strlen(value) > DISK_SERIAL_MAX || value[strspn(value, DISK_SERIAL_CHARS)])
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--disk: “%s” is no serial number: up to %d letters, digits and _ . + -."), value,
			       DISK_SERIAL_MAX);
	s->serial = value;
	return 0;
}

static int spec_set(struct disk_spec *s, unsigned word, const char *value, struct err *err)
{
	const char *choices = spec_words[word].choices;

	if (choices && !spec_is_choice(choices, value))
		return err_set(err, ERR_USAGE, -EINVAL, _("--disk: “%s” is none of the choices of %.*s: %s."), value,
			       (int)strlen(spec_words[word].word) - 2, spec_words[word].word + 1, choices);
	switch (word) {
	case SPEC_SIZE:
		return spec_set_size(s, value, err);
	case SPEC_SERIAL:
		return spec_set_serial(s, value, err);
	case SPEC_FROM:
		s->from = value;
		return machine_check_path(value, "disk", err);
	case SPEC_FORMAT:
		s->format = value;
		break;
	case SPEC_BUS:
		s->bus = value;
		break;
	case SPEC_CACHE:
		s->cache = value;
		break;
	case SPEC_IO:
		s->io = value;
		break;
	case SPEC_DISCARD:
		s->discard = value;
		break;
	case SPEC_ZEROES:
		s->detect_zeroes = value;
		break;
	case SPEC_PREALLOCATION:
		s->preallocation = value;
		break;
	default:
		s->overlay = str_eq(value, "overlay");
	}
	return 0;
}

/* What QEMU or libvirt would refuse when the machine starts, or what means nothing. */
static int spec_check(const struct disk_spec *s, struct err *err)
{
	bool direct = !s->cache || str_eq(s->cache, "none") || str_eq(s->cache, "directsync");
	bool prealloc = s->preallocation && !str_eq(s->preallocation, "off");

	if (str_eq(s->io, "native") && !direct)
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--disk: io=native goes past the host's cache, so it needs cache=none or cache=directsync."));
	if (str_eq(s->detect_zeroes, "unmap") && str_eq(s->discard, "ignore"))
		return err_set(err, ERR_USAGE, -EINVAL, _("--disk: detect-zeroes=unmap needs discard=unmap."));
	if (str_eq(s->preallocation, "metadata") && str_eq(s->format, "raw"))
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--disk: a raw image has no metadata: preallocation is off, falloc or full."));
	if (s->overlay && !s->from)
		return err_set(err, ERR_USAGE, -EINVAL, _("--disk: by=overlay needs from=FILE, the image it lies on."));
	if (s->overlay && str_eq(s->format, "raw"))
		return err_set(err, ERR_USAGE, -EINVAL, _("--disk: only a qcow2 image can lie on another one: format=qcow2."));
	if (prealloc && s->from)
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--disk: preallocation is for a new empty disk and not for one made from=FILE."));
	if (prealloc && !s->bytes)
		return err_set(err, ERR_USAGE, -EINVAL, _("--disk: preallocation needs size=SIZE."));
	return 0;
}

int disk_spec_parse(struct arena *a, const char *text, struct disk_spec *ret, struct err *err)
{
	char *copy = arena_strdup(a, text), *at;
	struct disk_spec s = { .path = copy };
	unsigned word = 0;
	int r = 0;

	at = spec_next(copy, &word);
	while (at && r == 0) {
		char *value = at + strlen(spec_words[word].word);
		unsigned here = word;

		*at = '\0';
		/* the comma before the next word belongs to the value's end */
		at = spec_next(value, &word);
		if (at)
			*at = '\0';
		r = spec_set(&s, here, value, err);
	}
	if (r == 0)
		r = spec_check(&s, err);
	if (r == 0)
		*ret = s;
	return r;
}
